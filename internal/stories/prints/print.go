package prints

import "slices"

// Print is the fingerprint of an article. Hash slices are sorted and have no duplicates.
type Print struct {
	Words    int      // length of the article's prose, quotations included, in words
	Sampled  bool     // a longer text: Shingles, Quoted, Lead and Pairs hold only the hashes that SampledShingle selects
	Shingles []uint32 // shingles of the unquoted prose
	Quoted   []uint32 // shingles that touch a quotation
	Lead     []uint32 // shingles of the first 60 words
	Picked   []uint32 // winnowed selection of Shingles, for finding candidates
	Title    []uint32 // stemmed words of the title without stop words
	Terms    []uint32 // stemmed words of title and the first 200 words without stop words
	Uses     []uint8  // of Terms, in parallel: count (TermCount) and positions (TermTitle, TermOpening, TermName)
	Pairs    []uint32 // ordered pairs of adjacent Terms in the text
	Grams    []uint32 // runs of four characters within the words of the title
	Figures  []uint32 // numbers in title and opening
	Frames   []uint32 // hashes of the parts of the title that may be a template's frame, one per FrameKind
	Names    []uint32 // names in title and opening, as spelled in Latin letters or by their consonants (NameBySound)
	Pictures []uint32 // ids in the addresses of the first pictures
	Places   []uint16 // first position, in words, of each of the Shingles that SampledShingle selects
	Body     uint64   // of the whole normalised body; 0 if it has fewer than 8 words
	Headline uint64   // of the normalised title, without an agency's slug; 0 if there is none
}

// NameBySound reports whether one of Print.Names is the hash of a name's consonants, which are the same in other scripts. A
// name in Latin letters has both hashes.
func NameBySound(name uint32) bool { return name&nameSound != 0 }

// nameSound is the lowest bit of Print.Names, whose hashes have 26 bits.
const nameSound = 1 << 6

// FrameKind is the part of a title that may be a template's frame. Figures are left open in all of them.
type FrameKind uint8

// The parts of a title.
const (
	FrameHead  FrameKind = iota // up to the first mark: "Stock Movers:"
	FrameTail                   // from the last mark on: "| The Opening Trade 8/19/2026", "(Podcast)"
	FrameEnd                    // the last three words
	FrameWhole                  // the whole title, if it has figures
)

// KindOfFrame returns the kind of one of Print.Frames, which is in the lowest bits.
func KindOfFrame(frame uint32) FrameKind { return FrameKind(frame & 3) }

// The bits of Print.Uses.
const (
	TermCount   = 0x1f // mask of the number of occurrences, at most 31
	TermTitle   = 0x20 // is in the title
	TermOpening = 0x40 // is in the first 60 words
	TermName    = 0x80 // is written with a capital within a sentence
)

// SampledShingle reports whether a shingle is in the quarter that represents a longer text. The selection is by hash and not by
// position. So the share of the sample that another text has is an unbiased estimate of the share of the whole (FracMinHash,
// Irber et al. 2022).
func SampledShingle(h uint32) bool { return h < sampleEnd }

const (
	sampleEnd  = 1 << 30
	samplePart = 4 // one in this many
)

// Prose estimates the number of distinct shingles in the text, including quotations.
func (p Print) Prose() int {
	n := len(p.Shingles) + len(p.Quoted)
	if p.Sampled {
		n *= samplePart
	}
	return n
}

// sample returns the print reduced to the shingles that SampledShingle selects.
func (p Print) sample() Print {
	p.Shingles, p.Quoted, p.Lead, p.Pairs = sampleOf(p.Shingles), sampleOf(p.Quoted), sampleOf(p.Lead), sampleOf(p.Pairs)
	p.Sampled = true
	return p
}

func sampleOf(hashes []uint32) []uint32 {
	n, _ := slices.BinarySearch(hashes, sampleEnd)
	return hashes[:n]
}

// Alike returns two prints with the same selection of shingles, so that their shingles can be compared. If one print is
// sampled, the other is sampled too.
func Alike(p, q Print) (Print, Print) {
	switch {
	case p.Sampled && !q.Sampled:
		q = q.sample()
	case q.Sampled && !p.Sampled:
		p = p.sample()
	}
	return p, q
}

// Shared counts the common hashes of two sorted slices.
func Shared(a, b []uint32) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); { // without mispredicted branches
		x, y := a[i], b[j]
		if x == y {
			n++
		}
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	return n
}

// Coverage returns the share, 0 to 1, of p's unquoted prose that is in q. Text that either of the two quotes does not count.
func (p Print) Coverage(q Print) float64 {
	p, q = Alike(p, q)
	own := len(p.Shingles) - Shared(p.Shingles, q.Quoted)
	if own <= 0 {
		return 0
	}
	return float64(Shared(p.Shingles, q.Shingles)) / float64(own)
}

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
