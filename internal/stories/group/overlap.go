package group

import (
	"iter"
	"slices"

	"headwater/internal/stories/prints"
)

// Measures of overlap. Shares are 0 to 1, and 0 if the whole is empty.

// indicator returns 1 for true and 0 for false.
func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// ratio returns the share x of a whole, at most 1.
func ratio[T int | float64](x, whole T) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, float64(x)/float64(whole))
}

// containment is the share of one sorted list that is in another (Broder 1997).
func containment(part, whole []uint32) float64 { return ratio(prints.Shared(part, whole), len(part)) }

// overlap is the share of the shorter of two sorted lists that is in the other.
func overlap(a, b []uint32) float64 { return ratio(prints.Shared(a, b), min(len(a), len(b))) }

// jaccard is the share of all numbers of two sorted lists that is in both.
func jaccard(a, b []uint32) float64 {
	n := prints.Shared(a, b)
	return ratio(n, len(a)+len(b)-n)
}

// intersection returns the numbers that are in both of two sorted lists.
func intersection(a, b []uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, j := 0, 0; i < len(a) && j < len(b); {
			switch {
			case a[i] < b[j]:
				i++
			case a[i] > b[j]:
				j++
			default:
				if !yield(a[i]) {
					return
				}
				i, j = i+1, j+1
			}
		}
	}
}

// intersects reports whether two lists have a number in common. The lists are short and need not be sorted.
func intersects(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(x uint64) bool { return slices.Contains(b, x) })
}

// union returns the numbers of both lists, sorted and each once.
func union(a, b []uint64) []uint64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
