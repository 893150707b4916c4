package web

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// verdictView is who wrote a story first and why, in a sentence or two.
type verdictView struct {
	originView
	Time   timestamp // of the first version of the origin's outlet; zero where it is only named
	Newest timestamp // of the version that is shown, where that is another
	Why    string    // "Three outlets print its dateline."
}

// creditPhrases say how many outlets credit an origin, from what tells most to what tells least: keys of the catalogues, for the
// name of the one that does or their number in words.
var creditPhrases = []struct {
	kind      news.ClaimKind
	one, many string
}{
	{news.ClaimDateline, locale.Key("%s prints its dateline."), locale.Key("%s outlets print its dateline.")},
	{news.ClaimByline, locale.Key("%s has it in the byline."), locale.Key("%s outlets have it in the byline.")},
	{news.ClaimSource, locale.Key("%s names it as the source."), locale.Key("%s outlets name it as the source.")},
	{news.ClaimCanonical, locale.Key("%s gives its page as the article’s own address."), locale.Key("%s outlets give its page as the article’s own address.")},
	{news.ClaimScoop, locale.Key("%s credits the news to it."), locale.Key("%s outlets credit the news to it.")},
	{news.ClaimReport, locale.Key("%s credits its report."), locale.Key("%s outlets credit its report.")},
	{news.ClaimRights, locale.Key("%s carries its copyright line."), locale.Key("%s outlets carry its copyright line.")},
	{news.ClaimLink, locale.Key("%s links to it at the start."), locale.Key("%s outlets link to it at the start.")},
	{news.ClaimTold, locale.Key("%s quotes what was told to it."), locale.Key("%s outlets quote what was told to it.")},
}

// maxPhrases is the number of sentences of a verdict.
const maxPhrases = 2

func verdictOf(st news.Story, l *locale.Locale) verdictView {
	v := verdictView{originView: originOf(st, l)}
	if first, shown := originTimes(st); !first.IsZero() {
		v.Time = timestampOf(first, l)
		if shown.After(first) {
			v.Newest = timestampOf(shown, l)
		}
	}
	phrases := creditsOf(st, l)
	kinds := map[string]int{} // reasons for the origin
	for _, e := range st.Origin.Evidence {
		if e.Weight > 0 {
			kinds[e.Kind]++
		}
	}
	switch n := kinds["headline"]; {
	case n == 1:
		phrases = append(phrases, l.Text("One outlet bears its headline."))
	case n > 1:
		phrases = append(phrases, l.Text("%s outlets bear its headline.", inWords(n, l)))
	}
	if kinds["agency"] > 0 {
		phrases = append(phrases, l.Text("It is an agency, whose texts others carry."))
	}
	if kinds["time"] > 0 {
		phrases = append(phrases, l.Text("It is the earliest."))
	}
	if kinds["containment"] > 0 {
		phrases = append(phrases, l.Text("More of the others’ text is in it than of its text in theirs."))
	}
	switch {
	case len(phrases) == 0 && len(outletsOf(st)) == 1 && !v.Named:
		phrases = append(phrases, l.Text("No other outlet among your feeds has it."))
	case len(phrases) == 0:
		phrases = append(phrases, l.Text("Little speaks for it or against it."))
	}
	v.Why = strings.Join(phrases[:min(len(phrases), maxPhrases)], " ")
	return v
}

// originTimes returns the times of the first version that the origin's outlet has in a story, and of the version that is shown.
// Both are zero where the origin is only named, or has no date. Lags count from the first one.
func originTimes(st news.Story) (first, shown time.Time) {
	if st.Origin.Named() {
		return first, shown
	}
	outlet := st.Lead().Article.Outlet.Key()
	for _, m := range st.Members {
		if a := m.Article; a.Outlet.Key() == outlet && !a.Undated && (first.IsZero() || a.Time().Before(first)) {
			first = a.Time()
		}
	}
	if a := st.Current().Article; !a.Undated && a.Outlet.Key() == outlet {
		shown = a.Time()
	}
	return first, shown
}

// creditsOf says how many outlets credit the origin, each with what tells most of its claims.
func creditsOf(st news.Story, l *locale.Locale) (phrases []string) {
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
			phrases = append(phrases, l.Text(p.one, by[0]))
		default:
			phrases = append(phrases, l.Text(p.many, inWords(len(by), l)))
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

// inWords is a number of two or more at the start of a sentence: "Three"; from 13 on in digits.
func inWords(n int, l *locale.Locale) string {
	numbers := []string{
		locale.Key("Two"), locale.Key("Three"), locale.Key("Four"), locale.Key("Five"), locale.Key("Six"), locale.Key("Seven"), locale.Key("Eight"),
		locale.Key("Nine"), locale.Key("Ten"), locale.Key("Eleven"), locale.Key("Twelve"),
	}
	if n < 2 || n-2 >= len(numbers) {
		return l.Number(n)
	}
	return l.Text(numbers[n-2])
}

// reason is a piece of evidence as a sentence.
type reason struct {
	Text  string
	Lang  string // of Text, where no catalogue has it; else empty
	Words string // how much it weighs: "strong", "weak, against it"
	For   bool

	strength string // Words without the side
}

// reasonsView is what speaks for an origin and what speaks against it.
type reasonsView struct {
	For, Against []reason
	Number       string // "7 reasons"
}

// sortReasons parts the reasons for a decision from those against it.
func sortReasons(all []reason, l *locale.Locale) reasonsView {
	v := reasonsView{Number: l.Text("%d reasons", len(all))}
	for _, r := range all {
		if r.For {
			v.For = append(v.For, r)
		} else {
			r.Words = r.strength // the heading says the side
			v.Against = append(v.Against, r)
		}
	}
	return v
}

// reasonsOf sorts by weight, regardless of sign.
func reasonsOf(evidence []news.Evidence, q quotations, l *locale.Locale) []reason {
	sorted := slices.Clone(evidence)
	slices.SortStableFunc(sorted, func(a, b news.Evidence) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	var all []reason
	for _, e := range sorted {
		text, known := l.Lookup(q.once(cmp.Or(publish.Line(e.Detail), e.Kind)))
		r := reason{Text: fullSentence(text), For: e.Weight >= 0}
		if !known {
			r.Lang = "en"
		}
		switch weight := math.Abs(e.Weight); {
		case weight >= 2:
			r.strength = l.Text("strong")
		case weight >= 0.7:
			r.strength = l.Text("fair")
		case weight > 0:
			r.strength = l.Text("weak")
		default:
			r.strength = l.Text("no weight")
		}
		if r.Words = r.strength; !r.For {
			r.Words = l.Text("%s, against it", r.strength)
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

// quotations lets each quotation of a part of a page stand once, and says in words where it stands again. The words are keys of the
// catalogues.
type quotations map[string]string // the words, by quotation

// quotationsUnder begins a part of a page under a headline, which is not quoted again.
func quotationsUnder(headline string) quotations {
	return quotations{headline: locale.Key("in its headline")}
}

// again gives the words that stand for a quotation which is on the page already; "" the first time.
func (q quotations) again(text string) string {
	words := q[text]
	if words == "" {
		q[text] = locale.Key("in the same words")
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
