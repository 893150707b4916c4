package pipeline

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"headwater/internal/news"
)

// Report says what a poll of a feed would do and why. Nothing is stored.
type Report struct {
	URL      string
	FinalURL string // after redirects
	Status   int    // 0 where there was no answer
	Header   http.Header
	State    news.FeedState
	Problem  string
	Format   string
	Title    string
	Repaired []string
	Entries  int
	Items    []CheckedItem
	Next     time.Time
	Rule     news.Rule     // what set Next
	Schedule news.Schedule // what the feed and its server ask for
	Moved    string        // where permanent redirects lead; "" without any
}

// CheckedItem is an item as it would be stored.
type CheckedItem struct {
	Article news.Article
	Doubts  []string // what of it does not tell which article it is, in words
}

// Check polls an address without storing anything.
func (n *Newsroom) Check(ctx context.Context, url string) (Report, error) {
	r, err := n.collect(ctx, news.Feed{URL: url})
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return Report{}, err
	}
	got := r.poll.Feed
	rep := Report{
		URL: url, FinalURL: r.response.URL, Status: r.response.Status, Header: r.response.Header, State: got.State, Problem: got.Problem,
		Format: r.document.Format, Title: r.document.Title, Repaired: r.document.Repaired, Entries: len(r.document.Entries),
		Next: got.Due, Rule: got.Rule, Schedule: got.Schedule, Moved: r.response.Permanent,
	}
	said := doubts(r.poll.Articles)
	for i, a := range r.poll.Articles {
		rep.Items = append(rep.Items, CheckedItem{Article: a, Doubts: said[i]})
	}
	return rep, nil
}
