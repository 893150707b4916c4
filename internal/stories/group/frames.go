package group

import (
	"maps"
	"math"
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// frameKey is what a frame of an outlet's titles is counted by.
func frameKey(outlet uint64, frame uint32) uint32 {
	return uint32(mixed(outlet, uint64(frame))>>32) | 1
}

func (c *candidates) countFrames(n *node, by int32) {
	if n.outlet == 0 {
		return
	}
	for _, f := range n.Print.Frames {
		c.frames.add(frameKey(n.outlet, f), by)
	}
}

func (c *candidates) addBearer(n *node) {
	if n.outlet == 0 {
		return
	}
	for _, f := range n.Print.Frames {
		c.bearers.Add(frameKey(n.outlet, f), n.number)
	}
}

// noteTemplates notes the frames of an article that are a template's with it, and were none before.
func (c *candidates) noteTemplates(n *node, frames []uint32) {
	if n.outlet == 0 {
		return
	}
	for _, f := range frames {
		if key := frameKey(n.outlet, f); c.frames.of(key) == frameRules[prints.KindOfFrame(f)].titles {
			c.templates = append(c.templates, key)
		}
	}
}

func (c *candidates) countCredits(n *node, by int32) {
	for _, o := range n.credits.any {
		if c.credited[o] += by; c.credited[o] <= 0 {
			delete(c.credited, o)
		}
	}
}

// From how many titles of an outlet on a frame is a template's, by its kind, and how much of the shorter title two titles may
// have in common at most to fill it with different things.
var frameRules = [...]struct {
	titles int32
	alike  float64
}{
	prints.FrameHead: {3, .75}, prints.FrameTail: {3, .75}, // "Ukraine war: three dead in Kyiv" goes on as "Ukraine war: twelve dead in Kyiv"
	prints.FrameEnd:   {6, .8}, // "... in HK IPO" is no template
	prints.FrameWhole: {3, 1},  // figures differ
}

// specific gives how much it says that two articles name one outlet: 1 where none other does, .18 of a hundred.
func (c *candidates) specific(a, b []uint64) float64 {
	most := 0.0
	for _, o := range a {
		if slices.Contains(b, o) {
			most = max(most, 1/(1+math.Log(max(1, float64(c.credited[o])/2))))
		}
	}
	return most
}

// templated says whether one template of their outlet made two articles, about two things. Titles tell it, if the prose is not
// the same, or the texts where they share some.
func (g *Grouper) templated(a, b *node, f *Features) bool {
	return sameOutlet(a, b) && (f[mutual] < mouldedProse && g.index.framed(a, b, f[gramsIn]) || f[mutual] >= mouldedProse && moulded(a, b))
}

// mouldedProse is the share of the prose on both sides from which texts tell whether one template made both, and titles do not: a report
// that is written through keeps as much.
const mouldedProse = .3

// framed says whether two titles of one outlet have a frame of one of its templates in common, filled with different things.
// Alike is the share of the shorter title that stands in the other.
func (c *candidates) framed(a, b *node, alike float64) bool {
	if a.Print.Headline == b.Print.Headline {
		return false
	}
	for frame := range inBoth(a.Print.Frames, b.Print.Frames) {
		rule := frameRules[prints.KindOfFrame(frame)]
		if alike <= rule.alike && c.frames.of(frameKey(a.outlet, frame)) >= rule.titles {
			return true
		}
	}
	return false
}

// scoreTemplated scores the edges anew between articles whose titles have a frame that was found to be a template's since the last
// Settle. So it does not matter whether two notices came before or after the titles that told what their template is. A frame is found
// once, while few articles have it.
func (g *Grouper) scoreTemplated() []news.Edge {
	pairs := g.bearerPairs()
	verdicts := g.scoreAll(pairs)
	edges := make([]news.Edge, len(pairs))
	for i, p := range pairs {
		p.a.disjoin(p.b.number)
		p.b.disjoin(p.a.number)
		edges[i] = g.keep(p, verdicts[i])
		g.bereft = append(g.bereft, p.a, p.b)
	}
	return edges
}

// bearerPairs gives the pairs of articles with an edge whose titles have one of the newly found frames, by content key.
func (g *Grouper) bearerPairs() []pair {
	c := &g.index
	if len(c.templates) == 0 {
		return nil
	}
	c.gather()
	found := map[pair]bool{}
	for _, key := range c.templates {
		bears := map[*node]bool{}
		for _, m := range c.bearers.Find(key, nil) {
			if n := c.nodes[m]; n != nil {
				bears[n] = true
			}
		}
		for n := range bears {
			for e := range g.edges(n) {
				if bears[e.to] && byKey(n, e.to) < 0 {
					found[pair{a: n, b: e.to}] = true
				}
			}
		}
	}
	c.templates = nil
	pairs := slices.SortedFunc(maps.Keys(found), comparePairs)
	g.layPairs(pairs, func(from, to int) {
		for i := from; i < to; i++ {
			pairs[i].prints = prints.Shared(pairs[i].a.Print.Picked, pairs[i].b.Print.Picked)
		}
	})
	return pairs
}
