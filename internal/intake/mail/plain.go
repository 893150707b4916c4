package mail

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// fullLine is the length from which a line of plain text counts as broken by the program that wrote it, since mails are wrapped at
// some seventy characters.
const fullLine = 50

// webLink finds web addresses in plain text, without the signs that end a sentence.
var webLink = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>"'.,;:!?)\]]`)

// plainHTML makes HTML of plain text: paragraphs, line breaks that the writer meant, links. In flowed text (RFC 3676) a line that ends
// with a space goes on in the next.
func plainHTML(plain string, flowed bool) string {
	plain = strings.ReplaceAll(plain, "\r\n", "\n")
	var b strings.Builder
	open := false
	var last string
	for line := range strings.SplitSeq(plain, "\n") {
		if flowed {
			line = strings.TrimPrefix(line, " ") // stuffed
		}
		if line == "-- " { // what follows is a signature
			break
		}
		shown := strings.TrimSpace(line)
		if shown == "" {
			if open {
				b.WriteString("</p>\n")
			}
			open = false
			continue
		}
		switch {
		case !open:
			b.WriteString("<p>")
		case flowed && strings.HasSuffix(last, " "), !flowed && goesOn(last, shown):
			b.WriteString(" ")
		default:
			b.WriteString("<br>")
		}
		open, last = true, line
		writeLinked(&b, shown)
	}
	if open {
		b.WriteString("</p>\n")
	}
	return b.String()
}

// goesOn reports whether a line of plain text goes on in the next. Lines of lists and of signs do not.
func goesOn(line, next string) bool {
	first, _ := utf8.DecodeRuneInString(next)
	return utf8.RuneCountInString(line) >= fullLine && !strings.ContainsRune("-*•–>#|=_+", first) && !webLink.MatchString(line)
}

func writeLinked(b *strings.Builder, line string) {
	at := 0
	for _, m := range webLink.FindAllStringIndex(line, -1) {
		address := html.EscapeString(line[m[0]:m[1]])
		b.WriteString(html.EscapeString(line[at:m[0]]) + `<a href="` + address + `">` + address + `</a>`)
		at = m[1]
	}
	b.WriteString(html.EscapeString(line[at:]))
}
