package group

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// join10 gives n times ten made-up words.
func join10(p prose, n int) string { return strings.Join(p.words(10*n), " ") }

func TestMergeKeepsTheOlderID(t *testing.T) {
	p := newProse(2)
	left, right := join10(p, 8), join10(p, 8)
	g, s := New(Options{}), newShelf()
	s.settle(t, g, []Item{articleAt(1, "a.example", "The left half of it", left), articleAt(2, "b.example", "The right half of it", right)})
	if s.of[1] == s.of[2] {
		t.Fatal("the halves are one story before the whole is there")
	}
	first, second := s.of[1], s.of[2]
	r := s.settle(t, g, []Item{articleAt(3, "c.example", "All of it", left+" "+right), articleAt(5, "e.example", "The lot", left+" "+right)})
	older, younger := min(first, second), max(first, second)
	if diff := gocmp.Diff(map[int64]int64{younger: older}, r.Moved); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	if len(r.Changed) != 1 || r.Changed[0].Story != older || len(r.Changed[0].Members) != 4 {
		t.Errorf("changed %+v, want story %d with all four", r.Changed, older)
	}
	s.settle(t, g, []Item{articleAt(4, "d.example", "Something else", join10(p, 8))})
	if s.of[4] <= younger {
		t.Errorf("a new story got id %d, though %d was used", s.of[4], younger)
	}
}

// A revision that changes its text leaves its story, whichever of the twins it was, and comes back with the old text.
func TestRevisionLeaves(t *testing.T) {
	p := newProse(3)
	text, other := join10(p, 10), join10(p, 10)
	const title = "Tolls at the harbour rise in spring"
	trio := []Item{
		articleAt(1, "a.example", title, text), articleAt(2, "b.example", title, text), articleAt(3, "c.example", title, text),
	}
	for name, revised := range map[string]int64{"representative": 1, "twin": 2, "last twin": 3} {
		t.Run(name, func(t *testing.T) {
			g, s := New(Options{}), newShelf()
			s.settle(t, g, trio)
			was := s.of[revised]
			s.settle(t, g, []Item{articleAt(revised, "x.example", "A lost painting is found", other)})
			rest := s.stories[was]
			if len(rest) != 2 || s.of[revised] == was || len(s.stories[s.of[revised]]) != 1 {
				t.Fatalf("stories %v: want %d by itself and the others in %d", s.stories, revised, was)
			}
			left := s.of[revised]
			r := s.settle(t, g, []Item{trio[revised-1]})
			if len(s.stories[was]) != 3 || r.Moved[left] != was {
				t.Errorf("stories %v, moved %v: want all three in %d again", s.stories, r.Moved, was)
			}
		})
	}
}

func TestRevisionOfALink(t *testing.T) {
	p := newProse(4)
	left, right := join10(p, 8), join10(p, 8)
	g, s := New(Options{}), newShelf()
	s.settle(t, g, []Item{
		articleAt(1, "a.example", "The left half of it", left), articleAt(2, "b.example", "The right half of it", right),
		articleAt(3, "c.example", "All of it", left+" "+right), articleAt(4, "d.example", "The lot", left+" "+right),
	})
	if len(s.stories) != 1 {
		t.Fatalf("%v: want one story", s.stories)
	}
	s.settle(t, g, []Item{articleAt(3, "c.example", "Nothing of it", join10(p, 12)), articleAt(4, "d.example", "Nor of that", join10(p, 12))})
	if len(s.stories) != 4 {
		t.Errorf("%v: want four stories once the links are gone", s.stories)
	}
}

func TestHeirTakesThePlaceOfItsTwin(t *testing.T) {
	p := newProse(5)
	text := join10(p, 10)
	const title = "Tolls at the harbour rise in spring"
	g, s := New(Options{}), newShelf()
	s.settle(t, g, []Item{
		articleAt(1, "a.example", title, text), articleAt(2, "b.example", title, text),
		articleAt(3, "c.example", "Cheap for years", text+" "+join10(p, 2)),
	})
	s.settle(t, g, []Item{articleAt(1, "a.example", "A lost painting is found", join10(p, 10))})
	if s.of[2] != s.of[3] || s.of[1] == s.of[2] {
		t.Fatalf("stories %v: want the heir and the longer text together", s.stories)
	}
	for k, e := range s.edges {
		if k[0] == 1 && e.Story >= keepStory {
			t.Errorf("edge %v of the revised article is still stored: %.2f", k, e.Story)
		}
	}
	s.settle(t, g, []Item{articleAt(4, "d.example", title, text)})
	if s.of[4] != s.of[2] {
		t.Errorf("stories %v: a new twin does not find the heir", s.stories)
	}
}

func TestItem(t *testing.T) {
	g := New(Options{NextStory: 41, NextEvent: 7})
	g.Add(articleAt(9, "a.example", "Ferries stop", "Ferries stop at nine."))
	if it, ok := g.Item(9); !ok || it.Story != 0 {
		t.Errorf("before Settle: %+v, %v", it, ok)
	}
	g.Settle()
	if it, ok := g.Item(9); !ok || it.Story != 41 || it.Event != 7 {
		t.Errorf("story %d, event %d, want 41 and 7", it.Story, it.Event)
	}
	if _, ok := g.Item(10); ok {
		t.Error("an article that was never added is there")
	}
}

func TestReopenDropsClosedStories(t *testing.T) {
	p := newProse(6)
	at := func(id int64, hours int, domain, text string) Item {
		it := articleAt(id, domain, "Title of "+text[:12], text)
		it.Article.Published = noon.Add(time.Duration(hours) * time.Hour)
		it.Article.Seen = it.Article.Published
		return it
	}
	closed, open := join10(p, 10), join10(p, 10)
	items := []Item{
		at(1, 0, "a.example", closed), at(2, 1, "b.example", closed+" "+join10(p, 1)),
		at(3, 0, "a.example", open), at(4, 70, "b.example", open+" "+join10(p, 1)), // begins as early, but goes on
	}
	g, s := New(Options{Window: 24 * time.Hour}), newShelf()
	s.settle(t, g, items)
	if len(s.stories) != 2 {
		t.Fatalf("stories %v, want two", s.stories)
	}
	h := g.Reopen(noon.Add(80 * time.Hour))
	for id, want := range map[int64]bool{1: false, 2: false, 3: true, 4: true} {
		if it, ok := h.Item(id); ok != want || ok && it.Story != s.of[id] {
			t.Errorf("article %d: in the window %v, want %v", id, ok, want)
		}
	}
	r := s.settle(t, h, []Item{at(5, 79, "c.example", open+" "+join10(p, 2)), at(6, 79, "c.example", closed)})
	if len(s.stories[s.of[3]]) != 3 || s.of[5] != s.of[3] || len(r.Moved) != 0 {
		t.Errorf("stories %v: want the open one to have grown to three", s.stories)
	}
	if s.of[6] == s.of[1] || s.of[6] <= max(s.of[1], s.of[3]) {
		t.Errorf("stories %v: a copy of a closed story starts one with a new id", s.stories)
	}
}

func TestStale(t *testing.T) {
	g := New(Options{Window: 24 * time.Hour})
	p := newProse(8)
	for id := range int64(1100) {
		g.Add(articleAt(id+1, "a.example", strings.Join(p.words(5), " "), ""))
	}
	g.Settle()
	if g.Stale(noon.Add(20 * time.Hour)) {
		t.Error("stale while everything is open")
	}
	if !g.Stale(noon.Add(60 * time.Hour)) {
		t.Error("not stale though everything is closed")
	}
}

// Every way in and out of the window keeps the count of ages by which Stale decides whether to look closer.
func TestAges(t *testing.T) {
	g := New(Options{Window: 24 * time.Hour})
	p := newProse(8)
	text := join10(p, 4)
	for id := range int64(20) {
		g.Add(articleAt(id+1, "a.example", text, ""))
	}
	g.Settle()
	g.Add(articleAt(3, "b.example", join10(p, 4), ""))
	g.Settle()
	check := func(g *Grouper) {
		t.Helper()
		if got := g.ages.before(noon.Add(1000 * time.Hour)); got != g.Len() {
			t.Errorf("%d articles counted, %d are in the window", got, g.Len())
		}
	}
	check(g)
	check(g.Reopen(noon))
	g.Forget(slices.Sorted(maps.Keys(g.stories)))
	check(g)
	if g.Len() != 0 {
		t.Errorf("%d articles left of no stories", g.Len())
	}
}
