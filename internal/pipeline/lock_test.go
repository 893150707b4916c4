package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/store/storetest"
)

// TestWaitsEndWithTheContext, whoever holds the lock and for however long.
func TestWaitsEndWithTheContext(t *testing.T) {
	held := func() *semaphore.Weighted {
		lock := semaphore.NewWeighted(wholeTurn)
		if !lock.TryAcquire(wholeTurn) {
			t.Fatal("a new lock is held")
		}
		return lock
	}
	log := slog.New(slog.DiscardHandler)
	busy := func() *Settler { return &Settler{lead: &lead{lock: held()}, lock: held()} }
	db := storetest.Open(t, t.TempDir())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, wait := range map[string]func(context.Context) error{
		"settle":      func(ctx context.Context) error { _, err := busy().Settle(ctx, nil); return err },
		"merge":       func(ctx context.Context) error { _, err := busy().Merge(ctx, nil); return err },
		"split":       func(ctx context.Context) error { _, err := busy().Split(ctx, 1, nil); return err },
		"forget":      func(ctx context.Context) error { _, err := busy().Forget(ctx, 1); return err },
		"weigh again": func(ctx context.Context) error { return busy().Reweigh(ctx) },
		"close": func(ctx context.Context) error {
			_, _, err := busy().closeStories(ctx, time.Time{}, 1)
			return err
		},
		"age out": func(ctx context.Context) error {
			_, err := (&Retention{settler: busy()}).ageOut(ctx, time.Time{}, nil)
			return err
		},
		"remove": func(ctx context.Context) error {
			_, err := (&Retention{lock: held()}).Remove(ctx, time.Minute)
			return err
		},
		"match":          func(ctx context.Context) error { return (&Matcher{lock: held()}).Match(ctx) },
		"pause matching": func(ctx context.Context) error { _, err := (&Matcher{lock: held()}).pause(ctx); return err },
		"topics":         func(ctx context.Context) error { return (&Matcher{lock: held()}).unfilledTopics(ctx) },
		"pass": func(ctx context.Context) error {
			_, err := (&Pipeline{passing: make(chan struct{}, 1), turn: held()}).Pass(ctx, PassOptions{})
			return err
		},
		"stage": func(ctx context.Context) error {
			f := follower{work: func(context.Context) error { return errors.New("it worked beside a pass") }}
			_ = f.run(ctx, held(), Options{Store: db, Logger: log})
			return ctx.Err()
		},
		"retention": func(ctx context.Context) error {
			(&Retention{lock: semaphore.NewWeighted(1)}).run(ctx, held())
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if err := wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("%v after %s, want the context's error after a second", err, time.Since(began))
				}
			})
		})
	}
}

// TestStepSizes follow from the time that a step took.
func TestStepSizes(t *testing.T) {
	for _, tt := range []struct {
		size int
		took time.Duration
		want int
	}{
		{8, time.Millisecond, 16},
		{100, time.Millisecond, largestStep},
		{8, 7 * time.Millisecond, 8},
		{32, 12 * time.Millisecond, 16},
		{100, 100 * time.Millisecond, 10},
		{100, time.Hour, 1},
		{1, time.Second, 1},
	} {
		if got := nextSize(tt.size, tt.took); got != tt.want {
			t.Errorf("after %d articles in %s come %d, want %d", tt.size, tt.took, got, tt.want)
		}
	}
}
