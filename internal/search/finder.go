package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"
)

// finder is one search. It reads bleve's matches itself rather than through bleve's collector, which keeps a document
// for each, knows no folding and reads what it sorts and counts by from the disk.
type finder struct {
	x      *Index
	search Request
	now    time.Time
	places *standing
	view   *view
	rows   rows // of the view

	through int64 // the highest article id to be given
	resumed bool
	after   place // where the page before ended

	newest  int64 // the highest article id found
	matches []match
}

// place is where a match stands in the order: the higher key first, then the higher id.
type place struct {
	key uint64
	id  int64
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(q.key, p.key), cmp.Compare(q.id, p.id))
}

type match struct {
	place
	row    row
	doc    uint32 // of the snapshot
	slot   int32  // of its story
	others int32
}

// matchLists are kept between searches: a common word matches most articles.
var matchLists pool[match]

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

// release gives the matches back.
func (f *finder) release() {
	matchLists.put(f.matches[:0])
	f.matches = nil
}

// share is Index.share: of fewer documents a search is so quick that sharing it out gains nothing.
const share = 50_000

// collect reads every match, in order of the documents' numbers.
func (f *finder) collect(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, n node) error {
	f.matches = matchLists.take()
	read, candidates, err := f.reader(ctx, r, m, n)
	if err != nil {
		return err
	}
	docs := f.view.docs()
	idle := 0
	if candidates > f.x.share {
		idle = f.x.turns.takeIdle(int(min(candidates, docs) / f.x.share))
	}
	others, each := make([]finder, idle), docs/uint64(idle+1)+1
	group, gctx := errgroup.WithContext(ctx)
	for i := range others {
		others[i] = *f
		part, from := &others[i], uint64(i+1)*each
		part.matches = matchLists.take()
		group.Go(func() (err error) {
			defer f.x.turns.leave()
			defer recovered(&err)
			read, _, err := part.reader(gctx, r, m, n)
			if err != nil {
				return err
			}
			return read(gctx, from, from+each)
		})
	}
	group.Go(func() (err error) {
		defer recovered(&err)
		return read(gctx, 0, each)
	})
	err = group.Wait()
	for i := range others {
		f.newest = max(f.newest, others[i].newest)
		f.matches = append(f.matches, others[i].matches...)
		others[i].release()
	}
	return err
}

// reader prepares a query: read, which is called once, adds the matches from a document up to another; candidates is how
// many documents it looks at in all, or more.
func (f *finder) reader(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, n node) (read func(ctx context.Context, from, to uint64) error, candidates uint64, err error) {
	q := f.compiler().compile(n)
	if a, ok := q.(accepted); ok && a.ofAll() {
		return func(ctx context.Context, from, to uint64) error { return f.readFact(ctx, a.holds, from, to) }, f.view.docs(), nil
	}
	options := search.SearcherOptions{}
	if !f.byRelevance() {
		options.Score = "none"
	}
	s, err := q.Searcher(ctx, r, m, options)
	if err != nil {
		return nil, 0, err
	}
	return func(ctx context.Context, from, to uint64) error {
		return errors.Join(f.readMatches(ctx, r, s, from, to), s.Close())
	}, s.Count(), nil
}

// readMatches adds the matches of a searcher from a document up to another.
func (f *finder) readMatches(ctx context.Context, r api.IndexReader, s search.Searcher, from, to uint64) error {
	sctx := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
	found, err := s.Advance(sctx, api.NewIndexInternalID(nil, from))
	for n := 0; ; n++ {
		if err != nil || found == nil {
			return err
		}
		doc := found.IndexInternalID.Value()
		if doc >= to {
			return nil
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.add(doc, found.Score)
		sctx.DocumentMatchPool.Put(found)
		found, err = s.Next(sctx)
	}
}

// readFact reads what matches a fact alone, such as is:unread, from the columns: bleve's searcher of all documents takes
// several times as long.
func (f *finder) readFact(ctx context.Context, holds fact, from, to uint64) error {
	for i, part := range f.view.parts {
		start := f.view.starts[i]
		if start >= to || start+uint64(part.FullSize()) <= from {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		docs := part.DocNumbersLive().Iterator()
		docs.AdvanceIfNeeded(uint32(max(from, start) - start))
		for docs.HasNext() {
			doc := start + uint64(docs.Next())
			if doc >= to {
				break
			}
			if holds(f.rows.row(doc)) {
				f.add(doc, 0)
			}
		}
	}
	return nil
}

func (f *finder) add(doc uint64, score float64) {
	r := f.rows.row(doc)
	if r.id > f.through {
		return
	}
	f.newest = max(f.newest, r.id)
	m := match{place: place{id: r.id}, row: r, doc: uint32(doc), slot: f.places.of(r.id).slot}
	if m.slot == 0 && f.search.Settled {
		return
	}
	switch {
	case f.search.Coverage:
		m.key = uint64(r.time)
		if m.slot != 0 {
			m.key |= uint64(f.places.story(m.slot).outlets) << 32
		}
	case f.search.Newest:
		m.key = uint64(r.time)
	default:
		m.key = math.Float64bits(f.fresh(score, r.time)) // of positive numbers the bits sort as they do
	}
	f.matches = append(f.matches, m)
}

// fresh gives relevance with freshness in it. What matches only unscored parts (source:reuters) has score 0; the addend
// lets freshness order it.
func (f *finder) fresh(score float64, at uint32) float64 {
	boost := 1.0
	if at > 0 {
		boost += freshness * decay(f.now.Unix()-int64(at))
	}
	return (score + 0.001) * boost
}

// decay gives 2^(-seconds/halfLife), and 0 from 2^-30 on, where it is less than what scores differ by. A search for a common
// word asks for every article of the archive, so it multiplies two values of a table each.
func decay(seconds int64) float64 {
	seconds = max(seconds, 0)
	if long := seconds / decayStep; long < int64(len(decays.long)) {
		return decays.long[long] * decays.short[seconds%decayStep]
	}
	return 0
}

const decayStep = 4096 // seconds

var decays = func() (t struct {
	short [decayStep]float64
	long  [30 * int64(halfLife/time.Second) / decayStep]float64
},
) {
	for i := range t.short {
		t.short[i] = math.Exp2(-float64(i) / halfLife.Seconds())
	}
	for i := range t.long {
		t.long[i] = math.Exp2(-float64(i*decayStep) / halfLife.Seconds())
	}
	return t
}()

// page gives what is asked for of the matches, and the matches that it shows.
func (f *finder) page() (Result, []match) {
	hits := Result{Matches: len(f.matches)}
	if f.search.Facets {
		hits.Facets = f.facets()
	}
	list := f.matches
	if f.search.Stories {
		list = oneEach(list, f.places.slots)
	}
	hits.Total = len(list)
	limit := f.search.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	if f.resumed && f.byRelevance() {
		f.anchor(list)
	}
	limit, offset := min(limit, len(list)), min(max(f.search.Offset, 0), len(list))
	list, more := first(list, f.resumed, f.after, offset, limit)
	hits.Hits = make([]Hit, len(list))
	for i, m := range list {
		hits.Hits[i] = Hit{ID: m.id, Others: int(m.others)}
		if f.byRelevance() {
			hits.Hits[i].Score = math.Float64frombits(m.key)
		}
	}
	if more && len(list) > 0 {
		hits.Next = f.cursor(list[len(list)-1].place)
	}
	return hits, list
}

func (f *finder) byRelevance() bool { return !f.search.Newest && !f.search.Coverage }

// anchor finds where the match that ended the page before stands today: each article that is added makes its words a
// little more frequent, which moves the scores of all that have them.
func (f *finder) anchor(list []match) {
	slot := f.places.of(f.after.id).slot
	for _, m := range list {
		if m.id == f.after.id || f.search.Stories && slot != 0 && m.slot == slot {
			f.after = m.place
			return
		}
	}
}

// slotLists are kept between searches: a number for each story, all 0.
var slotLists pool[int32]

func takeSlots(n int) []int32 {
	if list := slotLists.take(); len(list) >= n {
		return list
	}
	return make([]int32, n+n/4)
}

// oneEach leaves the first match of each story, in place.
func oneEach(list []match, slots int) []match {
	at := takeSlots(slots)
	out := list[:0]
	for _, m := range list {
		if m.slot == 0 {
			out = append(out, m)
			continue
		}
		i := at[m.slot]
		if i == 0 {
			out = append(out, m)
			at[m.slot] = int32(len(out))
			continue
		}
		best := &out[i-1]
		others := best.others + 1
		if m.compare(best.place) < 0 {
			*best = m
		}
		best.others = others
	}
	for _, m := range out {
		at[m.slot] = 0
	}
	slotLists.put(at)
	return out
}

// first gives limit matches in order, those after a place where resumed, without the first offset of them. more says
// whether others follow.
func first(list []match, resumed bool, after place, offset, limit int) (page []match, more bool) {
	if resumed {
		list = slices.DeleteFunc(list, func(m match) bool { return m.compare(after) <= 0 })
	}
	most := offset + limit
	if len(list) > 4*most {
		list, more = top(list, most), true
	}
	slices.SortFunc(list, func(a, b match) int { return a.compare(b.place) })
	more = more || len(list) > most
	return list[min(offset, len(list)):min(most, len(list))], more
}

// top gives the first n of the list, in no order: the worst of those kept is at the root of a heap.
func top(list []match, n int) []match {
	kept := list[:n]
	for i := n/2 - 1; i >= 0; i-- {
		sink(kept, i)
	}
	for _, m := range list[n:] {
		if m.compare(kept[0].place) < 0 {
			kept[0] = m
			sink(kept, 0)
		}
	}
	return kept
}

func sink(heap []match, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1].compare(heap[child].place) > 0 {
			child++
		}
		if heap[child].compare(heap[i].place) <= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
