package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
)

// Removed counts what Retention removed.
type Removed struct {
	Closed   int // stories closed
	Articles int // articles aged out
	Stories  int // stories whose articles were all aged out
	Freed    int // database pages given back to the disk
}

// feedsAStep is how many removals of feeds become final in a step.
const feedsAStep = 8

// Remove removes what is no longer needed, also from the search index, until nothing is left to do or budget is used up. It
// returns ErrElsewhere if
// another process leads.
func (r *Retention) Remove(ctx context.Context, budget time.Duration) (Removed, error) {
	var all Removed
	ends := time.Now().Add(budget)
	for time.Now().Before(ends) {
		step, end := r.health.Begin(ctx, "retention")
		did, err := r.step(step, &all)
		end()
		if err != nil {
			return all, err
		}
		if !did {
			break
		}
	}
	_, err := r.index.DeleteAged(ctx, time.Until(ends))
	return all, err
}

// run removes in single steps until the context ends. It holds turn during each step.
func (r *Retention) run(ctx context.Context, turn *semaphore.Weighted) {
	var all Removed
	for ctx.Err() == nil {
		if turn.Acquire(ctx, 1) != nil {
			return
		}
		began := time.Now()
		did, err := r.step(ctx, &all)
		turn.Release(1)
		err = ignoreElsewhere(err) // this process is about to stand by
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, news.ErrUnavailable): // the store has logged it; the next step waits for the database
		case err != nil:
			r.log.Error("old articles could not be let go of; it is tried again", "error", err)
			sleep(ctx, retainEvery)
		case did:
			sleep(ctx, retainShare*time.Since(began))
		default:
			if all.Articles > 0 {
				r.log.Info("articles were aged out", "keep", days(r.keep), "articles", all.Articles, "stories", all.Stories)
			}
			all = Removed{}
			sleep(ctx, retainEvery)
		}
	}
}

// step does one step. It returns false if there was nothing to do.
func (r *Retention) step(ctx context.Context, all *Removed) (bool, error) {
	if err := r.lock.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer r.lock.Release(1)
	var err error
	if r.led, err = r.lead.hold(ctx); err != nil {
		return false, err
	}
	since, aging := r.agedBefore, true
	if r.now().Sub(r.allowed).Abs() >= retainEvery {
		if since, aging, err = r.agesOut(ctx); err != nil {
			return false, err
		}
		r.agedBefore, r.allowed = since, time.Time{}
		if aging {
			r.allowed = r.now()
		}
	}
	at, err := r.clock.Now(ctx)
	if err != nil {
		return false, err
	}
	aging = aging && !r.clock.ahead()
	if steady := at.Add(-r.keep); steady.Before(since) {
		since = steady
	}
	closes := at.Add(-r.window)
	if aging && since.After(closes) {
		closes = since
	}
	kinds := []func() (bool, error){
		func() (bool, error) { return r.closeStories(ctx, closes, all) },
		func() (bool, error) {
			ended, err := r.led.EndRemovals(ctx, at.Add(-news.UndoRemoval), feedsAStep)
			return ended > 0, err
		},
		func() (bool, error) {
			if !aging {
				return false, nil
			}
			return r.ageOut(ctx, since, all)
		},
	}
	shrink := func() (bool, error) { return r.shrink(ctx, all) }
	if r.shrinks = !r.shrinks; r.shrinks {
		kinds = slices.Insert(kinds, 0, shrink)
	} else {
		kinds = append(kinds, shrink)
	}
	for _, do := range kinds {
		if did, err := do(); did || err != nil {
			return did, err
		}
	}
	return false, nil
}

// shrink gives some free pages back to the disk.
func (r *Retention) shrink(ctx context.Context, all *Removed) (bool, error) {
	freed, err := r.store.Shrink(ctx, stepTime)
	if err != nil || freed == 0 {
		return false, err
	}
	all.Freed += freed
	return true, r.stepDone(ctx)
}

// closeStories closes some stories that have not changed since a time.
func (r *Retention) closeStories(ctx context.Context, since time.Time, all *Removed) (bool, error) {
	closed, took, err := r.settler.closeStories(ctx, since, r.closing)
	if err != nil || closed == 0 {
		return false, err
	}
	all.Closed += closed
	r.closing = nextSize(r.closing, took)
	return true, r.stepDone(ctx)
}

// ageOut ages out some articles of stories that have not changed since a time.
func (r *Retention) ageOut(ctx context.Context, since time.Time, all *Removed) (bool, error) {
	if err := r.settler.begin(ctx); err != nil { // a settlement must not see a half-removed story
		return false, err
	}
	defer r.settler.lock.Release(1)
	began := time.Now()
	out, err := r.settler.store.AgeOut(ctx, since, r.now(), r.aging)
	if err != nil {
		return false, err
	}
	took := time.Since(began)
	r.aging = nextSize(r.aging, took)
	if len(out.Articles)+len(out.Stories) == 0 {
		return out.Passed > 0, nil
	}
	r.metrics.AgedOut.Add(float64(len(out.Articles)))
	all.Articles, all.Stories = all.Articles+len(out.Articles), all.Stories+len(out.Stories)
	return true, r.stepDone(ctx)
}

// stepDone copies, after some steps, their commits from the WAL into the database file, so that no later commit has to.
func (r *Retention) stepDone(ctx context.Context) error {
	if r.copied++; r.copied%copyEvery != 0 {
		return nil
	}
	return r.store.Checkpoint(ctx)
}

// nextSize returns the size of the next step, given how long the last one took.
func nextSize(size int, took time.Duration) int {
	switch {
	case took > stepTime:
		return max(min(size/2, int(int64(size)*int64(stepTime)/int64(took))), 1)
	case took < stepTime/2:
		return min(size*2, largestStep)
	}
	return size
}

// closeStories removes the prints and edges of up to limit stories that have not changed since a time, and removes the
// stories from the window. The edges that show why a member is in its story stay. It returns the number of stories and
// how long writing took.
func (s *Settler) closeStories(ctx context.Context, since time.Time, limit int) (closed int, took time.Duration, err error) {
	if err := s.begin(ctx); err != nil {
		return 0, 0, err
	}
	defer s.lock.Release(1)
	closing, err := s.store.Closable(ctx, since, limit)
	if err != nil || len(closing) == 0 {
		return 0, 0, err
	}
	ids, at := make([]int64, len(closing)), make(map[int64]int, len(closing))
	for i, c := range closing {
		ids[i], at[c.Story] = c.Story, i
	}
	all, err := s.store.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	if err != nil {
		return 0, 0, err
	}
	for _, st := range all {
		if len(st.Members) < 2 {
			continue
		}
		edges, err := s.store.EdgesBetween(ctx, membersOf(st))
		if err != nil {
			return 0, 0, err
		}
		lead := st.Lead().Article.ID
		joining := map[[2]int64]bool{}
		for _, m := range st.Members {
			if e, ok := stories.JoiningEdge(m.Article.ID, lead, edges); ok {
				joining[[2]int64{e.A, e.B}] = true
			}
		}
		c := &closing[at[st.ID]]
		c.Edges = slices.DeleteFunc(edges, func(e news.Edge) bool {
			return !joining[[2]int64{e.A, e.B}] || !slices.Contains(c.Articles, e.A) && !slices.Contains(c.Articles, e.B)
		})
	}
	began := time.Now()
	if err := s.store.CloseStories(ctx, closing); err != nil {
		if !errors.Is(err, store.ErrFenced) {
			s.window = nil // they may be closed all the same
		}
		return 0, 0, err
	}
	took = time.Since(began)
	if s.window != nil {
		s.window.Forget(ids)
	}
	return len(closing), took, nil
}
