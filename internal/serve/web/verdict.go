package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// verdictView is who wrote a story first and why, in a sentence or two.
type verdictView struct {
	originView
	Time timestamp // of the origin's article; zero where it is only named
	Why  string    // "Three outlets print its dateline."
}

// creditPhrases say how many outlets credit an origin, from what tells most to what tells least.
var creditPhrases = []struct {
	kind      news.ClaimKind
	one, many string
}{
	{news.ClaimDateline, "prints its dateline", "print its dateline"},
	{news.ClaimByline, "has it in the byline", "have it in the byline"},
	{news.ClaimSource, "names it as the source", "name it as the source"},
	{news.ClaimCanonical, "gives its page as the article’s own address", "give its page as the article’s own address"},
	{news.ClaimScoop, "credits the news to it", "credit the news to it"},
	{news.ClaimReport, "credits its report", "credit its report"},
	{news.ClaimRights, "carries its copyright line", "carry its copyright line"},
	{news.ClaimLink, "links to it at the start", "link to it at the start"},
	{news.ClaimTold, "quotes what was told to it", "quote what was told to it"},
}

// maxPhrases is the number of sentences of a verdict.
const maxPhrases = 2

func verdictOf(st news.Story, l *locale.Locale) verdictView {
	v := verdictView{originView: originOf(st)}
	if !st.Origin.Named() {
		v.Time = articleTime(st.Lead().Article, l)
	}
	phrases := creditsOf(st)
	kinds := map[string]int{} // reasons for the origin
	for _, e := range st.Origin.Evidence {
		if e.Weight > 0 {
			kinds[e.Kind]++
		}
	}
	if n := kinds["headline"]; n > 0 {
		phrases = append(phrases, counted(n, "outlet")+" "+map[bool]string{true: "bears", false: "bear"}[n == 1]+" its headline.")
	}
	if kinds["agency"] > 0 {
		phrases = append(phrases, "It is an agency, whose texts others carry.")
	}
	if kinds["time"] > 0 {
		phrases = append(phrases, "It is the earliest.")
	}
	if kinds["containment"] > 0 {
		phrases = append(phrases, "More of the others’ text is in it than of its text in theirs.")
	}
	switch {
	case len(phrases) == 0 && len(outletsOf(st)) == 1 && !v.Named:
		phrases = append(phrases, "No other outlet among your feeds has it.")
	case len(phrases) == 0:
		phrases = append(phrases, "Little speaks for it or against it.")
	}
	v.Why = strings.Join(phrases[:min(len(phrases), maxPhrases)], " ")
	return v
}

// creditsOf says how many outlets credit the origin, each with what tells most of its claims.
func creditsOf(st news.Story) (phrases []string) {
	origin := st.Origin.Key()
	best := map[string]int{} // index into creditPhrases, by outlet
	names := map[string]string{}
	for _, m := range st.Members {
		o := m.Article.Outlet
		if o.Key() == origin {
			continue
		}
		for _, c := range m.Claims {
			if c.Credited().Key() != origin {
				continue
			}
			for i, p := range creditPhrases {
				if at, known := best[o.Key()]; p.kind == c.Kind && (!known || i < at) {
					best[o.Key()], names[o.Key()] = i, publish.Name(o)
				}
			}
		}
	}
	for i, p := range creditPhrases {
		var by []string
		for key, at := range best {
			if at == i {
				by = append(by, names[key])
			}
		}
		switch len(by) {
		case 0:
		case 1:
			phrases = append(phrases, fmt.Sprintf("%s %s.", by[0], p.one))
		default:
			phrases = append(phrases, fmt.Sprintf("%s %s.", counted(len(by), "outlet"), p.many))
		}
	}
	return phrases
}

// outletsOf lists the outlets of a story's members, by key.
func outletsOf(st news.Story) []string {
	var keys []string
	for _, m := range st.Members {
		if k := m.Article.Outlet.Key(); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// counted is a number of things at the start of a sentence: "Three outlets".
func counted(n int, noun string) string {
	numbers := []string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}
	if n >= len(numbers) {
		return plural(n, noun)
	}
	return numbers[n] + strings.TrimPrefix(plural(n, noun), fmt.Sprint(n))
}

// reason is a piece of evidence as a sentence.
type reason struct {
	Text  string
	Words string // how much it weighs: "strong"
	For   bool
}

// against marks a reason that speaks against a decision.
const against = ", against it"

// reasonsView is what speaks for an origin and what speaks against it.
type reasonsView struct {
	For, Against []reason
	Number       string // "7 reasons"
}

// sortReasons parts the reasons for a decision from those against it.
func sortReasons(all []reason) reasonsView {
	v := reasonsView{Number: plural(len(all), "reason")}
	for _, r := range all {
		if r.For {
			v.For = append(v.For, r)
		} else {
			r.Words = strings.TrimSuffix(r.Words, against) // the heading says so
			v.Against = append(v.Against, r)
		}
	}
	return v
}

// reasonsOf sorts by weight, regardless of sign.
func reasonsOf(evidence []news.Evidence, q quotations) []reason {
	sorted := slices.Clone(evidence)
	slices.SortStableFunc(sorted, func(a, b news.Evidence) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	var all []reason
	for _, e := range sorted {
		r := reason{Text: fullSentence(q.once(cmp.Or(publish.Line(e.Detail), e.Kind))), For: e.Weight >= 0}
		switch weight := math.Abs(e.Weight); {
		case weight >= 2:
			r.Words = "strong"
		case weight >= 0.7:
			r.Words = "fair"
		case weight > 0:
			r.Words = "weak"
		default:
			r.Words = "no weight"
		}
		if !r.For {
			r.Words += against
		}
		all = append(all, r)
	}
	return all
}

// fullSentence begins a phrase with a capital and ends it with a full stop.
func fullSentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// quotations lets each quotation of a part of a page stand once, and says in words where it stands again.
type quotations map[string]string // the words, by quotation

// quotationsUnder begins a part of a page under a headline, which is not quoted again.
func quotationsUnder(headline string) quotations {
	return quotations{headline: "in its headline"}
}

// again gives the words that stand for a quotation which is on the page already; "" the first time.
func (q quotations) again(text string) string {
	words := q[text]
	if words == "" {
		q[text] = "in the same words"
	}
	return words
}

// once replaces the quotations of a text (": “...”") that are on the page already.
func (q quotations) once(text string) string {
	const open, shut = ": “", "”"
	var b strings.Builder
	for {
		at := strings.Index(text, open)
		if at < 0 {
			break
		}
		from := at + len(open)
		to := from + closingQuote(text[from:])
		words := q.again(text[from:to])
		if words == "" {
			b.WriteString(text[:min(to+len(shut), len(text))])
		} else {
			b.WriteString(text[:at] + ", " + words)
		}
		text = text[min(to+len(shut), len(text)):]
	}
	b.WriteString(text)
	return b.String()
}

// closingQuote is the offset of the mark that closes a quotation, which may hold others; else of the last one, or the end.
func closingQuote(text string) int {
	depth := 1
	for i, r := range text {
		switch r {
		case '“':
			depth++
		case '”':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	if i := strings.LastIndex(text, "”"); i >= 0 {
		return i
	}
	return len(text)
}
