package group

import (
	"math"
	"math/bits"
)

// counts says in how many articles each term stands: a hash table of one word a term, since every comparison asks it of
// every term in common, and a Go map takes three times as long and twice the room.
type counts struct {
	slots []termCount // a power of two of them, at most two thirds used
	used  int         // slots, of terms that have gone too
	live  int         // terms that stand in some article
}

type termCount struct {
	term uint32
	n    int32 // 0 where the slot is free or its term has gone
}

func (c *counts) slot(term uint32) *termCount {
	mask := len(c.slots) - 1
	for i := int(mixedTerm(term)) & mask; ; i = (i + 1) & mask {
		if s := &c.slots[i]; s.term == term || *s == (termCount{}) {
			return s
		}
	}
}

// mixedTerm spreads terms of which only the highest bits are used.
func mixedTerm(term uint32) uint32 {
	h := term * 0x9e3779b1
	return h ^ term>>15
}

// of gives the articles a term stands in.
func (c *counts) of(term uint32) int32 {
	if len(c.slots) == 0 {
		return 0
	}
	return c.slot(term).n
}

// add counts n articles more; 0 is no term.
func (c *counts) add(term uint32, n int32) {
	if c.used*3 >= len(c.slots)*2 {
		c.grow()
	}
	s := c.slot(term)
	if s.term != term {
		s.term = term
		c.used++
	}
	was := s.n
	s.n = max(s.n+n, 0)
	c.live += min(int(s.n), 1) - min(int(was), 1)
}

// grow makes the table anew, without terms that have gone.
func (c *counts) grow() {
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

// logs has the logarithms of small counts of articles and a half.
var logs = func() (logs [4096]float64) {
	for n := range logs {
		logs[n] = math.Log(float64(n) + .5)
	}
	return logs
}()

// logHalf gives the logarithm of a count and a half, of a great one within 1e-7: a table takes a third of the time.
func logHalf(n int32) float64 {
	if int(n) < len(logs) {
		return logs[n]
	}
	k := bits.Len32(uint32(n)) - 12
	top := n >> k
	more := (float64(n)+.5)/float64(int32(1)<<k) - float64(top) - .5
	return logs[top] + more/(float64(top)+.5) + float64(k)*math.Ln2
}

// idf is the inverse document frequency of a term over the window, in nats.
func (c *candidates) idf(term uint32) float64 {
	return c.logDocs - logHalf(c.df.of(term))
}

// countArticle counts one article more or less.
func (c *candidates) countArticle(by int) {
	c.docs += by
	c.logDocs = math.Log(float64(c.docs) + 20)
}
