package view

import (
	"time"

	"headwater/internal/news"
)

// Correction is a person's word on which articles are one story.
type Correction struct {
	ID      int64     `json:"id" doc:"its number, by which it is taken back"`
	Kind    string    `json:"kind" enum:"merge,split" doc:"what was done"`
	Made    time.Time `json:"made" doc:"when"`
	Same    []int64   `json:"same" nullable:"false" doc:"articles that are one story"`
	Apart   []int64   `json:"apart" nullable:"false" doc:"articles that are in no story with those"`
	Stories []int64   `json:"stories" nullable:"false" doc:"the stories that the articles are in now: those of same, then the others"`
}

// CorrectionOf shows a correction; of has the stories of its articles.
func CorrectionOf(c news.Correction, of map[int64]int64) Correction {
	v := Correction{
		ID: c.ID, Kind: "merge", Made: c.Made, Same: append([]int64{}, c.Same...), Apart: append([]int64{}, c.Apart...), Stories: []int64{},
	}
	if len(c.Apart) > 0 {
		v.Kind = "split"
	}
	seen := map[int64]bool{0: true}
	for _, a := range c.Articles() {
		if s := of[a]; !seen[s] {
			seen[s] = true
			v.Stories = append(v.Stories, s)
		}
	}
	return v
}
