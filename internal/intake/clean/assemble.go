package clean

import (
	"slices"
	"strings"

	"headwater/internal/news"
)

// assemble puts the prose together, two line ends between paragraphs, and gives the marks of what is in the text and
// of what was taken out of it. Marks outside the text come first, the others in the order of the text.
func (p *page) assemble() (string, []news.Mark) {
	var out strings.Builder
	var inner []news.Mark
	var quotes []news.Span
	outer := append([]news.Mark(nil), p.kept...)
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

// outerMarks adds the marks of one block: what it is when it is no prose, and the tails that were cut off it.
func (p *page) outerMarks(marks []news.Mark, b block) []news.Mark {
	if len(marks) >= maxMarks/4 {
		return marks
	}
	if k := markOf(b.role); k != "" {
		url := b.url
		if url == "" {
			url = p.lastLink(b)
		}
		marks = appendOnce(marks, news.Mark{Kind: k, Text: clip(p.text(b)), URL: url})
	}
	for _, c := range b.tails {
		marks = appendOnce(marks, news.Mark{Kind: markOf(c.role), Text: clip(c.text), URL: c.url})
	}
	return marks
}

// appendOnce leaves out a mark that stands among the last ones already: pages repeat their captions and bylines.
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
