package group

import (
	"iter"
	"math"
	"slices"

	"headwater/internal/stories/prints"
)

// feature numbers what is compared in a pair of articles.
type feature int

// The features. Each is 0 to 1 unless said otherwise; all are symmetric.
const (
	coverage     feature = iota // greater share of one's own unquoted prose that stands in the other
	mutual                      // smaller of the two shares
	sameText                    // mutual from a half to one: both are the same text
	trace                       // coverage up to a tenth, times ten: whether any prose is shared
	noProse                     // 1 where both have prose and none in common
	lead                        // greater share of one's first 60 words that stands anywhere in the other
	leads                       // share of the shorter lead that stands in the other lead: versions share it, follow-ups do not
	early                       // share of the shared prose that stands in the first 120 words of both
	aside                       // trace where the openings tell of other things: a paragraph of background, a part of a round-up
	late                        // how far from the beginnings the shared prose stands
	quotes                      // share of the fewer quoted shingles that both have, whether prose is compared or not
	selection                   // quotes where prose is shared too (trace): a rewriter keeps the quotations that were chosen
	pairsShare                  // share of the fewer ordered word pairs that both have
	cosine                      // of the terms, weighed by use and rarity
	rootCosine                  // its square root, for the low end
	opening                     // cosine of the terms of title and opening
	mention                     // greater share of one's title and opening terms, by rarity, that stand anywhere in the other
	mentions                    // smaller of the two
	names                       // cosine of the terms written with a capital, less where they are few
	rarity                      // summed rarity of the title and opening terms in common, 60 nats or more being 1
	title                       // Jaccard index of the titles' terms
	titleLead                   // greater share of one title, by rarity, that stands in the other's title or opening
	titleFigures                // 1 where both titles have figures and none in common
	grams                       // Jaccard index of the titles' runs of four characters
	gramsIn                     // share of the fewer of these runs that both titles have: one title holds the other
	sameTitle                   // 1 when the normalised titles are equal, less where they are short
	figures                     // share of the fewer figures that both have, .5 where one has none
	credits_                    // 1 when one credits the other's outlet with the report, or both credit one
	retelling                   // credits_ times cosine
	named                       // cosine where both name one outlet, however weakly, less where many articles name it
	hearsay                     // half for each that credits others with its news, times rootCosine
	agrees                      // 1 when both say that the same outlet wrote their text
	conflicts                   // 1 when they say that different outlets wrote it
	cites                       // 1 when one links to the other, or both have one address and nothing speaks against it
	template                    // 1 when one template of their outlet made both, about two things
	days                        // between the two, up to 3, less where their prose is the same: a copy is one whenever it comes
	soon                        // nearness in time by its logarithm: 1 in one minute, 0 from three days on
	numFeatures
)

// featureNames are the features' names in the model's file; they change with the meaning of a feature.
var featureNames = [numFeatures]string{
	"coverage", "mutual", "same_text", "trace", "no_prose", "lead", "leads", "early", "aside", "late", "quotes", "selection", "pairs",
	"cosine", "root_cosine", "opening", "mention", "mentions", "names", "rarity", "title", "title_lead", "title_figures", "grams", "grams_in",
	"same_title", "figures", "credits", "retelling", "named", "hearsay", "agrees", "conflicts", "cites", "template", "days", "soon",
}

// Features are what two articles have in common, by feature.
type Features [numFeatures]float64

const (
	shortWords   = 25 // shingles below which an article has no prose worth comparing by coverage alone
	maxDaysApart = 3
	secondsADay  = 24 * 60 * 60
	earlyWords   = 120
	fewNames     = 4 // below which names that agree say less
	manyNats     = 60
	sureTitle    = 6 // terms of a title from which no two writers hit upon it

	// wholeText is the share of the prose on both sides from which what two articles of one outlet share is no habit of the
	// outlet: a habit is a part of its texts.
	wholeText = .85

	// sameOpening is the cosine of two openings from which they tell of the same.
	sameOpening = .2

	// nearCosine is how alike the words of two articles are at least for their prose to be compared though hardly any
	// prints say so.
	nearCosine = .4

	// minPrintShare is the share of prints in common below which prose is not compared: it estimates the coverage.
	minPrintShare = .05
)

// regime is what a pair has to be compared by: how much text there is, and whether both are of one outlet. Of two items of
// one outlet most that resemble each other are follow-ups; of two outlets' most are copies.
type regime int

const (
	bothShort regime = 2 * iota // title and summary on both sides
	oneShort
	bothLong
	numRegimes

	ownOutlet = 1 // is added where both are of one outlet
)

// Regimes are the names of what Compare and Model number.
func Regimes() []string {
	return []string{
		"both short", "both short, one outlet", "one short", "one short, one outlet", "both long", "both long, one outlet",
	}
}

func regimeOf(a, b *node) regime {
	r := bothShort
	if len(a.Print.Shingles) >= shortWords {
		r += 2
	}
	if len(b.Print.Shingles) >= shortWords {
		r += 2
	}
	if sameOutlet(a, b) {
		r += ownOutlet
	}
	return r
}

func sameOutlet(a, b *node) bool { return a.outlet == b.outlet && a.outlet != 0 }

// compare looks at everything that two articles have in common. Where they share next to no prints their prose is not
// compared.
func (g *Grouper) compare(a, b *node, picked int) (Features, regime) {
	p, q := a.Print, b.Print
	r := regimeOf(a, b)
	var f Features
	apart := math.Abs(float64(a.at) - float64(b.at))
	f[days] = math.Min(apart/secondsADay, maxDaysApart)
	f[soon] = max(0, 1-math.Log1p(apart/60)/longApart)
	f[cites] = is(linksTo(a, b) || linksTo(b, a) || oneArticle(a, b))
	f[figures] = figuresAgree(p.Figures, q.Figures)
	f.headline(p, q)
	var room [2]prints.Print
	x, y := alike(p, q, &room)
	g.index.compareTerms(a, b, &f)
	f[quotes] = ratio(prints.Shared(x.Quoted, y.Quoted), min(len(x.Quoted), len(y.Quoted)))
	f[pairsShare] = ratio(prints.Shared(x.Pairs, y.Pairs), min(len(x.Pairs), len(y.Pairs)))
	if r < bothLong || f[cosine] > nearCosine || p.Body != 0 && p.Body == q.Body || float64(picked) >= minPrintShare*float64(min(len(p.Picked), len(q.Picked))) {
		g.compareProse(a, b, x, y, &f)
	}
	f[noProse] = is(r >= bothLong && f[coverage] == 0)
	f[template] = is(g.templated(a, b, &f))
	f[aside] = f[trace] * max(0, 1-f[opening]/sameOpening)
	g.credit(a, b, &f)
	return f, r
}

// longApart is the logarithm of three days in minutes.
var longApart = math.Log1p(maxDaysApart * 24 * 60)

// headline compares the titles. Of few words it is a label ("Morning briefing") that says little about an article.
func (f *Features) headline(p, q *prints.Print) {
	shared := prints.Shared(p.Grams, q.Grams)
	f[grams], f[gramsIn] = ratio(shared, len(p.Grams)+len(q.Grams)-shared), ratio(shared, min(len(p.Grams), len(q.Grams)))
	f[title], f[sameTitle] = jaccard(p.Title, q.Title), is(p.Headline != 0 && p.Headline == q.Headline)
	n := min(len(p.Title), len(q.Title))
	f[sameTitle] *= ratio(n, sureTitle)
	if n < minKeyedTitle {
		part := float64(n) / minKeyedTitle
		f[title], f[grams], f[gramsIn], f[sameTitle] = f[title]*part, f[grams]*part, f[gramsIn]*part, 0
	}
}

// says is whether both articles have enough to say for likeness to mean anything.
func (f *Features) says(r regime, p, q *prints.Print) bool {
	return r >= bothLong || f[cites] == 1 || min(len(p.Terms), len(q.Terms)) >= minKeyedTitle
}

// compareProse compares the prose of two articles by their prints, made alike.
func (g *Grouper) compareProse(a, b *node, p, q *prints.Print, f *Features) {
	shared := prints.Shared(p.Shingles, q.Shingles)
	if shared == 0 {
		return
	}
	ofA := ratio(shared, len(p.Shingles)-prints.Shared(p.Shingles, q.Quoted))
	ofB := ratio(shared, len(q.Shingles)-prints.Shared(q.Shingles, p.Quoted))
	own := 1.0
	if sameOutlet(a, b) {
		own = 1 - g.index.habit(a, b)*max(0, 1-min(ofA, ofB)/wholeText)
	}
	f[coverage], f[mutual] = own*max(ofA, ofB), own*min(ofA, ofB)
	f[sameText] = max(0, 2*f[mutual]-1)
	f[trace] = min(1, 10*f[coverage])
	f[days] *= 1 - f[coverage]
	f[selection] = min(f[quotes], f[trace])
	f[lead] = own * max(portion(p.Lead, q.Shingles), portion(q.Lead, p.Shingles))
	f[leads] = own * ratio(prints.Shared(p.Lead, q.Lead), min(len(p.Lead), len(q.Lead)))
	f.passages(placesOf(p, q), p.Words, q.Words)
}

// alike is prints.Alike. What is not as it was takes the room.
func alike(p, q *prints.Print, room *[2]prints.Print) (*prints.Print, *prints.Print) {
	if p.Sampled == q.Sampled {
		return p, q
	}
	room[0], room[1] = prints.Alike(*p, *q)
	return &room[0], &room[1]
}

// place is where a sampled shingle stands in both texts, in words.
type place struct{ a, b int }

func placesOf(p, q *prints.Print) []place {
	var out []place
	s, t := p.Shingles, q.Shingles
	atA, atB := 0, 0
	for i, j := 0, 0; i < len(s) && j < len(t); {
		x, y := s[i], t[j]
		if x == y && prints.SampledShingle(x) && atA < len(p.Places) && atB < len(q.Places) {
			out = append(out, place{int(p.Places[atA]), int(q.Places[atB])})
		}
		stepA, stepB := 0, 0
		if x <= y {
			stepA = 1
		}
		if y <= x {
			stepB = 1
		}
		i, atA = i+stepA, atA+stepA&sampled(x)
		j, atB = j+stepB, atB+stepB&sampled(y)
	}
	return out
}

func sampled(h uint32) int {
	if prints.SampledShingle(h) {
		return 1
	}
	return 0
}

// passages looks at how late the shared prose stands.
func (f *Features) passages(at []place, wordsA, wordsB int) {
	if len(at) == 0 {
		return
	}
	both, sum := 0, 0.0
	for _, x := range at {
		sum += ratio(x.a, wordsA) + ratio(x.b, wordsB)
		if max(x.a, x.b) < earlyWords {
			both++
		}
	}
	f[late] = sum / float64(2*len(at))
	f[early] = ratio(both, len(at))
}

func ratio(n, of int) float64 {
	if of <= 0 {
		return 0
	}
	return min(1, float64(n)/float64(of))
}

func (g *Grouper) credit(a, b *node, f *Features) {
	same := sameOutlet(a, b)
	f[credits_] = is(!same && (a.credits.retells(b) || b.credits.retells(a)))
	f[retelling] = f[credits_] * f[cosine]
	if !same {
		f[named] = g.index.specific(a.credits.any, b.credits.any) * f[cosine]
	}
	f[hearsay] = (is(len(a.credits.any) > 0) + is(len(b.credits.any) > 0)) / 2 * f[rootCosine]
	f[agrees] = is(common(a.credits.prose, b.credits.prose))
	f[conflicts] = is(f[agrees] == 0 && len(a.credits.prose) > 0 && len(b.credits.prose) > 0)
}

// retells says whether the credited report may be the other article's, or the one that the other carries or retells too.
func (c *credits) retells(other *node) bool {
	return slices.Contains(c.news, other.outlet) || common(c.news, other.credits.news) || common(c.news, other.credits.prose)
}

func is(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func linksTo(a, b *node) bool {
	return b.address != 0 && slices.Contains(a.credits.cites, b.address)
}

// inBoth gives the hashes that stand in two sorted lists.
func inBoth(a, b []uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, j := 0, 0; i < len(a) && j < len(b); {
			switch {
			case a[i] < b[j]:
				i++
			case a[i] > b[j]:
				j++
			default:
				if !yield(a[i]) {
					return
				}
				i, j = i+1, j+1
			}
		}
	}
}

func common(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(s uint64) bool { return slices.Contains(b, s) })
}

func portion(part, whole []uint32) float64 { return ratio(prints.Shared(part, whole), len(part)) }

func jaccard(a, b []uint32) float64 {
	n := prints.Shared(a, b)
	return ratio(n, len(a)+len(b)-n)
}

func figuresAgree(a, b []uint32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return .5
	}
	return ratio(prints.Shared(a, b), min(len(a), len(b)))
}

const inOpening = prints.TermTitle | prints.TermOpening

// compareTerms compares the words of two articles, each weighed by its inverse document frequency and, over the whole
// text, by the logarithm of its uses (Salton and Buckley 1988).
func (c *candidates) compareTerms(a, b *node, f *Features) {
	var dot, dotOpening, dotNames, inB, inA, nats, titleB, titleA float64
	sameFigure := false
	s, t := a.Print.Terms, b.Print.Terms
	for i, j := 0, 0; i < len(s) && j < len(t); { // as news.Shared
		x, y := s[i], t[j]
		if x == y {
			idf := c.idf(x)
			u, v := a.Print.Uses[i], b.Print.Uses[j]
			dot += idf * idf * useWeight(u) * useWeight(v)
			if u&inOpening != 0 {
				inB += idf
			}
			if v&inOpening != 0 {
				inA += idf
			}
			if u&inOpening != 0 && v&inOpening != 0 {
				dotOpening += idf * idf
				nats += idf
				if u&prints.TermTitle != 0 {
					titleB += idf
				}
				if v&prints.TermTitle != 0 {
					titleA += idf
				}
				sameFigure = sameFigure || u&v&prints.TermTitle != 0 && isFigure(a.Print, x)
			}
			if u&v&prints.TermName != 0 {
				dotNames += idf * idf
			}
		}
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	na, nb := a.norms, b.norms
	f[cosine] = over(dot, math.Sqrt(float64(na.all)*float64(nb.all)))
	f[rootCosine] = math.Sqrt(f[cosine])
	f[opening] = over(dotOpening, math.Sqrt(float64(na.opening)*float64(nb.opening)))
	f[names] = over(dotNames, math.Sqrt(float64(na.names)*float64(nb.names))) * ratio(int(min(na.named, nb.named)), fewNames)
	ofA, ofB := over(inB, float64(na.nats)), over(inA, float64(nb.nats))
	f[mention], f[mentions] = max(ofA, ofB), min(ofA, ofB)
	f[rarity] = min(1, nats/manyNats)
	f[titleLead] = max(over(titleB, float64(na.title)), over(titleA, float64(nb.title)))
	f[titleFigures] = is(na.titleFigure && nb.titleFigure && !sameFigure)
}

func over(x, of float64) float64 {
	if of <= 0 {
		return 0
	}
	return min(1, x/of)
}

// useWeights is 1 + ln n for n uses of a term.
var useWeights = func() (w [prints.TermCount + 1]float64) {
	for n := 1; n < len(w); n++ {
		w[n] = 1 + math.Log(float64(n))
	}
	return w
}()

func useWeight(use uint8) float64 { return useWeights[use&prints.TermCount] }

// norms are the sums that a node's terms are measured by.
type norms struct {
	all, opening, names float32 // squared lengths
	nats, title         float32 // rarity of the title and opening terms, and of the title's alone
	named               int32   // terms that are names
	titleFigure         bool    // the title has a figure
}

// weigh takes the norms of a print.
func (c *candidates) weigh(p *prints.Print) norms {
	var all, opening, names, nats, title float64
	var n norms
	for i, t := range p.Terms {
		idf, use := c.idf(t), p.Uses[i]
		w := useWeight(use)
		all += idf * idf * w * w
		if use&inOpening != 0 {
			opening += idf * idf
			nats += idf
		}
		if use&prints.TermTitle != 0 {
			title += idf
			n.titleFigure = n.titleFigure || isFigure(p, t)
		}
		if use&prints.TermName != 0 {
			names += idf * idf
			n.named++
		}
	}
	n.all, n.opening, n.names, n.nats, n.title = float32(all), float32(opening), float32(names), float32(nats), float32(title)
	return n
}
