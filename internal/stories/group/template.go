package group

import (
	"slices"

	"headwater/internal/stories/prints"
)

// An outlet makes series of notices from one template: earthquakes, prices, warnings, dividends, obituaries. This file answers
// three questions. Did one template make these two texts, about two things (sameTemplate)? From how many titles on is the frame
// of a title a template (frameRules; counted by index.sameFrame)? Which articles should a front page leave out because a
// template made them (templateMarks)?
//
// Two texts from one template are neither one story nor one event, although every feature suggests a copy. Two notices are
// enough to decide. Only pairs that would otherwise be joined are examined, and only within one outlet. If texts are short or
// missing, the frames of the titles decide. A frame is the head up to a mark ("Stock Movers:"), the tail from a mark on ("| The
// Opening Trade 8/19/2026"), the last three words, or the whole title, each with figures left open. The titles of the window
// are counted by frame. When a title turns its frame into a template, the edges between earlier articles with that frame are
// scored again (scoreNewTemplates), so the order of the titles does not matter.

const (
	// templateProse is the mutual coverage from which the texts decide whether one template made both. Below it the titles
	// decide. Versions of a report have at least as much.
	templateProse = .3

	ordinaryShare  = .15 // share of an article's terms that may differ beyond names, figures and title, since the rest is the template
	ownTitle       = .5  // share of a title missing from the other article from which the titles name two things
	titleWord      = .25 // the same if the texts have other figures too
	keptPerFiller  = 2   // shared names and figures for each that differs, from which one text is a correction of the other
	minFillers     = 2   // names and figures that differ on each side if the titles do not name two things
	capitalisation = .8  // share of terms written as names from which capitals mean nothing
)

// fillers counts the terms of an article that another article of its outlet lacks: the content of the slots of the template.
type fillers struct {
	title, titleFigures, titleNames int // of the title; the figures and the names among these
	names, figures, ordinary        int // outside the title
	kept                            int // names and figures that both have, except for names in the title
	terms, titleTerms               int // of the article
	figuresInTitle                  int // whether or not the other article has them
	sentenceCase                    bool
}

// fillersOf counts the terms that p has and q lacks.
func fillersOf(p, q *prints.Print) fillers {
	s := fillers{terms: len(p.Terms), titleTerms: len(p.Title)}
	lowerCase := 0 // words of the title: a capital is significant if most words have none
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

// onlyFillersDiffer reports whether hardly anything but names, figures and the title differs.
func (s fillers) onlyFillersDiffer() bool {
	return float64(s.ordinary) <= 1+ordinaryShare*float64(s.terms)
}

// otherRecord reports whether the title is a record number ("CVE-2026-1001") that the other article lacks.
func (s fillers) otherRecord() bool { return s.titleFigures > 0 && 2*s.figuresInTitle > s.titleTerms }

// otherSubject reports whether most of the title is missing from the other article.
func (s fillers) otherSubject() bool { return s.title > 0 && ratio(s.title, s.titleTerms) >= ownTitle }

// otherTitle reports whether the title has a name that the other article lacks, or another word together with a figure. The
// figure is in the title, or anywhere if such words are a quarter of the title.
func (s fillers) otherTitle() bool {
	word := s.title > s.titleFigures
	return word && (s.titleFigures > 0 || s.figures > 0 && ratio(s.title, s.titleTerms) >= titleWord) || s.titleNames > 0 && s.sentenceCase
}

// sameTemplate reports whether one template of their outlet made two articles about two things. Such texts look like copies.
// They are distinguished from copies, corrections and later versions of a report by what each is about. Except for title, names
// and figures, hardly anything may differ, since the rest is the template. The articles are about two things if one of these
// holds on both sides:
//
//   - Half of the title is missing from the other article. A new headline for the same text has words of the text.
//   - A name of the title, or a word of it together with a figure, is missing, and at most twice as many names and figures
//     agree. A corrected version keeps most of them.
//   - Most names and figures of the texts are missing.
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
	ofA, ofB := x.names+x.figures+x.titleFigures, y.names+y.figures+y.titleFigures // any word of the title may be a name
	return ofA >= minFillers && ofB >= minFillers && ofA+ofB > 2*kept &&
		(a.headline == b.headline || x.figures+x.titleFigures > 0 && y.figures+y.titleFigures > 0)
}

// minHashGap is the minimum difference between the hashes of two terms, since prints keep their 26 highest bits.
const minHashGap = 1 << 6

// isFigure reports whether a term of a print is one of its figures. Terms keep only the higher bits of the hashes of figures.
func isFigure(p *prints.Print, term uint32) bool {
	i, _ := slices.BinarySearch(p.Figures, term)
	return i < len(p.Figures) && p.Figures[i]-term < minHashGap
}

// frameRules gives two limits for each kind of frame: the number of an outlet's titles that make it a template, and the maximum
// share of the shorter title that two titles may have in common if they fill the template with different things.
var frameRules = [...]struct {
	titles  int32
	overlap float64
}{
	prints.FrameHead: {3, .75}, prints.FrameTail: {3, .75}, // "Ukraine war: three dead in Kyiv" continues as "Ukraine war: twelve dead in Kyiv"
	prints.FrameEnd:   {6, .8}, // "... in HK IPO" is not a template
	prints.FrameWhole: {3, 1},  // only figures differ
}

// frameKey identifies a frame of an outlet's titles.
func frameKey(outlet uint64, frame uint32) uint32 {
	return uint32(mixHash(outlet, uint64(frame))>>32) | 1
}

// A frame alone does not show that a template made an article. "Exclusive: ...", "... - sources" and "Election: ..." are labels
// of ordinary news, a site may put a section's name after all titles, and a rising death toll fills one title with one figure
// after another. So other articles with the frame must be of other events, and must have much of the text in common. If the
// titles are equal except for figures, the texts must be equal except for names and figures. The first articles of a frame are
// examined again when another arrives, so the first two are marked together with the third.
const (
	frameArticles  = 8  // first articles that are remembered for each frame
	minOtherTitles = 2  // with the frame, of articles of other events
	templateTerms  = .4 // minimum share of common terms, of the article with fewer, if the frame is a part of the title
)

// templateMarks finds the articles that are made from a template. A nil pointer finds none.
type templateMarks struct {
	first   map[uint32][]*node // articles with each frame, by frameKey
	touched map[uint32]bool    // frames with new articles since the last newlyMarked
}

// frames calls each with the frames of an article that may be a template, and whether they are the whole title. The last words
// of a title are not used, since they are too often those of ordinary news.
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

// marked reports whether a template made an article, and records this in the node.
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

// newlyMarked returns the ids of the first articles of each frame that have been marked since the last call.
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
