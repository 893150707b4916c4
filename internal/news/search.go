package news

import (
	"errors"
)

// ErrCursor says that a cursor is none, or belongs to another search.
var ErrCursor = errors.New("this cursor belongs to another search; begin again without it")

// Marks are the articles that a user has marked.
type Marks struct{ Read, Starred IDSet }

// IDSet is a set of ids of articles, a bit each. It takes an eighth of a byte for each id up to the highest, and its copies may be
// read at the same time.
type IDSet []uint64

// IDsOf makes a set.
func IDsOf(ids ...int64) IDSet { return IDSet(nil).With(ids) }

// Has says whether an id is in the set.
func (s IDSet) Has(id int64) bool {
	return id >= 0 && id/64 < int64(len(s)) && s[id/64]&(1<<(id%64)) != 0
}

// With gives the set with some ids more; the set itself stays as it is. Ids below 0 are passed over.
func (s IDSet) With(ids []int64) IDSet {
	size := int64(len(s))
	for _, id := range ids {
		size = max(size, id/64+1)
	}
	out := make(IDSet, size)
	copy(out, s)
	for _, id := range ids {
		if id >= 0 {
			out[id/64] |= 1 << (id % 64)
		}
	}
	return out
}

// Without gives the set without some ids; the set itself stays as it is.
func (s IDSet) Without(ids []int64) IDSet {
	out := append(IDSet(nil), s...)
	for _, id := range ids {
		if out.Has(id) {
			out[id/64] &^= 1 << (id % 64)
		}
	}
	return out
}

// Span is a stretch of a text as byte offsets.
type Span struct {
	Start, End int
}

// Placement is a story as searches know it: which articles are in it, as what.
type Placement struct {
	Story, Event int64
	Origin       Outlet
	Outlets      int
	Members      map[int64]Role // by article
}
