package search

import (
	"errors"
	"fmt"

	"headwater/internal/news"
)

// The query language. The table queryFields (parse.go) has the parser of each field.
//
//	tariffs steel            both words, in title or body
//	"rate decision"          the words in a row
//	fed OR ecb               either; OR binds tighter than the space: rates fed OR ecb is rates (fed OR ecb)
//	-opinion, NOT opinion    without
//	(fed OR ecb) -opinion    groups; AND may be written, and is what a space means
//	C# C++ .NET AT&T #tag    words written with these signs; C finds them too
//	"US" U.S.                in capitals, or with full stops, and not us
//	elect*                   words that begin so; three letters at least
//	title:strike author:lee  in the headline, in the authors' names
//	tarif~ tarif~2           words that differ in one letter, or two; four letters at least
//	text:strike tag:energy   in the body alone; one of the feed's categories
//	url:2026/08              words of the address
//	source:reuters           published by Reuters or crediting it: a name, a domain or the beginning of one
//	outlet:bbc origin:ap     published by it; in a story that goes back to it
//	lang:es feed:12 feed:bbc language as ISO 639-1; the feed's number, words of its title, or its domain
//	is:original              the article's role in its story; also copy, rewrite and excerpt
//	is:unread is:starred     not read, or starred, by the user of the search
//	is:hidden                hidden from the user by rules; without it a search leaves these out
//	copies:>5 outlets:>=3    copies and outlets of its story; also =, < and <=, and a number alone
//	independent:>2           stories that tell of its event
//	since:24h since:2026-08-18
//	                         from then on; m, h, d and w are minutes, hours, days and weeks before now
//	date:2026-08-18          that day, in UTC; 2026-08 and 2026 are a month and a year
//	date:2026-08-18..2026-08-19, after:2026-08-18, before:2026-08
//	                         from a day through another; from a day on; before a day begins
//
// Case, accents and a plural s are ignored. Punctuation separates words. A word also matches its forms: words of the index with
// the same stem, in articles of the stemmer's language. A stop word of an article's language may be missing from the article if
// the query also asks for other words. Within quotation marks a word matches no forms and may not be missing. Each field may
// have a quoted value: source:"new york times".
//
// A word with signs matches only words with the same signs at the same place. A word without signs matches words with and
// without signs. Signs before a word are # @ $ € and other currencies, % and a full stop. Signs after a word are # + % ‰ ° and
// currencies. Signs between two words without spaces are & / . @ _ = !. "50 %" and "AT & T" are 50% and AT&T. In title and
// body, words of two to five capitals within quotation marks match only capitals, unless the whole quotation is in capitals.
// Full-width signs equal others, and ♯ equals #. Fuzzy words have no signs, and c++* is c++.

// Limits of a query: its length in characters, and the nesting depth of parentheses.
const (
	maxQuery = 2000
	maxDepth = 50
)

// QueryError says what is wrong with a query and what to do. At counts characters from 1.
type QueryError struct {
	At      int
	Problem string
	Advice  string
}

// Error returns the whole error in one sentence.
func (e *QueryError) Error() string {
	return fmt.Sprintf("query, character %d: %s; %s", e.At, e.Problem, e.Advice)
}

// errNothing means that there is nothing to search for, as in punctuation. The parser handles it.
var errNothing = errors.New("nothing to search for")

// parser is the state of parsing a query.
type parser struct {
	src   []rune
	at    int
	depth int // nesting depth of parentheses
	wide  int // number of words so far that stand for many words
}

// fail returns the error for a position counted from 0.
func (p *parser) fail(at int, problem, advice string) error {
	return &QueryError{At: at + 1, Problem: problem, Advice: advice}
}

// fieldValue is the value after the colon of a field.
type fieldValue struct {
	field   string // its name
	example string // an example such as date:2026-08-18, for messages
	text    string
	quoted  bool
	at      int // in the query, in characters
}

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
	Prominent     bool        // matches in headline and lead before all others, whatever the order; always so in order of relevance
	Stories       bool        // only the first member of each story in the order of the search; articles without a story count as one each
	Settled       bool        // no articles without a story
	Facets        bool        // count the articles or stories found by outlet, origin, language and day
	Cursor        string      // Result.Next of the previous page; Offset counts from there
	User          int64       // the searching user, for is:unread, is:starred and is:hidden; 0 is nobody, for whom these are errors
	Marks         *news.Marks // the user's read and starred marks, which the caller loads if the query needs them; nil means none
	Hidden        news.IDSet  // what is hidden from the user, which the caller loads; left out, unless the query asks for is:hidden
	Feeds         []news.Feed // the subscribed feeds, loaded likewise, for feed:NAME

	In   []int64 // only articles of these feeds; nil means of all
	From int64   // only articles with at least this id, and with an empty Query all of these; 0 means any
	Also []int64 // these articles as well, whether they match or not
}

// Hit is a found article. Title and Body are the spans to highlight. Offsets of Body continue after the body into the
// additional shown text.
type Hit struct {
	ID      int64
	Score   float64
	Passing bool // it matches neither in headline nor lead, if the search tells these apart
	Title   []news.Span
	Body    []news.Span
	Others  int // further matching members of its story, if stories are requested
}

// Result is the answer of the index.
type Result struct {
	Total      int // articles, or stories if these are requested
	Matches    int // articles
	Prominent  int // of Total, those that match in headline and lead; 0 if the search does not tell these apart
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

// TopicPage is a part of a topic's stories, with what its page says of all of them.
type TopicPage struct {
	Stories   []news.Story // those that have the topic in headline or lead first, each part the newest first
	Total     int
	Prominent int          // of Total, those that have it in headline or lead
	Facets    []Facet      // by story
	New       []news.Story // the latest of those that are new since somebody has seen the topic; only with the first part
}

// Found is the answer to a search.
type Found struct {
	Total      int // articles, or stories if these are requested
	Matches    int // articles
	Prominent  int // as in Result
	Articles   []FoundArticle
	Next       string // cursor of the next page; "" at the end
	Facets     []Facet
	Suggestion string // as in Result
}
