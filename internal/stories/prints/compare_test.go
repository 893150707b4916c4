package prints

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

const (
	buses = "A replacement service by bus will start on Wednesday, the operator said, and tickets bought for the crossing stay valid. "
	quay  = "Shopkeepers on the quay fear for the weeks before Christmas, when every second customer comes by boat. "
	tug   = "Two winters ago a tug rammed the pier in thick fog, and nobody looked at the piles below the water line. "
)

// quoting makes an article whose quotations stand between “ and ”.
func quoting(text string) news.Article {
	a := article(text)
	for from := 0; ; {
		start := strings.Index(text[from:], "“")
		if start < 0 {
			return a
		}
		end := strings.Index(text[from+start:], "”")
		a.Marks = append(a.Marks, news.Mark{Kind: news.MarkQuote, Start: from + start, End: from + start + end + len("”")})
		from += start + end + len("”")
	}
}

func TestCompare(t *testing.T) {
	const speech = "“We will not rest until every last one of the boats is back on the water”"
	const ja = "政府は十八日、港の改修工事を来年春に始めると発表した。"
	tests := map[string]struct {
		origin, member string
		passages       []string // of the member; quotations in brackets
		words, reused  int
		longest, added int
	}{
		"equal":            {harbour + buses, harbour + buses, []string{trim(harbour + buses)}, 55, 55, 55, 0},
		"nothing shared":   {harbour, buses, nil, 20, 0, 0, 1},
		"excerpt":          {harbour + buses + quay, buses, []string{trim(buses)}, 20, 20, 20, 0},
		"moved paragraphs": {harbour + buses + quay, quay + harbour + buses, []string{trim(quay), trim(harbour + buses)}, 72, 72, 55, 0},
		"added between":    {harbour + buses, harbour + tug + buses, []string{trim(harbour), trim(buses)}, 76, 55, 35, 1},
		"one word changed": {
			"the boats lie in the harbour until the pier is mended", "The boats lie in the basin until the pier is mended",
			[]string{"The boats lie in the", "until the pier is mended"},
			11, 10, 5, 0,
		},
		"four words are no passage": {"the boats lie in harbour", "the boats lie in port", nil, 5, 0, 0, 1},
		"case, marks and apostrophes": {
			"The minister’s office – it said – won't reply to letters.", "THE MINISTER'S OFFICE, IT SAID, WON’T REPLY",
			[]string{"THE MINISTER'S OFFICE, IT SAID, WON’T REPLY"},
			7, 7, 7, 0,
		},
		"a quotation is no reused prose": {
			"The mayor spoke at noon. " + speech, "Nobody else took the floor in the hall. " + speech,
			[]string{"[We will not rest until every last one of the boats is back on the water]"},
			8, 0, 0, 1,
		},
		"quoted by the origin only": {
			speech, strings.Trim(speech, "“”") + " said the mayor of the town", []string{"[We will not rest until every last one of the boats is back on the water]"}, 6, 0, 0, 0,
		},
		"a quotation within a run": {
			"At noon the mayor said “the boats are late again” and left the hall.", "At noon the mayor said “the boats are late again” and left the hall.",
			[]string{"At noon the mayor said", "[the boats are late again]", "and left the hall"},
			9, 9, 9, 0,
		},
		"a paragraph twice counts once": {buses, buses + buses, []string{trim(buses)}, 40, 20, 20, 0},
		"a run that ends in the next sentence": {
			"The pier is closed until Monday. He left.", "The pier is closed until Monday. He will come again some day soon.", []string{"The pier is closed until Monday. He"}, 13, 7, 7, 1,
		},
		"Japanese":                        {ja + "費用はおよそ三百億円。", "費用は未定。" + ja, []string{trim(ja, "。")}, 30, 25, 25, 0},
		"eight characters are no passage": {"港の改修工事を来年から", "港の改修工事を再来年", nil, 10, 0, 0, 1},
		"Thai":                            {"ท่าเรือปิดตัวลงในวันอังคาร", "เมื่อวานท่าเรือปิดตัวลง", []string{"ท่าเรือปิดตัวลง"}, 17, 11, 11, 0},
		"no text":                         {harbour, "", nil, 0, 0, 0, 0},
		"no origin":                       {"", buses, nil, 20, 0, 0, 1},
		"marks only":                      {"— … !", "😀😀😀😀😀😀", nil, 0, 0, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			origin, member := quoting(tt.origin), quoting(tt.member)
			c := NewReference(origin).Compare(member)
			var got []string
			for _, p := range c.Passages {
				text := member.Text[p.Start:p.End]
				if p.Quoted {
					text = "[" + text + "]"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.passages, got); diff != "" {
				t.Errorf("passages (-want +got):\n%s", diff)
			}
			want := [4]int{tt.words, tt.reused, tt.longest, tt.added}
			if counts := [4]int{c.Words, c.Reused, c.Longest, c.Added}; counts != want {
				t.Errorf("words, reused, longest, added: %v, want %v", counts, want)
			}
			wantSound(t, origin, member, c)
		})
	}
}

// trim leaves out what stands after the last word.
func trim(s string, marks ...string) string {
	return strings.TrimRight(s, " ."+strings.Join(marks, ""))
}

// failer is a testing.T or a rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// wantSound holds a comparison against its texts: passages are the same words in both and overlap in neither.
func wantSound(t failer, origin, member news.Article, c news.Comparison) {
	t.Helper()
	here, there := member.Body(), origin.Body()
	end := 0
	byOrigin := slices.Clone(c.Passages)
	slices.SortFunc(byOrigin, func(p, q news.Passage) int { return p.OriginStart - q.OriginStart })
	for i, p := range c.Passages {
		if p.Start < end || p.End <= p.Start || p.End > len(here) || p.OriginStart < 0 || p.OriginEnd > len(there) {
			t.Fatalf("passage %+v after byte %d", p, end)
		}
		if i > 0 && byOrigin[i].OriginStart < byOrigin[i-1].OriginEnd {
			t.Fatalf("%+v and %+v overlap in the origin", byOrigin[i-1], byOrigin[i])
		}
		end = p.End
		a, b := folded(here[p.Start:p.End]), folded(there[p.OriginStart:p.OriginEnd])
		if !slices.Equal(a, b) || len(a) != p.Words {
			t.Fatalf("%+v: %q is not %q", p, a, b)
		}
	}
	if c.Reused > c.Words || c.Longest > c.Reused || c.Share < 0 || c.Share > 1 || len(c.Adds) != min(c.Added, maxAdds) {
		t.Fatalf("%d of %d words reused (%.2f), %d at once, %d of %d sentences", c.Reused, c.Words, c.Share, c.Longest, len(c.Adds), c.Added)
	}
	for _, s := range c.Adds {
		if !strings.Contains(here, s) {
			t.Fatalf("%q is no sentence of the text", s)
		}
	}
}

func folded(text string) []string {
	var out []string
	for _, t := range tokens(text) {
		out = append(out, string(fold(nil, text[t.start:t.end])))
	}
	return out
}

// drawText makes a text of few words, so that much is shared and repeated, some of it quoted.
func drawText(t *rapid.T, name string) news.Article {
	word := rapid.SampledFrom([]string{
		"pier", "Pier", "BOAT", "boat,", "fog.", "tide", "“the sea", "at last”", "港", "改", "ｔｉｄｅ", "\n\n", "pier's",
		// What NFKC and lower case write with more or fewer bytes.
		"ﬁsh", "fish", "İstanbul", "ﷺ", "cafe\u0301", "café", "ＦＩＳＨ", "ｶﾞｽ", "ガス", "½", "㌔", "น้ำ", "😀", "ẞ", "Ⅷ",
	})
	text := strings.Join(rapid.SliceOfN(word, 0, 120).Draw(t, name), " ")
	if strings.Count(text, "“") != strings.Count(text, "”") {
		return article(text)
	}
	a := article(text)
	if start, end := strings.Index(text, "“"), strings.LastIndex(text, "”"); start >= 0 && start < end {
		a.Marks = []news.Mark{{Kind: news.MarkQuote, Start: start, End: end}}
	}
	return a
}

func TestPassagesAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin, member := drawText(t, "origin"), drawText(t, "member")
		wantSound(t, origin, member, NewReference(origin).Compare(member))
	})
}

// The longest run that two texts share is the first tile, and no run of five words is left when all are placed. That is
// so as long as no five words stand at more than maxOccurrences places of the reference.
func TestTilingIsGreedy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "c"})
		there := rapid.SliceOfN(word, 0, maxOccurrences+shingleWords-1).Draw(t, "there")
		here := rapid.SliceOfN(word, 0, 60).Draw(t, "here")
		r := NewReference(article(strings.Join(there, " ")))
		s := newSequence(strings.Join(here, " "))
		byLength, _ := r.runs(s)
		tiles := r.tile(s, byLength)
		longest := 0
		for _, tl := range tiles {
			longest = max(longest, tl.n)
			for n := range tl.n {
				if here[tl.i+n] != there[tl.j+n] {
					t.Fatalf("tile %v is no run", tl)
				}
			}
		}
		if want := longestRun(here, there); longest != want && (want >= shingleWords || longest > 0) {
			t.Fatalf("the longest tile has %d words, want %d", longest, want)
		}
		for _, tl := range tiles {
			for n := range tl.n {
				here[tl.i+n], there[tl.j+n] = "x", "y"
			}
		}
		if left := longestRun(here, there); left >= shingleWords {
			t.Fatalf("a run of %d words is left: %v and %v", left, here, there)
		}
	})
}

func longestRun(a, b []string) int {
	longest := 0
	for i := range a {
		for j := range b {
			n := 0
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			longest = max(longest, n)
		}
	}
	return longest
}

// A text that repeats itself without end must not hold a page up: the work is bounded whatever it says.
func TestCompareHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("texts of a megabyte")
	}
	const most = 5 * time.Second // each takes a tenth of it on an idle machine
	random := func(words, vocabulary int) string {
		r := rand.New(rand.NewPCG(1, uint64(vocabulary)))
		var b strings.Builder
		for range words {
			fmt.Fprintf(&b, "w%d ", r.IntN(vocabulary))
		}
		return b.String()
	}
	same, prose := strings.Repeat("word ", 200_000), random(170_000, 30_000)
	tests := map[string]struct {
		origin, member string
		share          float64 // at least
	}{
		"one word":            {same, same, 1},
		"one word, cut":       {same[:500_000], same, .5},
		"one word, longer":    {same, same[:500_000], 1},
		"three words":         {strings.Repeat("a b c ", 70_000), strings.Repeat("b c a ", 70_000), .99},
		"broken periods":      {strings.Repeat("a b c d e f g ", 30_000), strings.Repeat("a b c d e f g x ", 25_000), .8},
		"two words at will":   {random(200_000, 2), random(200_000, 2), 0},
		"few words at will":   {random(200_000, 8), random(200_000, 8), 0},
		"a book":              {prose, prose, 1},
		"characters":          {strings.Repeat("港の改修工事を来年春に", 30_000), strings.Repeat("工事を来年春に港の改修", 30_000), .99},
		"hashes that collide": {morse(1<<17, "a b"), morse(1<<17, "b a"), .4},
		"one sentence":        {strings.Repeat("a", 1<<20), strings.Repeat("a", 1<<20), 0},
		"quotation marks":     {strings.Repeat("“a b c d e” f ", 20_000), strings.Repeat("“a b c d e” f ", 20_000), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			origin, member := quoting(tt.origin), quoting(tt.member)
			c := NewReference(origin).Compare(member)
			if took := time.Since(begin); took > most {
				t.Errorf("took %s", took)
			}
			if c.Share < tt.share {
				t.Errorf("%.2f is reused, want %.2f", c.Share, tt.share)
			}
			wantSound(t, origin, member, c)
		})
	}
}

// morse is the Thue-Morse sequence, whose polynomial hashes collide modulo a power of two.
func morse(n int, words string) string {
	two := strings.Fields(words)
	odd := make([]byte, n)
	var b strings.Builder
	for i := range odd {
		odd[i] = odd[i/2] ^ byte(i%2)
		b.WriteString(two[odd[i]] + " ")
	}
	return b.String()
}

func TestReferenceIsShared(t *testing.T) {
	r := NewReference(article(harbour + buses))
	done := make(chan news.Comparison)
	for range 4 {
		go func() { done <- r.Compare(article(buses + tug)) }()
	}
	want := r.Compare(article(buses + tug))
	for range 4 {
		if diff := cmp.Diff(want, <-done); diff != "" {
			t.Error(diff)
		}
	}
	if r.Empty() || !NewReference(article("…")).Empty() {
		t.Error("only a text without words is empty")
	}
}

// The summary stands for the text where the feed gives no more.
func TestCompareSummaries(t *testing.T) {
	origin, member := news.Article{Summary: harbour}, news.Article{Summary: harbour + tug}
	c := NewReference(origin).Compare(member)
	if c.Text != member.Summary || len(c.Passages) != 1 || c.Added != 1 {
		t.Errorf("%+v", c)
	}
}

func FuzzCompare(f *testing.F) {
	for _, s := range []string{harbour + buses, "港の改修工事を来年春に始めると発表した。", "“a b c d e f” \xff\x00 g", strings.Repeat("a ", 50)} {
		f.Add(s, s+tug, uint8(3), uint8(20))
	}
	f.Fuzz(func(t *testing.T, there, here string, start, length uint8) {
		origin, member := article(there), article(here)
		end := int(start) + int(length)
		if end <= len(here) {
			member.Marks = []news.Mark{{Kind: news.MarkQuote, Start: int(start), End: end}}
		}
		c := NewReference(origin).Compare(member)
		if utf8.ValidString(here) && utf8.ValidString(there) {
			wantSound(t, origin, member, c)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	member := article(strings.Repeat(harbour+tug+buses, 1) + quay)
	r := NewReference(article(harbour + quay + buses))
	for b.Loop() {
		r.Compare(member)
	}
}
