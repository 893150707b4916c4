package group

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// vectorOf makes a vector of length 1 with some of forty terms.
func vectorOf(r *rand.Rand) []weight {
	var v []weight
	for t := range uint32(40) {
		if r.IntN(4) == 0 {
			v = append(v, weight{t, 1 + r.Float32()})
		}
	}
	return normalise(append(v, weight{40, 1}))
}

func cosine32(v, w []weight) float64 {
	sum := 0.0
	for _, x := range v {
		for _, y := range w {
			if x.term == y.term {
				sum += float64(x.w) * float64(y.w)
			}
		}
	}
	return sum
}

// Clusters are weighed by sums; that has to be the mean over all pairs of their members, whichever is given first.
func TestContextSumsAreTheMeanOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n = 12
	nodes, wide, storyOf := make([]*node, n), make([][]weight, n), make([]int, n)
	for i := range nodes {
		nodes[i], wide[i], storyOf[i] = &node{}, vectorOf(r), i
	}
	storyOf[3], storyOf[5] = 2, 2 // three nodes of one story
	weighed := func() *contextSums {
		s := newContextSums(nodes, storyOf, wide, &Model{EventAt: .2, EventAlone: .5})
		s.merge(0, 1)
		s.merge(0, 7)
		return s
	}
	sum := 0.0
	for _, i := range []int{0, 1, 7} {
		for _, j := range []int{2, 3, 5} {
			sum += cosine32(wide[i], wide[j])
		}
	}
	check := func(s *contextSums, want float64) {
		t.Helper()
		for _, got := range []float64{s.nearness(.4, 0, 2), s.nearness(.4, 2, 0), s.nearness(.4, 0, 2)} {
			if math.Abs(got-want) > 1e-6 {
				t.Errorf("%g, want %g", got, want)
			}
		}
	}
	check(weighed(), blend(.4, sum/9, contextShare))
	nodes[1].outlet, nodes[5].outlet = 8, 8 // one outlet in both: of nine pairs, contexts count two thirds
	check(weighed(), blend(.4, sum/9, contextShare*2/3)-.3/3)
}

func TestContextSumsFade(t *testing.T) {
	v := vectorOf(rand.New(rand.NewPCG(5, 6)))
	s := newContextSums([]*node{{}, {at: contextDays * secondsPerDay}}, []int{0, 1}, [][]weight{v, v}, &Model{})
	if got, want := s.nearness(0, 0, 1), contextShare/math.E; math.Abs(got-want) > 1e-6 {
		t.Errorf("%g after %d days, want %g", got, contextDays, want)
	}
}

// For two single articles of one outlet the probability alone decides.
func TestContextSumsOfOneOutlet(t *testing.T) {
	m := DefaultModel()
	v := vectorOf(rand.New(rand.NewPCG(7, 8)))
	s := newContextSums([]*node{{outlet: 8}, {outlet: 8}}, []int{0, 1}, [][]weight{v, v}, m)
	if below, at := s.nearness(m.EventAlone-.01, 0, 1), s.nearness(m.EventAlone+.01, 0, 1); below >= m.EventAt || at < m.EventAt {
		t.Errorf("%g below EventAlone and %g above it; EventAt is %g", below, at, m.EventAt)
	}
}

func TestExpand(t *testing.T) {
	long := func(from uint32) []weight { // of as many terms as are lent
		var v []weight
		for i := range uint32(expansionTerms) {
			v = append(v, weight{from + i, 1})
		}
		return normalise(v)
	}
	a, b, short := &node{}, &node{}, &node{}
	var x expander
	own := map[*node][]weight{a: long(0), b: long(1000), short: normalise([]weight{{2000, 1}, {2001, 1}, {2002, 1}})}
	share := func(v []weight, from uint32) float64 { // of the squared length, of the terms from there on
		sum := 0.0
		for _, x := range v {
			if x.term >= from && x.term < from+1000 {
				sum += float64(x.w) * float64(x.w)
			}
		}
		return sum
	}
	for name, c := range map[string]struct {
		near []neighbour
		from uint32  // of the terms that are lent
		most float64 // their share of what is kept
		some bool    // whether there is any
	}{
		"none":              {nil, 1000, 0, false},
		"a sure one":        {[]neighbour{{b, 1}}, 1000, .5, true},
		"a doubtful one":    {[]neighbour{{b, .1}}, 1000, .02, true},
		"one of few words":  {[]neighbour{{short, 1}}, 2000, .01, true},
		"nothing from each": {[]neighbour{{b, 0}}, 1000, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := x.expand(a, c.near, own)
			if length := cosine32(v, v); math.Abs(length-1) > 1e-5 || len(v) > contextTerms {
				t.Errorf("length %g, %d terms", length, len(v))
			}
			if got := share(v, c.from); got > c.most+1e-6 || (got > 0) != c.some {
				t.Errorf("%.3f of it is lent, want at most %.3f", got, c.most)
			}
		})
	}
}

// The heaviest terms are those that come first when all are sorted, ties by term, and stay in their order.
func TestKeepTheHeaviest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var x expander
		for term := range uint32(rapid.IntRange(0, 300).Draw(rt, "terms")) {
			x.add(weight{term << 6, float32(rapid.IntRange(0, 40).Draw(rt, "weight"))})
		}
		most := rapid.IntRange(1, 120).Draw(rt, "most")
		want := slices.Clone(x.terms)
		slices.SortFunc(want, func(y, z weight) int { return cmp.Or(cmp.Compare(z.w, y.w), cmp.Compare(y.term, z.term)) })
		want = want[:min(len(want), most)]
		slices.SortFunc(want, func(y, z weight) int { return cmp.Compare(y.term, z.term) })
		if got := x.keepHeaviest(most); !slices.Equal(got, want) {
			rt.Fatalf("%v, want %v", got, want)
		}
	})
}
