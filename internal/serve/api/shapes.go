package api

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/view"
)

// The shapes below are those of package view, which the command line prints with --json, and what the API says beside. What
// others embed is exported, since huma passes over embedded types that are not.

type status struct {
	Feeds     int `json:"feeds" doc:"feeds subscribed"`
	Articles  int `json:"articles" doc:"articles stored"`
	Stories   int `json:"stories" doc:"stories that the settled articles make"`
	Events    int `json:"events" doc:"events that the stories tell of"`
	Unsettled int `json:"unsettled" doc:"articles that wait to be settled"`
	Unindexed int `json:"unindexed" doc:"articles that wait to be indexed"`
}

type story struct {
	view.Story
	Changed time.Time `json:"changed" doc:"when its members or its origin last changed"`
}

func storyOf(s news.Story) story { return story{view.StoryOf(s), s.Changed} }

// Article is an article without its text.
type Article struct {
	ID        int64       `json:"id" doc:"its number, which revisions keep"`
	Story     int64       `json:"story,omitempty" doc:"the story that it is in; left out in lists and while it is not settled"`
	Feed      int64       `json:"feed" doc:"the feed that brought it"`
	Title     string      `json:"title" doc:"its headline; of a post without one its opening words"`
	URL       string      `json:"url" doc:"its address"`
	Outlet    view.Outlet `json:"outlet" doc:"who published it"`
	Authors   []string    `json:"authors" nullable:"false" doc:"who wrote it, as the feed says"`
	Lang      string      `json:"lang" doc:"ISO 639-1, or empty"`
	Published *time.Time  `json:"published" doc:"as claimed; null where unknown"`
	Seen      time.Time   `json:"seen" doc:"when it was first fetched"`
	Summary   string      `json:"summary" doc:"plain text"`

	Enclosures []view.Enclosure `json:"enclosures" nullable:"false" doc:"recordings, pictures and other files that come with it"`
}

func articleOf(a news.Article) Article {
	return Article{
		ID: a.ID, Feed: a.FeedID, Title: a.Headline(), URL: a.URL, Outlet: view.Outlet(a.Outlet), Lang: a.Lang,
		Authors: append([]string{}, a.Authors...), Published: view.Time(a.Published), Seen: a.Seen, Summary: a.Summary,
		Enclosures: view.All(a.Enclosures, view.EnclosureOf),
	}
}

type wholeArticle struct {
	Article
	Text   string  `json:"text" doc:"plain text; paragraphs are separated by a blank line"`
	HTML   string  `json:"html" doc:"sanitised"`
	Claims []claim `json:"claims" nullable:"false" doc:"whom it credits"`
}

type claim struct {
	view.Claim
	Start    int     `json:"start" doc:"byte offset of the words in text; start and end are both 0 where they stand outside it"`
	End      int     `json:"end" doc:"byte offset behind the words"`
	Strength float64 `json:"strength" minimum:"0" maximum:"1" doc:"how far it speaks for the whole article"`
}

func claimOf(c news.Claim) claim { return claim{view.ClaimOf(c), c.Start, c.End, c.Strength} }

type found struct {
	view.Found
	InTitle []span `json:"in_title" nullable:"false" doc:"where the words found stand in title"`
	InText  []span `json:"in_text" nullable:"false" doc:"where they stand in the article's text, or in its summary where there is no text"`
}

func foundOf(f search.FoundArticle) found {
	return found{view.FoundOf(f), view.All(f.Title, spanOf), view.All(f.Body, spanOf)}
}

type span struct {
	Start int `json:"start" doc:"byte offset of its first byte"`
	End   int `json:"end" doc:"byte offset behind its last byte"`
}

func spanOf(s news.Span) span { return span(s) }
