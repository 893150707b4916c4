package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// digestSchedule is the default schedule of mails.
const digestSchedule = "0 7 * * *"

// StoryReader reads the stories for messages.
type StoryReader interface {
	Story(ctx context.Context, id int64) (news.Story, error)
	// TopicStories returns a part of a topic's stories, the newest first, and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
}

// Alerts adds and tests alerts. The store lists and removes them.
type Alerts struct {
	Store   *store.DB
	Sender  *Sender // nil refuses all alerts
	Stories StoryReader
	Now     func() time.Time
}

// AddAlert adds an alert for the stories that match a topic from now on. It returns the alert as stored, with the secret
// that signs webhooks. It returns a *news.AlertError for a wrong alert, and news.ErrExists where the topic has an alert
// with the same target.
func (as *Alerts) AddAlert(ctx context.Context, a news.Alert) (news.Alert, error) {
	if a.Kind == news.AlertEmail {
		a.Schedule = cmp.Or(a.Schedule, digestSchedule)
	}
	if as.Sender == nil {
		return a, &news.AlertError{Field: "kind", Text: "this newsroom tells nobody of anything"}
	}
	if err := as.Sender.Check(a); err != nil {
		return a, err
	}
	if a.Kind != news.AlertEmail && a.Schedule != "" {
		return a, &news.AlertError{Field: "schedule", Text: "only mails have a schedule; leave it out"}
	}
	if a.Kind == news.AlertEmail && a.Schedule != news.AtOnce {
		if _, err := poll.Next(a.Schedule, as.Now()); err != nil {
			return a, &news.AlertError{Field: "schedule", Text: fmt.Sprintf("%v, or as %q for a mail as soon as there is something", err, news.AtOnce)}
		}
	}
	if a.Kind == news.AlertWebhook {
		a.Secret = newSecret()
	}
	a.Added = as.Now()
	var err error
	a.ID, err = as.Store.AddAlert(ctx, a)
	return a, err
}

// TestAlert sends the topic's newest story, or a made-up one if there is none. If the receiver accepts it, waiting
// deliveries are sent at once. Otherwise the error is the receiver's.
func (as *Alerts) TestAlert(ctx context.Context, id int64) error {
	a, err := as.Store.Alert(ctx, id)
	if err != nil {
		return err
	}
	topic, err := as.Store.TopicByID(ctx, a.Topic)
	if err != nil {
		return err
	}
	stories, _, err := as.Stories.TopicStories(ctx, topic, 1, 0)
	var building *search.BuildingError
	if err != nil && !errors.As(err, &building) {
		return err
	}
	now := as.Now()
	if len(stories) == 0 {
		stories = []news.Story{{Title: "A test of the alert for " + topic.Name, Outlets: 1, First: now, Latest: now}}
	}
	item := Item{Story: stories[0]}
	item.Delivery = news.Delivery{ID: deliveryID(), Alert: a.ID, Story: stories[0].ID, Reason: news.ReasonTest, Since: now}
	if err := as.Sender.Send(ctx, Message{Alert: a, Topic: topic, Items: []Item{item}}); err != nil {
		return err
	}
	_, err = as.Store.RecordAttempt(ctx, store.Attempt{Alert: a.ID, At: now})
	return err
}
