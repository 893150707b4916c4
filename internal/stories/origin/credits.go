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

// reportFactor is the factor of a credit for the whole report, as opposed to a statement in it.
const reportFactor = 1.5

// sentenceCredits finds the outlets that the text credits in words. A credit within a quotation is the speaker's and not the
// article's. subjects are the outlets that the headline is about: a statement of theirs is no credit.
func (r *reading) sentenceCredits(text string, subjects []string) {
	names := r.names(text)
	read := r.matchCues(text, names, subjects)
	for i, n := range names {
		if n.own || !read[i].ok || text == r.article.Text && inQuotation(r.article.Marks, n.Mention) || text != r.article.Text && inQuotes(text, n.Mention) {
			continue
		}
		factor := 1.0
		if q := read[i].before; strings.HasPrefix(q, "according to reporting ") || strings.HasPrefix(q, "according to a report ") {
			factor = reportFactor // a credit for the whole report
		}
		r.claims.add(read[i].kind, n.Outlet, r.linkAt(text, n.Mention), sentence(text, n.Mention), spanIn(r.article, text, n.Mention), factor)
		r.claims.last().place, r.claims.last().offset = inBody, n.Start
		if text != r.article.Body() {
			r.claims.last().place = inSummary
		}
	}
}

// matchCues finds the cue around each name in a text. Names in a list share the cue of the first or the last name.
func (r *reading) matchCues(text string, names []namedOutlet, subjects []string) []cueMatch {
	read := make([]cueMatch, len(names))
	people := map[string]bool{} // names that are surnames in this text
	for i, n := range names {
		if !n.own || i > 0 && coordinated(text, names[i-1], n) || i+1 < len(names) && coordinated(text, n, names[i+1]) {
			read[i] = r.matchCue(text, n, slices.Contains(subjects, n.Outlet.Key()))
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
	for i := 1; i < len(names); i++ { // "according to A and B"
		if !read[i].ok && !read[i].denied && read[i-1].ok && read[i-1].before != "" && coordinated(text, names[i-1], names[i]) {
			read[i] = read[i-1]
		}
	}
	for i := len(names) - 2; i >= 0; i-- { // "A and B reported"
		if !read[i].ok && !read[i].denied && read[i+1].ok && read[i+1].after != "" && coordinated(text, names[i], names[i+1]) {
			read[i] = read[i+1]
		}
	}
	return read
}

// titleCredits reads the credits of a title: "X, Reuters reports", "X: Bloomberg", "X＝ＷＳＪ". It returns the outlets that the
// title names without a credit, which are its subjects.
func (r *reading) titleCredits() (subjects []string) {
	title := strings.TrimSpace(r.article.Title)
	if len(title) > maxHeadline {
		return nil
	}
	names := r.names(title)
	for i, q := range r.matchCues(title, names, nil) {
		n := names[i]
		if n.Outlet.Domain == "" { // any word of a headline may have a capital
			continue
		}
		switch last := strings.TrimRight(title[n.End:], " )）\"'”’") == ""; {
		case last && !q.ok && !q.denied && endsHeadline(title[:n.Start]):
			q = cueMatch{cue: cue{kind: news.ClaimReport}, ok: true}
		case last && strings.HasSuffix(title[:n.Start], "（"): // see titleSignatures
			continue
		}
		switch {
		case !q.ok:
			subjects = append(subjects, n.Outlet.Key())
		case !n.own && !inQuotes(title, n.Mention):
			r.claims.add(q.kind, n.Outlet, "", title, news.Span{}, 1)
			r.claims.last().place = inTitle
		}
	}
	return subjects
}

// maxHeadline is the maximum length of a title that is read, in bytes.
const maxHeadline = 1000

// minHeadWords is the minimum number of words of a headline before a mark. "Photo: Reuters" is no headline.
const minHeadWords = 4

// endsHeadline reports whether the headline ends at this point, so that an outlet that follows is a credit.
func endsHeadline(before string) bool {
	before = strings.TrimRight(before, " ")
	for _, mark := range []string{":", "-", "–", "—", "=", "＝", "：", "/"} {
		if head, ok := strings.CutSuffix(before, mark); ok {
			return len(strings.Fields(head)) >= minHeadWords || strings.ContainsFunc(head, syllabic)
		}
	}
	return false
}

// cueMatch is the cue that fits a name.
type cueMatch struct {
	cue
	ok, denied bool
}

// matchCue finds the cue around a name. The credit is denied if the article is about the outlet or quotes it: such a statement
// is that of a company.
func (r *reading) matchCue(text string, n namedOutlet, subject bool) cueMatch {
	s := contextOf(text, n.whole)
	denied := cueMatch{denied: true}
	if isIndefinite(s.before[0], strings.ToLower(excerpt(text, n.whole.End, n.whole.End+60))) {
		return denied
	}
	if _, ok := cues.denials.find(s); ok {
		return denied
	}
	q, ok := cues.credits.find(s)
	if !ok || !q.says && !(q.closing && n.doubtful) {
		return cueMatch{cue: q, ok: ok}
	}
	if q.closing && n.doubtful || subject || n.doubtful || r.outlets.Aggregates(n.Outlet) {
		return denied
	}
	before := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(text[:n.whole.Start], " "), "the"), " ")
	closesQuote := strings.HasSuffix(before, "”") || strings.HasSuffix(before, `"`) || strings.HasSuffix(before, "»") // "…," CNN said
	if closesQuote && !n.Outlet.Agency || slices.ContainsFunc(cues.itself, func(w string) bool { return hasWords(s.sentence, w) }) {
		return denied
	}
	behind := s.before[len(s.before)-1] // "a source close to the Gazette said"
	if cues.prepositions[behind[strings.LastIndexByte(behind, ' ')+1:]] {
		return denied
	}
	return cueMatch{cue: q, ok: true}
}

// surname reports whether a text also has the single word after a first name: "Jane Stern".
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
		last, _ := utf8.DecodeLastRuneInString(first)
		isName := unicode.IsLower(last) || len(first) == 2 && last == '.' // neither a mark nor an abbreviation
		if unicode.IsUpper(r) && isName && !sentenceStarts[first] && !noNameStarts[first] && !isDescription(first) && !possessive(first) {
			return true
		}
	}
}

// coordinated reports whether two names are in one list: only "and", a comma or the like is between them.
func coordinated(text string, a, b namedOutlet) bool {
	if a.whole.End > b.whole.Start || b.whole.Start-a.whole.End > 24 {
		return false
	}
	between := strings.TrimSpace(strings.ToLower(text[a.whole.End:b.whole.Start]))
	for range 3 { // "A and the newspaper B"
		if slices.Contains(cues.conjunctions, between) {
			return true
		}
		less, ok := dropArticle(between)
		if !ok {
			return false
		}
		between = strings.TrimSpace(less)
	}
	return false
}

func inQuotation(marks []news.Mark, m outlets.Mention) bool {
	for _, q := range marks {
		if q.Kind == news.MarkQuote && q.Start < m.Start && m.End < q.End && !isOnlyName(q.End-q.Start, m) {
			return true
		}
	}
	return false
}

// isOnlyName reports whether a quotation of this length contains only a name: „Bild“.
func isOnlyName(length int, m outlets.Mention) bool { return length <= m.End-m.Start+8 }

// inQuotes reports whether a mention in a summary is between quotation marks. Quotations in summaries have no marks
// (news.Mark).
func inQuotes(text string, m outlets.Mention) bool {
	before, after := excerpt(text, m.Start-sentenceBytes, m.Start), excerpt(text, m.End, m.End+sentenceBytes)
	for _, q := range [][2]string{{"“", "”"}, {"«", "»"}, {"„", "“"}, {"「", "」"}} {
		if open := strings.LastIndex(before, q[0]); open > strings.LastIndex(before, q[1]) && strings.Contains(after, q[1]) {
			return !isOnlyName(len(before)-open+m.End-m.Start+strings.Index(after, q[1]), m)
		}
	}
	return strings.Count(before, `"`)%2 == 1 && strings.Contains(after, `"`)
}

// sentence returns the words around a mention up to the ends of its sentence, if those are near.
func sentence(text string, m outlets.Mention) string {
	before, after := excerpt(text, m.Start-sentenceBytes, m.Start), excerpt(text, m.End, m.End+sentenceBytes)
	from := 0
	for i, r := range before {
		if endsSentence(text, m.Start-len(before)+i, r) {
			from = i + utf8.RuneLen(r)
		}
	}
	to := len(after)
	for i, r := range after {
		if endsSentence(text, m.End+i, r) {
			to = i
			break
		}
	}
	return before[from:] + text[m.Start:m.End] + after[:to]
}

// endsSentence reports whether the character r at an offset of a text ends a sentence. A full stop within a word or a number
// ("3.75", "example.com") ends none, nor does one after an initial, an abbreviation or the number of a day ("U.S.", "J. Doe",
// "Mr. Doe", "18. August").
func endsSentence(text string, at int, r rune) bool {
	switch r {
	case '!', '?', '\n', '。':
		return true
	case '.':
	default:
		return false
	}
	if next, _ := utf8.DecodeRuneInString(text[at+1:]); unicode.IsLetter(next) || unicode.IsDigit(next) {
		return false
	}
	word := excerpt(text, at-maxAbbreviation-1, at)
	word = word[strings.LastIndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })+1:]
	first, size := utf8.DecodeRuneInString(word)
	switch {
	case unicode.IsUpper(first):
		return size < len(word) && !slices.Contains(cues.abbreviations, strings.ToLower(word))
	case unicode.IsDigit(first):
		return len(word) > len("31")
	}
	return true
}

// maxAbbreviation is more than the bytes of the longest abbreviation.
const maxAbbreviation = 12

// namedOutlet is the name of an outlet in a text: of one in the registry, of one that is not, or a short name of either.
type namedOutlet struct {
	namePhrase
	own bool // the article's own outlet
}

// names returns the outlets that a text names, in text order.
func (r *reading) names(text string) []namedOutlet {
	listed := mergeMentions(capMentions(r.outlets.Mentions(text)), capMentions(r.outlets.AtHome(text)))
	listed = withoutExplained(text, capMentions(listed))
	var all []namedOutlet
	for _, m := range listed {
		all = append(all, namedOutlet{namePhrase{Mention: m, whole: news.Span{Start: m.Start, End: m.End}}, same(m.Outlet, r.article.Outlet)})
	}
	for _, p := range unlistedNames(text, listed) {
		if p.short || strings.Contains(p.Outlet.Name, " ") { // "the Free Beacon"
			if o, ok := r.resolveShort(p, text, all); ok {
				p.Outlet = o
				all = append(all, namedOutlet{p, same(o, r.article.Outlet)})
				continue
			}
		}
		if p.short {
			continue
		}
		if !isGeneric(text, p.whole) {
			all = append(all, namedOutlet{p, ownName(r.article.Outlet, p.Outlet.Name)})
		}
	}
	slices.SortStableFunc(all, func(x, y namedOutlet) int { return cmp.Compare(x.Start, y.Start) })
	return all
}

func capMentions(mentions []outlets.Mention) []outlets.Mention {
	return mentions[:min(len(mentions), maxMentions)]
}

// mergeMentions merges two ordered lists of mentions. Of overlapping mentions those in all are kept.
func mergeMentions(all, more []outlets.Mention) []outlets.Mention {
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

// withoutExplained removes the mentions of abbreviations that the text explains as something else. After "the National
// Geographic Institute (IGN)", IGN means the institute.
func withoutExplained(text string, listed []outlets.Mention) []outlets.Mention {
	explained := ""
	for i, m := range listed {
		name := text[m.Start:m.End]
		acronym := len(name) > 1 && len(name) < 7 && strings.IndexFunc(name, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
		if acronym && strings.HasSuffix(text[:m.Start], " (") && strings.HasPrefix(text[m.End:], ")") &&
			(i == 0 || listed[i-1].End < m.Start-2) && matchesInitials(excerpt(text, m.Start-82, m.Start-2), name) {
			explained = name
			break
		}
	}
	if explained == "" {
		return listed
	}
	return slices.DeleteFunc(slices.Clone(listed), func(m outlets.Mention) bool { return text[m.Start:m.End] == explained })
}

// matchesInitials reports whether a text ends with capitalised words whose first letters form the short name, in any order. The
// order may differ because names are translated and their abbreviations are not.
func matchesInitials(text, short string) bool {
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

// resolveShort returns the outlet of a short name such as "the Journal". It is the one to which a link on the name leads, or
// the only outlet in the text whose name ends with these words. The article's own outlet is included.
func (r *reading) resolveShort(p namePhrase, text string, named []namedOutlet) (news.Outlet, bool) {
	ends := func(o news.Outlet) bool { return strings.HasSuffix(o.Name, " "+p.Outlet.Name) }
	if url := r.linkAt(text, p.Mention); url != "" {
		if o, ok := r.byURL(url); ok && ends(o) {
			return o, true
		}
	}
	var found news.Outlet
	if ends(r.article.Outlet) {
		found = r.article.Outlet
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

// isGeneric reports whether a mention that ends with a noun for outlets is generic: "a Springfield newspaper".
func isGeneric(text string, whole news.Span) bool {
	words := strings.Fields(text[whole.Start:whole.End])
	return len(words) > 1 && slices.Contains(cues.genericNouns, words[len(words)-1]) && indefinite(strings.TrimRight(text[:whole.Start], " "))
}
