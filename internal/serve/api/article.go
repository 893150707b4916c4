package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
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
