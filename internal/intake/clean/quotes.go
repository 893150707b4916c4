package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

// findQuotes returns the quoted spans of a text in order, with their quotation marks; given are those that are quoted
// as a whole. Only outermost quotations count; one that is not closed ends with its paragraph.
func findQuotes(text string, given []news.Span) []news.Span {
	var out []news.Span
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.Index(text[at:], "\n\n"); i >= 0 {
			end = at + i
		}
		if len(given) > 0 && given[0].Start == at {
			out = append(out, news.Span{Start: at, End: end})
			given = given[1:]
		} else {
			para := text[at:end]
			for i := 0; i < len(para); {
				if c := para[i]; c < utf8.RuneSelf && c != '"' && c != '\'' && c != '`' {
					i++
					continue
				}
				r, n := utf8.DecodeRuneInString(para[i:])
				if stop := quoteEnd(para, i, r); stop > i {
					out = append(out, news.Span{Start: at + i, End: at + stop})
					i = stop
				} else {
					i += n
				}
			}
		}
		at = end + 2
	}
	return out
}

// quoteEnd is where the quotation ends that begins at i with r, or 0 where none begins.
func quoteEnd(para string, i int, r rune) int {
	switch r {
	case '“', '„', '”':
		if r == '”' && !opensAt(para, i, len("”")) {
			return 0
		}
		return closed(para, i+len("“"), "”“\"", r == '“')
	case '«':
		return closed(para, i+len("«"), "»", false)
	case '»':
		if !opensAt(para, i, len("»")) {
			return 0
		}
		return closed(para, i+len("»"), "«»", false)
	case '「':
		return nested(para, i, '「', '」')
	case '『':
		return nested(para, i, '『', '』')
	case '"', '＂':
		return straightEnd(para, i, utf8.RuneLen(r))
	case '`':
		if strings.HasPrefix(para[i:], "``") {
			return closed2(para, i+2, "''")
		}
	case '‘':
		if strings.HasPrefix(para[i:], "‘‘") {
			return closed2(para, i+6, "’’")
		}
		return singleEnd(para, i, len("‘"), '’')
	case '\'':
		return singleEnd(para, i, 1, '\'')
	}
	return 0
}

// closed finds the first of the closing marks. An English quotation that opens again before it closes is two.
func closed(para string, from int, marks string, english bool) int {
	for i, r := range para[from:] {
		if !strings.ContainsRune(marks, r) {
			continue
		}
		at := from + i
		if english && r == '“' {
			if opensAt(para, at, len("“")) {
				continue
			}
		}
		if r == '"' && opensAt(para, at, 1) {
			continue
		}
		return at + utf8.RuneLen(r)
	}
	return len(para)
}

func closed2(para string, from int, mark string) int {
	if i := strings.Index(para[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(para)
}

func nested(para string, from int, open, end rune) int {
	depth := 0
	for i, r := range para[from:] {
		switch r {
		case open:
			depth++
		case end:
			depth--
			if depth == 0 {
				return from + i + utf8.RuneLen(r)
			}
		}
	}
	return len(para)
}

// straightEnd pairs straight marks. One behind a digit is an inch or a second, unless a quotation is open; one that
// nothing follows opens none.
func straightEnd(para string, i, n int) int {
	before, _ := utf8.DecodeLastRuneInString(para[:i])
	after, _ := utf8.DecodeRuneInString(para[i+n:])
	if i > 0 && unicode.IsDigit(before) || i+n == len(para) || unicode.IsSpace(after) {
		return 0
	}
	for at := i + n; ; {
		k := strings.IndexFunc(para[at:], func(r rune) bool { return r == '"' || r == '＂' || r == '”' })
		if k < 0 {
			return len(para)
		}
		at += k
		_, size := utf8.DecodeRuneInString(para[at:])
		if !opensAt(para, at, size) {
			return at + size
		}
		at += size
	}
}

// opensAt reports whether the mark at i stands as opening marks do: behind a space or bracket and before a word.
func opensAt(para string, i, n int) bool {
	before, _ := utf8.DecodeLastRuneInString(para[:i])
	after, _ := utf8.DecodeRuneInString(para[i+n:])
	begins := i == 0 || unicode.IsSpace(before) || strings.ContainsRune("([{—–-/", before)
	return begins && i+n < len(para) && !unicode.IsSpace(after) && (unicode.IsLetter(after) || unicode.IsDigit(after))
}

// singleEnd pairs single marks, which are apostrophes more often: they open before a letter only, close behind a
// letter or a stop and before none, and what is not closed within 400 bytes or is a single word is no quotation.
func singleEnd(para string, i, n int, end rune) int {
	after, _ := utf8.DecodeRuneInString(para[i+n:])
	if !opensAt(para, i, n) || !unicode.IsLetter(after) {
		return 0
	}
	for k, r := range para[i+n:] {
		if k > 400 {
			return 0
		}
		if r != end {
			continue
		}
		at := i + n + k
		prev, _ := utf8.DecodeLastRuneInString(para[:at])
		next, _ := utf8.DecodeRuneInString(para[at+utf8.RuneLen(r):])
		if unicode.IsSpace(prev) || unicode.IsLetter(next) || unicode.IsDigit(next) {
			continue
		}
		if strings.Contains(para[i:at], " ") {
			return at + utf8.RuneLen(r)
		}
		return 0
	}
	return 0
}
