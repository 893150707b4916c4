package prints

import (
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

// countAdded counts the added sentences: those with fewer words in shared runs than a passage needs, since a run that ends with
// the first word of a sentence says nothing about the sentence. Sentences that are too short for a passage do not count.
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

// Passages are found by greedy string tiling over words (Wise 1993): the longest run of words that both texts have and no tile
// covers yet becomes a tile, until no run of at least k words is left. Wise's running Karp-Rabin searches for runs of falling
// length, with a pass over both texts for each length. Here the hashes of all prefixes of a text give the hash of any run. So
// one pass finds every longest run, from its first k words, and determines its length by bisection.
