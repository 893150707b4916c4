package view

import (
	"time"

	"headwater/internal/news"
)

// Rule is what a user has done with the articles that match a query.
type Rule struct {
	ID     int64           `json:"id" doc:"its number"`
	Query  string          `json:"query" doc:"the search that articles are compared with"`
	Feed   int64           `json:"feed" doc:"only articles of this feed, by its number; 0 is of all"`
	Folder string          `json:"folder" doc:"only articles of feeds in this folder; empty is of all"`
	Action news.RuleAction `json:"action" enum:"hide,read,star,label,topic" doc:"what is done with an article that matches"`
	Label  string          `json:"label" doc:"of the action label, the label that is given"`
	Topic  string          `json:"topic" doc:"of the action topic, the name of the topic that articles are sent to"`
	Shared bool            `json:"shared" doc:"that topic is one of everybody, and not the viewer's own"`
	Paused bool            `json:"paused" doc:"it does nothing until somebody lets it go on"`
	Idle   news.RuleIdle   `json:"idle" enum:",feed,folder,topic,query" doc:"why it does nothing though it is not paused: its feed was removed, no feed is in its folder, its topic is gone, or its query can't be read; empty where it works"`
	Added  time.Time       `json:"added" doc:"when it was added"`
	Acted  int             `json:"acted" doc:"articles that it has changed"`
	Last   *time.Time      `json:"last" doc:"when it last changed one; null where it never did"`
	Undo   bool            `json:"undo" doc:"what it last did with articles of the last week can be taken back"`
}

// RuleOf shows a rule.
func RuleOf(r news.UserRule) Rule {
	return Rule{
		ID: r.ID, Query: r.Query, Feed: r.Feed, Folder: r.Folder, Action: r.Action, Label: r.Label, Topic: r.TopicName, Shared: r.Shared, Paused: r.Paused, Idle: r.Idle,
		Added: r.Added, Acted: r.Acted, Last: Time(r.Last), Undo: r.Applied != 0,
	}
}

// RuleArticle is an article that a rule changed, or matches.
type RuleArticle struct {
	ID    int64      `json:"id" doc:"the article's number"`
	Title string     `json:"title" doc:"its headline"`
	URL   string     `json:"url" doc:"its address"`
	Feed  int64      `json:"feed" doc:"the number of its feed"`
	At    *time.Time `json:"at,omitempty" doc:"when the rule changed it; left out in a trial"`
}

// RuleArticleOf shows an article of a trial.
func RuleArticleOf(a news.Article) RuleArticle {
	return RuleArticle{ID: a.ID, Title: a.Title, URL: a.URL, Feed: a.FeedID}
}

// RuleChangeOf shows an article that a rule changed.
func RuleChangeOf(c news.RuleChange) RuleArticle {
	a := RuleArticleOf(c.Article)
	a.At = Time(c.At)
	return a
}
