package greader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
)

type server struct {
	backend Backend
	access  *access.Guard
	title   string
	now     func() time.Time
	log     *slog.Logger
}

// call is one request.
type call struct {
	*server
	w      http.ResponseWriter
	r      *http.Request
	path   string // the escaped id of a stream, at the end of the path
	auth   string // the token by which the user was authenticated
	user   news.User
	viewer access.Viewer // what the user may do
}

func (c *call) ctx() context.Context { return c.r.Context() }

// readForm reads query and body. Some clients post forms without declaring them, and curl declares every body to be a form:
// a raw body is left alone.
func (c *call) readForm(raw bool) error {
	switch {
	case raw:
		c.r.Header.Set("Content-Type", "application/octet-stream")
	case c.r.Method == http.MethodPost && c.r.Header.Get("Content-Type") == "":
		c.r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	err := c.r.ParseForm()
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return bad("the form cannot be read: %v", err)
}

// number reads a parameter, which is otherwise where it is missing.
func (c *call) number(name string, otherwise int64) (int64, error) {
	s := c.r.FormValue(name)
	if s == "" {
		return otherwise, nil
	}
	return strconv.ParseInt(s, 10, 64)
}

// onlyJSON refuses the XML of Google's lists, which no client in use needs.
func (c *call) onlyJSON() error {
	if o := c.r.FormValue("output"); o != "" && o != "json" {
		return bad("output=%s is not made here; ask for output=json", o)
	}
	return nil
}

func (c *call) json(v any) error {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	e := json.NewEncoder(c.w)
	e.SetEscapeHTML(false)
	return c.sent(e.Encode(v))
}

func (c *call) text(s string) error {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(c.w, s)
	return c.sent(err)
}

// done answers with the result of a change.
func (c *call) done(err error) error {
	if err != nil {
		return err
	}
	return c.text("OK")
}

// sent logs the error of an answer that was begun, which can no longer become an error for the client.
func (c *call) sent(err error) error {
	if err != nil {
		c.log.Debug("an answer of the Google Reader API did not arrive", "error", err)
	}
	return nil
}

// refusal is an error that the client's side has to mend.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func problem(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) error { return problem(http.StatusBadRequest, format, args...) }

// fail describes the error to the client, in words that its user may get to see.
func (c *call) fail(err error) {
	var refused *refusal
	var large *http.MaxBytesError
	var building *search.BuildingError
	switch {
	case errors.As(err, &refused):
	case errors.Is(err, os.ErrDeadlineExceeded):
		refused = &refusal{http.StatusRequestTimeout, "the request did not arrive in time; send less at once"}
	case errors.As(err, &large):
		refused = &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes; send less at once", large.Limit)}
	case errors.As(err, &building):
		c.w.Header().Set("Retry-After", "30")
		refused = &refusal{http.StatusServiceUnavailable, building.Error()}
	case errors.Is(err, news.ErrUnavailable):
		c.w.Header().Set("Retry-After", "5")
		refused = &refusal{http.StatusServiceUnavailable, "the database cannot be reached; try again later"}
	case errors.Is(err, news.ErrNotFound):
		refused = &refusal{http.StatusNotFound, err.Error()}
	case c.ctx().Err() != nil:
		return // the client has gone
	default:
		c.log.Error("a request of the Google Reader API failed", "path", c.r.URL.Path, "error", err)
		refused = &refusal{http.StatusInternalServerError, "something went wrong here; the log says what"}
	}
	http.Error(c.w, refused.text, refused.status)
}

// parseTime reads a time by its size: clients send seconds, and some milliseconds or microseconds. 0 is the zero time.
func parseTime(n int64) time.Time {
	const milli, micro = 1e11, 1e14 // seconds until the year 5138, milliseconds since 1973
	switch {
	case n <= 0:
		return time.Time{}
	case n < milli:
		return time.Unix(n, 0)
	case n < micro:
		return time.UnixMilli(n)
	}
	return time.UnixMicro(n)
}

// microseconds writes a time as Google did. Items have the time at which they were first seen, which mark-all-as-read gets
// back.
func microseconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

// Backend is what the API reads and changes. All of it is required.
type Backend struct {
	Accounts
	AuditLog

	ItemStore
	StateStore
	ArticleStore
	StoryReader

	TopicStore
	TopicSearcher
	TopicEditor

	FeedStore
	FeedEditor
	OPML
}

// Accounts lets users in.
type Accounts interface {
	// Login gives a token, or news.ErrPassword, or news.ErrNoUsers.
	Login(ctx context.Context, name, password string) (string, error)
	// UserOf gives the user of a token, or news.ErrNotFound.
	UserOf(ctx context.Context, token string) (news.User, error)
}

// AuditLog keeps who logged in and who was refused.
type AuditLog interface {
	// Audit writes a change of access by the actor of the context.
	Audit(ctx context.Context, action news.AuditAction, subject, detail string) error
}

// ItemStore lists and counts a user's items.
type ItemStore interface {
	Items(ctx context.Context, user int64, l news.ItemList) ([]news.Item, error)
	// CountItems counts what Items gives without limit and place.
	CountItems(ctx context.Context, user int64, l news.ItemList) (news.Unread, error)
	// Unread counts the unread items of each feed.
	Unread(ctx context.Context, user int64) ([]news.Unread, error)
	// UnreadTopic counts what is unread of a topic's newest stories, of which it looks at limit.
	UnreadTopic(ctx context.Context, user, topic int64, limit int) (news.Unread, error)
}

// StateStore keeps what a user has read, starred and labelled.
type StateStore interface {
	MarkItems(ctx context.Context, user int64, m news.Marking) (news.Marked, error)
	MarkAllRead(ctx context.Context, user int64, l news.ItemList) (news.Marked, error)
	States(ctx context.Context, user int64, articles []int64) (map[int64]news.ItemState, error)
	Labels(ctx context.Context, user int64) ([]string, error)
	// RenameLabel renames a folder and a user's label; an empty name takes both away.
	RenameLabel(ctx context.Context, user int64, name, to string) error
}

// ArticleStore reads articles.
type ArticleStore interface {
	// ArticlesByID gives whole articles in the order asked, without those that are not stored.
	ArticlesByID(context.Context, []int64) ([]news.Article, error)
}

// StoryReader reads stories.
type StoryReader interface {
	// StoriesLedBy gives the stories whose lead is one of the articles, by article.
	StoriesLedBy(ctx context.Context, articles []int64) (map[int64]news.Story, error)
}

// TopicStore reads and removes topics. User 0 is everybody.
type TopicStore interface {
	Topics(ctx context.Context, user int64) ([]news.Topic, error)
	RemoveTopic(ctx context.Context, user int64, name string) error
}

// TopicSearcher finds the stories of topics.
type TopicSearcher interface {
	// TopicStoryIDs gives the ids of the newest stories that a topic finds.
	TopicStoryIDs(ctx context.Context, t news.Topic) ([]int64, error)
}

// TopicEditor changes topics.
type TopicEditor interface {
	ChangeTopic(ctx context.Context, t news.Topic) error
}

// FeedStore lists feeds and changes their settings, for everybody.
type FeedStore interface {
	Feeds(context.Context) ([]news.Feed, error)
	EditFeed(ctx context.Context, id int64, title, folder string) error
}

// FeedEditor subscribes to feeds and ends subscriptions, for everybody.
type FeedEditor interface {
	// FindFeed gives a feed by its number, or by its address where the number is 0.
	FindFeed(ctx context.Context, id int64, url string) (news.Feed, error)
	// FindFeeds looks for the feeds behind an address and adds nothing.
	FindFeeds(ctx context.Context, address string) (news.Finding, error)
	AddFeed(context.Context, news.Feed) (news.Feed, error)
	RemoveFeed(context.Context, int64) error
}

// OPML writes and reads lists of feeds and topics.
type OPML interface {
	// WriteOPML writes addresses of feeds with the secrets in them where secrets says so.
	WriteOPML(ctx context.Context, w io.Writer, title string, secrets bool) error
	// ReadOPML adds the topics of a list, which are everybody's, where topics says so.
	ReadOPML(ctx context.Context, r io.Reader, topics bool) (news.Imported, error)
}
