package view

import (
	"time"

	"headwater/internal/news"
)

// SideBySide is two articles of a story with what they have in common.
type SideBySide struct {
	Story int64     `json:"story" doc:"the story that both are in"`
	Note  string    `json:"note" doc:"what a reader should know, such as that a feed gives no text; or empty"`
	A     Side      `json:"a" doc:"the first article"`
	B     Side      `json:"b" doc:"the second article"`
	Rows  []SideRow `json:"rows" nullable:"false" doc:"the texts, paragraph by paragraph; what belongs together is in one row"`
}

// Side is one of two articles that are compared.
type Side struct {
	Article  int64     `json:"article" doc:"its number"`
	URL      string    `json:"url" doc:"its address"`
	Outlet   Outlet    `json:"outlet" doc:"who published it"`
	Time     time.Time `json:"time" doc:"the best guess at when it came out"`
	Headline []Stretch `json:"headline" nullable:"false" doc:"its headline, with the words marked that the other has not"`
	Words    int       `json:"words" doc:"words of its own prose: those that neither text quotes"`
	Share    float64   `json:"share" minimum:"0" maximum:"1" doc:"the share of these in passages that the other has too"`
	Only     int       `json:"only" doc:"how many of its sentences the other has nothing of"`
	Cut      bool      `json:"cut,omitempty" doc:"the text is longer than what is compared"`
}

// SideRow is paragraphs that belong together. Either side may have none.
type SideRow struct {
	A [][]Stretch `json:"a" nullable:"false" doc:"paragraphs of the first article"`
	B [][]Stretch `json:"b" nullable:"false" doc:"paragraphs of the second article"`
}

// Stretch is a part of a text that is marked in one way.
type Stretch struct {
	Text        string `json:"text" doc:"the part; those of a paragraph together are its text"`
	Shared      bool   `json:"shared,omitempty" doc:"the other text has it too"`
	Quoted      bool   `json:"quoted,omitempty" doc:"it is a quotation"`
	Boilerplate bool   `json:"boilerplate,omitempty" doc:"a dateline or a credit, no prose"`
	Only        bool   `json:"only,omitempty" doc:"part of a sentence that only this text has"`
	Link        int    `json:"link,omitempty" doc:"the number of a shared passage that is in another row of the other text"`
}

// SidesOf shows two articles of a story side by side.
func SidesOf(story int64, s news.SideBySide) SideBySide {
	return SideBySide{
		Story: story, Note: s.Note, A: sideOf(s.A), B: sideOf(s.B),
		Rows: All(s.Rows, func(r news.SideRow) SideRow { return SideRow{All(r.A, paragraphOf), All(r.B, paragraphOf)} }),
	}
}

func sideOf(s news.Side) Side {
	a := s.Article
	return Side{
		Article: a.ID, URL: a.URL, Outlet: Outlet(a.Outlet), Time: a.Time(), Headline: All(s.Headline, stretchOf),
		Words: s.Words, Share: s.Share, Only: s.Only, Cut: s.Cut,
	}
}

func paragraphOf(p news.SideParagraph) []Stretch { return All(p, stretchOf) }

func stretchOf(s news.Stretch) Stretch { return Stretch(s) }
