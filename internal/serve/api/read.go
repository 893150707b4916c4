package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

// Page is which part of a list is asked for.
type Page struct {
	Limit  int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Offset int `query:"offset" minimum:"0" maximum:"1000000" default:"0" doc:"how many to pass over"`
}

// Since is the time from which on things are asked for.
type Since struct {
	Since string `query:"since" format:"date-time" example:"2026-08-18T06:00:00Z" doc:"only what changed (stories) or was first fetched (articles) since, RFC 3339"`
}

func (s Since) time() (time.Time, error) {
	if s.Since == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s.Since)
	if err != nil {
		return t, invalid("query.since", s.Since, "expected string to be RFC 3339 date-time")
	}
	return t, nil
}

type body[T any] struct{ Body T }

type byID struct {
	ID int64 `path:"id" minimum:"1" doc:"its number"`
}

func (s *server) status(ctx context.Context, _ *struct{}) (*body[status], error) {
	st, err := s.backend.Status(ctx)
	if err != nil {
		return nil, s.fail(err, "status", "/status")
	}
	return &body[status]{status(st)}, nil
}

type storyQuery struct {
	Page
	Since
	Cursor string `query:"cursor" maxLength:"100" doc:"with order=newest, next of the page before: what changes meanwhile moves to the front and does not come again"`
	Event  int64  `query:"event" minimum:"0" doc:"only stories of this event; 0 is all"`
	Order  string `query:"order" enum:"coverage,newest" default:"coverage" doc:"coverage and freshness, or the newest change first"`
}

type storyList struct {
	Total   int     `json:"total" doc:"how many there are in all"`
	Stories []story `json:"stories" nullable:"false" doc:"the stories in the order asked for"`
	Next    string  `json:"next,omitempty" doc:"the cursor of the next page with order=newest; left out on the last"`
}

func (s *server) stories(ctx context.Context, q *storyQuery) (*body[storyList], error) {
	since, err := q.time()
	if err != nil {
		return nil, err
	}
	want := news.StoryList{Limit: q.Limit + 1, Offset: q.Offset, Event: q.Event, Since: since, Newest: q.Order == "newest"}
	total, err := s.backend.CountStories(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of stories", "/stories")
	}
	part := Part{q.Limit, q.Cursor}
	if q.Cursor != "" && !want.Newest {
		return nil, part.wrong()
	}
	if want.Before, err = part.after(ofStories); err != nil {
		return nil, err
	}
	list, err := s.backend.Stories(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of stories", "/stories")
	}
	list, next := cut(list, q.Limit, func(st news.Story) string { return ofStories + news.Place{Time: st.Changed, ID: st.ID}.String() })
	if !want.Newest {
		next = ""
	}
	return &body[storyList]{storyList{total, view.All(list, storyOf), next}}, nil
}

// oneStory answers with a story, or with the way to the one that it was merged into.
type oneStory struct {
	Status   int
	Location string `header:"Location" doc:"the path of the story that it was merged into"`
	Body     story
}

func (s *server) story(ctx context.Context, q *byID) (*oneStory, error) {
	st, err := s.backend.Story(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	compared, err := s.backend.Comparisons(ctx, st)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	reports, err := s.backend.Reports(ctx, st)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	out := &oneStory{Status: http.StatusOK, Body: storyOf(st)}
	out.Body.AddVersions(reports)
	for i, m := range out.Body.Members {
		if k, ok := compared[m.Article]; ok {
			out.Body.Members[i].Comparison = view.ComparisonOf(k)
		}
	}
	if st.ID != q.ID {
		out.Status, out.Location = http.StatusMovedPermanently, fmt.Sprintf("%s/stories/%d", root, st.ID)
	}
	return out, nil
}

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
	if want.Before, err = (Part{q.Limit, q.Cursor}).after(ofArticles); err != nil {
		return nil, err
	}
	list, err := s.backend.Articles(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of articles", "/articles")
	}
	var out articleList
	list, out.Next = cut(list, q.Limit, func(a news.Article) string { return ofArticles + news.Place{Time: a.Time(), ID: a.ID}.String() })
	if q.Cursor == "" {
		if out.Total, err = s.countArticles(ctx, q, len(list)); err != nil {
			return nil, s.fail(err, "list of articles", "/articles")
		}
	}
	out.Articles = view.All(list, articleOf)
	return &body[articleList]{out}, nil
}

// countArticles counts what a list of which got are shown would be without limit and offset. It is nil where no count is
// kept that tells.
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
