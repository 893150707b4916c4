package view

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
)

// Piece is a run of text, marked or not.
type Piece struct {
	Text   string `json:"text" doc:"the words"`
	Mark   bool   `json:"mark" doc:"whether they are what was looked for"`
	Quoted bool   `json:"-"` // what is marked stands in a quotation
}

// Sizes of a snippet in bytes: short of half a screen on a phone.
const (
	snippetBefore = 70
	snippetLength = 280
)

// Pieces cuts a text at the spans to mark. Spans that lie outside, overlap or cut a character are left out, since
// the text may have been revised after it was indexed.
func Pieces(text string, spans []news.Span) []Piece {
	var all []Piece
	from := 0
	for _, sp := range sound(text, spans) {
		if sp.Start > from {
			all = append(all, Piece{Text: text[from:sp.Start]})
		}
		all = append(all, Piece{Text: text[sp.Start:sp.End], Mark: true})
		from = sp.End
	}
	if from < len(text) {
		all = append(all, Piece{Text: text[from:]})
	}
	return all
}

func sound(text string, spans []news.Span) []news.Span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b news.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	var kept []news.Span
	end := 0
	for _, sp := range sorted {
		if sp.Start < end || sp.End <= sp.Start || sp.End > len(text) || cuts(text, sp.Start) || cuts(text, sp.End) {
			continue
		}
		kept, end = append(kept, sp), sp.End
	}
	return kept
}

// cuts says that an offset lies within a character.
func cuts(text string, i int) bool { return i < len(text) && !utf8.RuneStart(text[i]) }

// Snippet gives the part of a text around its first mark, as one line.
func Snippet(text string, spans []news.Span) []Piece {
	spans = sound(text, spans)
	start := 0
	if len(spans) > 0 {
		start = wordBefore(text, max(spans[0].Start-snippetBefore, 0))
	}
	end := wordBefore(text, min(start+snippetLength, len(text)))
	if len(spans) > 0 {
		end = max(end, spans[0].End)
	}
	var inside []news.Span
	for _, sp := range spans {
		if sp.End <= end {
			inside = append(inside, news.Span{Start: sp.Start - start, End: sp.End - start})
		}
	}
	all := Pieces(text[start:end], inside)
	for i := range all {
		all[i].Text = oneLine.Replace(all[i].Text)
	}
	if start > 0 {
		all = slices.Insert(all, 0, Piece{Text: "… "})
	}
	if end < len(text) {
		all = append(all, Piece{Text: " …"})
	}
	return all
}

var oneLine = strings.NewReplacer("\n\n", " ", "\n", " ")

// wordBefore moves an offset back to the start of a word, or of a character where no space is near.
func wordBefore(text string, i int) int {
	if i == 0 || i == len(text) {
		return i
	}
	if space := strings.LastIndexAny(text[max(i-30, 0):i], " \n"); space >= 0 {
		return max(i-30, 0) + space + 1
	}
	for cuts(text, i) {
		i--
	}
	return i
}
