package prints

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"headwater/internal/news"
)

// Limits of Changes. They bound the work to some 50 steps per byte.
const (
	maxSentences   = 200 // of a text
	maxWords       = 200 // of a sentence that is compared word by word
	minSentence    = 3   // words below which a sentence is ignored
	minReworded    = .6  // share of common words (Dice) from which one sentence is a rewording of another
	maxFigures     = 8
	maxFigureWords = 4 // in a replacement: "at least 12" for "three"
)

// Changes returns the differences between two versions of a report: the headline, the sentences that only one version has, and
// the figures that changed within the others.
//
// Two sentences that share .6 of their words (Dice) are one sentence, reworded. Within such sentences, and in the headlines, a
// replacement of few words by few words is a change of figures if either side has a figure: "three people died", "12 people
// died". The other sentences are added or dropped. If either version has no text, sentences are not compared.
func Changes(before, after news.Article) news.Changes {
	var c news.Changes
	old, anew := before.Headline(), after.Headline()
	a, b := sentence{text: old, words: tokens(old)}, sentence{text: anew, words: tokens(anew)}
	if a.key() != b.key() {
		c.Headline = headlineChange(a, b)
		c.Figures = figureChanges(a, b)
	}
	was, is := sentencesOf(before.Body()), sentencesOf(after.Body())
	if len(was) == 0 || len(is) == 0 { // one of the feed's items has no text, so nothing can be said
		return c
	}
	kept := make([]bool, len(was))
	same := map[uint64][]int{}
	for i, s := range was {
		k := s.key()
		same[k] = append(same[k], i)
	}
	var others []sentence
	for _, s := range is {
		k := s.key()
		if at := same[k]; len(at) > 0 {
			kept[at[0]], same[k] = true, at[1:]
			continue
		}
		others = append(others, s)
	}
	for _, s := range others {
		if i := s.nearest(was, kept); i >= 0 {
			kept[i] = true
			c.Figures = append(c.Figures, figureChanges(was[i], s)...)
			continue
		}
		c.Adds++
		if len(c.Added) < maxAdds {
			c.Added = append(c.Added, strings.TrimSpace(s.text))
		}
	}
	for i, s := range was {
		if kept[i] {
			continue
		}
		c.Drops++
		if len(c.Dropped) < maxAdds {
			c.Dropped = append(c.Dropped, strings.TrimSpace(s.text))
		}
	}
	figures := c.Figures
	c.Figures = nil
	for _, f := range figures { // each once
		if len(c.Figures) < maxFigures && !slices.Contains(c.Figures, f) {
			c.Figures = append(c.Figures, f)
		}
	}
	return c
}

// sentence is a sentence of a text, with its words.
type sentence struct {
	text  string
	words []token
	bag   []uint32 // hashes of the words, sorted, each once
}

func sentencesOf(text string) []sentence {
	var out []sentence
	for it := sentences.FromString(text); len(out) < maxSentences && it.Next(); {
		s := sentence{text: it.Value(), words: tokens(it.Value())}
		if len(s.words) < minSentence {
			continue
		}
		for _, w := range s.words {
			s.bag = append(s.bag, w.hash)
		}
		s.bag = sorted(s.bag)
		out = append(out, s)
	}
	return out
}

// key is equal for the same words in the same order.
func (s sentence) key() uint64 {
	h := uint64(0)
	for _, w := range s.words {
		h = h*hashBase + uint64(w.hash) + 1
	}
	return h
}

// nearest returns the index of the sentence of which s may be a rewording, or -1.
func (s sentence) nearest(all []sentence, taken []bool) int {
	best, at := minReworded, -1
	for i, o := range all {
		if taken[i] {
			continue
		}
		if dice := 2 * float64(Shared(s.bag, o.bag)) / float64(len(s.bag)+len(o.bag)); dice >= best && (at < 0 || dice > best) {
			best, at = dice, i
		}
	}
	return at
}

func headlineChange(before, after sentence) *news.HeadlineChange {
	h := &news.HeadlineChange{Before: before.text, After: after.text}
	for _, g := range gaps(before.words, after.words) {
		if g.n > 0 {
			h.Dropped = append(h.Dropped, news.Span{Start: before.words[g.i].start, End: before.words[g.i+g.n-1].end})
		}
		if g.m > 0 {
			h.Added = append(h.Added, news.Span{Start: after.words[g.j].start, End: after.words[g.j+g.m-1].end})
		}
	}
	return h
}

// figureChanges returns replacements of few words by few words in which either side has a figure. If there are none, as in a
// headline with changed word order, it compares the figures that precede the same word.
func figureChanges(before, after sentence) []news.FigureChange {
	var out []news.FigureChange
	for _, g := range gaps(before.words, after.words) {
		if g.n == 0 || g.m == 0 || g.n > maxFigureWords || g.m > maxFigureWords {
			continue
		}
		was, is := hasFigure(before.words[g.i:g.i+g.n]), hasFigure(after.words[g.j:g.j+g.m])
		within := g.i+g.n < len(before.words) // the same word follows on both sides, so "three" may be a figure
		if was && is || (was || is) && within {
			out = append(out, news.FigureChange{Before: before.around(g.i, g.n), After: after.around(g.j, g.m)})
		}
	}
	for i := 0; len(out) == 0 && i+1 < min(len(before.words), maxWords); i++ {
		for j := 0; j+1 < min(len(after.words), maxWords); j++ {
			x, y := before.words[i], after.words[j]
			if x.figure && y.figure && x.hash != y.hash && before.words[i+1].hash == after.words[j+1].hash {
				out = append(out, news.FigureChange{Before: before.cut(i, i+2), After: after.cut(j, j+2)})
				break
			}
		}
	}
	return out
}

// around returns n words from i on with the two words after them, or, at the end of the sentence, with the word before them.
func (s sentence) around(i, n int) string {
	end := i + n
	switch {
	case end < len(s.words):
		end = min(end+2, len(s.words))
	case i > 0:
		i--
	}
	return s.cut(i, end)
}

// cut returns the words from i up to end as one line, with adjacent currency and percent signs.
func (s sentence) cut(i, end int) string {
	start, stop := s.words[i].start, s.words[end-1].end
	if r, size := utf8.DecodeLastRuneInString(s.text[:start]); unicode.Is(unicode.Sc, r) {
		start -= size
	}
	if strings.HasPrefix(s.text[stop:], "%") {
		stop++
	}
	return strings.Join(strings.Fields(s.text[start:stop]), " ")
}

// gap is a replacement of n words from word i of one text by m words from word j of another. Either n or m may be 0.
type gap struct{ i, n, j, m int }

// gaps returns the gaps between the words of a longest common subsequence of two short texts. For longer texts it returns none.
func gaps(a, b []token) []gap {
	if len(a) > maxWords || len(b) > maxWords {
		return nil
	}
	width := len(b) + 1
	longest := make([]uint8, (len(a)+1)*width) // by the position from which a and b are compared
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].hash == b[j].hash {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	var out []gap
	var g gap
	end := func(i, j int) {
		if g.n, g.m = i-g.i, j-g.j; g.n+g.m > 0 {
			out = append(out, g)
		}
		g = gap{i: i + 1, j: j + 1}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i].hash == b[j].hash:
			end(i, j)
			i, j = i+1, j+1
		case longest[(i+1)*width+j] >= longest[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	end(len(a), len(b))
	return out
}
