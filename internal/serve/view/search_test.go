package view

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

func join(all []Piece) string {
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
		if got := join(Pieces(c.text, c.spans)); got != c.want {
			t.Errorf("%q with %v: %q, want %q", c.text, c.spans, got, c.want)
		}
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("lorem ipsum dolor ", 40)
	at := len(long)
	text := long + "needle\n\nand " + long
	got := join(Snippet(text, []news.Span{{Start: at, End: at + 6}}))
	if !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || !strings.Contains(got, "dolor [needle] and lorem") {
		t.Errorf("%q", got)
	}
	if strings.HasPrefix(got, "… orem") || len(got) > 320 {
		t.Errorf("cut badly: %q", got)
	}
	if got := join(Snippet("short", nil)); got != "short" {
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
		for _, p := range Snippet(text, spans) {
			if !utf8.ValidString(p.Text) {
				t.Fatalf("%q is cut within a character", p.Text)
			}
			if p.Mark && !strings.Contains(oneLine.Replace(text), p.Text) {
				t.Fatalf("%q does not stand in the text", p.Text)
			}
		}
		var whole strings.Builder
		for _, p := range Pieces(text, spans) {
			whole.WriteString(p.Text)
		}
		if whole.String() != text {
			t.Fatalf("pieces make %q of %q", whole.String(), text)
		}
	})
}
