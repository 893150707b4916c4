package view

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Found is an article that a search found.
type Found struct {
	ID        int64     `json:"id" doc:"the article's number"`
	Story     int64     `json:"story" doc:"the story that it is in; 0 while it is not settled"`
	Title     string    `json:"title" doc:"its headline"`
	URL       string    `json:"url" doc:"its address"`
	Outlet    Outlet    `json:"outlet" doc:"who published it"`
	Published time.Time `json:"published" doc:"the best guess at when it came out"`
	Undated   bool      `json:"undated,omitempty" doc:"nobody knows when it came out: it had no date in its feed's first document, and published is when it was first seen"`
	Score     float64   `json:"score" doc:"how well it matches, to be compared within one search; 0 in other orders"`
	Passing   bool      `json:"passing,omitempty" doc:"it has the words further down in its text alone, and not in headline or lead; only in order of relevance"`
	Others    int       `json:"others,omitempty" doc:"further members of its story that match, where stories are asked for"`
	Snippet   []Piece   `json:"snippet" nullable:"false" doc:"the part of its text with the most matches, in pieces"`
}

// FoundOf shows a found article.
func FoundOf(f search.FoundArticle) Found {
	return Found{
		ID: f.Article.ID, Story: f.Story, Title: f.Article.Headline(), URL: f.Article.URL, Outlet: Outlet(f.Article.Outlet),
		Published: f.Article.Time(), Undated: f.Article.Undated, Score: f.Score, Passing: f.Passing, Others: f.Others, Snippet: append([]Piece{}, Snippet(f.Text(), f.Body)...),
	}
}

// Facet counts the articles found by one property.
type Facet struct {
	Field  string       `json:"field" enum:"outlet,origin,lang,day" doc:"what is counted by"`
	Values []facetValue `json:"values" nullable:"false" doc:"the most frequent 10 first; days the newest 31 first"`
}

// facetValue is how many of the articles found have a value.
type facetValue struct {
	Name  string `json:"name" doc:"the value; an outlet's name, under whatever names and domains its articles came"`
	Query string `json:"query" doc:"what to add to the query to find only those"`
	Count int    `json:"count" doc:"how many articles"`
}

// FacetOf shows a facet.
func FacetOf(f search.Facet) Facet {
	return Facet{f.Field, All(f.Values, func(v search.FacetValue) facetValue { return facetValue(v) })}
}

// Piece is a run of text, marked or not.
type Piece struct {
	Text   string `json:"text" doc:"the words"`
	Mark   bool   `json:"mark" doc:"whether they are what was looked for"`
	Quoted bool   `json:"-"` // the marked text is part of a quotation
}

// Pieces cuts a text at the spans to mark. Invalid spans are ignored, since the text may have been revised after it was
// indexed.
func Pieces(text string, spans []news.Span) []Piece {
	var all []Piece
	from := 0
	for _, sp := range validSpans(text, spans) {
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

// validSpans sorts spans, without those that lie outside the text, overlap or cut a character.
func validSpans(text string, spans []news.Span) []news.Span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b news.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	var kept []news.Span
	end := 0
	for _, sp := range sorted {
		if sp.Start < end || sp.End <= sp.Start || sp.End > len(text) || insideRune(text, sp.Start) || insideRune(text, sp.End) {
			continue
		}
		kept, end = append(kept, sp), sp.End
	}
	return kept
}

// insideRune says whether an offset lies within a character.
func insideRune(text string, i int) bool { return i < len(text) && !utf8.RuneStart(text[i]) }
