package group

import (
	"fmt"
	"math"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

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
