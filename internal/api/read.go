package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
)

// Page is which part of a list is asked for.
type Page struct {
	Limit  int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many"`
	Offset int `query:"offset" minimum:"0" maximum:"1000000" default:"0" doc:"how many to pass over"`
}

type body[T any] struct{ Body T }

type byID struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *server) status(ctx context.Context, _ *struct{}) (*body[news.Status], error) {
	st, err := s.room.Status(ctx)
	if err != nil {
		return nil, s.fail(err, "status")
	}
	return &body[news.Status]{st}, nil
}

type storyQuery struct {
	Page
	Event int64     `query:"event" minimum:"0" doc:"only stories of this event"`
	Since time.Time `query:"since" doc:"only those that changed since, RFC 3339"`
	Order string    `query:"order" enum:"coverage,newest" default:"coverage" doc:"coverage and freshness, or the newest change first"`
}

type storyList struct {
	Stories []story `json:"stories" nullable:"false"`
}

func (s *server) stories(ctx context.Context, q *storyQuery) (*body[storyList], error) {
	list, err := s.room.Stories(ctx, news.StoryList{
		Limit: q.Limit, Offset: q.Offset, Event: q.Event, Since: q.Since, Newest: q.Order == "newest",
	})
	if err != nil {
		return nil, s.fail(err, "list of stories")
	}
	return &body[storyList]{storyList{storiesOf(list)}}, nil
}

// oneStory answers with a story, or with the way to the one that it was merged into.
type oneStory struct {
	Status   int
	Location string `header:"Location"`
	Body     story
}

func (s *server) story(ctx context.Context, q *byID) (*oneStory, error) {
	st, err := s.room.Story(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID))
	}
	compared, err := s.room.Comparisons(ctx, st)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID))
	}
	out := &oneStory{Status: http.StatusOK, Body: storyOf(st)}
	for i, m := range out.Body.Members {
		if k, ok := compared[m.Article]; ok {
			out.Body.Members[i].Comparison = &k
		}
	}
	if st.ID != q.ID {
		out.Status, out.Location = http.StatusMovedPermanently, fmt.Sprintf("/api/v1/stories/%d", st.ID)
	}
	return out, nil
}

type articleQuery struct {
	Page
	Feed  int64     `query:"feed" minimum:"0" doc:"only articles of this feed"`
	Since time.Time `query:"since" doc:"only those first seen since, RFC 3339"`
}

type articleList struct {
	Articles []article `json:"articles" nullable:"false"`
}

func (s *server) articles(ctx context.Context, q *articleQuery) (*body[articleList], error) {
	list, err := s.room.Articles(ctx, news.ArticleList{Limit: q.Limit, Offset: q.Offset, FeedID: q.Feed, Since: q.Since})
	if err != nil {
		return nil, s.fail(err, "list of articles")
	}
	out := articleList{make([]article, 0, len(list))}
	for _, a := range list {
		out.Articles = append(out.Articles, articleOf(a))
	}
	return &body[articleList]{out}, nil
}

func (s *server) article(ctx context.Context, q *byID) (*body[wholeArticle], error) {
	what := fmt.Sprintf("article %d", q.ID)
	a, err := s.room.Article(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what)
	}
	claims, err := s.room.Claims(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what)
	}
	out := wholeArticle{article: articleOf(a), Text: a.Text, HTML: a.HTML, Claims: make([]claim, 0, len(claims))}
	for _, c := range claims {
		out.Claims = append(out.Claims, claim{c.Kind, c.Outlet, c.Domain, c.URL, c.Text})
	}
	if st, err := s.room.StoryOf(ctx, q.ID); err == nil { // an article that waits to be settled has none
		out.Story = st.ID
	}
	return &body[wholeArticle]{out}, nil
}

type searchQuery struct {
	Page
	Q     string `query:"q" required:"true" minLength:"1" doc:"words, \"a phrase\", -without, this OR that, source:, title:, lang:, date:, after:, before:"`
	Order string `query:"order" enum:"relevance,newest" default:"relevance"`
}

type foundList struct {
	Total    int     `json:"total"`
	Articles []found `json:"articles" nullable:"false"`
}

func (s *server) search(ctx context.Context, q *searchQuery) (*body[foundList], error) {
	if err := s.check(q.Q); err != nil {
		return nil, huma.Error400BadRequest(err.Error())
	}
	got, err := s.room.Search(ctx, news.Search{Query: q.Q, Limit: q.Limit, Offset: q.Offset, Newest: q.Order == "newest"})
	if err != nil {
		return nil, s.fail(err, "search")
	}
	out := foundList{Total: got.Total, Articles: make([]found, 0, len(got.Articles))}
	for _, f := range got.Articles {
		out.Articles = append(out.Articles, foundOf(f))
	}
	return &body[foundList]{out}, nil
}
