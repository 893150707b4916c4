package group

import (
	"math/bits"
	"slices"
)

// postings leads from a hash to the numbers of the nodes that have it. A pair of hash and number is one word of eight
// bytes, in sorted runs of which each is several times as long as the next (a log-structured merge tree, O'Neil et al.
// 1996): the window holds some fifty an article, and a map of lists would take three times the room.
type postings struct {
	limit  int // numbers that a hash may lead to; of a hash with more one more is kept
	shards [1 << shardBits]shard
	merged []uint64 // room to merge in
}

// shard holds the hashes that begin with the same bits, so that merging takes little room.
type shard struct {
	runs   [][]uint64
	recent []uint64 // added since the last gather, in no order
}

const (
	shardBits = 8
	maxRecent = 1024 // entries of a shard that wait to be sorted
	runRatio  = 3    // by which a run is longer than the next
)

func newPostings(limit int) *postings { return &postings{limit: limit} }

func (p *postings) add(hash, number uint32) {
	s := &p.shards[hash>>(32-shardBits)]
	s.recent = append(s.recent, uint64(hash)<<32|uint64(number))
	if len(s.recent) >= maxRecent {
		p.sort(s)
	}
}

// gather lets find see what was added.
func (p *postings) gather() {
	for i := range p.shards {
		p.sort(&p.shards[i])
	}
}

// sort makes a run of a shard's recent entries, and one of runs that are about equally long.
func (p *postings) sort(s *shard) {
	if len(s.recent) == 0 {
		return
	}
	slices.Sort(s.recent)
	s.runs = append(s.runs, slices.Clone(s.recent))
	s.recent = s.recent[:0]
	for n := len(s.runs); n > 1 && len(s.runs[n-2]) < runRatio*len(s.runs[n-1]); n-- {
		p.merged = p.merge(p.merged[:0], s.runs[n-2], s.runs[n-1])
		s.runs[n-2] = append(make([]uint64, 0, len(p.merged)), p.merged...)
		s.runs = slices.Delete(s.runs, n-1, n)
	}
}

// merge appends two runs to a third, without what is beyond the limit of a hash.
func (p *postings) merge(dst, a, b []uint64) []uint64 {
	for len(a) > 0 || len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0] < a[0] {
			from = &b
		}
		x := (*from)[0]
		*from = (*from)[1:]
		if n := len(dst); n <= p.limit || dst[n-1-p.limit]>>32 != x>>32 {
			dst = append(dst, x)
		}
	}
	return dst
}

// find appends the numbers of a hash to a list, at most one more than the limit. They come run by run.
func (p *postings) find(hash uint32, list []uint32) []uint32 {
	found := 0
	for _, run := range p.shards[hash>>(32-shardBits)].runs {
		for i := seek(run, hash); i < len(run) && uint32(run[i]>>32) == hash; i++ {
			if found > p.limit {
				return list
			}
			list = append(list, uint32(run[i]))
			found++
		}
	}
	return list
}

// seek gives the place of a hash in a run. Hashes are even, so that it is near where it would be if they were perfectly so.
func seek(run []uint64, hash uint32) int {
	key := uint64(hash) << 32
	guess, _ := bits.Mul64(key<<shardBits, uint64(len(run)))
	low, high := int(guess), int(guess)
	for step := 8; low > 0 && run[low] >= key; step *= 2 {
		high, low = low, max(low-step, 0)
	}
	for step := 8; high < len(run) && run[high] < key; step *= 2 {
		low, high = high, min(high+step, len(run))
	}
	at, _ := slices.BinarySearch(run[low:min(high+1, len(run))], key)
	return low + at
}

// renumber gives every number its new one, in the same order; the ones that are negative go.
func (p *postings) renumber(to []int32) {
	p.gather()
	p.merged = nil
	for i := range p.shards {
		s := &p.shards[i]
		s.recent = nil
		for j, run := range s.runs {
			kept := run[:0]
			for _, x := range run {
				if n := to[uint32(x)]; n >= 0 {
					kept = append(kept, x>>32<<32|uint64(n))
				}
			}
			s.runs[j] = append(make([]uint64, 0, len(kept)), kept...)
		}
		s.runs = slices.DeleteFunc(s.runs, func(run []uint64) bool { return len(run) == 0 })
	}
}
