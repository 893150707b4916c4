package prints

import (
	"cmp"
	"slices"

	"github.com/clipperhouse/uax29/v2/sentences"

	"headwater/internal/news"
)

// Alignment is what two texts have in common, for readers who see both.
type Alignment struct {
	news.Comparison                 // of the second text with the first
	Back            news.Comparison // of the first text with the second; its passages are left out
	First, Second   Parts
}

// Parts are spans of one text, in order.
type Parts struct {
	Quoted []news.Span // quotations
	Only   []news.Span // sentences of which the other text has no passage
}

// Align compares two articles in both directions. Like Compare it is linear in both texts except for a logarithm. Its passages do
// not reach into a sentence with a word or two.
func Align(first, second news.Article) Alignment {
	a, b := NewReference(first), NewReference(second)
	var x Alignment
	var tiles []tile
	x.Back, _ = b.compare(a.sequence)
	x.Comparison, tiles = a.compare(b.sequence)
	x.Back.Passages, x.Passages = nil, nil
	of, there := sentenceNumbers(b.sequence), sentenceNumbers(a.sequence)
	for _, t := range tiles {
		if t = t.withoutRests(a.k, of, there); t.n > 0 {
			a.addPassages(&x.Comparison, b.sequence, t)
		}
	}
	x.Passages = withShort(x.Passages, a, b)
	inFirst, inSecond := spansOf(x.Passages)
	x.First = Parts{quotedSpans(first, a.sequence), b.only(a.sequence, inFirst)}
	x.Second = Parts{quotedSpans(second, b.sequence), a.only(b.sequence, inSecond)}
	return x
}

// spansOf returns where passages are in the reference and in the text.
func spansOf(passages []news.Passage) (reference, text []news.Span) {
	for _, p := range passages {
		reference, text = append(reference, news.Span{Start: p.OriginStart, End: p.OriginEnd}), append(text, news.Span{Start: p.Start, End: p.End})
	}
	return reference, text
}

// withShort adds the sentences of less than k words that both texts have, outside the passages.
func withShort(passages []news.Passage, a, b *Reference) []news.Passage {
	type short struct{ from, to int } // words
	find := func(s sequence, passages []news.Span) map[uint64][]short {
		found := map[uint64][]short{}
		numbers, taken := sentenceNumbers(s), covered(s, passages)
		for from := 0; from < len(numbers); {
			to := from
			for to < len(numbers) && numbers[to] == numbers[from] {
				to++
			}
			if n := to - from; n > 1 && n < a.k && !taken[from] {
				h := a.hash(s, from, n) + uint64(n)
				found[h] = append(found[h], short{from, to})
			}
			from = to
		}
		return found
	}
	inFirst, inSecond := spansOf(passages)
	there, here := find(a.sequence, inFirst), find(b.sequence, inSecond)
	for h, all := range here {
		for i, s := range all[:min(len(all), len(there[h]))] {
			o := there[h][i]
			passages = append(passages, news.Passage{
				Start: b.tokens[s.from].start, End: b.tokens[s.to-1].end, OriginStart: a.tokens[o.from].start, OriginEnd: a.tokens[o.to-1].end,
				Words: s.to - s.from, Quoted: b.inQuotes(s.from) || a.inQuotes(o.from),
			})
		}
	}
	slices.SortFunc(passages, func(x, y news.Passage) int { return cmp.Compare(x.Start, y.Start) })
	return passages
}

// sentenceNumbers gives each word the number of its sentence.
func sentenceNumbers(s sequence) []int {
	numbers, next, number := make([]int, len(s.tokens)), 0, 0
	for it := sentences.FromString(s.text); it.Next(); number++ {
		for ; next < len(s.tokens) && s.tokens[next].start < it.End(); next++ {
			numbers[next] = number
		}
	}
	return numbers
}

// withoutRests cuts off what a tile takes of its first and of its last sentence, if that is less than k words and not the whole
// sentence in both texts. of and there are the numbers of the sentences of the text and of the reference.
func (t tile) withoutRests(k int, of, there []int) tile {
	differ := func(n int) bool { // word n of the tile begins another sentence than the word before it
		return of[t.i+n] != of[t.i+n-1] || there[t.j+n] != there[t.j+n-1]
	}
	begins := t.i == 0 || of[t.i] != of[t.i-1]
	begins = begins && (t.j == 0 || there[t.j] != there[t.j-1])
	for n := 1; n < min(t.n, k) && !begins; n++ {
		if differ(n) {
			return t.skip(n).withoutRests(k, of, there)
		}
	}
	i, j := t.i+t.n, t.j+t.n
	ends := i == len(of) || of[i] != of[i-1]
	ends = ends && (j == len(there) || there[j] != there[j-1])
	for n := t.n - 1; n > max(t.n-k, 0) && !ends; n-- {
		if differ(n) {
			return tile{t.i, t.j, n}.withoutRests(k, of, there)
		}
	}
	if t.n < k && !(begins && ends) {
		return tile{}
	}
	return t
}

func quotedSpans(a news.Article, s sequence) (all []news.Span) {
	for _, m := range quotes(a, len(s.tokens) > 0) {
		if m.Start < len(s.text) {
			all = append(all, news.Span{Start: m.Start, End: min(m.End, len(s.text))})
		}
	}
	return all
}

// only returns the sentences of a text that have less than k words in passages.
func (r *Reference) only(s sequence, passages []news.Span) (all []news.Span) {
	r.added(s, covered(s, passages), func(start, end int) { all = append(all, news.Span{Start: start, End: end}) })
	return all
}

// covered says of each word of a text whether it begins in one of some spans, which do not overlap. It sorts them.
func covered(s sequence, spans []news.Span) []bool {
	slices.SortFunc(spans, func(x, y news.Span) int { return cmp.Compare(x.Start, y.Start) })
	in, next := make([]bool, len(s.tokens)), 0
	for i, t := range s.tokens {
		for next < len(spans) && spans[next].End <= t.start {
			next++
		}
		in[i] = next < len(spans) && spans[next].Start <= t.start
	}
	return in
}

// Sentences returns the spans of a text's sentences, with the spaces after them.
func Sentences(text string) (all []news.Span) {
	for it := sentences.FromString(text); it.Next(); {
		all = append(all, news.Span{Start: it.Start(), End: it.End()})
	}
	return all
}
