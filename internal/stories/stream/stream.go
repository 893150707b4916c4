// Package stream groups a stream of articles without storing them. `headwater group` and training use it.
//
// Articles enter by Grouper.Add and leave by Options.Print with their story, origin and role. They are cleaned and put into the
// window. Each round of stories.Round articles is settled together, and the stories that are then closed are printed and
// forgotten. Close prints the rest. A story is closed when its newest article is older than the window, measured against the
// newest time of the stream. If more articles than Options.Hold are held, the stories that have gained no article
// for the longest time are printed too. So memory depends on the window and not on the length of the stream.
//
// A stream has no store. It therefore lacks habits from closed stories, pages that members credit, embeddings, corrections and
// the mark of stories from templates. The shares of listed items and the errors of clocks are learnt from the articles so far
// (origin.Log). Furniture is remembered for 2,000 feeds.
//
// The output depends only on the stream and the options, to the byte. There is no clock and no deadline. Rounds are counted in
// articles and bytes, goroutines write to the index of their article, and the contents of maps are sorted before they are
// numbered, printed or summed.
//
// The output does not depend on caches of the process either, such as that of stems, which compares whole words
// (prints/terms.go). Tests run a stream with clocks that jump both ways, with input that stalls, on one to four processors and
// under load.
package stream

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
)

// Options configure a Grouper. All fields but Outlets and Print may be zero.
type Options struct {
	Model   *group.Model // scores pairs; nil means the built-in model
	Outlets *outlets.Registry
	Window  time.Duration // how long a story stays open; zero means 72h
	Round   int           // articles settled together; zero means stories.Round
	Hold    int           // articles held at once; zero means a million
	// Print is called with the articles of closed stories, in the order in which they were added. Its error is returned by the
	// Add or Close that called it.
	Print func(iter.Seq[Placed]) error
}

// Placed is an article with its position in a story.
type Placed struct {
	Article  int64       // the number of its Add, from 1
	Story    *news.Story // without its members
	Origin   news.Origin // of the story, or of the text in it that the article carries
	Role     news.Role
	Claims   []news.Claim
	Evidence []news.Evidence
}

// Grouper groups a stream. It is not safe for concurrent use.
type Grouper struct {
	Options
	prepare stories.Preparer
	window  *group.Grouper
	weigher origin.Weigher
	log     origin.Log // of all articles so far; source of the weigher's habits

	waiting   []rawArticle
	bytes     int   // of the waiting texts
	added     int64 // articles put into the window
	unsettled int   // articles added since the last round
	clock     streamClock
	dates     recentDates
	furniture furnitureCache
}

const (
	prepareArticles = 8192      // maximum number of waiting articles that are prepared together
	prepareBytes    = 128 << 20 // bytes of titles and texts at which fewer articles are prepared together
	maxHeld         = 1_000_000 // articles; one of more than a thousand words counts as several
)

// New makes an empty Grouper.
func New(o Options) *Grouper {
	o.Round, o.Hold = cmp.Or(o.Round, stories.Round), cmp.Or(o.Hold, maxHeld)
	return &Grouper{
		Options: o,
		prepare: stories.Preparer{
			Cleaner: clean.New(clean.Options{Outlets: o.Outlets, TextOnly: true}), Credits: origin.NewReader(o.Outlets),
		},
		window: group.New(group.Options{Window: o.Window, Model: o.Model}),
		clock:  streamClock{window: cmp.Or(max(o.Window, 0), 72*time.Hour), few: o.Round / 100},
	}
}

// Add adds an article to the stream. The first article has the number 1, the next 2 and so on. If seen is zero, the time is
// estimated from neighbouring articles. If a round is full, it is settled first, and stories that are then closed are printed.
func (g *Grouper) Add(e news.Entry, feed string, seen time.Time) error {
	if g.unsettled == g.Round {
		if err := g.settle(); err != nil {
			return err
		}
	}
	g.unsettled++
	g.waiting = append(g.waiting, rawArticle{entry: e, feed: feed, seen: seen})
	g.bytes += len(e.Title) + len(e.Content) + len(e.Summary)
	if len(g.waiting) == prepareArticles || g.bytes >= prepareBytes {
		g.flushWaiting()
	}
	return nil
}

// Close settles and prints everything that is left.
func (g *Grouper) Close() error {
	g.flushWaiting()
	g.window.Settle()
	g.window.Freeze()
	order := make([]membership, 0, g.window.Len())
	g.window.Stories(func(s group.StoryState) bool {
		for _, id := range s.Members {
			order = append(order, membership{id, s.Story})
		}
		return false
	})
	return g.print(order)
}

// Window returns the articles so far in the form that grouping uses, before they are grouped.
func (g *Grouper) Window() *group.Grouper {
	g.flushWaiting()
	return g.window
}

// settle settles a round and prints the stories that are older than the window. If the remaining stories hold more articles
// than Hold, it also prints those that have gained no article for the longest time.
func (g *Grouper) settle() error {
	g.flushWaiting()
	g.window.Settle()
	g.unsettled = 0
	g.clock.advance()
	type openStory struct {
		last   int64 // newest article
		weight int
	}
	var open []openStory
	held := 0
	closed := g.window.Stories(func(s group.StoryState) bool {
		if g.clock.closed(s) {
			return true
		}
		held += s.Weight
		open = append(open, openStory{s.Last, s.Weight})
		return false
	})
	if held > g.Hold {
		slices.SortFunc(open, func(x, y openStory) int { return cmp.Compare(x.last, y.last) })
		i := 0
		for excess := held - g.Hold - open[0].weight; excess > 0; excess -= open[i].weight {
			i++
		}
		last := open[i].last
		closed = append(closed, g.window.Stories(func(s group.StoryState) bool { return s.Last <= last && !g.clock.closed(s) })...)
	}
	var order []membership
	ids := make([]int64, len(closed))
	for i, s := range closed {
		ids[i] = s.Story
		for _, id := range s.Members {
			order = append(order, membership{id, s.Story})
		}
	}
	if err := g.print(order); err != nil {
		return err
	}
	g.window.Forget(ids)
	return nil
}

// membership is an article of a story that will be printed.
type membership struct{ article, story int64 }

// print weighs and prints stories in the order of their articles. A story is weighed when its first article is printed, so that
// not all stories are held at once.
func (g *Grouper) print(order []membership) error {
	slices.SortFunc(order, func(x, y membership) int { return cmp.Compare(x.article, y.article) })
	if len(order) == 0 {
		return nil
	}
	g.weigher.Habits, g.weigher.Clocks = stories.Habits(&g.log, g.Outlets), g.log.Clocks()
	return g.Print(func(yield func(Placed) bool) {
		weighed := map[int64]Placed{}
		for _, at := range order {
			if _, ok := weighed[at.article]; !ok {
				st := g.window.Story(at.story)
				c := group.Change{Story: st.Story, Event: st.Event, Members: st.Members}
				s := stories.Weigh(g.window, g.weigher, c, stories.Candidates(g.window, c, nil), nil, time.Time{})
				for _, m := range s.Members {
					weighed[m.Article.ID] = Placed{
						Article: m.Article.ID, Story: &s, Origin: s.OriginOf(m), Role: m.Role, Claims: m.Claims, Evidence: m.Evidence,
					}
				}
				s.Members = nil
			}
			p := weighed[at.article]
			delete(weighed, at.article)
			if !yield(p) {
				return
			}
		}
	})
}

// flushWaiting cleans the waiting articles and puts them into the window. Articles of one feed are cleaned together, so that
// blocks that the feed repeats are found.
func (g *Grouper) flushWaiting() {
	g.dates.fill(g.waiting)
	byFeed := map[string][]int{}
	for i, w := range g.waiting {
		byFeed[w.feed] = append(byFeed[w.feed], i)
	}
	items := make([]group.Item, len(g.waiting))
	var tasks errgroup.Group
	tasks.SetLimit(stories.Workers)
	for feed, indexes := range byFeed {
		known := g.furniture.of(feed)
		tasks.Go(func() error {
			doc := news.Document{}
			var latest time.Time
			for _, i := range indexes {
				doc.Entries = append(doc.Entries, g.waiting[i].entry)
				if g.waiting[i].seen.After(latest) {
					latest = g.waiting[i].seen
				}
			}
			articles, shown := g.prepare.Cleaner.Learn(doc, news.Feed{Title: feed}, *known, latest)
			*known = known.Then(shown)
			for i, a := range articles {
				w := g.waiting[indexes[i]]
				a.ID, a.Seen, a.Undated = g.added+int64(indexes[i])+1, w.seen, w.undated
				items[indexes[i]] = g.prepare.Item(a)
			}
			return nil
		})
	}
	_ = tasks.Wait() // no task fails
	g.furniture.endBatch()
	g.added += int64(len(items))
	clear(g.waiting) // otherwise their texts would stay in memory
	g.waiting, g.bytes = g.waiting[:0], 0
	for _, it := range items {
		g.clock.see(it.Article)
		g.log.Add(it.Article, it.Claims)
		g.window.Add(it)
	}
}

// streamClock is the time that decides when stories of a stream close: the newest time of the articles so far.
type streamClock struct {
	window time.Duration
	few    int         // number of articles in a round that is too small to move the clock
	now    time.Time   // zero before the first round
	round  []time.Time // when the articles of this round were seen
}

func (c *streamClock) see(a news.Article) {
	if !a.Seen.IsZero() {
		c.round = append(c.round, a.Seen)
	}
}

// advance moves the clock to the newest time of the round, ignoring one article in a hundred. Otherwise a single date in the
// next century would close every story at once.
func (c *streamClock) advance() {
	slices.SortFunc(c.round, time.Time.Compare)
	if at := len(c.round) - 1 - c.few; at >= 0 && c.round[at].After(c.now) {
		c.now = c.round[at]
	}
	c.round = c.round[:0]
}

// closed reports whether a story's newest article is older than the window.
func (c *streamClock) closed(s group.StoryState) bool {
	return s.Newest.Before(c.now.Add(-c.window))
}

// rawArticle is an article before it is cleaned.
type rawArticle struct {
	entry   news.Entry
	feed    string
	seen    time.Time
	undated bool // seen was estimated from neighbouring articles
}

// recentMany is the number of articles from which the time of an article without a date is estimated.
const recentMany = 9

// recentDates are the times of the last articles of a stream that have a time.
type recentDates []time.Time

// fill gives articles without a time the median of the nine times before them, which a single wrong date does not change. At
// the beginning of a stream the first nine times are used. In a stream without times the articles remain without a time.
func (r *recentDates) fill(articles []rawArticle) {
	if len(*r) == 0 {
		for _, a := range articles {
			if !a.seen.IsZero() && len(*r) < recentMany {
				*r = append(*r, a.seen)
			}
		}
	}
	for i := range articles {
		a := &articles[i]
		a.undated = a.seen.IsZero()
		switch {
		case !a.undated:
			*r = append((*r)[max(len(*r)-recentMany+1, 0):], a.seen)
		case len(*r) > 0:
			a.seen = slices.SortedFunc(slices.Values(*r), time.Time.Compare)[len(*r)/2]
		}
	}
}

// maxFurniture is the maximum number of feeds whose furniture is kept. Each takes some 20 KB.
const maxFurniture = 2000

// furnitureCache keeps the furniture of feeds between batches of articles.
type furnitureCache struct {
	feeds   map[string]*cachedFurniture
	batches int
}

type cachedFurniture struct {
	furniture news.Furniture
	batch     int // the last batch with articles of the feed
}

// of returns the furniture of a feed, to be changed in place. Articles without a feed do not share furniture.
func (c *furnitureCache) of(feed string) *news.Furniture {
	if feed == "" {
		return &news.Furniture{}
	}
	if c.feeds == nil {
		c.feeds = map[string]*cachedFurniture{}
	}
	f := c.feeds[feed]
	if f == nil {
		f = &cachedFurniture{}
		c.feeds[feed] = f
	}
	f.batch = c.batches
	return &f.furniture
}

// endBatch ends a batch and removes the least recently used feeds beyond maxFurniture.
func (c *furnitureCache) endBatch() {
	c.batches++
	if len(c.feeds) <= maxFurniture {
		return
	}
	names := slices.SortedFunc(maps.Keys(c.feeds), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.feeds[b].batch, c.feeds[a].batch), cmp.Compare(a, b))
	})
	for _, name := range names[maxFurniture:] {
		delete(c.feeds, name)
	}
}
