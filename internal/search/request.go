package search

import (
	"errors"
	"fmt"

	"headwater/internal/news"
)

// BuildingError says that the index is being built, so that a search would find too little.
type BuildingError struct {
	Indexed, Missing int // articles
}

func (e *BuildingError) Error() string {
	return fmt.Sprintf("the search index is being built: %d articles are in it, %d are still to come; try again later", e.Indexed, e.Missing)
}

// ErrSlow says that a search took too long and was given up.
var ErrSlow = errors.New("this search takes too long; ask for fewer words, or rarer ones")

// Request asks for articles. Query is in the query language of this package.
type Request struct {
	Query         string
	Only          news.TopicOptions // beside the query
	Limit, Offset int
	Newest        bool        // order by time instead of relevance
	Coverage      bool        // order by the number of outlets that carry the article's story
	Stories       bool        // of each story only the member that comes first; articles without a story count as one each
	Settled       bool        // no articles without a story
	Facets        bool        // count what was found, articles or stories, by outlet, origin, language and day
	Cursor        string      // Result.Next of the page before this one; Offset counts on from there
	User          int64       // whose search it is, for is:unread and is:starred; 0 is nobody's, and those are errors
	Marks         *news.Marks // what the user has marked; the caller looks it up where the query asks for it. Nil is nothing
	Feeds         []news.Feed // those subscribed; looked up likewise, for feed:NAME
}

// Hit is a found article. Title and Body are the spans to highlight; those of Body count on behind it, into what is shown
// and not in it.
type Hit struct {
	ID     int64
	Score  float64
	Title  []news.Span
	Body   []news.Span
	Others int // further members of its story that match, where stories are asked for
}

// Result is the answer of the index.
type Result struct {
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

// FoundArticle is a hit with its article and the story it belongs to (0 while unsettled).
type FoundArticle struct {
	Hit
	Article news.Article
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
	Suggestion string // as in Result
}
