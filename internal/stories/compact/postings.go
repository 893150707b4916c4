// Package compact keeps a large window of articles small in memory. A window of 200,000 articles takes most of a server's
// memory, so its parts are encoded:
//
//   - Postings (postings.go) map hashes to the numbers of the articles that have them, in sorted, Rice-coded segments.
//   - EncodePrint and PrintDecoder (print.go) store a prints.Print in a third of its size. StorePrint and ReadPrint do
//     the same for the store, with a version and a checksum. A change of the encoding must raise prints.Version.
//   - EncodeRecord and DecodeRecord (record.go) store the data of an article that grouping rarely needs in one string.
//
// Postings and records are only in memory, so their form may change with every version. bits.go has the bit strings on which
// they are based. No type is safe for concurrent use, except that several goroutines may call Postings.Find at once.
package compact

import (
	"math/bits"
	"slices"
	"sort"
)

// Postings map a hash to the numbers of the articles that have it. They are a log-structured merge tree (O'Neil et al. 1996):
// new entries are collected in a buffer, and Flush sorts them into segments, each several times as long as the next. An article
// has about fifty entries, and a map of lists would take eight times the memory.
type Postings struct {
	limit   int // numbers kept of a hash; one more is kept to show that there are too many
	shards  [1 << shardBits]shard
	buffers [3][]uint64 // for merging
}

// shard holds the entries whose hashes begin with the same bits, so that a merge needs little memory.
type shard struct {
	segments []*segment
	recent   []uint64 // unsorted: hash<<32 | number
}

const (
	shardBits    = 8
	maxRecent    = 1024 // unsorted entries of a shard
	segmentRatio = 3    // minimum ratio of a segment's length to that of the next
)

// NewPostings makes empty postings. Of a hash with more than limit numbers, only limit+1 are kept.
func NewPostings(limit int) *Postings { return &Postings{limit: limit} }

// Add adds an entry. Numbers of one hash are added in ascending order. Find sees the entry after the next Flush.
func (p *Postings) Add(hash, number uint32) {
	s := &p.shards[hash>>(32-shardBits)]
	s.recent = append(s.recent, uint64(hash)<<32|uint64(number))
	if len(s.recent) >= maxRecent {
		p.flush(s)
	}
}

// Flush makes all entries visible to Find.
func (p *Postings) Flush() {
	for i := range p.shards {
		p.flush(&p.shards[i])
	}
}

// flush sorts the recent entries of a shard and merges them with segments of similar length.
func (p *Postings) flush(s *shard) {
	if len(s.recent) == 0 {
		return
	}
	slices.Sort(s.recent)
	entries := s.recent
	for n := len(s.segments); n > 0 && s.segments[n-1].n < segmentRatio*len(entries); n-- {
		p.buffers[2] = s.segments[n-1].appendTo(p.buffers[2][:0])
		p.buffers[1] = p.merge(p.buffers[1][:0], p.buffers[2], entries)
		entries = p.buffers[1]
		p.buffers[0], p.buffers[1] = p.buffers[1], p.buffers[0]
		s.segments = slices.Delete(s.segments, n-1, n)
	}
	s.segments = append(s.segments, newSegment(entries))
	s.recent = s.recent[:0]
}

// merge appends two sorted lists to dst, without the numbers beyond the limit of a hash.
func (p *Postings) merge(dst, a, b []uint64) []uint64 {
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

// Find appends the numbers of a hash to dst, at most limit+1. They are sorted only within each segment.
func (p *Postings) Find(hash uint32, dst []uint32) []uint32 {
	most := len(dst) + p.limit + 1
	for _, s := range p.shards[hash>>(32-shardBits)].segments {
		if dst = s.find(hash, dst, most); len(dst) == most {
			break
		}
	}
	return dst
}

// Renumber replaces each number x by to[x], and drops the entry if to[x] is negative. The order of the numbers must not change.
func (p *Postings) Renumber(to []int32) {
	p.Flush()
	for i := range p.shards {
		s := &p.shards[i]
		s.recent = nil
		for j, r := range s.segments {
			entries := r.appendTo(p.buffers[0][:0])
			kept := entries[:0]
			for _, x := range entries {
				if n := to[uint32(x)]; n >= 0 {
					kept = append(kept, x>>32<<32|uint64(n))
				}
			}
			s.segments[j], p.buffers[0] = newSegment(kept), entries
		}
		s.segments = slices.DeleteFunc(s.segments, func(r *segment) bool { return r.n == 0 })
	}
	p.buffers = [3][]uint64{}
}

// Len returns the number of entries.
func (p *Postings) Len() int {
	n := 0
	for i := range p.shards {
		n += len(p.shards[i].recent)
		for _, r := range p.shards[i].segments {
			n += r.n
		}
	}
	return n
}

// segment is a sorted list of entries in three to four bytes each: Rice codes of the differences between hashes, and numbers as
// wide as the greatest one. The first hash of each block is stored separately, so a search decodes only one or two blocks.
type segment struct {
	n      int
	shift  uint // low bits that are 0 in all hashes
	low    uint // low bits of the Rice codes
	width  uint // bits of a number
	blocks []block
	s      string
}

// block is the first hash of a block, and the position of its number in bits.
type block struct{ hash, at uint32 }

const blockSize = 16 // entries

// newSegment encodes sorted entries.
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
	r.low = riceBits((last-first)>>r.shift, r.n)
	r.blocks = make([]block, 0, (r.n+blockSize-1)/blockSize)
	w := bitWriter{b: make([]byte, 0, 4*r.n)}
	for i, x := range entries {
		hash := uint32(x >> 32)
		if i%blockSize == 0 {
			r.blocks = append(r.blocks, block{hash, uint32(len(w.b)*8) + uint32(w.n)})
		} else {
			w.rice((hash-uint32(entries[i-1]>>32))>>r.shift, r.low)
		}
		w.put(uint32(x), r.width)
	}
	r.s = w.done()
	return r
}

// appendTo appends the entries to dst.
func (r *segment) appendTo(dst []uint64) []uint64 {
	in, hash := bitReader{s: r.s}, uint32(0)
	for i := range r.n {
		if i%blockSize == 0 {
			hash = r.blocks[i/blockSize].hash
		} else {
			hash += in.rice(r.low) << r.shift
		}
		dst = append(dst, uint64(hash)<<32|uint64(in.get(r.width)))
	}
	return dst
}

// find appends the numbers of a hash to dst until dst has the length most.
func (r *segment) find(hash uint32, dst []uint32, most int) []uint32 {
	at := max(r.seek(hash)-1, 0) // the hash may first occur at the end of the block before
	in, current := bitReader{s: r.s, at: uint(r.blocks[at].at)}, uint32(0)
	for i := at * blockSize; i < r.n && len(dst) < most; i++ {
		if i%blockSize == 0 {
			current = r.blocks[i/blockSize].hash
		} else {
			current += in.rice(r.low) << r.shift
		}
		if current > hash {
			break
		}
		if current == hash {
			dst = append(dst, in.get(r.width))
		} else {
			in.at += r.width
		}
	}
	return dst
}

// seek returns the first block whose first hash is at least hash. Hashes are uniformly distributed within a shard, so the
// search begins at the interpolated position.
func (r *segment) seek(hash uint32) int {
	n := len(r.blocks)
	guess, _ := bits.Mul64(uint64(hash)<<(32+shardBits), uint64(n))
	low, high := int(guess), int(guess)
	for step := 2; low > 0 && r.blocks[low].hash >= hash; step *= 2 {
		high, low = low, max(low-step, 0)
	}
	for step := 2; high < n && r.blocks[high].hash < hash; step *= 2 {
		low, high = high, min(high+step, n)
	}
	return low + sort.Search(min(high+1, n)-low, func(i int) bool { return r.blocks[low+i].hash >= hash })
}
