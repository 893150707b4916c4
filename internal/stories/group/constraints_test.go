package group

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

// same and apart are corrections.
func same(ids ...int64) news.Correction { return news.Correction{Same: ids} }

func apart(these []int64, from ...int64) news.Correction {
	return news.Correction{Same: these, Apart: from}
}

// correct sets corrections and settles.
func (s *storeState) correct(t testing.TB, g *Grouper, all []news.Correction) Result {
	t.Helper()
	g.SetCorrections(all)
	r := g.Settle()
	s.put(t, nil, r)
	return r
}

func name(id int64) string { return fmt.Sprint(id) }

const tolls = "Tolls at the harbour rise in spring"

// A later correction overrides only what it contradicts of earlier ones.
func TestConstraints(t *testing.T) {
	tests := map[string]struct {
		all   []news.Correction
		mates []string // groups of more than one
		apart []string // pairs
	}{
		"none":                   {nil, nil, nil},
		"same":                   {[]news.Correction{same(3, 1, 2)}, []string{"1 2 3"}, nil},
		"transitive":             {[]news.Correction{same(1, 2), same(2, 3)}, []string{"1 2 3"}, nil},
		"apart":                  {[]news.Correction{apart([]int64{1, 2}, 3, 4)}, []string{"1 2"}, []string{"1-3", "1-4", "2-3", "2-4"}},
		"apart through the same": {[]news.Correction{same(1, 2), apart([]int64{2}, 3)}, []string{"1 2"}, []string{"1-3", "2-3"}},
		"apart, then same":       {[]news.Correction{apart([]int64{1}, 2), same(1, 2)}, []string{"1 2"}, nil},
		"same, then apart":       {[]news.Correction{same(1, 2, 3), apart([]int64{1}, 2, 3)}, []string{"2 3"}, []string{"1-2", "1-3"}},
		"apart, then same by way of another": {
			[]news.Correction{apart([]int64{1}, 2), same(1, 3), same(3, 2)}, []string{"1 2 3"}, nil,
		},
		"half of it contradicted": {
			[]news.Correction{apart([]int64{1}, 2, 3), same(1, 2)}, []string{"1 2"}, []string{"1-3", "2-3"},
		},
		"the last word is the first again": {
			[]news.Correction{same(1, 2), apart([]int64{1}, 2), same(1, 2)}, []string{"1 2"}, nil,
		},
		"two parts, each whole": {
			[]news.Correction{same(1, 2, 3, 4), apart([]int64{1, 3}, 2, 4)}, []string{"1 3", "2 4"}, []string{"1-2", "1-4", "2-3", "3-4"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newConstraints(tt.all)
			var mates, apart []string
			for i := range int64(5) {
				if m := c.mustLink(i); len(m) > 0 && m[0] == i {
					mates = append(mates, strings.Trim(fmt.Sprint(m), "[]"))
				}
				for j := i + 1; j < 5; j++ {
					if strings.Contains(" "+c.cannotLink(i), fmt.Sprint(" ", j, " ")) {
						apart = append(apart, fmt.Sprint(i, "-", j))
					}
				}
			}
			if diff := gocmp.Diff(tt.mates, mates); diff != "" {
				t.Errorf("one story (-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff(tt.apart, apart); diff != "" {
				t.Errorf("apart (-want +got):\n%s", diff)
			}
		})
	}
}

// Each case is stories before and after corrections, and after they are taken back.
func TestCorrect(t *testing.T) {
	p := newProse(11)
	text, more, other := join10(p, 10), join10(p, 1), join10(p, 10)
	listed := func(id int64) Item { // one outlet's one article, listed again
		it := articleAt(id, "a.example", fmt.Sprint("Listed for the time ", id), text+" "+join10(p, 1))
		it.Article.Canonical = "https://a.example/tolls"
		return it
	}
	twins := []Item{
		articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", tolls, text),
		articleAt(3, "c.example", tolls, text), articleAt(4, "d.example", tolls, text),
	}
	tests := map[string]struct {
		items       []Item
		before      []string
		corrections []news.Correction
		after       []string
	}{
		"strangers become one": {
			[]Item{articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", "A lost painting is found", other)},
			[]string{"1", "2"},
			[]news.Correction{same(1, 2)},
			[]string{"1 2"},
		},
		"and take their copies with them": {
			[]Item{
				articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", "A lost painting is found", other),
				articleAt(3, "c.example", "Tolls", text+" "+more), articleAt(4, "d.example", "Painting", other+" "+more),
			},
			[]string{"1 3", "2 4"},
			[]news.Correction{same(1, 2)},
			[]string{"1 2 3 4"},
		},
		"a copy is set apart": {
			[]Item{
				articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", "Higher", text+" "+more), articleAt(3, "c.example", "Dearer", more+" "+text),
			},
			[]string{"1 2 3"},
			[]news.Correction{apart([]int64{2}, 1, 3)},
			[]string{"1 3", "2"},
		},
		"one of the twins":            {twins, []string{"1 2 3 4"}, []news.Correction{apart([]int64{3}, 1, 2, 4)}, []string{"1 2 4", "3"}},
		"the first of the twins":      {twins, []string{"1 2 3 4"}, []news.Correction{apart([]int64{1}, 2, 3, 4)}, []string{"1", "2 3 4"}},
		"two and two of the twins":    {twins, []string{"1 2 3 4"}, []news.Correction{apart([]int64{2, 3}, 1, 4)}, []string{"1 4", "2 3"}},
		"one article, listed thrice":  {[]Item{listed(1), listed(2), listed(3)}, []string{"1 2 3"}, []news.Correction{apart([]int64{2}, 1, 3)}, []string{"1 3", "2"}},
		"a merge, and a split of it":  {twins, []string{"1 2 3 4"}, []news.Correction{same(1, 2, 3, 4), apart([]int64{2}, 1, 3, 4)}, []string{"1 3 4", "2"}},
		"a split, and a merge of it":  {twins, []string{"1 2 3 4"}, []news.Correction{apart([]int64{2}, 1, 3, 4), same(2, 1, 3, 4)}, []string{"1 2 3 4"}},
		"what is not there is nought": {twins, []string{"1 2 3 4"}, []news.Correction{same(1, 99), apart([]int64{98}, 2)}, []string{"1 2 3 4"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g, s := New(Options{}), newStoreState()
			s.settle(t, g, tt.items)
			wantParts(t, "before", s, tt.before)
			s.correct(t, g, tt.corrections)
			wantParts(t, "corrected", s, tt.after)
			s.settle(t, g, tt.items) // all of them come again
			wantParts(t, "grouped anew", s, tt.after)
			s.correct(t, g, nil)
			wantParts(t, "taken back", s, tt.before)
		})
	}
}

func wantParts(t testing.TB, when string, s *storeState, want []string) {
	t.Helper()
	if diff := gocmp.Diff(want, parts(s.of, name)); diff != "" {
		t.Errorf("stories %s (-want +got):\n%s", when, diff)
	}
}

// Articles that a correction keeps apart may be one event.
func TestApartInOneEvent(t *testing.T) {
	text := join10(newProse(12), 10)
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, []Item{articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", tolls, text)})
	event := s.events[s.of[1]]
	s.correct(t, g, []news.Correction{apart([]int64{2}, 1)})
	if s.of[1] == s.of[2] || s.events[s.of[1]] != event || s.events[s.of[2]] != event {
		t.Errorf("stories %v, events %v: want two stories in event %d", s.of, s.events, event)
	}
}

// A new copy of two articles that are kept apart joins one of them, and does not join the two.
func TestCopiesOfWhatIsApart(t *testing.T) {
	text := join10(newProse(13), 10)
	g, s := New(Options{Corrections: []news.Correction{apart([]int64{2}, 1)}}), newStoreState()
	for id := range int64(12) {
		s.settle(t, g, []Item{articleAt(id+1, fmt.Sprint(id, ".example"), tolls, text)})
	}
	if s.of[1] == s.of[2] || len(s.stories) != 2 {
		t.Errorf("stories %v, want two, of which one has article 1 and one has 2", s.stories)
	}
}

// The rest keeps the story's id, however small it is.
func TestDetach(t *testing.T) {
	text := join10(newProse(14), 10)
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, []Item{
		articleAt(1, "a.example", tolls, text), articleAt(2, "b.example", tolls, text), articleAt(3, "c.example", tolls, text),
	})
	was := s.of[3]
	g.SetCorrections([]news.Correction{apart([]int64{1, 2}, 3)})
	g.Detach([]int64{1, 2, 99})
	s.put(t, nil, g.Settle())
	if s.of[3] != was || s.of[1] == was || s.of[1] != s.of[2] {
		t.Errorf("stories %v: want article 3 alone in %d", s.stories, was)
	}
}

func TestAffectedAndMustLinked(t *testing.T) {
	g := New(Options{Corrections: []news.Correction{same(1, 2), apart([]int64{8}, 9)}})
	tests := map[string]struct {
		all  []news.Correction
		want []int64
	}{
		"as it is":        {[]news.Correction{same(2, 1), apart([]int64{9}, 8)}, nil},
		"one more":        {[]news.Correction{same(1, 2), apart([]int64{8}, 9), same(2, 3)}, []int64{1, 2, 3}},
		"one less":        {[]news.Correction{same(1, 2)}, []int64{8, 9}},
		"something more":  {[]news.Correction{apart([]int64{5}, 6), same(1, 2), apart([]int64{8}, 9)}, []int64{5, 6}},
		"a contradiction": {[]news.Correction{same(1, 2), apart([]int64{8}, 9), apart([]int64{1}, 2)}, []int64{1, 2}},
	}
	for name, tt := range tests {
		if got := g.Affected(tt.all); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v are affected, want %v", name, got, tt.want)
		}
	}
	if got := g.MustLinked([]int64{2, 7, 8}); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("mates %v, want 1 and 2", got)
	}
}

// drawCorrections makes a few corrections of articles 1 to n.
func drawCorrections(t *rapid.T, n int) []news.Correction {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Correction {
		some := rapid.SliceOfNDistinct(rapid.Int64Range(1, int64(n)), 2, 5, rapid.ID).Draw(t, "articles")
		at := rapid.IntRange(1, len(some)).Draw(t, "same")
		return news.Correction{Same: some[:at], Apart: some[at:]}
	}), 0, 4).Draw(t, "corrections")
}

// wish is one pair of a correction.
type wish struct {
	a, b int64
	same bool
}

// granted gives the pairs that count, found the slow way: the later first, each unless those before it contradict it.
func granted(all []news.Correction) []wish {
	var out []wish
	try := func(w wish) {
		if next := append(slices.Clone(out), w); satisfiable(next) {
			out = next
		}
	}
	for _, c := range slices.Backward(all) {
		for i, a := range c.Same {
			for _, b := range c.Same[:i] {
				try(wish{a, b, true})
			}
		}
		for _, a := range c.Same {
			for _, b := range c.Apart {
				try(wish{a, b, false})
			}
		}
	}
	return out
}

func satisfiable(wishes []wish) bool {
	group := map[int64]int64{}
	for range wishes { // as often as the longest chain needs
		for _, w := range wishes {
			if w.same {
				low := min(lowest(group, w.a), lowest(group, w.b))
				group[w.a], group[w.b] = low, low
			}
		}
	}
	return !slices.ContainsFunc(wishes, func(w wish) bool { return !w.same && lowest(group, w.a) == lowest(group, w.b) })
}

func lowest(group map[int64]int64, id int64) int64 {
	if g, ok := group[id]; ok {
		return g
	}
	return id
}

func keeps(t *rapid.T, all []news.Correction, s *storeState) {
	for _, w := range granted(all) {
		a, b := s.of[w.a], s.of[w.b]
		if a != 0 && b != 0 && (a == b) != w.same {
			t.Fatalf("articles %d and %d: in one story %v, corrections say %v\nof %v\nby %v", w.a, w.b, a == b, w.same, s.of, all)
		}
	}
}

// Whatever comes, is revised, corrected, taken back, restarted or closed: what corrections say of the articles holds.
func TestCorrectionsAlwaysHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pool := corpus(rt, relations, 4)
		all := drawCorrections(rt, 12)
		g, s, items := New(Options{Corrections: all}), newStoreState(), map[int64]Item{}
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			var batch []Item
			for range rapid.IntRange(1, 6).Draw(rt, "articles") {
				it := pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "from")]
				it.Article.ID = int64(rapid.IntRange(1, 12).Draw(rt, "id")) // a known id is a revision
				batch, items[it.Article.ID] = append(batch, it), it
			}
			s.settle(t, g, batch)
			keeps(rt, all, s)
			consistent(rt, g, s, items)
			if rapid.Bool().Draw(rt, "correct") {
				all = drawCorrections(rt, 12)
				s.correct(t, g, all)
				keeps(rt, all, s)
				consistent(rt, g, s, items)
			}
			switch rapid.IntRange(0, 3).Draw(rt, "then") {
			case 0:
				g = s.restart(g, items)
			case 1:
				g = g.Reopen(noon.Add(-time.Hour)) // everything is still open
			}
		}
	})
}

// Articles make the same stories in whatever order they come, whether the corrections are there before them or after.
func TestOrderWithCorrections(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := corpus(rt, relations, 4)
		all := drawCorrections(rt, len(items)+1)
		order := rapid.Permutation(indexesOf(items)).Draw(rt, "order")
		one, names := arrive(items, indexesOf(items))
		other, otherNames := arrive(items, order)
		a, b := newStoreState(), newStoreState()
		a.settle(t, New(Options{Corrections: all}), one)
		g := New(Options{})
		b.settle(t, g, other)
		b.correct(t, g, renumbered(all, order))
		if diff := gocmp.Diff(parts(a.of, lookup(names)), parts(b.of, lookup(otherNames))); diff != "" {
			rt.Fatalf("stories (-corrected before, in order +corrected after, shuffled):\n%s", diff)
		}
	})
}

// renumbered gives corrections of the articles as they are numbered when they come in another order.
func renumbered(all []news.Correction, order []int) []news.Correction {
	to := map[int64]int64{}
	for i, k := range order {
		to[int64(k+1)] = int64(i + 1)
	}
	var out []news.Correction
	for _, c := range all {
		var d news.Correction
		for _, id := range c.Same {
			d.Same = append(d.Same, lowest(to, id))
		}
		for _, id := range c.Apart {
			d.Apart = append(d.Apart, lowest(to, id))
		}
		out = append(out, d)
	}
	return out
}

// A partition never joins what must stay apart.
func TestPartition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newPartition(8)
		var separated [][2]int
		pair := rapid.SliceOfN(rapid.IntRange(0, 7), 2, 2)
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			p := pair.Draw(rt, "pair")
			if rapid.Bool().Draw(rt, "join") {
				may := d.mayJoin(p[0], p[1])
				if d.join(p[0], p[1]) != may || (d.root(p[0]) == d.root(p[1])) != may {
					rt.Fatalf("join of %v, which may %v", p, may)
				}
			} else if d.root(p[0]) != d.root(p[1]) {
				d.separate(p[0], p[1])
				separated = append(separated, [2]int{p[0], p[1]})
			}
			for _, s := range separated {
				if d.mayJoin(s[0], s[1]) || d.mayJoin(s[1], s[0]) {
					rt.Fatalf("%v may be joined though they are apart", s)
				}
			}
		}
		for i, j := range maps.All(d.apart) {
			if d.root(i) != i || len(j) == 0 {
				rt.Fatalf("item %d, no root, is kept apart", i)
			}
		}
	})
}

func TestClusterWithin(t *testing.T) {
	blobs := append(all(0, 3, .9), all(4, 7, .9)...)
	tests := map[string]struct {
		n           int
		bonds       []bond
		same, apart [][2]int
		want        []int
	}{
		"apart though linked":         {2, []bond{{0, 1, 1}}, nil, [][2]int{{0, 1}}, []int{0, 1}},
		"one though not linked":       {3, nil, [][2]int{{0, 2}}, nil, []int{0, 1, 0}},
		"the weaker link is left":     {3, []bond{{0, 1, .9}, {0, 2, .6}}, nil, [][2]int{{0, 1}}, []int{0, 1, 0}},
		"no way round by a third":     {3, all(0, 2, .9), nil, [][2]int{{0, 1}}, []int{0, 1, 0}},
		"no way round by two":         {4, all(0, 3, .9), [][2]int{{1, 3}}, [][2]int{{0, 3}}, []int{0, 1, 0, 1}},
		"strangers do not weaken":     {4, []bond{{0, 2, .6}, {1, 3, .6}}, [][2]int{{0, 1}}, nil, []int{0, 0, 0, 0}},
		"like a little of two":        {9, append(blobs, bond{0, 8, .9}, bond{4, 8, .9}), nil, nil, []int{0, 0, 0, 0, 4, 4, 4, 4, 8}},
		"like a little of two as one": {9, append(blobs, bond{0, 8, .9}, bond{4, 8, .9}), [][2]int{{0, 4}}, nil, []int{0, 0, 0, 0, 0, 0, 0, 0, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGraph(tt.n, bestLinkage{})
			for _, b := range tt.bonds {
				g.add(b.i, b.j, b.p)
			}
			for _, p := range tt.same {
				g.join(p[0], p[1])
			}
			for _, p := range tt.apart {
				g.separate(p[0], p[1])
			}
			if diff := gocmp.Diff(tt.want, g.cluster(.5)); diff != "" {
				t.Errorf("clusters (-want +got):\n%s", diff)
			}
		})
	}
}
