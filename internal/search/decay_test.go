package search

import (
	"math"
	"testing"
)

func TestDecay(t *testing.T) {
	for _, seconds := range []int64{-5, 0, 1, 4095, 4096, 4097, 259_200, 1_000_003, 7_000_000, 7_774_000, 7_776_000, 1 << 31} {
		want := math.Exp2(-math.Max(float64(seconds), 0) / halfLife.Seconds())
		if got := decay(seconds); math.Abs(got-want) > 1.1e-9 {
			t.Errorf("after %d s: %g, want %g", seconds, got, want)
		}
	}
}
