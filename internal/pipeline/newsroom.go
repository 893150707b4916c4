// Package pipeline puts the stages in order: collect, settle, index. It is the only place that knows them all.
package pipeline

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
)

// Options of a Newsroom.
type Options struct {
	Store   *store.DB
	Index   *search.Index
	Fetch   *fetch.Client
	Outlets *outlets.Registry
	Logger  *slog.Logger

	Parse   parse.Options // URL and ContentType are set for each feed
	Pace    poll.Pace
	Workers int           // feeds polled at once
	PerHost int           // feeds of one host polled at once; 0 is no limit
	Window  time.Duration // how long a story stays open
	Keep    time.Duration // how long articles are kept that nobody starred, labelled or corrected; 0 is for ever
	Batch   int           // articles an index batch
	Now     func() time.Time

	Embed     *embed.Client // gives grouping a second opinion; nil is none
	EmbedWait time.Duration // the most that one settling waits for it; 0 means 30s
	Similar   float64       // the cosine from which it brings two articles into one event; 0 means .8

	Callback string // the address below which hubs reach Callbacks, with a slash at the end; "" takes no pushes
	MaxPush  int64  // bytes of what a hub pushes; 0 means 10 MB
	Hub      Hub    // is told when our own feeds change; the zero value is none

	FetchSources bool // read the pages that articles credit by a link

	FullText        string // whether the pages of items are read where their feed does not say: auto, always or never; "" is never
	FullTextPerHost int    // how many of them of one host an hour; 0 means 20

	Alert *notify.Sender // tells people of topics' stories; nil tells nobody

	PictureBytes int64 // the largest picture that is passed on to a reader; 0 means as much as Fetch reads
}

// Newsroom is the pipeline over one store and one index. Its methods may be called at the same time.
type Newsroom struct {
	Options
	cleaner  *clean.Cleaner
	preparer stories.Preparer
	weigher  origin.Weigher      // its habits are learnt while settling
	known    map[int64]time.Time // since when each feed is, by its id
	learnt   time.Time           // when habits last were
	reading  chan struct{}       // an element for each document that is being parsed and cleaned

	toIndex, toSettle, toMatch bell // for the stages that keep up

	passing    chan struct{} // one pass at a time: an element for the one that runs
	holding    sync.RWMutex  // held for writing by a pass that settles, for reading by what does the same behind the log
	sourcing   sync.Mutex    // one reader of credited pages at a time
	paging     sync.Mutex    // one reader of items' pages at a time
	telling    sync.Map      // a *sync.Mutex for each alert, by id: one message at a time
	settling   sync.Mutex
	window     *group.Grouper // nil until something is to be settled
	second     *second        // nil without Embed
	indexing   sync.Mutex
	changed    signal // stories did
	matching   sync.Mutex
	matcher    *matcher        // nil until something is held against the topics
	unfillable map[int64]int64 // topics that could not be filled, as the log has said, by id: their versions
	unfilled   error           // why topics could not be filled at the last try; nil while they only wait for the index
	following  sync.Mutex
	alerting   sync.Mutex                        // one look through the story log for alerts at a time
	places     atomic.Pointer[search.StoryTable] // of the articles in their stories; nil until the first search
	swapping   sync.RWMutex                      // held for writing while Reindex puts another index in the place of Options.Index

	push *pusher // nil without Callback

	followed followed

	queueing sync.Mutex
	whole    map[int64]bool // feeds that have shown an item with its whole text, by id; nil until they are read

	retaining sync.Mutex  // one step at a time
	serving   atomic.Bool // Serve lets go of what is no longer needed, and passes need not
	steps     steps
	warned    bool // of what Keep is about to take

	clockUnset sync.Once // for the log
	outage     sync.Mutex
	lost       map[string]bool // addresses that could not be reached since one last could
	dark       bool            // they are so many that the log has said so
}

// New makes a Newsroom.
func New(o Options) *Newsroom {
	if o.Now == nil {
		o.Now = time.Now
	}
	n := &Newsroom{
		Options:    o,
		cleaner:    clean.New(clean.Options{Outlets: o.Outlets}),
		weigher:    origin.Weigher{Tie: 2 * o.Pace.Min},
		unfillable: map[int64]int64{},
		reading:    make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		passing:    make(chan struct{}, 1),
		steps:      steps{closing: firstStep, aging: firstStep, shrinking: shrinkPages},
		toIndex:    newBell(), toSettle: newBell(), toMatch: newBell(),
	}
	n.preparer = stories.Preparer{Cleaner: n.cleaner, Credits: origin.NewReader(o.Outlets)}
	if o.Embed != nil {
		n.second = &second{store: o.Store, client: o.Embed, wait: cmp.Or(o.EmbedWait, 30*time.Second), log: o.Logger, now: o.Now}
	}
	n.push = n.newPusher()
	return n
}

// Serve polls on schedule, takes what hubs push, settles and indexes until the context ends.
func (n *Newsroom) Serve(ctx context.Context, schedule string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.servePushes(ctx) })
	g.Go(func() error { return n.keepUp(ctx) })
	g.Go(func() error { return n.tellHub(ctx) })
	n.serving.Store(true)
	defer n.serving.Store(false)
	g.Go(func() error {
		n.keepRetaining(ctx)
		return nil
	})
	g.Go(func() error {
		if err := n.follow(ctx); err != nil && ctx.Err() == nil { // so that the first search need not
			n.Logger.Error("the places of articles in stories could not be read; the first search tries again", "error", err)
		}
		return nil
	})
	g.Go(func() error {
		return poll.Schedule(ctx, schedule, n.Logger, func(ctx context.Context) {
			if _, err := n.Pass(ctx, PassOptions{CollectOnly: true, Turn: 30 * time.Second}); err != nil && ctx.Err() == nil {
				n.Logger.Error("a pass over the feeds failed; the next tick tries again", "error", err)
			}
		})
	})
	if n.FetchSources {
		g.Go(func() error {
			n.followPages(ctx, "that articles credit", n.ReadSources)
			return nil
		})
	}
	g.Go(func() error {
		n.followPages(ctx, "of articles", n.ReadPages)
		return nil
	})
	if n.Alert != nil {
		g.Go(func() error {
			n.serveAlerts(ctx)
			return nil
		})
	}
	return g.Wait()
}

// Status counts what is stored and what is still to do.
func (n *Newsroom) Status(ctx context.Context) (news.Status, error) {
	s, err := n.Store.Status(ctx)
	if err != nil {
		return s, err
	}
	n.swapping.RLock()
	mark, err := n.Index.Watermark()
	n.swapping.RUnlock()
	if err != nil {
		return s, err
	}
	s.Unindexed, err = n.Store.CountAfter(ctx, mark)
	return s, err
}

// Indexed counts the articles in the index.
func (n *Newsroom) Indexed() (uint64, error) {
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	return n.Index.Count()
}

// Building says that the index lacks articles which were stored before it was opened. Nothing is searched until it has them.
func (n *Newsroom) Building() bool {
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	return n.Index.Building()
}

// Close lets go of the index, be it the one that was given or another that has taken its place.
func (n *Newsroom) Close() error {
	n.swapping.Lock()
	defer n.swapping.Unlock()
	return n.Index.Close()
}

// SetFullText says whether the pages of a feed's items are read: auto, always, never, or "" for what the settings say.
func (n *Newsroom) SetFullText(ctx context.Context, feed int64, mode string) error {
	return n.Store.SetFullText(ctx, feed, mode)
}
