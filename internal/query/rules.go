package query

import (
	"context"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
)

// maxRuleArticles is the most earlier articles that a rule acts on at once.
const maxRuleArticles = 2000

// RuleArticles returns the articles that came within some time and that a rule matches, the newest 2,000, with how many there are in all,
// and how many articles of its feeds came. Its errors are those of Search.
func (r *Reader) RuleArticles(ctx context.Context, rule news.UserRule, within time.Duration) (ids []int64, total, of int, err error) {
	from, err := r.store.FirstSince(ctx, r.now().Add(-within))
	if err != nil {
		return nil, 0, 0, err
	}
	s := search.Request{Query: rule.Query, Settled: true, Newest: true, From: from, Limit: maxRuleArticles}
	switch {
	case rule.Feed != 0:
		s.In = []int64{rule.Feed}
	case rule.Folder != "":
		feeds, err := r.store.Feeds(ctx)
		if err != nil {
			return nil, 0, 0, err
		}
		s.In = []int64{}
		for _, f := range feeds {
			if f.Folder == rule.Folder {
				s.In = append(s.In, f.ID)
			}
		}
		if len(s.In) == 0 {
			return nil, 0, 0, nil
		}
	}
	hits, err := r.index.Search(ctx, s, r.now())
	if err != nil {
		return nil, 0, 0, err
	}
	s.Query, s.Limit = "", 1
	all, err := r.index.Search(ctx, s, r.now())
	return articlesOf(hits), hits.Total, all.Total, err
}
