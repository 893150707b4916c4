package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
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
	rows    rowReader  // of the view
	hidden  news.IDSet // what is left out

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

// match is a found article. While matches are collected, its key lacks what depends on other matches.
type match struct {
	position
	row    row
	doc    uint32 // number in the snapshot
	slot   int32  // of its story
	others int32  // matches of the same story that were folded into this one
}

// A key has, from its highest bit on: whether the match is prominent, by what the search is ordered, and whether the article
// is its story's original, in the place where the rest no longer matters. The orders are:
//
//	relevance   score in steps of an eighth of a power of two (6 to 12%), original, score
//	newest      time, original
//	coverage    outlets, original, time
//
// So of two results that are equally relevant the one with the original comes first. A story counts as its original if that
// is among the matches (see foldByStory).
const (
	prominentBit        = 1 << 63
	relevanceStep       = 20 // low bits of a float32 that make no step
	relevanceBits       = 52
	originalByRelevance = 1 << 51
	originalByTime      = 1
	originalByCoverage  = 1 << 32
	coverageBits        = 33
)

// originalBit is the bit of a key for originals.
func (f *finder) originalBit() uint64 {
	switch {
	case f.search.Coverage:
		return originalByCoverage
	case f.search.Newest:
		return originalByTime
	}
	return originalByRelevance
}

// scoreOf returns the score in a key of the order of relevance.
func scoreOf(key uint64) float64 { return float64(math.Float32frombits(uint32(key))) }

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
			defer recoverDamage(catchFaults(), &err)
			read, _, err := part.reader(gctx, r, m, n)
			if err != nil {
				return err
			}
			return read(gctx, from, from+size)
		})
	}
	group.Go(func() (err error) {
		defer recoverDamage(catchFaults(), &err)
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
	c := &compiler{queryContext{now: f.now, stories: f.stories, feeds: f.search.Feeds, langs: f.view.langs}, f.view, &f.x.lists, f.x.limiter, false}
	if f.search.Marks != nil {
		c.marks = *f.search.Marks
	}
	c.marks.Hidden = f.search.Hidden
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
						f.add(doc, 0, true)
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
	prominent, err := f.prominent(ctx, r, m, c, n)
	if err != nil {
		return nil, 0, errors.Join(err, s.Close())
	}
	return func(ctx context.Context, from, to uint64) (err error) {
		defer func() { err = errors.Join(err, s.Close(), prominent.close()) }()
		sctx := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
		found, err := s.Advance(sctx, api.NewIndexInternalID(nil, from))
		for n := 0; err == nil && found != nil && found.IndexInternalID.Value() < to; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			doc := found.IndexInternalID.Value()
			in, errProminent := prominent.has(doc)
			if errProminent != nil {
				return errProminent
			}
			f.add(doc, found.Score, in)
			sctx.DocumentMatchPool.Put(found)
			found, err = s.Next(sctx)
		}
		return err
	}, s.Count(), nil
}

// prominent finds the documents whose headline and lead match by themselves. It returns nil if the search does not tell these
// apart, or if the query has no word that could occur further down.
func (f *finder) prominent(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, c *compiler, n node) (*documents, error) {
	if !f.ranksProminence() || !hasWords(n) {
		return nil, nil
	}
	if all, ok := n.(andNode); ok { // the other parts hold for every match
		n = slices.DeleteFunc(slices.Clone(all), func(part node) bool { return !hasWords(part) })
	}
	lead := *c
	lead.lead = true
	s, err := lead.compile(n).Searcher(ctx, r, m, search.SearcherOptions{Score: "none"})
	if err != nil {
		return nil, err
	}
	return &documents{s: s, ctx: &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}}, nil
}

// hasWords reports whether a query asks for words that may be anywhere in a text.
func hasWords(n node) bool {
	return len(textNodes(n, func(t textNode) bool { return t.field == "" || t.field == "text" })) > 0
}

func (f *finder) ranksProminence() bool { return f.byRelevance() || f.search.Prominent }

// documents answers for ascending documents whether a searcher finds them. Nil has every document.
type documents struct {
	s     search.Searcher
	ctx   *search.SearchContext
	at    uint64 // the searcher's document
	begun bool
	ended bool
}

func (d *documents) has(doc uint64) (bool, error) {
	if d == nil {
		return true, nil
	}
	if !d.ended && (!d.begun || d.at < doc) {
		m, err := d.s.Advance(d.ctx, api.NewIndexInternalID(nil, doc))
		if err != nil {
			return false, err
		}
		d.begun = true
		if d.ended = m == nil; !d.ended {
			d.at = m.IndexInternalID.Value()
			d.ctx.DocumentMatchPool.Put(m)
		}
	}
	return !d.ended && d.at == doc, nil
}

func (d *documents) close() error {
	if d == nil {
		return nil
	}
	return d.s.Close()
}

func (f *finder) byRelevance() bool { return !f.search.Newest && !f.search.Coverage }

func (f *finder) add(doc uint64, score float64, prominent bool) {
	r := f.rows.row(doc)
	if r.id > f.maxID || f.hidden.Has(r.id) {
		return
	}
	f.newest = max(f.newest, r.id)
	member := f.stories.of(r.id)
	m := match{position: position{id: r.id}, row: r, doc: uint32(doc), slot: member.slot}
	if m.slot == 0 && f.search.Settled {
		return
	}
	switch {
	case f.search.Coverage:
		m.key = uint64(r.time)
		if m.slot != 0 {
			m.key |= uint64(f.stories.story(m.slot).outlets) << coverageBits
		}
	case f.search.Newest:
		m.key = uint64(r.time) << 1
	default:
		boost := 1.0
		if r.time > 0 {
			boost += freshness * decay(f.now.Unix()-int64(r.time))
		}
		// A match of only unscored parts (source:reuters) has score 0. The addend makes freshness order such matches.
		bits := uint64(math.Float32bits(float32((score + 0.001) * boost))) // the bits of positive numbers sort as the numbers do
		m.key = bits>>relevanceStep<<relevanceBits | bits
	}
	if roles[member.role] == news.RoleOriginal {
		m.key |= f.originalBit()
	}
	if prominent && f.ranksProminence() {
		m.key |= prominentBit
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
