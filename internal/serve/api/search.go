package api

import (
	"context"
	"errors"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/view"
)

// searchQuery has a smaller offset than Page, since the index holds in memory all hits that are skipped.
type searchQuery struct {
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Offset  int    `query:"offset" minimum:"0" maximum:"10000" default:"0" doc:"how many to pass over, after the cursor where there is one"`
	Q       string `query:"q" required:"true" minLength:"1" maxLength:"2000" doc:"words, \"a phrase\", -without, this OR that, (groups), begin*, fuzzy~, signs as in C# and AT&T, capitals as in \"US\" and title:, text:, author:, source:, outlet:, origin:, lang:, tag:, url:, feed:, is:, copies:, outlets:, independent:, date:, since:, after:, before:"`
	Order   string `query:"order" enum:"relevance,newest,coverage" default:"relevance" doc:"the best match, the newest, or those that the most outlets carry first"`
	Results string `query:"results" enum:"stories,articles" default:"stories" doc:"of each story only the member that comes first, or every article"`
	Facets  bool   `query:"facets" default:"false" doc:"count what is found, articles or stories, by outlet, origin, language and day"`
	Cursor  string `query:"cursor" maxLength:"100" doc:"next of the page before, of the same search; what was stored since the first page is left out"`
}

type foundList struct {
	Total      int          `json:"total" doc:"how many articles match, or stories where those are asked for"`
	Articles   []found      `json:"articles" nullable:"false" doc:"the articles in the order asked for"`
	Matches    int          `json:"matches,omitempty" doc:"how many articles match, where stories are asked for"`
	Next       string       `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
	Facets     []view.Facet `json:"facets,omitempty" doc:"counts, where they are asked for"`
	Suggestion string       `json:"suggestion,omitempty" doc:"where nothing is found, the query with words that the index knows"`
}

func (s *server) search(ctx context.Context, q *searchQuery) (*body[foundList], error) {
	check := s.checkQuery
	user, known := userOf(ctx)
	if known {
		check = s.checkOwnQuery
	}
	if err := check(q.Q); err != nil {
		return nil, badQuery("query.q", q.Q, err)
	}
	got, err := s.backend.Search(ctx, search.Request{
		User: user.ID, Query: q.Q, Limit: q.Limit, Offset: q.Offset, Newest: q.Order == "newest", Coverage: q.Order == "coverage",
		Stories: q.Results == "stories", Facets: q.Facets, Cursor: q.Cursor,
	})
	if errors.Is(err, news.ErrCursor) {
		return nil, invalid("query.cursor", q.Cursor, news.ErrCursor.Error())
	}
	if err != nil {
		return nil, s.fail(err, "search", "/status")
	}
	if q.Results != "stories" {
		got.Matches = 0 // it is Total
	}
	return &body[foundList]{foundList{
		Total: got.Total, Articles: view.All(got.Articles, foundOf), Matches: got.Matches, Next: got.Next,
		Facets: view.All(got.Facets, view.FacetOf), Suggestion: got.Suggestion,
	}}, nil
}

type found struct {
	view.Found
	InTitle []span `json:"in_title" nullable:"false" doc:"where the words found stand in title"`
	InText  []span `json:"in_text" nullable:"false" doc:"where they stand in the article's text, or in its summary where there is no text"`
}

func foundOf(f search.FoundArticle) found {
	return found{view.FoundOf(f), view.All(f.Title, spanOf), view.All(f.Body, spanOf)}
}

type span struct {
	Start int `json:"start" doc:"byte offset of its first byte"`
	End   int `json:"end" doc:"byte offset behind its last byte"`
}

func spanOf(s news.Span) span { return span(s) }
