package group

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// modelFile holds the weights that `make train` wrote.
//
//go:embed model.json
var modelFile []byte

// Model gives the probabilities that two articles are one story, and one event. It is a logistic regression for each level and
// regime. The part of a feature in a decision is its weight times its value.
type Model struct {
	Version int `json:"version"` // changes with the meaning of the features; files of other versions are refused
	// Story and Event are by regime; see Regimes.
	Story [numRegimes]Regression `json:"story"`
	Event [numRegimes]Regression `json:"event"`
	// StoryAt and EventAt are the linkages at which clusters merge. EventAlone is the event probability at which two single
	// articles of one outlet merge.
	StoryAt    float64 `json:"story_at"`
	EventAt    float64 `json:"event_at"`
	EventAlone float64 `json:"event_alone"`
}

// ModelVersion is the version of the features.
const ModelVersion = 4

// Regression gives log-odds: Prior + Σ Weights[f] · feature f. Features without a weight have weight 0.
type Regression struct {
	Prior   float64            `json:"prior"`
	Weights map[string]float64 `json:"weights"`

	weights Features // Weights by feature
}

// DefaultModel returns the built-in model. It panics if the embedded file is broken, which a test excludes.
func DefaultModel() *Model {
	m, err := ReadModel(modelFile)
	if err != nil {
		panic("model.json (built in): " + err.Error())
	}
	return m
}

// ReadModel reads a model file.
func ReadModel(data []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	if m.Version != ModelVersion {
		return nil, fmt.Errorf("version is %d, this program reads %d; train it anew with make train", m.Version, ModelVersion)
	}
	for _, level := range []*[numRegimes]Regression{&m.Story, &m.Event} {
		for i := range level {
			for name, w := range level[i].Weights {
				f := slices.Index(featureNames[:], name)
				if f < 0 {
					return nil, fmt.Errorf("there is no feature %q", name)
				}
				level[i].weights[f] = w
			}
		}
	}
	return m, nil
}

func (r *Regression) logOdds(f *Features) float64 {
	sum := r.Prior
	for i, w := range r.weights {
		sum += w * f[i]
	}
	return sum
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// phrases describe the features to readers. A feature without a phrase is not shown. %s is the share.
var phrases = [numFeatures]string{
	coverage: "%s of one's own prose stands in the other", sameText: "both are the same text", mutual: "%s of the prose is the same on both sides",
	noProse: "none of their prose is the same",
	lead:    "%s of the opening is the same", leads: "the openings share %s of their prose", early: "what is shared stands at the beginning of both",
	aside:  "what is shared stands beside the subject: the openings tell of other things",
	late:   "what is shared stands late in the texts",
	quotes: "both quote the same words", selection: "the same prose goes with the same quotations", pairsShare: "%s of the word pairs agree", cosine: "rare words, names and figures agree",
	opening: "the openings speak of the same", mention: "%s of one's opening, by rarity of its words, stands in the other",
	names: "the names agree", rarity: "they share rare words", title: "the headlines share their words", titleLead: "%s of one headline stands in the other's opening",
	titleFigures: "the headlines give other figures", template: "both headlines are made by one template of the outlet",
	grams: "the headlines are much alike", sameTitle: "the headline is the same", creditsReport: "one credits the other's outlet, or both credit one",
	retelling: "one retells what it credits to the other's outlet, or both credit one", named: "both name one outlet as their source", hearsay: "they credit others with the news",
	agrees:    "both credit the same outlet with the text",
	conflicts: "they credit different outlets with the text", cites: "one links to the other, or both stand at one address",
	figures: "figures agree", days: "time between them", soon: "they came out soon after one another",
}

// mergedReasons maps features to the feature under which readers see them as one reason.
var mergedReasons = map[feature]feature{
	trace: coverage, mutual: coverage, sameText: coverage, rootCosine: cosine, opening: cosine, mentions: mention, grams: title, gramsIn: title, creditsReport: retelling,
	names: cosine, rarity: cosine,
}

// minReason is the minimum weight, in log-odds, of a reason that is shown.
const minReason = .3

// reasons describes the features with the greatest weights, the greatest first.
func (r *Regression) reasons(f *Features) []news.Evidence {
	var parts Features
	for i, w := range r.weights {
		to, merged := mergedReasons[feature(i)]
		if !merged {
			to = feature(i)
		}
		parts[to] += w * f[i]
	}
	parts[figures] = r.weights[figures] * (f[figures] - .5)
	var out []news.Evidence
	for i, x := range parts {
		if math.Abs(x) < minReason || phrases[i] == "" {
			continue
		}
		detail := strings.Replace(phrases[i], "%s", strconv.Itoa(int(math.Round(100*f[i])))+"%", 1)
		if feature(i) == figures && f[figures] < .5 {
			detail = "figures differ"
		}
		out = append(out, news.Evidence{Kind: "likeness", Detail: detail, Weight: math.Round(x*100) / 100})
	}
	slices.SortStableFunc(out, func(a, b news.Evidence) int { return int(math.Copysign(1, b.Weight-a.Weight)) })
	return out
}

// feature is the number of a feature: a measure of a pair of articles.
type feature int

// The features. Each is 0 to 1 unless stated otherwise. All are symmetric.
const (
	coverage      feature = iota // greater of the two shares of unquoted prose that is in the other article
	mutual                       // smaller of the two shares
	sameText                     // mutual from a half to one: both are the same text
	trace                        // coverage up to a tenth, times ten: whether any prose is shared
	noProse                      // 1 if both have prose and none in common
	lead                         // greater share of the first 60 words that is anywhere in the other
	leads                        // share of the shorter lead that is in the other lead: versions share it, follow-ups do not
	early                        // share of the shared prose that is in the first 120 words of both
	aside                        // trace if the openings are about other things: a background paragraph, a part of a round-up
	late                         // distance of the shared prose from the beginnings
	quotes                       // share of the fewer quoted shingles that both have, whether prose is compared or not
	selection                    // quotes if prose is shared too (trace): a rewriter keeps the chosen quotations
	pairsShare                   // share of the fewer ordered word pairs that both have
	cosine                       // of the terms, weighted by use and rarity
	rootCosine                   // square root of cosine, for the low end
	opening                      // cosine of the terms of title and opening
	mention                      // greater share of the title and opening terms, by rarity, that is anywhere in the other
	mentions                     // smaller of the two
	names                        // cosine of the terms written with a capital, reduced if they are few
	rarity                       // summed rarity of the title and opening terms in common, 60 nats or more being 1
	title                        // Jaccard index of the titles' terms
	titleLead                    // greater share of a title, by rarity, that is in the other's title or opening
	titleFigures                 // 1 if both titles have figures and none in common
	grams                        // Jaccard index of the titles' runs of four characters
	gramsIn                      // share of the fewer of these runs that both titles have: one title contains the other
	sameTitle                    // 1 if the normalised titles are equal, reduced if they are short
	figures                      // share of the fewer figures that both have, .5 if one has none
	creditsReport                // 1 if one credits the other's outlet with the report, or both credit one outlet
	retelling                    // creditsReport times cosine
	named                        // cosine if both name one outlet, however weakly, reduced if many articles name it
	hearsay                      // half for each article that credits others with its news, times rootCosine
	agrees                       // 1 if both say that the same outlet wrote their text
	conflicts                    // 1 if they say that different outlets wrote it
	cites                        // 1 if one links to the other, or both have one address and nothing contradicts it
	template                     // 1 if one template of their outlet made both, about two things
	days                         // days between the two, up to 3, reduced if their prose is the same: the age of a copy does not matter
	soon                         // logarithmic nearness in time: 1 in one minute, 0 from three days on
	numFeatures
)

// featureNames are the names of the features in the model's file. They change with the meaning of a feature.
var featureNames = [numFeatures]string{
	"coverage", "mutual", "same_text", "trace", "no_prose", "lead", "leads", "early", "aside", "late", "quotes", "selection", "pairs",
	"cosine", "root_cosine", "opening", "mention", "mentions", "names", "rarity", "title", "title_lead", "title_figures", "grams", "grams_in",
	"same_title", "figures", "credits", "retelling", "named", "hearsay", "agrees", "conflicts", "cites", "template", "days", "soon",
}

// FeatureNames returns the names of the features in the order of Features.
func FeatureNames() []string { return featureNames[:] }

// Features holds the values of the features of two articles, by feature.
type Features [numFeatures]float64

const (
	shortWords   = 25 // shingles below which an article is short, so that its coverage alone says nothing
	maxDaysApart = 3
	earlyWords   = 120
	minNames     = 4  // names in common below which they count less
	maxRarity    = 60 // nats

	// wholeText is the mutual coverage from which the common prose of two articles of one outlet is not boilerplate, since
	// boilerplate is only a part of a text.
	wholeText = .85
	// sameOpening is the cosine of two openings from which they have the same subject.
	sameOpening = .2
	// nearCosine is the cosine of all terms from which prose is compared even if hardly any fingerprints are shared.
	nearCosine = .4
	// minPrintShare is the share of common fingerprints from which prose is compared. It estimates the coverage.
	minPrintShare = .05
)

// logMaxDays is the logarithm of maxDaysApart in minutes.
var logMaxDays = math.Log1p(maxDaysApart * 24 * 60)

// regime selects the weights with which a pair is scored, by the amount of text and by whether both articles are of one outlet.
// Among similar pairs, most of one outlet are follow-ups, and most of two outlets are copies.
type regime int

const (
	bothShort regime = 2 * iota // title and summary on both sides
	oneShort
	bothLong
	numRegimes

	ownOutlet = 1 // added if both are of one outlet
)

// Regimes returns the names of the regimes, by the numbers that Compare and Model use.
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

// comparable reports whether both articles have enough words for a meaningful comparison.
func (f *Features) comparable(r regime, p, q *prints.Print) bool {
	return r >= bothLong || f[cites] == 1 || min(len(p.Terms), len(q.Terms)) >= minTitleTerms
}

// compare computes the features of two articles that share picked winnowed shingles. Their prints must be decoded.
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

	sp, sq := p, q // with the same selection of shingles
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

// mayMean reports whether the credited report may be the other article's, or one that the other carries or retells too.
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

// compareTerms compares the terms of two articles. Terms are weighted by their inverse document frequency and, over the whole
// text, by the logarithm of their uses (Salton and Buckley 1988).
func (x *index) compareTerms(a, b *node, f *Features) {
	var dot, dotOpening, dotNames, ofA, ofB, inOpenings, titleA, titleB float64 // ofA: share of a's title and opening in all of b, by rarity
	sameFigure := false
	s, t := a.print.Terms, b.print.Terms
	for i, j := 0, 0; i < len(s) && j < len(t); { // without mispredicted branches, as prints.Shared
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

// compareProse compares the shingles of two articles. Both prints have the same selection of shingles.
func (x *index) compareProse(a, b *node, p, q *prints.Print, f *Features) {
	shared := prints.Shared(p.Shingles, q.Shingles)
	if shared == 0 {
		return
	}
	ofA := ratio(shared, len(p.Shingles)-prints.Shared(p.Shingles, q.Quoted))
	ofB := ratio(shared, len(q.Shingles)-prints.Shared(q.Shingles, p.Quoted))
	own := 1.0 // the share that is not boilerplate
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

	// Places has the positions of only the sampled shingles, in the order of Shingles.
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
		stepA, stepB := 0, 0 // without mispredicted branches
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

// sampled is 1 if a shingle is one of those for which a print has positions.
func sampled(shingle uint32) int {
	if prints.SampledShingle(shingle) {
		return 1
	}
	return 0
}
