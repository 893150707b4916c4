package pipeline

import (
	"context"
	"errors"
	"fmt"

	"headwater/internal/search"
)

// CatchUp indexes every article that the log holds beyond the index's own mark. It gives the number of articles indexed.
func (n *Newsroom) CatchUp(ctx context.Context, progress func(done, total int)) (int, error) {
	n.indexing.Lock()
	defer n.indexing.Unlock()
	return n.fill(ctx, n.Index, progress)
}

// fill reads the log to its end. The mark reaches that also where the last articles of the log were aged out.
func (n *Newsroom) fill(ctx context.Context, x *search.Index, progress func(done, total int)) (int, error) {
	mark, errMark := x.Watermark()
	end, err := n.Store.LastSeq(ctx) // before the log is read: what comes meanwhile has higher numbers
	if err := errors.Join(errMark, err); err != nil || mark >= end {
		return 0, err
	}
	waiting, err := n.Store.CountAfter(ctx, mark)
	if err != nil {
		return 0, err
	}
	done := 0
	for {
		articles, err := n.Store.Log(ctx, mark, max(n.Batch, 1))
		if err != nil {
			return done, err
		}
		if len(articles) == 0 && mark < end {
			return done, x.Put(ctx, nil, end)
		} else if len(articles) == 0 {
			return done, nil
		}
		mark = articles[len(articles)-1].Seq
		if err := x.Put(ctx, articles, mark); err != nil {
			return done, fmt.Errorf("index %d articles: %w", len(articles), err)
		}
		done += len(articles)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
}
