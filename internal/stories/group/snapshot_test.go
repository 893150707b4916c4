package group

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

func anyStory(StoryState) bool { return true }

func storiesOf(all []StoryState) []int64 {
	out := make([]int64, len(all))
	for i, s := range all {
		out[i] = s.Story
	}
	return out
}

// sizes are the lengths of everything that a Grouper holds.
func sizes(g *Grouper) map[string]int {
	x := g.index
	return map[string]int{
		"byID": len(g.byID), "representatives": len(g.representatives), "stories": len(g.stories), "added": len(g.added),
		"rivals": len(g.rivals), "docs": x.docs, "numbers": len(x.nodes), "df": x.df.live, "prints": x.prints.Len(),
		"terms": x.terms.Len(), "keys": x.keys.Len(), "outletArticles": len(x.outletArticles),
	}
}

// A window that forgot everything holds nothing: an endless stream leaves nothing behind.
func TestForgetLeavesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, relations, 4)
		g := New(Options{})
		for part := range slices.Chunk(items, 5) {
			for _, it := range part {
				g.Add(it)
			}
			g.Settle()
		}
		g.Forget(storiesOf(g.Stories(anyStory)))
		if diff := gocmp.Diff(sizes(New(Options{})), sizes(g)); diff != "" {
			rt.Fatalf("held (-nothing +after forgetting all):\n%s", diff)
		}
	})
}

// Forgetting some stories changes no other, and their ids are not used again.
func TestForgetSome(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, relations, 4)
		g, s := New(Options{}), newStoreState()
		s.settle(t, g, items)
		var gone []int64
		want := map[int64][]int64{}
		last := int64(0)
		for _, st := range g.Stories(anyStory) {
			last = max(last, st.Story)
			if rapid.Bool().Draw(rt, "forget") {
				gone = append(gone, st.Story)
			} else {
				want[st.Story] = st.Members
			}
		}
		g.Forget(gone)
		got := map[int64][]int64{}
		for _, st := range g.Stories(anyStory) {
			got[st.Story] = st.Members
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			rt.Fatalf("stories (-before +after):\n%s", diff)
		}
		intact(rt, g)
		for _, it := range items { // as new articles, those of stories that are left join them
			if id := s.of[it.Article.ID]; slices.Contains(gone, id) {
				it.Article.ID += 1000
				g.Add(it)
			}
		}
		for _, c := range g.Settle().Changed {
			if slices.Contains(gone, c.Story) || c.Story <= last && want[c.Story] == nil {
				rt.Fatalf("story %d is used again", c.Story)
			}
		}
	})
}

// intact checks that edges and numbers of the window lead only to nodes that are in it.
func intact(t *rapid.T, g *Grouper) {
	numbers := map[uint32]bool{}
	for _, n := range g.byID {
		for e := range g.index.edges(n) {
			if e.to == nil || g.byID[e.to.id] != e.to {
				t.Fatalf("article %d is compared with one that is gone", n.id)
			}
		}
		if n.representative != nil {
			continue
		}
		if numbers[n.number] || int(n.number) >= len(g.index.nodes) || g.index.nodes[n.number] != n {
			t.Fatalf("article %d has the number %d, of %d", n.id, n.number, len(g.index.nodes))
		}
		numbers[n.number] = true
	}
}

func TestStories(t *testing.T) {
	p := newProse(5)
	long := join10(p, 250)
	g := New(Options{})
	for _, it := range []Item{
		articleAt(1, "a.example", "Tolls at the harbour rise in spring", long), articleAt(4, "b.example", "Tolls at the harbour rise in spring", long),
		articleAt(2, "c.example", "A lost painting is found", join10(p, 10)),
	} {
		g.Add(it)
	}
	g.Settle()
	all := g.Stories(anyStory)
	if len(all) != 2 {
		t.Fatalf("%+v: want two stories", all)
	}
	big, small := all[0], all[1]
	if len(big.Members) != 2 {
		big, small = small, big
	}
	slices.Sort(big.Members)
	if !slices.Equal(big.Members, []int64{1, 4}) || big.Last != 4 || big.Weight != 4 || !big.Newest.Equal(articleAt(4, "", "", "").Article.Seen) {
		t.Errorf("two copies of 2,500 words: %+v; want a weight of 3 and 1", big)
	}
	if small.Last != 2 || small.Weight != 1 || small.Story == big.Story {
		t.Errorf("a short one: %+v", small)
	}
}

// A new copy of settled articles goes to their story without a comparison, and shares the print that they have.
func TestNewTwinsFollow(t *testing.T) {
	text := join10(newProse(6), 20)
	copyAt := func(id int64) Item {
		return articleAt(id, "a.example", "Tolls at the harbour rise in spring", text)
	}
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, []Item{copyAt(5)})
	r := s.settle(t, g, []Item{copyAt(9), copyAt(7), articleAt(8, "b.example", "A lost painting is found", join10(newProse(7), 10))})
	if len(r.Changed) != 2 || slices.ContainsFunc(r.Edges, func(e news.Edge) bool { return e.Story >= minStoryEdge }) {
		t.Fatalf("%+v: want the story grown, and another", r)
	}
	if diff := gocmp.Diff([]int64{5, 7, 9}, s.stories[1]); diff != "" {
		t.Errorf("members in the order of time (-want +got):\n%s", diff)
	}
	if unsafe.StringData(g.byID[7].encodedPrint) != unsafe.StringData(g.byID[5].encodedPrint) {
		t.Error("a twin has a print of its own")
	}
	if r = g.Settle(); len(r.Changed) != 0 {
		t.Errorf("settling nothing changed %+v", r.Changed)
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
	g, s := New(Options{Window: 24 * time.Hour}), newStoreState()
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
func TestHours(t *testing.T) {
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
		if got := g.seenBefore(noon.Add(1000 * time.Hour)); got != g.Len() {
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
