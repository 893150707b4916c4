// Package pipeline puts the stages in order: poll, settle, index, match, and what runs behind them. It knows when each stage
// works; what a stage does is in the packages below.
//
// The store is a log. Each stage reads it from its own mark, does one thing, and moves the mark in the transaction that holds
// its result, so that a crash loses nothing and repeats nothing. A Pipeline has one value of each stage:
//
//   - Collector polls a feed (collector.go, doubts.go); push.go takes what hubs push. Pass (pass.go) polls all feeds that are
//     due and, outside of serve, runs the stages behind them once.
//   - Settler makes stories (settler.go, window.go, opinion.go). What articles credit (credited.go) and what people correct
//     (correct.go) changes the same window.
//   - query.Index follows the log with the search index.
//   - Matcher holds changed stories against the topics (matcher.go).
//   - PageReader reads the pages of items that are cut short (pages.go, fulltext.go), SourceReader those that articles credit
//     (sources.go).
//   - Retention removes what is no longer needed (retention.go, keep.go), by a clock that does not jump (clock.go).
//
// Serve runs them all. What stores articles wakes the stages behind the log (follower.go): indexing at most every 200 ms, so
// that an article is found before it has a story, settling and matching at most every 300 ms, in batches of what came
// meanwhile. A stage that fails is tried again in 5 s.
package pipeline

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/notify"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
)

// Options of a Pipeline.
type Options struct {
	Store   *store.DB
	Index   *query.Index
	Reader  *query.Reader
	Fetch   *fetch.Client
	Outlets *outlets.Registry
	Logger  *slog.Logger
	Now     func() time.Time // nil means time.Now

	Parse   parse.Options // URL and ContentType are set for each feed
	Pace    poll.Pace
	Workers int           // feeds polled at once
	PerHost int           // feeds of one host polled at once; 0 is no limit
	Window  time.Duration // how long a story stays open; 0 means 72h
	Keep    time.Duration // how long articles are kept that nobody starred, labelled or corrected; 0 is for ever

	Embed       *embed.Client // gives grouping a second opinion; nil is none
	EmbedWait   time.Duration // the most that one settlement waits for it; 0 means 30s
	EventCosine float64       // from which it brings two articles into one event; 0 means .8

	Callback string // the address below which hubs reach Callbacks, with a slash at the end; "" takes no pushes
	MaxPush  int64  // bytes of what a hub pushes; 0 means 10 MB

	ReadSources     bool   // read the pages that articles credit by a link
	FullText        string // whether the pages of items are read where their feed does not say: auto, always or never; "" is never
	FullTextPerHost int    // how many of them of one host an hour; 0 means 20

	Alerts *notify.Queue     // delivers what alerts tell of; nil tells nobody
	Hub    *notify.Publisher // tells a hub that our own feeds changed; nil tells none
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) windowLength() time.Duration {
	if o.Window > 0 {
		return o.Window
	}
	return 72 * time.Hour
}

// Pipeline runs the stages over one store and one index. Its methods may be called at the same time.
type Pipeline struct {
	Settler   *Settler
	Matcher   *Matcher
	Pages     *PageReader
	Sources   *SourceReader
	Retention *Retention

	options   Options
	collector *Collector

	toIndex, toSettle, toMatch wakeup    // for the followers
	changed                    broadcast // stories did

	passing    chan struct{} // one pass at a time: an element for the one that runs
	turn       sync.RWMutex  // held for writing by a pass that settles, for reading by the stages that Serve runs
	serving    atomic.Bool   // Serve runs Retention, and passes need not
	outage     outage
	clockUnset sync.Once // for the log
}

// New makes a Pipeline.
func New(o Options) *Pipeline {
	o = o.withDefaults()
	p := &Pipeline{
		options: o, collector: NewCollector(o), passing: make(chan struct{}, 1),
		toIndex: newWakeup(), toSettle: newWakeup(), toMatch: newWakeup(),
	}
	p.collector.push = newPusher(o, p.collector, p.arrived)
	prepare := stories.Preparer{Cleaner: p.collector.cleaner, Credits: origin.NewReader(o.Outlets)}
	clock := &steadyClock{store: o.Store, now: o.Now}
	p.Settler = newSettler(o, prepare, func() {
		p.changed.send()
		p.toMatch.send()
	})
	p.Matcher = newMatcher(o, p.toMatch.send)
	p.Pages = newPageReader(o, p.collector.cleaner, clock, p.arrived)
	p.Sources = &SourceReader{
		store: o.Store, fetch: o.Fetch, settler: p.Settler, prepare: prepare, outlets: o.Outlets,
		clock: clock, window: o.windowLength(), off: !o.ReadSources, now: o.Now, log: o.Logger,
	}
	p.Retention = newRetention(o, p.Settler, clock)
	return p
}

// arrived says that the log has grown.
func (p *Pipeline) arrived() {
	p.toIndex.send()
	p.toSettle.send()
}

// TopicsChanged says that topics were added or changed, so that they are matched with the stories.
func (p *Pipeline) TopicsChanged() { p.toMatch.send() }

// FeedRemoved says that a feed was removed, so that its hub is told.
func (p *Pipeline) FeedRemoved() {
	if push := p.collector.push; push != nil {
		push.Wake()
	}
}

// NextChange gives a channel that is closed when stories change next in this process, which is the only one that changes any.
func (p *Pipeline) NextChange() <-chan struct{} { return p.changed.next() }

// Callbacks answers hubs at Options.Callback and the {id} of its pattern. It is nil where no pushes are taken.
func (p *Pipeline) Callbacks() http.Handler {
	if p.collector.push == nil {
		return nil
	}
	return p.collector.push.Subscriber
}

// Reindex builds the index anew, see query.Index.Rebuild. No topic is matched while the new index takes the old one's place.
func (p *Pipeline) Reindex(ctx context.Context, open func(context.Context) (*search.Index, error), progress func(done, total int)) (int, error) {
	return p.options.Index.Rebuild(ctx, open, p.Matcher.pause, progress)
}

// passFor is how long the due feeds of one host may take in a pass of Serve, by the pauses between requests.
const passFor = 30 * time.Second

// Serve polls on schedule, takes what hubs push, and runs all stages until the context ends.
func (p *Pipeline) Serve(ctx context.Context, schedule string) error {
	log := p.options.Logger
	p.serving.Store(true)
	defer p.serving.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	run := func(stage func(context.Context)) {
		g.Go(func() error {
			stage(ctx)
			return nil
		})
	}
	g.Go(func() error { return p.collector.push.run(ctx) })
	g.Go(func() error {
		return poll.Schedule(ctx, schedule, log, func(ctx context.Context) {
			if _, err := p.Pass(ctx, PassOptions{CollectOnly: true, PerHost: passFor}); err != nil && ctx.Err() == nil {
				log.Error("a pass over the feeds failed; the next tick tries again", "error", err)
			}
		})
	})
	for _, f := range p.followers() {
		run(func(ctx context.Context) { f.run(ctx, p.turn.RLocker(), log) })
	}
	run(func(ctx context.Context) { // so that the first search need not
		if _, err := p.options.Index.Stories(ctx); err != nil && ctx.Err() == nil {
			log.Error("the places of articles in stories could not be read; the first search tries again", "error", err)
		}
	})
	run(p.Pages.run)
	if p.options.ReadSources {
		run(p.Sources.run)
	}
	if p.options.Alerts != nil {
		run(func(ctx context.Context) { p.options.Alerts.Run(ctx, p.turn.RLocker()) })
	}
	if p.options.Hub != nil {
		run(p.options.Hub.Run)
	}
	run(func(ctx context.Context) { p.Retention.run(ctx, p.turn.RLocker()) })
	return g.Wait()
}
