package web

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		if got := rewriteMedia(c.in, nil); got != c.want {
			t.Errorf("%s\n gives %s\n want  %s", c.in, got, c.want)
		}
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", 59 * time.Second: "just now", time.Minute: "1 min ago", 59 * time.Minute: "59 min ago", 90 * time.Minute: "1 h ago",
		25 * time.Hour: "1 day ago", 73 * time.Hour: "3 days ago", 8 * 24 * time.Hour: "10 Aug", 400 * 24 * time.Hour: "14 Jul 2025",
		-30 * time.Second: "just now", -5 * time.Minute: "in 5 min", -26 * time.Hour: "in 1 day",
	} {
		if got := relative(now.Add(-d), now); got != want {
			t.Errorf("%v ago: %q, want %q", d, got, want)
		}
	}
	if timestampOf(time.Time{}, now) != (timestamp{}) {
		t.Error("the zero time is shown")
	}
}

func TestReasonBars(t *testing.T) {
	for weight, want := range map[float64]reason{
		4:    {X: 24, Width: 24, For: true, Words: "speaks strongly for it"},
		99:   {X: 24, Width: 24, For: true, Words: "speaks strongly for it"},
		1:    {X: 24, Width: 6, For: true, Words: "speaks for it"},
		-2:   {X: 12, Width: 12, Words: "speaks strongly against it"},
		0:    {X: 24, Width: 2, For: true, Words: "speaks a little for it"},
		-0.1: {X: 22, Width: 2, Words: "speaks a little against it"},
	} {
		if d := cmp.Diff(want, reasonsOf([]news.Evidence{{Weight: weight}})[0]); d != "" {
			t.Errorf("weight %v: %s", weight, d)
		}
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
		for _, f := range filesOf(a, pictures) {
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
