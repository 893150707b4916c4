package group

import (
	"testing"

	"pgregory.net/rapid"
)

// Of all comparisons a revision makes only its own anew, so that what other articles are to each other does not change
// with what has come since they were compared.
func TestRevisionComparesOnlyItself(t *testing.T) {
	compared, others := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, []relation{"excerpt", "edit", "half", "credit"}, 1000) // none of which are twins
		g, s := New(Options{}), newShelf()
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
