package pipeline

import (
	"context"

	"headwater/internal/news"
)

// Events gives events, the newest first.
func (n *Newsroom) Events(ctx context.Context, l news.EventList) ([]news.Event, error) {
	return n.Store.Events(ctx, l)
}

// Event gives an event, or news.ErrNotFound.
func (n *Newsroom) Event(ctx context.Context, id int64) (news.Event, error) {
	return n.Store.Event(ctx, id)
}

// Coverage gives the first stories of some events, each of them at most, by event.
func (n *Newsroom) Coverage(ctx context.Context, events []int64, each int) (map[int64]news.Coverage, error) {
	return n.Store.Coverage(ctx, events, each)
}

// OutletCounts gives what outlets have published, by domain and name.
func (n *Newsroom) OutletCounts(ctx context.Context, l news.OutletList) ([]news.OutletCount, error) {
	return n.Store.Outlets(ctx, l)
}

// Corrections gives all corrections in the order in which they were made, and the stories that their articles are in.
func (n *Newsroom) Corrections(ctx context.Context) (all []news.Correction, storyOf map[int64]int64, err error) {
	if all, err = n.Store.Corrections(ctx); err != nil {
		return nil, nil, err
	}
	var articles []int64
	for _, c := range all {
		articles = append(articles, c.Articles()...)
	}
	storyOf, err = n.Store.StoriesOf(ctx, articles)
	return all, storyOf, err
}
