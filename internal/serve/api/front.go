package api

import (
	"context"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type frontQuery struct {
	Limit  int      `query:"limit" minimum:"1" maximum:"200" default:"40" doc:"how many cards, at most 200"`
	Offset int      `query:"offset" minimum:"0" maximum:"1000000" default:"0" doc:"how many to pass over"`
	At     string   `query:"at" maxLength:"40" example:"2026-08-19T18:00:00Z" doc:"the page as of this time: RFC 3339, a day (2026-08-19, its beginning) or so long ago as 24h; left out or empty, of now"`
	Lang   []string `query:"lang" maxItems:"20" doc:"languages to prefer, as ISO 639-1; left out, those in which much is told"`
	Folder string   `query:"folder" maxLength:"200" doc:"only what feeds in this folder tell"`
}

func (s *server) front(ctx context.Context, q *frontQuery) (*body[view.Front], error) {
	want := news.FrontQuery{Limit: q.Limit, Offset: q.Offset, Langs: q.Lang, Folder: q.Folder}
	if q.At != "" {
		var err error
		at := strings.ReplaceAll(q.At, " ", "+") // of a zone, by a client that does not escape it
		if want.At, err = view.ParseSince(at, time.Now()); err != nil {
			return nil, invalid("query.at", q.At, err.Error())
		}
	}
	user, _ := userOf(ctx)
	want.Viewer = user.ID
	page, err := s.backend.Front(ctx, want)
	if err != nil {
		return nil, s.fail(err, "front page", "/front")
	}
	return &body[view.Front]{view.FrontOf(page)}, nil
}
