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
	of := make([]widener, workers)
	vectors := make([][]weight, len(lent))
	share(len(lent), func(worker, i int) { vectors[i] = of[worker].heaviest(&g.index, lent[i]) })
	for i, n := range lent {
		own[n] = vectors[i]
	}
	wide := make([][]weight, len(nodes))
	share(len(nodes), func(worker, i int) { wide[i] = of[worker].widened(nodes[i], near[i], own) })
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

// widener makes the vectors of nodes. Its room is used again.
type widener struct {
	sheet  sheet
	terms  []weight
	keys   []uint64
	places [1 << placeBits]uint16 // of terms by their hash, from 1; 0 is free
}

// placeBits give three times as many places as an article and its neighbours have terms.
const placeBits = 11

// heaviest gives the terms of a node that weigh most.
func (x *widener) heaviest(c *candidates, n *node) []weight {
	p := n.Print
	if p == nil {
		x.sheet.DecodeTerms(n.print)
		p = &x.sheet.Print
	}
	x.terms = x.terms[:0]
	for i, t := range p.Terms {
		x.terms = append(x.terms, weight{t, float32(c.idf(t) * useWeight(p.Uses[i]))})
	}
	return unit(slices.Clone(x.keep(lentTerms)))
}

// widened adds to a node's own terms those of its neighbours, by their probabilities. Together they count as much as its
// own at most.
func (x *widener) widened(n *node, near []neighbour, own map[*node][]weight) []weight {
	if len(near) == 0 {
		return own[n]
	}
	sum := float32(0)
	for _, m := range near {
		sum += m.event
	}
	sum = max(sum, 1) // few that are near by little lend little
	clear(x.places[:])
	x.terms = x.terms[:0]
	for _, y := range own[n] {
		x.add(y)
	}
	for _, m := range near {
		lent := own[m.node]
		full := min(1, float32(len(lent))/lentTerms) // a headline has few words to lend
		for _, y := range lent {
			x.add(weight{y.term, y.w * m.event / sum * full})
		}
	}
	return unit(x.summed(x.keep(wideTerms)))
}

// add adds to the weight of a term.
func (x *widener) add(y weight) {
	for i := y.term * 0x9e3779b1 >> (32 - placeBits); ; i = (i + 1) % (1 << placeBits) {
		switch at := x.places[i]; {
		case at == 0:
			x.terms = append(x.terms, y)
			x.places[i] = uint16(len(x.terms))
			return
		case x.terms[at-1].term == y.term:
			x.terms[at-1].w += y.w
			return
		}
	}
}

// keep gives the heaviest of the terms, as many as are to be kept, in the order in which they stand. No weight is negative.
func (x *widener) keep(most int) []weight {
	if len(x.terms) <= most {
		return x.terms
	}
	x.keys = x.keys[:0]
	for _, y := range x.terms {
		x.keys = append(x.keys, y.lightness())
	}
	least := nth(x.keys, most-1)
	kept := x.terms[:0]
	for _, y := range x.terms {
		if y.lightness() <= least {
			kept = append(kept, y)
		}
	}
	return kept
}

// lightness orders terms from the heaviest on, and those of one weight by their hash. Bits of floats that are not negative are in the order of
// the floats.
func (y weight) lightness() uint64 { return uint64(^math.Float32bits(y.w))<<32 | uint64(y.term) }

// nth gives the number that a sorted list would have at a place. It changes the order of the list (quickselect: Hoare 1961).
func nth(list []uint64, place int) uint64 {
	low, high := 0, len(list)-1
	for low < high {
		pivot := list[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for list[j] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case place <= j:
			high = j
		case place >= i:
			low = i
		default:
			return list[place]
		}
	}
	return list[place]
}

// summed gives a vector sorted by term. What stands in it more than once is added up in the order in which it stands there.
func (x *widener) summed(v []weight) []weight {
	x.keys = x.keys[:0]
	for i, y := range v {
		x.keys = append(x.keys, uint64(y.term)<<32|uint64(i))
	}
	slices.Sort(x.keys)
	out := make([]weight, 0, len(v))
	for _, key := range x.keys {
		y := v[uint32(key)]
		if last := len(out) - 1; last >= 0 && out[last].term == y.term {
			out[last].w += y.w
		} else {
			out = append(out, y)
		}
	}
	return out
}

// unit scales a vector to length 1, in place; nil is one of no length.
func unit(v []weight) []weight {
	sum := 0.0
	for _, x := range v {
		sum += float64(x.w) * float64(x.w)
	}
	if sum == 0 {
		return nil
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i].w *= scale
	}
	return v
}
