package notify

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
)

// TestWaitsEndWithTheContext, while another call fills the queue, a message of the alert is being sent, or a pass settles.
func TestWaitsEndWithTheContext(t *testing.T) {
	for name, wait := range map[string]func(context.Context, *Queue, *semaphore.Weighted) error{
		"fill": func(ctx context.Context, q *Queue, _ *semaphore.Weighted) error { return q.Fill(ctx, nil) },
		"send": func(ctx context.Context, q *Queue, _ *semaphore.Weighted) error {
			_, _, err := q.sendDue(ctx, news.Alert{ID: 7}, time.Time{})
			return err
		},
		"run": func(ctx context.Context, q *Queue, turn *semaphore.Weighted) error {
			q.Run(ctx, turn)
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, held := NewQueue(&Alerts{}, nil), semaphore.NewWeighted(1)
				q.sending.Store(int64(7), held)
				if !held.TryAcquire(1) || !q.fill.TryAcquire(1) {
					t.Fatal("a new lock is held")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if err := wait(ctx, q, held); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("%v after %s, want the context's error after a second", err, time.Since(began))
				}
			})
		})
	}
}
