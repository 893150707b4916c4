package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type correctionList struct {
	Total       int               `json:"total" doc:"how many there are"`
	Corrections []view.Correction `json:"corrections" nullable:"false" doc:"all corrections, in the order in which they were made"`
}

func (s *server) corrections(ctx context.Context, _ *struct{}) (*body[correctionList], error) {
	const what, list = "list of corrections", "/corrections"
	all, err := s.backend.Corrections(ctx)
	if err != nil {
		return nil, s.fail(err, what, list)
	}
	var articles []int64
	for _, c := range all {
		articles = append(articles, c.Articles()...)
	}
	of, err := s.backend.StoriesOf(ctx, articles)
	if err != nil {
		return nil, s.fail(err, what, list)
	}
	show := func(c news.Correction) view.Correction { return view.CorrectionOf(c, of) }
	return &body[correctionList]{correctionList{len(all), view.All(all, show)}}, nil
}

type newCorrection struct {
	Body struct {
		Merge    []int64 `json:"merge,omitempty" maxItems:"100" doc:"stories to make one of, two at least"`
		Split    int64   `json:"split,omitempty" minimum:"1" doc:"or a story to take articles out of"`
		Articles []int64 `json:"articles,omitempty" maxItems:"1000" doc:"the articles to take out, which become a story of their own"`

		Origin *newOrigin `json:"origin,omitempty" doc:"or what a story goes back to"`
	}
}

// newOrigin is what a story goes back to.
type newOrigin struct {
	Story   int64  `json:"story" minimum:"1" doc:"the story"`
	Article int64  `json:"article,omitempty" minimum:"1" doc:"the article of it that is the origin"`
	Outlet  string `json:"outlet,omitempty" maxLength:"200" doc:"or the outlet that is, by name or domain"`
}

type corrected struct {
	Correction view.Correction `json:"correction" doc:"what was said"`
	Stories    []story         `json:"stories" nullable:"false" doc:"the stories that its articles are in now"`
}

func correctedOf(done news.Corrected) corrected {
	of := map[int64]int64{}
	for _, s := range done.Stories {
		for _, m := range s.Members {
			of[m.Article.ID] = s.ID
		}
	}
	return corrected{view.CorrectionOf(done.Correction, of), view.All(done.Stories, storyOf)}
}

func (s *server) addCorrection(ctx context.Context, q *newCorrection) (*created[corrected], error) {
	b := q.Body
	var done news.Corrected
	var err error
	switch {
	case b.Split != 0 && len(b.Merge) > 0:
		return nil, invalid("body", "merge and split", "expected one of merge and split")
	case b.Origin != nil && (b.Split != 0 || len(b.Merge) > 0):
		return nil, invalid("body", "origin and others", "expected one of merge, split and origin")
	case b.Origin != nil && (b.Origin.Article != 0) == (b.Origin.Outlet != ""):
		return nil, invalid("body.origin", *b.Origin, "expected an article or an outlet")
	case b.Origin != nil:
		done, err = s.backend.SetOrigin(ctx, b.Origin.Story, b.Origin.Article, b.Origin.Outlet)
	case b.Split != 0 && len(b.Articles) == 0:
		return nil, invalid("body.articles", b.Articles, "expected the articles to take out of the story")
	case b.Split != 0:
		done, err = s.backend.Split(ctx, b.Split, b.Articles)
	case len(b.Merge) < 2:
		return nil, invalid("body.merge", b.Merge, "expected two stories at least")
	default:
		done, err = s.backend.Merge(ctx, b.Merge)
	}
	if err != nil {
		return nil, s.failCorrection(err, "/stories")
	}
	return &created[corrected]{fmt.Sprintf("%s/corrections/%d", root, done.Correction.ID), correctedOf(done)}, nil
}

func (s *server) removeCorrection(ctx context.Context, q *byID) (*body[corrected], error) {
	done, err := s.backend.Forget(ctx, q.ID)
	if err != nil {
		return nil, s.failCorrection(err, "/corrections")
	}
	return &body[corrected]{correctedOf(done)}, nil
}

// failCorrection says why a correction was refused, and logs other errors.
func (s *server) failCorrection(err error, list string) error {
	var refused *news.RefusedError
	switch {
	case !errors.As(err, &refused):
		return s.fail(err, "correction", list)
	case errors.Is(err, news.ErrNotFound):
		return huma.Error404NotFound(refused.Text + "; GET " + root + list + " has those that there are")
	}
	return huma.Error409Conflict(refused.Text)
}
