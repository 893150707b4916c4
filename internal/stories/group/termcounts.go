package group

import (
	"math"
	"math/bits"
)

// termCounts counts articles by term in an open-addressing hash table. Every comparison looks up each common term, and a Go map
// takes three times the time and twice the memory. 0 is not a term.
type termCounts struct {
	slots []termCount // a power of two, at most two thirds of them used
	used  int         // used slots, including terms whose count is 0 again
	live  int         // terms with a count other than 0
}

type termCount struct {
	term uint32
	n    int32
}

// slot returns the slot of a term, or the free slot for it.
func (c *termCounts) slot(term uint32) *termCount {
	mask := len(c.slots) - 1
	h := term * 0x9e3779b1 // only the highest bits of terms are used
	for i := int(h^term>>15) & mask; ; i = (i + 1) & mask {
		if s := &c.slots[i]; s.term == term || *s == (termCount{}) {
			return s
		}
	}
}

func (c *termCounts) of(term uint32) int32 {
	if len(c.slots) == 0 {
		return 0
	}
	return c.slot(term).n
}

// add adds n, which may be negative.
func (c *termCounts) add(term uint32, n int32) {
	if c.used*3 >= len(c.slots)*2 { // a new table, without terms whose count is 0
		old, size := c.slots, 1024
		for size < 2*c.live+2 {
			size *= 2
		}
		c.slots, c.used = make([]termCount, size), c.live
		for _, s := range old {
			if s.n > 0 {
				*c.slot(s.term) = s
			}
		}
	}
	s := c.slot(term)
	if s.term != term {
		s.term = term
		c.used++
	}
	before := s.n
	s.n = max(s.n+n, 0)
	c.live += min(int(s.n), 1) - min(int(before), 1)
}

// logTable holds logHalf of small numbers.
var logTable = func() (logs [4096]float64) {
	for n := range logs {
		logs[n] = math.Log(float64(n) + .5)
	}
	return logs
}()

// logHalf returns the logarithm of n + ½, within 1e-7 for large n. The table takes a third of the time of math.Log.
func logHalf(n int32) float64 {
	if int(n) < len(logTable) {
		return logTable[n]
	}
	k := bits.Len32(uint32(n)) - 12
	top := n >> k
	more := (float64(n)+.5)/float64(int32(1)<<k) - float64(top) - .5
	return logTable[top] + more/(float64(top)+.5) + float64(k)*math.Ln2
}
