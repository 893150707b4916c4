package embed

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Cosine compares two vectors of length one: 1 where they agree, 0 where they have nothing to do with each other. It is
// NaN where one is missing or they are of different dimensions, as those of different models are.
func Cosine(a, b []float32) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return math.NaN()
	}
	dot := 0.0
	for i, x := range a {
		dot += float64(x) * float64(b[i])
	}
	return min(max(dot, -1), 1)
}

// The opening of a body that is embedded. The bytes are for scripts that put no spaces between words, and keep a text
// within the 512 tokens that small models read.
const (
	openingWords = 200
	openingBytes = 1500
)

// Text is what an article is embedded by: its title and the opening of its body. News says what it is about first.
func Text(title, body string) string {
	words := strings.Fields(cut(body, 4*openingBytes))
	opening := cut(strings.Join(words[:min(len(words), openingWords)], " "), openingBytes)
	return strings.TrimSpace(strings.TrimSpace(cut(title, openingBytes)) + "\n\n" + opening)
}

// cut shortens a text to a number of bytes, between two characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
