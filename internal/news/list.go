package news

import (
	"time"
)

// StoryList asks for stories. The zero value asks for the newest 50 by coverage and freshness.
type StoryList struct {
	Limit, Offset int
	IDs           Choice    // only these, in this order
	Event         int64     // only this event's
	Since         time.Time // only those changed since
	Newest        bool      // order by Changed, then by Latest, newest first, instead of coverage and freshness
	Folder        string    // with Newest, only those with an article of a feed in this folder; "" is all
	Before        Place     // with Newest, only those after this place by Changed; zero is the beginning
}

// Choice narrows a list down to some ids, in their order. The zero value is no choice and leaves the list as it is; the
// choice of no ids leaves nothing.
type Choice struct {
	made bool
	ids  []int64
}

// Choose makes a choice.
func Choose(ids ...int64) Choice { return Choice{true, ids} }

// Made says whether there is a choice.
func (c Choice) Made() bool { return c.made }

// IDs gives the ids that were chosen.
func (c Choice) IDs() []int64 { return c.ids }

// ArticleList asks for articles, newest first.
type ArticleList struct {
	Limit, Offset int
	FeedID        int64
	Since         time.Time
	Before        Place // only those after this place in the list; zero is the beginning
}

// EventList asks for events, the newest first.
type EventList struct {
	Limit   int   // 0 means 50
	Stories int   // only events of at least so many stories
	Before  Place // only those after this place in the list; zero is the beginning
}

// OutletList asks for outlets by domain and name.
type OutletList struct {
	Limit  int    // 0 means 50
	Domain string // only of this domain
	After  Outlet // only those after this one, by domain and name
}

// EditionQuery asks for a part of a combined feed: stories, the newest change first. The zero value asks for the 100 that
// changed last.
type EditionQuery struct {
	Topic  Topic     // by its query and options; of one without a query every story
	Folder string    // only stories with an article of a feed in this folder; not beside a query
	Since  time.Time // only stories that changed since
	Limit  int       // 0 means 100
	Full   bool      // with the HTML of the member that stands for the story
	Cursor string    // Edition.Next of the part before this one
}

// Edition is a part of a combined feed.
type Edition struct {
	Stories []Story
	Next    string // cursor of the part after this one; "" at the end
}

// EditionList says which stories a part of a combined feed holds, without reading them.
type EditionList struct {
	Stories []StoryVersion
	Next    string // as of Edition
	Full    bool   // as of EditionQuery
}

// StoryVersion is a story as of its last change. A story whose mark is the same is shown as before.
type StoryVersion struct {
	ID       int64
	Changed  time.Time
	Seq      int64 // its number in the story log
	Articles int64 // the highest number that an article of it has in the log of articles: a revision gets another
	Aged     int   // how many of its articles were aged out
}
