package compact

import (
	"math/bits"
	"slices"
)

// bitWriter appends numbers to a bit string, lowest bit first.
type bitWriter struct {
	b       []byte
	pending uint64 // bits that do not yet fill a byte
	n       uint   // number of pending bits
}

// put writes the lowest width bits of x. Width is at most 32, and x has no higher bits.
func (w *bitWriter) put(x uint32, width uint) {
	w.pending |= uint64(x) << w.n
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.pending))
		w.pending >>= 8
	}
}

func (w *bitWriter) flag(on bool) {
	if on {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// count writes a number that is usually small: its length in 6 bits, and then its bits.
func (w *bitWriter) count(x uint32) {
	width := uint(bits.Len32(x))
	w.put(uint32(width), 6)
	w.put(x, width)
}

// rice writes the low bits of x unchanged and the rest in unary (Rice 1979).
func (w *bitWriter) rice(x uint32, low uint) {
	w.put(x&(1<<low-1), low)
	for x >>= low; x >= 32; x -= 32 {
		w.put(0, 32)
	}
	w.put(1<<x, uint(x)+1)
}

// ascending writes a sorted list as Rice codes of the differences. For hashes this is within a tenth of a bit of the optimum.
// Low bits that are 0 in all numbers are left out.
func (w *bitWriter) ascending(list []uint32) {
	if w.count(uint32(len(list))); len(list) == 0 {
		return
	}
	all := uint32(0)
	for _, x := range list {
		all |= x
	}
	shift := uint(bits.TrailingZeros32(all | 1<<31))
	low := riceBits(list[len(list)-1]>>shift, len(list))
	w.put(uint32(shift), 5)
	w.put(uint32(low), 5)
	last := uint32(0)
	for _, x := range list {
		gap := x>>shift - last
		w.rice(gap, low)
		last += gap
	}
}

// riceBits returns the best number of low bits for the differences of n sorted numbers up to most: the logarithm of .7 of the
// mean difference.
func riceBits(most uint32, n int) uint {
	mean := uint64(most) * 7 / 10 / uint64(n)
	return uint(max(bits.Len64(mean), 1) - 1)
}

// done returns the bit string, padded so that a reader can load eight bytes at any position.
func (w *bitWriter) done() string {
	w.put(0, 7)
	return string(append(w.b, make([]byte, 8)...))
}

// bitReader reads the output of a bitWriter.
type bitReader struct {
	s  string
	at uint // position in bits
}

// peek returns at least the next 57 bits.
func (r *bitReader) peek() uint64 { return load64(r.s[r.at/8:]) >> (r.at % 8) }

// load64 loads eight bytes, lowest first. encoding/binary needs a byte slice, and the conversion would copy the string.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (r *bitReader) get(width uint) uint32 {
	x := r.peek() & (1<<width - 1)
	r.at += width
	return uint32(x)
}

func (r *bitReader) flag() bool { return r.get(1) != 0 }

func (r *bitReader) count() uint32 { return r.get(uint(r.get(6))) }

func (r *bitReader) rice(low uint) uint32 {
	next := r.peek()
	x := uint32(next) & (1<<low - 1)
	r.at += low
	if zeros := uint(bits.TrailingZeros64(next >> low)); low+zeros < 57 {
		r.at += zeros + 1
		return x | uint32(zeros)<<low
	}
	return x | r.unary()<<low
}

// unary reads zeros up to a one. The number of zeros is not limited.
func (r *bitReader) unary() uint32 {
	x := uint32(0)
	for {
		if zeros := uint(bits.TrailingZeros64(r.peek())); zeros < 57 {
			r.at += zeros + 1
			return x + uint32(zeros)
		}
		r.at += 57 - 1
		x += 57 - 1
	}
}

// ascending appends the numbers of a sorted list to dst.
func (r *bitReader) ascending(dst []uint32) []uint32 {
	n := r.count()
	if n == 0 {
		return dst
	}
	shift, low := uint(r.get(5)), uint(r.get(5))
	from := len(dst)
	dst = slices.Grow(dst, int(n))[:from+int(n)]
	last, at := uint32(0), r.at // in registers, since this is the hottest loop of decoding
	for i := range dst[from:] {
		next := load64(r.s[at/8:]) >> (at % 8)
		zeros := uint(bits.TrailingZeros64(next >> low))
		if low+zeros >= 57 {
			r.at = at
			last += r.rice(low)
			at = r.at
		} else {
			last += uint32(next)&(1<<low-1) | uint32(zeros)<<low
			at += low + zeros + 1
		}
		dst[from+i] = last << shift
	}
	r.at = at
	return dst
}
