package search

import (
	"context"
	"runtime"
)

// turns lets as many searches run at once as there are processors, the others wait in order. More at once would not make
// any of them quicker, hold as many lists of matches, and be cut off by each other wherever they stand.
type turns chan struct{}

func newTurns() turns { return make(turns, runtime.GOMAXPROCS(0)) }

func (t turns) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takeIdle takes turns that nobody has, at most so many, and gives how many it took.
func (t turns) takeIdle(most int) int {
	for n := range most {
		select {
		case t <- struct{}{}:
		default:
			return n
		}
	}
	return most
}

func (t turns) leave() { <-t }
