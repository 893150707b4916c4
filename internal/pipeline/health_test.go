package pipeline

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/observe"
	"headwater/internal/store"
)

// TestStuckStage: a stage that never returns is noticed, one that waits for work is not.
func TestStuckStage(t *testing.T) {
	for name, c := range map[string]struct {
		work func(ctx context.Context) error
		want string
	}{
		"waits":   {func(context.Context) error { return nil }, ""},
		"returns": {func(context.Context) error { time.Sleep(observe.StuckAfter - time.Minute); return nil }, ""},
		"stuck":   {func(ctx context.Context) error { <-ctx.Done(); return nil }, "no progress: topics for 1h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db, err := store.Open(t.Context(), t.TempDir(), store.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = db.Close() }() // nothing was written
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o := Options{Store: db, Logger: slog.New(slog.DiscardHandler), Health: &observe.Health{}}
				f := follower{name: "topics", work: c.work}
				go func() { _ = f.run(ctx, semaphore.NewWeighted(1), o) }()
				time.Sleep(time.Hour)
				got := ""
				if err := o.Health.Check(); err != nil {
					got = err.Error()
				}
				if got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}
