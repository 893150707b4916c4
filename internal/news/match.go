package news

import "time"

// Match is a story that holds an article which a topic's query finds.
type Match struct {
	Topic int64
	Story int64
	Seq   int64 // of the story log when the story first matched
	At    time.Time
}

// Matching is what holding the changed stories against the topics found.
type Matching struct {
	Through int64         // the number of the story log that was reached
	Changes []StoryChange // what was read of the log; of stories that went into others or are no more, the matches do too
	Matches []Match       // those that hold already keep their Seq and At
	Ended   []Match       // hold no longer; only Topic and Story count
	Looked  []Looked
	Left    []int64 // articles that are in no story any more
}

// Looked says that an article was held against all topics.
type Looked struct {
	Article int64
	Story   int64
	Seq     int64 // of the article in the log of articles
}
