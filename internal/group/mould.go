package group

import (
	"slices"

	"headwater/internal/news"
)

// Notices of one outlet may be made by one template: earthquakes, prices, warnings, dividends, obituaries. Their texts are the same
// but for what is put into the slots, so that they look like copies. What tells them from a copy, a corrected version or
// a report written through is what differs: of a template's notices it is what each is about.
const (
	ordinaryShare = .15 // of an article's terms that may differ beside names, figures and title: the rest is the frame
	ownTitle      = .5  // share of a title that the other article has not from which the titles name two things
	keptAFiller   = 2   // names and figures kept for one exchanged from which a notice is a version in which one was mended
	exchanged     = 2   // names and figures that differ on each side
)

// fillers are what fills the slots: they count what an article has that another of its outlet has not.
type fillers struct {
	title, titleFigures, titleNames int // terms of its title; those that are figures, and names
	names, figures, ordinary        int // terms beside those of the title
}

// slots counts the names and figures beside the title's, figureSlots the figures of both.
func (s fillers) slots() int       { return s.names + s.figures }
func (s fillers) figureSlots() int { return s.figures + s.titleFigures }

// moulded says whether two articles of one outlet are made by one template, and about two things.
func moulded(a, b *node) bool {
	if a.outlet == 0 || a.outlet != b.outlet {
		return false
	}
	p, q := a.Print, b.Print
	x, kept := fillersOf(p, q)
	y, _ := fillersOf(q, p)
	if !x.framed(p) || !y.framed(q) {
		return false
	}
	both := func(of func(s fillers, p *news.Print) bool) bool { return of(x, p) && of(y, q) }
	if both(func(s fillers, p *news.Print) bool { return s.title > 0 && ratio(s.title, len(p.Title)) >= ownTitle }) {
		return true
	}
	if oneArticle(a, b) { // a running report may have other names and figures by and by
		return false
	}
	if keptAFiller*(x.title+x.slots()+y.title+y.slots()) > kept && both(func(s fillers, p *news.Print) bool {
		return s.titleFigures > 0 && s.titleFigures < s.title || s.titleNames > 0 && inSentenceCase(p)
	}) {
		return true
	}
	return x.figureSlots()+y.figureSlots()+x.names+y.names > 2*kept && both(func(s fillers, _ *news.Print) bool {
		return s.names+s.figureSlots() >= exchanged && (s.figureSlots() > 0 || a.headline == b.headline)
	})
}

// framed says whether little but slots differs.
func (s fillers) framed(p *news.Print) bool {
	return float64(s.ordinary) <= 1+ordinaryShare*float64(len(p.Terms))
}

// fillersOf counts what p has and q has not, and the names and figures beside titles that both have.
func fillersOf(p, q *news.Print) (s fillers, kept int) {
	j := 0
	for i, t := range p.Terms {
		for j < len(q.Terms) && q.Terms[j] < t {
			j++
		}
		use, figure := p.Uses[i], isFigure(p, t)
		name := use&news.TermName != 0
		titled := use&news.TermTitle != 0
		switch shared := j < len(q.Terms) && q.Terms[j] == t; {
		case shared && (figure || name && !titled):
			kept++
		case shared:
		case titled:
			s.title++
			s.titleFigures += int(is(figure))
			s.titleNames += int(is(name && !figure))
		case figure:
			s.figures++
		case name:
			s.names++
		default:
			s.ordinary++
		}
	}
	return s, kept
}

// termStep is how far the hashes of two terms lie apart at least: prints keep their 26 highest bits.
const termStep = 1 << 6

// isFigure says whether a term of a print is one of its figures, of whose hashes terms keep the higher bits.
func isFigure(p *news.Print, term uint32) bool {
	i, _ := slices.BinarySearch(p.Figures, term)
	return i < len(p.Figures) && p.Figures[i]-term < termStep
}

// inSentenceCase says whether most words of a title begin with a small letter, so that a capital says something.
func inSentenceCase(p *news.Print) bool {
	small := 0
	for _, t := range p.Title {
		if i, ok := slices.BinarySearch(p.Terms, t); ok && p.Uses[i]&news.TermName == 0 && !isFigure(p, t) {
			small++
		}
	}
	return 2*small >= len(p.Title)
}
