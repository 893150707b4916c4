package group

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// features are what is compared in a pair of articles; each is 0 to 1 unless said otherwise.
type features struct {
	coverage   float64 // greater share of one's own prose that stands in the other
	lead       float64 // the same of the first 60 words
	longShare  float64 // smaller of the two shares: both are the same text
	cosine     float64 // of the terms of title and opening, weighed by rarity
	title      float64 // Jaccard index of the titles' terms
	sameTitle  float64 // 1 when the normalised titles are equal
	figures    float64 // share of the fewer figures that the other has, .5 where one has none
	names      float64 // 1 when one credits the other's outlet with the report
	agrees     float64 // 1 when both say that the same outlet wrote their text
	conflicts  float64 // 1 when they say that different outlets wrote it
	cites      float64 // 1 when one links to the other, or both have one address
	sameOutlet float64
	hours      float64 // between the two, in days up to 3
	short      bool    // one has no prose worth comparing
}

const (
	shortWords   = 25 // shingles below which an article's prose is not compared by coverage alone
	maxDaysApart = 3

	// minPrintShare is the share of prints in common below which prose is not compared: it estimates the coverage.
	minPrintShare = .05
)

// compare looks at everything that two articles have in common. Where they share next to no
// prints their prose is not compared.
func (g *Grouper) compare(a, b *node, prints int) features {
	p, q := a.Print, b.Print
	f := features{
		short:      len(p.Shingles) < shortWords || len(q.Shingles) < shortWords,
		cosine:     g.index.cosine(a, b),
		figures:    figuresAgree(p.Figures, q.Figures),
		sameOutlet: is(a.outlet == b.outlet && a.Article.Outlet.Key() != ""),
		hours:      math.Min(math.Abs(a.at.Sub(b.at).Hours())/24, maxDaysApart),
		cites:      is(cites(a, b) || cites(b, a) || a.Article.Canonical != "" && a.Article.Canonical == b.Article.Canonical),
	}
	f.headline(p, q)
	if f.short || p.Body != 0 && p.Body == q.Body || float64(prints) >= minPrintShare*float64(min(len(p.Picked), len(q.Picked))) {
		g.compareProse(a, b, &f)
	}
	f.credit(a, b)
	return f
}

// headline compares the titles. Of few words it is a label ("Morning briefing") that says little about an article.
func (f *features) headline(p, q news.Print) {
	f.title, f.sameTitle = jaccard(p.Title, q.Title), is(p.Headline != 0 && p.Headline == q.Headline)
	if n := min(len(p.Title), len(q.Title)); n < minKeyedTitle {
		f.title, f.sameTitle = f.title*float64(n)/minKeyedTitle, 0
	}
}

// says is whether both articles have enough to say for likeness to mean anything.
func (f features) says(p, q news.Print) bool {
	return !f.short || f.cites == 1 || min(len(p.Terms), len(q.Terms)) >= minKeyedTitle
}

func (g *Grouper) compareProse(a, b *node, f *features) {
	p, q := a.Print, b.Print
	shared := news.Shared(p.Shingles, q.Shingles)
	if shared == 0 {
		return
	}
	ofA := ratio(shared, len(p.Shingles)-news.Shared(p.Shingles, q.Quoted))
	ofB := ratio(shared, len(q.Shingles)-news.Shared(q.Shingles, p.Quoted))
	f.coverage, f.longShare = max(ofA, ofB), min(ofA, ofB)
	f.lead = max(portion(p.Lead, q.Shingles), portion(q.Lead, p.Shingles))
	if f.sameOutlet == 1 {
		own := 1 - g.index.habits.share(a, b)
		f.coverage, f.longShare, f.lead = f.coverage*own, f.longShare*own, f.lead*own
	}
}

func ratio(n, of int) float64 {
	if of <= 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func (f *features) credit(a, b *node) {
	keyA, keyB := a.Article.Outlet.Key(), b.Article.Outlet.Key()
	f.names = is(f.sameOutlet == 0 && (a.credits.retells(b, keyB) || b.credits.retells(a, keyA)))
	f.agrees = is(common(a.credits.prose, b.credits.prose))
	f.conflicts = is(f.agrees == 0 && len(a.credits.prose) > 0 && len(b.credits.prose) > 0)
}

// retells says whether the credited report may be the other article's, or the one that the other carries or retells too.
func (c credits) retells(other *node, key string) bool {
	return slices.Contains(c.news, key) || common(c.news, other.credits.news) || common(c.news, other.credits.prose)
}

func is(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func cites(a, b *node) bool {
	return b.Article.Canonical != "" && slices.Contains(a.Cites, b.Article.Canonical)
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func portion(part, whole []uint32) float64 {
	if len(part) == 0 {
		return 0
	}
	return float64(news.Shared(part, whole)) / float64(len(part))
}

func jaccard(a, b []uint32) float64 {
	n := news.Shared(a, b)
	if n == 0 {
		return 0
	}
	return float64(n) / float64(len(a)+len(b)-n)
}

func figuresAgree(a, b []uint32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return .5
	}
	return float64(news.Shared(a, b)) / float64(min(len(a), len(b)))
}

// cosine compares the terms of two articles, each term weighed by its squared inverse document frequency.
func (c *candidates) cosine(a, b *node) float64 {
	s, t := a.Print.Terms, b.Print.Terms
	weights, na := c.weights(a)
	_, nb := c.weights(b)
	dot := 0.0
	for i, j := 0, 0; i < len(s) && j < len(t); {
		switch {
		case s[i] < t[j]:
			i++
		case s[i] > t[j]:
			j++
		default:
			dot += float64(weights[i])
			i, j = i+1, j+1
		}
	}
	if dot == 0 {
		return 0
	}
	return dot / math.Sqrt(na*nb)
}

// term is one feature's part in a decision.
type term struct {
	weight float64
	words  string  // "" is the prior; %s stands for share
	share  float64 // 0 to 1
}

func (t term) detail() string {
	return strings.Replace(t.words, "%s", strconv.Itoa(int(math.Round(100*t.share)))+"%", 1)
}

// story gives the parts whose sum is the log-odds that both articles derive from one text. The weights are set by hand
// from what was measured on real news (docs/design.md); the first is the prior.
func (f features) story() []term {
	if f.short {
		return []term{
			{-5.6, "", 0},
			{4.5 * f.coverage, "%s of the shorter text stands in the other", f.coverage},
			{4.5 * f.title, "the headlines share their words", 0},
			{2 * f.sameTitle, "the headline is the same", 0},
			{3 * f.cosine, "rare words, names and figures agree", 0},
			{1 * (f.figures - .5), "figures " + agree(f.figures), 0},
			{.8 * f.names, "one credits the other's outlet", 0},
			{.7 * f.agrees, "both credit the same outlet with the text", 0},
			{-2 * f.conflicts, "they credit different outlets with the text", 0},
			{4 * f.cites, "one links to the other", 0},
			{-.7 * f.hours, "time between them", 0},
		}
	}
	return []term{
		{-5, "", 0},
		{13 * f.coverage, "%s of one's own prose stands in the other", f.coverage},
		{2.5 * f.lead * min(1, 3*f.coverage), "%s of the opening is the same", f.lead},
		{1.5 * f.title, "the headlines share their words", 0},
		{1 * f.sameTitle, "the headline is the same", 0},
		{2.5 * f.cosine, "rare words, names and figures agree", 0},
		{15 * f.names * f.cosine, "one retells what it credits to the other's outlet, or both credit one", 0},
		{.8 * (f.figures - .5), "figures " + agree(f.figures), 0},
		{.7 * f.agrees, "both credit the same outlet with the text", 0},
		{-1.5 * f.conflicts, "they credit different outlets with the text", 0},
		{2.5 * f.cites, "one links to the other", 0},
		{-.3 * f.hours, "time between them", 0},
	}
}

func agree(share float64) string {
	if share < .5 {
		return "differ"
	}
	return "agree"
}

// event gives the log-odds that both articles tell of one happening.
func (f features) event() float64 {
	return -3 + 9*f.cosine + 2*f.title + 1.5*(f.figures-.5) + 2*f.names*f.cosine + 2*f.coverage - .5*f.hours
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// score weighs a pair of articles on both levels and gives the reasons where they are one story.
func (g *Grouper) score(a, b *node, prints int) (story, event float64, reasons []news.Evidence) {
	f := g.compare(a, b, prints)
	if !f.says(a.Print, b.Print) {
		return 0, 0, nil
	}
	terms, sum := f.story(), 0.0
	for _, t := range terms {
		sum += t.weight
	}
	story, event = sigmoid(sum), sigmoid(f.event())
	if a.Article.Hub || b.Article.Hub {
		story = min(story, .1) // a hub repeats many stories and joins none
	}
	if story >= threshold {
		reasons = reasonsOf(terms)
	}
	return story, max(event, story), reasons
}

// reasonsOf gives the parts that matter in words.
func reasonsOf(terms []term) []news.Evidence {
	var out []news.Evidence
	for _, t := range terms {
		if t.words != "" && math.Abs(t.weight) >= .3 {
			out = append(out, news.Evidence{Kind: "likeness", Detail: t.detail(), Weight: math.Round(t.weight*100) / 100})
		}
	}
	return out
}
