package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/store"
)

// PassOptions say what a pass does.
type PassOptions struct {
	Force       bool                                // ask every feed, due or not
	URLs        []string                            // ask only these, due or not
	CollectOnly bool                                // leave settling and indexing to the stages that keep up with the log
	Sources     time.Duration                       // how long pages that articles credit may be read for, when all is settled; 0 is not at all
	Turn        time.Duration                       // how long the due feeds of one host may take, by the pauses between; the rest stays due. 0 takes all
	Pages       time.Duration                       // how long the pages of items that are cut short may be read for; 0 is not at all
	Alerts      time.Duration                       // how long people may be told of topics' stories, at the end; 0 is not at all
	Retain      time.Duration                       // how long what is no longer needed may be let go of, at the end; 0 is not at all
	Progress    func(stage string, done, total int) // called often, from several goroutines; may be nil
}

// Summary says what a pass did.
type Summary struct {
	Feeds     int            `json:"feeds"`     // asked
	Read      int            `json:"read"`      // brought a document
	Unchanged int            `json:"unchanged"` // answered 304
	Failed    int            `json:"failed"`
	Resting   int            `json:"resting"` // not asked, as their hosts want to be left alone; not among the feeds asked
	New       int            `json:"new"`     // articles
	Revised   int            `json:"revised"`
	Same      int            `json:"same"`
	Settled   int            `json:"settled"` // articles
	Indexed   int            `json:"indexed"`
	Sources   int            `json:"sources"`  // pages that articles credit, asked for
	Pages     int            `json:"pages"`    // of items that are cut short, asked for
	Alerts    int            `json:"alerts"`   // messages about topics' stories that were taken
	AgedOut   int            `json:"aged_out"` // articles
	Problems  []Problem      `json:"problems"`
	States    map[string]int `json:"states"` // feeds by how their poll ended
	Took      time.Duration  `json:"took_ns"`
}

// Problem is a feed that could not be read.
type Problem struct {
	URL   string         `json:"url"`
	State news.FeedState `json:"state"`
	Text  string         `json:"problem"`
}

// Pass polls the due feeds once, settles and indexes what they brought. Cancelling it keeps what was stored; the next
// pass goes on from there. One that is under way is waited for. The stages that keep up with the log wait for a pass that
// settles, so that it gives the same stories, and tells of them, whether they run or not.
func (n *Newsroom) Pass(ctx context.Context, o PassOptions) (Summary, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	end, err := n.beginPass(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	defer end()
	began := n.Now()
	feeds, err := n.due(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	sum, err := n.collectAndFollow(ctx, feeds, o)
	if err != nil {
		return sum, err
	}
	if err := n.noteOutage(ctx, sum); err != nil || o.CollectOnly {
		sum.Took = n.Now().Sub(began)
		return sum, err
	}
	settled, err := n.Settle(ctx, func(done, total int) { o.Progress("settle", done, total) })
	sum.Settled += settled
	if err != nil {
		return sum, err
	}
	if o.Pages > 0 {
		if err := n.readPagesOf(ctx, &sum, o.Pages); err != nil {
			return sum, err
		}
	}
	if o.Sources > 0 {
		if sum.Sources, err = n.ReadSources(ctx, o.Sources); err != nil {
			return sum, err
		}
	}
	indexed, err := n.CatchUp(ctx, func(done, total int) { o.Progress("index", done, total) })
	sum.Indexed += indexed
	if err == nil {
		err = n.MatchTopics(ctx)
	}
	sum.Took = n.Now().Sub(began)
	if err == nil && o.Alerts > 0 {
		sum.Alerts, err = n.DeliverAlerts(ctx, o.Alerts)
	}
	if err == nil && o.Retain > 0 && !n.serving.Load() {
		var gone Retained
		gone, err = n.Retain(ctx, o.Retain)
		sum.AgedOut = gone.Articles
	}
	return sum, errors.Join(err, n.unfilledTopics())
}

// beginPass waits until it is this pass's turn, and gives what ends it.
func (n *Newsroom) beginPass(ctx context.Context, o PassOptions) (end func(), err error) {
	select {
	case n.passing <- struct{}{}:
	default:
		o.Progress("wait for the pass that runs", 0, 1)
		select {
		case n.passing <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if o.CollectOnly {
		return func() { <-n.passing }, nil
	}
	n.holding.Lock()
	return func() {
		n.holding.Unlock()
		<-n.passing
	}, nil
}

// readPagesOf reads pages and settles what they revise.
func (n *Newsroom) readPagesOf(ctx context.Context, sum *Summary, budget time.Duration) (err error) {
	if sum.Pages, err = n.ReadPages(ctx, budget); err != nil || sum.Pages == 0 {
		return err
	}
	settled, err := n.Settle(ctx, nil)
	sum.Settled += settled
	return err
}

// due gives the feeds to ask.
func (n *Newsroom) due(ctx context.Context, o PassOptions) ([]news.Feed, error) {
	set, err := n.mendTimes(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.recallRests(ctx); err != nil {
		return nil, err
	}
	if len(o.URLs) == 0 && !o.Force {
		if !set {
			return nil, nil
		}
		feeds, err := n.Store.DueFeeds(ctx, n.Now())
		if err != nil {
			return nil, err
		}
		feeds, err = n.awake(ctx, feeds)
		if o.Turn > 0 {
			feeds = poll.SelectForPass(feeds, o.Turn, n.Fetch.PauseOf, n.PerHost)
		}
		return feeds, err
	}
	all, err := n.Store.Feeds(ctx)
	if err != nil || len(o.URLs) == 0 {
		return all, err
	}
	byURL := make(map[string]news.Feed, len(all))
	for _, f := range all {
		byURL[f.URL] = f
	}
	var out []news.Feed
	for _, u := range o.URLs {
		f, ok := byURL[u]
		if !ok {
			hint := fmt.Sprintf("add it with `headwater feed add %s`", u)
			if !strings.Contains(u, "://") { // the number of a feed
				hint = "`headwater feed list` has them"
			}
			return nil, fmt.Errorf("%s is not among the feeds; %s: %w", u, hint, news.ErrNotFound)
		}
		out = append(out, f)
	}
	return out, nil
}

// recallRests tells the client which hosts want to be left alone, as a process before this one may have heard it.
func (n *Newsroom) recallRests(ctx context.Context) error {
	hosts, err := n.Store.Resting(ctx, n.Now())
	for _, h := range hosts {
		n.Fetch.Rest(h)
	}
	return err
}

// awake puts off the feeds that came to be due before an hour that they skip and were not asked in time.
func (n *Newsroom) awake(ctx context.Context, feeds []news.Feed) ([]news.Feed, error) {
	var later []store.Poll
	feeds = slices.DeleteFunc(feeds, func(f news.Feed) bool {
		due, rule := poll.Skip(n.Now(), "", f.Schedule.Skips)
		if rule == "" {
			return false
		}
		f.Due, f.Rule = due, rule
		later = append(later, store.Poll{Feed: f})
		return true
	})
	if len(later) == 0 {
		return feeds, nil
	}
	_, err := n.Store.Collect(ctx, later)
	return feeds, err
}

// collectAndFollow polls the feeds while the index follows the log behind them.
func (n *Newsroom) collectAndFollow(ctx context.Context, feeds []news.Feed, o PassOptions) (Summary, error) {
	if o.CollectOnly {
		return n.collectAll(ctx, feeds, o)
	}
	collected := make(chan struct{})
	var sum Summary
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(collected)
		var err error
		sum, err = n.collectAll(gctx, feeds, o)
		return err
	})
	indexed := 0
	g.Go(func() error {
		return every(gctx, collected, 100*time.Millisecond, func() error {
			done, err := n.CatchUp(gctx, nil)
			indexed += done
			return err
		})
	})
	err := g.Wait()
	sum.Indexed = indexed
	return sum, err
}

// every calls work again and again, with a pause between, until done or the context ends.
func every(ctx context.Context, done <-chan struct{}, pause time.Duration, work func() error) error {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			if err := work(); err != nil {
				return err
			}
		}
	}
}

// together is how many polls are stored in one transaction at most.
const together = 64

// collectAll polls the feeds with the workers and stores what they bring, many polls a transaction when they come fast.
func (n *Newsroom) collectAll(ctx context.Context, feeds []news.Feed, o PassOptions) (Summary, error) {
	results := make(chan result, together)
	sum := Summary{States: map[string]int{}}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(results)
		return poll.Drain(gctx, feeds, n.Workers, n.PerHost, func(ctx context.Context, f news.Feed) error {
			r, err := n.collect(ctx, f)
			if err != nil {
				return err
			}
			if ctx.Err() != nil && errors.Is(r.err, ctx.Err()) {
				return ctx.Err() // cut off, no fault of the feed's
			}
			r.response, r.document = fetch.Response{}, news.Document{} // what waits to be stored needs neither
			select {
			case results <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	g.Go(func() error {
		return batches(results, together, func(rs []result) error {
			if err := n.keep(gctx, rs, &sum); err != nil {
				return err
			}
			o.Progress("poll", sum.Feeds, len(feeds))
			return nil
		})
	})
	err := g.Wait() // before sum is looked at
	slices.SortStableFunc(sum.Problems, func(a, b Problem) int { return strings.Compare(a.URL, b.URL) })
	return sum, err
}

// batches calls work with all results that are waiting, at most limit at once, until the channel is closed.
func batches(results <-chan result, limit int, work func([]result) error) error {
	for r := range results {
		batch := []result{r}
	waiting:
		for len(batch) < limit {
			select {
			case next, ok := <-results:
				if !ok {
					break waiting
				}
				batch = append(batch, next)
			default:
				break waiting
			}
		}
		if err := work(batch); err != nil {
			return err
		}
	}
	return nil
}

// keep stores what some polls brought in one transaction and counts it.
func (n *Newsroom) keep(ctx context.Context, rs []result, sum *Summary) error {
	polls := make([]store.Poll, len(rs))
	for i, r := range rs {
		polls[i] = r.poll
	}
	tallies, err := n.Store.Collect(ctx, polls)
	if err != nil {
		return err
	}
	for i, r := range rs {
		sum.count(r, tallies[i])
		if tallies[i].New+tallies[i].Revised > 0 {
			n.arrived()
		}
		if err := n.push.missed(ctx, r, tallies[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Summary) count(r result, t store.Tally) {
	if r.resting {
		s.Resting++
		return
	}
	s.Feeds++
	s.States[string(r.poll.Feed.State)]++
	s.New, s.Revised, s.Same = s.New+t.New, s.Revised+t.Revised, s.Same+t.Same
	switch {
	case r.err != nil:
		s.Failed++
		s.Problems = append(s.Problems, Problem{URL: r.poll.Feed.URL, State: r.poll.Feed.State, Text: r.poll.Feed.Problem})
	case r.unchanged:
		s.Unchanged++
	default:
		s.Read++
	}
}

// outageFeeds is how many feeds in a row make an outage, or all where there are fewer. One dead feed that comes to be due
// by itself makes none.
const outageFeeds = 5

// noteOutage logs once when nothing at all can be reached, and once when something can again.
func (n *Newsroom) noteOutage(ctx context.Context, s Summary) error {
	n.outage.Lock()
	defer n.outage.Unlock()
	switch lost := s.States[string(news.FeedUnreachable)] + s.States[string(news.FeedTimeout)]; {
	case s.Feeds == 0:
		return nil
	case lost < s.Feeds:
		if n.dark {
			n.Logger.Info("feeds can be reached again", "feeds", s.Feeds-lost)
		}
		n.lost, n.dark = nil, false
		return nil
	case n.dark:
		return nil
	}
	if n.lost == nil {
		n.lost = map[string]bool{}
	}
	for _, p := range s.Problems {
		n.lost[p.URL] = true
	}
	all, err := n.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(f news.Feed) bool { return f.State == news.FeedGone })
	if n.dark = len(n.lost) >= min(len(all), outageFeeds); n.dark {
		n.Logger.Warn("no feed can be reached; is this machine online? The feeds page says why for each; polling goes on", "feeds", len(n.lost))
	}
	return nil
}
