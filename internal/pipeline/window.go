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

// openWindow loads the stories that are still open, once. From time to time it drops closed ones. Prints that it has to
// make again are added to the current settlement.
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

// restore puts a settled article back into a window. An article whose print is missing or of another version is added to
// outdated instead.
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

// reprint makes prints again from the stored texts, where they are missing or another version of this program made them.
// The articles keep their stories until the current settlement compares them again and stores the new prints.
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

// hasNewPrint reports whether the current settlement has a new print for either article of an edge. Such a pair is
// compared again.
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
		if !hasNewPrint(out, e) && (back[e.A] || back[e.B]) { // the window has the other edges
			s.window.RestoreEdge(e)
		}
	}
	return nil
}

const (
	habitsOver  = 90 * 24 * time.Hour // the period over which outlets' habits are counted
	habitsEvery = 24 * time.Hour      // how often they are computed again
	habitItems  = 50_000              // the newest items, from which the kind of items of each outlet is counted
)

// learn computes once a day what outlets are like. From closed stories whose origin is certain it counts who carries
// whom. From articles of the days before it finds outlets that list others' texts and outlets whose clock is wrong. The
// results are as of the last midnight (UTC). So they depend neither on the order in which open stories are settled nor on
// when the program started. Each call also loads since when each feed is polled.
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
		sum.Passed = min(max(sum.Passed, sum.Carries), sum.Items) // a site that reruns others' texts may never credit them
		habits[h.Outlet.Key()] = sum
	}
	s.weigher.Habits, s.weigher.Clocks, s.learnt = habits, log.Clocks(), day
	return nil
}
