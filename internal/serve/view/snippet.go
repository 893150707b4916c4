package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/clipperhouse/uax29/v2/words"

	"headwater/internal/news"
	texts "headwater/internal/text"
)

// Sizes of a snippet in columns of a terminal, of which a Chinese character takes two: short of half a screen on a phone.
const (
	snippetBefore = 70  // at most before the first mark
	snippetWidth  = 270 // in all
	spaceReach    = 40  // in scripts without spaces between words, a cut moves so far to a space
)

// Limits in bytes.
const (
	columnBytes   = 6   // most of one column: a letter with a mark
	snippetSpread = 200 // from the first mark to the last that a part is chosen by
)

// Snippet gives the part of a text with the most different words marked, as one line; of equal parts the first. It begins
// and ends between words, and begins with a sentence where one begins near.
func Snippet(text string, spans []news.Span) []Piece {
	spans = validSpans(text, spans)
	start := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	if len(spans) > 0 {
		start = snippetStart(text, densest(text, spans).Start)
	}
	end := snippetEnd(text, start)
	var inside []news.Span
	for _, sp := range spans {
		if from, to := max(sp.Start, start), min(sp.End, end); from < to {
			inside = append(inside, news.Span{Start: from - start, End: to - start})
		}
	}
	all := Pieces(text[start:end], inside)
	for i := range all {
		all[i].Text = oneLine.Replace(all[i].Text)
	}
	if strings.TrimSpace(text[:start]) != "" {
		all = slices.Insert(all, 0, Piece{Text: "… "})
	}
	if strings.TrimSpace(text[end:]) != "" {
		all = append(all, Piece{Text: " …"})
	}
	return all
}

var oneLine = strings.NewReplacer("\n\n", " ", "\n", " ")

// densest gives the mark from which on the most different words are marked within the reach of a snippet.
func densest(text string, spans []news.Span) news.Span {
	word := func(i int) string { return strings.ToLower(text[spans[i].Start:spans[i].End]) }
	best, most := 0, 0
	near, end := map[string]int{}, 0 // how often each word is marked in spans[i:end]
	for i := range spans {
		for ; end < len(spans) && (end == i || spans[end].End <= spans[i].Start+snippetSpread); end++ {
			near[word(end)]++
		}
		if len(near) > most {
			best, most = i, len(near)
		}
		w := word(i)
		if near[w]--; near[w] == 0 {
			delete(near, w)
		}
	}
	return spans[best]
}

// snippetStart gives where a snippet begins whose first mark is at an offset.
func snippetStart(text string, mark int) int {
	from := mark
	for n := 0; from > 0 && n < snippetBefore; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	sentence, space, other := -1, -1, -1 // the first cut of each kind
	for _, c := range cutsOf(text, from, mark) {
		switch {
		case displaywidth.String(text[c.at:mark]) > snippetBefore:
		case c.sentence:
			sentence = firstOf(sentence, c.at)
		case c.space:
			space = firstOf(space, c.at)
		default:
			other = firstOf(other, c.at)
		}
	}
	switch {
	case sentence >= 0:
		return sentence
	case space >= 0 && (other < 0 || other > space || displaywidth.String(text[other:space]) <= spaceReach):
		return space
	case other >= 0:
		return other
	}
	return mark // within a word that is longer than all that may stand before it
}

func firstOf(have, next int) int {
	if have >= 0 {
		return have
	}
	return next
}

// snippetEnd gives where a snippet that begins at an offset ends.
func snippetEnd(text string, start int) int {
	to := start
	for n := 0; to < len(text) && n < snippetWidth; n++ {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	width, at := 0, start // of text[start:at]
	space, other := -1, -1
	for _, c := range cutsOf(text, start, to) {
		if c.at == start {
			continue
		}
		if width += displaywidth.String(text[at:c.at]); width > snippetWidth {
			break
		}
		if at = c.at; c.space || c.sentence {
			space = at
		} else {
			other = at
		}
	}
	end := max(space, other)
	switch {
	case end < 0:
		end = to // a word that is longer than a snippet
	case space >= 0 && displaywidth.String(text[space:end]) <= spaceReach:
		end = space
	}
	return start + len(strings.TrimRightFunc(text[start:end], unicode.IsSpace))
}

// cut is an offset at which a text may be cut, which is the beginning of a word or the end of the text.
type cut struct {
	at       int
	space    bool // after a space
	sentence bool // at the beginning of a sentence, as far as its punctuation says
}

// cutsOf gives the cuts from one offset through another. Words of scripts with spaces are cut at spaces alone, so that names
// such as COVID-19 and amounts stay whole.
func cutsOf(text string, from, to int) (all []cut) {
	at := from
	for it := words.FromString(text[from:to]); ; {
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at:])
		c := cut{at: at, space: at == 0 || unicode.IsSpace(before)}
		switch {
		case at == len(text):
			all = append(all, cut{at: at, space: true})
		case unicode.IsSpace(after) || unicode.Is(unicode.Pd, after): // a dash belongs to what is before it
		case c.space || beginsUnspaced(before, after):
			c.sentence = beginsSentence(text[max(0, at-4*columnBytes):at], c.space)
			all = append(all, c)
		}
		if !it.Next() {
			return all
		}
		at += len(it.Value())
	}
}

// beginsUnspaced reports whether a word of a script without spaces begins or ends between two characters.
func beginsUnspaced(before, after rune) bool {
	unspaced := texts.ScriptOf(before).Unspaced() || texts.ScriptOf(after).Unspaced()
	opens := unicode.In(after, unicode.Ps, unicode.Pi)
	return unspaced && (opens || unicode.IsLetter(after) || unicode.IsNumber(after)) && !unicode.In(before, unicode.Ps, unicode.Pi)
}

// beginsSentence reports whether a sentence begins behind a text.
func beginsSentence(before string, space bool) bool {
	last := strings.TrimRightFunc(before, unicode.IsSpace)
	if last == "" || strings.ContainsRune(before[len(last):], '\n') {
		return true
	}
	last = strings.TrimRight(last, `"'”’»)」』】）`)
	end, _ := utf8.DecodeLastRuneInString(last)
	return strings.ContainsRune("。！？", end) || space && strings.ContainsRune(".!?؟۔।॥…", end)
}
