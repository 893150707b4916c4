package group

import (
	"slices"

	"headwater/internal/stories/prints"
)

// Notices of one outlet may be made by one template: earthquakes, prices, warnings, dividends, obituaries. Their texts are the same
// but for what is put into the slots, so that they look like copies. What tells them from a copy, a corrected version or
// a report written through is what differs: of a template's notices it is what each is about.
const (
	ordinaryShare = .15 // of an article's terms that may differ beside names, figures and title: the rest is the frame
	ownTitle      = .5  // share of a title that the other article has not from which the titles name two things
	wordOfTitle   = .25
	keptAFiller   = 2  // names and figures kept for one that differs, from which it is a version in which some were mended
	exchanged     = 2  // names and figures that differ on each side where the titles tell of no two things
	capitals      = .8 // share of the words that are written as names from which all are: names say nothing
)

// fillers are what fills an article's slots: the terms that another article of its outlet has not, counted.
type fillers struct {
	title, titleFigures, titleNames int // of its title; those that are figures, and names
	names, figures, ordinary        int // beside those of the title
	kept                            int // names and figures that both have, but for names in the title
	terms, titleTerms               int // of the article
	numbers                         int // figures of its title
	sentenceCase                    bool
}

// moulded says whether two articles of one outlet are made by one template, and about two things.
func moulded(a, b *node) bool {
	if a.outlet == 0 || a.outlet != b.outlet {
		return false
	}
	x, y := fillersOf(a.Print, b.Print), fillersOf(b.Print, a.Print)
	switch kept := min(x.kept, y.kept); {
	case x.isRecord() && y.isRecord():
		return true
	case !x.framed() || !y.framed():
		return false
	case x.namesItself() && y.namesItself():
		return true
	case oneArticle(a, b): // a running report may have other names and figures by and by
		return false
	case x.differs() && y.differs() && keptAFiller*(x.all()+y.all()) > kept:
		return true
	default:
		return x.slots() >= exchanged && y.slots() >= exchanged && x.slots()+y.slots() > 2*kept &&
			(a.headline == b.headline || x.figures+x.titleFigures > 0 && y.figures+y.titleFigures > 0)
	}
}

// framed says whether little but slots differs.
func (s fillers) framed() bool { return float64(s.ordinary) <= 1+ordinaryShare*float64(s.terms) }

// namesItself says whether most of the title stands nowhere in the other article.
func (s fillers) namesItself() bool { return s.title > 0 && ratio(s.title, s.titleTerms) >= ownTitle }

// isRecord says whether the title is the number of a record ("CVE-2026-1001") that stands nowhere in the other article.
func (s fillers) isRecord() bool { return s.titleFigures > 0 && 2*s.numbers > s.titleTerms }

// differs says whether the title has a name that the other article has not, or another word, and with it a figure: in the title, or
// anywhere if the word is a part of the title worth naming.
func (s fillers) differs() bool {
	word := s.title > s.titleFigures
	return word && (s.titleFigures > 0 || s.figures > 0 && ratio(s.title, s.titleTerms) >= wordOfTitle) || s.titleNames > 0 && s.sentenceCase
}

// slots counts the names and figures that differ, but for names of the title, which may be any of its words; all counts the title whole.
func (s fillers) slots() int { return s.names + s.figures + s.titleFigures }
func (s fillers) all() int   { return s.title + s.names + s.figures }

// fillersOf counts what p has and q has not.
func fillersOf(p, q *prints.Print) fillers {
	s := fillers{terms: len(p.Terms), titleTerms: len(p.Title), sentenceCase: inSentenceCase(p)}
	named := 0
	for _, use := range p.Uses {
		if use&prints.TermName != 0 {
			named++
		}
	}
	shouts := float64(named) > capitals*float64(s.terms-len(p.Figures))
	j := 0
	for i, t := range p.Terms {
		for j < len(q.Terms) && q.Terms[j] < t {
			j++
		}
		figure, titled := isFigure(p, t), p.Uses[i]&prints.TermTitle != 0
		s.numbers += int(is(figure && titled))
		name := p.Uses[i]&prints.TermName != 0 && !shouts && !figure
		switch shared := j < len(q.Terms) && q.Terms[j] == t; {
		case shared && (figure || name && !titled):
			s.kept++
		case shared:
		case titled:
			s.title++
			s.titleFigures += int(is(figure))
			s.titleNames += int(is(name))
		case figure:
			s.figures++
		case name:
			s.names++
		default:
			s.ordinary++
		}
	}
	return s
}

// termStep is how far the hashes of two terms lie apart at least: prints keep their 26 highest bits.
const termStep = 1 << 6

// isFigure says whether a term of a print is one of its figures, of whose hashes terms keep the higher bits.
func isFigure(p *prints.Print, term uint32) bool {
	i, _ := slices.BinarySearch(p.Figures, term)
	return i < len(p.Figures) && p.Figures[i]-term < termStep
}

// inSentenceCase says whether most words of a title begin with a small letter, so that a capital says something.
func inSentenceCase(p *prints.Print) bool {
	small := 0
	for _, t := range p.Title {
		if i, ok := slices.BinarySearch(p.Terms, t); ok && p.Uses[i]&prints.TermName == 0 && !isFigure(p, t) {
			small++
		}
	}
	return 2*small >= len(p.Title)
}
