package newsroom

import (
	"context"
	"time"

	"headwater/internal/origin"
)

const (
	habitsOf    = 90 * 24 * time.Hour // what is learnt of outlets goes back so far
	habitsEvery = 24 * time.Hour      // how often it is learnt anew
)

// learnOutlets learns who carries whom, from stories that are closed, so that it depends on no order in which the open ones are
// settled, and since when each feed is known.
func (n *Newsroom) learnOutlets(ctx context.Context) error {
	var err error
	if n.known, err = n.Store.FeedsAdded(ctx); err != nil {
		return err
	}
	now := n.Now()
	if n.weigher.Habits != nil && now.Sub(n.learnt) < habitsEvery {
		return nil
	}
	all, err := n.Store.Habits(ctx, now.Add(-habitsOf), now.Add(-n.windowLength()))
	if err != nil {
		return err
	}
	habits := map[string]origin.Habit{}
	for _, h := range all {
		sum := habits[h.Outlet.Key()]
		sum.Carried, sum.Carries = sum.Carried+h.Carried, sum.Carries+h.Carries
		habits[h.Outlet.Key()] = sum
	}
	n.weigher.Habits, n.learnt = habits, now
	return nil
}
