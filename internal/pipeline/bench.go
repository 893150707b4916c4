package pipeline

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
)

// BenchOptions are how a Bench groups. All but Outlets and Print may be zero.
type BenchOptions struct {
	Model   *group.Model // what pairs are scored with; nil is the built-in one
	Outlets *outlets.Registry
	Window  time.Duration // how long a story stays open; zero means 72h
	Round   int           // articles settled together; zero means as many as the newsroom settles, 8,192
	Hold    int           // articles held at once; zero means a million
	// Print is given the articles of the stories that are closed, in the order in which they were added. An error of it
	// ends the Add or Close that called it.
	Print func(iter.Seq[Placed]) error
}

// Placed is an article and its place.
type Placed struct {
	Article  int64       // the number of its Add, from 1
	Story    *news.Story // without its members
	Origin   news.Origin // the story's, or the text of it that the article carries
	Role     news.Role
	Claims   []news.Claim
	Evidence []news.Evidence
}

// Bench runs the stages from cleaning to origin over a stream of articles that are stored nowhere. It holds the stories
// that are still open, so that it takes memory for a window of the stream and not for all of it. It has no clock: what it
// prints depends on the stream and the options alone, to the byte.
type Bench struct {
	BenchOptions
	room *Newsroom

	waiting   []raw
	bytes     int   // of what waits
	added     int64 // articles that went into the window
	unsettled int   // articles added since the last round
	span      span
	memory    memory
	times     recentTimes
	log       origin.Log
}

// raw is an article before it is cleaned.
type raw struct {
	entry   news.Entry
	feed    string
	seen    time.Time
	undated bool // seen is when it came in the stream
}

const (
	benchChunk = 8192      // articles that wait to be prepared together
	benchBytes = 128 << 20 // of titles and texts, at which fewer articles are prepared together
	maxHeld    = 1_000_000 // articles that a Bench holds; one of more than a thousand words counts as several
)

// NewBench makes an empty bench.
func NewBench(o BenchOptions) *Bench {
	o.Round, o.Hold = cmp.Or(o.Round, settleRound), cmp.Or(o.Hold, maxHeld)
	room := &Newsroom{
		Options: Options{Outlets: o.Outlets, Window: o.Window}, // and no Now: a stage that asked for the time would end the program
		cleaner: clean.New(clean.Options{Outlets: o.Outlets, TextOnly: true}),
		reader:  origin.NewReader(o.Outlets),
		window:  group.New(group.Options{Window: o.Window, Model: o.Model}),
	}
	return &Bench{BenchOptions: o, room: room, span: newSpan(room.windowLength(), o.Round)}
}

// Add puts an article on the bench. The first has the number 1, the next 2 and so on. One of which seen is zero counts as
// seen when those around it in the stream were. Where a round is full, it is settled first and what is closed then is printed.
func (b *Bench) Add(e news.Entry, feed string, seen time.Time) error {
	if b.unsettled == b.Round {
		if err := b.settle(); err != nil {
			return err
		}
	}
	b.unsettled++
	b.waiting = append(b.waiting, raw{entry: e, feed: feed, seen: seen})
	b.bytes += len(e.Title) + len(e.Content) + len(e.Summary)
	if len(b.waiting) == benchChunk || b.bytes >= benchBytes {
		b.prepare()
	}
	return nil
}

// Close settles and prints everything that is left.
func (b *Bench) Close() error {
	b.prepare()
	b.room.window.Settle()
	b.room.window.Freeze()
	order := make([]turn, 0, b.room.window.Len())
	b.room.window.Stories(func(s group.StoryState) bool {
		order = appendTurns(order, s)
		return false
	})
	return b.flush(order)
}

// settle settles a round and prints the stories that are closed by then, and those beyond what is held.
func (b *Bench) settle() error {
	b.prepare()
	b.room.window.Settle()
	b.unsettled = 0
	b.span.advance()
	closed := b.closed()
	var order []turn
	for _, s := range closed {
		order = appendTurns(order, s)
	}
	if err := b.flush(order); err != nil {
		return err
	}
	ids := make([]int64, len(closed))
	for i, s := range closed {
		ids[i] = s.Story
	}
	b.room.window.Forget(ids)
	return nil
}

// closed gives the stories that ended before the window, and beyond Hold those that gained no article for longest.
func (b *Bench) closed() []group.StoryState {
	held := 0
	closed := b.room.window.Stories(func(s group.StoryState) bool {
		over := b.span.closed(s)
		if !over {
			held += s.Weight
		}
		return over
	})
	if held <= b.Hold {
		return closed
	}
	last := b.lastBeyond(held - b.Hold)
	return append(closed, b.room.window.Stories(func(s group.StoryState) bool { return s.Last <= last && !b.span.closed(s) })...)
}

// lastBeyond gives the last article of the stories that have to go so that the open ones weigh so much less.
func (b *Bench) lastBeyond(excess int) int64 {
	type open struct {
		last   int64
		weight int
	}
	var all []open
	b.room.window.Stories(func(s group.StoryState) bool {
		if !b.span.closed(s) {
			all = append(all, open{s.Last, s.Weight})
		}
		return false
	})
	slices.SortFunc(all, func(x, y open) int { return cmp.Compare(x.last, y.last) })
	i := 0
	for excess -= all[0].weight; excess > 0; excess -= all[i].weight {
		i++
	}
	return all[i].last
}

// turn is an article of a story to be printed.
type turn struct{ article, story int64 }

func appendTurns(order []turn, s group.StoryState) []turn {
	for _, id := range s.Members {
		order = append(order, turn{id, s.Story})
	}
	return order
}

// flush weighs and prints stories, in the order of their articles. A story is weighed when its first article has its turn,
// so that not all are held at once.
func (b *Bench) flush(order []turn) error {
	slices.SortFunc(order, func(x, y turn) int { return cmp.Compare(x.article, y.article) })
	if len(order) == 0 {
		return nil
	}
	b.room.weigher.Habits, b.room.weigher.Clocks = habitsOfItems(&b.log, b.Outlets), b.log.Clocks()
	return b.Print(func(yield func(Placed) bool) {
		weighed := map[int64]Placed{}
		for _, t := range order {
			if _, ok := weighed[t.article]; !ok {
				b.weigh(b.room.window.Story(t.story), weighed)
			}
			p := weighed[t.article]
			delete(weighed, t.article)
			if !yield(p) {
				return
			}
		}
	})
}

// weigh places the members of a story.
func (b *Bench) weigh(st group.StoryState, placed map[int64]Placed) {
	c := group.Change{Story: st.Story, Event: st.Event, Members: st.Members}
	s := b.room.story(c, b.room.candidates(c), nil, time.Time{})
	for _, m := range s.Members {
		placed[m.Article.ID] = Placed{
			Article: m.Article.ID, Story: &s, Origin: s.OriginOf(m), Role: m.Role, Claims: m.Claims, Evidence: m.Evidence,
		}
	}
	s.Members = nil
}

// prepare cleans what waits, feed by feed so that a feed's furniture shows, and puts it into the window.
func (b *Bench) prepare() {
	b.times.date(b.waiting)
	byFeed := map[string][]int{}
	for i, w := range b.waiting {
		byFeed[w.feed] = append(byFeed[w.feed], i)
	}
	items := make([]group.Item, len(b.waiting))
	var g errgroup.Group
	g.SetLimit(twoWorkers)
	for feed, at := range byFeed {
		known := b.memory.of(feed)
		g.Go(func() error {
			var articles []news.Article
			articles, *known = b.clean(at, *known)
			for i, a := range articles {
				a.ID = b.added + int64(at[i]) + 1
				items[at[i]] = b.room.Item(a)
			}
			return nil
		})
	}
	_ = g.Wait() // none of them fails
	b.memory.bound()
	b.added += int64(len(items))
	clear(b.waiting) // or their texts would stay
	b.waiting, b.bytes = b.waiting[:0], 0
	for _, it := range items {
		b.span.see(it.Article)
		b.log.Add(it.Article, it.Claims)
		b.room.window.Add(it)
	}
}

// clean cleans the waiting articles of one feed, and gives what is known of its furniture then.
func (b *Bench) clean(at []int, known news.Furniture) ([]news.Article, news.Furniture) {
	doc := news.Document{}
	var latest time.Time
	for _, i := range at {
		doc.Entries = append(doc.Entries, b.waiting[i].entry)
		if b.waiting[i].seen.After(latest) {
			latest = b.waiting[i].seen
		}
	}
	articles, shown := b.room.cleaner.Learn(doc, news.Feed{Title: b.waiting[at[0]].feed}, known, latest)
	for i := range articles {
		articles[i].Seen, articles[i].Undated = b.waiting[at[i]].seen, b.waiting[at[i]].undated
	}
	return articles, known.Then(shown)
}

// Window gives the articles on the bench as grouping sees them, before they are grouped.
func (b *Bench) Window() *group.Grouper {
	b.prepare()
	return b.room.window
}
