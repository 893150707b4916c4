package news

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Topic is a saved query that somebody follows.
type Topic struct {
	ID      int64
	User    int64  // whose it is; 0 is everybody's
	Name    string // unique among a user's or everybody's, also in URLs
	Query   string // in the query language of package index
	Options TopicOptions
	Secret  string // lets who knows it read the topic's feed; "" where there is no such address
	Added   time.Time

	Seen    int64 // number of the story log up to which somebody has seen the topic
	New     int   // stories that first matched since
	Filled  bool  // the matches hold the stories from before the topic was added
	Version int64 // goes up as the query or the options change
}

// TopicOptions narrow down what a topic's query finds. The zero value leaves it as it is.
type TopicOptions struct {
	Originals  bool     // only stories whose original is among what the query finds
	MinOutlets int      // only stories that at least so many outlets carry
	Langs      []string // only articles in these languages, as ISO 639-1; none is all
	Muted      []string // outlets whose articles do not count, by domain or name
}

// Equal says whether two topics' options are the same, in the same order.
func (o TopicOptions) Equal(p TopicOptions) bool {
	return o.Originals == p.Originals && o.MinOutlets == p.MinOutlets && slices.Equal(o.Langs, p.Langs) && slices.Equal(o.Muted, p.Muted)
}

// Reachable says whether the topic's name can stand in an address.
func (t Topic) Reachable() bool {
	return t.Name != "" && t.Name != "." && t.Name != ".." && !strings.ContainsFunc(t.Name, unreachable)
}

func unreachable(r rune) bool {
	return r == '/' || r == '\\' || r == unicode.ReplacementChar || unicode.IsControl(r)
}

// StoryChange is an entry of the story log. Each story has one; it moves to the end when the story changes. So who has
// read the log up to a number learns from the rest what is different since.
type StoryChange struct {
	Seq   int64
	Story int64
	First int64 // the number that the entry had first: who has read less far does not know the story
	Into  int64 // the story that it went into; else 0
	Gone  bool  // the story is no more, and went nowhere
}
