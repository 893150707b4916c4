package origin

import (
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
)

// Bounds that keep the work in a long text linear.
const (
	maxMentions   = 1000 // of outlets in one text that are looked at
	sentenceBytes = 400  // looked at on either side of a mention
)

// told finds outlets that the text credits in words. A credit within a quotation is the speaker's, not the article's.
func (r *Reader) told(text string, a news.Article, c *claims) {
	mentions := r.outlets.Mentions(text)
	for _, m := range mentions[:min(len(mentions), maxMentions)] {
		if !same(m.Outlet, a.Outlet) {
			r.credited(text, a, m, news.Span{Start: m.Start, End: m.End}, c)
		}
	}
	for _, p := range unlisted(text, mentions) {
		if !itself(a.Outlet, p.Outlet.Name) && !someOf(text, p.whole) {
			r.credited(text, a, p.Mention, p.whole, c)
		}
	}
}

// credited adds the claim that the words around a mention make, if they make one. Whole is the mention with the words
// that belong to it.
func (r *Reader) credited(text string, a news.Article, m news.Mention, whole news.Span, c *claims) {
	if text == a.Text && quoted(a.Marks, m) || text != a.Text && inQuotes(text, m) {
		return
	}
	q, ok := credit(text, whole)
	if !ok {
		return
	}
	factor := 1.0
	switch {
	case m.Start > openingBytes && q.kind != news.ClaimScoop && q.kind != news.ClaimSource:
		factor = .4
	case q.wholeReport():
		factor = 1.5
	}
	c.add(q.kind, m.Outlet, r.linkAt(a, text, m), sentence(text, m), spanIn(a, text, m), factor)
}

func credit(text string, m news.Span) (cue, bool) {
	before := leadIns(around(text, m.Start-120, m.Start))
	after := strings.ToLower(around(text, m.End, m.End+60))
	if ofAKind(before[0], after) {
		return cue{}, false
	}
	after = strings.TrimLeft(after, " \t\n\"”“’»›」』》)'")
	after = strings.TrimPrefix(strings.TrimPrefix(after, "s "), "newspaper ")
	if _, ok := denials.find(before, after); ok {
		return cue{}, false
	}
	return credits.find(before, after)
}

// around cuts text[from:to] with its ends moved to whole characters.
func around(text string, from, to int) string {
	from, to = max(from, 0), min(to, len(text))
	for from < to && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && to > from && !utf8.RuneStart(text[to]) {
		to--
	}
	return text[from:to]
}

func quoted(marks []news.Mark, m news.Mention) bool {
	for _, q := range marks {
		if q.Kind == news.MarkQuote && q.Start < m.Start && m.End < q.End && !onlyName(q.End-q.Start, m) {
			return true
		}
	}
	return false
}

// onlyName says that a quotation of so many bytes holds a name and no more: „Bild“.
func onlyName(length int, m news.Mention) bool { return length <= m.End-m.Start+8 }

// inQuotes says whether a mention in a summary, whose quotations are not marked, stands between quotation marks.
func inQuotes(text string, m news.Mention) bool {
	before, after := around(text, m.Start-sentenceBytes, m.Start), around(text, m.End, m.End+sentenceBytes)
	for _, q := range [][2]string{{"“", "”"}, {"«", "»"}, {"„", "“"}, {"「", "」"}} {
		if open := strings.LastIndex(before, q[0]); open > strings.LastIndex(before, q[1]) && strings.Contains(after, q[1]) {
			return !onlyName(len(before)-open+m.End-m.Start+strings.Index(after, q[1]), m)
		}
	}
	return strings.Count(before, `"`)%2 == 1 && strings.Contains(after, `"`)
}

// spanIn is where a mention stands in the article's text; nowhere when it was found in the summary.
func spanIn(a news.Article, text string, m news.Mention) news.Span {
	if text != a.Text {
		return news.Span{}
	}
	return news.Span{Start: m.Start, End: m.End}
}

// linkAt gives the address of a link on the mention, or right next to it where it does not lead to another outlet.
func (r *Reader) linkAt(a news.Article, text string, m news.Mention) string {
	if text != a.Text {
		return ""
	}
	for _, l := range a.Marks {
		if l.Kind != news.MarkLink || l.End <= l.Start || l.Start > m.End+40 || l.End < m.Start-40 {
			continue
		}
		if on := l.Start < m.End && l.End > m.Start; on || !r.toAnother(l.URL, m.Outlet) {
			return l.URL
		}
	}
	return ""
}

// toAnother says that an address is known to be of another outlet than the one that is credited.
func (r *Reader) toAnother(url string, credited news.Outlet) bool {
	o, ok := r.byURL(url)
	return ok && credited.Domain != "" && !same(o, credited)
}

// sentence gives the words around a mention up to the ends of its sentence, if those are near.
func sentence(text string, m news.Mention) string {
	before, after := around(text, m.Start-sentenceBytes, m.Start), around(text, m.End, m.End+sentenceBytes)
	if i := strings.LastIndexAny(before, ".!?\n。"); i >= 0 {
		_, size := utf8.DecodeRuneInString(before[i:])
		before = before[i+size:]
	}
	if i := strings.IndexAny(after, ".!?\n。"); i >= 0 {
		after = after[:i]
	}
	return before + text[m.Start:m.End] + after
}
