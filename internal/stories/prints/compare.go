package prints

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"

	"headwater/internal/news"
)

// maxAdds is the number of added sentences that are returned in full.
const maxAdds = 2

// NewReference prepares an article for comparison with others.
func NewReference(a news.Article) *Reference {
	r := &Reference{sequence: sequenceOf(a), k: shingleWords}
	if mostlyUnspaced(r.tokens) {
		r.k = unspacedWords
	}
	longest := max(len(r.tokens), r.k)
	r.powers = append(make([]uint64, 0, longest+1), 1)
	for i := range longest {
		r.powers = append(r.powers, r.powers[i]*hashBase)
	}
	if runs := len(r.tokens) - r.k + 1; runs > 0 {
		r.first, r.next = make(map[uint64]int, runs), make([]int, runs)
		for j := runs - 1; j >= 0; j-- {
			h := r.hash(r.sequence, j, r.k)
			r.next[j] = r.first[h]
			r.first[h] = j + 1
		}
	}
	return r
}

func sequenceOf(a news.Article) sequence {
	s := newSequence(a.Body())
	s.quoted = insideQuotes(s.tokens, quotes(a, len(s.tokens) > 0))
	return s
}

// Empty reports whether the reference has no words.
func (r *Reference) Empty() bool { return len(r.tokens) == 0 }

// Compare finds the passages that an article shares with the reference: at least 5 words, or 9 characters of scripts without
// spaces. It fills in passages, counts and added sentences. Time and memory are linear in both texts except for a logarithm,
// whatever their content.
//
// Passages do not overlap in either text. The longest is placed first. Quotations match and are marked as quoted, but count
// neither as the article's own prose nor as reused. Comparison.Share is a share of words. Grouping and news.Member.Share use
// the share of 5-word shingles (Print.Coverage), which is somewhat lower if single words were changed.
func (r *Reference) Compare(a news.Article) news.Comparison {
	c, _ := r.compare(sequenceOf(a))
	return c
}

// compare returns the tiles of the passages too, in text order.
func (r *Reference) compare(s sequence) (news.Comparison, []tile) {
	c := news.Comparison{Text: s.text}
	byLength, shared := r.runs(s)
	tiles, quotedThere := r.tile(s, byLength), 0
	for _, t := range tiles {
		own, theirs := r.addPassages(&c, s, t)
		c.Reused += own
		c.Longest = max(c.Longest, own)
		quotedThere += theirs
	}
	for i := range s.tokens {
		if !s.inQuotes(i) {
			c.Words++
		}
	}
	c.Words -= quotedThere
	if c.Words > 0 {
		c.Share = float64(c.Reused) / float64(c.Words)
	}
	r.countAdded(&c, s, shared)
	return c, tiles
}

// addPassages adds the passages of a tile, which is cut at the beginnings and ends of quotations. It counts the words that
// neither text quotes, and the words that only the reference quotes.
func (r *Reference) addPassages(c *news.Comparison, s sequence, t tile) (own, theirs int) {
	from := 0
	for n := range t.n {
		here, there := s.inQuotes(t.i+n), r.inQuotes(t.j+n)
		switch {
		case !here && !there:
			own++
		case !here:
			theirs++
		}
		if n+1 == t.n || (here || there) != (s.inQuotes(t.i+n+1) || r.inQuotes(t.j+n+1)) {
			c.Passages = append(c.Passages, news.Passage{
				Start: s.tokens[t.i+from].start, End: s.tokens[t.i+n].end,
				OriginStart: r.tokens[t.j+from].start, OriginEnd: r.tokens[t.j+n].end,
				Words: n + 1 - from, Quoted: here || there,
			})
			from = n + 1
		}
	}
	return own, theirs
}

// countAdded counts the added sentences, and keeps the first of them.
func (r *Reference) countAdded(c *news.Comparison, s sequence, shared []bool) {
	r.added(s, shared, func(start, end int) {
		c.Added++
		if len(c.Adds) < maxAdds {
			c.Adds = append(c.Adds, strings.TrimSpace(s.text[start:end]))
		}
	})
}

// added finds the added sentences: those with fewer words in shared runs than a passage needs, since a run that ends with the
// first word of a sentence says nothing about the sentence. Sentences that are too short for a passage do not count.
func (r *Reference) added(s sequence, shared []bool, found func(start, end int)) {
	next := 0
	for it := sentences.FromString(s.text); it.Next(); {
		words, taken := 0, 0
		for ; next < len(s.tokens) && s.tokens[next].start < it.End(); next++ {
			words++
			if shared[next] {
				taken++
			}
		}
		if words >= r.k && taken < r.k {
			found(it.Start(), it.End())
		}
	}
}

// Passages are found by greedy string tiling over words (Wise 1993): the longest run of words that both texts have and no tile
// covers yet becomes a tile, until no run of at least k words is left. Wise's running Karp-Rabin searches for runs of falling
// length, with a pass over both texts for each length. Here the hashes of all prefixes of a text give the hash of any run. So
// one pass finds every longest run, from its first k words, and determines its length by bisection.

// maxOccurrences is the maximum number of positions in the reference at which a run of k words is looked up. It bounds the work
// for repetitive texts: a megabyte of one word takes a tenth of a second. Prose rarely repeats a run of five words so often. If
// it does, the second occurrence in one text is looked up from the second position in the other on, and so on.
const maxOccurrences = 8

// tile is a run of n words from word i of the text and word j of the reference.
type tile struct{ i, j, n int }

// skip removes the first words of a run.
func (t tile) skip(words int) tile { return tile{t.i + words, t.j + words, t.n - words} }

// sequence is a text as a sequence of words. sums[i] is the Karp-Rabin hash of its first i words.
type sequence struct {
	text   string
	tokens []token
	quoted []bool // nil if nothing is quoted
	sums   []uint64
}

const hashBase = 0x9e3779b97f4a7c15

func newSequence(text string) sequence {
	s := sequence{text: text, tokens: tokens(text)}
	s.sums = make([]uint64, len(s.tokens)+1)
	for i, t := range s.tokens {
		s.sums[i+1] = s.sums[i]*hashBase + uint64(t.hash) + 1
	}
	return s
}

// inQuotes reports whether a word is in a quotation.
func (s sequence) inQuotes(i int) bool { return s.quoted != nil && s.quoted[i] }

// hash returns the hash of n words from i on. n is at most the length of the reference.
func (r *Reference) hash(s sequence, i, n int) uint64 { return s.sums[i+n] - s.sums[i]*r.powers[n] }

// runSearch is the state of the search for the runs of one text.
type runSearch struct {
	*Reference
	sequence
	ends  []int          // by diagonal: end of its last run
	later map[uint64]int // by the hash of k words with too many positions: 1 + the position to begin with
}

// runs returns the longest runs of at least k words that a text shares with the reference, by length, and for each word whether
// it is in a run.
func (r *Reference) runs(s sequence) (byLength map[int][]tile, shared []bool) {
	x := runSearch{r, s, make([]int, len(s.tokens)+len(r.tokens)), map[uint64]int{}}
	byLength, shared = map[int][]tile{}, make([]bool, len(s.tokens))
	end := 0 // end of the runs so far
	for i := range s.tokens {
		if i+r.k <= len(s.tokens) {
			for _, t := range x.runsAt(i) {
				byLength[t.n] = append(byLength[t.n], t)
				end = max(end, i+t.n)
			}
		}
		shared[i] = i < end
	}
	return byLength, shared
}

// runsAt returns the runs that begin at word i and are not part of an earlier run.
func (x *runSearch) runsAt(i int) []tile {
	var out []tile
	h := x.hash(x.sequence, i, x.k)
	begin := cmp.Or(x.later[h], x.first[h])
	place := begin
	for tries := 0; place != 0 && tries < maxOccurrences; tries++ {
		if t := x.longest(i, place-1); t.n >= x.k {
			out = append(out, t)
		}
		place = x.next[place-1]
	}
	if place != 0 {
		x.later[h] = x.next[begin-1]
	}
	return out
}

// longest returns the run from i and j on, or an empty run if it is part of an earlier run.
func (x *runSearch) longest(i, j int) tile {
	end := &x.ends[j-i+len(x.sequence.tokens)-1]
	if *end > i {
		return tile{}
	}
	n := x.common(x.sequence, i, j)
	*end = i + n
	return tile{i, j, n}
}

// common returns the number of equal words from i of a text and j of the reference on. Most runs are short, so the length for
// the bisection is doubled until it is too long.
func (r *Reference) common(s sequence, i, j int) int {
	same := func(n int) bool { return r.hash(s, i, n) == r.hash(r.sequence, j, n) }
	most, reach := min(len(s.tokens)-i, len(r.tokens)-j), r.k
	for reach < most && same(reach) {
		reach *= 2
	}
	return sort.Search(min(reach, most), func(n int) bool { return !same(n + 1) })
}

// tiling holds the tiles placed so far, and the tile that covers each word, counted from 1.
type tiling struct {
	k                         int
	tiles                     []tile
	covered, referenceCovered []int
}

// tile places the runs, the longest first, and returns them in text order.
func (r *Reference) tile(s sequence, byLength map[int][]tile) []tile {
	t := tiling{k: r.k, covered: make([]int, len(s.tokens)), referenceCovered: make([]int, len(r.tokens))}
	longest := 0
	for n := range byLength {
		longest = max(longest, n)
	}
	for n := longest; n >= r.k; n-- {
		for _, run := range byLength[n] {
			if run = t.free(run); run.n == n {
				run.n = r.same(s, run)
			}
			if run.n == n {
				t.add(run)
			} else if run.n >= r.k {
				byLength[run.n] = append(byLength[run.n], run)
			}
		}
	}
	slices.SortFunc(t.tiles, func(a, b tile) int { return cmp.Compare(a.i, b.i) })
	return t.tiles
}

// same counts the words that are really equal: hashes may collide by accident or by intent.
func (r *Reference) same(s sequence, t tile) int {
	for n := range t.n {
		if s.tokens[t.i+n].hash != r.tokens[t.j+n].hash {
			return n
		}
	}
	return t.n
}

func (t *tiling) add(run tile) {
	t.tiles = append(t.tiles, run)
	for n := range run.n {
		t.covered[run.i+n], t.referenceCovered[run.j+n] = len(t.tiles), len(t.tiles)
	}
}

// free cuts off the words of a run that tiles cover. Tiles are at least as long as a run that is still to be placed, so a tile
// that overlaps the run covers its first or its last word.
func (t *tiling) free(run tile) tile {
	for run.n >= t.k {
		last := run.n - 1
		switch {
		case t.covered[run.i] != 0:
			c := t.tiles[t.covered[run.i]-1]
			run = run.skip(c.i + c.n - run.i)
		case t.referenceCovered[run.j] != 0:
			c := t.tiles[t.referenceCovered[run.j]-1]
			run = run.skip(c.j + c.n - run.j)
		case t.covered[run.i+last] != 0:
			run.n = t.tiles[t.covered[run.i+last]-1].i - run.i
		case t.referenceCovered[run.j+last] != 0:
			run.n = t.tiles[t.referenceCovered[run.j+last]-1].j - run.j
		default:
			return run
		}
	}
	return run
}

// Reference is a text with which others are compared. It is safe for concurrent use.
type Reference struct {
	sequence
	k      int // words of the shortest passage
	powers []uint64
	first  map[uint64]int // by the hash of a run of k words: 1 + its first position
	next   []int          // by the position of a run: 1 + the next position of the same run; 0 for none
}
