package group

import (
	"cmp"
	"slices"

	"headwater/internal/stories/prints"
)

const (
	queryTerms       = 24 // rarest terms of title and opening that are looked up
	maxByTerms       = 50 // best candidates by terms
	maxByPrints      = 60 // best candidates by fingerprints
	maxByTranslation = 10 // best candidates by names
	manyPrints       = 12 // number of fingerprints from which a candidate must share two of them
)

// candidate is a node to compare with, and the number of fingerprints it shares.
type candidate struct {
	node   *node
	prints int
}

// candidates returns the nodes that may belong together with n, each once, in no particular order.
func (x *index) candidates(n *node, acc *accumulator) []candidate {
	acc.reset(x.nodes)
	for _, h := range n.print.Picked {
		if acc.list = x.prints.Find(h, acc.list[:0]); len(acc.list) <= maxPosting {
			for _, m := range acc.list {
				acc.touch(m)
				acc.prints[m]++
			}
		}
	}
	type rareTerm struct {
		df   int32
		term uint32
	}
	terms := make([]rareTerm, 0, len(n.print.Terms))
	for i, term := range n.print.Terms {
		if df := x.df.of(term); df >= 2 && df <= maxTermDocs && n.print.Uses[i]&inOpening != 0 {
			terms = append(terms, rareTerm{df, term})
		}
	}
	slices.SortFunc(terms, func(a, b rareTerm) int { return cmp.Or(cmp.Compare(a.df, b.df), cmp.Compare(a.term, b.term)) })
	for _, rare := range terms[:min(len(terms), queryTerms)] {
		acc.list = x.terms.Find(rare.term, acc.list[:0])
		idf := float32(x.idf(rare.term))
		for _, m := range acc.list {
			acc.touch(m)
			acc.weights[m] += idf
		}
	}
	minPrints := float32(2)
	if len(n.print.Picked) < manyPrints { // the text is too short to share many fingerprints
		minPrints = 1
	}
	found := acc.best(func(m uint32) float32 { return float32(acc.prints[m]) }, minPrints, maxByPrints)
	found = append(found, acc.best(func(m uint32) float32 { return acc.weights[m] }, 1e-6, maxByTerms)...)
	for _, k := range n.exactKeys() {
		acc.list = x.keys.Find(keyHash(k), acc.list[:0])
		switch {
		case k == n.body: // a text of many articles has fingerprints that are too common to find anything
			slices.Sort(acc.list)
			found = append(found, acc.list[:min(len(acc.list), maxByPrints)]...)
		case len(acc.list) <= maxPosting:
			found = append(found, acc.list...)
		}
	}
	found = x.appendTranslations(n, found, acc)
	out := make([]candidate, 0, len(found))
	for _, m := range found {
		if other := x.nodes[m]; other != nil && other != n && acc.firstTime(m) {
			out = append(out, candidate{other, int(acc.prints[m])})
		}
	}
	return out
}

// appendTranslations appends the numbers of the nodes that may be translations of a node, best first.
func (x *index) appendTranslations(n *node, found []uint32, acc *accumulator) []uint32 {
	if !n.translatable() {
		return found
	}
	var all []weighted
	for _, h := range n.print.Pictures {
		if acc.list = x.agency.pictures.Find(h, acc.list[:0]); len(acc.list) > maxNameArticles || !x.agency.rarePicture(n, h) {
			continue
		}
		for _, m := range acc.list {
			if other := x.nodes[m]; other != nil && mayTranslate(n, other) && x.agency.rarePicture(other, h) {
				all = append(all, weighted{minTranslationNames, m})
			}
		}
	}
	for _, h := range n.print.Names {
		w := float32(x.agency.idf(h))
		for _, nonLatin := range [...]bool{false, true} {
			if prints.NameBySound(h) && !n.nonLatin() && !nonLatin {
				continue // two articles in Latin letters are compared by the spelling of names
			}
			if acc.list = x.agency.names.Find(scriptKey(h, nonLatin), acc.list[:0]); len(acc.list) > maxNameArticles {
				continue
			}
			for _, m := range acc.list {
				if other := x.nodes[m]; other != nil && mayTranslate(n, other) {
					all = append(all, weighted{w, m})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b weighted) int { return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.w, b.w)) })
	best := all[:0]
	for i := 0; i < len(all); { // sum the weights of each node
		sum := all[i]
		for i++; i < len(all) && all[i].number == sum.number; i++ {
			sum.w += all[i].w
		}
		if sum.w >= minTranslationNames {
			best = append(best, sum)
		}
	}
	slices.SortFunc(best, func(a, b weighted) int {
		return cmp.Or(cmp.Compare(b.w, a.w), cmp.Compare(x.nodes[a.number].content, x.nodes[b.number].content))
	})
	for _, b := range best[:min(len(best), maxByTranslation)] {
		found = append(found, b.number)
	}
	return found
}

// accumulator sums up what nodes have in common with one node, by node number. Each goroutine has its own.
type accumulator struct {
	nodes   []*node
	prints  []uint16  // in common
	weights []float32 // of the terms in common
	taken   []bool
	touched []uint32 // numbers with a value that is not zero
	list    []uint32 // buffer for postings
}

// reset sets all sums to zero and makes room for the nodes.
func (acc *accumulator) reset(nodes []*node) {
	for _, m := range acc.touched {
		acc.prints[m], acc.weights[m], acc.taken[m] = 0, 0, false
	}
	acc.touched, acc.nodes = acc.touched[:0], nodes
	if n := len(nodes); n > len(acc.prints) || n < len(acc.prints)/2 {
		size := n + n/4
		acc.prints, acc.weights, acc.taken = make([]uint16, size), make([]float32, size), make([]bool, size)
	}
}

func (acc *accumulator) touch(m uint32) {
	if acc.prints[m] == 0 && acc.weights[m] == 0 && !acc.taken[m] {
		acc.touched = append(acc.touched, m)
	}
}

// firstTime reports whether a node is taken for the first time.
func (acc *accumulator) firstTime(m uint32) bool {
	acc.touch(m)
	before := acc.taken[m]
	acc.taken[m] = true
	return !before
}

// best returns the numbers of the limit nodes with the greatest weights, among those of weight least or more. Ties are broken
// by content, so the result does not depend on the order of arrival.
func (acc *accumulator) best(weight func(uint32) float32, least float32, limit int) []uint32 {
	top := lightestFirst{make([]weighted, 0, limit), acc.nodes}
	for _, m := range acc.touched {
		c := weighted{weight(m), m}
		switch {
		case c.w < least || len(top.items) == limit && c.w < top.items[0].w || acc.nodes[m] == nil:
		case len(top.items) < limit:
			top.push(c)
		case top.less(top.items[0], c):
			top.replaceFirst(c)
		}
	}
	out := make([]uint32, len(top.items))
	for i, c := range top.items {
		out[i] = c.number
	}
	return out
}

// weighted is the number of a node with a weight.
type weighted struct {
	w      float32
	number uint32
}

// lightestFirst is a min-heap. container/heap takes twice the time.
type lightestFirst struct {
	items []weighted
	nodes []*node
}

func (h *lightestFirst) less(a, b weighted) bool {
	return a.w < b.w || a.w == b.w && h.nodes[a.number].content > h.nodes[b.number].content
}

func (h *lightestFirst) push(c weighted) {
	h.items = append(h.items, c)
	for i := len(h.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(h.items[i], h.items[up]) {
			return
		}
		h.items[i], h.items[up] = h.items[up], h.items[i]
		i = up
	}
}

func (h *lightestFirst) replaceFirst(c weighted) {
	h.items[0] = c
	for i := 0; ; {
		least := i
		for _, down := range [...]int{2*i + 1, 2*i + 2} {
			if down < len(h.items) && h.less(h.items[down], h.items[least]) {
				least = down
			}
		}
		if least == i {
			return
		}
		h.items[i], h.items[least] = h.items[least], h.items[i]
		i = least
	}
}
