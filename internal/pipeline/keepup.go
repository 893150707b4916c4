package pipeline

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// stage is work behind the log, or behind the stories: it has a mark of its own, and does all that lies beyond it.
type stage struct {
	name  string
	rings bell          // when there is something to do
	pause time.Duration // the least between two beginnings, so that what comes meanwhile is done together
	work  func(context.Context) error
}

// stages are those that keep up with what is stored while serve runs, each by itself: an article is found by its words
// before it has a story.
func (n *Newsroom) stages() []stage {
	return []stage{
		{"index", n.toIndex, 200 * time.Millisecond, func(ctx context.Context) error {
			_, err := n.CatchUp(ctx, nil)
			return err
		}},
		{"settle", n.toSettle, 300 * time.Millisecond, func(ctx context.Context) error {
			_, err := n.Settle(ctx, nil)
			return err
		}},
		{"topics", n.toMatch, 300 * time.Millisecond, n.MatchTopics},
	}
}

// arrived says that the log has grown.
func (n *Newsroom) arrived() {
	n.toIndex.ring()
	n.toSettle.ring()
}

// stageRetry is when a stage that failed is tried again.
const stageRetry = 5 * time.Second

// keepUp runs the stages until the context ends.
func (n *Newsroom) keepUp(ctx context.Context) error {
	n.toMatch.ring()
	n.arrived() // what a process before this one left
	var g errgroup.Group
	for _, s := range n.stages() {
		g.Go(func() error {
			s.follow(ctx, n.holding.RLocker(), func(err error) {
				n.Logger.Error("a stage failed; it is tried again in some seconds", "stage", s.name, "error", err)
			})
			return nil
		})
	}
	return g.Wait()
}

// follow works whenever its bell has rung and it has the turn.
func (s stage) follow(ctx context.Context, turn sync.Locker, failed func(error)) {
	for s.rings.wait(ctx) {
		began := time.Now()
		turn.Lock()
		err := s.work(ctx)
		turn.Unlock()
		if err != nil && ctx.Err() == nil {
			failed(err)
			s.rings.ring()
			rest(ctx, stageRetry)
			continue
		}
		rest(ctx, s.pause-time.Since(began))
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// bell wakes one who waits. Rung while nobody waits, it wakes the next who does, once.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// wait says no when the context has ended.
func (b bell) wait(ctx context.Context) bool {
	select {
	case <-b:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
