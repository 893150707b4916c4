package prints

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

const harbour = "The harbour authority of Port Ellery closed both ferry berths on Tuesday after engineers found cracks in the " +
	"northern pier, stranding about four hundred commuters who had been due to cross the sound before nightfall. "

func article(text string) news.Article { return news.Article{Lang: "en", Text: text} }

func TestCoverageOfCopies(t *testing.T) {
	more := "A replacement service by bus will start on Wednesday, the operator said, and tickets bought for the crossing stay valid. "
	whole := Make(article(harbour+more), "Ferries stopped")
	excerpt := Make(article(harbour), "Berths closed")
	other := Make(article(strings.Repeat("Another text about rivers, dams and the price of water entirely. ", 4)), "Rivers")
	if got := excerpt.Coverage(whole); got != 1 {
		t.Errorf("coverage of an excerpt in its whole is %v, want 1", got)
	}
	if got := whole.Coverage(excerpt); got < .5 || got > .7 {
		t.Errorf("coverage of the whole in its excerpt is %v, want between .5 and .7", got)
	}
	if got := other.Coverage(whole); got != 0 {
		t.Errorf("coverage of an unrelated text is %v, want 0", got)
	}
}

func TestFoldingMakesCopiesEqual(t *testing.T) {
	tests := map[string][2]string{
		"curly apostrophe": {"The minister's office, it said, won't reply to letters today.", "The minister’s office it said won’t reply to letters today"},
		"full width":       {"GDP rose 3 percent in the year to March, figures show", "ＧＤＰ rose ３ percent in the year to March figures show"},
		"case and dashes":  {"Prices FELL - sharply - in the northern towns of the region", "Prices fell sharply in the northern towns of the region"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := Make(article(tt[0]), tt[0]), Make(article(tt[1]), tt[1])
			if a.Body != b.Body || a.Headline != b.Headline || a.Body == 0 {
				t.Errorf("%q and %q differ", tt[0], tt[1])
			}
		})
	}
}

func TestQuotationsAreMasked(t *testing.T) {
	quote := "we will not rest until every last one of the boats is back on the water"
	a := article(`The mayor spoke at noon. “` + quote + `,” he told reporters at the pier.`)
	start := strings.Index(a.Text, "“")
	a.Marks = []news.Mark{{Kind: news.MarkQuote, Start: start, End: strings.Index(a.Text, "”") + len("”")}}
	b := article(`In a separate briefing the council heard the same words: “` + quote + `.” Nobody else took the floor.`)
	start = strings.Index(b.Text, "“")
	b.Marks = []news.Mark{{Kind: news.MarkQuote, Start: start, End: strings.Index(b.Text, "”") + len("”")}}
	p, q := Make(a, ""), Make(b, "")
	if got := p.Coverage(q); got != 0 {
		t.Errorf("two reports that share one quotation cover each other by %v, want 0", got)
	}
	a.Marks, b.Marks = nil, nil
	if got := Make(a, "").Coverage(Make(b, "")); got == 0 {
		t.Error("without marks the quotation should count")
	}
	if got := Make(a, "").Coverage(q); got != 0 {
		t.Errorf("what one of the two quotes counts by %v, want 0", got)
	}
}

func TestUnspacedScripts(t *testing.T) {
	ja := "政府は十八日、港の改修工事を来年春に始めると発表した。費用はおよそ三百億円で、地元の漁業組合は影響を調べるよう求めている。"
	a := Make(news.Article{Lang: "ja", Text: ja}, "港の改修工事を来年春に開始")
	b := Make(news.Article{Lang: "ja", Text: ja + "工期は四年の見込み。"}, "港の改修、来年春から")
	if got := a.Coverage(b); got != 1 {
		t.Errorf("coverage is %v, want 1", got)
	}
	if n := Shared(a.Title, b.Title); n < 3 {
		t.Errorf("titles share %d pairs of characters, want at least 3", n)
	}
}

// A letter with its vowel signs is one character, and no word of its own: of such single letters all texts have the same. Four in a row are a term.
func TestMarkedLettersRunTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		lang, one, other string
		shared           int
	}{
		"Thai, no run":     {"th", "กี่ดู้กี่ดู้", "ดู้กี่ดู้กี่", 0},
		"Thai, the same":   {"th", "กี่ดู้กี่ดู้", "กี่ดู้กี่ดู้", 1},
		"Khmer, no run":    {"km", "កិខុកិខុ", "ខុកិខុកិ", 0},
		"Burmese, no run":  {"my", "ကိုခိုကိုခို", "ခိုကိုခိုကို", 0},
		"Katakana, a word": {"ja", "マンション", "マンション", 1},
	} {
		t.Run(name, func(t *testing.T) {
			p, q := Make(news.Article{Lang: tt.lang}, tt.one), Make(news.Article{Lang: tt.lang}, tt.other)
			if n := Shared(p.Title, q.Title); n != tt.shared || len(p.Title) == 0 {
				t.Errorf("%d and %d terms, %d shared, want %d", len(p.Title), len(q.Title), n, tt.shared)
			}
		})
	}
}

func TestTermsAreStemmedWithoutStopWords(t *testing.T) {
	a := Make(news.Article{Lang: "en"}, "Strikes are delaying the ferries")
	b := Make(news.Article{Lang: "en"}, "Strike delays a ferry")
	if diff := cmp.Diff(a.Title, b.Title); diff != "" {
		t.Errorf("titles differ (-a +b):\n%s", diff)
	}
}

func TestEmptyAndOdd(t *testing.T) {
	for _, s := range []string{"", " ", "one", "😀😀😀😀😀😀😀😀😀😀", "\u202eright to left", "a\x00b", strings.Repeat("word ", 100000)} {
		p := Make(article(s), s)
		if len(p.Shingles) > 10 {
			t.Errorf("%.20q: %d shingles", s, len(p.Shingles))
		}
	}
}

func TestWinnowGuarantee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hashes := rapid.SliceOfN(rapid.Uint32Range(0, 50), 1, 80)
		shared := rapid.SliceOfN(rapid.Uint32(), winnowWindow, 40).Draw(t, "shared")
		a := slices.Concat(hashes.Draw(t, "a before"), shared, hashes.Draw(t, "a after"))
		b := slices.Concat(hashes.Draw(t, "b before"), shared, hashes.Draw(t, "b after"))
		if Shared(sorted(winnow(a, winnowWindow)), sorted(winnow(b, winnowWindow))) == 0 {
			t.Fatalf("no fingerprint of %v is shared", shared)
		}
	})
}

// Hashes are sorted whatever their number and however unevenly they lie, and so are hashes with a place behind.
func TestSortHashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hash := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 99), rapid.Uint32Range(1<<32-9, 1<<32-1))
		n := rapid.SampledFrom([]int{0, 1, leastInBuckets, 500, mostInBuckets, mostInBuckets + 1}).Draw(t, "hashes")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		some := rapid.SliceOfN(hash, 20, 20).Draw(t, "some")
		hashes, places := make([]uint32, n), make([]uint64, n)
		for i := range hashes {
			if hashes[i] = some[r.IntN(len(some))]; r.IntN(2) == 0 {
				hashes[i] = r.Uint32()
			}
			places[i] = uint64(hashes[i])<<16 | uint64(r.IntN(1<<16))
		}
		wantHashes, wantPlaces := slices.Sorted(slices.Values(hashes)), slices.Sorted(slices.Values(places))
		sortHashes(hashes, 32)
		sortHashes(places, 48)
		if !slices.Equal(hashes, wantHashes) || !slices.Equal(places, wantPlaces) {
			t.Fatalf("%x, %x", hashes, places)
		}
	})
}

func BenchmarkMake(b *testing.B) {
	a := article(strings.Repeat(harbour, 20))
	b.SetBytes(int64(len(a.Text)))
	for b.Loop() {
		Make(a, "Ferries stopped in Port Ellery")
	}
}
