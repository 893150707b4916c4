package group

import (
	"slices"

	"headwater/internal/stories/prints"
)

// An article is made by a template where its outlet fills the frame of its title with one thing after another. A frame alone says too
// little: "Exclusive: ...", "... - sources" and "Election: ..." are labels of plain news, and a toll that rises fills one headline with
// one figure after another. So the others must tell of other events, and have much of the text in common; where the titles are the
// same but for figures, all of it but for names and figures.
const (
	framedBefore = 8  // articles that are remembered of each frame, the first
	leastMoulded = 2  // other titles with the frame, that tell of other events
	mouldedTerms = .4 // share of the terms of the article with fewer that the other has, where the frame is a part of the title
)

// moulds has the first articles of each frame of an outlet's titles.
type moulds struct {
	frames  map[uint32][]*node // by frameKey
	touched map[uint32]bool    // frames that were learnt since the last Settle
}

func newMoulds() *moulds { return &moulds{map[uint32][]*node{}, map[uint32]bool{}} }

// keys gives the frames of an article that may be a template's, and whether they are all of the title. Its last words are too often those of
// plain news.
func (m *moulds) keys(n *node, p *prints.Print, each func(key uint32, whole bool)) {
	if n.outlet == 0 || n.headline == 0 {
		return
	}
	for _, f := range p.Frames {
		if kind := prints.KindOfFrame(f); kind != prints.FrameEnd {
			each(frameKey(n.outlet, f), kind == prints.FrameWhole)
		}
	}
}

func (m *moulds) learn(n *node) {
	if m == nil {
		return
	}
	m.keys(n, n.Print, func(key uint32, _ bool) {
		if first := m.frames[key]; len(first) < framedBefore {
			m.frames[key] = append(first, n)
			m.touched[key] = true
		}
	})
}

func (m *moulds) forget(n *node) {
	if m == nil {
		return
	}
	m.keys(n, n.Print, func(key uint32, _ bool) {
		first := slices.DeleteFunc(m.frames[key], func(o *node) bool { return o == n })
		if m.frames[key] = first; len(first) == 0 {
			delete(m.frames, key)
		}
	})
}

// Templated says whether an article of the window is made by a template, as far as Options.Templates looked for that. It may turn out later.
func (g *Grouper) Templated(id int64) bool {
	n, m := g.byID[id], g.index.moulds
	if n == nil || m == nil {
		return false
	}
	if n.templated {
		return true
	}
	p := n.open()
	m.keys(n, &p, func(key uint32, whole bool) {
		if n.templated {
			return
		}
		var others []uint64 // headlines
		for _, o := range m.frames[key] {
			if o.headline == n.headline || o.Event == n.Event || slices.Contains(others, o.headline) {
				continue
			}
			if q := o.open(); oneMould(&p, &q, whole) {
				others = append(others, o.headline)
			}
		}
		n.templated = len(others) >= leastMoulded
	})
	return n.templated
}

// oneMould says whether two articles whose titles have a frame in common are made by one template. Without a text, titles that are
// the same but for figures are.
func oneMould(p, q *prints.Print, whole bool) bool {
	if whole {
		return min(p.Words, q.Words) < minTwinText || fillersOf(p, q).framed() && fillersOf(q, p).framed()
	}
	return float64(prints.Shared(p.Terms, q.Terms)) >= mouldedTerms*float64(min(len(p.Terms), len(q.Terms)))
}

// turned gives those of the first articles of each frame that turn out to be made by a template since the last Settle, by id.
func (g *Grouper) turned() []int64 {
	m := g.index.moulds
	if m == nil {
		return nil
	}
	var out []int64
	for key := range m.touched {
		first := m.frames[key]
		if len(first) <= leastMoulded {
			continue
		}
		for _, n := range first {
			if !n.templated && g.Templated(n.Article.ID) {
				out = append(out, n.Article.ID)
			}
		}
	}
	clear(m.touched)
	slices.Sort(out)
	return out
}
