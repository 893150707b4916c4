package pipeline

import (
	"context"
	"time"

	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/origin"
)

const (
	habitsOf    = 90 * 24 * time.Hour // what is learnt of outlets goes back so far
	habitsEvery = 24 * time.Hour      // how often it is learnt anew
	habitItems  = 50_000              // of the newest of which it is learnt what outlets' items are like
)

// learnOutlets learns once a day what outlets are like: who carries whom, from stories that are closed; who lists others' texts
// and whose clock is wrong, from articles of the days before; and since when each feed is known. All of it is as of the
// midnight before, so that it depends neither on the order in which open stories are settled nor on when the program started.
func (n *Newsroom) learnOutlets(ctx context.Context) error {
	var err error
	if n.known, err = n.Store.FeedsAdded(ctx); err != nil {
		return err
	}
	day := n.Now().Truncate(habitsEvery)
	if n.weigher.Habits != nil && n.learnt.Equal(day) {
		return nil
	}
	var log origin.Log
	err = n.Store.ItemsSeen(ctx, day.Add(-habitsOf), day, habitItems, func(r store.ItemRow) error {
		log.Add(r.Article, r.Claims)
		return nil
	})
	if err != nil {
		return err
	}
	all, err := n.Store.Habits(ctx, day.Add(-habitsOf), day.Add(-n.windowLength()))
	if err != nil {
		return err
	}
	habits := stories.Habits(&log, n.Outlets)
	for _, h := range all {
		sum := habits[h.Outlet.Key()]
		sum.Carried, sum.Carries = sum.Carried+h.Carried, sum.Carries+h.Carries
		sum.Passed = min(max(sum.Passed, sum.Carries), sum.Items) // a site that reruns others may never say so
		habits[h.Outlet.Key()] = sum
	}
	n.weigher.Habits, n.weigher.Clocks, n.learnt = habits, log.Clocks(), day
	return nil
}
