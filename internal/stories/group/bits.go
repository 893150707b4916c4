package group

import (
	"math/bits"
	"slices"
)

// bitWriter puts numbers into as many bits as they need, lowest first.
type bitWriter struct {
	b    []byte
	have uint64 // bits that are no whole byte yet
	n    uint   // how many they are
}

// put writes the lowest bits of x, 32 at most.
func (w *bitWriter) put(x uint32, width uint) {
	w.have |= uint64(x) << w.n
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.have))
		w.have >>= 8
	}
}

func (w *bitWriter) flag(on bool) { w.put(uint32(is(on)), 1) }

// unary writes x zeros and a one.
func (w *bitWriter) unary(x uint32) {
	for ; x >= 32; x -= 32 {
		w.put(0, 32)
	}
	w.put(1<<x, uint(x)+1)
}

// count writes a number that is mostly small: the length of it, and its bits.
func (w *bitWriter) count(x uint32) {
	width := uint(bits.Len32(x))
	w.put(uint32(width), 6)
	w.put(x, width)
}

// done gives all that was written, and eight zeros, so that a reader can take eight bytes at once anywhere.
func (w *bitWriter) done() string {
	w.put(0, 7)
	return string(append(w.b, make([]byte, 8)...))
}

// bitReader reads what a bitWriter wrote.
type bitReader struct {
	s  string
	at uint // bits that were read
}

// ahead gives at least the next 57 bits.
func (r *bitReader) ahead() uint64 {
	return eight(r.s[r.at/8:]) >> (r.at % 8)
}

// eight reads eight bytes, the lowest first: a conversion for encoding/binary would copy them.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (r *bitReader) get(width uint) uint32 {
	x := r.ahead() & (1<<width - 1)
	r.at += width
	return uint32(x)
}

func (r *bitReader) flag() bool { return r.get(1) != 0 }

func (r *bitReader) unary() uint32 {
	x := uint32(0)
	for {
		if zeros := uint(bits.TrailingZeros64(r.ahead())); zeros < 57 {
			r.at += zeros + 1
			return x + uint32(zeros)
		}
		r.at += 57 - 1
		x += 57 - 1
	}
}

func (r *bitReader) count() uint32 { return r.get(uint(r.get(6))) }

// rice writes a number whose lowest bits are any and the rest mostly 0 (Rice 1979).
func (w *bitWriter) rice(x uint32, low uint) {
	w.put(x&(1<<low-1), low)
	w.unary(x >> low)
}

func (r *bitReader) rice(low uint) uint32 {
	ahead := r.ahead()
	x := uint32(ahead) & (1<<low - 1)
	r.at += low
	if zeros := uint(bits.TrailingZeros64(ahead >> low)); low+zeros < 57 {
		r.at += zeros + 1
		return x | uint32(zeros)<<low
	}
	return x | r.unary()<<low
}

// rising writes numbers that rise. Of the differences between them the lowest bits are written as they are and the rest
// in unary, which for hashes is within a tenth of a bit of the least. Bits that are 0 in all of them are left out.
func (w *bitWriter) rising(list []uint32) {
	if w.count(uint32(len(list))); len(list) == 0 {
		return
	}
	all := uint32(0)
	for _, x := range list {
		all |= x
	}
	shift := uint(bits.TrailingZeros32(all | 1<<31))
	low := lowBits(list[len(list)-1]>>shift, len(list))
	w.put(uint32(shift), 5)
	w.put(uint32(low), 5)
	last := uint32(0)
	for _, x := range list {
		gap := x>>shift - last
		w.rice(gap, low)
		last += gap
	}
}

// lowBits is how many bits of the differences are best written as they are: the logarithm of .7 of their mean.
func lowBits(most uint32, n int) uint {
	mean := uint64(most) * 7 / 10 / uint64(n)
	return uint(max(bits.Len64(mean), 1) - 1)
}

// rising appends what rising wrote to a list.
func (r *bitReader) rising(list []uint32) []uint32 {
	n := r.count()
	if n == 0 {
		return list
	}
	shift, low := uint(r.get(5)), uint(r.get(5))
	from := len(list)
	list = slices.Grow(list, int(n))[:from+int(n)]
	last, at := uint32(0), r.at // in registers: prints are opened more often than anything
	for i := range list[from:] {
		ahead := eight(r.s[at/8:]) >> (at % 8)
		zeros := uint(bits.TrailingZeros64(ahead >> low))
		if low+zeros >= 57 {
			r.at = at
			last += r.rice(low)
			at = r.at
		} else {
			last += uint32(ahead)&(1<<low-1) | uint32(zeros)<<low
			at += low + zeros + 1
		}
		list[from+i] = last << shift
	}
	r.at = at
	return list
}
