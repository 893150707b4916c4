package search

import (
	"errors"
	"fmt"

	"headwater/internal/news"
)

// BuildingError means that the index is being built, so that a search would find too few articles.
type BuildingError struct {
	Indexed, Missing int // articles
}

func (e *BuildingError) Error() string {
	return fmt.Sprintf("the search index is being built: %d articles are in it, %d are still to come; try again later", e.Indexed, e.Missing)
}

// ErrSlow means that a search took too long and was aborted.
var ErrSlow = errors.New("this search takes too long; ask for fewer words, or rarer ones")

// Request is a search. Query is in the query language of this package.
type Request struct {
	Query         string
	Only          news.TopicOptions // further conditions
	Limit, Offset int
	Newest        bool        // order by time instead of relevance
	Coverage      bool        // order by the number of outlets with the article's story
	Stories       bool        // only the first member of each story in the order of the search; articles without a story count as one each
	Settled       bool        // no articles without a story
	Facets        bool        // count the articles or stories found by outlet, origin, language and day
	Cursor        string      // Result.Next of the previous page; Offset counts from there
	User          int64       // the searching user, for is:unread and is:starred; 0 is nobody, for whom these are errors
	Marks         *news.Marks // the user's read and starred marks, which the caller loads if the query needs them; nil means none
	Feeds         []news.Feed // the subscribed feeds, loaded likewise, for feed:NAME
}

// Hit is a found article. Title and Body are the spans to highlight. Offsets of Body continue after the body into the
// additional shown text.
type Hit struct {
	ID     int64
	Score  float64
	Title  []news.Span
	Body   []news.Span
	Others int // further matching members of its story, if stories are requested
}

// Result is the answer of the index.
type Result struct {
	Total      int // articles, or stories if these are requested
	Matches    int // articles
	Hits       []Hit
	Next       string // cursor of the next page; "" at the end
	Facets     []Facet
	Suggestion string // the query with words that are in the index, if nothing was found; else ""
}

// Facet counts the articles found, or the stories if these are requested, by one property: outlet, origin, lang or day. A story
// counts under each value that one of its found articles has.
type Facet struct {
	Field  string
	Values []FacetValue // the most frequent 10 first; days the newest 31 first
}

// FacetValue is the number of results with a value, and the text to add to the query to find only these.
type FacetValue struct {
	Name  string
	Query string
	Count int
}

// FoundArticle is a hit with its article and the id of its story (0 while unsettled).
type FoundArticle struct {
	Hit
	Article news.Article
	Story   int64
	Whole   string // the article's body and the additional shown text, if a span of Hit.Body is after the body; else ""
}

// Text returns the text to which the spans of Hit.Body refer.
func (f FoundArticle) Text() string {
	if f.Whole != "" {
		return f.Whole
	}
	return f.Article.Body()
}

// Found is the answer to a search.
type Found struct {
	Total      int // articles, or stories if these are requested
	Matches    int // articles
	Articles   []FoundArticle
	Next       string // cursor of the next page; "" at the end
	Facets     []Facet
	Suggestion string // as in Result
}
