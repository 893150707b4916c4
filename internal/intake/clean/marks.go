package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

// assemble returns the prose, with two line ends between paragraphs, and its marks. The marks of removed blocks come first. The
// marks within the text follow in text order.
func (p *page) assemble() (string, []news.Mark) {
	var out strings.Builder
	var inner []news.Mark
	var quotes []news.Span
	outer := append([]news.Mark(nil), p.inheritedMarks...)
	out.Grow(len(p.buf) + len(p.buf)/64 + 16)
	for _, b := range p.blocks {
		outer = p.outerMarks(outer, b)
		if b.role != prose || b.end <= b.start || out.Len() >= maxText {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		from := out.Len()
		out.WriteString(p.text(b))
		for _, a := range p.anchorsIn(b.start, b.end) {
			end := min(a.end, b.end)
			inner = append(inner, news.Mark{Kind: news.MarkLink, URL: a.url, Start: from + a.start - b.start, End: from + end - b.start})
		}
		if b.kind == quotation {
			quotes = append(quotes, news.Span{Start: from, End: out.Len()})
		}
	}
	text := cutAt(out.String(), maxText)
	marks, quotes := outer, findQuotes(text, quotes)
	for _, l := range inner {
		for len(quotes) > 0 && quotes[0].Start <= l.Start {
			marks, quotes = appendQuote(marks, quotes[0]), quotes[1:]
		}
		if l.End <= len(text) && len(marks) < maxMarks {
			l.Text = text[l.Start:l.End]
			marks = append(marks, l)
		}
	}
	for _, s := range quotes {
		marks = appendQuote(marks, s)
	}
	return text, marks
}

func appendQuote(marks []news.Mark, s news.Span) []news.Mark {
	if len(marks) >= maxMarks {
		return marks
	}
	return append(marks, news.Mark{Kind: news.MarkQuote, Start: s.Start, End: s.End})
}

// outerMarks adds the marks of one block: its role if it is not prose, and the tails that were cut off it.
func (p *page) outerMarks(marks []news.Mark, b block) []news.Mark {
	if len(marks) >= maxMarks/4 {
		return marks
	}
	if k := markOf(b.role); k != "" {
		url := b.url
		if url == "" {
			url = p.lastLink(b)
		}
		marks = appendOnce(marks, news.Mark{Kind: k, Text: clipMark(p.text(b)), URL: url})
	}
	for _, c := range b.tails {
		marks = appendOnce(marks, news.Mark{Kind: markOf(c.role), Text: clipMark(c.text), URL: c.url})
	}
	return marks
}

// appendOnce appends m unless it is among the last 20 marks, because pages repeat their captions and bylines.
func appendOnce(marks []news.Mark, m news.Mark) []news.Mark {
	if slices.Contains(marks[max(0, len(marks)-20):], m) {
		return marks
	}
	return append(marks, m)
}

func markOf(r role) news.MarkKind {
	switch r {
	case captionLine:
		return news.MarkCaption
	case bylineLine:
		return news.MarkByline
	case rightsLine:
		return news.MarkRights
	case sourceLine:
		return news.MarkSource
	case viaLine:
		return news.MarkVia
	case teaser:
		return news.MarkLink
	}
	return ""
}

// findQuotes returns the quoted spans of a text in order, including their quotation marks. given are spans that the markup
// quotes as a whole. Only outermost quotations count. A quotation that is not closed ends with its paragraph.
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

// quoteEnd returns the end of the quotation that begins at i with r, or 0 if no quotation begins there.
func quoteEnd(para string, i int, r rune) int {
	switch r {
	case '“', '„', '”':
		if r == '”' && !opensAt(para, i, len("”")) {
			return 0
		}
		return closingMark(para, i+len("“"), "”“\"", r == '“')
	case '«':
		return closingMark(para, i+len("«"), "»", false)
	case '»':
		if !opensAt(para, i, len("»")) {
			return 0
		}
		return closingMark(para, i+len("»"), "«»", false)
	case '「':
		return nestedEnd(para, i, '「', '」')
	case '『':
		return nestedEnd(para, i, '『', '』')
	case '"', '＂':
		return straightEnd(para, i, utf8.RuneLen(r))
	case '`':
		if strings.HasPrefix(para[i:], "``") {
			return closingPair(para, i+2, "''")
		}
	case '‘':
		if strings.HasPrefix(para[i:], "‘‘") {
			return closingPair(para, i+6, "’’")
		}
		return singleEnd(para, i, len("‘"), '’')
	case '\'':
		return singleEnd(para, i, 1, '\'')
	}
	return 0
}

// closingMark finds the first of the closing marks. If an English quotation opens again before it closes, it counts as two
// quotations.
func closingMark(para string, from int, marks string, english bool) int {
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

func closingPair(para string, from int, mark string) int {
	if i := strings.Index(para[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(para)
}

func nestedEnd(para string, from int, open, end rune) int {
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

// straightEnd pairs straight quotation marks. A mark after a digit means inches or seconds unless a quotation is open. A mark
// at the end of a word opens no quotation.
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

// opensAt reports whether the mark at i is in the position of an opening mark: after a space or bracket and before a word.
func opensAt(para string, i, n int) bool {
	before, _ := utf8.DecodeLastRuneInString(para[:i])
	after, _ := utf8.DecodeRuneInString(para[i+n:])
	begins := i == 0 || unicode.IsSpace(before) || strings.ContainsRune("([{—–-/", before)
	return begins && i+n < len(para) && !unicode.IsSpace(after) && (unicode.IsLetter(after) || unicode.IsDigit(after))
}

// singleEnd pairs single quotation marks, most of which are apostrophes. A single mark opens only before a letter. It closes
// only after a letter or a stop, and not before a letter. A single word, or more than 400 bytes, is no quotation.
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
