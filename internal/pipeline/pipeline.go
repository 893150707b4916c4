// Package pipeline puts the stages in order: poll, settle, index, match, and those behind them. It decides when each
// stage works. What a stage does is in the packages below.
//
// The store is a log. Each stage reads the log from its own watermark and does one thing. It moves the watermark in the
// transaction that holds its result, so a crash loses and repeats nothing. A Pipeline has one value of each stage:
//
//   - Collector polls a feed and says what is doubtful about its items (collector.go). push.go receives what hubs push, newsletter.go what mails bring.
//     Pass (pass.go, summary.go) polls all due feeds and, outside of Serve, runs the other stages once.
//     It claims the hosts that it asks (hosts.go), since several nodes may poll one database. Each says that it works (attend.go).
//   - Settler makes stories and holds the window of open ones (settler.go), with the second opinion by embeddings in
//     opinion.go. In a process that does not lead it keeps the window up to date (standby.go). Pages that articles credit (credited.go, creditedreader.go) and corrections (correct.go) change the same window.
//   - query.Index follows the log with the search index.
//   - Matcher matches changed stories with the topics (matcher.go), Ruler lets users' rules act on settled articles (ruler.go).
//   - PageReader fetches the pages of items that are cut short (fulltext.go), CreditedPageReader those that articles credit
//     (creditedreader.go); pages.go has what both share.
//   - Retention removes what is no longer needed. retention.go decides what may be removed, remove.go does the steps, and
//     clock.go has the clock that they go by, which does not jump.
//   - gauges.go gives Prometheus what waits and how far each stage is behind its log.
//
// Serve runs them all, or those of Options.Roles. Settling, matching, queueing alerts and retention run in the one process
// that leads (lead.go). What any process stores wakes the stages behind the logs (follower.go), which work in batches:
// indexing at most every 200 ms, so that an article is found before it has a story, settling and matching at most every
// 300 ms. A stage that fails is tried again in 5 s. A pass that settles holds Pipeline.turn, and these stages wait for
// it. So it gives the same stories as without a server.
//
// Settling articles in parts, as they arrive, gives slightly different stories from settling them at once. The reason:
// what two articles share is weighed by how rare it is at the time of the comparison, and the comparison is kept. Of
// 5,210 recorded articles in 12 polls, 17 are in another story and 195 in another event; none is when all are compared
// again (parts_test.go). Furniture is learnt as articles arrive too, so 14 of the texts keep blocks that would be removed
// if all were polled at once. The order of articles within one settlement does not change stories and origins, up to ids.
package pipeline

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/origin"
)

// Pipeline runs the stages over one store and one index. Its methods are safe for concurrent use.
type Pipeline struct {
	Settler       *Settler
	Matcher       *Matcher
	Ruler         *Ruler
	Pages         *PageReader
	CreditedPages *CreditedPageReader
	Retention     *Retention

	options   Options
	lead      *lead
	collector *Collector
	hosts     *hostLeases
	push      *pusher // nil if no pushes are accepted

	toMatch, toFill wakeup // sent when topics are to be filled again
	toAct           wakeup // sent when articles were settled
	toRemove        wakeup // sent when more aged-out articles may be in the index
	toCount         wakeup // sent when the outlets of more stories are to be counted
	toStandBy       wakeup // sent when this process has lost the lead

	passing    chan struct{}       // a semaphore: one pass at a time
	turn       *semaphore.Weighted // a pass that settles holds wholeTurn of it; each stage that Serve runs holds one
	serving    atomic.Bool         // Serve runs Retention, so passes do not
	outage     outage
	clock      *steadyClock
	clockUnset sync.Once // logs once that the clock is not set
}

// wholeTurn is more than all stages hold together.
const wholeTurn = 1000

// New returns a Pipeline.
func New(o Options) *Pipeline {
	o = o.withDefaults()
	p := &Pipeline{
		options: o, collector: NewCollector(o), passing: make(chan struct{}, 1), turn: semaphore.NewWeighted(wholeTurn),
		toMatch: newWakeup(), toFill: newWakeup(), toAct: newWakeup(), toRemove: newWakeup(), toCount: newWakeup(), toStandBy: newWakeup(),
	}
	p.hosts = newHostLeases(o)
	p.push = newPusher(o, p.collector)
	prepare := stories.Preparer{Cleaner: p.collector.cleaner, Credits: origin.NewReader(o.Outlets)}
	clock := &steadyClock{store: o.Store, now: o.Now, log: o.Logger}
	p.clock = clock
	p.lead = newLead(o)
	p.Settler = newSettler(o, p.lead, prepare)
	p.Matcher = newMatcher(o, p.lead, func() {
		p.toMatch.send()
		p.toFill.send()
	})
	p.Ruler = newRuler(o, p.lead)
	p.Pages = newPageReader(o, p.hosts, p.collector.cleaner, clock)
	p.CreditedPages = &CreditedPageReader{
		store: o.Store, fetch: o.Fetch, hosts: p.hosts, settler: p.Settler, prepare: prepare, outlets: o.Outlets.BuiltIn(),
		clock: clock, window: o.windowLength(), off: !o.ReadCreditedPages, now: o.Now, log: o.Logger, metrics: o.Metrics,
	}
	p.Retention = newRetention(o, p.Settler, clock)
	p.registerGauges()
	return p
}

// Close waits until all hosts that the pipeline's client asked are handed back. From then on nothing of the pipeline uses the store. It is
// called when Serve has returned and all requests through the client are about to end.
func (p *Pipeline) Close() { p.hosts.close() }

// FeedRemoved is called after a feed was removed, so that its hub is told.
func (p *Pipeline) FeedRemoved() {
	if p.push != nil {
		p.push.Wake()
	}
}

// NextChange returns a channel that is closed when stories change next.
func (p *Pipeline) NextChange() <-chan struct{} { return p.options.Store.Changed(store.AreaStories) }

// Callbacks returns the handler for requests of hubs at Options.Callback; its pattern has {id}. It is nil if no pushes
// are accepted.
func (p *Pipeline) Callbacks() http.Handler {
	if p.push == nil {
		return nil
	}
	return p.push.Subscriber
}

// Reindex rebuilds the index, see query.Index.Rebuild. No topic is matched, and no rule acts, while the new index replaces the old one.
func (p *Pipeline) Reindex(ctx context.Context, open func(context.Context) (*search.Index, error), progress func(done, total int)) (int, error) {
	return p.options.Index.Rebuild(ctx, open, p.pauseMatching, progress)
}

// pauseMatching keeps topics and rules from being matched until resume is called.
func (p *Pipeline) pauseMatching(ctx context.Context) (resume func(), err error) {
	topics, err := p.Matcher.pause(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := p.Ruler.pause(ctx)
	if err != nil {
		topics()
		return nil, err
	}
	return func() {
		rules()
		topics()
	}, nil
}

// passFor is the time that the pauses between the due feeds of one host may take in a pass of Serve.
const passFor = 30 * time.Second

// Serve does what Options.Roles say until the context ends: it polls on schedule and receives what hubs push, makes
// stories while no other process does, and lets the index follow the log. While the database is away its stages wait. It
// returns an error if the disk fails or is full: the process has to end then, and begins anew with what was acknowledged.
func (p *Pipeline) Serve(ctx context.Context, schedule string) error {
	log, roles := p.options.Logger, p.options.Roles
	p.serving.Store(true)
	defer p.serving.Store(false)
	defer p.lead.serve(ctx)()
	g, ctx := errgroup.WithContext(ctx)
	ctx = store.Patient(ctx) // each stage waits while the database is away
	run := func(stage func(context.Context)) {
		g.Go(func() error {
			stage(ctx)
			return nil
		})
	}
	run(p.options.Store.Listen)
	run(p.attend)
	run(func(ctx context.Context) {
		p.options.Reader.FollowOutlets(ctx, func(err error) {
			if news.IsFault(ctx, err) {
				log.Error("a change of an outlet is not shown yet; the next one tries again", "error", err)
			}
		})
	})
	if roles.Poll {
		g.Go(func() error { return p.push.run(ctx) })
		if !p.options.TicksOnly {
			changed := p.options.Store.Changed(store.AreaFeeds) // before the first pass reads what is due
			run(func(ctx context.Context) { p.pollChanged(ctx, changed) })
		}
		g.Go(func() error {
			return poll.Schedule(ctx, schedule, log, func(ctx context.Context) {
				if _, err := p.Pass(ctx, PassOptions{CollectOnly: true, PerHost: passFor}); news.IsFault(ctx, err) {
					log.Error("a pass over the feeds failed; the next tick tries again", "error", err)
				}
			})
		})
		run(func(ctx context.Context) { readEvery(ctx, "of articles", log, p.options.Health, p.Pages.Read) })
		if p.options.ReadCreditedPages {
			run(func(ctx context.Context) {
				readEvery(ctx, "that articles credit", log, p.options.Health, p.CreditedPages.Read)
			})
		}
		if p.options.Alerts != nil {
			run(func(ctx context.Context) { p.options.Alerts.Run(ctx, p.turn) })
		}
		if p.options.Savings != nil {
			run(func(ctx context.Context) { p.options.Savings.Run(ctx, p.turn) })
		}
		if p.options.Hub != nil {
			run(p.options.Hub.Run)
		}
	}
	if roles.Settle {
		run(func(ctx context.Context) { p.lead.run(ctx, p.runLeading, p.standBy) })
		if p.options.Store.Shared() {
			f := follower{"window of a process that stands by", store.AreaWindow, p.toStandBy, followEvery, p.Settler.StandBy}
			g.Go(func() error { return f.run(ctx, p.turn, p.options) })
		}
	}
	if roles.Web {
		run(p.push.receiveAll) // whatever the pages' address reaches gets what hubs push
		for _, f := range p.webFollowers() {
			g.Go(func() error { return f.run(ctx, p.turn, p.options) })
		}
	}
	g.Go(func() error {
		select {
		case <-p.options.Store.Broken():
			return p.options.Store.BrokenBy()
		case <-ctx.Done():
			return nil
		}
	})
	return g.Wait()
}

// pollChanged polls what is due after each change of the feeds, in any process, so that somebody who added a feed or asked for one does not
// wait for the next tick. changed is the signal of the first.
func (p *Pipeline) pollChanged(ctx context.Context, changed <-chan struct{}) {
	const pause = time.Second // between two of these passes
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		changed = p.options.Store.Changed(store.AreaFeeds)
		if _, err := p.Pass(ctx, PassOptions{CollectOnly: true, PerHost: passFor}); news.IsFault(ctx, err) {
			p.options.Logger.Error("a pass over the feeds failed; the next tick tries again", "error", err)
		}
		sleep(ctx, pause)
	}
}

// Aged-out articles leave the index at most every unindexEvery, for about unindexTime.
const (
	unindexEvery = 2 * time.Second
	unindexTime  = 200 * time.Millisecond
)

// webFollowers returns the stages of each process that searches.
func (p *Pipeline) webFollowers() []follower {
	return []follower{
		{"index", store.AreaArticles, p.options.Index.Damaged(), 200 * time.Millisecond, func(ctx context.Context) error {
			if err := p.options.Index.Check(ctx); err != nil {
				return err
			}
			if _, err := p.options.Reader.RefreshOutlets(ctx); err != nil {
				return err
			}
			done, err := p.options.Index.CatchUp(ctx, nil)
			p.options.Metrics.Indexed.Add(float64(done))
			return err
		}},
		{"places of articles in stories", store.AreaStories | store.AreaRemovals, nil, 200 * time.Millisecond, func(ctx context.Context) error {
			_, err := p.options.Index.Stories(ctx) // so that searches need not wait for it
			return err
		}},
		{"aged-out articles in the index", store.AreaRemovals, p.toRemove, unindexEvery, func(ctx context.Context) error {
			if err := p.options.Index.Check(ctx); err != nil { // it may write before the stage above
				return err
			}
			done, err := p.options.Index.DeleteAged(ctx, unindexTime)
			if done > 0 {
				p.toRemove.send() // there may be more
			}
			return err
		}},
		{"topics' old stories", store.AreaTopics, p.toFill, 300 * time.Millisecond, p.Matcher.Fill},
	}
}

// olderStories is how many stories are counted in one transaction.
const olderStories = 200

// countOlderOutlets counts the outlets of some stories that were stored before outlets were counted.
func (p *Pipeline) countOlderOutlets(ctx context.Context) error {
	db, err := p.lead.hold(ctx)
	if err != nil {
		return err
	}
	done, err := db.CountOlderOutlets(ctx, olderStories)
	if done > 0 {
		p.toCount.send() // there may be more
	}
	return err
}

// leadFollowers returns the stages of the process that leads. Some do what was asked for while no process led, or by a
// process that does not lead.
func (p *Pipeline) leadFollowers() []follower {
	return []follower{
		{"settle", store.AreaArticles, nil, 300 * time.Millisecond, func(ctx context.Context) error {
			done, err := p.Settler.Settle(ctx, nil)
			if done > 0 {
				p.toAct.send() // a revised article may leave its story as it is
			}
			return err
		}},
		{"topics", store.AreaStories | store.AreaTopics, p.toMatch, 300 * time.Millisecond, p.matchAndQueue},
		{"rules", store.AreaStories, p.toAct, 300 * time.Millisecond, p.Ruler.Act},
		{"weigh again", store.AreaCreditedPages, nil, 5 * time.Second, p.Settler.Reweigh},
		{"corrections", store.AreaRequests, nil, 0, p.Settler.answerRequests},
		{"outlets of older stories", store.AreaOutlets, p.toCount, 50 * time.Millisecond, p.countOlderOutlets},
	}
}

// runLeading runs the stages of the process that leads, until the context ends.
func (p *Pipeline) runLeading(ctx context.Context) {
	var g errgroup.Group
	run := func(stage func()) {
		g.Go(func() error {
			stage()
			return nil
		})
	}
	for _, f := range p.leadFollowers() {
		run(func() { _ = f.run(ctx, p.turn, p.options) }) // Serve ends where the disk fails
	}
	run(func() { p.Retention.run(ctx, p.turn) })
	_ = g.Wait() // its functions return no errors
}

// standBy frees what only the stages of a leader need in memory.
func (p *Pipeline) standBy(ctx context.Context) {
	p.Settler.endLead(ctx)
	p.Matcher.standBy(ctx)
	p.Ruler.standBy(ctx)
	p.toStandBy.send()
}
