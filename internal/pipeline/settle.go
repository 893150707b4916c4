package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/prints"
)

const (
	settleMark = "settle"
	readChunk  = 1000 // articles read from the log at once
)

// Settle groups every article that the log holds beyond the settler's mark and weighs the origins of the stories that
// they touch. It gives the number of articles settled.
func (n *Newsroom) Settle(ctx context.Context, progress func(done, total int)) (int, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	n.second.begin(ctx)
	defer n.second.end()
	total := 0
	for {
		done, err := n.settleRound(ctx, progress)
		total += done
		if err != nil {
			n.window = nil // it may hold what was not stored
			return total, err
		}
		if done < stories.Round {
			return total, nil
		}
	}
}

func (n *Newsroom) settleRound(ctx context.Context, progress func(done, total int)) (int, error) {
	mark, err := n.Store.Mark(ctx, settleMark)
	if err != nil {
		return 0, err
	}
	waiting, err := n.Store.CountAfter(ctx, mark)
	if err != nil || waiting == 0 {
		return 0, err
	}
	s := store.Settlement{Through: mark, Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	if err := n.openWindow(ctx, &s); err != nil {
		return 0, err
	}
	done := 0
	for done < stories.Round {
		articles, err := n.Store.Log(ctx, s.Through, readChunk)
		if err != nil {
			return done, err
		}
		if len(articles) == 0 {
			break
		}
		if err := n.prepare(ctx, articles, &s); err != nil {
			return done, err
		}
		done += len(articles)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
	if err := n.settleWindow(ctx, &s); err != nil {
		return done, err
	}
	return done, n.putPlaced(s, func(s store.Settlement) error { return n.Store.Settle(ctx, s) })
}

// settleWindow decides about what was added to the window and notes what that changed.
func (n *Newsroom) settleWindow(ctx context.Context, s *store.Settlement) error {
	result := n.window.Settle()
	if err := n.second.fault(); err != nil {
		return err
	}
	s.Edges, s.Moved = result.Edges, result.Moved
	if err := n.weighAll(ctx, result.Changed, s); err != nil {
		return err
	}
	for _, c := range n.untouched(result.Templated, s.Stories) {
		if stories.Templated(n.window, stories.Candidates(n.window, c, n.known)) {
			s.Templates = append(s.Templates, c.Story)
		}
	}
	return nil
}

// prepare makes the prints and claims of some articles and puts them into the window.
func (n *Newsroom) prepare(ctx context.Context, articles []news.Article, s *store.Settlement) error {
	ids := make([]int64, len(articles))
	for i, a := range articles {
		ids[i] = a.ID
	}
	if err := n.recall(ctx, slices.Concat(ids, n.window.MustLinked(ids)), s); err != nil { // a revision stays with those that it belongs to
		return err
	}
	items, err := n.items(ctx, articles)
	if err != nil {
		return err
	}
	for i, it := range items {
		n.window.Add(it)
		s.Prints[it.Article.ID], s.Claims[it.Article.ID] = it.Print, it.Claims
		s.Through = articles[i].Seq
	}
	return nil
}

func (n *Newsroom) items(ctx context.Context, articles []news.Article) ([]group.Item, error) {
	items := make([]group.Item, len(articles))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stories.Workers)
	for part := range slices.Chunk(indexes(len(articles)), 50) {
		g.Go(func() error {
			for _, i := range part {
				items[i] = n.preparer.Item(articles[i])
			}
			return ctx.Err()
		})
	}
	return items, g.Wait()
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// openWindow reads the stories that are still open, once, and drops closed ones now and then. What it has to make anew
// goes into the settlement at hand.
func (n *Newsroom) openWindow(ctx context.Context, s *store.Settlement) error {
	if err := n.learnOutlets(ctx); err != nil {
		return err
	}
	now := n.Now()
	if n.window != nil {
		if n.window.Stale(now) {
			n.window = n.window.Reopen(now)
		}
		return nil
	}
	story, err := n.Store.NextStoryID(ctx)
	if err != nil {
		return err
	}
	event, err := n.Store.NextEventID(ctx)
	if err != nil {
		return err
	}
	corrections, err := n.Store.Corrections(ctx)
	if err != nil {
		return err
	}
	o := group.Options{Window: n.Window, NextStory: story, NextEvent: event, Corrections: corrections, Threshold: n.Similar, Templates: true}
	if n.second != nil {
		o.Second = n.second
	}
	w := group.New(o)
	since := now.Add(-n.windowLength())
	var outdated []store.WindowRow
	err = n.Store.Window(ctx, since, func(r store.WindowRow) error {
		return restore(w, r, &outdated)
	})
	if err != nil {
		return err
	}
	if err := n.remake(ctx, w, outdated, s); err != nil {
		return err
	}
	edges, err := n.Store.Edges(ctx, since)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if !remade(s, e) {
			w.RestoreEdge(e)
		}
	}
	n.window = w
	return nil
}

// restore puts a settled article back into a window, or among the outdated where its print is of another version or gone.
func restore(w *group.Grouper, r store.WindowRow, outdated *[]store.WindowRow) error {
	if errors.Is(r.Unread, prints.ErrVersion) || errors.Is(r.Unread, store.ErrNoPrint) {
		*outdated = append(*outdated, r)
		return nil
	}
	if r.Unread != nil {
		return r.Unread
	}
	w.Restore(group.Item{
		Article: r.Article, Print: r.Print, Claims: r.Claims, Cites: stories.Cites(r.Article, r.Claims), Story: r.Story, Event: r.Event,
	})
	return nil
}

func (n *Newsroom) windowLength() time.Duration {
	if n.Window > 0 {
		return n.Window
	}
	return 72 * time.Hour
}
