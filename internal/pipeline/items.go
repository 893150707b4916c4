package pipeline

import (
	"context"
	"maps"
	"slices"

	"headwater/internal/news"
)

// Items lists a user's items.
func (n *Newsroom) Items(ctx context.Context, user int64, l news.ItemList) ([]news.Item, error) {
	return n.Store.Items(ctx, user, l)
}

// CountItems counts what Items gives without limit and place.
func (n *Newsroom) CountItems(ctx context.Context, user int64, l news.ItemList) (news.Unread, error) {
	return n.Store.CountItems(ctx, user, l)
}

// Unread counts by feed what a user has not read.
func (n *Newsroom) Unread(ctx context.Context, user int64) ([]news.Unread, error) {
	return n.Store.Unread(ctx, user)
}

// topicCounted is how many stories of a topic are counted at most, as Google did.
const topicCounted = 1000

// UnreadTopic counts what a user has not read of a topic's newest stories, up to 1,000.
func (n *Newsroom) UnreadTopic(ctx context.Context, user int64, t news.Topic) (news.Unread, error) {
	return n.Store.UnreadTopic(ctx, user, t.ID, topicCounted)
}

// MarkItems does what a user wants with articles.
func (n *Newsroom) MarkItems(ctx context.Context, user int64, m news.Marking) error {
	return n.Store.MarkItems(ctx, user, m)
}

// MarkAllRead marks what a list would give as read.
func (n *Newsroom) MarkAllRead(ctx context.Context, user int64, l news.ItemList) error {
	return n.Store.MarkAllRead(ctx, user, l)
}

// States gives what a user made of articles.
func (n *Newsroom) States(ctx context.Context, user int64, ids []int64) (map[int64]news.ItemState, error) {
	return n.Store.States(ctx, user, ids)
}

// Labels gives the labels that a user has put on articles.
func (n *Newsroom) Labels(ctx context.Context, user int64) ([]string, error) {
	return n.Store.Labels(ctx, user)
}

// RenameLabel renames a folder and a user's label; an empty name takes both away.
func (n *Newsroom) RenameLabel(ctx context.Context, user int64, name, to string) error {
	return n.Store.RenameLabel(ctx, user, name, to)
}

// EditFeed gives a feed another title and folder.
func (n *Newsroom) EditFeed(ctx context.Context, id int64, title, folder string) error {
	return n.Store.EditFeed(ctx, id, title, folder)
}

// ArticlesByID gives whole articles in the order asked, without those that are not stored.
func (n *Newsroom) ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error) {
	return n.Store.ArticlesByID(ctx, ids)
}

// StoriesLedBy gives the stories for which some of the articles stand, by article.
func (n *Newsroom) StoriesLedBy(ctx context.Context, articles []int64) (map[int64]news.Story, error) {
	storyOf, err := n.Store.StoriesOf(ctx, articles)
	if err != nil {
		return nil, err
	}
	ids := slices.Compact(slices.Sorted(maps.Values(storyOf)))
	led := map[int64]news.Story{}
	if len(ids) == 0 {
		return led, nil
	}
	stories, err := n.Store.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	if err != nil {
		return nil, err
	}
	if err := n.mark(ctx, stories); err != nil {
		return nil, err
	}
	for _, s := range stories {
		led[s.Lead().Article.ID] = s
	}
	return led, nil
}
