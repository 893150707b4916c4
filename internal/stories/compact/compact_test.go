package compact

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// A print decodes to what it was, whether its lists are parts of each other or not, also with a decoder that was used before.
func TestPrintRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPrint(rt)
		if rapid.Bool().Draw(rt, "of a text") {
			words := rapid.SliceOfN(rapid.StringMatching(`[a-z]{2,9}`), 0, 700).Draw(rt, "words")
			p = prints.Make(news.Article{Lang: "en", Title: "Tolls at the harbour rise", Text: strings.Join(words, " ")}, "Tolls rise")
		}
		var d PrintDecoder
		d.Decode(EncodePrint(new(drawPrint(rt))))
		encoded := EncodePrint(&p)
		d.Decode(encoded)
		if diff := gocmp.Diff(emptyNotNil(p), emptyNotNil(d.Print)); diff != "" {
			rt.Fatalf("(-encoded +decoded):\n%s", diff)
		}
		d.DecodeTerms(encoded)
		if !slices.Equal(d.Print.Terms, p.Terms) || !slices.Equal(d.Print.Uses, p.Uses) {
			rt.Fatalf("terms %v %v, want %v %v", d.Print.Terms, d.Print.Uses, p.Terms, p.Uses)
		}
	})
}

func TestStoredPrint(t *testing.T) {
	p := prints.Make(news.Article{Lang: "en", Text: strings.Repeat("The harbour closed both berths on Tuesday after engineers found cracks. ", 9)}, "Harbour closes")
	stored := StorePrint(p)
	got, err := ReadPrint(stored)
	if diff := gocmp.Diff(emptyNotNil(p), emptyNotNil(got)); err != nil || diff != "" {
		t.Fatalf("%v (-stored +read):\n%s", err, diff)
	}
	other := slices.Clone(stored)
	other[0]++
	if _, err := ReadPrint(other); !errors.Is(err, prints.ErrVersion) {
		t.Errorf("another version: %v", err)
	}
	for n := range stored {
		if _, err := ReadPrint(stored[:n]); err == nil {
			t.Fatalf("a print cut to %d of %d bytes was read", n, len(stored))
		}
	}
	for i := 1; i < len(stored); i++ {
		damaged := slices.Clone(stored)
		damaged[i] ^= 4
		if _, err := ReadPrint(damaged); err == nil {
			t.Fatalf("a print with a wrong byte at %d was read", i)
		}
	}
}

func emptyNotNil(p prints.Print) prints.Print {
	for _, list := range hashLists(&p) {
		*list = append([]uint32{}, *list...)
	}
	p.Uses = append([]uint8{}, p.Uses...)
	p.Places = append([]uint16{}, p.Places...)
	return p
}

func drawPrint(t *rapid.T) prints.Print {
	p := prints.Print{Words: rapid.IntRange(0, 1<<30).Draw(t, "words"), Body: rapid.Uint64().Draw(t, "body"), Sampled: rapid.Bool().Draw(t, "sampled")}
	hashes := rapid.SliceOfN(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 9)), 0, 400)
	for _, list := range hashLists(&p) {
		*list = hashes.Draw(t, "hashes")
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	n := len(p.Terms)
	p.Uses = rapid.SliceOfN(rapid.Uint8(), n, n).Draw(t, "uses")
	p.Places = rapid.SliceOfN(rapid.Uint16(), 0, 100).Draw(t, "places")
	return p
}

func TestRecordRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 5, time.UTC)
	for name, r := range map[string]Record{
		"nothing": {},
		"everything": {
			Article: news.Article{
				Seq: 9, FeedID: 3, Published: at, Updated: at.Add(time.Hour), URL: "https://a.example/tolls?utm=1", Canonical: "https://a.example/tolls",
				GUID: "tolls", Title: "Tolls rise", Hash: "h", Outlet: news.Outlet{Name: "A", Domain: "a.example", Agency: true}, Undated: true,
				Authors: []string{"Ann", "Anna"}, Categories: []string{"harbour"},
			},
			Claims: []news.Claim{
				{Kind: news.ClaimScoop, Outlet: "B", Domain: "b.example", URL: "https://b.example/1", Text: "first reported by B", Start: 4, End: 23, Strength: .9},
				{Kind: news.ClaimByline, Outlet: "C", Start: -1, End: 1 << 40, Strength: 1},
			},
			Cites: []string{"https://b.example/1", "https://b.example/2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := gocmp.Diff(r, DecodeRecord(EncodeRecord(r))); diff != "" {
				t.Errorf("(-encoded +decoded):\n%s", diff)
			}
		})
	}
}

// Postings find what was added, up to the limit, through merging and renumbering.
func TestPostings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const limit = 5
		p, want := NewPostings(limit), map[uint32][]uint32{}
		hash := rapid.OneOf(rapid.Uint32(), rapid.Map(rapid.Uint32Range(0, 40), func(h uint32) uint32 { return h << 27 }))
		number := uint32(0)
		for range rapid.IntRange(1, 40).Draw(rt, "rounds") {
			for _, h := range rapid.SliceOfNDistinct(hash, 0, 60, rapid.ID).Draw(rt, "hashes") {
				p.Add(h, number)
				want[h] = append(want[h], number)
			}
			number += rapid.Uint32Range(1, 9).Draw(rt, "step")
			p.Flush()
		}
		to := make([]int32, number)
		for i := range to {
			to[i] = int32(i) / 2
		}
		p.Renumber(to)
		for h, numbers := range want {
			got := p.Find(h, nil)
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
		for i := range to {
			to[i] = -1
		}
		if p.Renumber(to); p.Len() != 0 {
			rt.Fatalf("%d entries are left of no articles", p.Len())
		}
	})
}
