package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/view"
)

// Article is an article without its text.
type Article struct {
	ID        int64       `json:"id" doc:"its number, which revisions keep"`
	Story     int64       `json:"story,omitempty" doc:"the story that it is in; left out in lists and while it is not settled"`
	Feed      int64       `json:"feed" doc:"the feed that brought it"`
	Title     string      `json:"title" doc:"its headline; of a post without one its opening words"`
	URL       string      `json:"url" doc:"its address"`
	Outlet    view.Outlet `json:"outlet" doc:"who published it"`
	Authors   []string    `json:"authors" nullable:"false" doc:"who wrote it, as the feed says"`
	Lang      string      `json:"lang" doc:"ISO 639-1, or empty"`
	Published *time.Time  `json:"published" doc:"as claimed; null where unknown"`
	Seen      time.Time   `json:"seen" doc:"when it was first fetched"`
	Summary   string      `json:"summary" doc:"plain text"`

	Enclosures []view.Enclosure `json:"enclosures" nullable:"false" doc:"recordings, pictures and other files that come with it"`
}

func articleOf(a news.Article) Article {
	return Article{
		ID: a.ID, Feed: a.FeedID, Title: a.Headline(), URL: a.URL, Outlet: view.Outlet(a.Outlet), Lang: a.Lang,
		Authors: append([]string{}, a.Authors...), Published: view.Time(a.Published), Seen: a.Seen, Summary: a.Summary,
		Enclosures: view.All(a.Enclosures, view.EnclosureOf),
	}
}

type wholeArticle struct {
	Article
	Text   string  `json:"text" doc:"plain text; paragraphs are separated by a blank line"`
	HTML   string  `json:"html" doc:"sanitised"`
	Claims []claim `json:"claims" nullable:"false" doc:"whom it credits"`
}

type claim struct {
	view.Claim
	Start    int     `json:"start" doc:"byte offset of the words in text; start and end are both 0 where they stand outside it"`
	End      int     `json:"end" doc:"byte offset behind the words"`
	Strength float64 `json:"strength" minimum:"0" maximum:"1" doc:"how far it speaks for the whole article"`
}

func claimOf(c news.Claim) claim { return claim{view.ClaimOf(c), c.Start, c.End, c.Strength} }

type articleQuery struct {
	Page
	Since
	Cursor string `query:"cursor" maxLength:"100" doc:"next of the page before; what comes meanwhile neither repeats nor hides an article"`
	Feed   int64  `query:"feed" minimum:"0" doc:"only articles of this feed; 0 is all"`
}

type articleList struct {
	Total    *int      `json:"total,omitempty" doc:"how many there are in all; left out where counting them would take long"`
	Articles []Article `json:"articles" nullable:"false" doc:"the articles, newest first"`
	Next     string    `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

func (s *server) articles(ctx context.Context, q *articleQuery) (*body[articleList], error) {
	since, err := q.time()
	if err != nil {
		return nil, err
	}
	want := news.ArticleList{Limit: q.Limit + 1, Offset: q.Offset, FeedID: q.Feed, Since: since}
	if want.Before, err = (Part{q.Limit, q.Cursor}).before(articleCursor); err != nil {
		return nil, err
	}
	list, err := s.backend.Articles(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of articles", "/articles")
	}
	var out articleList
	list, out.Next = cutPage(list, q.Limit, func(a news.Article) string { return articleCursor + news.Place{Time: a.Time(), ID: a.ID}.String() })
	if q.Cursor == "" {
		if out.Total, err = s.countArticles(ctx, q, len(list)); err != nil {
			return nil, s.fail(err, "list of articles", "/articles")
		}
	}
	out.Articles = view.All(list, articleOf)
	return &body[articleList]{out}, nil
}

// countArticles counts the whole list of which this page has got articles. It gives nil where counting would take long.
func (s *server) countArticles(ctx context.Context, q *articleQuery, got int) (*int, error) {
	if got > 0 && got < q.Limit || got == 0 && q.Offset == 0 {
		total := q.Offset + got
		return &total, nil
	}
	if q.Feed != 0 || q.Since.Since != "" {
		return nil, nil
	}
	st, err := s.backend.Status(ctx)
	return &st.Articles, err
}

func (s *server) article(ctx context.Context, q *byID) (*body[wholeArticle], error) {
	what := fmt.Sprintf("article %d", q.ID)
	a, err := s.backend.Article(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what, "/articles")
	}
	claims, err := s.backend.Claims(ctx, []int64{q.ID})
	if err != nil {
		return nil, s.fail(err, what, "/articles")
	}
	st, err := s.backend.StoryOf(ctx, q.ID)
	if err != nil && !errors.Is(err, news.ErrNotFound) { // an article that waits to be settled has none
		return nil, s.fail(err, what, "/articles")
	}
	out := wholeArticle{Article: articleOf(a), Text: a.Text, HTML: a.HTML, Claims: view.All(claims[q.ID], claimOf)}
	out.Story = st.ID
	return &body[wholeArticle]{out}, nil
}

// searchQuery has a smaller offset than Page, since the index holds in memory all hits that are skipped.
type searchQuery struct {
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Offset  int    `query:"offset" minimum:"0" maximum:"10000" default:"0" doc:"how many to pass over, after the cursor where there is one"`
	Q       string `query:"q" required:"true" minLength:"1" maxLength:"2000" doc:"words, \"a phrase\", -without, this OR that, (groups), begin*, fuzzy~, signs as in C# and AT&T, capitals as in \"US\" and title:, text:, author:, source:, outlet:, origin:, lang:, tag:, url:, feed:, is:, copies:, outlets:, independent:, date:, since:, after:, before:"`
	Order   string `query:"order" enum:"relevance,newest,coverage" default:"relevance" doc:"the best match, the newest, or those that the most outlets carry first; of equals the originals, and stories whose original is among what is found"`
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
