package group

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bulletins are items of one outlet that tell of a strike under one frame, and others that show that it is a template's.
func bulletins() []Item {
	const strike = "The pilots of Belmora walked out at noon, and twelve ships wait off Tarvos."
	items := []Item{
		articleAt(1, "harbour.example", "Harbour tonight: pilots walk out", strike+" With Ingrid Saltner of Nordvik Lines and Marek Dolvan of"+
			" the union. Then the ferry timetable for the winter, the price of herring, and a look at the new lamps along the quay."),
		articleAt(2, "harbour.example", "Harbour tonight: twelve ships off Tarvos", strike),
		articleAt(3, "harbour.example", "Harbour tonight: divers at pier four", "They look at the piles until Friday."),
		articleAt(4, "harbour.example", "Harbour tonight: a whale in the inner basin", "Nobody knows how it passed the lock."),
	}
	for i := range items {
		items[i].Article.Seen = items[i].Article.Published
	}
	return items
}

// Two items that were one story by what was known of their titles are two once a third title shows that a template made them, in every
// order, one by one or together, and with a restart after any of them.
func TestTemplateFoundLater(t *testing.T) {
	items := bulletins()
	byID := map[int64]Item{}
	for _, it := range items {
		byID[it.Article.ID] = it
	}
	if early := settleAll(t, items[:2]); len(early.stories) != 1 {
		t.Fatalf("the first two are %v: they show nothing", early.stories)
	}
	rapid.Check(t, func(rt *rapid.T) {
		g, s := New(Options{}), newShelf()
		order := rapid.Permutation(indexesOf(items)).Draw(rt, "order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(rt, "together")
			var batch []Item
			for _, i := range order[:n] {
				batch = append(batch, items[i])
			}
			order = order[n:]
			s.settle(t, g, batch)
			if rapid.Bool().Draw(rt, "restart") {
				g = s.restart(g, byID)
			}
		}
		id := func(id int64) string { return items[id-1].Article.Title }
		if diff := gocmp.Diff(parts(map[int64]int64{1: 1, 2: 2, 3: 3, 4: 4}, id), parts(s.of, id)); diff != "" {
			rt.Errorf("stories (-want +got):\n%s", diff)
		}
		if len(parts(s.eventOf(), id)) != len(items) {
			rt.Errorf("events: %v", s.events)
		}
	})
}

// A frame that becomes a template's has the articles compared that were there before, once.
func TestTemplateIsFoundOnce(t *testing.T) {
	items, g := bulletins(), New(Options{})
	for i, want := range []int{0, 0, 1, 0} { // frames found by each
		g.Add(items[i])
		if got := len(g.index.templates); got != want {
			t.Errorf("with title %d on %d frames are found, want %d", i+1, got, want)
		}
		g.Settle()
		if len(g.index.templates) != 0 {
			t.Error("what was found waits after settling")
		}
	}
	if r := g.Settle(); len(r.Edges)+len(r.Changed) != 0 {
		t.Errorf("settling nothing gives %+v", r)
	}
}
