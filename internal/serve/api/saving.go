package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

// saveTarget is a service to which a user saves articles, without its secrets.
type saveTarget struct {
	ID      int64      `json:"id" doc:"its number"`
	Kind    string     `json:"kind" doc:"the service, such as wallabag"`
	Name    string     `json:"name" doc:"what the user calls it"`
	Address string     `json:"address" doc:"of the server; empty for services that have one"`
	Waiting int        `json:"waiting" doc:"articles that wait to be saved"`
	Failed  int        `json:"failed" doc:"articles that were given up"`
	Problem string     `json:"problem" doc:"why the last try failed, and what to do; empty if it succeeded"`
	Next    *time.Time `json:"next" doc:"when it is tried again; null where it does not fail"`
}

type saveTargetList struct {
	Total   int          `json:"total" doc:"how many there are"`
	Targets []saveTarget `json:"targets" nullable:"false" doc:"in the order in which they were added"`
}

func (s *server) saveTargets(ctx context.Context, _ *struct{}) (*body[saveTargetList], error) {
	list, err := s.backend.SaveTargets(ctx, access.ViewerOf(ctx).User.ID)
	if err != nil {
		return nil, s.fail(err, "list of services", "/status")
	}
	return &body[saveTargetList]{saveTargetList{len(list), view.All(list, func(t news.SaveTarget) saveTarget {
		return saveTarget{t.ID, t.Kind, t.Name, t.Address, t.Waiting, t.Failed, t.Problem, view.Time(t.Next)}
	})}}, nil
}

type savedArticle struct {
	ID   int64 `path:"id" minimum:"1" doc:"the article's number"`
	Body struct {
		Target int64 `json:"target" minimum:"1" doc:"the number of the service, from /save-targets"`
		Again  bool  `json:"again,omitempty" doc:"save it once more where it was saved before"`
	}
}

// saving says how far the saving of an article is.
type saving struct {
	State news.SavingState `json:"state" enum:"waiting,saved" doc:"waiting until the service has taken it; saved where it was before"`
	Since *time.Time       `json:"since" doc:"when it was saved before, or asked for; null where it was asked for now"`
}

func (s *server) saveArticle(ctx context.Context, q *savedArticle) (*body[saving], error) {
	a, err := s.backend.Article(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("article %d", q.ID), "/articles")
	}
	before, err := s.backend.SaveArticle(ctx, access.ViewerOf(ctx).User.ID, q.Body.Target, a, q.Body.Again)
	var wrong *news.SaveError
	switch {
	case errors.As(err, &wrong):
		return nil, invalid("path.id", q.ID, wrong.Text)
	case err != nil:
		return nil, s.fail(err, fmt.Sprintf("service %d to save to", q.Body.Target), "/save-targets")
	case before != nil:
		return &body[saving]{saving{before.State, view.Time(before.Since)}}, nil
	}
	return &body[saving]{saving{State: news.SavingWaiting}}, nil
}
