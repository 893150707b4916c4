package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// follower runs a stage that reads the article log or the story log. The stage has its own watermark and processes
// everything beyond it.
type follower struct {
	name  string
	wake  wakeup        // sent when there is something to do
	pause time.Duration // least time between two starts, so that work is done in batches
	work  func(context.Context) error
}

// retryAfter is how long a stage waits after a failure.
const retryAfter = 5 * time.Second

// run does the stage's work whenever it is woken, until the context ends. It holds turn while it works.
func (f follower) run(ctx context.Context, turn *semaphore.Weighted, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		if ctx.Err() != nil || turn.Acquire(ctx, 1) != nil {
			return
		}
		began := time.Now()
		err := f.work(ctx)
		turn.Release(1)
		if err != nil && ctx.Err() == nil {
			log.Error("a stage failed; it is tried again in some seconds", "stage", f.name, "error", err)
			f.wake.send()
			sleep(ctx, retryAfter)
			continue
		}
		sleep(ctx, f.pause-time.Since(began))
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

// broadcast wakes all goroutines that wait.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // closed by the next send; nil while nobody waits
}

// next returns a channel that the next send closes.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
