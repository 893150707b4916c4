package news

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrPassword means that the password is wrong, or that the user does not exist.
var ErrPassword = errors.New("wrong name or password")

// PasswordError says that a new password is too short or too long.
type PasswordError struct {
	Short bool
	Limit int // characters at least, or bytes at most
}

// Error says what to do.
func (e *PasswordError) Error() string {
	if e.Short {
		return fmt.Sprintf("the password is shorter than %d characters; choose a longer one", e.Limit)
	}
	return fmt.Sprintf("the password is longer than %d bytes; choose a shorter one", e.Limit)
}

// ErrNoUsers means that nobody can log in, since there is no user.
var ErrNoUsers = errors.New("there is no user yet; `headwater user add NAME` makes one")

// User is a person with topics, read marks and stars of their own. Feeds and articles are shared.
type User struct {
	ID    int64
	Name  string // unique; upper and lower case differ
	Role  UserRole
	Added time.Time
	// Epoch counts the changes of the password. A session of an earlier one has ended.
	Epoch int64
}

// UserRole is what a user may do. Each role may do what those before it may. "" may do nothing.
type UserRole string

// The roles.
const (
	ReaderRole UserRole = "reader" // reads, with topics, marks and settings of their own
	EditorRole UserRole = "editor" // also changes what everybody shares: feeds, corrections, outlets, topics of everybody
	AdminRole  UserRole = "admin"  // also manages users and settings of the instance
)

// UserRoles are all roles of users, the least first.
func UserRoles() []UserRole { return []UserRole{ReaderRole, EditorRole, AdminRole} }

// May reports whether the role is need or more.
func (r UserRole) May(need UserRole) bool {
	have := slices.Index(UserRoles(), r)
	return have >= 0 && have >= slices.Index(UserRoles(), need)
}

// ParseUserRole reads the name of a role.
func ParseUserRole(name string) (UserRole, error) {
	if r := UserRole(name); slices.Contains(UserRoles(), r) {
		return r, nil
	}
	return "", fmt.Errorf("there is no role %q; the roles are reader, editor and admin", name)
}

// maxName limits the names of users and labels, in characters.
const maxName = 200

// CheckName returns what is wrong with the name of a user, a folder or a label. A name is either stored unchanged or
// refused.
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

// StreamKind is a way to select articles for a feed reader.
type StreamKind string

// The kinds of streams.
const (
	StreamAll     StreamKind = "all"     // articles of the subscribed feeds
	StreamRead    StreamKind = "read"    // articles that the user has read
	StreamStarred StreamKind = "starred" // articles that the user has starred
	StreamHidden  StreamKind = "hidden"  // articles that rules have hidden from the user
	StreamFeed    StreamKind = "feed"    // articles of Stream.Feed
	StreamFolder  StreamKind = "folder"  // articles of feeds in the folder Stream.Label
	StreamOwn     StreamKind = "own"     // articles with the label Stream.Label of the user
	StreamTopic   StreamKind = "topic"   // articles of the newest 2,000 stories of the topic Stream.Topic
	StreamLabel   StreamKind = "label"   // articles of feeds in the folder Stream.Label, and articles with this label of the user
	StreamOnce    StreamKind = "once"    // one article of each story, the one that stands for it; see Story.Lead
	StreamStories StreamKind = "stories" // the same for the stories in Stream.IDs
	StreamIDs     StreamKind = "ids"     // the articles of Stream.IDs
	StreamNone    StreamKind = "none"    // no article
)

// Stream selects articles.
type Stream struct {
	Kind   StreamKind
	Feed   int64
	Topic  int64
	Label  string
	IDs    []int64
	Before time.Time // of StreamRead: read before then; zero means at any time
}

// ItemList asks for a user's items: articles that are in all streams of In and in none of Out.
type ItemList struct {
	In, Out []Stream
	Since   time.Time // first seen then or later; zero means no limit
	Until   time.Time // first seen before; zero means no limit
	Through int64     // only articles with ids up to this one; 0 means no limit
	After   Place
	Oldest  bool // the oldest by Article.Time first, instead of the newest
	Limit   int  // 0 means no limit
}

// Item is an article in a list of items.
type Item struct {
	ID, Feed   int64
	Time, Seen time.Time
	Read       time.Time // when the user read it, in a list of what was read; zero means that it is not known
}

// Place returns where a list that ends with the item continues.
func (it Item) Place() Place { return Place{it.Time, it.ID} }

// ReadPlace returns where a list of what was read continues after the item.
func (it Item) ReadPlace() Place {
	if it.Read.IsZero() {
		return Place{time.UnixMilli(0), it.ID}
	}
	return Place{it.Read, it.ID}
}

// ItemState is a user's marks of an article.
type ItemState struct {
	Read, Starred bool
	ReadAt        time.Time // zero where it is not read, or where that is not known
	Labels        []string  // the user's labels, by name
}

// Unread counts a user's unread articles of a feed.
type Unread struct {
	Feed, Count int64
	Newest      time.Time // when the newest of them was first seen; may be the time of a newer article that is read
}

// FeedItems counts the articles of a feed in a list of a user.
type FeedItems struct {
	ID                 int64
	Title, URL, Folder string
	Articles, Stories  int64 // in the list, and those among them that stand for a story
}

// UnreadTotal counts what a user has not read.
type UnreadTotal struct{ Articles, Stories int64 }

// Marking is a change of a user's marks. Applying it twice has no further effect.
type Marking struct {
	Articles           []int64
	Read, Unread       bool
	AddLabels, DropOff []string // labels to add and to remove; "" is the star
}

// Marked is what a marking changed: the articles whose marks are others than before.
type Marked struct {
	Read, Unread       []int64 // with the copies that were marked with the article that stands for their story
	More               int64   // articles beside Read that were marked as read with whole feeds
	Starred, Unstarred []int64
	Relabelled         []int64 // that got or lost a label other than the star
	Hidden, Shown      []int64 // by rules; what is in Unread is shown as well
	Marking            int64   // what undoes Read, see store.UndoRead; 0 where nothing was marked as read
}

// None reports whether nothing changed that is counted or searched for.
func (m Marked) None() bool {
	return m.CountRead() == 0 && len(m.Unread)+len(m.Starred)+len(m.Unstarred)+len(m.Hidden)+len(m.Shown) == 0
}

// CountRead is how many articles were marked as read.
func (m Marked) CountRead() int64 { return int64(len(m.Read)) + m.More }

// LabelCount is a label of a user, with how many articles have it. The star is the label "".
type LabelCount struct {
	Label    string
	Articles int
}

// Marks are the articles that a user has marked, and those that rules have hidden from the user.
type Marks struct{ Read, Starred, Hidden IDSet }

// IDSet is a set of article ids, as a bitmap. It takes an eighth of a byte for each id up to the highest. Copies may be
// read concurrently.
type IDSet []uint64

// IDsOf returns a set of these ids.
func IDsOf(ids ...int64) IDSet { return IDSet(nil).With(ids) }

// Has reports whether an id is in the set.
func (s IDSet) Has(id int64) bool {
	return id >= 0 && id/64 < int64(len(s)) && s[id/64]&(1<<(id%64)) != 0
}

// With returns the set with these ids added; the set itself does not change. Ids below 0 are skipped.
func (s IDSet) With(ids []int64) IDSet {
	if len(ids) == 0 {
		return s
	}
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

// Without returns the set without these ids; the set itself does not change.
func (s IDSet) Without(ids []int64) IDSet {
	if !slices.ContainsFunc(ids, s.Has) {
		return s
	}
	out := append(IDSet(nil), s...)
	for _, id := range ids {
		if out.Has(id) {
			out[id/64] &^= 1 << (id % 64)
		}
	}
	return out
}

// APIToken describes a token with which a program acts for a user. The token itself is not stored.
type APIToken struct {
	ID    int64
	Label string // what it is for
	Made  time.Time
}

// HashToken returns what is stored of a token: of an API token, a login of a feed reader or a session. It needs no salt, since a token is
// 256 random bits or more.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
