package pipeline

import (
	"context"
	"slices"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Topics lists a user's topics by name, user 0 being everybody.
func (n *Newsroom) Topics(ctx context.Context, user int64) ([]news.Topic, error) {
	return n.Store.Topics(ctx, user)
}

// Topic gives a user's topic, user 0 being everybody, or news.ErrNotFound.
func (n *Newsroom) Topic(ctx context.Context, user int64, name string) (news.Topic, error) {
	return n.Store.Topic(ctx, user, name)
}

// TopicBySecret gives the topic whose feed a secret lets in to, or news.ErrNotFound.
func (n *Newsroom) TopicBySecret(ctx context.Context, secret string) (news.Topic, error) {
	return n.Store.TopicBySecret(ctx, secret)
}

// AddTopic follows a topic whose name, query and options are well-formed, and gives it as stored.
func (n *Newsroom) AddTopic(ctx context.Context, t news.Topic) (news.Topic, error) {
	if err := checkTopic(t); err != nil {
		return t, err
	}
	if t.Added.IsZero() {
		t.Added = n.Now()
	}
	var err error
	t.ID, err = n.Store.AddTopic(ctx, t)
	n.toMatch.ring() // the stories that there are are to be matched
	return t, err
}

// ChangeTopic gives the topic of that ID another name, query and options.
func (n *Newsroom) ChangeTopic(ctx context.Context, t news.Topic) error {
	if err := checkTopic(t); err != nil {
		return err
	}
	defer n.toMatch.ring()
	return n.Store.ChangeTopic(ctx, t)
}

func checkTopic(t news.Topic) error {
	if err := news.CheckName(t.Name); err != nil {
		return err
	}
	return search.CheckTopic(t)
}

// RemoveTopic removes a user's topic, user 0 being everybody.
func (n *Newsroom) RemoveTopic(ctx context.Context, user int64, name string) error {
	return n.Store.RemoveTopic(ctx, user, name)
}

// TopicStories gives what a topic finds, the newest first, and says how many stories there are.
func (n *Newsroom) TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error) {
	return n.searchStories(ctx, search.Request{Query: t.Query, Only: t.Options, Newest: true}, limit, offset)
}

// searchDepth is how many stories a topic gives to a reader's label at most.
const searchDepth = 2000

// TopicStoryIDs gives the ids of the newest 2,000 stories that a topic finds.
func (n *Newsroom) TopicStoryIDs(ctx context.Context, t news.Topic) ([]int64, error) {
	hits, err := n.find(ctx, search.Request{Query: t.Query, Only: t.Options, Limit: searchDepth, Newest: true, Stories: true, Settled: true})
	if err != nil {
		return nil, err
	}
	articles := make([]int64, len(hits.Hits))
	for i, h := range hits.Hits {
		articles[i] = h.ID
	}
	storyOf, err := n.Store.StoriesOf(ctx, articles)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, id := range storyOf {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// SeeTopic says that somebody has seen a topic's stories as they are now: none of them is new any more.
func (n *Newsroom) SeeTopic(ctx context.Context, t news.Topic) error {
	through, err := n.Store.Mark(ctx, topicsMark)
	if err != nil {
		return err
	}
	return n.Store.SeeTopic(ctx, t.ID, through)
}

// SetTopicSecret gives a topic's feed an address with a secret, or with "" none; the one before ends.
func (n *Newsroom) SetTopicSecret(ctx context.Context, t news.Topic, secret string) error {
	return n.Store.SetTopicSecret(ctx, t.ID, secret)
}
