package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/store"
)

// follower runs a stage that reads the article log or the story log. The stage has its own watermark and processes
// everything beyond it.
type follower struct {
	name  string
	of    store.Area    // what the stage works on
	wake  wakeup        // sent when there is something to do for another reason; nil for never
	pause time.Duration // least time between two starts, so that work is done in batches
	work  func(context.Context) error
}

// retryAfter is how long a stage waits after a failure.
const retryAfter = 5 * time.Second

// run does the stage's work at once, since an earlier process may have left some, and whenever an area of the store
// changes, until the context ends. It holds turn while it works. It returns an error only after one of the disk, since the
// process has to end then.
func (f follower) run(ctx context.Context, turn *semaphore.Weighted, o Options) error {
	for {
		next := o.Store.Changed(f.of)
		if ctx.Err() != nil || turn.Acquire(ctx, 1) != nil {
			return nil //nolint:nilerr // the context has ended
		}
		began := time.Now()
		step, end := o.Health.Begin(ctx, f.name)
		err := ignoreElsewhere(f.work(step)) // the process that leads does the work
		end()
		turn.Release(1)
		if ctx.Err() == nil {
			o.Metrics.Ran(f.name, time.Since(began), err)
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, news.ErrDisk):
			return fmt.Errorf("stage %s: %w", f.name, err)
		case errors.Is(err, news.ErrUnavailable): // the store has logged it; the next call waits for the database
			sleep(ctx, f.pause)
			continue
		default:
			o.Logger.Error("a stage failed; it is tried again in some seconds", "stage", f.name, "error", err)
			sleep(ctx, retryAfter)
			continue
		}
		sleep(ctx, f.pause-time.Since(began))
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		case <-f.wake:
		}
	}
}

// sleep waits, and returns early when the context ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// wakeup wakes one goroutine. A send while none waits wakes the next one to wait, once.
type wakeup chan struct{}

func newWakeup() wakeup { return make(wakeup, 1) }

func (w wakeup) send() {
	select {
	case w <- struct{}{}:
	default:
	}
}
