package embed_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"headwater/internal/stories/embed"
)

func TestCosine(t *testing.T) {
	tests := []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 0}, []float32{1, 0}, 1},
		{[]float32{1, 0}, []float32{0, 1}, 0},
		{[]float32{1, 0}, []float32{-1, 0}, -1},
		{[]float32{.6, .8}, []float32{1, 0}, float64(float32(.6))},
		{[]float32{1.01}, []float32{1.01}, 1}, // as rounding leaves them
		{[]float32{1}, []float32{1, 0}, math.NaN()},
		{nil, []float32{1}, math.NaN()},
		{nil, nil, math.NaN()},
	}
	for _, tt := range tests {
		if got := embed.Cosine(tt.a, tt.b); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Cosine(%v, %v) = %g, want %g", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	many := strings.Repeat("word ", 300)
	tests := []struct{ name, title, body, want string }{
		{"both", " Dam fails ", "The dam\n\nfailed  at noon.", "Dam fails\n\nThe dam failed at noon."},
		{"a title alone", "Dam fails", "", "Dam fails"},
		{"a body alone", "", "At noon.", "At noon."},
		{"nothing", " ", "\n", ""},
		{"200 words", "", many, strings.TrimSpace(strings.Repeat("word ", 200))},
		{"500 characters of three bytes", "", strings.Repeat("水", 2000), strings.Repeat("水", 500)},
	}
	for _, tt := range tests {
		if got := embed.Text(tt.title, tt.body); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		title, body := rapid.String().Draw(t, "title"), strings.Repeat(rapid.String().Draw(t, "body"), rapid.IntRange(1, 99).Draw(t, "times"))
		got := embed.Text(title, body)
		if len(got) > 3002 || utf8.ValidString(title+body) != utf8.ValidString(got) && utf8.ValidString(title+body) {
			t.Fatalf("%d bytes, valid %v", len(got), utf8.ValidString(got))
		}
	})
}
