package pipeline_test

import (
	"math"
	"testing"
)

// adjustedRand measures the agreement of two partitions: 1 for equal ones, about 0 for chance (Hubert and Arabie 1985).
// Each map has the name of each element's part.
func adjustedRand[T comparable](a, b []T) float64 {
	both, inA, inB := map[[2]T]float64{}, map[T]float64{}, map[T]float64{}
	for i := range a {
		both[[2]T{a[i], b[i]}]++
		inA[a[i]]++
		inB[b[i]]++
	}
	together, pairsA, pairsB := pairsIn(both), pairsIn(inA), pairsIn(inB)
	all := float64(len(a)) * float64(len(a)-1) / 2
	chance := pairsA * pairsB / max(all, 1)
	if most := (pairsA + pairsB) / 2; most != chance {
		return (together - chance) / (most - chance)
	}
	return 1 // both are a single part, or only parts of one
}

func pairsIn[K comparable](sizes map[K]float64) float64 {
	sum := 0.0
	for _, n := range sizes {
		sum += n * (n - 1) / 2
	}
	return sum
}

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
		if got := adjustedRand([]byte(c.a), []byte(c.b)); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%s and %s: %f, want %f", c.a, c.b, got, c.want)
		}
	}
}
