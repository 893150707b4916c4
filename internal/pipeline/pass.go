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
	CollectOnly bool                                // leave settling and indexing to the stages that Serve runs behind the log
	Sources     time.Duration                       // how long pages that articles credit may be read for, when all is settled; 0 is not at all
	PerHost     time.Duration                       // how long the due feeds of one host may take, by the pauses between; the rest stays due. 0 takes all
	Pages       time.Duration                       // how long the pages of items that are cut short may be read for; 0 is not at all
	Alerts      time.Duration                       // how long alerts may be delivered, at the end; 0 is not at all
	Retain      time.Duration                       // how long what is no longer needed may be removed, at the end; 0 is not at all
	Progress    func(stage string, done, total int) // called often, from several goroutines; may be nil
}

// Pass polls the due feeds once, settles and indexes what they brought. Cancelling it keeps what was stored; the next
// pass goes on from there. One that is under way is waited for. The stages that Serve runs wait for a pass that settles, so
// that it gives the same stories, and alerts, whether they run or not.
//
// A pass that settles does so when all feeds are in, so that it gives the same stories whichever feed answers first; the
// index follows the log meanwhile. With CollectOnly, as in Serve, it only polls, and the stages behind the log follow by
// themselves.
func (p *Pipeline) Pass(ctx context.Context, o PassOptions) (Summary, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	select {
	case p.passing <- struct{}{}:
	default:
		o.Progress("wait for the pass that runs", 0, 1)
		select {
		case p.passing <- struct{}{}:
		case <-ctx.Done():
			return Summary{}, ctx.Err()
		}
	}
	defer func() { <-p.passing }()
	if !o.CollectOnly {
		p.turn.Lock()
		defer p.turn.Unlock()
	}
	began := p.options.Now()
	feeds, err := p.due(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	var sum Summary
	if o.CollectOnly {
		sum, err = p.poll(ctx, feeds, o)
	} else {
		sum, err = p.pollAndIndex(ctx, feeds, o)
	}
	if err != nil {
		return sum, err
	}
	if err := p.outage.note(ctx, p.options, sum); err != nil || o.CollectOnly {
		sum.Took = p.options.Now().Sub(began)
		return sum, err
	}
	matched, err := p.runBehind(ctx, o, &sum)
	sum.Took = p.options.Now().Sub(began)
	if !matched {
		return sum, err
	}
	if err == nil && o.Alerts > 0 && p.options.Alerts != nil {
		sum.Alerts, err = p.options.Alerts.Deliver(ctx, o.Alerts)
	}
	if err == nil && o.Retain > 0 && !p.serving.Load() {
		var gone Removed
		gone, err = p.Retention.Remove(ctx, o.Retain)
		sum.AgedOut = gone.Articles
	}
	return sum, errors.Join(err, p.Matcher.unfilledTopics())
}

// runBehind runs the stages behind the log once: settle, read pages, index, match. It says whether it came to the last two.
func (p *Pipeline) runBehind(ctx context.Context, o PassOptions, sum *Summary) (matched bool, err error) {
	settled, err := p.Settler.Settle(ctx, func(done, total int) { o.Progress("settle", done, total) })
	sum.Settled += settled
	if err != nil {
		return false, err
	}
	if o.Pages > 0 {
		if sum.Pages, err = p.Pages.Read(ctx, o.Pages); err != nil {
			return false, err
		}
		if sum.Pages > 0 { // what they revise
			settled, err := p.Settler.Settle(ctx, nil)
			sum.Settled += settled
			if err != nil {
				return false, err
			}
		}
	}
	if o.Sources > 0 {
		if sum.Sources, err = p.Sources.Read(ctx, o.Sources); err != nil {
			return false, err
		}
	}
	indexed, err := p.options.Index.CatchUp(ctx, func(done, total int) { o.Progress("index", done, total) })
	sum.Indexed += indexed
	if err != nil {
		return true, err
	}
	return true, p.Matcher.Match(ctx)
}

// due gives the feeds to poll.
func (p *Pipeline) due(ctx context.Context, o PassOptions) ([]news.Feed, error) {
	set, err := p.fixFuture(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := p.options.Store.Resting(ctx, p.options.Now()) // a process before this one may have been asked to wait
	for _, h := range hosts {
		p.options.Fetch.Rest(h)
	}
	if err != nil {
		return nil, err
	}
	if len(o.URLs) == 0 && !o.Force {
		if !set {
			return nil, nil
		}
		feeds, err := p.options.Store.DueFeeds(ctx, p.options.Now())
		if err != nil {
			return nil, err
		}
		feeds, err = p.postponeSkipped(ctx, feeds)
		if o.PerHost > 0 {
			feeds = poll.SelectForPass(feeds, o.PerHost, p.options.Fetch.PauseOf, p.options.PerHost)
		}
		return feeds, err
	}
	all, err := p.options.Store.Feeds(ctx)
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

const (
	longestSkip = 8 * 24 * time.Hour // how long the hours and days that a feed skips may put it off
	futureAfter = time.Hour          // how long there must have been articles of the future before they are redated: a clock that is behind is put right sooner
)

// clockUnset is before this program was written: a clock that says so was not set yet, and what is stored is right.
var clockUnset = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fixFuture ends waits that a clock that was ahead has left behind, and dates articles and stories of the future now: else
// nothing would be polled until then, and these would be listed first. It says whether the clock was set at all.
func (p *Pipeline) fixFuture(ctx context.Context) (set bool, err error) {
	now, log := p.options.Now(), p.options.Logger
	if now.Before(clockUnset) {
		p.clockUnset.Do(func() {
			log.Warn("the clock of this machine is not set, so that nothing is due; it goes on when the clock is right", "clock", now)
		})
		return false, nil
	}
	waits, err := p.options.Store.ClampWaits(ctx, now, max(p.options.Pace.Max, fetch.LongestRest)+longestSkip)
	if err != nil {
		return true, err
	}
	if waits > 0 {
		log.Warn("the clock was ahead when some waits were stored; they are counted from now", "clock", now, "waits", waits)
	}
	articles, err := p.options.Store.Redate(ctx, now, futureAfter)
	if articles > 0 {
		log.Warn("the clock was ahead when some articles were stored; they are dated now, and settled and indexed anew", "clock", now, "articles", articles)
		p.arrived()
	}
	return true, err
}

// postponeSkipped puts off the feeds that came to be due before an hour that they skip and were not asked in time.
func (p *Pipeline) postponeSkipped(ctx context.Context, feeds []news.Feed) ([]news.Feed, error) {
	var later []store.Poll
	feeds = slices.DeleteFunc(feeds, func(f news.Feed) bool {
		due, rule := poll.Skip(p.options.Now(), "", f.Schedule.Skips)
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
	_, err := p.options.Store.Collect(ctx, later)
	return feeds, err
}

// pollAndIndex polls the feeds while the index follows the log.
func (p *Pipeline) pollAndIndex(ctx context.Context, feeds []news.Feed, o PassOptions) (Summary, error) {
	const pause = 100 * time.Millisecond
	polled := make(chan struct{})
	var sum Summary
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(polled)
		var err error
		sum, err = p.poll(gctx, feeds, o)
		return err
	})
	indexed := 0
	g.Go(func() error {
		t := time.NewTicker(pause)
		defer t.Stop()
		for {
			select {
			case <-polled:
				return nil
			case <-gctx.Done():
				return gctx.Err()
			case <-t.C:
			}
			done, err := p.options.Index.CatchUp(gctx, nil)
			if indexed += done; err != nil {
				return err
			}
		}
	})
	err := g.Wait()
	sum.Indexed = indexed
	return sum, err
}

// pollBatch is how many polls are stored in one transaction at most.
const pollBatch = 64

// poll polls the feeds with the workers and stores what they bring, many polls a transaction when they come fast.
func (p *Pipeline) poll(ctx context.Context, feeds []news.Feed, o PassOptions) (Summary, error) {
	results := make(chan pollResult, pollBatch)
	sum := Summary{States: map[string]int{}}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(results)
		return poll.Drain(gctx, feeds, p.options.Workers, p.options.PerHost, func(ctx context.Context, f news.Feed) error {
			r, err := p.collector.collect(ctx, f)
			if err != nil {
				return err
			}
			if ctx.Err() != nil && errors.Is(r.err, ctx.Err()) {
				return ctx.Err() // cut off, no fault of the feed's
			}
			if r.err == nil && !r.resting {
				if err := p.push.noteHubs(ctx, &r); err != nil {
					return err
				}
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
		for r := range results {
			batch := []pollResult{r}
		waiting:
			for len(batch) < pollBatch {
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
			if err := p.storePolls(gctx, batch, &sum); err != nil {
				return err
			}
			o.Progress("poll", sum.Feeds, len(feeds))
		}
		return nil
	})
	err := g.Wait() // before sum is looked at
	slices.SortStableFunc(sum.Problems, func(a, b Problem) int { return strings.Compare(a.URL, b.URL) })
	return sum, err
}

// storePolls stores what some polls brought in one transaction and counts it.
func (p *Pipeline) storePolls(ctx context.Context, results []pollResult, sum *Summary) error {
	polls := make([]store.Poll, len(results))
	for i, r := range results {
		polls[i] = r.poll
	}
	tallies, err := p.options.Store.Collect(ctx, polls)
	if err != nil {
		return err
	}
	for i, r := range results {
		sum.count(r, tallies[i])
		if tallies[i].New+tallies[i].Revised > 0 {
			p.arrived()
		}
		if err := p.push.checkHub(ctx, r, tallies[i]); err != nil {
			return err
		}
	}
	return nil
}
