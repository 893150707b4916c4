package group

import (
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// restart makes a Grouper from what the store would hold, in the order of ids.
func (s *storeState) restart(g *Grouper, items map[int64]Item) *Grouper {
	h := New(Options{Window: g.window, NextStory: g.nextStory, NextEvent: g.nextEvent})
	h.constraints = g.constraints
	for _, id := range slices.Sorted(maps.Keys(s.of)) {
		it := items[id]
		it.Story = s.of[id]
		it.Event = s.events[it.Story]
		h.Restore(it)
	}
	for _, e := range s.edges {
		h.RestoreEdge(e)
	}
	return h
}

// A Grouper that was restored goes on as one that was never stopped: same stories, events and ids.
func TestRestartChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, relations, 4)
		stop := rapid.IntRange(0, len(items)).Draw(rt, "stop")
		byID := map[int64]Item{}
		for _, it := range items {
			byID[it.Article.ID] = it
		}
		g, before := New(Options{}), newStoreState()
		before.settle(t, g, items[:stop])
		h := before.restart(g, byID)
		after := newStoreState()
		after.stories, after.events, after.of = maps.Clone(before.stories), maps.Clone(before.events), maps.Clone(before.of)
		for rest := range slices.Chunk(items[stop:], 3) {
			r, q := before.settle(t, g, rest), after.settle(t, h, rest)
			if diff := gocmp.Diff(r.Changed, q.Changed); diff != "" {
				rt.Fatalf("changed (-never stopped +restarted):\n%s", diff)
			}
			if diff := gocmp.Diff(r.Moved, q.Moved); diff != "" {
				rt.Fatalf("moved (-never stopped +restarted):\n%s", diff)
			}
		}
	})
}

// The representative of twins need not be the one that the edges were stored for.
func TestRestoreEdgeOfATwin(t *testing.T) {
	p := newProse(1)
	text, more := join10(p, 12), join10(p, 3)
	twinB, twinA := articleAt(2, "b.example", "Harbour tolls to rise in spring", text), articleAt(1, "a.example", "Harbour tolls to rise in spring", text)
	longer := articleAt(3, "c.example", "Tolls", text+" "+more)
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, []Item{twinB, longer})
	s.settle(t, g, []Item{twinA})
	if len(s.stories) != 1 {
		t.Fatalf("%v: not one story", s.stories)
	}
	h := s.restart(g, map[int64]Item{1: twinA, 2: twinB, 3: longer})
	fourth := articleAt(4, "d.example", "Tolls again", text+" "+join10(p, 2))
	r := s.settle(t, h, []Item{fourth})
	if len(r.Changed) != 1 || len(r.Changed[0].Members) != 4 {
		t.Errorf("after the restart: %+v, want one story of four", r.Changed)
	}
	for _, n := range h.byID {
		for e := range h.index.edges(n) {
			if e.to == n {
				t.Errorf("article %d has an edge to itself", n.id)
			}
		}
	}
}

// Whatever comes, is revised or restarted: every article is in the one story that the store shows, ids are never used
// again, and a moved id leads to a story that lives then.
func TestStoreAndWindowAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pool := corpus(rt, relations, 4)
		g, s, items := New(Options{}), newStoreState(), map[int64]Item{}
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			var batch []Item
			for range rapid.IntRange(1, 6).Draw(rt, "articles") {
				it := pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "from")]
				it.Article.ID = int64(rapid.IntRange(1, 12).Draw(rt, "id")) // a known id is a revision
				batch, items[it.Article.ID] = append(batch, it), it
			}
			s.settle(t, g, batch)
			consistent(rt, g, s, items)
			if rapid.Bool().Draw(rt, "restart") {
				g = s.restart(g, items)
			}
		}
	})
}

func consistent(t *rapid.T, g *Grouper, s *storeState, items map[int64]Item) {
	if len(s.of) != len(items) || g.Len() != len(items) {
		t.Fatalf("%d articles; the store shows %d, the window holds %d", len(items), len(s.of), g.Len())
	}
	for id := range items {
		it, ok := g.Item(id)
		if !ok || it.Story != s.of[id] || it.Event != s.events[it.Story] {
			t.Fatalf("article %d is in story %d, event %d; the store shows %d, %d", id, it.Story, it.Event, s.of[id], s.events[s.of[id]])
		}
	}
	for id, members := range g.stories {
		if len(members) != len(s.stories[id]) {
			t.Fatalf("story %d has %d members in the window, %d in the store", id, len(members), len(s.stories[id]))
		}
	}
}

// Of all comparisons a revision makes only its own anew, so that what other articles are to each other does not change
// with what has come since they were compared.
func TestRevisionComparesOnlyItself(t *testing.T) {
	compared, others := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, []relation{"excerpt", "edit", "half", "credit"}, 1000) // none of which are twins
		g, s := New(Options{}), newStoreState()
		s.settle(t, g, items)
		others += len(s.edges)
		at := rapid.IntRange(0, len(items)-1).Draw(rt, "revised")
		revised, with := items[at], items[rapid.IntRange(0, len(items)-1).Draw(rt, "with")]
		revised.Print = with.Print
		revised.Print.Body, revised.Print.Headline = revised.Print.Body+2, revised.Print.Headline+2 // much like it, and no twin
		r := s.settle(t, g, []Item{revised})
		for _, e := range r.Edges {
			compared++
			if e.A != revised.Article.ID && e.B != revised.Article.ID {
				rt.Fatalf("article %d was revised, and %d and %d were compared", revised.Article.ID, e.A, e.B)
			}
		}
	})
	if compared == 0 || others <= compared {
		t.Errorf("%d comparisons of revised articles, %d of all: this shows nothing", compared, others)
	}
}

// A text that is its own headline has one hash for both. That makes no twins of all such articles.
func TestHeadlineThatIsTheText(t *testing.T) {
	p := newProse(8)
	one, other := join10(p, 4), join10(p, 4)
	s := settleAll(t, []Item{articleAt(1, "a.example", one, one), articleAt(2, "b.example", other, other)})
	if len(s.stories) != 2 {
		t.Errorf("stories %v, want two", s.stories)
	}
}
