package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type compareQuery struct {
	ID int64 `path:"id" minimum:"1" doc:"its number"`
	A  int64 `query:"a" minimum:"0" doc:"the number of an article of the story; 0 is the one that the others are compared with"`
	B  int64 `query:"b" minimum:"0" doc:"the number of another; 0 is the first of the others"`
}

// oneCompare answers with two articles side by side, or with the way to the story that theirs was merged into.
type oneCompare struct {
	Status   int
	Location string `header:"Location" doc:"the path of the story that it was merged into"`
	Body     view.SideBySide
}

func (s *server) compare(ctx context.Context, q *compareQuery) (*oneCompare, error) {
	what := fmt.Sprintf("story %d", q.ID)
	st, err := s.backend.Story(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what, "/stories")
	}
	a, b, err := st.Pair(q.A, q.B)
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		return nil, huma.Error404NotFound(fmt.Sprintf("%s; %s/stories/%d has its articles", refused.Text, root, st.ID))
	}
	if err != nil {
		return nil, s.fail(err, what, "/stories")
	}
	sides, err := s.backend.Sides(ctx, a, b)
	if err != nil {
		return nil, s.fail(err, what, "/stories")
	}
	out := &oneCompare{Status: http.StatusOK, Body: view.SidesOf(st.ID, sides)}
	if st.ID != q.ID {
		pair := url.Values{"a": {strconv.FormatInt(a.Article.ID, 10)}, "b": {strconv.FormatInt(b.Article.ID, 10)}}
		out.Status, out.Location = http.StatusMovedPermanently, fmt.Sprintf("%s/stories/%d/compare?%s", root, st.ID, pair.Encode())
	}
	return out, nil
}
