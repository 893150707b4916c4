package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// pressroom opens a store with an article of each given outlet, ten minutes apart, with ids from 1.
func pressroom(t *testing.T, outlets ...news.Outlet) *DB {
	t.Helper()
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	var articles []news.Article
	for i, o := range outlets {
		a := article(fmt.Sprint("g", i+1), fmt.Sprint("title ", i+1))
		a.Outlet, a.Seen = o, day.Add(time.Duration(i)*10*time.Minute)
		a.Published = a.Seen
		articles = append(articles, a)
	}
	store(t, db, poll(f, articles...))
	return db
}

var (
	wire    = news.Outlet{Name: "Wire", Domain: "wire.example", Agency: true}
	gazette = news.Outlet{Name: "The Gazette", Domain: "gazette.example"}
	world   = news.Outlet{Name: "Gazette World", Domain: "gazette.example"}
	unnamed = news.Outlet{Name: "Village Voice"}
)

// writtenBy is a story of this outlet; with article 0 it is only named.
func writtenBy(o news.Outlet, id, article int64, level string, members ...int64) news.Story {
	s := story(id, id, members...)
	s.Origin.Outlet, s.Origin.Article, s.Origin.Level = o, article, level
	return s
}

type countLine struct {
	Outlet, Name                           string
	Articles, Stories, Wrote, Named, Rerun int
}

func countLines(t *testing.T, db *DB) (lines []countLine, pairs []string) {
	t.Helper()
	counts, all, err := db.OutletCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		lines = append(lines, countLine{c.Outlet, c.Name, c.Articles, c.Stories, c.Wrote, c.Named, c.Rerun})
	}
	for _, p := range all {
		pairs = append(pairs, fmt.Sprintf("%s < %s %d: %d", p.Outlet, p.Origin, p.Lag, p.Stories))
	}
	return lines, pairs
}

func TestOutletsAreCounted(t *testing.T) {
	db := pressroom(t, wire, gazette, world, unnamed, news.Outlet{}, gazette, wire)
	paper := news.Outlet{Name: "Far Paper", Domain: "far.example"}
	settle(t, db, Settlement{Through: 7, Stories: []news.Story{
		writtenBy(wire, 1, 1, news.LevelOriginal, 1, 2, 3, 4), // a wire story with two versions at the Gazette
		writtenBy(paper, 2, 0, news.LevelLikely, 6),           // only named
		writtenBy(wire, 3, 7, news.LevelEarliest, 7, 5),       // nobody is sure to rerun it
	}})
	ten, thirty := news.LagClass(10*time.Minute), news.LagClass(30*time.Minute)
	counts, pairs := countLines(t, db)
	wantCounts := []countLine{
		{"", "", 1, 1, 0, 0, 0},
		{"far.example", "Far Paper", 0, 0, 0, 1, 1},
		{"gazette.example", "Gazette World", 2, 1, 0, 0, 0},
		{"gazette.example", "The Gazette", 1, 1, 0, 0, 0},
		{"village voice", "Village Voice", 1, 1, 0, 0, 0},
		{"wire.example", "Wire", 2, 2, 2, 0, 2},
	}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	wantPairs := []string{
		"gazette.example < far.example -1: 1", fmt.Sprintf("gazette.example < wire.example %d: 1", ten), fmt.Sprintf("village voice < wire.example %d: 1", thirty),
	}
	if diff := cmp.Diff(wantPairs, pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	of, reruns, rerunBy, err := db.OutletCountsOf(t.Context(), []string{"wire.example", "gazette.example"})
	if err != nil || len(of) != 3 || len(reruns) != 2 || len(rerunBy) != 2 {
		t.Errorf("of two outlets: %v, %v, %v; %v", of, reruns, rerunBy, err)
	}
	if first := of[2].First; !first.Equal(day) || !of[2].Last.Equal(day.Add(time.Hour)) {
		t.Errorf("the wire was first seen at %s and last at %s", first, of[2].Last)
	}
	by, err := db.StoriesBy(t.Context(), []string{"wire.example", "far.example"}, 2, 1)
	if diff := cmp.Diff([]int64{2, 1}, by); diff != "" || err != nil {
		t.Errorf("stories by two outlets, after the first (-want +got):\n%s%v", diff, err)
	}

	// Another settlement finds that the Gazette wrote the first story, and merges the third into it.
	settle(t, db, Settlement{Moved: map[int64]int64{3: 1}, Stories: []news.Story{writtenBy(gazette, 1, 2, news.LevelOriginal, 2, 1, 3, 4, 5, 7)}})
	counts, pairs = countLines(t, db)
	if diff := cmp.Diff(countLine{"wire.example", "Wire", 2, 1, 0, 0, 0}, counts[len(counts)-1]); diff != "" {
		t.Errorf("the wire (-want +got):\n%s", diff)
	}
	if len(pairs) != 3 {
		t.Errorf("pairs %v", pairs)
	}
}

// Counters that were kept with each settlement are those of counting everything at the end.
func TestOlderStoriesAreCounted(t *testing.T) {
	db := pressroom(t, wire, gazette, world, unnamed, gazette, wire)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{
		writtenBy(wire, 1, 1, news.LevelOriginal, 1, 2, 4), writtenBy(gazette, 2, 3, news.LevelLikely, 3, 6), writtenBy(gazette, 3, 5, news.LevelLikely, 5),
	}})
	counts, pairs := countLines(t, db)
	execute(t, db.Dir(), `UPDATE outlet_counts SET wrote = 7 WHERE outlet = 'wire.example'`)
	if err := db.Check(t.Context()); err == nil {
		t.Fatal("a wrong counter is not found")
	}
	if done, err := db.Repair(t.Context()); err != nil || len(done) != 1 {
		t.Fatalf("repaired %q: %v", done, err)
	}
	if more, err := db.CountsOutlets(t.Context()); !more || err != nil {
		t.Fatalf("nothing is to be counted again: %v", err)
	}
	settle(t, db, Settlement{Stories: []news.Story{writtenBy(wire, 1, 1, news.LevelOriginal, 1, 2, 4)}}) // meanwhile
	for i := 0; ; i++ {
		n, err := db.CountOlderOutlets(t.Context(), 2)
		if err != nil || i > 3 {
			t.Fatalf("call %d: %v", i, err)
		}
		check(t, db)
		if n == 0 {
			break
		}
	}
	again, againPairs := countLines(t, db)
	if diff := cmp.Diff(counts, again) + cmp.Diff(pairs, againPairs); diff != "" {
		t.Errorf("counted again (-want +got):\n%s", diff)
	}
	if more, err := db.CountsOutlets(t.Context()); more || err != nil {
		t.Errorf("it is still counting: %v", err)
	}
}

func TestOutletEdits(t *testing.T) {
	db := pressroom(t, wire, gazette, unnamed, gazette)
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{
		writtenBy(wire, 1, 1, news.LevelOriginal, 1, 2), writtenBy(unnamed, 2, 3, news.LevelOriginal, 3), writtenBy(gazette, 3, 4, news.LevelOriginal, 4),
	}})
	called := news.Outlet{Name: "Gazette & Wire", Domain: "gazette.example"}
	db.SetPresent(func(o news.Outlet) news.Outlet {
		if o.Key() == "wire.example" || o.Key() == "gazette.example" {
			return called
		}
		return o
	})
	e := news.OutletEdit{Outlet: "gazette.example", Name: called.Name, Agency: true, Aliases: []string{"G & W"}, Domains: []string{"gazette.example", "wire.example"}, Changed: day.Add(time.Hour)}
	articles, outlets := db.Changed(AreaArticles), db.Changed(AreaOutlets)
	if err := db.SetOutletEdit(t.Context(), e, EditedOutlets{Keys: []string{"wire.example", "nobody.example", "wire.example"}, Articles: []int64{3, 1, 99}}); err != nil {
		t.Fatal(err)
	}
	<-articles // both rang before the method returned
	<-outlets
	edits, err := db.OutletEdits(t.Context())
	if diff := cmp.Diff([]news.OutletEdit{e}, edits); diff != "" || err != nil {
		t.Errorf("edits (-want +got):\n%s%v", diff, err)
	}
	log, err := db.Log(t.Context(), 4, 10)
	if err != nil {
		t.Fatal(err)
	}
	var again []int64
	for _, a := range log {
		again = append(again, a.ID)
		if a.ID < 3 && a.Outlet != called {
			t.Errorf("article %d is of %+v", a.ID, a.Outlet)
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 3}, again); diff != "" {
		t.Errorf("articles to settle again (-want +got):\n%s", diff)
	}
	st, err := db.Story(t.Context(), 1)
	if err != nil || st.Origin.Outlet != called || st.Members[1].Article.Outlet != called {
		t.Errorf("story 1 is %+v: %v", st.Origin, err)
	}
	counts, _ := countLines(t, db)
	if counts[0].Outlet != "gazette.example" || counts[2].Outlet != "wire.example" {
		t.Errorf("what is stored changed: %v", counts)
	}
	if err := db.RemoveOutletEdit(t.Context(), e.Outlet, EditedOutlets{Keys: []string{"gazette.example"}}, day); err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveOutletEdit(t.Context(), e.Outlet, EditedOutlets{}, day); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	check(t, db)
}

func TestOutletHabitsAreKept(t *testing.T) {
	db := newsroom(t, 1)
	if h, err := db.OutletHabits(t.Context()); err != nil || !h.Learnt.IsZero() {
		t.Fatalf("before any were stored: %+v, %v", h, err)
	}
	want := news.OutletHabits{Learnt: day, Clocks: []news.OutletClock{{Feed: 1, Outlet: "wire.example", Ahead: -7 * time.Hour}}, Lists: []string{"list.example"}}
	for range 2 {
		if err := db.SaveOutletHabits(t.Context(), want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.OutletHabits(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}
