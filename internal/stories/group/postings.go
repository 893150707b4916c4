package group

import "slices"

// postings leads from a hash to the numbers of the nodes that have it. Hash and number lie squeezed in sorted runs of which
// each is several times as long as the next (a log-structured merge tree, O'Neil et al. 1996): the window holds some fifty
// an article, and a map of lists would take eight times the room.
type postings struct {
	limit  int // numbers that a hash may lead to; of a hash with more one more is kept
	shards [1 << shardBits]shard
	rooms  [3][]uint64 // to merge in
}

// shard holds the hashes that begin with the same bits, so that merging takes little room.
type shard struct {
	runs   []*segment
	recent []uint64 // added since the last gather, in no order: hash and number
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

// sort makes a run of a shard's recent entries and of the runs that are about as long.
func (p *postings) sort(s *shard) {
	if len(s.recent) == 0 {
		return
	}
	slices.Sort(s.recent)
	all := s.recent
	for n := len(s.runs); n > 0 && s.runs[n-1].n < runRatio*len(all); n-- {
		p.rooms[2] = s.runs[n-1].all(p.rooms[2][:0])
		p.rooms[1] = p.merge(p.rooms[1][:0], p.rooms[2], all)
		all = p.rooms[1]
		p.rooms[0], p.rooms[1] = p.rooms[1], p.rooms[0]
		s.runs = slices.Delete(s.runs, n-1, n)
	}
	s.runs = append(s.runs, newSegment(all))
	s.recent = s.recent[:0]
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
	most := len(list) + p.limit + 1
	for _, r := range p.shards[hash>>(32-shardBits)].runs {
		if list = r.find(hash, list, most); len(list) == most {
			break
		}
	}
	return list
}

// renumber gives every number its new one, in the same order; the ones that are negative go.
func (p *postings) renumber(to []int32) {
	p.gather()
	for i := range p.shards {
		s := &p.shards[i]
		s.recent = nil
		for j, r := range s.runs {
			all := r.all(p.rooms[0][:0])
			kept := all[:0]
			for _, x := range all {
				if n := to[uint32(x)]; n >= 0 {
					kept = append(kept, x>>32<<32|uint64(n))
				}
			}
			s.runs[j], p.rooms[0] = newSegment(kept), all
		}
		s.runs = slices.DeleteFunc(s.runs, func(r *segment) bool { return r.n == 0 })
	}
	p.rooms = [3][]uint64{}
}
