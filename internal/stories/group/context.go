package group

import (
	"cmp"
	"math"
	"slices"

	"headwater/internal/stories/compact"
)

// Two reports of one event may share few words with each other, and more words with the same third reports. So an article's
// terms are expanded by those of its nearest neighbours before articles are compared for events (document expansion: Singhal
// and Pereira 1999). The expanded vector is the article's context.
const (
	maxNeighbours  = 8   // neighbours by which an article is expanded
	expansionTerms = 60  // heaviest terms of an article that expand its neighbours
	contextTerms   = 120 // heaviest terms kept in a context

	// contextShare is the weight, from 0 to 1, of the contexts of two clusters against the probability of their pairs.
	// Probabilities are known only for compared pairs, cosines for all pairs.
	contextShare = .7
	// contextDays is the time in which the cosine of two contexts decays to 1/e.
	contextDays = 3
)

// blend returns the nearness of two clusters from the mean probability p of their pairs and the mean cosine of their contexts.
func blend(p, cosine, share float64) float64 { return (1-share)*p + share*cosine }

// weight is a term with its weight. A vector of weights is sorted by term and has length 1.
type weight struct {
	term uint32
	w    float32
}

// neighbour is a node with an edge to another node, and the event probability of the pair.
type neighbour struct {
	*node
	event float32
}

// contexts returns the context of each node.
func (g *Grouper) contexts(nodes []*node) [][]weight {
	nearest := make([][]neighbour, len(nodes))
	all := slices.Clone(nodes)
	for i, n := range nodes {
		for e := range g.index.edges(n) {
			if sameLanguage(n, e.to) {
				nearest[i] = insertNearest(nearest[i], neighbour{e.to, e.event})
			}
		}
		for _, m := range nearest[i] {
			all = append(all, m.node)
		}
	}
	slices.SortFunc(all, byContent)
	all = slices.Compact(all)
	expanders := make([]expander, workers)
	vectors := make([][]weight, len(all))
	parallel(len(all), func(worker, i int) { vectors[i] = expanders[worker].heaviest(g.index, all[i]) })
	own := make(map[*node][]weight, len(all))
	for i, n := range all {
		own[n] = vectors[i]
	}
	contexts := make([][]weight, len(nodes))
	parallel(len(nodes), func(worker, i int) { contexts[i] = expanders[worker].expand(nodes[i], nearest[i], own) })
	return contexts
}

// insertNearest inserts a neighbour into a sorted list of the nearest. Ties are broken by content.
func insertNearest(nearest []neighbour, n neighbour) []neighbour {
	at, _ := slices.BinarySearchFunc(nearest, n, func(x, y neighbour) int {
		return cmp.Or(cmp.Compare(y.event, x.event), byContent(x.node, y.node))
	})
	if at == maxNeighbours {
		return nearest
	}
	if len(nearest) < maxNeighbours {
		nearest = append(nearest, neighbour{})
	}
	copy(nearest[at+1:], nearest[at:])
	nearest[at] = n
	return nearest
}

// expander computes the vectors of nodes. It reuses its buffers, so each goroutine has its own.
type expander struct {
	decoder compact.PrintDecoder
	terms   []weight
	keys    []uint64
	slots   [1 << slotBits]uint16 // hash table from a term to its index in terms, plus 1
}

// slotBits gives three times as many slots as an article and its neighbours have terms.
const slotBits = 11

// heaviest returns the expansionTerms heaviest terms of a node.
func (x *expander) heaviest(ix *index, n *node) []weight {
	p := n.print
	if p == nil {
		x.decoder.DecodeTerms(n.encodedPrint)
		p = &x.decoder.Print
	}
	x.terms = x.terms[:0]
	for i, t := range p.Terms {
		x.terms = append(x.terms, weight{t, float32(ix.idf(t) * useWeight(p.Uses[i]))})
	}
	return normalise(slices.Clone(x.keepHeaviest(expansionTerms)))
}

// expand adds the neighbours' terms to a node's own, weighted by the neighbours' probabilities. Together they count at most as
// much as the node's own terms.
func (x *expander) expand(n *node, nearest []neighbour, own map[*node][]weight) []weight {
	if len(nearest) == 0 {
		return own[n]
	}
	sum := float32(0)
	for _, m := range nearest {
		sum += m.event
	}
	sum = max(sum, 1) // a few improbable neighbours add little
	clear(x.slots[:])
	x.terms = x.terms[:0]
	for _, y := range own[n] {
		x.add(y)
	}
	for _, m := range nearest {
		terms := own[m.node]
		full := min(1, float32(len(terms))/expansionTerms) // a title alone has few terms
		for _, y := range terms {
			x.add(weight{y.term, y.w * m.event / sum * full})
		}
	}
	return normalise(x.sortedSum(x.keepHeaviest(contextTerms)))
}

// add adds to the weight of a term.
func (x *expander) add(y weight) {
	for i := y.term * 0x9e3779b1 >> (32 - slotBits); ; i = (i + 1) % (1 << slotBits) {
		switch at := x.slots[i]; {
		case at == 0:
			x.terms = append(x.terms, y)
			x.slots[i] = uint16(len(x.terms))
			return
		case x.terms[at-1].term == y.term:
			x.terms[at-1].w += y.w
			return
		}
	}
}

// keepHeaviest returns the n heaviest terms in their order. No weight is negative.
func (x *expander) keepHeaviest(n int) []weight {
	if len(x.terms) <= n {
		return x.terms
	}
	// Keys sort the heaviest term first, and terms of one weight by their hash. The bits of non-negative floats are in the
	// order of the floats.
	key := func(y weight) uint64 { return uint64(^math.Float32bits(y.w))<<32 | uint64(y.term) }
	x.keys = x.keys[:0]
	for _, y := range x.terms {
		x.keys = append(x.keys, key(y))
	}
	last := quickselect(x.keys, n-1)
	kept := x.terms[:0]
	for _, y := range x.terms {
		if key(y) <= last {
			kept = append(kept, y)
		}
	}
	return kept
}

// quickselect returns the number at an index of the list if it were sorted (Hoare 1961). It changes the order of the list.
func quickselect(list []uint64, index int) uint64 {
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
		case index <= j:
			high = j
		case index >= i:
			low = i
		default:
			return list[index]
		}
	}
	return list[index]
}

// sortedSum sorts a vector by term. Weights of one term are summed in their order.
func (x *expander) sortedSum(v []weight) []weight {
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

// normalise scales a vector to length 1 in place. It returns nil for a vector of length 0.
func normalise(v []weight) []weight {
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

// contextSums holds the sums of the contexts and times of clusters of nodes. The scalar product of two sums, divided by the
// product of the sizes, is the mean cosine of all pairs of nodes.
type contextSums struct {
	vectors [][]weight // terms are renumbered from 0
	days    []float64  // sums of days since 1970
	nodes   []float64  // number of nodes
	outlets [][]uint64 // outlets of the nodes
	penalty float64    // Model.EventAlone - Model.EventAt
	dense   []float32  // vectors[loaded], by term
	loaded  int        // -1: none
}

// newContextSums sums the contexts of nodes under the lowest number of their stories.
func newContextSums(nodes []*node, storyOf []int, contexts [][]weight, m *Model) *contextSums {
	s := &contextSums{
		vectors: make([][]weight, len(nodes)), days: make([]float64, len(nodes)), nodes: make([]float64, len(nodes)),
		outlets: make([][]uint64, len(nodes)), penalty: m.EventAlone - m.EventAt, loaded: -1,
	}
	number := map[uint32]uint32{}
	for i, n := range nodes {
		at := storyOf[i]
		s.nodes[at]++
		if n.outlet != 0 {
			s.outlets[at] = append(s.outlets[at], n.outlet)
		}
		s.days[at] += float64(n.at) / secondsPerDay
		for _, x := range contexts[i] {
			t, ok := number[x.term]
			if !ok {
				t = uint32(len(number))
				number[x.term] = t
			}
			s.vectors[at] = append(s.vectors[at], weight{t, x.w})
		}
	}
	var x expander
	for i, v := range s.vectors {
		s.vectors[i] = x.sortedSum(v)
	}
	s.dense = make([]float32, len(number))
	return s
}

// nearness returns the nearness of two clusters whose pairs have the mean probability p. It is compared with Model.EventAt.
//
// An outlet writes its reports on one affair with the same background, so their contexts are alike whatever happened. If an
// outlet is in both clusters, two single nodes need the probability Model.EventAlone. The larger the clusters, the more their
// contexts count.
func (s *contextSums) nearness(p float64, i, j int) float64 {
	if s.loaded == j {
		i, j = j, i
	}
	s.load(i)
	dot := 0.0
	for _, x := range s.vectors[j] {
		dot += float64(s.dense[x.term] * x.w)
	}
	apart := math.Abs(s.days[i]/s.nodes[i] - s.days[j]/s.nodes[j])
	pairs := s.nodes[i] * s.nodes[j]
	cosine := math.Exp(-apart/contextDays) * dot / pairs
	if !intersects(s.outlets[i], s.outlets[j]) {
		return blend(p, cosine, contextShare)
	}
	single := 1 / math.Sqrt(pairs) // 1 for two single nodes, towards 0 for large clusters
	return blend(p, cosine, contextShare*(1-single)) - s.penalty*single
}

// load makes the vector of a cluster dense and clears the one loaded before. -1 loads none.
func (s *contextSums) load(i int) {
	if s.loaded == i {
		return
	}
	if s.loaded >= 0 {
		for _, x := range s.vectors[s.loaded] {
			s.dense[x.term] = 0
		}
	}
	if i >= 0 {
		for _, x := range s.vectors[i] {
			s.dense[x.term] = x.w
		}
	}
	s.loaded = i
}

// merge merges cluster j into i.
func (s *contextSums) merge(i, j int) {
	s.load(-1)
	v, w := s.vectors[i], s.vectors[j]
	sum := make([]weight, 0, len(v)+len(w))
	for len(v) > 0 && len(w) > 0 {
		switch {
		case v[0].term < w[0].term:
			sum, v = append(sum, v[0]), v[1:]
		case v[0].term > w[0].term:
			sum, w = append(sum, w[0]), w[1:]
		default:
			sum, v, w = append(sum, weight{v[0].term, v[0].w + w[0].w}), v[1:], w[1:]
		}
	}
	s.vectors[i], s.vectors[j] = append(append(sum, v...), w...), nil
	s.days[i] += s.days[j]
	s.nodes[i] += s.nodes[j]
	s.outlets[i] = union(s.outlets[i], s.outlets[j])
	s.load(i)
}
