package search

import (
	"math"
	"slices"
	"sync"
)

// maxLists is the maximum memory of cached lists between searches, in bytes.
const maxLists = 64 << 20

// hitList holds the documents of a segment that match a wordQuery, in order, and the weight of each. A weight is the upper half
// of a float32, which is exact to one part in 256.
type hitList struct {
	docs    []uint32
	weights []uint16
}

func (h *hitList) size() int { return 6*len(h.docs) + 300 }

func (h *hitList) weight(i int) float64 {
	return float64(math.Float32frombits(uint32(h.weights[i]) << 16))
}

// hitLists caches hit lists in two generations. A segment never changes, so its lists stay valid. Lists of segments that no
// longer exist are evicted like all unused lists. The zero value is ready to use.
type hitLists struct {
	mu            sync.Mutex
	recent, older map[listKey]*hitList // older is the previous content of recent, from when it was full
	size          int                  // size of recent in bytes
}

type listKey struct {
	segment uint64
	query   string // wordQuery.key
}

// get returns a list. It calls read if the list is not cached.
func (k *hitLists) get(key listKey, read func() (*hitList, error)) (*hitList, error) {
	if l := k.lookup(key); l != nil {
		return l, nil
	}
	l, err := read()
	if err == nil && l.size() <= maxLists/4 {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.insert(key, l)
	}
	return l, err
}

func (k *hitLists) lookup(key listKey) *hitList {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.recent[key]; l != nil {
		return l
	}
	l := k.older[key]
	if l != nil {
		k.insert(key, l)
	}
	return l
}

// insert adds a list to the recent ones. k.mu is held.
func (k *hitLists) insert(key listKey, l *hitList) {
	if k.recent[key] != nil {
		return // added by another search meanwhile
	}
	if k.size += l.size(); k.size > maxLists/2 || k.recent == nil {
		k.older, k.recent, k.size = k.recent, map[listKey]*hitList{}, l.size()
	}
	k.recent[key] = l
}

// forget drops all lists, for the same reason as columns.forget.
func (k *hitLists) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.recent, k.older, k.size = nil, nil, 0
}

// pool keeps slices for reuse. The zero value is ready to use.
type pool[T any] struct{ kept sync.Pool }

// take returns a slice that was put back, or nil.
func (p *pool[T]) take() []T {
	if list, ok := p.kept.Get().(*[]T); ok {
		return *list
	}
	return nil
}

func (p *pool[T]) put(list []T) { p.kept.Put(&list) }

// weights sums the weights of the documents of a segment. A document with weight 0 does not match.
type weights struct {
	of      []float32
	touched []uint32
}

// Buffers that are reused between searches. weightLists have a number for each document of a segment, all 0.
var (
	weightLists  pool[float32]
	touchedLists pool[uint32]
)

func newWeights(docs int) *weights {
	of := weightLists.take()
	if len(of) < docs {
		of = make([]float32, docs)
	}
	return &weights{of[:docs], touchedLists.take()}
}

func (w *weights) add(doc uint64, weight float32) {
	if w.of[doc] == 0 {
		w.touched = append(w.touched, uint32(doc))
	}
	w.of[doc] += weight
}

// list returns the documents with their weights. w must not be used afterwards.
func (w *weights) list() *hitList {
	if len(w.touched) > len(w.of)/32 {
		w.touched = w.touched[:0]
		for doc, weight := range w.of {
			if weight != 0 {
				w.touched = append(w.touched, uint32(doc))
			}
		}
	} else {
		slices.Sort(w.touched)
	}
	l := &hitList{docs: slices.Clone(w.touched), weights: make([]uint16, len(w.touched))}
	for i, doc := range w.touched {
		l.weights[i], w.of[doc] = uint16(math.Float32bits(w.of[doc])>>16), 0
	}
	weightLists.put(w.of[:cap(w.of)])
	touchedLists.put(w.touched[:0])
	return l
}
