package prints

import "slices"

// Only as many bits of a hash are kept as are needed to distinguish the hashes of two articles, since the window holds hundreds
// of hashes per article. Two long texts share a sampled shingle by chance once in three thousand pairs.
const (
	shingleBits = 28
	termBits    = 26
	pairBits    = 24
	gramBits    = 20
)

// short keeps the highest bits of a hash, because sampling and postings use the highest bits first.
func short(h uint32, bits int) uint32 { return h &^ (1<<(32-bits) - 1) }

// sample keeps the hashes that represent a longer text.
func sample(hashes []uint32) []uint32 {
	return slices.DeleteFunc(hashes, func(h uint32) bool { return !SampledShingle(h) })
}

// sorted returns the distinct hashes in an array of exactly their number, since prints are kept in memory.
func sorted(h []uint32) []uint32 {
	h = distinct(h)
	if len(h) == cap(h) {
		return h
	}
	return append(make([]uint32, 0, len(h)), h...)
}

// distinct sorts hashes and removes duplicates.
func distinct(h []uint32) []uint32 {
	sortHashes(h, 32)
	return slices.Compact(h)
}

// Limits of lists that sortHashes sorts in buckets. Shorter lists gain little, and longer ones do not fit on the stack.
const (
	bucketBits                    = 9
	leastInBuckets, mostInBuckets = 64, 2048
)

// sortHashes sorts numbers whose first 32 bits are a hash: by the highest bits into buckets of a few each, and then within the
// buckets.
func sortHashes[T uint32 | uint64](h []T, bits int) {
	if len(h) < leastInBuckets || len(h) > mostInBuckets {
		slices.Sort(h)
		return
	}
	var ends [1 << bucketBits]uint16
	var room [mostInBuckets]T
	shift := bits - bucketBits
	for _, x := range h {
		ends[x>>shift]++
	}
	end := uint16(0)
	for i, n := range ends {
		ends[i], end = end, end+n
	}
	for _, x := range h {
		i := x >> shift
		room[ends[i]] = x
		ends[i]++
	}
	from := uint16(0)
	for _, to := range ends {
		if to > from+1 {
			slices.Sort(room[from:to])
		}
		from = to
	}
	copy(h, room[:len(h)])
}

// winnow selects a fingerprint from each run of w hashes: the smallest, and of equal ones the last (Schleimer, Wilkerson and
// Aiken 2003). Any match of at least w+k-1 words between two texts shares a fingerprint. Of fewer than w hashes the smallest is
// selected.
func winnow(hashes []uint32, w int) []uint32 {
	if len(hashes) == 0 {
		return nil
	}
	var out []uint32
	at := -1 // index of the window's smallest hash
	for end := min(w, len(hashes)) - 1; end < len(hashes); end++ {
		start := max(end-w+1, 0)
		was := at
		if at < start {
			at = start
			for i := start + 1; i <= end; i++ {
				if hashes[i] <= hashes[at] {
					at = i
				}
			}
		} else if hashes[end] <= hashes[at] {
			at = end
		}
		if at != was {
			out = append(out, hashes[at])
		}
	}
	return out
}
