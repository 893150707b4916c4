package group

import (
	"slices"

	"headwater/internal/stories/prints"
)

// An outlet makes series of notices by one template: earthquakes, prices, warnings, dividends, obituaries. Three questions are
// answered here. Did one template make these two texts, about two things (sameTemplate)? From how many titles on is the frame
// of a title a template's (frameRules; index.sameFrame counts them)? Which articles does a reader not want on a front page because
// a template made them (templateMarks)?
//
// What one template made is neither one story nor one event, though every feature says that it is a copy. Two notices are enough to
// tell, and only pairs that would be joined are looked at. Across outlets nothing of this counts. Where texts are short or missing, the
// titles tell by their frames: the head up to a mark ("Stock Movers:"), the tail from one ("| The Opening Trade 8/19/2026"), the last
// three words, or all of it, with figures left open. The titles of the window are counted by frame. When a title makes its frame a
// template's, the edges between earlier articles with that frame are scored anew (scoreNewTemplates), so it does not matter which of
// the titles came first.

const (
	// templateProse is the mutual coverage from which texts tell whether one template made both, and below which titles do. A
	// report that is written through keeps as much.
	templateProse = .3

	ordinaryShare  = .15 // of an article's terms that may differ beside names, figures and title: the rest is the template
	ownTitle       = .5  // share of a title that the other article does not have from which the titles name two things
	titleWord      = .25 // the same where the texts have other figures too
	keptPerFiller  = 2   // shared names and figures for each that differs, from which one is a correction of the other
	minFillers     = 2   // names and figures that differ on each side where the titles do not name two things
	capitalisation = .8  // share of the terms that are written as names from which all are: names say nothing
)

// fillers count the terms of an article that another of its outlet does not have: what fills the slots of the template.
type fillers struct {
	title, titleFigures, titleNames int // of the title; those that are figures, and names
	names, figures, ordinary        int // beside those of the title
	kept                            int // names and figures that both have, but for names in the title
	terms, titleTerms               int // of the article
	figuresInTitle                  int // whether the other article has them or not
	sentenceCase                    bool
}

// fillersOf counts the terms that p has and q does not.
func fillersOf(p, q *prints.Print) fillers {
	s := fillers{terms: len(p.Terms), titleTerms: len(p.Title)}
	lowerCase := 0 // words of the title: a capital says something where most of them have none
	for _, t := range p.Title {
		if i, ok := slices.BinarySearch(p.Terms, t); ok && p.Uses[i]&prints.TermName == 0 && !isFigure(p, t) {
			lowerCase++
		}
	}
	s.sentenceCase = 2*lowerCase >= len(p.Title)
	named := 0
	for _, use := range p.Uses {
		if use&prints.TermName != 0 {
			named++
		}
	}
	capitalised := float64(named) > capitalisation*float64(s.terms-len(p.Figures))
	j := 0
	for i, t := range p.Terms {
		for j < len(q.Terms) && q.Terms[j] < t {
			j++
		}
		figure, titled := isFigure(p, t), p.Uses[i]&prints.TermTitle != 0
		s.figuresInTitle += int(indicator(figure && titled))
		name := p.Uses[i]&prints.TermName != 0 && !capitalised && !figure
		switch shared := j < len(q.Terms) && q.Terms[j] == t; {
		case shared && (figure || name && !titled):
			s.kept++
		case shared:
		case titled:
			s.title++
			s.titleFigures += int(indicator(figure))
			s.titleNames += int(indicator(name))
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

// onlyFillersDiffer says whether little but names, figures and the title differs.
func (s fillers) onlyFillersDiffer() bool {
	return float64(s.ordinary) <= 1+ordinaryShare*float64(s.terms)
}

// otherRecord says whether the title is the number of a record ("CVE-2026-1001") that the other article does not have.
func (s fillers) otherRecord() bool { return s.titleFigures > 0 && 2*s.figuresInTitle > s.titleTerms }

// otherSubject says whether most of the title does not occur in the other article.
func (s fillers) otherSubject() bool { return s.title > 0 && ratio(s.title, s.titleTerms) >= ownTitle }

// otherTitle says whether the title has a name that the other article does not have; or another word together with a figure,
// which is in the title, or anywhere where the words are a quarter of the title.
func (s fillers) otherTitle() bool {
	word := s.title > s.titleFigures
	return word && (s.titleFigures > 0 || s.figures > 0 && ratio(s.title, s.titleTerms) >= titleWord) || s.titleNames > 0 && s.sentenceCase
}

// sameTemplate says whether one template of their outlet made two articles, about two things. Such texts look like copies. What
// differs tells them from a copy, a corrected version or a report that was written through: what each is about. Beside title, names
// and figures next to nothing may differ, since the rest is the template. The articles are about two things where on both sides
//
//   - half of the title does not occur in the other article: a new headline for the same text has words that do;
//   - or a name of the title, or a word of it together with a figure, does not, while no more than twice as many names and figures
//     agree: a corrected version keeps most of them;
//   - or most names and figures of the texts do not.
func sameTemplate(a, b *node) bool {
	if !sameOutlet(a, b) {
		return false
	}
	x, y := fillersOf(a.print, b.print), fillersOf(b.print, a.print)
	kept := min(x.kept, y.kept)
	switch {
	case x.otherRecord() && y.otherRecord():
		return true
	case !x.onlyFillersDiffer() || !y.onlyFillersDiffer():
		return false
	case x.otherSubject() && y.otherSubject():
		return true
	case sameAddress(a, b): // a running report may get other names and figures
		return false
	case x.otherTitle() && y.otherTitle() && keptPerFiller*(x.title+x.names+x.figures+y.title+y.names+y.figures) > kept:
		return true
	}
	ofA, ofB := x.names+x.figures+x.titleFigures, y.names+y.figures+y.titleFigures // names of the title may be any of its words
	return ofA >= minFillers && ofB >= minFillers && ofA+ofB > 2*kept &&
		(a.headline == b.headline || x.figures+x.titleFigures > 0 && y.figures+y.titleFigures > 0)
}

// minHashGap is the least difference between the hashes of two terms: prints keep their 26 highest bits.
const minHashGap = 1 << 6

// isFigure says whether a term of a print is one of its figures. Terms keep only the higher bits of the hashes of figures.
func isFigure(p *prints.Print, term uint32) bool {
	i, _ := slices.BinarySearch(p.Figures, term)
	return i < len(p.Figures) && p.Figures[i]-term < minHashGap
}

// frameRules say by the kind of a frame how many titles of an outlet make it a template's, and how much of the shorter one two
// titles may have in common at most to fill it with different things.
var frameRules = [...]struct {
	titles  int32
	overlap float64
}{
	prints.FrameHead: {3, .75}, prints.FrameTail: {3, .75}, // "Ukraine war: three dead in Kyiv" goes on as "Ukraine war: twelve dead in Kyiv"
	prints.FrameEnd:   {6, .8}, // "... in HK IPO" is no template
	prints.FrameWhole: {3, 1},  // figures differ
}

// frameKey identifies a frame of an outlet's titles.
func frameKey(outlet uint64, frame uint32) uint32 {
	return uint32(mixHash(outlet, uint64(frame))>>32) | 1
}

// A frame alone does not show that a template made an article: "Exclusive: ...", "... - sources" and "Election: ..." are labels of
// plain news, a site's name for a section is behind all of its titles, and a toll that rises fills one title with one figure after
// another. So other articles with the frame must be of other events, and have much of the text in common. Where the titles are the
// same but for figures, so must the texts be but for names and figures. The first articles of a frame are looked at again when
// another comes, so the first two are marked with the third.
const (
	frameArticles  = 8  // articles that are remembered of each frame, the first ones
	minOtherTitles = 2  // with the frame, of articles of other events
	templateTerms  = .4 // share of the terms of the article with fewer that the other has, where the frame is a part of the title
)

// templateMarks find the articles that are made by a template. A nil pointer finds none.
type templateMarks struct {
	first   map[uint32][]*node // articles with each frame, by frameKey
	touched map[uint32]bool    // frames that an article was added to since the last newlyMarked
}

func newTemplateMarks() *templateMarks {
	return &templateMarks{map[uint32][]*node{}, map[uint32]bool{}}
}

// frames gives the frames of an article that may be a template's, and whether they are all of the title. The last words of a
// title are too often those of plain news.
func (m *templateMarks) frames(n *node, p *prints.Print, each func(key uint32, whole bool)) {
	if n.outlet == 0 || n.headline == 0 {
		return
	}
	for _, f := range p.Frames {
		if kind := prints.KindOfFrame(f); kind != prints.FrameEnd {
			each(frameKey(n.outlet, f), kind == prints.FrameWhole)
		}
	}
}

// add adds an article whose print is decoded.
func (m *templateMarks) add(n *node) {
	if m == nil {
		return
	}
	m.frames(n, n.print, func(key uint32, _ bool) {
		if first := m.first[key]; len(first) < frameArticles {
			m.first[key] = append(first, n)
			m.touched[key] = true
		}
	})
}

// remove removes an article whose print is decoded.
func (m *templateMarks) remove(n *node) {
	if m == nil {
		return
	}
	m.frames(n, n.print, func(key uint32, _ bool) {
		first := slices.DeleteFunc(m.first[key], func(o *node) bool { return o == n })
		if m.first[key] = first; len(first) == 0 {
			delete(m.first, key)
		}
	})
}

// marked says whether a template made an article, and remembers it in the node where one did.
func (m *templateMarks) marked(n *node) bool {
	if m == nil || n.templated {
		return m != nil
	}
	p := n.decodePrint()
	m.frames(n, &p, func(key uint32, whole bool) {
		if n.templated {
			return
		}
		var headlines []uint64
		for _, o := range m.first[key] {
			if o.headline == n.headline || o.event == n.event || slices.Contains(headlines, o.headline) {
				continue
			}
			q := o.decodePrint()
			var same bool
			switch {
			case !whole:
				same = float64(prints.Shared(p.Terms, q.Terms)) >= templateTerms*float64(min(len(p.Terms), len(q.Terms)))
			case min(p.Words, q.Words) < labelWords:
				same = true
			default:
				same = fillersOf(&p, &q).onlyFillersDiffer() && fillersOf(&q, &p).onlyFillersDiffer()
			}
			if same {
				headlines = append(headlines, o.headline)
			}
		}
		n.templated = len(headlines) >= minOtherTitles
	})
	return n.templated
}

// newlyMarked gives the ids of the first articles of each frame that are marked now and were not when it was last called.
func (m *templateMarks) newlyMarked() []int64 {
	if m == nil {
		return nil
	}
	var out []int64
	for key := range m.touched {
		first := m.first[key]
		if len(first) <= minOtherTitles {
			continue
		}
		for _, n := range first {
			if !n.templated && m.marked(n) {
				out = append(out, n.id)
			}
		}
	}
	clear(m.touched)
	slices.Sort(out)
	return out
}
