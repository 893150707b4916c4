package news

import (
	"time"
)

// StoryList asks for stories. The zero value asks for the newest 50 by coverage and freshness.
type StoryList struct {
	Limit, Offset int
	IDs           Choice    // only these, in this order
	Event         int64     // only stories of this event
	Since         time.Time // only those changed since then
	Newest        bool      // order by Changed, then by Latest, newest first, instead of coverage and freshness
	Folder        string    // with Newest, only those with an article of a feed in this folder; "" means all
	Feed          int64     // with Newest, only those with an article of this feed; not with Folder; 0 means all
	Before        Place     // with Newest, only those after this place by Changed; zero means from the beginning
	Viewer        int64     // with Newest, without those of which all articles are hidden from this user, or all of the Feed or Folder; 0 is nobody
}

// Choice selects some ids, in their order. The zero value selects everything. A choice of no ids selects nothing.
type Choice struct {
	made bool
	ids  []int64
}

// Choose returns a choice of these ids.
func Choose(ids ...int64) Choice { return Choice{true, ids} }

// Made reports whether there is a choice.
func (c Choice) Made() bool { return c.made }

// IDs returns the chosen ids.
func (c Choice) IDs() []int64 { return c.ids }

// ArticleList asks for articles, newest first.
type ArticleList struct {
	Limit, Offset int
	FeedID        int64
	Since         time.Time
	Before        Place // only those after this place in the list; zero means from the beginning
}

// EventList asks for events, the newest first.
type EventList struct {
	Limit   int   // 0 means 50
	Stories int   // only events with at least this many stories
	Before  Place // only those after this place in the list; zero means from the beginning
}

// EditionQuery asks for a part of a combined feed: stories, the newest change first. The zero value asks for the 100
// stories that changed last.
type EditionQuery struct {
	Topic  Topic     // its query and options; without a query, all stories
	Folder string    // only stories with an article of a feed in this folder; not with a query
	Feed   int64     // only stories with an article of this feed; not with a query or a folder
	Since  time.Time // only stories changed since then
	Viewer int64     // without what is hidden from this user, also in a list without a query; 0 is nobody
	Limit  int       // 0 means 100
	Full   bool      // with the HTML of the member that stands for the story
	Cursor string    // Edition.Next of the previous part
}

// Edition is a part of a combined feed.
type Edition struct {
	Stories []Story
	Next    string // cursor of the next part; "" at the end
}

// EditionList lists the stories of a part of a combined feed, without their contents.
type EditionList struct {
	Stories []StoryVersion
	Next    string // as of Edition
	Full    bool   // as of EditionQuery
}

// StoryVersion is a story at its last change. A story with an equal StoryVersion looks the same to readers.
type StoryVersion struct {
	ID       int64
	Changed  time.Time
	Seq      int64 // its number in the story log
	Articles int64 // highest number of its articles in the article log; a revision gets a new number
	Aged     int   // how many of its articles were aged out
}
