package group

import (
	"math"
	"slices"

	"headwater/internal/stories/prints"
)

// feature numbers what is compared in a pair of articles.
type feature int

// The features. Each is 0 to 1 unless said otherwise; all are symmetric.
const (
	coverage      feature = iota // greater share of one's own unquoted prose that is in the other
	mutual                       // smaller of the two shares
	sameText                     // mutual from a half to one: both are the same text
	trace                        // coverage up to a tenth, times ten: whether any prose is shared
	noProse                      // 1 where both have prose and none in common
	lead                         // greater share of one's first 60 words that is anywhere in the other
	leads                        // share of the shorter lead that is in the other lead: versions share it, follow-ups do not
	early                        // share of the shared prose that is in the first 120 words of both
	aside                        // trace where the openings are about other things: a background paragraph, a part of a round-up
	late                         // how far from the beginnings the shared prose is
	quotes                       // share of the fewer quoted shingles that both have, whether prose is compared or not
	selection                    // quotes where prose is shared too (trace): a rewriter keeps the quotations that were chosen
	pairsShare                   // share of the fewer ordered word pairs that both have
	cosine                       // of the terms, weighed by use and rarity
	rootCosine                   // its square root, for the low end
	opening                      // cosine of the terms of title and opening
	mention                      // greater share of one's title and opening terms, by rarity, that is anywhere in the other
	mentions                     // smaller of the two
	names                        // cosine of the terms written with a capital, less where they are few
	rarity                       // summed rarity of the title and opening terms in common, 60 nats or more being 1
	title                        // Jaccard index of the titles' terms
	titleLead                    // greater share of one title, by rarity, that is in the other's title or opening
	titleFigures                 // 1 where both titles have figures and none in common
	grams                        // Jaccard index of the titles' runs of four characters
	gramsIn                      // share of the fewer of these runs that both titles have: one title contains the other
	sameTitle                    // 1 when the normalised titles are equal, less where they are short
	figures                      // share of the fewer figures that both have, .5 where one has none
	creditsReport                // 1 when one credits the other's outlet with the report, or both credit one
	retelling                    // creditsReport times cosine
	named                        // cosine where both name one outlet, however weakly, less where many articles name it
	hearsay                      // half for each that credits others with its news, times rootCosine
	agrees                       // 1 when both say that the same outlet wrote their text
	conflicts                    // 1 when they say that different outlets wrote it
	cites                        // 1 when one links to the other, or both have one address and nothing contradicts it
	template                     // 1 when one template of their outlet made both, about two things
	days                         // between the two, up to 3, less where their prose is the same: a copy is one whenever it comes
	soon                         // nearness in time by its logarithm: 1 in one minute, 0 from three days on
	numFeatures
)

// featureNames are the features' names in the model's file; they change with the meaning of a feature.
var featureNames = [numFeatures]string{
	"coverage", "mutual", "same_text", "trace", "no_prose", "lead", "leads", "early", "aside", "late", "quotes", "selection", "pairs",
	"cosine", "root_cosine", "opening", "mention", "mentions", "names", "rarity", "title", "title_lead", "title_figures", "grams", "grams_in",
	"same_title", "figures", "credits", "retelling", "named", "hearsay", "agrees", "conflicts", "cites", "template", "days", "soon",
}

// FeatureNames gives the features' names in the order of Features.
func FeatureNames() []string { return featureNames[:] }

// Features are what two articles have in common, by feature.
type Features [numFeatures]float64

const (
	shortWords   = 25 // shingles below which an article is short: its coverage alone says nothing
	maxDaysApart = 3
	earlyWords   = 120
	minNames     = 4  // below which names that agree say less
	maxRarity    = 60 // nats

	// wholeText is the mutual coverage from which what two articles of one outlet share is no boilerplate: that is a part of a text.
	wholeText = .85
	// sameOpening is the cosine of two openings from which they are about the same.
	sameOpening = .2
	// nearCosine is the cosine of all terms from which prose is compared though hardly any prints are shared.
	nearCosine = .4
	// minPrintShare is the share of prints in common from which prose is compared: it estimates the coverage.
	minPrintShare = .05
)

// logMaxDays is the logarithm of maxDaysApart in minutes.
var logMaxDays = math.Log1p(maxDaysApart * 24 * 60)

// regime says which weights a pair is scored with: by how much text there is, and whether both are of one outlet. Of two items of
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
	for _, n := range [...]*node{a, b} {
		if len(n.print.Shingles) >= shortWords {
			r += 2
		}
	}
	if sameOutlet(a, b) {
		r += ownOutlet
	}
	return r
}

// comparable says whether both articles have so many words that likeness means anything.
func (f *Features) comparable(r regime, p, q *prints.Print) bool {
	return r >= bothLong || f[cites] == 1 || min(len(p.Terms), len(q.Terms)) >= minTitleTerms
}

// compare computes the features of two articles that share a number of winnowed shingles. Their prints must be decoded.
func (x *index) compare(a, b *node, picked int) (Features, regime) {
	p, q, r, same := a.print, b.print, regimeOf(a, b), sameOutlet(a, b)
	var f Features
	seconds := math.Abs(float64(a.at) - float64(b.at))
	f[days] = math.Min(seconds/secondsPerDay, maxDaysApart)
	f[soon] = max(0, 1-math.Log1p(seconds/60)/logMaxDays)
	f[cites] = indicator(linksTo(a, b) || linksTo(b, a) || sameAddress(a, b))
	f[figures] = .5
	if len(p.Figures) > 0 && len(q.Figures) > 0 {
		f[figures] = overlap(p.Figures, q.Figures)
	}
	f.compareTitles(p, q)
	x.compareTerms(a, b, &f)

	sp, sq := p, q // by the same choice of shingles
	var samples [2]prints.Print
	if p.Sampled != q.Sampled {
		samples[0], samples[1] = prints.Alike(*p, *q)
		sp, sq = &samples[0], &samples[1]
	}
	f[quotes] = overlap(sp.Quoted, sq.Quoted)
	f[pairsShare] = overlap(sp.Pairs, sq.Pairs)
	if r < bothLong || f[cosine] > nearCosine || p.Body != 0 && p.Body == q.Body || float64(picked) >= minPrintShare*float64(min(len(p.Picked), len(q.Picked))) {
		x.compareProse(a, b, sp, sq, &f)
	}
	f[noProse] = indicator(r >= bothLong && f[coverage] == 0)
	f[aside] = f[trace] * max(0, 1-f[opening]/sameOpening)
	if same && f[mutual] < templateProse {
		f[template] = indicator(x.sameFrame(a, b, f[gramsIn]))
	} else if same {
		f[template] = indicator(sameTemplate(a, b))
	}

	c, d := a.credits, b.credits
	f[creditsReport] = indicator(!same && (c.mayMean(b) || d.mayMean(a)))
	f[retelling] = f[creditsReport] * f[cosine]
	if !same {
		f[named] = x.creditSpecificity(c.named, d.named) * f[cosine]
	}
	f[hearsay] = (indicator(len(c.named) > 0) + indicator(len(d.named) > 0)) / 2 * f[rootCosine]
	f[agrees] = indicator(intersects(c.writers, d.writers))
	f[conflicts] = indicator(f[agrees] == 0 && len(c.writers) > 0 && len(d.writers) > 0)
	return f, r
}

// mayMean says whether the credited report may be the other article's, or one that the other carries or retells too.
func (c *credits) mayMean(other *node) bool {
	return slices.Contains(c.reporters, other.outlet) || intersects(c.reporters, other.credits.reporters) || intersects(c.reporters, other.credits.writers)
}

// compareTitles compares the titles. A title of few words is a label ("Morning briefing") that says little about an article.
func (f *Features) compareTitles(p, q *prints.Print) {
	shared := prints.Shared(p.Grams, q.Grams)
	f[grams], f[gramsIn] = ratio(shared, len(p.Grams)+len(q.Grams)-shared), ratio(shared, min(len(p.Grams), len(q.Grams)))
	f[title], f[sameTitle] = jaccard(p.Title, q.Title), indicator(p.Headline != 0 && p.Headline == q.Headline)
	n := min(len(p.Title), len(q.Title))
	f[sameTitle] *= ratio(n, distinctiveTitle)
	if n < minTitleTerms {
		part := float64(n) / minTitleTerms
		f[title], f[grams], f[gramsIn], f[sameTitle] = f[title]*part, f[grams]*part, f[gramsIn]*part, 0
	}
}

// compareTerms compares the terms of two articles, each weighed by its inverse document frequency and, over the whole text, by
// the logarithm of its uses (Salton and Buckley 1988).
func (x *index) compareTerms(a, b *node, f *Features) {
	var dot, dotOpening, dotNames, ofA, ofB, inOpenings, titleA, titleB float64 // ofA: of a's title and opening in all of b, by rarity
	sameFigure := false
	s, t := a.print.Terms, b.print.Terms
	for i, j := 0, 0; i < len(s) && j < len(t); { // without branches that the processor mispredicts, as prints.Shared
		term, other := s[i], t[j]
		if term == other {
			idf := x.idf(term)
			u, v := a.print.Uses[i], b.print.Uses[j]
			dot += idf * idf * useWeight(u) * useWeight(v)
			if u&inOpening != 0 {
				ofA += idf
			}
			if v&inOpening != 0 {
				ofB += idf
			}
			if u&inOpening != 0 && v&inOpening != 0 {
				dotOpening += idf * idf
				inOpenings += idf
				if u&prints.TermTitle != 0 {
					titleA += idf
				}
				if v&prints.TermTitle != 0 {
					titleB += idf
				}
				sameFigure = sameFigure || u&v&prints.TermTitle != 0 && isFigure(a.print, term)
			}
			if u&v&prints.TermName != 0 {
				dotNames += idf * idf
			}
		}
		if term <= other {
			i++
		}
		if other <= term {
			j++
		}
	}
	na, nb := a.norms, b.norms
	f[cosine] = ratio(dot, math.Sqrt(float64(na.all)*float64(nb.all)))
	f[rootCosine] = math.Sqrt(f[cosine])
	f[opening] = ratio(dotOpening, math.Sqrt(float64(na.opening)*float64(nb.opening)))
	f[names] = ratio(dotNames, math.Sqrt(float64(na.names)*float64(nb.names))) * ratio(int(min(na.nameTerms, nb.nameTerms)), minNames)
	shareA, shareB := ratio(ofA, float64(na.rarity)), ratio(ofB, float64(nb.rarity))
	f[mention], f[mentions] = max(shareA, shareB), min(shareA, shareB)
	f[rarity] = min(1, inOpenings/maxRarity)
	f[titleLead] = max(ratio(titleA, float64(na.titleRarity)), ratio(titleB, float64(nb.titleRarity)))
	f[titleFigures] = indicator(na.titleFigure && nb.titleFigure && !sameFigure)
}

// compareProse compares the shingles of two articles, whose prints have the same choice of them.
func (x *index) compareProse(a, b *node, p, q *prints.Print, f *Features) {
	shared := prints.Shared(p.Shingles, q.Shingles)
	if shared == 0 {
		return
	}
	ofA := ratio(shared, len(p.Shingles)-prints.Shared(p.Shingles, q.Quoted))
	ofB := ratio(shared, len(q.Shingles)-prints.Shared(q.Shingles, p.Quoted))
	own := 1.0 // the share that is no boilerplate
	if sameOutlet(a, b) {
		own = 1 - x.boilerplate(a, b)*max(0, 1-min(ofA, ofB)/wholeText)
	}
	f[coverage], f[mutual] = own*max(ofA, ofB), own*min(ofA, ofB)
	f[sameText] = max(0, 2*f[mutual]-1)
	f[trace] = min(1, 10*f[coverage])
	f[days] *= 1 - f[coverage]
	f[selection] = min(f[quotes], f[trace])
	f[lead] = own * max(containment(p.Lead, q.Shingles), containment(q.Lead, p.Shingles))
	f[leads] = own * overlap(p.Lead, q.Lead)

	// Places has the positions of the sampled shingles alone, in the order of Shingles.
	s, t := p.Shingles, q.Shingles
	atA, atB, placed, both, position := 0, 0, 0, 0, 0.0
	for i, j := 0, 0; i < len(s) && j < len(t); {
		h, k := s[i], t[j]
		if h == k && prints.SampledShingle(h) && atA < len(p.Places) && atB < len(q.Places) {
			placeA, placeB := int(p.Places[atA]), int(q.Places[atB])
			placed++
			position += ratio(placeA, p.Words) + ratio(placeB, q.Words)
			if max(placeA, placeB) < earlyWords {
				both++
			}
		}
		stepA, stepB := 0, 0 // without branches that the processor mispredicts
		if h <= k {
			stepA = 1
		}
		if k <= h {
			stepB = 1
		}
		i, atA = i+stepA, atA+stepA&sampled(h)
		j, atB = j+stepB, atB+stepB&sampled(k)
	}
	if placed > 0 {
		f[late] = position / float64(2*placed)
		f[early] = ratio(both, placed)
	}
}

// sampled is 1 where a shingle is one of those whose positions a print has.
func sampled(shingle uint32) int {
	if prints.SampledShingle(shingle) {
		return 1
	}
	return 0
}
