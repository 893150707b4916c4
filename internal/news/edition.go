package news

import "time"

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
	Stories []StoryMark
	Next    string // as of Edition
	Full    bool   // as of EditionQuery
}

// StoryMark is a story as of its last change. A story whose mark is the same is shown as before.
type StoryMark struct {
	ID       int64
	Changed  time.Time
	Seq      int64 // its number in the story log
	Articles int64 // the highest number that an article of it has in the log of articles: a revision gets another
	Aged     int   // how many of its articles were aged out
}
