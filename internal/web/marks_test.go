package web

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

func join(all []piece) string {
	var b strings.Builder
	for _, p := range all {
		if p.Mark {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestPieces(t *testing.T) {
	for _, c := range []struct {
		text  string
		spans []news.Span
		want  string
	}{
		{"red tide", nil, "red tide"},
		{"red tide", []news.Span{{Start: 4, End: 8}, {Start: 0, End: 3}}, "[red] [tide]"},
		{"red tide", []news.Span{{Start: 0, End: 5}, {Start: 3, End: 8}}, "[red t]ide"},
		{"red tide", []news.Span{{Start: -1, End: 3}, {Start: 5, End: 99}, {Start: 4, End: 4}, {Start: 6, End: 5}}, "red tide"},
		{"日本語", []news.Span{{Start: 3, End: 6}}, "日[本]語"},
		{"日本語", []news.Span{{Start: 1, End: 6}, {Start: 3, End: 7}}, "日本語"},
		{"", []news.Span{{Start: 0, End: 1}}, ""},
	} {
		if got := join(pieces(c.text, c.spans)); got != c.want {
			t.Errorf("%q with %v: %q, want %q", c.text, c.spans, got, c.want)
		}
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("lorem ipsum dolor ", 40)
	at := len(long)
	text := long + "needle\n\nand " + long
	got := join(snippet(text, []news.Span{{Start: at, End: at + 6}}))
	if !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || !strings.Contains(got, "dolor [needle] and lorem") {
		t.Errorf("%q", got)
	}
	if strings.HasPrefix(got, "… orem") || len(got) > 320 {
		t.Errorf("cut badly: %q", got)
	}
	if got := join(snippet("short", nil)); got != "short" {
		t.Errorf("%q", got)
	}
}

// TestSnippetHolds draws any text and spans: nothing may panic, cut a character or invent text.
func TestSnippetHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 400, -1).Draw(t, "text")
		text = strings.ToValidUTF8(text, "")
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) news.Span {
			return news.Span{Start: rapid.IntRange(-2, 800).Draw(t, "start"), End: rapid.IntRange(-2, 800).Draw(t, "end")}
		}), 0, 6).Draw(t, "spans")
		for _, p := range snippet(text, spans) {
			if !utf8.ValidString(p.Text) {
				t.Fatalf("%q is cut within a character", p.Text)
			}
			if p.Mark && !strings.Contains(oneLine.Replace(text), p.Text) {
				t.Fatalf("%q does not stand in the text", p.Text)
			}
		}
		var whole strings.Builder
		for _, p := range pieces(text, spans) {
			whole.WriteString(p.Text)
		}
		if whole.String() != text {
			t.Fatalf("pieces make %q of %q", whole.String(), text)
		}
	})
}

func TestCompared(t *testing.T) {
	text := "First paragraph.\n\nAs the Post first reported.\n\n\n\nLast."
	from := strings.Index(text, "the Post")
	got := compared(text, []news.Claim{{Start: from, End: from + len("the Post")}, {Start: 0, End: 0}})
	want := [][]piece{
		{{Text: "First paragraph."}},
		{{Text: "As "}, {Text: "the Post", Mark: true}, {Text: " first reported."}},
		{{Text: "Last."}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if compared(text, []news.Claim{{Text: "outside"}}) != nil {
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
		if got := withMedia(c.in, nil); got != c.want {
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
	if at(time.Time{}, now) != (when{}) {
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
		if d := cmp.Diff(want, reasonOf(news.Evidence{Weight: weight})); d != "" {
			t.Errorf("weight %v: %s", weight, d)
		}
	}
}
