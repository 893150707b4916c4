package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"
)

// A node is a part of a parsed query. It is a termNode or a filterNode.
type node any

// A termNode is a part that the inverted index answers. Both readers of queries get its meaning from one type: compile is for
// searches of the index, match is for a single article (see Percolator). TestFieldsOnBothReaders compares the two.
type termNode interface {
	compile(c *compiler) query.Query
	match(v *docView) answer
	// anchors returns keys of which an article must have at least one to match. It returns false if an article without any of
	// them can match.
	anchors() (anchors, bool)
}

// A filterNode is a part that is answered from the forward index, from the stories of articles, or from a user's read
// and starred marks. Both readers apply the same filter.
type filterNode interface {
	filter(q *queryContext) rowFilter
	dependsOnStory() bool
}

// rowFilter reports whether an article matches.
type rowFilter func(row) bool

// anchors are the keys of a termNode, and the approximate share of articles that have one of them.
type anchors struct {
	list []string
	rate float64
}

// answer says whether an article matches. Answers are ordered, so that AND is min and OR is max.
type answer int8

const (
	never   answer = iota
	depends        // the answer depends on the article's story, with docView.anyStory
	always
)

func answerOf(matches bool) answer {
	if matches {
		return always
	}
	return never
}

// match returns whether an article matches a query.
func (v *docView) match(n node) answer {
	switch n := n.(type) {
	case termNode:
		return n.match(v)
	case filterNode:
		if v.anyStory && n.dependsOnStory() {
			return depends
		}
		return answerOf(n.filter(&v.queryContext)(v.row))
	}
	panic(fmt.Sprintf("search: query node %T", n)) // parse makes no other
}

// anchorsOf is termNode.anchors for any node.
func anchorsOf(n node) (anchors, bool) {
	if t, ok := n.(termNode); ok {
		return t.anchors()
	}
	return anchors{}, false
}

// compiler turns parsed queries into bleve's.
type compiler struct {
	queryContext
	view    *view
	lists   *hitLists
	limiter limiter
	lead    bool // words count in headline and lead alone
}

// anywhere returns the compiler for what must not occur, in any part of an article.
func (c *compiler) anywhere() *compiler {
	whole := *c
	whole.lead = false
	return &whole
}

func (c *compiler) compile(n node) query.Query {
	switch n := n.(type) {
	case termNode:
		return n.compile(c)
	case filterNode:
		return filtered{unscored{query.NewMatchAllQuery()}, c.view, n.filter(&c.queryContext)}
	}
	panic(fmt.Sprintf("search: query node %T", n)) // parse makes no other
}

// leaf returns a query for words in some fields.
func (c *compiler) leaf(w wordQuery) query.Query { return leaf{w, c.view, c.lists, c.limiter} }

func keyTerm(s string) *query.TermQuery {
	q := query.NewTermQuery(s)
	q.SetField(fieldKey)
	return q
}

// exclude finds the matches of keep that are not matches of drop. Bleve's own boolean query returns everything but drop if keep
// has a prefix with which no word begins (v2.6.3, BooleanQuery.Searcher).
type exclude struct{ keep, drop query.Query }

// Searcher implements bleve's query interface.
func (e exclude) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	keep, err := e.keep.Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	drop, err := e.drop.Searcher(ctx, r, m, search.SearcherOptions{Score: "none"})
	if err != nil {
		_ = keep.Close() // the other error counts
		return nil, err
	}
	return searcher.NewBooleanSearcher(ctx, r, keep, nil, drop, o)
}

// unscored finds the matches of its query and adds nothing to relevance.
type unscored struct{ query.Query }

// Searcher implements bleve's query interface.
func (u unscored) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, _ search.SearcherOptions) (search.Searcher, error) {
	return u.Query.Searcher(ctx, r, m, search.SearcherOptions{Score: "none"})
}

// filtered finds the matches of a query that a filter accepts.
type filtered struct {
	of     query.Query
	view   *view
	accept rowFilter
}

// matchesAll reports whether the query matches every article, so that only the filter decides.
func (f filtered) matchesAll() bool {
	u, ok := f.of.(unscored)
	if ok {
		_, ok = u.Query.(*query.MatchAllQuery)
	}
	return ok
}

// Searcher implements bleve's query interface.
func (f filtered) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	of, err := f.of.Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	rows := rowReader{view: f.view}
	return searcher.NewFilteringSearcher(ctx, of, func(_ *search.SearchContext, m *search.DocumentMatch) bool {
		return f.accept(rows.row(m.IndexInternalID.Value()))
	}), nil
}

// leaf finds words in some fields. It reads the matches of a segment at once into hit lists, which are cached for later
// searches. Bleve's own searchers query each article and word separately, which took nine tenths of a search's time. All forms
// of a word in all its fields count as one word.
type leaf struct {
	wordQuery
	view    *view
	lists   *hitLists
	limiter limiter
}

// Searcher implements bleve's query interface.
func (l leaf) Searcher(ctx context.Context, r api.IndexReader, _ mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	s := &leafSearcher{scored: o.Score != "none", factor: 1}
	lists, err := l.hitLists(ctx)
	if err != nil {
		return nil, err
	}
	for i, list := range lists {
		if len(list.docs) == 0 {
			continue
		}
		run := listRun{hitList: list, start: l.view.starts[i]}
		if deleted := l.view.parts[i].Deleted(); deleted != nil {
			run.deleted = deleted.Contains
		}
		s.runs, s.count = append(s.runs, run), s.count+uint64(len(list.docs))
	}
	all, err := r.DocCount()
	if err != nil {
		return nil, err
	}
	s.idf = idf(all, s.count)
	return s, nil
}

// hitLists returns the list of each segment. Lists that are not cached are read by all idle processors, since a common word is
// in half of the documents of a segment.
func (l leaf) hitLists(ctx context.Context) ([]*hitList, error) {
	key := l.key()
	found, missing := make([]*hitList, len(l.view.parts)), []int{}
	for i, part := range l.view.parts {
		if found[i] = l.lists.lookup(listKey{part.Id(), key}); found[i] == nil {
			missing = append(missing, i)
		}
	}
	// The largest segments come first, so that the processors finish at about the same time.
	slices.SortFunc(missing, func(a, b int) int {
		return cmp.Compare(len(l.view.forward[b].ids), len(l.view.forward[a].ids))
	})
	var next atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	read := func() (err error) {
		defer recoverDamage(catchFaults(), &err)
		for n := int(next.Add(1)) - 1; n < len(missing); n = int(next.Add(1)) - 1 {
			i := missing[n]
			part := l.view.parts[i]
			found[i], err = l.lists.get(listKey{part.Id(), key}, func() (*hitList, error) {
				return l.read(ctx, part.Segment(), l.view.forward[i].langs, l.view.langs)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if len(missing) > 1 {
		for range l.limiter.acquireIdle(len(missing) - 1) {
			group.Go(func() error {
				defer l.limiter.release()
				return read()
			})
		}
	}
	group.Go(read)
	return found, group.Wait()
}

// idf is bleve's inverse document frequency. count includes deleted documents, so it is limited to the number of remaining
// documents to keep scores from falling below 0.
func idf(docs, count uint64) float64 {
	docs = max(docs, 1)
	return 1 + math.Log(float64(docs)/float64(min(count, docs)+1))
}

// listRun is the hit list of one segment, with the offset to the document numbers of the snapshot.
type listRun struct {
	*hitList
	start   uint64
	deleted func(doc uint32) bool // nil if no document was deleted
}

// leafSearcher implements bleve's search.Searcher over hit lists. It scores like bleve's term searcher: the root of the
// frequency, times the norm of the length, times idf.
type leafSearcher struct {
	runs   []listRun
	at     int // index in runs
	next   int // index in the run
	count  uint64
	idf    float64
	factor float64 // product of bleve's query norm and weight
	scored bool
}

// Next returns the next match, or nil at the end.
func (s *leafSearcher) Next(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	for ; s.at < len(s.runs); s.at, s.next = s.at+1, 0 {
		r := &s.runs[s.at]
		for s.next < len(r.docs) {
			i := s.next
			s.next++
			if r.deleted != nil && r.deleted(r.docs[i]) {
				continue
			}
			m := ctx.DocumentMatchPool.Get()
			m.IndexInternalID = api.NewIndexInternalID(m.IndexInternalID, r.start+uint64(r.docs[i]))
			if s.scored {
				m.Score = r.weight(i) * s.idf * s.factor
			}
			return m, nil
		}
	}
	return nil, nil
}

// Advance returns the first match at or after a document.
func (s *leafSearcher) Advance(ctx *search.SearchContext, id api.IndexInternalID) (*search.DocumentMatch, error) {
	doc := id.Value()
	for s.at+1 < len(s.runs) && s.runs[s.at+1].start <= doc {
		s.at, s.next = s.at+1, 0
	}
	if s.at < len(s.runs) && s.runs[s.at].start < doc {
		s.next = gallop(s.runs[s.at].docs, s.next, doc-s.runs[s.at].start)
	}
	return s.Next(ctx)
}

// gallop returns the first index at or after from whose document is not before doc. Its steps double, since the distance is
// usually small.
func gallop(docs []uint32, from int, doc uint64) int {
	step := 1
	for from+step < len(docs) && uint64(docs[from+step]) < doc {
		from += step
		step *= 2
	}
	end := min(from+step+1, len(docs))
	return from + sort.Search(end-from, func(i int) bool { return uint64(docs[from+i]) >= doc })
}

// Weight returns the query's contribution to bleve's query norm.
func (s *leafSearcher) Weight() float64 { return s.idf * s.idf }

// SetQueryNorm sets bleve's norm of the query.
func (s *leafSearcher) SetQueryNorm(norm float64) { s.factor = s.idf * norm }

// Count returns the approximate number of matches.
func (s *leafSearcher) Count() uint64 { return s.count }

// Close has nothing to close.
func (s *leafSearcher) Close() error { return nil }

// Min is not used here.
func (s *leafSearcher) Min() int { return 0 }

// Size is for bleve's statistics.
func (s *leafSearcher) Size() int { return 0 }

// DocumentMatchPoolSize is the number of matches held at once.
func (s *leafSearcher) DocumentMatchPoolSize() int { return 1 }
