package search

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"
	segapi "github.com/blevesearch/scorch_segment_api/v2"
)

// ErrDamaged means that a search or a write found something that no valid index contains.
var ErrDamaged = errors.New("the index is damaged")

// recoverDamage turns a panic, and a fault of memory that is mapped from a file, into an error, since bleve reads a damaged index
// without checks. Each goroutine that reads the index defers it, called with catchFaults().
func recoverDamage(catching bool, err *error) {
	r := recover()
	debug.SetPanicOnFault(catching)
	if r != nil {
		*err = fmt.Errorf("%w: %v", ErrDamaged, r)
	}
}

// catchFaults lets faults of mapped memory panic in this goroutine, where they would end the process: a file may have been cut
// short. It returns whether they did before.
func catchFaults() (before bool) { return debug.SetPanicOnFault(true) }

// forwardIndex holds the values that searches need of every match, by document number within a segment. Reading them through
// bleve would take longer than finding the matches. A segment never changes, so its forward index is made once, in a
// few milliseconds for 10,000 articles. It takes 20 bytes per article.
type forwardIndex struct {
	ids     []int64
	times   []uint32 // seconds since 1970; 0 means unknown
	outlets []int32  // indexes of forwardCache.outlets
	langs   []int32  // indexes of forwardCache.langs
}

// forwardCache caches the forward indexes of an index's segments.
type forwardCache struct {
	mu       sync.Mutex
	segments map[uint64]*forwardIndex
	outlets  nameTable
	langs    nameTable
}

// nameTable assigns a number to each name. 0 means no name.
type nameTable struct {
	list []string
	at   map[string]int32
}

func (n *nameTable) number(s string) int32 {
	if i, ok := n.at[s]; ok {
		return i
	}
	if n.at == nil {
		n.at, n.list = map[string]int32{"": 0}, []string{""}
	}
	i := int32(len(n.list))
	n.at[s], n.list = i, append(n.list, s)
	return i
}

// forget drops the forward indexes of all segments. A reopened index may reuse the number of a segment that never reached the disk.
func (c *forwardCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.segments = nil
}

// languages returns the languages of the articles, as of the latest search.
func (c *forwardCache) languages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.langs.list)
}

// view holds the forward indexes of one snapshot of the index.
type view struct {
	parts   []*scorch.SegmentSnapshot // the segments of the snapshot
	forward []*forwardIndex           // of each segment
	starts  []uint64                  // of each segment: its first document number in the snapshot
	outlets []string
	langs   []string
}

// view returns the forward indexes of a snapshot. It drops those of segments that are not in the snapshot.
func (c *forwardCache) view(r api.IndexReader) (*view, error) {
	s, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return nil, fmt.Errorf("search: a reader of type %T", r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &view{parts: s.Segments()}
	kept, start := make(map[uint64]*forwardIndex, len(s.Segments())), uint64(0)
	for _, part := range v.parts {
		of := c.segments[part.Id()]
		if of == nil {
			var err error
			if of, err = c.read(part.Segment(), int(part.FullSize())); err != nil {
				return nil, fmt.Errorf("search: forward index: %w", err)
			}
		}
		kept[part.Id()] = of
		v.forward, v.starts = append(v.forward, of), append(v.starts, start)
		start += uint64(part.FullSize())
	}
	c.segments = kept
	c.langs.number("") // the unknown language always exists
	c.outlets.number("")
	v.outlets, v.langs = c.outlets.list, c.langs.list
	return v, nil
}

// read makes the forward index of a segment from its terms.
func (c *forwardCache) read(s segapi.Segment, n int) (*forwardIndex, error) {
	of := &forwardIndex{ids: make([]int64, n), times: make([]uint32, n), outlets: make([]int32, n), langs: make([]int32, n)}
	steps := []struct {
		field, prefix string
		take          func(term string) (func(doc uint64), error)
	}{
		{"_id", "", func(term string) (func(uint64), error) {
			id, err := strconv.ParseInt(term, 10, 64)
			return func(doc uint64) { of.ids[doc] = id }, err
		}},
		{fieldTime, "", func(term string) (func(uint64), error) {
			t, err := strconv.ParseUint(term, 10, 64)
			return func(doc uint64) { of.times[doc] = secondsOf(int64(min(t, math.MaxInt64))) }, err
		}},
		{fieldKey, keyOutlet, func(term string) (func(uint64), error) {
			name := c.outlets.number(term)
			return func(doc uint64) { of.outlets[doc] = name }, nil
		}},
		{fieldKey, keyLang, func(term string) (func(uint64), error) {
			name := c.langs.number(term)
			return func(doc uint64) { of.langs[doc] = name }, nil
		}},
	}
	for _, step := range steps {
		if err := eachTerm(s, step.field, step.prefix, step.take); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// secondsOf converts a time to the form used in forward indexes, in seconds since 1970.
func secondsOf(unix int64) uint32 { return uint32(min(unix, math.MaxUint32)) }

// eachTerm calls take with each term that begins with prefix, without the prefix. It then calls the function that take returns
// with each document of the term.
func eachTerm(s segapi.Segment, field, prefix string, take func(string) (func(uint64), error)) error {
	dict, err := s.Dictionary(field)
	if err != nil {
		return err
	}
	var end []byte
	if prefix != "" {
		end = []byte(prefix)
		end[len(end)-1]++
	}
	var list segapi.PostingsList
	var iterator segapi.PostingsIterator
	terms := dict.AutomatonIterator(nil, []byte(prefix), end)
	for {
		entry, err := terms.Next()
		if err != nil || entry == nil {
			return err
		}
		put, err := take(entry.Term[len(prefix):])
		if err != nil {
			return fmt.Errorf("%w: term %q of %s", ErrDamaged, entry.Term, field)
		}
		if list, err = dict.PostingsList([]byte(entry.Term), nil, list); err != nil {
			return err
		}
		iterator = list.Iterator(false, false, false, iterator)
		for {
			at, err := iterator.Next()
			if err != nil {
				return err
			}
			if at == nil {
				break
			}
			put(at.Number())
		}
	}
}

// docs returns the number of documents in the snapshot, including deleted ones.
func (v *view) docs() uint64 {
	if len(v.starts) == 0 {
		return 0
	}
	return v.starts[len(v.starts)-1] + uint64(len(v.forward[len(v.forward)-1].ids))
}

// row holds a document's values in the forward index.
type row struct {
	id           int64
	time         uint32
	outlet, lang int32
}

// rowReader reads rows of a view. It is fast if most documents are in the same segment as the previous one.
type rowReader struct {
	*view
	forward    *forwardIndex
	start, end uint64 // of the segment
}

// row returns the values of a document of the snapshot.
func (v *rowReader) row(doc uint64) row {
	if doc < v.start || doc >= v.end {
		i, at := v.part(doc)
		v.forward, v.start = v.view.forward[i], doc-at
		v.end = v.start + uint64(len(v.forward.ids))
	}
	c, at := v.forward, doc-v.start
	return row{c.ids[at], c.times[at], c.outlets[at], c.langs[at]}
}

// part returns the segment of a document, and the document's number in it.
func (v *view) part(doc uint64) (i int, at uint64) {
	i, found := slices.BinarySearch(v.starts, doc)
	if !found {
		i--
	}
	for i+1 < len(v.starts) && v.starts[i+1] == doc { // empty segments begin where the next segment does
		i++
	}
	return i, doc - v.starts[i]
}

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

// forget drops all lists, for the same reason as forwardCache.forget.
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
