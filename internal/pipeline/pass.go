package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

// PassOptions are the options of a pass.
type PassOptions struct {
	Force         bool                                // poll every feed that is not paused, due or not
	URLs          []string                            // poll only these, due or not
	CollectOnly   bool                                // leave settling and indexing to the stages that Serve runs
	CreditedPages time.Duration                       // time for fetching pages that articles credit, after settling; 0 fetches none
	PerHost       time.Duration                       // time that the pauses between the due feeds of one host may take; the rest stays due. 0 means no limit
	Pages         time.Duration                       // time for fetching the pages of items that are cut short; 0 fetches none
	Alerts        time.Duration                       // time for delivering alerts, at the end; 0 delivers none
	Retain        time.Duration                       // time for removing what is no longer needed, at the end; 0 removes nothing
	Progress      func(stage string, done, total int) // called often, from several goroutines; may be nil
}

// Pass polls the due feeds once, and settles and indexes the new articles. Cancelling it keeps what was stored; the next
// pass goes on from there. It waits for a pass that is running. The stages that Serve runs wait for a pass that settles,
// so its stories and alerts are the same with and without a server. If another process settles, the pass leaves that to
// it (Summary.Elsewhere).
//
// A pass settles when all feeds are polled, so its stories do not depend on which feed answers first. The index follows
// the log meanwhile. With CollectOnly, which Serve sets, a pass only polls, and the stages follow the log by themselves.
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
		if err := p.turn.Acquire(ctx, wholeTurn); err != nil {
			return Summary{}, err
		}
		defer p.turn.Release(wholeTurn)
	}
	ctx, end := p.options.Health.Begin(ctx, "a pass over the feeds")
	defer end()
	began, started := p.options.Now(), time.Now()
	var sum Summary
	var err error
	if o.CollectOnly {
		sum, err = p.poll(ctx, o)
	} else {
		sum, err = p.pollAndIndex(ctx, o)
	}
	if err != nil {
		return sum, err
	}
	took := time.Since(started)
	p.options.Metrics.Passes.Observe(took.Seconds())
	if o.CollectOnly && sum.Feeds+sum.Resting > 0 {
		p.options.Logger.Info("feeds were polled", "feeds", sum.Feeds, "read", sum.Read, "not_modified", sum.Unchanged, "failed", sum.Failed,
			"resting", sum.Resting, "new", sum.New, "revised", sum.Revised, "took", took.Round(time.Millisecond))
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
		sum.AgedOut, err = gone.Articles, ignoreElsewhere(err)
	}
	return sum, errors.Join(err, p.Matcher.unfilledTopics(ctx))
}

// runBehind runs the stages behind the log once: settle, read pages, index, match. It reports whether it got as far as
// index and match.
func (p *Pipeline) runBehind(ctx context.Context, o PassOptions, sum *Summary) (matched bool, err error) {
	settled, err := p.Settler.Settle(ctx, func(done, total int) { o.Progress("settle", done, total) })
	sum.Settled += settled
	sum.Elsewhere = errors.Is(err, ErrElsewhere)
	if ignoreElsewhere(err) != nil {
		return false, err
	}
	if o.Pages > 0 {
		if sum.Pages, err = p.Pages.Read(ctx, o.Pages); err != nil {
			return false, err
		}
		if sum.Pages > 0 { // the articles that pages revised
			settled, err := p.Settler.Settle(ctx, nil)
			sum.Settled += settled
			if ignoreElsewhere(err) != nil {
				return false, err
			}
		}
	}
	if o.CreditedPages > 0 {
		if sum.CreditedPages, err = p.CreditedPages.Read(ctx, o.CreditedPages); err != nil {
			return false, err
		}
	}
	if p.options.Roles.Web {
		indexed, err := p.options.Index.CatchUp(ctx, func(done, total int) { o.Progress("index", done, total) })
		sum.Indexed += indexed
		if err != nil {
			return true, err
		}
	}
	if err := p.Ruler.Act(ctx); ignoreElsewhere(err) != nil {
		return true, err
	}
	return true, ignoreElsewhere(p.matchAndQueue(ctx))
}

// matchAndQueue matches changed stories with the topics, and queues alerts. It returns ErrElsewhere if another process leads.
func (p *Pipeline) matchAndQueue(ctx context.Context) error {
	if err := p.Matcher.Match(ctx); err != nil || p.options.Alerts == nil {
		return err
	}
	db, err := p.lead.hold(ctx)
	if err != nil {
		return err
	}
	return p.options.Alerts.Fill(ctx, db)
}

// batches returns a function that claims hosts and returns those of their feeds that are to be polled, until there are none.
func (p *Pipeline) batches(ctx context.Context, o PassOptions, hosts *passHosts) (func(context.Context) ([]news.Feed, error), error) {
	set, err := p.fixFuture(ctx)
	if err != nil {
		return nil, err
	}
	if len(o.URLs) > 0 || o.Force {
		feeds, err := p.chosen(ctx, o)
		return p.waitForHosts(feeds, hosts), err
	}
	c := store.HostClaim{Due: p.options.Now(), Pass: rand.Text()}
	if p.options.Store.Shared() {
		c.Limit = hostsAWorker * max(p.options.Workers, 1)
	}
	return func(ctx context.Context) ([]news.Feed, error) {
		for set {
			var feeds []news.Feed
			claimed, err := p.hosts.claim(ctx, func(ctx context.Context) (claimed []string, err error) {
				claimed, feeds, err = p.options.Store.ClaimHosts(ctx, c)
				return claimed, err
			})
			if err != nil || len(claimed) == 0 {
				return nil, err
			}
			if feeds, err = p.postponeSkipped(ctx, feeds); err == nil {
				err = p.adoptRests(ctx)
			}
			if o.PerHost > 0 {
				feeds = poll.SelectForPass(feeds, o.PerHost, p.options.Fetch.PauseOf, p.options.PerHost)
			}
			hosts.add(claimed, feeds)
			if err != nil || len(feeds) > 0 {
				return feeds, err
			}
		}
		return nil, nil
	}, nil
}

// hostsAWorker is how many hosts a pass claims at once for each worker. More would keep them from nodes that have nothing to do.
const hostsAWorker = 2

// adoptRests reads which hosts asked to be left alone, of other processes or of an earlier one.
func (p *Pipeline) adoptRests(ctx context.Context) error {
	rests, err := p.options.Store.Resting(ctx, p.options.Now())
	for _, r := range rests {
		p.options.Fetch.Rest(r)
	}
	return err
}

// chosen returns the feeds that a pass polls whether they are due or not.
func (p *Pipeline) chosen(ctx context.Context, o PassOptions) ([]news.Feed, error) {
	all, err := p.options.Store.Feeds(ctx)
	if err != nil || len(o.URLs) == 0 {
		return slices.DeleteFunc(all, func(f news.Feed) bool { return f.Paused }), err
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
			if !strings.Contains(u, "://") { // a feed's number
				hint = "`headwater feed list` has them"
			}
			return nil, fmt.Errorf("%s is not among the feeds; %s: %w", u, hint, news.ErrNotFound)
		}
		out = append(out, f)
	}
	return out, nil
}

// waitForHosts returns a function that returns the feeds of those hosts that can be claimed, and waits for the others.
func (p *Pipeline) waitForHosts(feeds []news.Feed, hosts *passHosts) func(context.Context) ([]news.Feed, error) {
	byHost := map[string][]news.Feed{}
	for _, f := range feeds {
		host := weburl.Hostname(f.URL)
		byHost[host] = append(byHost[host], f)
	}
	waited := false
	return func(ctx context.Context) ([]news.Feed, error) {
		for len(byHost) > 0 {
			claimed, err := p.hosts.claimFree(ctx, slices.Collect(maps.Keys(byHost))...)
			if err != nil {
				return nil, err
			}
			if len(claimed) == 0 { // other nodes ask all of them; one that is gone loses its hosts soon
				waited = true
				if err := pauseFor(ctx, holdEvery); err != nil {
					return nil, err
				}
				continue
			}
			var some []news.Feed
			for host := range claimed {
				some = append(some, byHost[host]...)
				delete(byHost, host)
			}
			hosts.add(claimed, some)
			if waited { // the feeds may have been polled meanwhile
				if err := p.reload(ctx, some); err != nil {
					return nil, err
				}
			}
			slices.SortFunc(some, func(a, b news.Feed) int { return cmp.Compare(a.ID, b.ID) })
			return some, p.adoptRests(ctx)
		}
		return nil, nil
	}
}

// reload reads feeds again. One that was removed stays as it is; storing its poll changes nothing.
func (p *Pipeline) reload(ctx context.Context, feeds []news.Feed) error {
	for i, f := range feeds {
		now, err := p.options.Store.Feed(ctx, f.ID)
		if errors.Is(err, news.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		feeds[i] = now
	}
	return nil
}

const (
	longestSkip = 8 * 24 * time.Hour // the longest delay by the hours and days that a feed skips
	futureAfter = time.Hour          // how long there must have been articles of the future before they are redated: a slow clock is usually corrected sooner
)

// clockUnset is earlier than this program. A clock with an earlier time is not set yet, and the stored times are right.
var clockUnset = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fixFuture repairs what a clock that was ahead has left behind. It shortens waits, since nothing would be polled until
// then. It redates articles and stories of the future to now, since they would be listed first. It reports whether the
// clock is set at all.
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
	}
	return true, err
}

// postponeSkipped postpones feeds that became due before an hour that they skip, and that were not polled in time.
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
func (p *Pipeline) pollAndIndex(ctx context.Context, o PassOptions) (Summary, error) {
	const pause = 100 * time.Millisecond
	polled := make(chan struct{})
	var sum Summary
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(polled)
		var err error
		sum, err = p.poll(gctx, o)
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
			if !p.options.Roles.Web {
				continue
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

// pollBatch is the most polls that are stored in one transaction.
const pollBatch = 64

// poll polls the feeds of a pass with several workers and stores the results. When results come fast, it stores many in one
// transaction.
func (p *Pipeline) poll(ctx context.Context, o PassOptions) (_ Summary, err error) {
	hosts := newPassHosts(p.hosts)
	defer func() { err = errors.Join(err, hosts.close(ctx)) }()
	next, err := p.batches(ctx, o, hosts)
	if err != nil {
		return Summary{}, err
	}
	var chosen atomic.Int64
	count := func(ctx context.Context) ([]news.Feed, error) {
		feeds, err := next(ctx)
		chosen.Add(int64(len(feeds)))
		return feeds, err
	}
	results := make(chan pollResult, pollBatch)
	sum := Summary{States: map[string]int{}}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(results)
		return poll.Drain(gctx, count, p.options.Workers, p.options.PerHost, func(ctx context.Context, f news.Feed) (err error) {
			if !hosts.has(f) { // another node asks the host
				hosts.stored(f)
				return nil
			}
			began := time.Now()
			traced, span := p.collector.beginSpan(ctx, "poll", f)
			handedOn := false // to what stores the poll, and ends the span
			defer func() {
				if !handedOn {
					span.End(err)
				}
			}()
			r, err := p.collector.collect(traced, f)
			if err != nil {
				return err
			}
			r.span = span
			if !r.lost && !r.resting {
				p.options.Metrics.PollTime.Observe(time.Since(began).Seconds())
			}
			if ctx.Err() != nil && errors.Is(r.err, ctx.Err()) {
				return ctx.Err() // interrupted; not an error of the feed
			}
			if r.lost {
				hosts.stored(f)
				return nil
			}
			if r.err == nil && !r.resting {
				if err := p.push.noteHubs(ctx, &r); err != nil {
					return err
				}
			}
			p.clock.compare(r.response.Header)
			r.response, r.document = fetch.Response{}, news.Document{} // frees memory; storing needs neither
			select {
			case results <- r:
				handedOn = true
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
			observe.Progress(ctx)
			for _, r := range batch {
				hosts.stored(r.poll.Feed)
			}
			o.Progress("poll", sum.Feeds, int(chosen.Load()))
		}
		return nil
	})
	err = g.Wait() // sum is read only after this
	slices.SortStableFunc(sum.Problems, func(a, b Problem) int { return strings.Compare(a.URL, b.URL) })
	return sum, err
}

// storePolls stores and counts the results of some polls in one transaction.
func (p *Pipeline) storePolls(ctx context.Context, results []pollResult, sum *Summary) error {
	polls, storing := make([]store.Poll, len(results)), make([]*observe.Span, len(results))
	for i, r := range results {
		polls[i], storing[i] = r.poll, r.span.BeginPart(ctx, "store")
	}
	tallies, err := p.options.Store.Collect(ctx, polls)
	for i, r := range results {
		storing[i].End(err)
		if err != nil {
			r.span.End(err)
			continue
		}
		t := tallies[i]
		r.span.Set("headwater.new", t.New, "headwater.revised", t.Revised, "headwater.same", t.Same)
		r.span.Stored(ctx, t.First, t.New, "headwater.feed", r.poll.Feed.ID)
		endSpan(r.span, r.poll.Feed, r.err)
	}
	if err != nil {
		return err
	}
	for i, r := range results {
		sum.count(r, tallies[i])
		p.countPoll(r, tallies[i])
		if err := p.push.checkHub(ctx, r, tallies[i]); err != nil {
			return err
		}
	}
	return nil
}

// countPoll adds the result of polling a feed to the metrics.
func (p *Pipeline) countPoll(r pollResult, t store.Tally) {
	if r.resting {
		return
	}
	m, outcome := p.options.Metrics, observe.Read
	switch {
	case r.err != nil:
		outcome = observe.Failed
	case r.unchanged:
		outcome = observe.Unchanged
	}
	m.Polls.WithLabelValues(outcome).Inc()
	p.countItems(t)
}

func (p *Pipeline) countItems(t store.Tally) {
	m := p.options.Metrics
	m.Items.WithLabelValues("new").Add(float64(t.New))
	m.Items.WithLabelValues("revised").Add(float64(t.Revised))
	m.Items.WithLabelValues("same").Add(float64(t.Same))
}
