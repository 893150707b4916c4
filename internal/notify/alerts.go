package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// digestSchedule is the default schedule of mails.
const digestSchedule = "0 7 * * *"

// storyReader reads the stories for messages.
type storyReader interface {
	Story(ctx context.Context, id int64) (news.Story, error)
	// TopicStories returns a part of a topic's stories, the newest first, and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
}

// Alerts adds and tests alerts. The store lists and removes them.
type Alerts struct {
	Store   *store.DB
	Sender  *Sender // nil refuses all alerts
	Stories storyReader
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
		return a, &news.AlertError{Field: "kind", Text: "this server sends no alerts"}
	}
	if err := as.Sender.check(a); err != nil {
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
	item := messageItem{Story: stories[0]}
	item.Delivery = news.Delivery{ID: deliveryID(), Alert: a.ID, Story: stories[0].ID, Reason: news.ReasonTest, Since: now}
	if err := as.Sender.send(ctx, message{Alert: a, Topic: topic, Items: []messageItem{item}}); err != nil {
		return err
	}
	_, err = as.Store.RecordAttempt(ctx, store.Attempt{Alert: a.ID, At: now})
	return err
}

// send sends a message once. It returns nil if the receiver accepted it, and the error of ctx if that ended first. Other
// errors are the receiver's.
func (s *Sender) send(ctx context.Context, m message) error {
	send, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var err error
	switch m.Alert.Kind {
	case news.AlertWebhook:
		err = s.webhook(send, m)
	case news.AlertNtfy:
		err = s.ntfy(send, m)
	case news.AlertEmail:
		err = s.mail(send, m)
	default:
		return fmt.Errorf("alert %d is of no kind that there is: %q", m.Alert.ID, m.Alert.Kind)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && errors.Is(send.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s; it is tried again later", s.Timeout)
	}
	return err
}

// check returns what is wrong with a new alert, as a *news.AlertError. It does not check the schedule.
func (s *Sender) check(a news.Alert) error {
	switch a.Kind {
	case news.AlertWebhook, news.AlertNtfy:
		u, err := url.Parse(a.Target)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%q is no web address; write it as https://example.org/hook", a.Target)}
		case u.User != nil: // lists and pages would show it
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%s holds a password, which lists would show; put a key into the path or the query, or for ntfy use a token", u.Redacted())}
		case a.Kind == news.AlertNtfy && strings.Trim(u.Path, "/") == "":
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%s names no topic; write it as https://ntfy.sh/TOPIC", a.Target)}
		}
	case news.AlertEmail:
		if err := checkAddress(a.Target); err != nil {
			return &news.AlertError{Field: "target", Text: err.Error()}
		}
		if s.Mail.Host == "" || s.Mail.From == "" {
			return &news.AlertError{Field: "kind", Text: errNoMail.Error()}
		}
	default:
		return &news.AlertError{Field: "kind", Text: fmt.Sprintf("there is no alert of the kind %q; the kinds are webhook, ntfy and email", a.Kind)}
	}
	if strings.ContainsFunc(a.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &news.AlertError{Field: "token", Text: "the token can't be sent in a header; write it on one line, without spaces"}
	}
	if a.AgainOutlets < 0 || a.AgainOutlets == 1 {
		return &news.AlertError{Field: "again_outlets", Text: fmt.Sprintf("%d outlets are none to tell again of; give at least 2, or 0 for never", a.AgainOutlets)}
	}
	return nil
}
