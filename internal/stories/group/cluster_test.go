package group

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type bond struct {
	i, j int
	p    float64
}

// all links every two of the items from..to.
func all(from, to int, p float64) []bond {
	var out []bond
	for i := from; i <= to; i++ {
		for j := i + 1; j <= to; j++ {
			out = append(out, bond{i, j, p})
		}
	}
	return out
}

func TestCluster(t *testing.T) {
	tests := map[string]struct {
		n     int
		bonds []bond
		want  []int
	}{
		"nothing":          {2, nil, []int{0, 1}},
		"a pair":           {2, []bond{{0, 1, .5}}, []int{0, 0}},
		"too weak a pair":  {2, []bond{{0, 1, .49}}, []int{0, 1}},
		"a triangle":       {3, all(0, 2, .8), []int{0, 0, 0}},
		"two are strong":   {3, []bond{{0, 1, .6}, {1, 2, .9}}, []int{0, 1, 1}},
		"a chain":          {4, []bond{{0, 1, .9}, {1, 2, .9}, {2, 3, .9}}, []int{0, 0, 2, 2}},
		"a certain chain":  {4, []bond{{0, 1, 1}, {1, 2, 1}, {2, 3, 1}}, []int{0, 0, 0, 0}},
		"a star":           {5, []bond{{0, 1, .9}, {0, 2, .8}, {0, 3, .8}, {0, 4, .8}}, []int{0, 0, 2, 3, 4}},
		"a certain star":   {4, []bond{{0, 1, 1}, {0, 2, 1}, {0, 3, 1}}, []int{0, 0, 0, 0}},
		"two blobs":        {6, append(all(0, 2, .9), all(3, 5, .9)...), []int{0, 0, 0, 3, 3, 3}},
		"and one bridge":   {6, append(append(all(0, 2, .9), all(3, 5, .9)...), bond{2, 3, .85}), []int{0, 0, 0, 3, 3, 3}},
		"and many bridges": {6, append(append(all(0, 2, .9), all(3, 5, .9)...), bond{2, 3, .7}, bond{1, 3, .7}, bond{0, 3, .7}), []int{0, 0, 0, 0, 0, 0}},
		"one that resembles half of a blob": {
			5, append(all(0, 3, .9), bond{0, 4, .8}, bond{1, 4, .8}), []int{0, 0, 0, 0, 0},
		},
		"one that resembles one of a blob": {5, append(all(0, 3, .9), bond{0, 4, .8}), []int{0, 0, 0, 0, 4}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGraph(tt.n, bestLinkage{})
			for _, b := range tt.bonds {
				g.add(b.i, b.j, b.p)
			}
			if diff := gocmp.Diff(tt.want, g.cluster(.5)); diff != "" {
				t.Errorf("clusters (-want +got):\n%s", diff)
			}
		})
	}
}

// The size of an item counts in the linkage.
func TestClusterWeighsSizes(t *testing.T) {
	g := newGraph(2, bestLinkage{})
	g.size[0], g.size[1] = 4, 4
	g.add(0, 1, .9)
	if got := g.cluster(.5); got[1] != 1 {
		t.Error("one likeness of sixteen pairs joins two stories of four")
	}
	h := newGraph(2, bestLinkage{})
	h.size[0], h.size[1] = 4, 4
	for range 3 {
		h.add(0, 1, .9)
	}
	if got := h.cluster(.5); got[1] != 0 {
		t.Error("three of the four pairs that count do not join them")
	}
}

// Links are given in any order, and every cluster holds together and is named by its lowest number.
func TestClusterOfAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		bonds := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) bond {
			return bond{rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, n-1).Draw(t, "j"), float64(rapid.IntRange(1, 100).Draw(t, "p")) / 100}
		}), 0, 40).Draw(t, "bonds")
		a, b := newGraph(n, bestLinkage{}), newGraph(n, bestLinkage{})
		linked := make([][]int, n)
		for _, l := range bonds {
			if l.i != l.j {
				a.add(l.i, l.j, l.p)
				linked[l.i], linked[l.j] = append(linked[l.i], l.j), append(linked[l.j], l.i)
			}
		}
		for _, l := range rapid.Permutation(bonds).Draw(t, "order") {
			if l.i != l.j {
				b.add(l.j, l.i, l.p)
			}
		}
		got := a.cluster(.5)
		if diff := gocmp.Diff(got, b.cluster(.5)); diff != "" {
			t.Fatalf("the order of links matters:\n%s", diff)
		}
		if err := sound(got, linked); err != nil {
			t.Fatal(err)
		}
	})
}

func sound(of []int, linked [][]int) error {
	for i, c := range of {
		if c > i || of[c] != c {
			return fmt.Errorf("item %d is in %d, which is not its lowest", i, c)
		}
	}
	for c := range of {
		reached := map[int]bool{c: true}
		for walk := []int{c}; len(walk) > 0; walk = walk[1:] {
			for _, j := range linked[walk[0]] {
				if of[j] == c && !reached[j] {
					reached[j] = true
					walk = append(walk, j)
				}
			}
		}
		for i := range of {
			if of[c] == c && of[i] == c && !reached[i] {
				return fmt.Errorf("items %d and %d are one cluster without a link", c, i)
			}
		}
	}
	return nil
}

func TestAuthorshipPenalty(t *testing.T) {
	const wire, desk, site, paper = 1, 2, 3, 4
	of := func(outlets, prose, news []uint64) authorship {
		return authorship{outlets: outlets, prose: prose, news: news}
	}
	report := of([]uint64{wire}, []uint64{wire}, nil)
	for name, tt := range map[string]struct {
		a, b authorship
		own  float64 // story probability of a pair of one outlet's articles
		want float64
	}{
		"nothing in common":                        {of([]uint64{site}, nil, nil), of([]uint64{paper}, nil, nil), 0, 0},
		"an outlet's two reports":                  {report, report, .3, outletPenalty},
		"an outlet's report, written through":      {report, report, .8, 0},
		"two authors":                              {report, of([]uint64{desk}, []uint64{desk}, nil), 0, authorPenalty},
		"one of two authors retells the other":     {report, of([]uint64{desk}, []uint64{desk}, []uint64{wire}), 0, 0},
		"both retell a third":                      {of([]uint64{wire}, []uint64{wire}, []uint64{paper}), of([]uint64{desk}, []uint64{desk}, []uint64{paper}), 0, 0},
		"two authors, and a site that reruns both": {of([]uint64{wire, site}, []uint64{wire}, nil), of([]uint64{desk, site}, []uint64{desk}, nil), 0, authorPenalty + outletPenalty},
	} {
		if tt.own > 0 {
			tt.a.addOwn(7, tt.own)
		}
		if got := tt.a.penalty(&tt.b, 7); got != tt.want {
			t.Errorf("%s: the linkage loses %g, want %g", name, got, tt.want)
		}
	}
}

// A site's long article that resembles two reports of one agency must not join them, however strong the pairs are, where the agency's own
// two reports are not one story.
func TestNoChainThroughAnotherSite(t *testing.T) {
	const agency, site = 1, 2
	gr := newGraph(3, bestLinkage{})
	gr.authors = []authorship{{outlets: []uint64{agency}}, {outlets: []uint64{agency}}, {outlets: []uint64{site}}}
	gr.add(0, 2, .95)
	gr.add(1, 2, .9)
	if got := gr.cluster(.6); got[0] == got[1] || got[2] != got[0] {
		t.Errorf("clusters %v: want the site's article with the first report, and the second by itself", got)
	}
	gr = newGraph(3, bestLinkage{})
	gr.authors = []authorship{{outlets: []uint64{agency}}, {outlets: []uint64{agency}}, {outlets: []uint64{site}}}
	gr.add(0, 2, .95)
	gr.add(1, 2, .9)
	gr.add(0, 1, .7)
	gr.authors[0].addOwn(1, .7)
	gr.authors[1].addOwn(0, .7)
	if got := gr.cluster(.6); got[0] != got[1] || got[1] != got[2] {
		t.Errorf("clusters %v: want one story of two versions and a rerun", got)
	}
}
