package greader

import (
	"context"
	"io"

	"headwater/internal/news"
)

// Backend is what the API reads and changes. All of it is required.
type Backend struct {
	Accounts

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
	MarkItems(ctx context.Context, user int64, m news.Marking) error
	MarkAllRead(ctx context.Context, user int64, l news.ItemList) error
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
	WriteOPML(ctx context.Context, w io.Writer, title string) error
	ReadOPML(context.Context, io.Reader) (news.Imported, error)
}
