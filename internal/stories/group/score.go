package group

import (
	"math"
	"slices"

	"headwater/internal/news"
)

// Comparisons below both limits are discarded.
const (
	minStoryEdge = .3
	minEventEdge = .06
)

// pairScore is the result of comparing a pair: probabilities, and the cosine of its terms.
type pairScore struct {
	story, event, cosine float64
	reasons              []news.Evidence // if it is one story
}

// score scores a pair of articles that share a number of fingerprints. Their prints must be decoded.
func (g *Grouper) score(a, b *node, prints int) pairScore {
	if prints == 0 && mayTranslate(a, b) && !linksTo(a, b) && !linksTo(b, a) {
		return g.scoreTranslation(a, b)
	}
	f, r := g.index.compare(a, b, prints)
	if !f.comparable(r, a.print, b.print) {
		return pairScore{}
	}
	s := pairScore{cosine: f[cosine], story: sigmoid(g.model.Story[r].logOdds(&f)), event: sigmoid(g.model.Event[r].logOdds(&f))}
	retold := retellingProbability(a, b, &f)
	s.story = max(s.story, retold)
	translated, isTranslation := g.compareTranslation(a, b, &f)
	if isTranslation {
		s.story = max(s.story, translated.probability())
	}
	if a.roundup || b.roundup {
		s.story = min(s.story, unrelatedStory) // a round-up repeats many stories and joins none
	}
	fromTemplate := f[template] == 1
	if !fromTemplate && sameOutlet(a, b) && f[mutual] < templateProse && max(s.story, s.event) >= minStoryEdge { // for other pairs compare has called sameTemplate
		fromTemplate = sameTemplate(a, b)
	}
	if r == bothLong+ownOutlet && f[noProse] == 1 && sameLanguage(a, b) {
		s.story = min(s.story, unrelatedStory) // two texts of one outlet with nothing in common, whatever their titles
	}
	switch {
	case fromTemplate:
		s.story, s.event = min(s.story, unrelatedStory), 0
	case sameOutlet(a, b) && sameAddress(a, b):
		s.story = max(s.story, sameArticleStory)
	}
	if a.roundup && b.roundup { // two round-ups cover many events each; a live page joins an event by the articles about it
		return pairScore{story: s.story}
	}
	if s.story >= g.model.StoryAt {
		switch {
		case isTranslation && translated.probability() >= g.model.StoryAt:
			s.reasons = translated.reasons()
		case retold >= g.model.StoryAt:
			s.reasons = append([]news.Evidence{retellingReason(retold)}, g.model.Story[r].reasons(&f)...)
		default:
			s.reasons = g.model.Story[r].reasons(&f)
		}
	}
	s.event = max(s.event, s.story)
	switch {
	case a.edition.otherDay(b.edition):
		s.event = s.story // only a common text, or one report in several versions, joins reports of two days
	case !fromTemplate && a.edition.sameSession(b.edition):
		s.event = max(s.event, sessionEvent)
	}
	if !sameLanguage(a, b) && s.story < g.model.StoryAt {
		s.event = 0 // words of two languages agree by chance
	}
	return s
}

// scoreTranslation scores a pair that can only be one report in two languages: no prose is shared, and neither cites the other.
func (g *Grouper) scoreTranslation(a, b *node) pairScore {
	var f Features
	f.compareTitles(a.print, b.print)
	t, ok := g.compareTranslation(a, b, &f)
	if !ok {
		return pairScore{}
	}
	s := pairScore{story: t.probability()}
	if s.story >= g.model.StoryAt {
		s.event, s.reasons = s.story, t.reasons()
	}
	return s
}

// A retelling names in its opening whose report it gives ("according to reporting by The Example"). If that outlet's own item
// is a teaser, a title and a sentence, the two share few words, but the writer of the report is known. The question is only
// which of the outlet's items it is, and agreeing names, openings and words are enough to answer it. The linkage of clusters
// prevents a retelling of one report from joining two different teasers.
const (
	maxTeaserWords = 100 // words of an outlet's own item

	retellingPrior, retellingNames, retellingOpening, retellingCosine = -4.2, 5, 8, 6
)

// A film or recording that opens with the words of its outlet's article is the same story, even if it appears hours later under
// another title. A programme that covers the news of the day includes that article among others.
const (
	filmLead    = .5 // feature leads
	filmText    = .3 // feature mutual
	filmOpening = .5 // feature opening
	filmTitle   = .5 // feature titleLead
	filmStory   = .9 // the resulting story probability
)

// A site that reruns an agency keeps the version that it took, and often names no source. When the agency's own item is polled,
// the agency has rewritten it: the title is nearly the same, and about half a sentence of the old lead is left.
const (
	earlierTitle     = .7  // feature title
	earlierTitleLead = .9  // feature titleLead
	earlierLead      = .2  // feature lead
	earlierOpening   = .5  // feature opening
	earlierSoon      = .21 // feature soon: twelve hours
	earlierStory     = .8  // the resulting story probability
)

// retellingProbability returns the story probability of a retelling of a teaser, a film of an article, or an earlier version of
// an agency's item. It returns 0 if the pair is none of these.
func retellingProbability(a, b *node, f *Features) float64 {
	if sameOutlet(a, b) && a.media != b.media && f[leads] >= filmLead && f[mutual] >= filmText && f[opening] >= filmOpening && f[titleLead] >= filmTitle {
		return filmStory
	}
	// One item names no writer, and the other is an agency's own.
	anonymous := func(n, other *node) bool {
		return len(n.credits.writers) == 0 && slices.Contains(other.credits.writers, other.outlet)
	}
	if (anonymous(a, b) || anonymous(b, a)) && f[title] >= earlierTitle && f[titleLead] >= earlierTitleLead && f[titleFigures] == 0 &&
		f[lead] >= earlierLead && f[opening] >= earlierOpening && f[soon] >= earlierSoon {
		return earlierStory
	}
	retells := func(n, teaser *node) bool {
		return n.credits.retold != 0 && n.credits.retold == teaser.outlet && teaser.outlet != n.outlet && teaser.print.Words <= maxTeaserWords
	}
	if !retells(a, b) && !retells(b, a) {
		return 0
	}
	return sigmoid(retellingPrior + retellingNames*min(f[names], .4) + retellingOpening*f[opening] + retellingCosine*f[cosine])
}

func retellingReason(p float64) news.Evidence {
	logOdds := math.Log(p/(1-p)) - retellingPrior
	return news.Evidence{
		Kind: "likeness", Detail: "one gives the other's report, as its words, its address or its headline say, and names and openings agree",
		Weight: math.Round(logOdds*100) / 100,
	}
}
