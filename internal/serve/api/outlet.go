package api

import (
	"context"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type outletCount struct {
	Name      string `json:"name" doc:"as readers know it"`
	Domain    string `json:"domain" doc:"its registrable domain, or empty where it is not known"`
	Agency    bool   `json:"agency" doc:"others rerun it"`
	Articles  int    `json:"articles" doc:"articles that it published"`
	Originals int    `json:"originals" doc:"those that are the original of their story"`
	Copies    int    `json:"copies" doc:"those that copy, rewrite or excerpt another's"`
}

func outletRow(o news.OutletCount) outletCount {
	return outletCount{o.Name, o.Domain, o.Agency, o.Articles, o.Originals, o.Copies}
}

type outletList struct {
	Outlets []outletCount `json:"outlets" nullable:"false" doc:"the outlets, by domain and name"`
	Next    string        `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

func (s *server) outlets(ctx context.Context, q *struct{ Part }) (*body[outletList], error) {
	want := news.OutletList{Limit: q.Limit + 1}
	after, err := q.position(outletCursor)
	if err != nil {
		return nil, err
	}
	if after != "" {
		domain, name, ok := strings.Cut(after, "\t")
		if !ok {
			return nil, q.badCursor()
		}
		want.After = news.Outlet{Domain: domain, Name: name}
	}
	list, err := s.backend.Outlets(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of outlets", "/outlets")
	}
	list, next := cutPage(list, q.Limit, func(o news.OutletCount) string { return outletCursor + o.Domain + "\t" + o.Name })
	return &body[outletList]{outletList{view.All(list, outletRow), next}}, nil
}

type byDomain struct {
	Domain string `path:"domain" maxLength:"300" doc:"the outlet's registrable domain, as nytimes.com"`
}

func (s *server) outlet(ctx context.Context, q *byDomain) (*body[outletList], error) {
	list, err := s.backend.Outlets(ctx, news.OutletList{Limit: 200, Domain: strings.ToLower(q.Domain)})
	if err == nil && len(list) == 0 {
		err = news.ErrNotFound
	}
	if err != nil {
		return nil, s.fail(err, "outlet "+q.Domain, "/outlets")
	}
	return &body[outletList]{outletList{Outlets: view.All(list, outletRow)}}, nil
}
