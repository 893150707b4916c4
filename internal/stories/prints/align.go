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
	x := Alignment{Comparison: a.Compare(second), Back: b.Compare(first)}
	x.Back.Passages = nil
	byLength, _ := a.runs(b.sequence)
	c := news.Comparison{}
	of, there := sentenceNumbers(b.sequence), sentenceNumbers(a.sequence)
	for _, t := range a.tile(b.sequence, byLength) {
		if t = t.withoutRests(a.k, of, there); t.n > 0 {
			a.addPassages(&c, b.sequence, t)
		}
	}
	x.Passages = withShort(c.Passages, a, b)
	var here, back []news.Span
	for _, p := range x.Passages {
		here, back = append(here, news.Span{Start: p.Start, End: p.End}), append(back, news.Span{Start: p.OriginStart, End: p.OriginEnd})
	}
	x.First = Parts{quotedSpans(first, a.sequence), b.only(a.sequence, back)}
	x.Second = Parts{quotedSpans(second, b.sequence), a.only(b.sequence, here)}
	return x
}

// withShort adds the sentences of less than k words that both texts have, outside the passages.
func withShort(passages []news.Passage, a, b *Reference) []news.Passage {
	type short struct{ from, to int } // words
	find := func(s sequence, covered func(at int) bool) map[uint64][]short {
		found := map[uint64][]short{}
		numbers := sentenceNumbers(s)
		for from := 0; from < len(numbers); {
			to := from
			for to < len(numbers) && numbers[to] == numbers[from] {
				to++
			}
			if n := to - from; n > 1 && n < a.k && !covered(s.tokens[from].start) {
				h := a.hash(s, from, n) + uint64(n)
				found[h] = append(found[h], short{from, to})
			}
			from = to
		}
		return found
	}
	there := find(a.sequence, func(at int) bool {
		return slices.ContainsFunc(passages, func(p news.Passage) bool { return p.OriginStart <= at && at < p.OriginEnd })
	})
	here := find(b.sequence, func(at int) bool {
		return slices.ContainsFunc(passages, func(p news.Passage) bool { return p.Start <= at && at < p.End })
	})
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
	slices.SortFunc(passages, func(x, y news.Span) int { return cmp.Compare(x.Start, y.Start) })
	shared, next := make([]bool, len(s.tokens)), 0
	for i, t := range s.tokens {
		for next < len(passages) && passages[next].End <= t.start {
			next++
		}
		shared[i] = next < len(passages) && passages[next].Start <= t.start
	}
	r.added(s, shared, func(start, end int) { all = append(all, news.Span{Start: start, End: end}) })
	return all
}

// Sentences returns the spans of a text's sentences, with the spaces after them.
func Sentences(text string) (all []news.Span) {
	for it := sentences.FromString(text); it.Next(); {
		all = append(all, news.Span{Start: it.Start(), End: it.End()})
	}
	return all
}
