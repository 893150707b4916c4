package search

import (
	"math"
	"slices"
	"sync"
)

// maxLists bounds the memory that lists take between searches, in bytes.
const maxLists = 64 << 20

// hitList is where something that a query asks for stands in a segment of the index: documents in order, and how much each
// says of it, as the first half of a float32: that is exact to one part in 256.
type hitList struct {
	docs    []uint32
	weights []uint16
}

func (h *hitList) size() int { return 6*len(h.docs) + 300 }

func (h *hitList) weight(i int) float64 {
	return float64(math.Float32frombits(uint32(h.weights[i]) << 16))
}

// hitLists keeps those that were used lately. A segment never changes, so its lists hold as long as it does; those of segments
// that are gone are soon forgotten. The zero value is ready.
type hitLists struct {
	mu         sync.Mutex
	young, old map[listKey]*hitList // old is what young was when it was full
	size       int                  // of young
}

type listKey struct {
	segment uint64
	asked   string
}

// get gives a list, which read makes where it is not kept.
func (k *hitLists) get(key listKey, read func() (*hitList, error)) (*hitList, error) {
	if l := k.kept(key); l != nil {
		return l, nil
	}
	l, err := read()
	if err == nil && l.size() <= maxLists/4 {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.keep(key, l)
	}
	return l, err
}

func (k *hitLists) kept(key listKey) *hitList {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.young[key]; l != nil {
		return l
	}
	l := k.old[key]
	if l != nil {
		k.keep(key, l)
	}
	return l
}

// keep makes a list young; k.mu is held.
func (k *hitLists) keep(key listKey, l *hitList) {
	if k.young[key] != nil {
		return // another search was as quick
	}
	if k.size += l.size(); k.size > maxLists/2 || k.young == nil {
		k.old, k.young, k.size = k.young, map[listKey]*hitList{}, l.size()
	}
	k.young[key] = l
}

// forget drops all, as columns.forget does and for the same reason.
func (k *hitLists) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.young, k.old, k.size = nil, nil, 0
}

// pool keeps slices that are not in use. The zero value is ready.
type pool[T any] struct{ kept sync.Pool }

// take gives a slice as it was put, or nil.
func (p *pool[T]) take() []T {
	if list, ok := p.kept.Get().(*[]T); ok {
		return *list
	}
	return nil
}

func (p *pool[T]) put(list []T) { p.kept.Put(&list) }

// weights adds up what documents of a segment weigh. Those without a weight are not in it.
type weights struct {
	of      []float32
	touched []uint32
}

// weightLists are kept between searches: a number for each document of a segment, all 0.
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

func (s *weights) add(doc uint64, weight float32) {
	if s.of[doc] == 0 {
		s.touched = append(s.touched, uint32(doc))
	}
	s.of[doc] += weight
}

// list gives the weights and ends their use.
func (s *weights) list() *hitList {
	if len(s.touched) > len(s.of)/32 {
		s.touched = s.touched[:0]
		for doc, weight := range s.of {
			if weight != 0 {
				s.touched = append(s.touched, uint32(doc))
			}
		}
	} else {
		slices.Sort(s.touched)
	}
	l := &hitList{docs: slices.Clone(s.touched), weights: make([]uint16, len(s.touched))}
	for i, doc := range s.touched {
		l.weights[i], s.of[doc] = uint16(math.Float32bits(s.of[doc])>>16), 0
	}
	weightLists.put(s.of[:cap(s.of)])
	touchedLists.put(s.touched[:0])
	return l
}
