package prints

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"

	"headwater/internal/news"
)

// maxAdds is how many of the sentences that a text adds are given in full.
const maxAdds = 2

// NewReference prepares an article for others to be compared with.
func NewReference(a news.Article) *Reference {
	r := &Reference{sequence: sequenceOf(a), k: shingleWords}
	if mostlyUnspaced(r.tokens) {
		r.k = unspacedWords
	}
	r.powers = powers(max(len(r.tokens), r.k))
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

// Empty says that the reference has no words.
func (r *Reference) Empty() bool { return len(r.tokens) == 0 }

// Compare finds the passages of at least 5 words, or 9 characters of scripts written without spaces, that an article
// shares with the reference. It fills in what the texts tell: passages, counts and sentences added. Time and memory are
// linear in both texts but for a logarithm, whatever they say.
//
// No two passages overlap in either text; the longest is placed first. Quotations match and are marked as quoted, but count neither as
// the article's own prose nor as reused. Comparison.Share is of words. What grouping weighs, and news.Member.Share, is of 5-word
// shingles (Print.Coverage), and somewhat lower where single words were changed.
func (r *Reference) Compare(a news.Article) news.Comparison {
	s := sequenceOf(a)
	c := news.Comparison{Text: s.text}
	byLength, shared := r.runs(s)
	quotedThere := 0
	for _, t := range r.tile(s, byLength) {
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
	return c
}

// addPassages adds those of a tile, cut where a quotation begins or ends. It counts the words that neither text quotes, and
// those that only the reference does.
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

// countAdded counts the sentences of which fewer words than make a passage stand in shared runs: a run that ends with the
// first word of a sentence says nothing about it. A sentence that is itself too short for a passage does not count.
func (r *Reference) countAdded(c *news.Comparison, s sequence, shared []bool) {
	next := 0
	for it := sentences.FromString(s.text); it.Next(); {
		words, taken := 0, 0
		for ; next < len(s.tokens) && s.tokens[next].start < it.End(); next++ {
			words++
			if shared[next] {
				taken++
			}
		}
		if words < r.k || taken >= r.k {
			continue
		}
		c.Added++
		if len(c.Adds) < maxAdds {
			c.Adds = append(c.Adds, strings.TrimSpace(it.Value()))
		}
	}
}

// Passages are found by greedy string tiling over words (Wise 1993): the longest run of words that both texts have and no
// tile covers yet becomes a tile, until none of at least k words is left. Wise's running Karp-Rabin looks for runs of
// falling length, a pass over both texts each; here the hashes of all beginnings of a text give the hash of any run, so
// that one pass finds every longest run from its first k words and the length by bisection.
