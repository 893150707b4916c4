package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"time"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"
)

// The score of a match is multiplied by 1 + freshness * 2^(-age/halfLife). So the newer of two equal matches comes first, and a
// much better match keeps its position.
const (
	freshness = 0.75
	halfLife  = 72 * time.Hour
)

// finder is one search. It reads matches directly from bleve's searchers. Bleve's collector keeps a document for each match,
// cannot fold stories, and reads sort and facet values from disk.
type finder struct {
	x       *Index
	search  Request
	now     time.Time
	stories *storySnapshot
	view    *view
	rows    rowReader // of the view

	maxID   int64 // of the articles that may be returned
	resumed bool
	after   position // end of the previous page

	newest  int64 // the highest article id found
	matches []match
}

// position orders matches: the higher key first, then the higher id.
type position struct {
	key uint64
	id  int64
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(q.key, p.key), cmp.Compare(q.id, p.id))
}

type match struct {
	position
	row    row
	doc    uint32 // number in the snapshot
	slot   int32  // of its story
	others int32  // matches of the same story that were folded into this one
}

// matchLists are reused between searches, since a common word matches most articles.
var matchLists pool[match]

// release returns the list of matches to the pool.
func (f *finder) release() {
	matchLists.put(f.matches[:0])
	f.matches = nil
}

// collect reads every match in the order of document numbers. Each idle processor reads a range of the documents.
func (f *finder) collect(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, n node) error {
	f.matches = matchLists.take()
	read, candidates, err := f.reader(ctx, r, m, n)
	if err != nil {
		return err
	}
	docs := f.view.docs()
	idle := 0
	if candidates > f.x.share {
		idle = f.x.limiter.acquireIdle(int(min(candidates, docs) / f.x.share))
	}
	others, size := make([]finder, idle), docs/uint64(idle+1)+1
	group, gctx := errgroup.WithContext(ctx)
	for i := range others {
		others[i] = *f
		part, from := &others[i], uint64(i+1)*size
		part.matches = matchLists.take()
		group.Go(func() (err error) {
			defer f.x.limiter.release()
			defer recoverDamage(&err)
			read, _, err := part.reader(gctx, r, m, n)
			if err != nil {
				return err
			}
			return read(gctx, from, from+size)
		})
	}
	group.Go(func() (err error) {
		defer recoverDamage(&err)
		return read(gctx, 0, size)
	})
	err = group.Wait()
	for i := range others {
		f.newest = max(f.newest, others[i].newest)
		f.matches = append(f.matches, others[i].matches...)
		others[i].release()
	}
	return err
}

// reader prepares a query. read is called once, and adds the matches from one document up to another. candidates is an upper
// bound of the number of documents that read examines in total.
func (f *finder) reader(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, n node) (read func(ctx context.Context, from, to uint64) error, candidates uint64, err error) {
	c := &compiler{queryContext{now: f.now, stories: f.stories, feeds: f.search.Feeds, langs: f.view.langs}, f.view, &f.x.lists, f.x.limiter}
	if f.search.Marks != nil {
		c.marks = *f.search.Marks
	}
	q := c.compile(n)
	if a, ok := q.(filtered); ok && a.matchesAll() {
		// A filter alone, such as is:unread, is evaluated on the forward index. Bleve's searcher of all documents takes several times
		// as long.
		return func(ctx context.Context, from, to uint64) error {
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
					if a.accept(f.rows.row(doc)) {
						f.add(doc, 0)
					}
				}
			}
			return nil
		}, f.view.docs(), nil
	}
	options := search.SearcherOptions{}
	if !f.byRelevance() {
		options.Score = "none"
	}
	s, err := q.Searcher(ctx, r, m, options)
	if err != nil {
		return nil, 0, err
	}
	return func(ctx context.Context, from, to uint64) (err error) {
		defer func() { err = errors.Join(err, s.Close()) }()
		sctx := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
		found, err := s.Advance(sctx, api.NewIndexInternalID(nil, from))
		for n := 0; err == nil && found != nil && found.IndexInternalID.Value() < to; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			f.add(found.IndexInternalID.Value(), found.Score)
			sctx.DocumentMatchPool.Put(found)
			found, err = s.Next(sctx)
		}
		return err
	}, s.Count(), nil
}

func (f *finder) byRelevance() bool { return !f.search.Newest && !f.search.Coverage }

func (f *finder) add(doc uint64, score float64) {
	r := f.rows.row(doc)
	if r.id > f.maxID {
		return
	}
	f.newest = max(f.newest, r.id)
	m := match{position: position{id: r.id}, row: r, doc: uint32(doc), slot: f.stories.of(r.id).slot}
	if m.slot == 0 && f.search.Settled {
		return
	}
	switch {
	case f.search.Coverage:
		m.key = uint64(r.time)
		if m.slot != 0 {
			m.key |= uint64(f.stories.story(m.slot).outlets) << 32
		}
	case f.search.Newest:
		m.key = uint64(r.time)
	default:
		boost := 1.0
		if r.time > 0 {
			boost += freshness * decay(f.now.Unix()-int64(r.time))
		}
		// A match of only unscored parts (source:reuters) has score 0. The addend makes freshness order such matches.
		m.key = math.Float64bits((score + 0.001) * boost) // the bits of positive numbers sort as the numbers do
	}
	f.matches = append(f.matches, m)
}

// decay returns 2^(-seconds/halfLife). It returns 0 below 2^-30, which is less than the resolution of scores. A search for a
// common word calls it for every article of the archive, so it only multiplies two table values.
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
