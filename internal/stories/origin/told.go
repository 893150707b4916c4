package origin

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// Bounds that keep the work in a long text linear.
const (
	maxMentions   = 1000 // of outlets in one text that are looked at
	sentenceBytes = 400  // looked at on either side of a mention
)

// told finds outlets that the text credits in words. A credit within a quotation is the speaker's, not the article's. The
// headline's subjects are outlets that it is about: what these say is no credit.
func (r *Reader) told(text string, a news.Article, subjects []string, c *claims) {
	names := r.names(text, a)
	read := r.readings(text, names, subjects)
	for i, n := range names {
		if n.own || !read[i].ok || text == a.Text && quoted(a.Marks, n.Mention) || text != a.Text && inQuotes(text, n.Mention) {
			continue
		}
		factor := 1.0
		if read[i].wholeReport() {
			factor = wholeFactor
		}
		c.add(read[i].kind, n.Outlet, r.linkAt(a, text, n.Mention), sentence(text, n.Mention), spanIn(a, text, n.Mention), factor)
		c.last().place, c.last().at = inBody, n.Start
		if text != a.Body() {
			c.last().place = inSummary
		}
	}
}

// readings reads what stands around each name of a text.
func (r *Reader) readings(text string, names []mentioned, subjects []string) []reading {
	read := make([]reading, len(names))
	people := map[string]bool{} // names that are surnames in this text
	for i, n := range names {
		if !n.own || i > 0 && joined(text, names[i-1], n) || i+1 < len(names) && joined(text, n, names[i+1]) {
			read[i] = r.credit(text, n, slices.Contains(subjects, n.Outlet.Key()))
			if word := text[n.Start:n.End]; read[i].ok && read[i].says && !n.short {
				is, known := people[word]
				if !known {
					is = surname(text, word)
					people[word] = is
				}
				read[i].ok, read[i].denied = !is, is
			}
		}
	}
	inherit(text, names, read)
	return read
}

// headline reads what a title credits: "X, Reuters reports", "X: Bloomberg", "X＝ＷＳＪ". The outlets that it names without
// crediting them are its subjects.
func (r *Reader) headline(a news.Article, c *claims) (subjects []string) {
	title := strings.TrimSpace(a.Title)
	if len(title) > maxHeadline {
		return nil
	}
	names := r.names(title, a)
	for i, q := range r.readings(title, names, nil) {
		n := names[i]
		if n.Outlet.Domain == "" { // in a headline every word may have a capital
			continue
		}
		switch last := strings.TrimRight(title[n.End:], " )）\"'”’") == ""; {
		case last && !q.ok && !q.denied && endsHeadline(title[:n.Start]):
			q = reading{cue: cue{kind: news.ClaimReport}, ok: true}
		case last && strings.HasSuffix(title[:n.Start], "（"): // see titled
			continue
		}
		switch {
		case !q.ok:
			subjects = append(subjects, n.Outlet.Key())
		case !n.own && !inQuotes(title, n.Mention):
			c.add(q.kind, n.Outlet, "", title, news.Span{}, 1)
			c.last().place = inTitle
		}
	}
	return subjects
}

// maxHeadline is how long a title may be that is read, in bytes.
const maxHeadline = 1000

// fewWords are so few that they are no headline: "Photo: Reuters".
const fewWords = 4

// endsHeadline says whether a title ends here, with a mark before the outlet that had its news.
func endsHeadline(before string) bool {
	before = strings.TrimRight(before, " ")
	for _, mark := range []string{":", "-", "–", "—", "=", "＝", "：", "/"} {
		if head, ok := strings.CutSuffix(before, mark); ok {
			return len(strings.Fields(head)) >= fewWords || strings.IndexFunc(head, solid) >= 0
		}
	}
	return false
}

// solid says whether a letter is of a script without spaces.
func solid(r rune) bool { return r >= 0x2E80 && r < 0xFF00 && utf8.RuneLen(r) == 3 }

// mentioned is a name in a text: of an outlet that the registry has, of one that it has not, or a short one of either.
type mentioned struct {
	phrase
	own bool // it is the article's own outlet
}

// names gives the outlets that a text names, in its order.
func (r *Reader) names(text string, a news.Article) []mentioned {
	listed := merge(atMost(r.outlets.Mentions(text)), atMost(r.outlets.AtHome(text, a.Outlet.Domain, a.Lang)))
	listed = otherNames(text, atMost(listed))
	var all []mentioned
	for _, m := range listed {
		all = append(all, mentioned{phrase{Mention: m, whole: news.Span{Start: m.Start, End: m.End}}, same(m.Outlet, a.Outlet)})
	}
	for _, p := range unlisted(text, listed) {
		if p.short || strings.Contains(p.Outlet.Name, " ") { // "the Free Beacon"
			if o, ok := r.shortFor(p, text, a, all); ok {
				p.Outlet = o
				all = append(all, mentioned{p, same(o, a.Outlet)})
				continue
			}
		}
		if p.short {
			continue
		}
		if !someOf(text, p.whole) {
			all = append(all, mentioned{p, itself(a.Outlet, p.Outlet.Name)})
		}
	}
	slices.SortStableFunc(all, func(x, y mentioned) int { return cmp.Compare(x.Start, y.Start) })
	return all
}

func atMost(mentions []outlets.Mention) []outlets.Mention {
	return mentions[:min(len(mentions), maxMentions)]
}

// merge adds mentions to others, both in order, where they do not overlap.
func merge(all, more []outlets.Mention) []outlets.Mention {
	if len(more) == 0 {
		return all
	}
	for _, m := range more {
		if !slices.ContainsFunc(all, func(x outlets.Mention) bool { return x.Start < m.End && m.Start < x.End }) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(x, y outlets.Mention) int { return cmp.Compare(x.Start, y.Start) })
	return all
}

// otherNames leaves out the mentions that stand for something else: a text which explains "the National Geographic Institute
// (IGN)" means that from then on.
func otherNames(text string, listed []outlets.Mention) []outlets.Mention {
	explained := ""
	for i, m := range listed {
		name := text[m.Start:m.End]
		if acronym(name) && strings.HasSuffix(text[:m.Start], " (") && strings.HasPrefix(text[m.End:], ")") &&
			(i == 0 || listed[i-1].End < m.Start-2) && spells(around(text, m.Start-82, m.Start-2), name) {
			explained = name
			break
		}
	}
	if explained == "" {
		return listed
	}
	return slices.DeleteFunc(slices.Clone(listed), func(m outlets.Mention) bool { return text[m.Start:m.End] == explained })
}

func acronym(name string) bool {
	return len(name) > 1 && len(name) < 7 && strings.IndexFunc(name, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}

// spells says whether a text ends in capitalised words whose first letters are those of a short name, in any order, as
// names are translated and their short forms are not.
func spells(text, short string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' })
	left := []byte(short)
	for i := len(words) - 1; i >= 0 && len(left) > 0; i-- {
		if words[i][0] < 'A' || words[i][0] > 'Z' {
			if len(words[i]) > 3 {
				return false
			}
			continue
		}
		at := slices.Index(left, words[i][0])
		if at < 0 || len(words[i]) == 1 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return len(left) == 0
}

// shortFor gives the outlet that is meant by a last word such as "the Journal": the one that a link on it leads to, or the
// only one in the text whose name ends so. The article's own outlet counts among these.
func (r *Reader) shortFor(p phrase, text string, a news.Article, named []mentioned) (news.Outlet, bool) {
	ends := func(o news.Outlet) bool { return strings.HasSuffix(o.Name, " "+p.Outlet.Name) }
	if url := r.linkAt(a, text, p.Mention); url != "" {
		if o, ok := r.byURL(url); ok && ends(o) {
			return o, true
		}
	}
	var found news.Outlet
	if ends(a.Outlet) {
		found = a.Outlet
	}
	for _, m := range named {
		if !ends(m.Outlet) || same(m.Outlet, found) {
			continue
		}
		if found.Name != "" {
			return news.Outlet{}, false
		}
		found = m.Outlet
	}
	return found, found.Name != ""
}

// reading is the cue that fits a name.
type reading struct {
	cue
	ok, denied bool
}

// credit reads what stands around a name. What an outlet says of which the article is, or what it is quoted with, is a
// statement of a company.
func (r *Reader) credit(text string, n mentioned, subject bool) reading {
	s := surroundingsOf(text, n.whole)
	if ofAKind(s.before[0], strings.ToLower(around(text, n.whole.End, n.whole.End+60))) {
		return reading{denied: true}
	}
	if _, ok := phrases.denials.find(s); ok {
		return reading{denied: true}
	}
	q, ok := phrases.credits.find(s)
	if ok && q.closing && n.doubtful {
		return reading{denied: true}
	}
	if ok && q.says && (subject || n.doubtful || !n.Outlet.Agency && closesQuote(text[:n.whole.Start]) || aboutItself(s.sentence) || s.behindPreposition() || r.outlets.Aggregates(n.Outlet)) {
		return reading{denied: true}
	}
	return reading{cue: q, ok: ok}
}

// behindPreposition says whether a name is a part of what another word names: "a source close to the Gazette said".
func (s surroundings) behindPreposition() bool {
	before := s.before[len(s.before)-1]
	return phrases.preps[before[strings.LastIndexByte(before, ' ')+1:]]
}

// surname says whether a text writes a single word behind another name, too, as it does with people: "Jane Stern".
func surname(text, word string) bool {
	if strings.Contains(word, " ") {
		return false
	}
	for at := 0; ; at += len(word) {
		next := strings.Index(text[at:], " "+word)
		if next < 0 {
			return false
		}
		at += next
		before := text[max(0, at-40):at]
		first := before[strings.LastIndexAny(before, " \n\"“(")+1:]
		r, _ := utf8.DecodeRuneInString(first)
		if unicode.IsUpper(r) && letterLast(first) && !sentenceStarts[first] && !noNameStarts[first] && !describes(first) && !possessive(first) {
			return true
		}
	}
}

// letterLast says whether a word ends in a small letter, or is an initial: neither a mark nor an abbreviation is a first name.
func letterLast(word string) bool {
	r, _ := utf8.DecodeLastRuneInString(word)
	return unicode.IsLower(r) || len(word) == 2 && r == '.'
}

// closesQuote says whether a quotation ends right before a name: "…," CNN said.
func closesQuote(before string) bool {
	before = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(before, " "), "the"), " ")
	return strings.HasSuffix(before, "”") || strings.HasSuffix(before, `"`) || strings.HasSuffix(before, "»")
}

// aboutItself says whether the rest of a sentence is about the outlet that stands before it.
func aboutItself(rest string) bool {
	return slices.ContainsFunc(phrases.itself, func(w string) bool { return hasWords(rest, w) })
}

// hasWords says whether a text has words as whole ones.
func hasWords(text, words string) bool {
	for {
		at := strings.Index(text, words)
		if at < 0 {
			return false
		}
		if wordEnd(text[:at]) && wordStart(text[at+len(words):]) {
			return true
		}
		text = text[at+len(words):]
	}
}

// inherit gives to names of a list what its first or last one has: "according to A and B", "A and B reported".
func inherit(text string, names []mentioned, read []reading) {
	for i := 1; i < len(names); i++ {
		if !read[i].ok && !read[i].denied && read[i-1].ok && read[i-1].before != "" && joined(text, names[i-1], names[i]) {
			read[i] = read[i-1]
		}
	}
	for i := len(names) - 2; i >= 0; i-- {
		if !read[i].ok && !read[i].denied && read[i+1].ok && read[i+1].after != "" && joined(text, names[i], names[i+1]) {
			read[i] = read[i+1]
		}
	}
}

// joined says whether nothing but a word that parts names stands between two of them.
func joined(text string, a, b mentioned) bool {
	if a.whole.End > b.whole.Start || b.whole.Start-a.whole.End > 24 {
		return false
	}
	between := strings.TrimSpace(strings.ToLower(text[a.whole.End:b.whole.Start]))
	for range 3 { // "A and the newspaper B"
		if slices.Contains(phrases.joints, between) {
			return true
		}
		less, ok := withoutArticle(between)
		if !ok {
			return false
		}
		between = strings.TrimSpace(less)
	}
	return false
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

func quoted(marks []news.Mark, m outlets.Mention) bool {
	for _, q := range marks {
		if q.Kind == news.MarkQuote && q.Start < m.Start && m.End < q.End && !onlyName(q.End-q.Start, m) {
			return true
		}
	}
	return false
}

// onlyName says that a quotation of so many bytes holds a name and no more: „Bild“.
func onlyName(length int, m outlets.Mention) bool { return length <= m.End-m.Start+8 }

// inQuotes says whether a mention in a summary, whose quotations are not marked, stands between quotation marks.
func inQuotes(text string, m outlets.Mention) bool {
	before, after := around(text, m.Start-sentenceBytes, m.Start), around(text, m.End, m.End+sentenceBytes)
	for _, q := range [][2]string{{"“", "”"}, {"«", "»"}, {"„", "“"}, {"「", "」"}} {
		if open := strings.LastIndex(before, q[0]); open > strings.LastIndex(before, q[1]) && strings.Contains(after, q[1]) {
			return !onlyName(len(before)-open+m.End-m.Start+strings.Index(after, q[1]), m)
		}
	}
	return strings.Count(before, `"`)%2 == 1 && strings.Contains(after, `"`)
}

// spanIn is where a mention stands in the article's text; nowhere when it was found in the summary.
func spanIn(a news.Article, text string, m outlets.Mention) news.Span {
	if text != a.Text {
		return news.Span{}
	}
	return news.Span{Start: m.Start, End: m.End}
}

// linkAt gives the address of a link on the mention, or right next to it where it does not lead to another outlet.
func (r *Reader) linkAt(a news.Article, text string, m outlets.Mention) string {
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
func sentence(text string, m outlets.Mention) string {
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
