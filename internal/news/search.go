package news

import (
	"errors"
	"fmt"
)

// ErrCursor says that a cursor is none, or belongs to another search.
var ErrCursor = errors.New("this cursor belongs to another search; begin again without it")

// BuildingError says that the index is being built, so that a search would find too little.
type BuildingError struct {
	Indexed, Missing int // articles
}

func (e *BuildingError) Error() string {
	return fmt.Sprintf("the search index is being built: %d articles are in it, %d are still to come; try again later", e.Indexed, e.Missing)
}

// ErrSlow says that a search took too long and was given up.
var ErrSlow = errors.New("this search takes too long; ask for fewer words, or rarer ones")

// Search asks for articles. Query is in the query language of package index.
type Search struct {
	Query         string
	Only          TopicOptions // beside the query
	Limit, Offset int
	Newest        bool   // order by time instead of relevance
	Coverage      bool   // order by the number of outlets that carry the article's story
	Stories       bool   // of each story only the member that comes first; articles without a story count as one each
	Settled       bool   // no articles without a story
	Facets        bool   // count what was found, articles or stories, by outlet, origin, language and day
	Cursor        string // Hits.Next of the page before this one; Offset counts on from there
	User          int64  // whose search it is, for is:unread and is:starred; 0 is nobody's, and those are errors
	Marks         *Marks // what the user has marked; package newsroom looks it up where the query asks for it. Nil is nothing
	Feeds         []Feed // those subscribed; looked up likewise, for feed:NAME
}

// Marks are the articles that a user has marked.
type Marks struct{ Read, Starred IDSet }

// IDSet is a set of ids of articles, a bit each. It takes an eighth of a byte for each id up to the highest, and its copies may be
// read at the same time.
type IDSet []uint64

// IDsOf makes a set.
func IDsOf(ids ...int64) IDSet { return IDSet(nil).With(ids) }

// Has says whether an id is in the set.
func (s IDSet) Has(id int64) bool {
	return id >= 0 && id/64 < int64(len(s)) && s[id/64]&(1<<(id%64)) != 0
}

// With gives the set with some ids more; the set itself stays as it is. Ids below 0 are passed over.
func (s IDSet) With(ids []int64) IDSet {
	size := int64(len(s))
	for _, id := range ids {
		size = max(size, id/64+1)
	}
	out := make(IDSet, size)
	copy(out, s)
	for _, id := range ids {
		if id >= 0 {
			out[id/64] |= 1 << (id % 64)
		}
	}
	return out
}

// Without gives the set without some ids; the set itself stays as it is.
func (s IDSet) Without(ids []int64) IDSet {
	out := append(IDSet(nil), s...)
	for _, id := range ids {
		if out.Has(id) {
			out[id/64] &^= 1 << (id % 64)
		}
	}
	return out
}

// Span is a stretch of a text as byte offsets.
type Span struct {
	Start, End int
}

// Hit is a found article. Title and Body are the spans to highlight; those of Body count on behind it, into what is shown
// and not in it.
type Hit struct {
	ID     int64
	Score  float64
	Title  []Span
	Body   []Span
	Others int // further members of its story that match, where stories are asked for
}

// Hits is the answer of the index.
type Hits struct {
	Total      int // articles, or stories where those are asked for
	Matches    int // articles
	Hits       []Hit
	Next       string // cursor of the next page; "" at the end
	Facets     []Facet
	Suggestion string // the query with words that are in the index, where nothing was found; else ""
}

// Facet counts the articles found, or the stories where those are asked for, by one property: outlet, origin, lang or day. A
// story counts under each value that one of its articles found has.
type Facet struct {
	Field  string
	Values []FacetValue // the most frequent 10 first; days the newest 31 first
}

// FacetValue is how much of what was found has a value, and what to add to the query to find only that.
type FacetValue struct {
	Name  string
	Query string
	Count int
}

// Placement is a story as searches know it: which articles are in it, as what.
type Placement struct {
	Story, Event int64
	Origin       Outlet
	Outlets      int
	Members      map[int64]Role // by article
}

// FoundArticle is a hit with its article and the story it belongs to (0 while unsettled).
type FoundArticle struct {
	Hit
	Article Article
	Story   int64
	Whole   string // the article's body and what is shown beside it, where a span of Hit.Body lies behind the body; else ""
}

// Text is what the spans of Hit.Body count in.
func (f FoundArticle) Text() string {
	if f.Whole != "" {
		return f.Whole
	}
	return f.Article.Body()
}

// Found is the answer to a search.
type Found struct {
	Total      int // articles, or stories where those are asked for
	Matches    int // articles
	Articles   []FoundArticle
	Next       string // cursor of the next page; "" at the end
	Facets     []Facet
	Suggestion string // as in Hits
}
