package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// follower runs a stage behind the log, or behind the stories. The stage has a watermark of its own and does all that lies beyond
// it.
type follower struct {
	name  string
	wake  wakeup        // when there is something to do
	pause time.Duration // the least between two beginnings, so that what comes meanwhile is done together
	work  func(context.Context) error
}

// retryAfter is when a stage that failed is tried again.
const retryAfter = 5 * time.Second

// run works whenever it is woken, holding turn, until the context ends.
func (f follower) run(ctx context.Context, turn sync.Locker, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		if ctx.Err() != nil {
			return
		}
		began := time.Now()
		turn.Lock()
		err := f.work(ctx)
		turn.Unlock()
		if err != nil && ctx.Err() == nil {
			log.Error("a stage failed; it is tried again in some seconds", "stage", f.name, "error", err)
			f.wake.send()
			sleep(ctx, retryAfter)
			continue
		}
		sleep(ctx, f.pause-time.Since(began))
	}
}

// sleep ends early with the context.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// wakeup wakes one goroutine. Sent while none waits, it wakes the next that does, once.
type wakeup chan struct{}

func newWakeup() wakeup { return make(wakeup, 1) }

func (w wakeup) send() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// broadcast wakes all that wait for something.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // closed by the next send; nil while nobody waits
}

// next gives a channel that is closed by the next send.
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
