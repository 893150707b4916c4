package pipelinetest

// AdjustedRand measures the agreement of two partitions: 1 for equal ones, about 0 for chance (Hubert and Arabie 1985).
// Each slice has the part of each element.
func AdjustedRand[T comparable](a, b []T) float64 {
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
