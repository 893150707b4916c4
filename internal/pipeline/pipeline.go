// Package pipeline puts the stages in order: poll, settle, index, match, and what runs behind them. It knows when each stage
// works; what a stage does is in the packages below.
//
// The store is a log. Each stage reads it from its own watermark, does one thing, and moves that in the transaction that holds
// its result, so that a crash loses nothing and repeats nothing. A Pipeline has one value of each stage:
//
//   - Collector polls a feed (collector.go; doubts.go says what of an item is doubtful). push.go takes what hubs push. Pass
//     (pass.go, summary.go) polls all feeds that are due and, outside of Serve, runs the stages behind them once.
//   - Settler makes stories: its window of open stories is in window.go, a settlement in settle.go, the second opinion by
//     embeddings in opinion.go. What articles credit (credited.go, reweigh.go) and what people correct (correct.go) changes the
//     same window.
//   - query.Index follows the log with the search index.
//   - Matcher holds changed stories against the topics (matcher.go).
//   - PageReader reads the pages of items that are cut short (fulltext.go), SourceReader those that articles credit
//     (sources.go); pages.go has what both do.
//   - Retention removes what is no longer needed: what may go is in retention.go, the steps in remove.go, and the clock by which
//     it goes, which does not jump, in clock.go.
//
// Serve (serve.go) runs them all. What stores articles wakes the stages behind the log (follower.go): indexing at most every
// 200 ms, so that an article is found before it has a story, settling and matching at most every 300 ms, in batches of what
// came meanwhile. A stage that fails is tried again in 5 s. A pass that settles holds Pipeline.turn, for which these stages
// wait, so that it gives the same stories as without a server.
//
// Articles that are settled in parts, as they come, differ a little from the same settled at once: what two articles have in
// common is weighed by how rare it is when they are compared, and the comparison is kept. Of 5,210 recorded articles in 12
// polls 17 are in another story and 195 in another event, and none when all are compared anew (parts_test.go).
// Blocks that a feed repeats are learnt as they come, too, so 14 of the texts keep some that a poll of all would have left
// out. The same articles in another order within one settlement give the same stories and origins, up to ids.
package pipeline

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"headwater/internal/search"
	"headwater/internal/stories"
	"headwater/internal/stories/origin"
)

// Pipeline runs the stages over one store and one index. Its methods may be called at the same time.
type Pipeline struct {
	Settler   *Settler
	Matcher   *Matcher
	Pages     *PageReader
	Sources   *SourceReader
	Retention *Retention

	options   Options
	collector *Collector
	push      *pusher // nil where no pushes are taken

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
	p.push = newPusher(o, p.collector, p.arrived)
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
	if p.push != nil {
		p.push.Wake()
	}
}

// NextChange gives a channel that is closed when stories change next in this process, which is the only one that changes any.
func (p *Pipeline) NextChange() <-chan struct{} { return p.changed.next() }

// Callbacks answers hubs at Options.Callback and the {id} of its pattern. It is nil where no pushes are taken.
func (p *Pipeline) Callbacks() http.Handler {
	if p.push == nil {
		return nil
	}
	return p.push.Subscriber
}

// Reindex builds the index anew, see query.Index.Rebuild. No topic is matched while the new index takes the old one's place.
func (p *Pipeline) Reindex(ctx context.Context, open func(context.Context) (*search.Index, error), progress func(done, total int)) (int, error) {
	return p.options.Index.Rebuild(ctx, open, p.Matcher.pause, progress)
}
