package api

import (
	"context"
	"errors"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

// outletQuery asks for a part of the list of outlets.
type outletQuery struct {
	Part
	Query string `query:"q" maxLength:"200" doc:"only outlets with this in a name or in the domain"`
	Sort  string `query:"sort" enum:"name,articles,originals,share,reruns,lag,first,last" default:"articles" doc:"their order: names from a to z, lags with the shortest first, everything else with the greatest first"`
}

type outletList struct {
	Outlets  []view.OutletRow `json:"outlets" nullable:"false" doc:"the outlets"`
	Total    int              `json:"total" doc:"how many match"`
	Unnamed  int              `json:"without_outlet" doc:"articles that give no outlet, in none of the counts"`
	Counted  time.Time        `json:"counted" doc:"when they were counted, once a minute at most"`
	Counting bool             `json:"counting" doc:"stories of before an update of the program are still to be counted"`
	Next     string           `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

func (s *server) outlets(ctx context.Context, q *outletQuery) (*body[outletList], error) {
	after, err := q.position(outletCursor)
	if err != nil {
		return nil, err
	}
	page, err := s.backend.Outlets(ctx, news.OutletList{Query: q.Query, Sort: news.OutletSort(q.Sort), After: after, Limit: q.Limit + 1})
	if errors.Is(err, news.ErrCursor) {
		return nil, q.badCursor()
	}
	if err != nil {
		return nil, s.fail(err, "list of outlets", "/outlets")
	}
	list, next := cutPage(page.Outlets, q.Limit, func(o news.OutletSummary) string { return outletCursor + o.Key() })
	return &body[outletList]{outletList{view.All(list, view.OutletRowOf), page.Total, page.Unnamed, page.Counted, page.Counting, next}}, nil
}

type byKey struct {
	Key string `path:"key" maxLength:"500" doc:"the outlet's domain, as nytimes.com, or its name where no domain is known"`
}

// wroteStories is how many stories an outlet's answer has.
const wroteStories = 50

func (s *server) outlet(ctx context.Context, q *byKey) (*body[view.OutletDetails], error) {
	d, err := s.backend.Outlet(ctx, q.Key)
	if err != nil {
		return nil, s.fail(err, "outlet "+q.Key, "/outlets")
	}
	return s.outletDetails(ctx, d)
}

func (s *server) outletDetails(ctx context.Context, d news.OutletDetails) (*body[view.OutletDetails], error) {
	wrote, err := s.backend.StoriesBy(ctx, d.Key(), wroteStories, 0)
	if err != nil {
		return nil, s.fail(err, "outlet "+d.Key(), "/outlets")
	}
	out := view.OutletDetailsOf(d, wrote)
	if !access.ViewerOf(ctx).May(access.Feeds) {
		out = out.WithoutSecrets()
	}
	return &body[view.OutletDetails]{out}, nil
}

type changedOutlet struct {
	Key  string `path:"key" maxLength:"500" doc:"the outlet's domain, or its name where no domain is known"`
	Body struct {
		Name    *string   `json:"name,omitempty" minLength:"1" maxLength:"200" doc:"as readers know it"`
		Agency  *bool     `json:"agency,omitempty" doc:"whether others rerun it"`
		Aliases *[]string `json:"aliases,omitempty" maxItems:"100" doc:"all other names that mean it"`
		Domains *[]string `json:"domains,omitempty" maxItems:"100" doc:"all its domains; the one that is its key stays the first"`
	}
}

func (s *server) changeOutlet(ctx context.Context, q *changedOutlet) (*body[view.OutletDetails], error) {
	had, err := s.backend.Outlet(ctx, q.Key)
	if err != nil {
		return nil, s.fail(err, "outlet "+q.Key, "/outlets")
	}
	d, err := s.backend.EditOutlet(ctx, news.OutletEdit{
		Outlet: had.Key(), Name: given(q.Body.Name, had.Name), Agency: given(q.Body.Agency, had.Agency),
		Aliases: given(q.Body.Aliases, had.Aliases), Domains: given(q.Body.Domains, had.Domains),
	})
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		return nil, invalid("body", nil, refused.Text)
	}
	if err != nil {
		return nil, s.fail(err, "outlet "+q.Key, "/outlets")
	}
	return s.outletDetails(ctx, d)
}

func (s *server) restoreOutlet(ctx context.Context, q *byKey) (*body[view.OutletDetails], error) {
	d, err := s.backend.RestoreOutlet(ctx, q.Key)
	if err != nil {
		return nil, s.fail(err, "change of outlet "+q.Key, "/outlets")
	}
	return s.outletDetails(ctx, d)
}
