package query_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// TestLargeStories reads a story of many members, and its event, again and again while they change. Both are always as they are
// stored, also where another process stores them, and are not read again while nothing changes.
func TestLargeStories(t *testing.T) {
	const id = 77
	l := openLibrary(t)
	outlets := make([]news.Outlet, 120)
	for i := range outlets {
		outlets[i] = news.Outlet{Name: fmt.Sprint("Paper ", i), Domain: fmt.Sprintf("paper%d.example", i)}
	}
	tell(t, l, id, outlets...)
	readers := []*library{l}
	if pgtest.OnPostgreSQL() {
		readers = append(readers, l.another(t))
	}
	_, err := l.RefreshOutlets(t.Context())
	must(t, err)

	first := func(reader *library) *news.Member { // of the story; the same pointer as long as it is not read again
		s, err := reader.Story(t.Context(), id)
		must(t, err)
		c, err := reader.FullCoverage(t.Context(), id)
		must(t, err)
		want, err := l.store.Story(t.Context(), id)
		must(t, err)
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("the story (-stored +shown):\n%s", diff)
		}
		if len(c.All) != 1 || c.Event.Stories != 1 {
			t.Fatalf("the event has %d stories, %d of them shown", c.Event.Stories, len(c.All))
		}
		if diff := cmp.Diff(want, c.All[0]); diff != "" {
			t.Errorf("in the event (-stored +shown):\n%s", diff)
		}
		return &s.Members[0]
	}
	stored, err := l.store.Story(t.Context(), id)
	must(t, err)
	again := stored
	for _, change := range []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"how sure the origin is, which the story log does not have", func() {
			again.Origin.Confidence, again.Origin.Evidence = .5, []news.Evidence{{Kind: "links", Detail: "three link to it", Weight: 1}}
			l.settle(t, store.Settlement{Stories: []news.Story{again}})
		}},
		{"a headline", func() {
			a := article("x", "told 77 3", "text 77 3", 3)
			a.Outlet, a.Title, a.Hash = outlets[3], "New words", "new"
			list, err := l.store.Feeds(t.Context())
			must(t, err)
			tally, err := l.store.Collect(t.Context(), []store.Poll{{Feed: list[0], Articles: []news.Article{a}}})
			must(t, err)
			if len(tally) != 1 || tally[0].Revised != 1 {
				t.Fatalf("%+v", tally)
			}
		}},
		{"an address, which is no revision", func() {
			a := article("x", "told 77 3", "text 77 3", 3)
			a.Outlet, a.Title, a.Hash, a.URL = outlets[3], "New words", "new", "https://moved.example/77"
			a.Keys.Address = "moved.example/77"
			list, err := l.store.Feeds(t.Context())
			must(t, err)
			tally, err := l.store.Collect(t.Context(), []store.Poll{{Feed: list[0], Articles: []news.Article{a}}})
			must(t, err)
			if len(tally) != 1 || tally[0].Revised != 0 || tally[0].New != 0 {
				t.Fatalf("%+v", tally)
			}
		}},
		{"a member, which is another story now", func() {
			other := story(id+1, id+1, again.Members[119].Article.ID)
			again.Members = again.Members[:119]
			l.settle(t, store.Settlement{Stories: []news.Story{again, other}})
		}},
	} {
		change.do()
		for _, reader := range readers {
			if once, again := first(reader), first(reader); once != again {
				t.Errorf("after a change of %s: it is read each time", change.name)
			}
		}
	}
	_, err = l.EditOutlet(t.Context(), news.OutletEdit{Outlet: "paper5.example", Name: "The Fifth"})
	must(t, err)
	first(l)

	s, err := l.Story(t.Context(), id) // what callers change of their own copy
	must(t, err)
	s.Title, s.Origin.Followed = "", true
	first(l)
}
