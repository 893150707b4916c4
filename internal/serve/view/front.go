package view

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// Front is a front page, or a part of one.
type Front struct {
	At    time.Time   `json:"at" doc:"the page is as of this time"`
	Since time.Time   `json:"since" doc:"what was first told before this does not stand on the page"`
	Total int         `json:"total" doc:"how many cards there are in all"`
	Cards []FrontCard `json:"cards" nullable:"false" doc:"the cards, best first"`
}

// FrontCard is one place on a front page.
type FrontCard struct {
	Title       string         `json:"title" doc:"the headline that is shown: of the first of articles"`
	Origin      Outlet         `json:"origin" doc:"the outlet that the story of this headline goes back to"`
	Event       int64          `json:"event" doc:"the event with most weight; 0 for a story that stands alone"`
	Events      []int64        `json:"events" nullable:"false" doc:"all events of the affair, the one with most weight first"`
	Stories     []int64        `json:"stories" nullable:"false" doc:"its stories, the one with most weight first"`
	Outlets     int            `json:"outlets" doc:"how many outlets carry it"`
	Independent int            `json:"independent" doc:"how many outlets its stories go back to: those that tell it independently"`
	First       time.Time      `json:"first" doc:"the first report"`
	Latest      time.Time      `json:"latest" doc:"the first report of the newest story"`
	Score       float64        `json:"score" doc:"by which cards are ordered; comparable within one page"`
	Articles    []FrontArticle `json:"articles" nullable:"false" doc:"the article whose headline is shown, then the others by story and time, 500 at most"`
}

// FrontArticle is an article of a card.
type FrontArticle struct {
	ID     int64     `json:"id" doc:"its number"`
	URL    string    `json:"url" doc:"its address"`
	Title  string    `json:"title" doc:"its headline"`
	Outlet Outlet    `json:"outlet" doc:"who published it"`
	Lang   string    `json:"lang" doc:"ISO 639-1, or empty where it is not known"`
	Time   time.Time `json:"time" doc:"the best guess at when it came out"`
}

// FrontOf shows a front page.
func FrontOf(f news.Front) Front {
	return Front{At: f.At, Since: f.Since, Total: f.Total, Cards: All(f.Cards, frontCardOf)}
}

func frontCardOf(c news.FrontCard) FrontCard {
	v := FrontCard{
		Origin: Outlet(c.Origin), Event: c.Event, Events: append([]int64{}, c.Events...), Stories: append([]int64{}, c.Stories...), Outlets: c.Outlets, Independent: c.Independent,
		First: c.First, Latest: c.Latest, Score: c.Score, Articles: All(c.Articles, frontArticleOf),
	}
	if len(v.Articles) > 0 {
		v.Title = v.Articles[0].Title
	}
	return v
}

func frontArticleOf(a news.Article) FrontArticle {
	return FrontArticle{ID: a.ID, URL: a.URL, Title: publish.Line(a.Headline()), Outlet: Outlet(a.Outlet), Lang: a.Lang, Time: a.Time()}
}
