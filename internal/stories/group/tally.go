package group

// tally counts what nodes share with one node, by their numbers.
type tally struct {
	nodes   []*node // by number; nil for one that is gone
	prints  []uint16
	terms   []float32
	taken   []bool
	touched []uint32
	list    []uint32 // room for what a hash leads to
}

// start forgets the last count and makes room for the nodes.
func (t *tally) start(nodes []*node) {
	for _, m := range t.touched {
		t.prints[m], t.terms[m], t.taken[m] = 0, 0, false
	}
	t.touched = t.touched[:0]
	t.nodes = nodes
	if n := len(nodes); n > len(t.prints) {
		more := n + n/4
		t.prints, t.terms, t.taken = make([]uint16, more), make([]float32, more), make([]bool, more)
	}
}

func (t *tally) count(list []uint32) {
	for _, m := range list {
		t.touch(m)
		t.prints[m]++
	}
}

func (t *tally) weigh(list []uint32, w float32) {
	for _, m := range list {
		t.touch(m)
		t.terms[m] += w
	}
}

func (t *tally) touch(m uint32) {
	if t.prints[m] == 0 && t.terms[m] == 0 && !t.taken[m] {
		t.touched = append(t.touched, m)
	}
}

// take says whether a node is taken for the first time.
func (t *tally) take(m uint32) bool {
	t.touch(m)
	was := t.taken[m]
	t.taken[m] = true
	return !was
}

// best gives the limit touched nodes of the greatest weight, of those that weigh at least floor. Ties go by content, so
// that they fall alike in every order of arrival.
func (t *tally) best(weight func(uint32) float32, floor float32, limit int) []uint32 {
	top := weighedHeap{make([]weighed, 0, limit), t.nodes}
	for _, m := range t.touched {
		x := weighed{weight(m), m}
		switch {
		case x.w < floor || len(top.items) == limit && x.w < top.items[0].w || t.nodes[m] == nil:
		case len(top.items) < limit:
			top.push(x)
		case top.less(top.items[0], x):
			top.items[0] = x
			top.sink()
		}
	}
	out := make([]uint32, len(top.items))
	for i, x := range top.items {
		out[i] = x.m
	}
	return out
}

type weighed struct {
	w float32
	m uint32
}

// weighedHeap has the lightest on top.
type weighedHeap struct {
	items []weighed
	nodes []*node
}

func (h weighedHeap) less(a, b weighed) bool {
	return a.w < b.w || a.w == b.w && h.nodes[a.m].order > h.nodes[b.m].order
}

func (h *weighedHeap) push(x weighed) {
	h.items = append(h.items, x)
	for i := len(h.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(h.items[i], h.items[up]) {
			return
		}
		h.items[i], h.items[up] = h.items[up], h.items[i]
		i = up
	}
}

// sink puts what is on top where it belongs.
func (h *weighedHeap) sink() {
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
