package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/group"
)

// Collect polls the due feeds like a pass of Serve. It neither settles nor indexes.
func (p *Pipeline) Collect(ctx context.Context) (Summary, error) {
	return p.poll(ctx, PassOptions{PerHost: passFor, Progress: func(string, int, int) {}})
}

// Check is Collector.Check.
func (p *Pipeline) Check(ctx context.Context, url string) (Report, error) {
	return p.collector.Check(ctx, url)
}

// ClaimAtTheEnd claims hosts while the context ends: after the claim was committed, and before that is known. It hands them back.
func (p *Pipeline) ClaimAtTheEnd(ctx context.Context, hosts ...string) error {
	ctx, end := context.WithCancel(ctx)
	held, err := p.hosts.claim(ctx, func(claiming context.Context) ([]string, error) {
		taken, err := p.options.Store.AcquireHosts(claiming, hosts, p.options.Now())
		end()
		return taken, errors.Join(err, claiming.Err())
	})
	return errors.Join(err, p.hosts.giveBack(ctx, held))
}

// Renew sends the requests to hubs that are due now.
func (p *Pipeline) Renew(ctx context.Context) error { return p.push.Tend(ctx) }

// HubProblem returns the last failure of a feed's subscription.
func (p *Pipeline) HubProblem(ctx context.Context, feed int64) (string, error) {
	sub, err := p.options.Store.SubscriptionOf(ctx, feed)
	return sub.Problem, err
}

// ServePushes is the part of Serve that talks to hubs.
func (p *Pipeline) ServePushes(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return p.push.run(ctx) })
	g.Go(func() error {
		p.push.receiveAll(ctx)
		return nil
	})
	return g.Wait()
}

// KeepUp is the part of Serve that runs the stages behind the log and delivers alerts. It returns an error where Serve would.
func (p *Pipeline) KeepUp(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range append(p.webFollowers(), p.leadFollowers()...) {
		g.Go(func() error { return f.run(ctx, p.turn, p.options) })
	}
	g.Go(func() error {
		p.options.Store.Listen(ctx)
		return nil
	})
	if p.options.Alerts != nil {
		g.Go(func() error {
			p.options.Alerts.Run(ctx, p.turn)
			return nil
		})
	}
	return g.Wait()
}

// ServeOnce is the beginning of ServePushes: what is due at a start.
func (p *Pipeline) ServeOnce(ctx context.Context) error {
	if err := p.push.begin(ctx); err != nil {
		return err
	}
	return p.push.Tend(ctx)
}

// KeepRetaining is the part of Serve that removes what is no longer needed.
func (p *Pipeline) KeepRetaining(ctx context.Context) { p.Retention.run(ctx, p.turn) }

// TakeParsing takes all slots of the semaphore for parsing.
func (p *Pipeline) TakeParsing() {
	for range cap(p.collector.parsing) {
		p.collector.parsing <- struct{}{}
	}
}

// SetKeep changes how long articles are kept.
func (r *Retention) SetKeep(keep time.Duration) { r.keep = keep }

// WindowDifferences returns how the window of a process differs from one that is loaded anew. A story that was opened again and
// did not change stays in the window of a process until it is closed, and is not loaded otherwise; it is compared too.
func (s *Settler) WindowDifferences(ctx context.Context) ([]string, error) {
	if err := s.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer s.lock.Release(1)
	if s.window == nil {
		return []string{"no window is loaded"}, nil
	}
	now := s.now()
	w, _, err := s.loadArticles(ctx, s.shared, now, false)
	if err != nil {
		return nil, err
	}
	old := map[int64]bool{}
	s.window.Stories(func(st group.StoryState) bool {
		for _, id := range st.Members {
			if _, ok := w.Item(id); !ok {
				old[id] = true
			}
		}
		return false
	})
	ids := slices.Sorted(maps.Keys(old))
	places, err := s.shared.WindowPlaces(ctx, nil, ids)
	if err != nil {
		return nil, err
	}
	var open []int64
	for _, p := range places {
		if p.Open {
			open = append(open, p.Article)
		}
	}
	err = s.shared.WindowArticles(ctx, open, func(r store.WindowRow) error {
		w.Restore(windowItem(r))
		return r.PrintErr
	})
	if err != nil {
		return nil, err
	}
	if err := s.loadEdges(ctx, s.shared, now, w, func(e news.Edge) bool { return !old[e.A] && !old[e.B] }); err != nil {
		return nil, err
	}
	edges, _, err := s.shared.WindowEdges(ctx, ids, nil)
	if err != nil {
		return nil, err
	}
	for _, e := range edges {
		w.RestoreEdge(e)
	}
	return s.window.Differences(w), nil
}

// WindowLen returns the number of articles in the window, 0 where none is loaded.
func (s *Settler) WindowLen(ctx context.Context) (int, error) {
	if err := s.lock.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer s.lock.Release(1)
	if s.window == nil {
		return 0, nil
	}
	return s.window.Len(), nil
}

// CloseStories closes the stories that have not changed since a time.
func (s *Settler) CloseStories(ctx context.Context, since time.Time) (total int, err error) {
	for {
		closed, _, err := s.closeStories(ctx, since, 5)
		total += closed
		if err != nil || closed == 0 {
			return total, err
		}
	}
}
