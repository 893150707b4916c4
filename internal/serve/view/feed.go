package view

import (
	"time"

	"headwater/internal/news"
)

// Feed is a subscribed address and how it is.
type Feed struct {
	ID       int64          `json:"id" doc:"its number"`
	URL      string         `json:"url" doc:"its address, as subscribed"`
	Title    string         `json:"title" doc:"what it is called"`
	Folder   string         `json:"folder" doc:"the folder that it is in, or empty"`
	FullText string         `json:"full_text" doc:"whether the pages of its items are read: auto, always, never, or empty for what the settings say"`
	State    news.FeedState `json:"state" doc:"how its last poll ended, such as ok, unreachable or not a feed"`
	Problem  string         `json:"problem" doc:"what happened and what to do; empty when all is well"`
	Articles int            `json:"articles" doc:"articles stored from it"`
	Checked  *time.Time     `json:"checked" doc:"its last poll; null before the first"`
	Due      *time.Time     `json:"due" doc:"its next poll; null means now"`
	Rule     news.Rule      `json:"rule" doc:"what set due, such as rhythm, cache, ttl, retry after or back-off; empty before the first poll"`
}

// FeedOf shows a feed.
func FeedOf(f news.Feed) Feed {
	return Feed{
		ID: f.ID, URL: f.URL, Title: f.Title, Folder: f.Folder, FullText: f.FullText, State: f.State, Problem: f.Problem, Articles: f.Articles,
		Checked: Time(f.Checked), Due: Time(f.Due), Rule: f.Rule,
	}
}
