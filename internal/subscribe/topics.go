package subscribe

import (
	"context"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// Topics adds and changes topics.
type Topics struct {
	Store *store.DB
	Now   func() time.Time
}

// AddTopic adds a topic after checking its name, query and options, and returns it as stored.
func (t *Topics) AddTopic(ctx context.Context, topic news.Topic) (news.Topic, error) {
	if err := checkTopic(topic); err != nil {
		return topic, err
	}
	if topic.Added.IsZero() {
		topic.Added = t.Now()
	}
	var err error
	topic.ID, err = t.Store.AddTopic(ctx, topic)
	return topic, err
}

// ChangeTopic changes the name, query and options of the topic with that ID.
func (t *Topics) ChangeTopic(ctx context.Context, topic news.Topic) error {
	if err := checkTopic(topic); err != nil {
		return err
	}
	return t.Store.ChangeTopic(ctx, topic)
}

// SeeTopic records that somebody has seen a topic's stories as they are now. None of them is new any more.
func (t *Topics) SeeTopic(ctx context.Context, topic news.Topic) error {
	through, err := t.Store.TopicsMark(ctx)
	if err != nil {
		return err
	}
	return t.Store.MarkTopicSeen(ctx, topic.ID, through)
}

func checkTopic(topic news.Topic) error {
	if err := news.CheckName(topic.Name); err != nil {
		return err
	}
	return search.CheckTopic(topic)
}
