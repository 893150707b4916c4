package newsroom

import (
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/clean"
	"headwater/internal/group"
	"headwater/internal/news"
	"headwater/internal/origin"
	"headwater/internal/outlets"
)

// Bench runs the stages from cleaning to origin over articles that are stored nowhere.
type Bench struct {
	room    *Newsroom
	feeds   map[string]int64
	waiting []raw
	added   int64
}

// raw is an article before it is cleaned.
type raw struct {
	entry news.Entry
	feed  news.Feed
	seen  time.Time
}

// NewBench makes an empty bench.
func NewBench(registry *outlets.Registry, window time.Duration) *Bench {
	room := &Newsroom{
		Options: Options{Outlets: registry, Window: window, Now: time.Now},
		cleaner: clean.New(clean.Options{Outlets: registry, TextOnly: true}),
		reader:  origin.NewReader(registry),
		window:  group.New(group.Options{Window: window}),
	}
	return &Bench{room: room, feeds: map[string]int64{}}
}

// benchChunk is how many articles wait to be prepared together.
const benchChunk = 2048

// Add puts an article on the bench. The first has the id 1, the next 2 and so on. Seen may be zero.
func (b *Bench) Add(e news.Entry, feed string, seen time.Time) {
	if b.feeds[feed] == 0 {
		b.feeds[feed] = int64(len(b.feeds) + 1)
	}
	b.waiting = append(b.waiting, raw{e, news.Feed{ID: b.feeds[feed], Title: feed}, seen})
	if len(b.waiting) == benchChunk {
		b.prepare()
	}
}

// prepare cleans what waits, feed by feed so that a feed's furniture shows, and puts it into the window.
func (b *Bench) prepare() {
	byFeed := map[int64][]int{}
	for i, w := range b.waiting {
		byFeed[w.feed.ID] = append(byFeed[w.feed.ID], i)
	}
	items := make([]group.Item, len(b.waiting))
	var g errgroup.Group
	g.SetLimit(twoWorkers)
	for _, at := range byFeed {
		g.Go(func() error {
			for i, a := range b.clean(at) {
				a.ID = b.added + int64(at[i]) + 1
				items[at[i]] = b.room.Item(a)
			}
			return nil
		})
	}
	_ = g.Wait() // none of them fails
	b.added += int64(len(items))
	b.waiting = b.waiting[:0]
	for _, it := range items {
		b.room.window.Add(it)
	}
}

// clean cleans the waiting articles of one feed.
func (b *Bench) clean(at []int) []news.Article {
	doc := news.Document{}
	var latest time.Time
	for _, i := range at {
		doc.Entries = append(doc.Entries, b.waiting[i].entry)
		if b.waiting[i].seen.After(latest) {
			latest = b.waiting[i].seen
		}
	}
	articles := b.room.cleaner.Articles(doc, b.waiting[at[0]].feed, latest)
	for i := range articles {
		articles[i].Seen = b.waiting[at[i]].seen
	}
	return articles
}

// Window gives the articles on the bench as grouping sees them, before they are grouped.
func (b *Bench) Window() *group.Grouper {
	b.prepare()
	return b.room.window
}

// Each groups what is on the bench and calls each with every article's story and its place in it, in the order in which
// the articles were added.
func (b *Bench) Each(each func(news.Story, news.Member) error) error {
	b.prepare()
	type place struct{ story, member int }
	places := make([]place, b.added)
	var stories []news.Story
	for _, c := range b.room.window.Settle().Changed {
		s := b.room.story(c)
		for i, m := range s.Members {
			places[m.Article.ID-1] = place{len(stories), i}
		}
		stories = append(stories, s)
	}
	for _, p := range places {
		s := stories[p.story]
		if err := each(s, s.Members[p.member]); err != nil {
			return err
		}
	}
	return nil
}
