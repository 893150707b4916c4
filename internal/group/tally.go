package group

import "container/heap"

// tally counts what nodes share with one node, by their numbers.
type tally struct {
	prints  []uint16
	terms   []float32
	taken   []bool
	touched []*node
}

// start forgets the last count and makes room for n nodes.
func (t *tally) start(n int) {
	for _, m := range t.touched {
		t.prints[m.number], t.terms[m.number], t.taken[m.number] = 0, 0, false
	}
	t.touched = t.touched[:0]
	if n > len(t.prints) {
		more := n + n/2
		t.prints, t.terms, t.taken = make([]uint16, more), make([]float32, more), make([]bool, more)
	}
}

func (t *tally) count(m *node) {
	t.touch(m)
	t.prints[m.number]++
}

func (t *tally) weigh(list []*node, w float32) {
	for _, m := range list {
		t.touch(m)
		t.terms[m.number] += w
	}
}

func (t *tally) touch(m *node) {
	if t.prints[m.number] == 0 && t.terms[m.number] == 0 && !t.taken[m.number] {
		t.touched = append(t.touched, m)
	}
}

// take says whether a node is taken for the first time.
func (t *tally) take(m *node) bool {
	t.touch(m)
	was := t.taken[m.number]
	t.taken[m.number] = true
	return !was
}

// best gives the limit touched nodes of the greatest weight, of those that weigh at least floor. Ties go by content, so
// that they fall alike in every order of arrival.
func (t *tally) best(weight func(*node) float32, floor float32, limit int) []*node {
	top := make(weighedHeap, 0, limit)
	for _, m := range t.touched {
		x := weighed{weight(m), m}
		switch {
		case x.w < floor:
		case len(top) < limit:
			heap.Push(&top, x)
		case top[0].less(x):
			top[0] = x
			heap.Fix(&top, 0)
		}
	}
	out := make([]*node, len(top))
	for i, x := range top {
		out[i] = x.m
	}
	return out
}

type weighed struct {
	w float32
	m *node
}

func (a weighed) less(b weighed) bool { return a.w < b.w || a.w == b.w && a.m.order > b.m.order }

// weighedHeap has the lightest on top.
type weighedHeap []weighed

func (h weighedHeap) Len() int           { return len(h) }
func (h weighedHeap) Less(i, j int) bool { return h[i].less(h[j]) }
func (h weighedHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *weighedHeap) Push(x any)        { *h = append(*h, x.(weighed)) } //nolint:errcheck // it holds nothing else
func (h *weighedHeap) Pop() any          { panic("nothing is taken out") }
