package search

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"
)

// leaf asks for a text in some fields. Its matches are read a segment at a time into lists, which are kept for the next
// search: bleve's own searchers ask anew for every article and every word, which took nine tenths of a search's time. All
// forms of a word in all its fields count as one word.
type leaf struct {
	wanted
	view  *view
	lists *lists
	turns turns
}

// Searcher is bleve's interface of queries.
func (l leaf) Searcher(ctx context.Context, r api.IndexReader, _ mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	s := &leafSearcher{scored: o.Score != "none", factor: 1}
	found, err := l.hits(ctx)
	if err != nil {
		return nil, err
	}
	for i, list := range found {
		if len(list.docs) == 0 {
			continue
		}
		at := run{hitList: list, start: l.view.starts[i]}
		if gone := l.view.parts[i].Deleted(); gone != nil {
			at.gone = gone.Contains
		}
		s.runs, s.count = append(s.runs, at), s.count+uint64(len(list.docs))
	}
	all, err := r.DocCount()
	if err != nil {
		return nil, err
	}
	s.rarity = rarity(all, s.count)
	return s, nil
}

// hits gives the list of each segment. Those that are not kept are read by all processors that are idle: a common word stands
// in half of a segment.
func (l leaf) hits(ctx context.Context) ([]*hitList, error) {
	asked := l.key()
	found, missing := make([]*hitList, len(l.view.parts)), []int{}
	for i, part := range l.view.parts {
		if found[i] = l.lists.kept(listKey{part.Id(), asked}); found[i] == nil {
			missing = append(missing, i)
		}
	}
	// The largest segments first, so that the processors end together.
	slices.SortFunc(missing, func(a, b int) int {
		return cmp.Compare(len(l.view.columns[b].ids), len(l.view.columns[a].ids))
	})
	var next atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	read := func() (err error) {
		defer recovered(&err)
		for n := int(next.Add(1)) - 1; n < len(missing); n = int(next.Add(1)) - 1 {
			i := missing[n]
			part := l.view.parts[i]
			found[i], err = l.lists.get(listKey{part.Id(), asked}, func() (*hitList, error) {
				return l.read(ctx, part.Segment(), l.view.columns[i].langs, l.view.langs)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if len(missing) > 1 {
		for range l.turns.takeIdle(len(missing) - 1) {
			group.Go(func() error {
				defer l.turns.leave()
				return read()
			})
		}
	}
	group.Go(read)
	return found, group.Wait()
}

// rarity is bleve's. A count has documents among it that were taken out since; it must not outweigh what is left, as scores are no
// less than 0.
func rarity(all, count uint64) float64 {
	all = max(all, 1)
	return 1 + math.Log(float64(all)/float64(min(count, all)+1))
}

// run is a list in the numbers of the snapshot.
type run struct {
	*hitList
	start uint64
	gone  func(doc uint32) bool // whether a document was taken out since; nil where none was
}

// leafSearcher goes through lists as bleve's searchers are gone through, and scores as bleve does: the root of how often
// times length and rarity.
type leafSearcher struct {
	runs   []run
	at     int // in runs
	next   int // in the run
	count  uint64
	rarity float64
	factor float64 // bleve's query norm and weight
	scored bool
}

// Next gives the next match, nil at the end.
func (s *leafSearcher) Next(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	for ; s.at < len(s.runs); s.at, s.next = s.at+1, 0 {
		r := &s.runs[s.at]
		for s.next < len(r.docs) {
			i := s.next
			s.next++
			if r.gone != nil && r.gone(r.docs[i]) {
				continue
			}
			m := ctx.DocumentMatchPool.Get()
			m.IndexInternalID = api.NewIndexInternalID(m.IndexInternalID, r.start+uint64(r.docs[i]))
			if s.scored {
				m.Score = r.weight(i) * s.rarity * s.factor
			}
			return m, nil
		}
	}
	return nil, nil
}

// Advance gives the first match at a document or behind it.
func (s *leafSearcher) Advance(ctx *search.SearchContext, id api.IndexInternalID) (*search.DocumentMatch, error) {
	doc := id.Value()
	for s.at+1 < len(s.runs) && s.runs[s.at+1].start <= doc {
		s.at, s.next = s.at+1, 0
	}
	if s.at < len(s.runs) && s.runs[s.at].start < doc {
		s.next = seek(s.runs[s.at].docs, s.next, doc-s.runs[s.at].start)
	}
	return s.Next(ctx)
}

// seek gives the first place from a place on whose document is not before one, in steps that double: it is seldom far.
func seek(docs []uint32, from int, doc uint64) int {
	step := 1
	for from+step < len(docs) && uint64(docs[from+step]) < doc {
		from += step
		step *= 2
	}
	end := min(from+step+1, len(docs))
	return from + sort.Search(end-from, func(i int) bool { return uint64(docs[from+i]) >= doc })
}

// Weight is what bleve's norm of a query is made of.
func (s *leafSearcher) Weight() float64 { return s.rarity * s.rarity }

// SetQueryNorm takes bleve's norm of the query.
func (s *leafSearcher) SetQueryNorm(norm float64) { s.factor = s.rarity * norm }

// Count is about how many matches there are.
func (s *leafSearcher) Count() uint64 { return s.count }

// Close has nothing to close.
func (s *leafSearcher) Close() error { return nil }

// Min is of no use here.
func (s *leafSearcher) Min() int { return 0 }

// Size is for bleve's statistics.
func (s *leafSearcher) Size() int { return 0 }

// DocumentMatchPoolSize is how many matches are held at once.
func (s *leafSearcher) DocumentMatchPoolSize() int { return 1 }
