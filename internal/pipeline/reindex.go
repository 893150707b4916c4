package pipeline

import (
	"context"
	"errors"

	"headwater/internal/search"
)

// Reindex builds the index anew beside the one in use and puts it in its place when it is whole, so that an interruption
// leaves the old one. Open makes the empty one. It gives the number of articles indexed.
func (n *Newsroom) Reindex(ctx context.Context, open func(context.Context) (*search.Index, error), progress func(done, total int)) (int, error) {
	n.indexing.Lock()
	defer n.indexing.Unlock()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	fresh, err := open(ctx)
	if err != nil {
		return 0, err
	}
	done, err := n.fill(ctx, fresh, progress)
	if err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	n.matching.Lock()
	defer n.matching.Unlock()
	n.matcher = nil // it looks words up in the old one
	n.following.Lock()
	defer n.following.Unlock()
	n.swapping.Lock()
	defer n.swapping.Unlock()
	if err := n.Index.Close(); err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	if err := fresh.Swap(ctx); err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	n.Index = fresh
	if places := n.places.Load(); places != nil {
		fresh.SetStories(places)
	}
	return done, nil
}
