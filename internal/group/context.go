package group

import (
	"cmp"
	"math"
	"slices"
)

// Two tellings of one event may share few words and yet share them with the same third ones. So an article's words are
// widened by those of its nearest neighbours before they are compared for the event (document expansion: Singhal and
// Pereira 1999).
const (
	neighbours = 8   // that lend their words
	lentTerms  = 60  // heaviest terms of an article that are lent
	wideTerms  = 120 // heaviest terms that are kept of a widened article
)

// weight is a term with its weight; a vector of them is sorted by term and of length 1.
type weight struct {
	term uint32
	w    float32
}

// neighbour is an article whose words are lent.
type neighbour struct {
	*node
	event float32 // probability that it tells of the same event
}

// contexts gives the widened vector of each node.
func (g *Grouper) contexts(nodes []*node) [][]weight {
	near := make([][]neighbour, len(nodes))
	own := make(map[*node][]weight, len(nodes))
	lent := slices.Clone(nodes)
	for i, n := range nodes {
		near[i] = g.neighboursOf(n)
		for _, m := range near[i] {
			lent = append(lent, m.node)
		}
	}
	slices.SortFunc(lent, byKey)
	lent = slices.Compact(lent)
	for some := range slices.Chunk(lent, mostOpen) {
		g.lay(some...)
		vectors := make([][]weight, len(some))
		share(len(some), func(_, i int) { vectors[i] = g.index.heaviest(some[i]) })
		for i, n := range some {
			own[n] = vectors[i]
		}
	}
	wide := make([][]weight, len(nodes))
	share(len(nodes), func(_, i int) { wide[i] = widened(nodes[i], near[i], own) })
	return wide
}

// neighboursOf gives the nearest of the nodes that a node has edges with.
func (g *Grouper) neighboursOf(n *node) []neighbour {
	var out []neighbour
	for e := range g.edges(n) {
		if inOneLanguage(n, e.to) {
			out = closer(out, neighbour{e.to, e.event})
		}
	}
	return out
}

// closer puts a neighbour among the nearest, which are sorted; ties go by content key.
func closer(near []neighbour, n neighbour) []neighbour {
	at, _ := slices.BinarySearchFunc(near, n, func(x, y neighbour) int {
		return cmp.Or(cmp.Compare(y.event, x.event), byKey(x.node, y.node))
	})
	if at == neighbours {
		return near
	}
	if len(near) < neighbours {
		near = append(near, neighbour{})
	}
	copy(near[at+1:], near[at:])
	near[at] = n
	return near
}

// widened adds to a node's own terms those of its neighbours, by their probabilities. Together they count as much as its
// own at most.
func widened(n *node, near []neighbour, own map[*node][]weight) []weight {
	if len(near) == 0 {
		return own[n]
	}
	sum := float32(0)
	for _, m := range near {
		sum += m.event
	}
	sum = max(sum, 1) // few that are near by little lend little
	all := slices.Clone(own[n])
	for _, m := range near {
		full := min(1, float32(len(own[m.node]))/lentTerms) // a headline has few words to lend
		for _, x := range own[m.node] {
			all = append(all, weight{x.term, x.w * m.event / sum * full})
		}
	}
	return unit(summed(all), wideTerms)
}

// summed sorts a vector by term and adds up what stands twice, in place.
func summed(v []weight) []weight {
	slices.SortStableFunc(v, byTerm)
	out := v[:0]
	for _, x := range v {
		if last := len(out) - 1; last >= 0 && out[last].term == x.term {
			out[last].w += x.w
		} else {
			out = append(out, x)
		}
	}
	return out
}

func byTerm(x, y weight) int { return cmp.Compare(x.term, y.term) }

// heaviest gives the terms of a node that weigh most.
func (c *candidates) heaviest(n *node) []weight {
	out := make([]weight, len(n.Print.Terms))
	for i, t := range n.Print.Terms {
		out[i] = weight{t, float32(c.idf(t) * useWeight(n.Print.Uses[i]))}
	}
	return unit(out, lentTerms)
}

// unit keeps the heaviest terms of a vector and scales it to length 1.
func unit(v []weight, keep int) []weight {
	if len(v) > keep {
		slices.SortFunc(v, func(x, y weight) int { return cmp.Or(cmp.Compare(y.w, x.w), byTerm(x, y)) })
		v = v[:keep]
		slices.SortFunc(v, byTerm)
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x.w) * float64(x.w)
	}
	if sum == 0 {
		return nil
	}
	scale := float32(1 / math.Sqrt(sum))
	out := make([]weight, len(v))
	for i, x := range v {
		out[i] = weight{x.term, x.w * scale}
	}
	return out
}
