package group

import (
	"fmt"
	"math"
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
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

// The weights of a translation's log-odds. They are a rounded logistic regression over 145 pairs that were read one by one. The
// model of the other features only handles words of one language. The prior is lower than fitted, since a wrong join is worse
// than a missing one. Of the languages that were joined to stories of wire26, 139 of 148 were right when read. Weights and
// limits were chosen on these two days, so the results for other days may be worse. The wrong joins were reports on the same
// affair from some hours later.
const (
	translationPrior     = -5.0
	weightSharedNames    = .055 // per nat of names in common, up to maxSharedNames
	weightFewerNames     = 1.85 // share of the names of the article with fewer names that the other has, by rarity
	weightMoreNames      = 1.8  // the same for the article with more names
	weightSharedFigures  = .39  // per nat of figures in common, up to maxSharedFigures
	weightOtherFigures   = -.75 // both have figures, but no rare one in common
	weightSharedTitle    = 3.5  // share of the runs of four characters of one title that the other has
	weightOtherScript    = 2.0  // the titles have no letters to compare
	weightSoon           = 3.7  // logarithmic nearness in time, 0 at a day; below soonestMinutes it does not rise further
	weightSharedPicture  = 1.2  // not fitted, since no labelled article has a picture. Agencies use one file picture for several reports
	maxSharedNames       = 40   // nats
	maxSharedFigures     = 10   // nats
	soonestMinutes       = 20   // simultaneous reports are as likely two reports as one in two languages
	minOtherFigures      = 2    // number of figures from which differing figures count against a translation
	dateFigure           = 2.5  // nats of a figure that count for nothing, since a day of the month says nothing
	minPictureAgreements = 2.5  // nats of common names and figures from which articles with a common picture are compared
)

// translation holds the evidence for a translation, as summands of the log-odds without the prior.
type translation struct {
	sharedNames                          int
	minutes                              float64 // minutes between the two
	figuresAgree                         bool
	otherScript                          bool
	names, figures, title, soon, picture float64
}

func (t *translation) probability() float64 {
	return sigmoid(translationPrior + t.names + t.figures + t.title + t.soon + t.picture)
}

// compareTranslation compares two articles as translations of each other. ok is false if they cannot be. f must have the
// features of the titles.
func (g *Grouper) compareTranslation(a, b *node, f *Features) (t translation, ok bool) {
	if !mayTranslate(a, b) {
		return t, false
	}
	x, p, q := &g.index.agency, a.print, b.print
	t.otherScript = a.nonLatin() || b.nonLatin()
	shared, figures := 0.0, 0.0 // nats
	for h := range intersection(p.Names, q.Names) {
		if t.otherScript || !prints.NameBySound(h) {
			t.sharedNames++
			shared += x.idf(h)
		}
	}
	for h := range intersection(p.Figures, q.Figures) {
		figures += max(0, x.idf(h)-dateFigure)
	}
	picture := x.samePicture(a, b)
	if shared < minTranslationNames && (!picture || shared+figures < minPictureAgreements) {
		return t, false
	}
	ofA, ofB := ratio(shared, x.nameRarity(a)), ratio(shared, x.nameRarity(b))
	t.names = weightSharedNames*min(shared, maxSharedNames) + weightFewerNames*max(ofA, ofB) + weightMoreNames*min(ofA, ofB)
	t.figuresAgree = figures > 0
	others := figures == 0 && min(len(p.Figures), len(q.Figures)) >= minOtherFigures
	t.figures = weightSharedFigures*min(figures, maxSharedFigures) + weightOtherFigures*indicator(others)
	if t.otherScript {
		t.title = weightOtherScript
	} else {
		t.title = weightSharedTitle * f[gramsIn]
	}
	t.minutes = math.Abs(float64(a.at-b.at)) / 60
	t.soon = weightSoon * max(0, 1-math.Log1p(max(t.minutes, soonestMinutes))/math.Log1p(secondsPerDay/60))
	t.picture = weightSharedPicture * indicator(picture)
	return t, true
}

// reasons describes why two articles are one in two languages. It cannot name the names that agree, since prints hold hashes.
func (t *translation) reasons() []news.Evidence {
	var out []news.Evidence
	add := func(weight float64, detail string) {
		if math.Abs(weight) >= minReason {
			out = append(out, news.Evidence{Kind: "translation", Detail: detail, Weight: math.Round(weight*100) / 100})
		}
	}
	add(t.names, fmt.Sprintf("a translation: %d names agree", t.sharedNames))
	add(t.picture, "both have the same picture, by the id in its address")
	apart := fmt.Sprintf("%.0f minutes", t.minutes)
	if t.minutes >= 90 {
		apart = fmt.Sprintf("%.0f hours", t.minutes/60)
	}
	add(t.soon, fmt.Sprintf("both name the same agency as the writer, and came out %s apart", apart))
	if t.figuresAgree {
		add(t.figures, "figures agree across the languages")
	} else {
		add(t.figures, "figures differ")
	}
	if !t.otherScript {
		add(t.title, "the headlines have words in common across the languages")
	}
	return out
}
