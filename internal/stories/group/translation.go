package group

import (
	"fmt"
	"math"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// The weights of a translation's log-odds: a logistic regression over 145 pairs that were read one by one, rounded. The model
// of the other features knows words of one language only. The prior is lower than fitted, since a wrong join is worse than a
// missing one. Of the languages that were joined to stories of wire26, 139 of 148 were right when read. Weights and limits were
// chosen on these two days, so other days may be worse. The wrong ones were reports of some hours later about the same affair.
const (
	translationPrior     = -5.0
	weightSharedNames    = .055 // a nat of names in common, of maxSharedNames at most
	weightFewerNames     = 1.85 // share of the names of the article with fewer of them that the other has, by rarity
	weightMoreNames      = 1.8  // the same of the article with more of them
	weightSharedFigures  = .39  // a nat of figures in common, of maxSharedFigures at most
	weightOtherFigures   = -.75 // both have figures, and none in common that is rare
	weightSharedTitle    = 3.5  // share of the runs of four characters of one title that the other has
	weightOtherScript    = 2.0  // the titles have no letters to compare
	weightSoon           = 3.7  // nearness in time by its logarithm, 0 in a day; less than soonestMinutes gains nothing
	weightSharedPicture  = 1.2  // not fitted, since no labelled article has a picture. Agencies put one file picture beside several reports
	maxSharedNames       = 40   // nats
	maxSharedFigures     = 10   // nats
	soonestMinutes       = 20   // reports that come out together are as likely two as one in two languages
	minOtherFigures      = 2    // from which figures that differ speak against a translation
	dateFigure           = 2.5  // nats of a figure that say nothing, as the day of the month says nothing
	minPictureAgreements = 2.5  // nats of names and figures beside a picture in common from which articles are compared
)

// translation is what two articles in two languages have in common, by its parts of the log-odds beside the prior.
type translation struct {
	sharedNames                          int
	minutes                              float64 // apart
	figuresAgree                         bool
	otherScript                          bool
	names, figures, title, soon, picture float64
}

func (t *translation) probability() float64 {
	return sigmoid(translationPrior + t.names + t.figures + t.title + t.soon + t.picture)
}

// compareTranslation compares two articles as translations of each other; ok is false where they can't be. Of f it needs the titles.
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

// reasons says in words why two articles are one in two languages. Which names agree is not known: prints have hashes.
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
