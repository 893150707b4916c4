package web

import (
	"context"

	"headwater/internal/news"
)

// Newsroom is what the pages need; package newsroom provides it.
type Newsroom interface {
	Stories
	Search
	Topics
	TopicEditor
	Alerts
	Feeds
	// Article gives a whole article, or news.ErrNotFound.
	Article(ctx context.Context, id int64) (news.Article, error)
	// Status counts what is stored and what is still to do.
	Status(ctx context.Context) (news.Status, error)
}

// Stories gives stories.
type Stories interface {
	Stories(ctx context.Context, list news.StoryList) ([]news.Story, error)
	// Coverage gives the first stories of some events, each of them at most, by event.
	Coverage(ctx context.Context, events []int64, each int) (map[int64]news.Coverage, error)
	// Story gives the living story: where id was merged into another, the story has that other's ID.
	Story(ctx context.Context, id int64) (news.Story, error)
	// StoryOf gives the story that an article belongs to, or news.ErrNotFound while it is unsettled.
	StoryOf(ctx context.Context, article int64) (news.Story, error)
	// Comparisons says what each member of a story takes from the origin, by article id; an original has none.
	Comparisons(ctx context.Context, st news.Story) (map[int64]news.Comparison, error)
	// Reports gives a story's members by outlet, the newest version of each first, with what each version changed.
	Reports(ctx context.Context, st news.Story) ([]news.Report, error)
}

// Search finds articles and stories. Queries are in the query language of package index.
type Search interface {
	Search(ctx context.Context, q news.Search) (news.Found, error)
	// ListEdition says which stories a part of a combined feed holds.
	ListEdition(context.Context, news.EditionQuery) (news.EditionList, error)
	// ReadEdition reads the stories of such a list.
	ReadEdition(context.Context, news.EditionList) (news.Edition, error)
}

// Topics gives the saved queries that somebody follows.
type Topics interface {
	// Topics gives a user's topics, user 0 being everybody.
	Topics(ctx context.Context, user int64) ([]news.Topic, error)
	Topic(ctx context.Context, user int64, name string) (news.Topic, error)
	// TopicBySecret gives the topic whose feed a secret lets in to, or news.ErrNotFound.
	TopicBySecret(ctx context.Context, secret string) (news.Topic, error)
	// TopicStories gives a topic's stories and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
}

// TopicEditor changes topics.
type TopicEditor interface {
	// AddTopic gives the topic as stored.
	AddTopic(ctx context.Context, t news.Topic) (news.Topic, error)
	// ChangeTopic changes the topic of that ID. It gives news.ErrNotFound where another has the name.
	ChangeTopic(ctx context.Context, t news.Topic) error
	// SeeTopic says that what matches now is not new any more.
	SeeTopic(ctx context.Context, t news.Topic) error
	SetTopicSecret(ctx context.Context, t news.Topic, secret string) error
	RemoveTopic(ctx context.Context, user int64, name string) error
}

// Feeds gives and changes what is subscribed.
type Feeds interface {
	Feeds(ctx context.Context) ([]news.Feed, error)
	// FindFeeds looks for the feeds behind an address and adds nothing.
	FindFeeds(ctx context.Context, address string) (news.Finding, error)
	AddFeed(ctx context.Context, f news.Feed) (news.Feed, error)
	RemoveFeed(ctx context.Context, id int64) error
}
