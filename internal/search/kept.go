package search

import (
	"fmt"
	"slices"
	"sync"
	"time"

	api "github.com/blevesearch/bleve_index_api"

	"headwater/internal/news"
)

const (
	keptFrom      = 2000   // the default of keptResults.from; a search with fewer matches takes little time
	keptDepth     = 256    // results that are kept of a search at first; doubled for who reads further
	keptDeepest   = 8192   // results that are kept of a search at most
	keptPositions = 65_536 // results of all searches that are kept, 56 bytes each
)

// keptResult is what a search found, for all of its pages.
type keptResult struct {
	matches, total, prominent int
	newest                    int64 // the highest article id found
	facets                    []Facet
	hidden                    news.IDSet // that was left out; the key has its address, so it is held as long
	first                     []match    // the first results in order, not all where total is larger
	until                     time.Time
	used                      int // keptResults.uses when it was used last
}

// keptResults caches the results of searches that matched many articles, since a topic is looked at again and again. They hold for
// one snapshot of the index and one of the table of stories: a search over other snapshots does not find them. Facets have names of
// outlets, which outletCache renews, so a result is kept no longer than those.
type keptResults struct {
	from int // matches of a search from which on its result is kept

	mu      sync.Mutex // guards the fields below
	reader  api.IndexReader
	stories *storySnapshot
	results map[string]*keptResult
	uses    int
}

// keptKey returns the key of a search among the kept results. It returns false for a search that depends on anything beside the
// two snapshots and what is hidden: the time, a user's marks, the feeds, or the page before. Sets of what is hidden never change.
func keptKey(s Request, n node) (key string, ok bool) {
	if s.Cursor != "" || !s.Newest && !s.Coverage || s.Limit > keptDeepest || s.Offset > keptDeepest-max(s.Limit, defaultLimit) {
		return "", false
	}
	ok = true
	walk(n, func(part node) {
		switch part.(type) {
		case sinceNode, markNode, feedNode:
			ok = false
		}
	})
	return fmt.Sprintf("%q %#v %v %d %v %p %t %t %t %t %t %t", s.Query, s.Only, s.In, s.From, s.Also, s.Hidden, s.Newest, s.Coverage, s.Prominent, s.Stories, s.Settled, s.Facets), ok
}

// find returns the kept result of a search, or nil if there is none that has its first results up to a number.
func (k *keptResults) find(r api.IndexReader, stories *storySnapshot, key string, most int) *keptResult {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := k.results[key]
	if found == nil || k.reader != r || k.stories != stories || time.Now().After(found.until) || len(found.first) < min(most, found.total) {
		return nil
	}
	k.uses++
	found.used = k.uses
	return found
}

// keep adds a result, and drops those of other snapshots and those that were not used for longest.
func (k *keptResults) keep(r api.IndexReader, stories *storySnapshot, key string, result *keptResult) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.results == nil || k.reader != r || k.stories != stories {
		k.reader, k.stories, k.results = r, stories, map[string]*keptResult{}
	}
	k.uses++
	result.used, k.results[key] = k.uses, result
	for {
		held, oldest := 0, key
		for other, x := range k.results {
			held += len(x.first)
			if x.used < k.results[oldest].used {
				oldest = other
			}
		}
		if held <= keptPositions || oldest == key {
			return
		}
		delete(k.results, oldest)
	}
}

// depthFor returns how many results are kept of a search whose page ends after a number of them.
func depthFor(most int) int {
	depth := keptDepth
	for depth < most {
		depth *= 2
	}
	return depth
}

// copyFacets copies facets for a caller who may change them.
func copyFacets(facets []Facet) []Facet {
	facets = slices.Clone(facets)
	for i := range facets {
		facets[i].Values = slices.Clone(facets[i].Values)
	}
	return facets
}
