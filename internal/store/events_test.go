package store

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"headwater/internal/news"
)

func TestCoverage(t *testing.T) {
	db := newsroom(t, 6)
	settle(t, db, Settlement{Stories: []news.Story{story(1, 1, 1), story(2, 1, 2, 3), story(3, 1, 4), story(4, 2, 5), story(5, 0, 6)}})
	of, err := db.Coverage(t.Context(), []int64{1, 2, 9}, 2)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int64]string{}
	for event, c := range of {
		for _, s := range c.Stories {
			got[event] += fmt.Sprint(s.ID, " ")
		}
		got[event] += fmt.Sprint("of ", c.Total)
	}
	if want := "map[1:2 3 of 3 2:4 of 1]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestReach counts the outlets that carry an event, and those that its stories go back to. Outlets without a domain are told
// apart by their names, and one that writes twice of an event counts once.
func TestReach(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	var articles []news.Article
	for i, o := range []news.Outlet{{Domain: "a.example", Name: "A"}, {Domain: "a.example", Name: "A at night"}, {Name: "Élan"}, {Name: "élan"}, {}, {Name: "B"}, {Name: "C"}} {
		a := article(fmt.Sprint("r", i), fmt.Sprint("reach ", i))
		a.Outlet = o
		articles = append(articles, a)
	}
	store(t, db, poll(f, articles...))
	by := func(id, event int64, o news.Outlet, members ...int64) news.Story {
		s := story(id, event, members...)
		s.Origin.Outlet = o
		return s
	}
	settle(t, db, Settlement{Stories: []news.Story{
		by(1, 1, news.Outlet{Name: "Wire", Domain: "wire.example"}, 1, 2), by(2, 1, news.Outlet{Name: "The Wire", Domain: "wire.example"}, 3),
		by(3, 1, news.Outlet{Name: "Élan"}, 4), by(4, 1, news.Outlet{}, 5), by(5, 2, news.Outlet{Name: "B"}, 6), by(6, 0, news.Outlet{Name: "B"}, 7),
	}})
	want := map[int64]news.Reach{1: {Outlets: 2, Independent: 2}, 2: {Outlets: 1, Independent: 1}}
	got, err := db.Reach(t.Context(), []int64{1, 2, 9})
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
	all, err := db.Events(t.Context(), news.EventList{})
	if err != nil || len(all) != 2 || all[0].Reach != want[all[0].ID] || all[1].Reach != want[all[1].ID] {
		t.Errorf("events %+v (%v)", all, err)
	}
}

// TestMergedEventsLeadOn merges events, one after another and all at once, and gives them their stories back.
func TestMergedEventsLeadOn(t *testing.T) {
	db := newsroom(t, 6)
	leads := func(when string, want map[int64]int64) {
		t.Helper()
		check(t, db)
		for id, to := range want {
			e, err := db.Event(t.Context(), id)
			if to == 0 && !errors.Is(err, news.ErrNotFound) || to != 0 && (err != nil || e.ID != to) {
				t.Errorf("%s: event %d leads to %d (%v), want %d", when, id, e.ID, err, to)
			}
		}
	}
	settle(t, db, Settlement{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 3, 3), story(4, 3, 4), story(5, 3, 5), story(6, 4, 6)}})
	leads("before", map[int64]int64{1: 1, 2: 2, 3: 3, 4: 4, 5: 0})

	settle(t, db, Settlement{Stories: []news.Story{story(1, 2, 1)}})
	leads("a story changed its event", map[int64]int64{1: 2, 2: 2})
	settle(t, db, Settlement{Stories: []news.Story{story(6, 2, 2, 6)}, Moved: map[int64]int64{2: 6}})
	settle(t, db, Settlement{Stories: []news.Story{story(1, 3, 1), story(6, 3, 2, 6)}})
	leads("an event that took another in went too", map[int64]int64{1: 3, 2: 3, 4: 3})

	settle(t, db, Settlement{Stories: []news.Story{story(3, 5, 3), story(4, 6, 4), story(5, 6, 5), story(1, 7, 1), story(6, 6, 2, 6)}})
	leads("an event fell apart", map[int64]int64{1: 6, 3: 6, 4: 6, 5: 5, 7: 7})
	settle(t, db, Settlement{Stories: []news.Story{story(3, 3, 3)}})
	leads("an event is back", map[int64]int64{1: 6, 3: 3, 5: 3})

	if _, err := db.AgeOut(t.Context(), day.Add(time.Hour), day.Add(time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	leads("stories are open", map[int64]int64{1: 6})
	execute(t, db.Dir(), `DELETE FROM prints; UPDATE stories SET phase = 2`)
	if _, err := db.AgeOut(t.Context(), day.Add(time.Hour), day.Add(time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	leads("all is aged out", map[int64]int64{1: 0, 3: 0, 5: 0, 6: 0})
}
