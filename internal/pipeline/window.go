package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/prints"
)

// openWindow reads the stories that are still open, once, and drops closed ones now and then. Prints that it has to make anew
// go into the settlement at hand.
func (s *Settler) openWindow(ctx context.Context, out *store.Settlement) error {
	if err := s.learn(ctx); err != nil {
		return err
	}
	now := s.now()
	if s.window != nil {
		if s.window.Stale(now) {
			s.window = s.window.Reopen(now)
		}
		return nil
	}
	story, errStory := s.store.NextStoryID(ctx)
	event, errEvent := s.store.NextEventID(ctx)
	corrections, err := s.store.Corrections(ctx)
	if err := errors.Join(errStory, errEvent, err); err != nil {
		return err
	}
	o := group.Options{Window: s.windowLength, NextStory: story, NextEvent: event, Corrections: corrections, Threshold: s.eventCosine, Templates: true}
	if s.opinion != nil {
		o.Second = s.opinion
	}
	w := group.New(o)
	since := now.Add(-s.windowLength)
	var outdated []store.WindowRow
	err = s.store.Window(ctx, since, func(r store.WindowRow) error { return restore(w, r, &outdated) })
	if err != nil {
		return err
	}
	if err := s.reprint(ctx, w, outdated, out); err != nil {
		return err
	}
	edges, err := s.store.Edges(ctx, since)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if !hasNewPrint(out, e) {
			w.RestoreEdge(e)
		}
	}
	s.window = w
	return nil
}

// restore puts a settled article back into a window, or among the outdated where its print is of another version or gone.
func restore(w *group.Grouper, r store.WindowRow, outdated *[]store.WindowRow) error {
	if errors.Is(r.PrintErr, prints.ErrVersion) || errors.Is(r.PrintErr, store.ErrNoPrint) {
		*outdated = append(*outdated, r)
		return nil
	}
	if r.PrintErr != nil {
		return r.PrintErr
	}
	w.Restore(group.Item{
		Article: r.Article, Print: r.Print, Claims: r.Claims, Cites: stories.Cites(r.Article, r.Claims), Story: r.Story, Event: r.Event,
	})
	return nil
}

// reprint makes prints anew from the stored texts, where another version of this program made them or they are gone. The
// articles keep their stories until the settlement at hand compares them again and stores the new prints.
func (s *Settler) reprint(ctx context.Context, w *group.Grouper, rows []store.WindowRow, out *store.Settlement) error {
	for part := range slices.Chunk(rows, readChunk) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.Article.ID
		}
		articles, err := s.store.ArticlesByID(ctx, ids)
		if err != nil {
			return err
		}
		if len(articles) < len(part) {
			return fmt.Errorf("prints of another version: %d of %d articles have no stored text; restore a backup or run doctor",
				len(part)-len(articles), len(part))
		}
		items, err := s.items(ctx, articles)
		if err != nil {
			return err
		}
		for i, it := range items {
			it.Story, it.Event = part[i].Story, part[i].Event
			w.Add(it)
			out.Prints[it.Article.ID], out.Claims[it.Article.ID] = it.Print, it.Claims
		}
	}
	return nil
}

// hasNewPrint says whether the settlement at hand has a new print of either article of an edge, so that the pair is compared
// anew.
func hasNewPrint(out *store.Settlement, e news.Edge) bool {
	_, a := out.Prints[e.A]
	_, b := out.Prints[e.B]
	return a || b
}

// reload brings articles of closed stories back into the window, each with its whole story.
func (s *Settler) reload(ctx context.Context, articles []int64, out *store.Settlement) error {
	closed := slices.DeleteFunc(slices.Clone(articles), s.holds)
	if len(closed) == 0 {
		return nil
	}
	back := map[int64]bool{}
	var outdated []store.WindowRow
	err := s.store.WindowOf(ctx, closed, func(r store.WindowRow) error {
		if s.holds(r.Article.ID) {
			return nil
		}
		back[r.Article.ID] = r.PrintErr == nil
		return restore(s.window, r, &outdated)
	})
	if err != nil {
		return err
	}
	if err := s.reprint(ctx, s.window, outdated, out); err != nil {
		return err
	}
	edges, err := s.store.EdgesOf(ctx, closed)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if !hasNewPrint(out, e) && (back[e.A] || back[e.B]) { // the window has the others
			s.window.RestoreEdge(e)
		}
	}
	return nil
}

const (
	habitsOver  = 90 * 24 * time.Hour // what is learnt of outlets goes back so far
	habitsEvery = 24 * time.Hour      // how often it is learnt anew
	habitItems  = 50_000              // the newest items, of which it is learnt what outlets' items are like
)

// learn learns once a day what outlets are like: who carries whom, from stories that are closed and whose origin is beyond doubt; who
// lists others' texts and whose clock is wrong, from articles of the days before. And each time it learns since when each feed is
// polled. All of it is as of the midnight (UTC) before, so that it depends neither on the order in which open stories are settled nor
// on when the program started.
func (s *Settler) learn(ctx context.Context) error {
	var err error
	if s.feeds, err = s.store.FeedsAdded(ctx); err != nil {
		return err
	}
	day := s.now().Truncate(habitsEvery)
	if s.weigher.Habits != nil && s.learnt.Equal(day) {
		return nil
	}
	var log origin.Log
	err = s.store.ItemsSeen(ctx, day.Add(-habitsOver), day, habitItems, func(r store.ItemRow) error {
		log.Add(r.Article, r.Claims)
		return nil
	})
	if err != nil {
		return err
	}
	all, err := s.store.Habits(ctx, day.Add(-habitsOver), day.Add(-s.windowLength))
	if err != nil {
		return err
	}
	habits := stories.Habits(&log, s.outlets)
	for _, h := range all {
		sum := habits[h.Outlet.Key()]
		sum.Carried, sum.Carries = sum.Carried+h.Carried, sum.Carries+h.Carries
		sum.Passed = min(max(sum.Passed, sum.Carries), sum.Items) // a site that reruns others may never say so
		habits[h.Outlet.Key()] = sum
	}
	s.weigher.Habits, s.weigher.Clocks, s.learnt = habits, log.Clocks(), day
	return nil
}
