package group

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

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
		at, s := New(Options{}), newShelf()
		for i := range arrived {
			s.settle(t, at, arrived[i:i+1])
		}
		all := settleAll(t, arrived)
		if diff := gocmp.Diff(parts(all.of, lookup(names)), parts(s.of, lookup(names))); diff != "" {
			rt.Fatalf("stories (-at once +one by one):\n%s", diff)
		}
	})
}

// Twins that come before their representatives by content key take their places in one order, so that what is found by
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
				out = append(out, n.Article.ID)
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
