package group

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// What is squeezed lies open again as it was, whether its parts stand in each other or not.
func TestSqueeze(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := anyPrint(rt)
		if rapid.Bool().Draw(rt, "of a text") {
			words := rapid.IntRange(0, 700).Draw(rt, "words")
			p = prints.Make(articleAt(1, "a.example", "Tolls at the harbour rise", join10(newProse(uint64(words)), words/10)).Article, "Tolls rise")
		}
		var s sheet
		s.open(squeeze(new(anyPrint(rt)))) // a sheet is used again
		s.open(squeeze(&p))
		if diff := gocmp.Diff(whole(p), whole(s.Print)); diff != "" {
			rt.Fatalf("(-squeezed +opened):\n%s", diff)
		}
	})
}

// whole makes no difference between nothing and none.
func whole(p news.Print) news.Print {
	for _, list := range slotsOf(&p) {
		*list = append([]uint32{}, *list...)
	}
	p.Uses = append([]uint8{}, p.Uses...)
	p.Places = append([]uint16{}, p.Places...)
	return p
}

func anyPrint(t *rapid.T) news.Print {
	p := news.Print{Words: rapid.IntRange(0, 1<<30).Draw(t, "words"), Body: rapid.Uint64().Draw(t, "body"), Sampled: rapid.Bool().Draw(t, "sampled")}
	hashes := rapid.SliceOfN(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 9)), 0, 400)
	for _, list := range slotsOf(&p) {
		*list = hashes.Draw(t, "hashes")
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	n := len(p.Terms)
	p.Uses = rapid.SliceOfN(rapid.Uint8(), n, n).Draw(t, "uses")
	p.Places = rapid.SliceOfN(rapid.Uint16(), 0, 100).Draw(t, "places")
	return p
}

// Postings find what was added, as much of it as they may, through merging and renumbering.
func TestPostings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const limit = 5
		p, want := newPostings(limit), map[uint32][]uint32{}
		hash := rapid.OneOf(rapid.Uint32(), rapid.Map(rapid.Uint32Range(0, 40), func(h uint32) uint32 { return h << 27 }))
		number := uint32(0)
		for range rapid.IntRange(1, 40).Draw(rt, "rounds") {
			for _, h := range rapid.SliceOfNDistinct(hash, 0, 60, rapid.ID).Draw(rt, "hashes") {
				p.add(h, number)
				want[h] = append(want[h], number)
			}
			number += rapid.Uint32Range(1, 9).Draw(rt, "step")
			p.gather()
		}
		to := make([]int32, number)
		for i := range to {
			to[i] = int32(i) / 2
		}
		p.renumber(to)
		for h, numbers := range want {
			got := p.find(h, nil)
			slices.Sort(got)
			if len(numbers) > limit && len(got) == limit+1 {
				continue
			}
			for i := range numbers {
				numbers[i] /= 2
			}
			if !slices.Equal(got, numbers) {
				rt.Fatalf("%d: %v, want %v", h, got, numbers)
			}
		}
	})
}
