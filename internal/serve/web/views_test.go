package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/view"
)

func TestCompared(t *testing.T) {
	text := "First paragraph.\n\nAs the Post first reported.\n\n\n\nLast."
	from := strings.Index(text, "the Post")
	got := markClaims(text, []news.Claim{{Start: from, End: from + len("the Post")}, {Start: 0, End: 0}})
	want := [][]view.Piece{
		{{Text: "First paragraph."}},
		{{Text: "As "}, {Text: "the Post", Mark: true}, {Text: " first reported."}},
		{{Text: "Last."}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if markClaims(text, []news.Claim{{Text: "outside"}}) != nil {
		t.Error("a text without credits is shown as compared")
	}
}

func TestMediaAsLinks(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`<p>Hi <em>there</em></p>`, `<p>Hi <em>there</em></p>`},
		{`<img src="https://a.example/x.jpg" alt="A &lt;b&gt;">`, `<a class="media" href="https://a.example/x.jpg">Picture: A &lt;b&gt;</a>`},
		{`<img src="data:image/png;base64,AA">`, ``},
		{`<video src="https://a.example/v.mp4" poster="https://a.example/p.jpg"><source src="https://a.example/w"></video>`, `<a class="media" href="https://a.example/v.mp4">Video</a>`},
		{`<iframe src="https://v.example/1"></iframe>`, `<a class="media" href="https://v.example/1">Embedded page</a>`},
		{`<p style="background:url(https://a.example)" onclick="x()" background="y">t</p>`, `<p>t</p>`},
		{`<a href="https://a.example/?a=1&amp;b=2">x</a>`, `<a href="https://a.example/?a=1&amp;b=2">x</a>`},
		{`<p>cut <b`, `<p>cut `},
		{`a & b`, `a &amp; b`},
	} {
		if got := rewriteMedia(c.in, nil, locale.Languages()[0]); got != c.want {
			t.Errorf("%s\n gives %s\n want  %s", c.in, got, c.want)
		}
	}
}

// Links that cleaning made of players and frames say in the reader's language what they lead to; other links stay.
func TestMediaLinksInWords(t *testing.T) {
	for _, tt := range []struct{ in, lang, want string }{
		{`<p><a href="/x.mp3">Recording: tides.mp3</a></p>`, "de", `<p><a href="/x.mp3"><span lang="de">Aufnahme</span>: tides.mp3</a></p>`},
		{`<p><a href="/x">Embedded page: A &lt;b&gt; &amp; c</a></p>`, "de", `<p><a href="/x"><span lang="de">Eingebettete Seite</span>: A &lt;b&gt; &amp; c</a></p>`},
		{`<p><a href="/x.pdf">Document</a></p>`, "de", `<p><a href="/x.pdf"><span lang="de">Dokument</span></a></p>`},
		{`<p><a href="/x">Video: Ferry (YouTube)</a></p>`, "en", `<p><a href="/x"><span lang="en">Video</span>: Ferry (YouTube)</a></p>`},
		{`<p><a href="/x">Recordings: all</a> <a href="/y"><b>Video: 1</b></a> Video: none</p>`, "de", `<p><a href="/x">Recordings: all</a> <a href="/y"><b>Video: 1</b></a> Video: none</p>`},
		{`<p><a href="/x">Video`, "de", `<p><a href="/x"><span lang="de">Video</span>`},
	} {
		if got := (Players{}).render(tt.in, map[string]bool{}, locale.Find(tt.lang)); got != tt.want {
			t.Errorf("%s in %s\n gives %s\n want  %s", tt.in, tt.lang, got, tt.want)
		}
	}
}

// english is how a reader in UTC who asks for nothing is written to.
func english(now time.Time) *locale.Locale {
	return locale.For(locale.Choice{}, locale.Choice{}, "", now)
}

func TestNoTime(t *testing.T) {
	if timestampOf(time.Time{}, english(time.Now())) != (timestamp{}) {
		t.Error("the zero time is shown")
	}
}

func TestReasons(t *testing.T) {
	for weight, want := range map[float64]reason{
		4:    {Text: "The headline is the same.", For: true, Words: "strong"},
		1:    {Text: "The headline is the same.", For: true, Words: "fair"},
		-2:   {Text: "The headline is the same.", Words: "strong, against it"},
		0:    {Text: "The headline is the same.", For: true, Words: "no weight"},
		-0.1: {Text: "The headline is the same.", Words: "weak, against it"},
	} {
		got := reasonsOf([]news.Evidence{{Detail: "the headline is the same", Weight: weight}}, quotations{}, english(time.Now()))
		if d := cmp.Diff(want, got[0], cmpopts.IgnoreUnexported(reason{})); d != "" {
			t.Errorf("weight %v: %s", weight, d)
		}
	}
}

// A quotation stands once, whole, whatever quotations it holds itself; afterwards words stand for it.
func TestQuotationsStandOnce(t *testing.T) {
	q := quotationsUnder("Ferry aground")
	for _, c := range [][2]string{
		{"A credits B: “it was “good”, B said”; and that text is credited to C: “C (wire)”", "A credits B: “it was “good”, B said”; and that text is credited to C: “C (wire)”"},
		{"D credits B: “it was “good”, B said”, on its page", "D credits B, in the same words, on its page"},
		{"E credits B: “Ferry aground”", "E credits B, in its headline"},
		{"F credits „B“: “a “b", "F credits „B“: “a “b"},
		{"no quotation", "no quotation"},
	} {
		if got := q.once(c[0]); got != c[1] {
			t.Errorf("%q\nwant %q", got, c[1])
		}
	}
}

func TestLags(t *testing.T) {
	for d, want := range map[time.Duration]string{
		29 * time.Second: "the same minute", 130 * time.Minute: "+2 h 10 min", 2 * time.Hour: "+2 h", -5 * time.Minute: "−5 min",
		49 * time.Hour: "+2 d 1 h", 48 * time.Hour: "+2 d", 45 * time.Minute: "+45 min",
	} {
		if got := lagText(d, english(time.Now())); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// The ticks of every span are few, at round times, and within the picture.
func TestTicks(t *testing.T) {
	from := time.Date(2026, 8, 18, 9, 12, 7, 0, time.UTC)
	for long := time.Second; long < 20*365*24*time.Hour; long = long*5/3 + 1 {
		s := scaleOf(from, from.Add(long))
		ticks := s.ticks(english(from))
		if len(ticks) > maxTicks || long > 2*time.Minute && len(ticks) == 0 {
			t.Errorf("%v: %d ticks", long, len(ticks))
		}
		for _, k := range ticks {
			if x, err := strconv.ParseFloat(strings.TrimSuffix(k.X, "%"), 64); err != nil || x < marginX || x > 100-marginX {
				t.Errorf("%v: a tick at %s, %v", long, k.X, err)
			}
		}
	}
	got := scaleOf(from, from.Add(26*time.Hour)).ticks(english(from))
	var labels []string
	for _, k := range got {
		labels = append(labels, k.Label)
	}
	if want := "12:00 18:00 19 Aug 06:00"; strings.Join(labels, " ") != want {
		t.Errorf("%q, want %q", labels, want)
	}
}

func TestFilesOf(t *testing.T) {
	a := news.Article{Enclosures: []news.Enclosure{
		{URL: "https://pod.example/1.mp3", Type: "audio/mpeg", Length: 123456, Duration: 3723, Title: "Salt"},
		{URL: "https://pod.example/a%20b.mp4", Type: "video/*", Length: 12_300_000, Duration: 95},
		{URL: "https://pod.example/cover.jpg", Type: "image/jpeg"},
		{URL: "javascript:alert(1)", Type: "audio/mpeg"},
		{URL: "https://pod.example/", Length: 900},
		{URL: "https://pod.example/big", Length: 2_500_000_000},
		{URL: "https://pod.example/1.mp3", Type: "audio/mpeg"},
	}}
	got := map[bool][]string{}
	for _, pictures := range []bool{false, true} {
		for _, f := range filesOf(a, pictures, english(time.Now())) {
			got[pictures] = append(got[pictures], f.Name+": "+f.About+" "+f.Out.URL)
		}
	}
	files := []string{
		"Salt: audio/mpeg, 123 kB, 1:02:03 https://pod.example/1.mp3", "a b.mp4: video, 12.3 MB, 1:35 https://pod.example/a%20b.mp4",
		"pod.example: 900 B https://pod.example/", "big: 2.5 GB https://pod.example/big",
	}
	want := map[bool][]string{false: files, true: {files[0], files[1], "cover.jpg: image/jpeg https://pod.example/cover.jpg", files[2], files[3]}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
