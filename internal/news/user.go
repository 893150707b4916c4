package news

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrPassword says that a name and a password do not belong together, or that there is no such user.
var ErrPassword = errors.New("wrong name or password")

// ErrNoUsers says that nobody can log in, since there is no user at all.
var ErrNoUsers = errors.New("there is no user yet; `headwater user add NAME` makes one")

// User is somebody with topics, read marks and stars of their own. Feeds and articles are everybody's.
type User struct {
	ID    int64
	Name  string // unique; upper and lower case differ
	Added time.Time
}

// maxName bounds the names of users and labels, in characters.
const maxName = 200

// CheckName says what is wrong with the name of a user, a folder or a label: they come back exactly as they went in, or
// are refused.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("a name is empty; give at least one character")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("a name is longer than %d characters; give a shorter one", maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %q is not UTF-8", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("the name %q has a control character; leave it out", name)
	}
	return nil
}

// StreamKind is a way to choose articles for a reader.
type StreamKind string

// The kinds of streams.
const (
	StreamAll     StreamKind = "all"     // those of the feeds that are subscribed
	StreamRead    StreamKind = "read"    // those that the user has read
	StreamStarred StreamKind = "starred" // those that the user has starred
	StreamFeed    StreamKind = "feed"    // those of Stream.Feed
	StreamLabel   StreamKind = "label"   // those of feeds in the folder Stream.Label, and those that the user gave that label
	StreamOnce    StreamKind = "once"    // of each story the one that stands for it, see Story.Lead
	StreamStories StreamKind = "stories" // the same of Stream.IDs
	StreamIDs     StreamKind = "ids"     // the articles of Stream.IDs
	StreamNone    StreamKind = "none"    // no article
)

// Stream chooses articles.
type Stream struct {
	Kind  StreamKind
	Feed  int64
	Label string
	IDs   []int64
}

// ItemList asks for a user's items: articles that are in all streams of In and in none of Out.
type ItemList struct {
	In, Out []Stream
	Since   time.Time // first seen then or later; zero is no bound
	Until   time.Time // first seen before; zero is no bound
	After   Place
	Oldest  bool // the oldest by Article.Time first, instead of the newest
	Limit   int  // 0 is no limit
}

// Item is an article as a list of items has it.
type Item struct {
	ID, Feed   int64
	Time, Seen time.Time
}

// Place is where a list that ends with the item goes on.
func (it Item) Place() Place { return Place{it.Time, it.ID} }

// ItemState is what a user made of an article.
type ItemState struct {
	Read, Starred bool
	Labels        []string // the user's own, by name
}

// Unread counts what a user has not read of a feed.
type Unread struct {
	Feed, Count int64
	Newest      time.Time // when the newest of them was first seen, or the newest that may be among them
}

// Marking is what a user does with articles. Doing it twice changes nothing more.
type Marking struct {
	Articles           []int64
	Read, Unread       bool
	AddLabels, DropOff []string // labels to put on and to take off; "" is the star
}

// Marks are the articles that a user has marked.
type Marks struct{ Read, Starred IDSet }

// IDSet is a set of ids of articles, a bit each. It takes an eighth of a byte for each id up to the highest, and its copies may be
// read at the same time.
type IDSet []uint64

// IDsOf makes a set.
func IDsOf(ids ...int64) IDSet { return IDSet(nil).With(ids) }

// Has says whether an id is in the set.
func (s IDSet) Has(id int64) bool {
	return id >= 0 && id/64 < int64(len(s)) && s[id/64]&(1<<(id%64)) != 0
}

// With gives the set with some ids more; the set itself stays as it is. Ids below 0 are passed over.
func (s IDSet) With(ids []int64) IDSet {
	size := int64(len(s))
	for _, id := range ids {
		size = max(size, id/64+1)
	}
	out := make(IDSet, size)
	copy(out, s)
	for _, id := range ids {
		if id >= 0 {
			out[id/64] |= 1 << (id % 64)
		}
	}
	return out
}

// Without gives the set without some ids; the set itself stays as it is.
func (s IDSet) Without(ids []int64) IDSet {
	out := append(IDSet(nil), s...)
	for _, id := range ids {
		if out.Has(id) {
			out[id/64] &^= 1 << (id % 64)
		}
	}
	return out
}

// APIToken is what a program proves with whose it is. The token itself is not kept.
type APIToken struct {
	ID    int64
	Label string // what it is for
	Made  time.Time
}
