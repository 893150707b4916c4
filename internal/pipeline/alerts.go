package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/search"
	"headwater/internal/store"
)

// digestAt is when mails go out where nobody says when.
const digestAt = "0 7 * * *"

// AddAlert has somebody told of a topic's stories from now on, and gives the alert as stored, with the secret that signs
// webhooks. What is wrong with it comes as a *news.AlertError; a target that the topic has gives news.ErrExists.
func (n *Newsroom) AddAlert(ctx context.Context, a news.Alert) (news.Alert, error) {
	if a.Kind == news.AlertEmail {
		a.Schedule = cmp.Or(a.Schedule, digestAt)
	}
	if err := n.checkAlert(a); err != nil {
		return a, err
	}
	if a.Kind == news.AlertWebhook {
		a.Secret = notify.NewSecret()
	}
	a.Added = n.Now()
	var err error
	a.ID, err = n.Store.AddAlert(ctx, a)
	return a, err
}

func (n *Newsroom) checkAlert(a news.Alert) error {
	if n.Alert == nil {
		return &news.AlertError{Field: "kind", Text: "this newsroom tells nobody of anything"}
	}
	if err := n.Alert.Check(a); err != nil {
		return err
	}
	switch {
	case a.Kind != news.AlertEmail && a.Schedule != "":
		return &news.AlertError{Field: "schedule", Text: "only mails have a schedule; leave it out"}
	case a.Kind != news.AlertEmail || a.Schedule == news.AtOnce:
		return nil
	}
	if _, err := poll.Next(a.Schedule, n.Now()); err != nil {
		return &news.AlertError{Field: "schedule", Text: fmt.Sprintf("%v, or as %q for a mail as soon as there is something", err, news.AtOnce)}
	}
	return nil
}

// Alerts gives the alerts of a topic.
func (n *Newsroom) Alerts(ctx context.Context, topic int64) ([]news.Alert, error) {
	return n.Store.Alerts(ctx, topic)
}

// AllAlerts gives the alerts of all topics.
func (n *Newsroom) AllAlerts(ctx context.Context) ([]news.Alert, error) {
	return n.Store.AllAlerts(ctx)
}

// AlertByID gives an alert, or news.ErrNotFound.
func (n *Newsroom) AlertByID(ctx context.Context, id int64) (news.Alert, error) {
	return n.Store.Alert(ctx, id)
}

// RemoveAlert tells somebody no more, also not of what waits.
func (n *Newsroom) RemoveAlert(ctx context.Context, id int64) error {
	return n.Store.RemoveAlert(ctx, id)
}

// TestAlert tells somebody of the topic's newest story, or of one that is made up where there is none. One that is taken
// has what waits told at once; the error of one that is not is the receiver's.
func (n *Newsroom) TestAlert(ctx context.Context, id int64) error {
	a, err := n.Store.Alert(ctx, id)
	if err != nil {
		return err
	}
	topic, err := n.Store.TopicByID(ctx, a.Topic)
	if err != nil {
		return err
	}
	stories, _, err := n.TopicStories(ctx, topic, 1, 0)
	var building *search.BuildingError
	if err != nil && !errors.As(err, &building) {
		return err
	}
	now := n.Now()
	if len(stories) == 0 {
		stories = []news.Story{{Title: "A test of the alert for " + topic.Name, Outlets: 1, First: now, Latest: now}}
	}
	item := notify.Item{Story: stories[0]}
	item.Delivery = news.Delivery{ID: deliveryID(), Alert: a.ID, Story: stories[0].ID, Reason: news.ReasonTest, Since: now}
	if err := n.Alert.Send(ctx, notify.Message{Alert: a, Topic: topic, Items: []notify.Item{item}}); err != nil {
		return err
	}
	_, err = n.Store.NoteAttempt(ctx, store.Attempt{Alert: a.ID, At: now})
	return err
}

// deliveryID is by what a receiver tells a message that comes twice.
func deliveryID() string { return "msg_" + rand.Text() }

// alertBatch is how many entries of the story log are looked at in one transaction.
const alertBatch = 500

// QueueAlerts looks through what is new in the story log, as far as it was matched with topics, for what is to be told.
func (n *Newsroom) QueueAlerts(ctx context.Context) error {
	n.alerting.Lock()
	defer n.alerting.Unlock()
	for {
		behind, err := n.Store.AlertsBehind(ctx)
		if err != nil || !behind {
			return err
		}
		if _, err := n.Store.QueueAlerts(ctx, alertBatch, n.tell); err != nil {
			return err
		}
	}
}

// tell decides whether a story is told of, and when.
func (n *Newsroom) tell(t store.Tell) (news.Delivery, bool) {
	reason := t.Alert.Reason(t.Before, t.Now)
	if reason == "" {
		return news.Delivery{}, false
	}
	now := n.Now()
	d := news.Delivery{ID: deliveryID(), Reason: reason, Since: now, Due: now}
	if t.Alert.Kind == news.AlertEmail && t.Alert.Schedule != news.AtOnce {
		// A spec was checked when it was added; one that can't be read any more mails at once rather than never.
		if next, err := poll.Next(t.Alert.Schedule, now); err == nil {
			d.Due = next
		}
	}
	return d, true
}
