package group

import (
	"math/bits"
	"sort"
)

// segment is a sorted list of hashes, each with a number, in three to four bytes an entry: hashes as differences, as rising
// writes them, numbers as wide as the greatest. Where each block begins is known, so that finding reads one or two.
type segment struct {
	n                 int
	shift, low, width uint // of hashes: bits that are 0 in all, lowest bits of a difference; of numbers: bits
	starts            []start
	s                 string
}

// start is the first hash of a block, and where its first number lies, in bits.
type start struct{ hash, at uint32 }

const blockSize = 16

// newSegment makes a segment of hashes, in the upper half of each entry, and numbers.
func newSegment(entries []uint64) *segment {
	r := &segment{n: len(entries)}
	if r.n == 0 {
		return r
	}
	hashes, numbers := uint32(1<<31), uint32(0)
	for _, x := range entries {
		hashes |= uint32(x >> 32)
		numbers |= uint32(x)
	}
	first, last := uint32(entries[0]>>32), uint32(entries[r.n-1]>>32)
	r.shift, r.width = uint(bits.TrailingZeros32(hashes)), uint(bits.Len32(numbers))
	r.low = lowBits((last-first)>>r.shift, r.n)
	r.starts = make([]start, 0, (r.n+blockSize-1)/blockSize)
	w := bitWriter{b: make([]byte, 0, 4*r.n)}
	for i, x := range entries {
		hash := uint32(x >> 32)
		if i%blockSize == 0 {
			r.starts = append(r.starts, start{hash, uint32(len(w.b)*8) + uint32(w.n)})
		} else {
			w.rice((hash-uint32(entries[i-1]>>32))>>r.shift, r.low)
		}
		w.put(uint32(x), r.width)
	}
	r.s = w.done()
	return r
}

// all appends the entries to a list.
func (r *segment) all(list []uint64) []uint64 {
	in, hash := bitReader{s: r.s}, uint32(0)
	for i := range r.n {
		if i%blockSize == 0 {
			hash = r.starts[i/blockSize].hash
		} else {
			hash += in.rice(r.low) << r.shift
		}
		list = append(list, uint64(hash)<<32|uint64(in.get(r.width)))
	}
	return list
}

// find appends the numbers of a hash to a list, which may become most long.
func (r *segment) find(hash uint32, list []uint32, most int) []uint32 {
	block := max(r.seek(hash)-1, 0) // the hash may first stand at the end of the block before
	in, at := bitReader{s: r.s, at: uint(r.starts[block].at)}, uint32(0)
	for i := block * blockSize; i < r.n && len(list) < most; i++ {
		if i%blockSize == 0 {
			at = r.starts[i/blockSize].hash
		} else {
			at += in.rice(r.low) << r.shift
		}
		if at > hash {
			break
		}
		if at == hash {
			list = append(list, in.get(r.width))
		} else {
			in.at += r.width
		}
	}
	return list
}

// seek gives the first block that begins with a hash or with a greater one. Hashes are even, so that it is near where it
// would be if they were perfectly so.
func (r *segment) seek(hash uint32) int {
	n := len(r.starts)
	guess, _ := bits.Mul64(uint64(hash)<<(32+shardBits), uint64(n))
	low, high := int(guess), int(guess)
	for step := 2; low > 0 && r.starts[low].hash >= hash; step *= 2 {
		high, low = low, max(low-step, 0)
	}
	for step := 2; high < n && r.starts[high].hash < hash; step *= 2 {
		low, high = high, min(high+step, n)
	}
	return low + sort.Search(min(high+1, n)-low, func(i int) bool { return r.starts[low+i].hash >= hash })
}
