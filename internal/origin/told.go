package origin

import (
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
)

// cue is a turn of phrase around an outlet's name that credits it. Before and after are lower case; one of them must
// stand directly next to the name.
type cue struct {
	kind          news.ClaimKind
	before, after string
}

// cues are tried in order; the first that fits names the kind. The languages are those of the feeds that we list.
var cues = []cue{
	{news.ClaimScoop, "first reported by", ""},
	{news.ClaimScoop, "was first to report", ""},
	{news.ClaimScoop, "", "first reported"},
	{news.ClaimScoop, "broken by", ""},
	{news.ClaimScoop, "", "was first to report"},
	{news.ClaimScoop, "", "was the first to report"},
	{news.ClaimScoop, "adelantó", ""},
	{news.ClaimScoop, "", "adelantó"},
	{news.ClaimScoop, "révélé par", ""},
	{news.ClaimSource, "originally appeared on", ""},
	{news.ClaimSource, "originally appeared in", ""},
	{news.ClaimSource, "originally published by", ""},
	{news.ClaimSource, "originally published on", ""},
	{news.ClaimSource, "originally published in", ""},
	{news.ClaimSource, "first appeared in", ""},
	{news.ClaimSource, "first published by", ""},
	{news.ClaimSource, "first published in", ""},
	{news.ClaimSource, "original source:", ""},
	{news.ClaimSource, "source:", ""},
	{news.ClaimSource, "fuente:", ""},
	{news.ClaimSource, "quelle:", ""},
	{news.ClaimReport, "according to reporting by", ""},
	{news.ClaimReport, "according to reporting from", ""},
	{news.ClaimReport, "according to a report by", ""},
	{news.ClaimReport, "according to a report from", ""},
	{news.ClaimReport, "according to a report in", ""},
	{news.ClaimReport, "according to", ""},
	{news.ClaimReport, "citing", ""},
	{news.ClaimReport, "reported by", ""},
	{news.ClaimReport, "reports by", ""},
	{news.ClaimReport, "a report by", ""},
	{news.ClaimReport, "a report from", ""},
	{news.ClaimReport, "a report in", ""},
	{news.ClaimReport, "as reported in", ""},
	{news.ClaimReport, "an investigation by", ""},
	{news.ClaimReport, "obtained by", ""},
	{news.ClaimReport, "seen by", ""},
	{news.ClaimReport, "reviewed by", ""},
	{news.ClaimReport, "según informó", ""},
	{news.ClaimReport, "según", ""},
	{news.ClaimReport, "informó", ""},
	{news.ClaimReport, "selon", ""},
	{news.ClaimReport, "d'après", ""},
	{news.ClaimReport, "laut", ""},
	{news.ClaimReport, "segundo", ""},
	{news.ClaimReport, "secondo", ""},
	{news.ClaimReport, "volgens", ""},
	{news.ClaimReport, "", "reported"},
	{news.ClaimReport, "", "reports"},
	{news.ClaimReport, "", "has reported"},
	{news.ClaimReport, "", "had reported"},
	{news.ClaimReport, "", "points out"},
	{news.ClaimReport, "", "pointed out"},
	{news.ClaimReport, "", "revealed"},
	{news.ClaimReport, "", "wrote"},
	{news.ClaimReport, "", "writes"},
	{news.ClaimReport, "", "said in a report"},
	{news.ClaimReport, "", "noted"},
	{news.ClaimReport, "", "notes"},
	{news.ClaimReport, "", "informó"},
	{news.ClaimReport, "", "informa"},
	{news.ClaimReport, "", "berichtet"},
	{news.ClaimReport, "", "berichtete"},
	{news.ClaimReport, "", "rapporte"},
	{news.ClaimReport, "", "が報じた"},
	{news.ClaimReport, "", "によると"},
	{news.ClaimReport, "", "によれば"},
	{news.ClaimTold, "told", ""},
	{news.ClaimTold, "in an interview with", ""},
	{news.ClaimTold, "speaking to", ""},
	{news.ClaimTold, "dijo a", ""},
	{news.ClaimTold, "a déclaré à", ""},
	{news.ClaimTold, "sagte der", ""},
	{news.ClaimPart, "", "contributed to this"},
}

// nothing are turns of phrase around a name that credit nobody.
var nothing = []cue{
	{"", "declined to comment to", ""},
	{"", "did not respond to", ""},
	{"", "not independently verified by", ""},
	{"", "", "could not"},
	{"", "", "was unable to"},
	{"", "", "was not able to"},
	{"", "", "did not"},
	{"", "", "has not"},
	{"", "photo by", ""},
	{"", "image:", ""},
	{"", "photo:", ""},
}

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
		if !itself(a.Outlet, p.Outlet.Name) {
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
	c.add(q.kind, m.Outlet, linkAt(a, text, m), sentence(text, m), spanIn(a, text, m), factor)
}

func credit(text string, m news.Span) (cue, bool) {
	before := strings.ToLower(around(text, m.Start-80, m.Start))
	after := strings.ToLower(around(text, m.End, m.End+60))
	before = strings.TrimRight(before, " \t\n\"“”'’«(")
	before = strings.TrimSuffix(strings.TrimSuffix(before, " the"), " newspaper")
	after = strings.TrimLeft(after, " \t\n\"”’»)'")
	after = strings.TrimPrefix(strings.TrimPrefix(after, "s "), "newspaper ")
	for _, q := range nothing {
		if q.fits(before, after) {
			return cue{}, false
		}
	}
	for _, q := range cues {
		if q.fits(before, after) {
			return q, true
		}
	}
	return cue{}, false
}

// wholeReport says whether the words credit the report as such and not a statement within it.
func (q cue) wholeReport() bool {
	return strings.HasPrefix(q.before, "according to reporting ") || strings.HasPrefix(q.before, "according to a report ")
}

func (q cue) fits(before, after string) bool {
	if q.before != "" {
		head, ok := strings.CutSuffix(before, q.before)
		return ok && wordEnd(head)
	}
	tail, ok := strings.CutPrefix(after, q.after)
	return ok && wordStart(tail)
}

func wordEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s == "" || !letter(r)
}

func wordStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s == "" || !letter(r)
}

func letter(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r >= 0xC0 && r < 0x500
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
		if q.Kind == news.MarkQuote && q.Start < m.Start && m.End < q.End {
			return true
		}
	}
	return false
}

// inQuotes says whether a mention in a summary, whose quotations are not marked, stands between quotation marks.
func inQuotes(text string, m news.Mention) bool {
	before, after := around(text, m.Start-sentenceBytes, m.Start), around(text, m.End, m.End+sentenceBytes)
	for _, q := range [][2]string{{"“", "”"}, {"«", "»"}, {"„", "“"}, {"「", "」"}} {
		if strings.LastIndex(before, q[0]) > strings.LastIndex(before, q[1]) && strings.Contains(after, q[1]) {
			return true
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

// linkAt gives the address of a link on or right next to the mention.
func linkAt(a news.Article, text string, m news.Mention) string {
	if text != a.Text {
		return ""
	}
	for _, l := range a.Marks {
		if l.Kind == news.MarkLink && l.End > l.Start && l.Start <= m.End+40 && l.End >= m.Start-40 {
			return l.URL
		}
	}
	return ""
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
