package group

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The head of each file of testdata has the stories and events that its articles make.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d case files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			s := settleAll(t, c.items)
			if diff := gocmp.Diff(c.stories, parts(s.of, lookup(c.names))); diff != "" {
				t.Errorf("stories (-want +got):\n%s", diff)
				for _, e := range s.edges {
					t.Logf("%s - %s: story %.2f, event %.2f %v", c.names[e.A], c.names[e.B], e.Story, e.Event, e.Reasons)
				}
			}
			if c.event == nil {
				return
			}
			if diff := gocmp.Diff(c.event, parts(s.eventOf(), lookup(c.names))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// join10 gives n times ten made-up words.
func join10(p prose, n int) string { return strings.Join(p.words(10*n), " ") }

func TestMergeKeepsTheOlderID(t *testing.T) {
	p := newProse(2)
	left, right := join10(p, 8), join10(p, 8)
	g, s := New(Options{}), newStoreState()
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
			g, s := New(Options{}), newStoreState()
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
	g, s := New(Options{}), newStoreState()
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
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, []Item{
		articleAt(1, "a.example", title, text), articleAt(2, "b.example", title, text),
		articleAt(3, "c.example", "Cheap for years", text+" "+join10(p, 2)),
	})
	s.settle(t, g, []Item{articleAt(1, "a.example", "A lost painting is found", join10(p, 10))})
	if s.of[2] != s.of[3] || s.of[1] == s.of[2] {
		t.Fatalf("stories %v: want the heir and the longer text together", s.stories)
	}
	for k, e := range s.edges {
		if k[0] == 1 && e.Story >= minStoryEdge {
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

func indexesOf(items []Item) []int {
	out := make([]int, len(items))
	for i := range out {
		out[i] = i
	}
	return out
}

// Articles that are settled together make the same stories and events in whatever order they came.
func TestOrderWithinOneSettle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, relations, 4)
		one, names := arrive(items, indexesOf(items))
		other, otherNames := arrive(items, rapid.Permutation(indexesOf(items)).Draw(rt, "order"))
		a, b := settleAll(t, one), settleAll(t, other)
		if diff := gocmp.Diff(parts(a.of, lookup(names)), parts(b.of, lookup(otherNames))); diff != "" {
			rt.Fatalf("stories (-in order +shuffled):\n%s", diff)
		}
		if diff := gocmp.Diff(parts(a.eventOf(), lookup(names)), parts(b.eventOf(), lookup(otherNames))); diff != "" {
			rt.Fatalf("events (-in order +shuffled):\n%s", diff)
		}
	})
}

// Copies make the same stories when each is settled by itself as when all are settled at once. Weaker likenesses need not:
// how rare a word is changes as articles come.
func TestOneByOneAsAllAtOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, []relation{"copy", "headline", "twin elsewhere"}, 1000)
		arrived, names := arrive(items, rapid.Permutation(indexesOf(items)).Draw(rt, "order"))
		at, s := New(Options{}), newStoreState()
		for i := range arrived {
			s.settle(t, at, arrived[i:i+1])
		}
		all := settleAll(t, arrived)
		if diff := gocmp.Diff(parts(all.of, lookup(names)), parts(s.of, lookup(names))); diff != "" {
			rt.Fatalf("stories (-at once +one by one):\n%s", diff)
		}
	})
}

// Rivals replace their representatives in an order that does not change from run to run, so that what is found by
// numbers is the same in every run.
func TestRivalsTakeTheirPlacesInOrder(t *testing.T) {
	const pairs = 12
	places := func() []int64 {
		g := New(Options{})
		for i := range int64(2 * pairs) { // the second half are the twins of the first, and earlier
			p := newProse(uint64(i % pairs))
			it := articleAt(2*pairs-i, "paper.example", "Harbour tolls to rise in "+p.word(), join10(p, 5))
			it.Article.ID = i + 1
			g.Add(it)
		}
		g.Settle()
		var out []int64
		for _, n := range g.index.nodes {
			if n != nil {
				out = append(out, n.id)
			}
		}
		return out
	}
	first := places()
	if len(first) != pairs || first[0] <= pairs {
		t.Fatalf("no rival took a place: %v", first)
	}
	for range 10 {
		if again := places(); !slices.Equal(first, again) {
			t.Fatalf("the articles %v stand in the order %v in another run", first, again)
		}
	}
}

func many(n int, one func(id int64) Item) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = one(int64(i + 1))
	}
	return items
}

// identicalItems are n times one text, without printing it n times.
func identicalItems(n int) []Item {
	first := articleAt(1, "a.example", "Tolls at the harbour rise in spring", join10(newProse(9), 20))
	return many(n, func(id int64) Item {
		it := first
		it.Article.ID, it.Article.GUID, it.Article.Outlet = id, fmt.Sprint("g", id), outletOf(fmt.Sprintf("outlet%d.example", id%500))
		return it
	})
}

func TestIdenticalArticlesAreOneStory(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 2000
	}
	items := identicalItems(n)
	g := New(Options{})
	for _, it := range items[:n/2] {
		g.Add(it)
	}
	r := g.Settle()
	if len(r.Changed) != 1 || len(r.Changed[0].Members) != n/2 || len(r.Edges) != 0 {
		t.Fatalf("%d stories, %d edges: want one story and no comparison", len(r.Changed), len(r.Edges))
	}
	for _, it := range items[n/2:] {
		g.Add(it)
	}
	r = g.Settle()
	if len(r.Changed) != 1 || len(r.Changed[0].Members) != n || len(r.Edges) != 0 || r.Changed[0].Story != 1 {
		t.Errorf("%d stories, %d edges: want the one story grown and no comparison", len(r.Changed), len(r.Edges))
	}
}

// One feed puts one article into a thousand items, each with its own address and guid, with other titles or without text.
func TestOneArticleInAThousandItems(t *testing.T) {
	text := join10(newProse(10), 20)
	tests := map[string]func(id int64) Item{
		"same title": func(id int64) Item { return articleAt(id, "a.example", "Tolls at the harbour rise in spring", text) },
		"title only": func(id int64) Item { return articleAt(id, "a.example", "Tolls at the harbour rise in spring", "") },
	}
	for name, one := range tests {
		t.Run(name, func(t *testing.T) {
			g := New(Options{})
			for _, it := range many(1000, one) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != 1 || len(r.Edges) > 1000 {
				t.Errorf("%d stories and %d edges, want one story and at most an edge each", len(r.Changed), len(r.Edges))
			}
		})
	}
}

// The same with a number in each title: no twins, yet one text.
func TestOneTextUnderManyTitles(t *testing.T) {
	text := join10(newProse(11), 20)
	for _, n := range []int{50, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			g := New(Options{})
			for _, it := range many(n, func(id int64) Item {
				return articleAt(id, fmt.Sprintf("outlet%d.example", id), fmt.Sprintf("Version %d of the harbour tolls", id), text)
			}) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != 1 {
				t.Errorf("%d stories, want one", len(r.Changed))
			}
			if len(r.Edges) > n*(2*maxByPrints+maxByTerms) {
				t.Errorf("%d edges for %d articles: not bounded", len(r.Edges), n)
			}
		})
	}
}

// Articles that say nothing stay apart, and none takes long.
func TestNothingToCompare(t *testing.T) {
	tests := map[string]func(id int64) (title, text string){
		"empty":            func(int64) (string, string) { return "", "" },
		"blank":            func(int64) (string, string) { return " \t", "\n\n" },
		"emoji":            func(int64) (string, string) { return "🎉", strings.Repeat("😀 ", 50) },
		"one word":         func(int64) (string, string) { return "Photos", "Photos" },
		"one word each":    func(id int64) (string, string) { return "Update", fmt.Sprint("word", id) },
		"a repeated word":  func(id int64) (string, string) { return "", strings.Repeat(fmt.Sprint("word", id, " "), 3000) },
		"text, no title":   func(id int64) (string, string) { return "", join10(newProse(uint64(id)), 10) },
		"a general title":  func(id int64) (string, string) { return "Morning briefing", join10(newProse(uint64(id)), 10) },
		"right to left":    func(id int64) (string, string) { return "\u202e" + fmt.Sprint(id), "\u202e\u202d\u200f" },
		"a label as title": func(int64) (string, string) { return "Live news", "" },
	}
	for name, what := range tests {
		t.Run(name, func(t *testing.T) {
			const n = 300
			g := New(Options{})
			for _, it := range many(n, func(id int64) Item {
				title, text := what(id)
				return articleAt(id, fmt.Sprintf("outlet%d.example", id%7), title, text)
			}) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != n {
				t.Errorf("%d stories of %d strangers", len(r.Changed), n)
			}
			if len(r.Edges) > n*(maxByPrints+maxByTerms) {
				t.Errorf("%d edges: not bounded", len(r.Edges))
			}
		})
	}
}
