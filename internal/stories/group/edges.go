package group

import (
	"iter"
	"math"
	"slices"
)

// edge is the kept comparison with another node; both ends have it.
type edge struct {
	to           *node
	story, event float32
}

// half is an edge as it is kept: the number of the other node, and the probabilities in wholePart of wholePart. There are some
// twenty an article.
type half struct {
	to           uint32
	story, event uint16
}

const wholePart = math.MaxUint16

func halfTo(n *node, story, event float64) half {
	return half{n.number, uint16(math.Round(story * wholePart)), uint16(math.Round(event * wholePart))}
}

func (g *Grouper) join(a, b *node, story, event float64) {
	a.edges = append(roomFor(a.edges), halfTo(b, story, event))
	b.edges = append(roomFor(b.edges), halfTo(a, story, event))
}

// roomFor makes room for one edge more, without doubling what is there.
func roomFor(edges []half) []half {
	n := len(edges)
	if n < cap(edges) {
		return edges
	}
	return append(make([]half, 0, n+2+n/8), edges...)
}

// edges gives the kept comparisons of a node.
func (g *Grouper) edges(n *node) iter.Seq[edge] {
	return func(yield func(edge) bool) {
		for _, h := range n.edges {
			if !yield(edge{g.index.nodes[h.to], float32(h.story) / wholePart, float32(h.event) / wholePart}) {
				return
			}
		}
	}
}

// disjoin takes the edge to a node away.
func (n *node) disjoin(number uint32) {
	n.edges = slices.DeleteFunc(n.edges, func(h half) bool { return h.to == number })
}
