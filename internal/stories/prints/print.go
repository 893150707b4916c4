package prints

import "slices"

// Print is the fingerprint of an article. Hash slices are
// sorted and without repeats.
type Print struct {
	Words    int      // length of the article's prose, quotations included, in words
	Sampled  bool     // of a longer text: of Shingles, Quoted, Lead and Pairs it has only those that SampledShingle picks
	Shingles []uint32 // shingles of the unquoted prose
	Quoted   []uint32 // shingles that touch a quotation
	Lead     []uint32 // shingles of the first 60 words
	Picked   []uint32 // winnowed selection of Shingles, for finding candidates
	Title    []uint32 // stemmed words of the title without stop words
	Terms    []uint32 // stemmed words of title and the first 200 words without stop words
	Uses     []uint8  // of Terms, one for one: how often (TermCount) and where (TermTitle, TermOpening, TermName)
	Pairs    []uint32 // ordered pairs of neighbouring Terms in the text
	Grams    []uint32 // runs of four characters within the words of the title
	Figures  []uint32 // numbers in title and opening
	Frames   []uint32 // hashes of the parts of the title that may be a template's frame, one a FrameKind
	Names    []uint32 // names in title and opening, as they are spelled in Latin letters or by their consonants (NameBySound)
	Pictures []uint32 // ids in the addresses of its first pictures
	Places   []uint16 // in words, of those of Shingles that SampledShingle picks: where it first stands
	Body     uint64   // of the whole normalised body; 0 where there are fewer than 8 words
	Headline uint64   // of the normalised title, without an agency's slug; 0 where there is none
}

// NameBySound says that one of Print.Names stands for the consonants of a name, which are the same in other scripts. A name in
// Latin letters has both.
func NameBySound(name uint32) bool { return name&nameSound != 0 }

// nameSound is the lowest bit of Print.Names, whose hashes have 26 bits.
const nameSound = 1 << 6

// FrameKind is which part of a title may be a template's frame. Figures are left open in all of them.
type FrameKind uint8

// The parts of a title.
const (
	FrameHead  FrameKind = iota // up to the first mark: "Stock Movers:"
	FrameTail                   // from the last mark on: "| The Opening Trade 8/19/2026", "(Podcast)"
	FrameEnd                    // the last three words
	FrameWhole                  // all of it, where it has figures
)

// KindOfFrame gives the kind of one of Print.Frames, which stands in its lowest bits.
func KindOfFrame(frame uint32) FrameKind { return FrameKind(frame & 3) }

// What Print.Uses says of a term.
const (
	TermCount   = 0x1f // mask of the number of occurrences, at most 31
	TermTitle   = 0x20 // stands in the title
	TermOpening = 0x40 // stands in the first 60 words
	TermName    = 0x80 // is written with a capital where it stands within a sentence
)

// SampledShingle picks the quarter of the shingles that stands for a longer text. Taken by hash and not by place, the
// share of it that another text has is an unbiased estimate of the share of the whole (FracMinHash, Irber et al. 2022).
func SampledShingle(h uint32) bool { return h < sampleEnd }

const (
	sampleEnd  = 1 << 30
	samplePart = 4 // one in so many
)

// Prose estimates how many different shingles the text has, quotations included.
func (p Print) Prose() int {
	n := len(p.Shingles) + len(p.Quoted)
	if p.Sampled {
		n *= samplePart
	}
	return n
}

// sample gives the print by the shingles that SampledShingle picks.
func (p Print) sample() Print {
	p.Shingles, p.Quoted, p.Lead, p.Pairs = sampleOf(p.Shingles), sampleOf(p.Quoted), sampleOf(p.Lead), sampleOf(p.Pairs)
	p.Sampled = true
	return p
}

func sampleOf(hashes []uint32) []uint32 {
	n, _ := slices.BinarySearch(hashes, sampleEnd)
	return hashes[:n]
}

// Alike gives two prints by the same choice of shingles, so that their shingles can be compared: where one has a sample
// only, the other's sample too.
func Alike(p, q Print) (Print, Print) {
	switch {
	case p.Sampled && !q.Sampled:
		q = q.sample()
	case q.Sampled && !p.Sampled:
		p = p.sample()
	}
	return p, q
}

// Shared counts the hashes that two sorted slices have in common.
func Shared(a, b []uint32) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); { // without a branch that could be mispredicted
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

// Coverage gives the share of p's unquoted prose that stands in q, 0 to 1. What either of the two quotes does not count.
func (p Print) Coverage(q Print) float64 {
	p, q = Alike(p, q)
	own := len(p.Shingles) - Shared(p.Shingles, q.Quoted)
	if own <= 0 {
		return 0
	}
	return float64(Shared(p.Shingles, q.Shingles)) / float64(own)
}
