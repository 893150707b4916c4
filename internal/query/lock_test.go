package query

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaitsEndWithTheContext, while the index is written or its table of stories is loaded.
func TestWaitsEndWithTheContext(t *testing.T) {
	for name, wait := range map[string]func(context.Context, *Index) error{
		"catch up":       func(ctx context.Context, x *Index) error { _, err := x.CatchUp(ctx, nil); return err },
		"rebuild":        func(ctx context.Context, x *Index) error { _, err := x.Rebuild(ctx, nil, nil, nil); return err },
		"delete":         func(ctx context.Context, x *Index) error { _, err := x.DeleteAged(ctx, 0); return err },
		"load stories":   func(ctx context.Context, x *Index) error { _, err := x.Stories(ctx); return err },
		"newest stories": func(ctx context.Context, x *Index) error { _, err := x.NewestStories(ctx); return err },
		"feeds": func(ctx context.Context, x *Index) error {
			r := NewReader(nil, x, nil, time.Now)
			if err := r.feeds.lock.Acquire(ctx, 1); err != nil {
				return err
			}
			_, _, err := r.followed(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := NewIndex(nil, nil, 1)
				if !x.writing.TryAcquire(1) || !x.table.lock.TryAcquire(1) {
					t.Fatal("a new index is locked")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if err := wait(ctx, x); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("%v after %s, want the context's error after a second", err, time.Since(began))
				}
			})
		})
	}
}
