package query_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/outlets"
)

var must = pipelinetest.Must

// agencies are the built-in outlets. Each reader has a registry of its own, see Registry.BuiltIn.
var agencies = sync.OnceValues(func() (*outlets.Registry, error) { return outlets.Load(feeds.Agencies()) })

// day is the time at which the articles of a library were published, and the clock of a library shows the day after.
var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

// The articles of a library, by id. The last is not settled.
const (
	heraldFlood = iota + 1
	gazetteFlood
	tribuneFlood
	heraldComet
	tribuneStrike
	gazetteFair
)

// The stories of a library. The strike's origin is an outlet without an article of ours. Earlier led to the flood.
const (
	flood int64 = iota + 11
	comet
	strike
	earlier
	unknown
)

// library is a real store and index with six articles and three stories. Tests make the settlements, so that they know
// them.
type library struct {
	*query.Reader
	dir   string
	store *store.DB
	index *query.Index
	clock *pipelinetest.Clock
}

const floodText = "The river rose overnight and flooded the lower town of Aldermere. Beds had been put up in the gymnasium."

// openLibrary returns a library whose articles are stored, settled and indexed.
func openLibrary(t *testing.T) *library {
	t.Helper()
	l := openStored(t)
	n, err := l.index.CatchUp(t.Context(), nil)
	must(t, err)
	if n != 6 {
		t.Fatalf("%d articles were indexed", n)
	}
	return l
}

// openStored returns a library whose articles are stored and settled before its index is opened.
func openStored(t *testing.T) *library {
	t.Helper()
	l := &library{dir: t.TempDir(), clock: pipelinetest.NewClockAt(day.Add(24 * time.Hour))}
	l.store = storetest.Open(t, l.dir)
	t.Cleanup(func() { must(t, l.store.Close()) })
	papers := [][]news.Article{
		{article("Herald", "River floods Aldermere", floodText, 0), article("Herald", "Gardener finds a comet", "An amateur found a comet that nobody had seen before.", 3)},
		{article("Gazette", "River floods Aldermere", floodText, 1), article("Gazette", "A goat wins the fair", "A goat of seven years has won the county fair.", 5)},
		{article("Tribune", "River floods Aldermere", floodText, 2), article("Tribune", "Bakers strike in the north", "Bakers laid down work to demand longer breaks.", 4)},
	}
	papers[0][1].HTML = "<p>An amateur found a comet that nobody had seen before.</p><ul><li>Marisol Quintero</li></ul>"
	papers[2][1].Lang = "de"
	feedOf := map[string]news.Feed{}
	for _, p := range papers {
		name := p[0].Outlet.Name
		folder := ""
		if name == "Gazette" {
			folder = "Papers"
		}
		f, err := l.store.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://%s.example/feed", name), Title: name, Folder: folder})
		must(t, err)
		feedOf[name] = f
	}
	for _, a := range []news.Article{papers[0][0], papers[1][0], papers[2][0], papers[0][1], papers[2][1], papers[1][1]} { // in the order of their ids
		_, err := l.store.Collect(t.Context(), []store.Poll{{Feed: feedOf[a.Outlet.Name], Articles: []news.Article{a}}})
		must(t, err)
	}
	l.openIndex(t)
	t.Cleanup(func() { must(t, l.index.Close()) })

	l.settle(t, store.Settlement{Through: tribuneStrike, Stories: []news.Story{
		story(flood, 1, heraldFlood), story(comet, 2, heraldComet), story(strike, 3, tribuneStrike), story(earlier, 4, gazetteFlood, tribuneFlood),
	}})
	whole := story(flood, 1, heraldFlood, gazetteFlood, tribuneFlood)
	named := story(strike, 3, tribuneStrike)
	named.Origin = news.Origin{Outlet: news.Outlet{Name: "Harbour Wire", Domain: "harbour-wire.example"}, Level: news.LevelLikely}
	l.settle(t, store.Settlement{Stories: []news.Story{whole, named}, Moved: map[int64]int64{earlier: flood}})
	return l
}

// openIndex opens the index in the library's folder, and a reader over it.
func (l *library) openIndex(t *testing.T) {
	t.Helper()
	x, err := search.Open(t.Context(), l.dir, search.Options{Log: l.store, Shown: clean.Shown})
	must(t, err)
	l.index = query.NewIndex(l.store, x, 2)
	registry, err := agencies()
	must(t, err)
	l.Reader = query.NewReader(l.store, l.index, registry.BuiltIn(), l.clock.Now)
}

// another returns the same library as another process has it, with an index of its own. PostgreSQL only.
func (l *library) another(t *testing.T) *library {
	t.Helper()
	other := &library{dir: t.TempDir(), clock: l.clock}
	var err error
	other.store, err = store.Open(t.Context(), other.dir, store.Options{Database: storetest.Database(t, l.dir)})
	must(t, err)
	t.Cleanup(func() { must(t, other.store.Close()) })
	other.openIndex(t)
	t.Cleanup(func() { must(t, other.index.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	connected, done := other.store.Changed(store.AllAreas), make(chan struct{})
	go func() {
		defer close(done)
		other.store.Listen(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	<-connected
	return other
}

// article returns an article of an outlet, published some hours after day.
func article(outlet, title, text string, hours int) news.Article {
	at := day.Add(time.Duration(hours) * time.Hour)
	return news.Article{
		GUID: title, Title: title, Hash: title + text, URL: fmt.Sprintf("https://%s.example/%d", outlet, hours),
		Outlet: news.Outlet{Name: outlet, Domain: outlet + ".example"}, Lang: "en", Seen: at, Published: at, Text: text, HTML: "<p>" + text + "</p>",
	}
}

// story returns a story whose first member is its original, and which changed as many hours after day as its id says.
func story(id, event int64, articles ...int64) news.Story {
	at := day.Add(time.Duration(id) * time.Hour)
	s := news.Story{
		ID: id, Event: event, Title: fmt.Sprint("Story ", id), Outlets: len(articles), First: day, Latest: at, Changed: at,
		Origin: news.Origin{Article: articles[0], Level: news.LevelOriginal, Confidence: 1},
	}
	for i, a := range articles {
		role := news.RoleCopy
		if i == 0 {
			role = news.RoleOriginal
		}
		s.Members = append(s.Members, news.Member{Article: news.Article{ID: a}, Role: role})
	}
	return s
}

// settle stores a settlement as the pipeline does.
func (l *library) settle(t *testing.T, s store.Settlement) {
	t.Helper()
	must(t, l.store.Settle(t.Context(), s))
}

// ageOut closes a story and ages its articles out as the pipeline does.
func (l *library) ageOut(t *testing.T, id int64, articles ...int64) {
	t.Helper()
	must(t, l.store.CloseStories(t.Context(), []store.Closing{{Story: id, Articles: articles, Whole: true}}))
	out, err := l.store.AgeOut(t.Context(), l.clock.Now(), l.clock.Now(), 100)
	if err != nil || !slices.Equal(out.Articles, articles) {
		t.Errorf("%v were aged out, %v; want %v", out.Articles, err, articles)
	}
}

func storyIDs(stories []news.Story) []int64 {
	var ids []int64
	for _, s := range stories {
		ids = append(ids, s.ID)
	}
	return ids
}

func memberIDs(s news.Story) []int64 {
	var ids []int64
	for _, m := range s.Members {
		ids = append(ids, m.Article.ID)
	}
	return ids
}
