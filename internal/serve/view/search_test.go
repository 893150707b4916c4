package view

import (
	"strings"
	"testing"

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
