package pipelinetest

import (
	"math"
	"testing"
)

func TestAdjustedRand(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"aabb", "ccdd", 1},
		{"abcd", "dcba", 1},
		{"aaaa", "bbbb", 1},
		{"", "", 1},
		{"aabb", "abab", -.5},
		{"aaaa", "abcd", 0},
		{"aaabbb", "aabbcc", .24242}, // the worked example of many textbooks
	} {
		if got := AdjustedRand([]byte(c.a), []byte(c.b)); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%s and %s: %f, want %f", c.a, c.b, got, c.want)
		}
	}
}
