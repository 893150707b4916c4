package web

import (
	"context"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Backend is what the pages read and change. All of it is required.
type Backend struct {
	StoryReader
	Comparer
	ArticleStore
	EventStore
	Searcher
	EditionReader

	TopicStore
	TopicSearcher
	TopicEditor
	AlertStore
	AlertEditor

	FeedStore
	FeedEditor
	StatusReader
}

// StoryReader reads stories as readers see them.
type StoryReader interface {
	Stories(ctx context.Context, list news.StoryList) ([]news.Story, error)
	// Story gives the living story: where id was merged into another, the story has that other's ID.
	Story(ctx context.Context, id int64) (news.Story, error)
	// StoryOf gives the story that an article belongs to, or news.ErrNotFound while it is unsettled.
	StoryOf(ctx context.Context, article int64) (news.Story, error)
}

// Comparer compares the texts of a story.
type Comparer interface {
	// Comparisons says what each member takes from the origin, by article id; an original has none.
	Comparisons(ctx context.Context, st news.Story) (map[int64]news.Comparison, error)
	// Reports gives the members by outlet, the newest version of each first, with what each version changed.
	Reports(ctx context.Context, st news.Story) ([]news.Report, error)
}

// ArticleStore reads articles.
type ArticleStore interface {
	// Article gives a whole article, or news.ErrNotFound.
	Article(ctx context.Context, id int64) (news.Article, error)
}

// EventStore reads the stories of events.
type EventStore interface {
	// Coverage gives the first stories of some events, each of them at most, by event.
	Coverage(ctx context.Context, events []int64, each int) (map[int64]news.Coverage, error)
}

// Searcher finds articles. Queries are in the query language of package search.
type Searcher interface {
	Search(ctx context.Context, q search.Request) (search.Found, error)
}

// EditionReader reads combined feeds.
type EditionReader interface {
	// ListEdition says which stories a part of a combined feed holds.
	ListEdition(context.Context, news.EditionQuery) (news.EditionList, error)
	// ReadEdition reads the stories of such a list.
	ReadEdition(context.Context, news.EditionList) (news.Edition, error)
}

// TopicStore reads and removes topics, and keeps the secrets of their feeds. User 0 is everybody.
type TopicStore interface {
	Topics(ctx context.Context, user int64) ([]news.Topic, error)
	Topic(ctx context.Context, user int64, name string) (news.Topic, error)
	// TopicBySecret gives the topic whose feed a secret gives access to, or news.ErrNotFound.
	TopicBySecret(ctx context.Context, secret string) (news.Topic, error)
	// SetTopicSecret replaces the secret of a topic's feed; "" takes it away.
	SetTopicSecret(ctx context.Context, id int64, secret string) error
	RemoveTopic(ctx context.Context, user int64, name string) error
}

// TopicSearcher finds the stories of topics.
type TopicSearcher interface {
	// TopicStories gives a part of a topic's stories and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
}

// TopicEditor adds and changes topics.
type TopicEditor interface {
	// AddTopic gives the topic as stored.
	AddTopic(ctx context.Context, t news.Topic) (news.Topic, error)
	// ChangeTopic changes the topic of that ID. It gives news.ErrNotFound where another has the name.
	ChangeTopic(ctx context.Context, t news.Topic) error
	// SeeTopic marks what matches now as seen.
	SeeTopic(ctx context.Context, t news.Topic) error
}

// AlertStore lists and removes the alerts of topics.
type AlertStore interface {
	Alerts(ctx context.Context, topic int64) ([]news.Alert, error)
	RemoveAlert(ctx context.Context, id int64) error
}

// AlertEditor adds and tests alerts.
type AlertEditor interface {
	// AddAlert gives the alert as stored. What is wrong with it is a *news.AlertError.
	AddAlert(ctx context.Context, a news.Alert) (news.Alert, error)
	// TestAlert sends an alert now; its error is the receiver's.
	TestAlert(ctx context.Context, id int64) error
}

// FeedStore lists feeds.
type FeedStore interface {
	Feeds(ctx context.Context) ([]news.Feed, error)
}

// FeedEditor subscribes to feeds and ends subscriptions.
type FeedEditor interface {
	// FindFeeds looks for the feeds behind an address and adds nothing.
	FindFeeds(ctx context.Context, address string) (news.Finding, error)
	AddFeed(ctx context.Context, f news.Feed) (news.Feed, error)
	RemoveFeed(ctx context.Context, id int64) error
}

// StatusReader counts what is stored and what is still to do.
type StatusReader interface {
	Status(ctx context.Context) (news.Status, error)
}
