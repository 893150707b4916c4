package subscribe

import (
	"context"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/text"
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
	topic.Options.Langs = languageCodes(topic.Options.Langs)
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
	topic.Options.Langs = languageCodes(topic.Options.Langs)
	return t.Store.ChangeTopic(ctx, topic)
}

// Followed returns the topic that makes a new one needless: one that finds the same, or else one of that name, among those that
// the topic's owner sees, which are the owner's and everybody's. It returns news.ErrNotFound where there is none.
func (t *Topics) Followed(ctx context.Context, topic news.Topic) (news.Topic, error) {
	topic.Options.Langs = languageCodes(topic.Options.Langs)
	have, err := t.Store.Topics(ctx, topic.User)
	if err == nil && topic.User != 0 {
		var everybodys []news.Topic
		everybodys, err = t.Store.Topics(ctx, 0)
		have = append(have, everybodys...)
	}
	if err != nil {
		return news.Topic{}, err
	}
	if i := slices.IndexFunc(have, topic.FindsSame); i >= 0 {
		return have[i], nil
	}
	if i := slices.IndexFunc(have, func(h news.Topic) bool { return h.Name == topic.Name }); i >= 0 {
		return have[i], nil
	}
	return news.Topic{}, news.ErrNotFound
}

// languageCodes returns languages by their codes, each once. CheckTopic has checked them.
func languageCodes(names []string) []string {
	var codes []string
	for _, name := range names {
		if code, err := text.LanguageCode(name); err == nil && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// SeeTopic records that a user has seen a topic's stories as they are now: none of them is new to that user any more. Viewer 0 sees a topic
// for everybody.
func (t *Topics) SeeTopic(ctx context.Context, topic news.Topic, viewer int64) error {
	through, err := t.Store.TopicsMark(ctx)
	if err != nil {
		return err
	}
	return t.Store.MarkTopicSeen(ctx, topic, viewer, through)
}

func checkTopic(topic news.Topic) error {
	if err := news.CheckName(topic.Name); err != nil {
		return err
	}
	return search.CheckTopic(topic)
}
