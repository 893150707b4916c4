package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/outbox"
	"headwater/internal/schedule"
	"headwater/internal/search"
	"headwater/internal/store"
)

// digestSchedule is the default schedule of mails.
const digestSchedule = "every day at 07:00"

// storyReader reads the stories for messages.
type storyReader interface {
	Story(ctx context.Context, id int64) (news.Story, error)
	// TopicStories returns a part of a topic's stories, the newest first, and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
}

// Alerts adds, changes and tests alerts. The store lists and removes them.
type Alerts struct {
	Store   *store.DB
	Sender  *Sender // nil refuses all alerts
	Stories storyReader
	Now     func() time.Time
}

// AddAlert adds an alert for the stories that match a topic from now on. It returns the alert as stored, with the secret
// that signs webhooks, which is made where there is none. It returns a *news.AlertError for a wrong alert, and
// news.ErrExists where the topic has an alert with the same target.
func (as *Alerts) AddAlert(ctx context.Context, a news.Alert) (news.Alert, error) {
	a, _, err := as.checked(a)
	if err != nil {
		return a, err
	}
	if a.Kind == news.AlertWebhook {
		a.Secret = cmp.Or(a.Secret, newSecret())
	}
	a.Added = as.Now()
	a.ID, err = as.Store.AddAlert(ctx, a)
	return a, err
}

// ChangeAlert changes the target, secret, schedule and options of the alert with that ID. An empty secret stays what it is; a token
// goes to no other host that way. What waits follows the new schedule. Its errors are those of AddAlert, and news.ErrNotFound.
func (as *Alerts) ChangeAlert(ctx context.Context, a news.Alert) (news.Alert, error) {
	was, err := as.Store.Alert(ctx, a.ID)
	if err != nil {
		return a, err
	}
	a.Topic, a.User, a.Kind = was.Topic, was.User, was.Kind
	if a = addressed(a); a.Secret == "" && was.Secret != "" {
		if was.Secret == news.DamagedSecret {
			field := "secret"
			if a.Kind.TakesToken() {
				field = "token"
			}
			return a, &news.AlertError{Field: field, Text: errDamagedSecret.Error()}
		}
		if a.Kind.TakesToken() && hostOf(a.Target) != hostOf(was.Target) {
			return a, &news.AlertError{Field: "token", Text: fmt.Sprintf("the token was given for %s; give one for %s", hostOf(was.Target), hostOf(a.Target))}
		}
		a.Secret = was.Secret
	}
	a, when, err := as.checked(a)
	if err != nil {
		return a, err
	}
	if err := as.Store.ChangeAlert(ctx, a, when.Next(as.Now(), schedule.ZoneOf(a.Zone))); err != nil {
		return a, err
	}
	return as.Store.Alert(ctx, a.ID)
}

// checked returns an alert as it is stored, and its schedule. It returns a *news.AlertError for a wrong alert.
func (as *Alerts) checked(a news.Alert) (news.Alert, schedule.Schedule, error) {
	var when schedule.Schedule
	if as.Sender == nil {
		return a, when, &news.AlertError{Field: "kind", Text: "this server sends no alerts"}
	}
	a = addressed(a)
	if err := as.Sender.check(a); err != nil {
		return a, when, err
	}
	if a.Schedule == "" && a.Kind == news.AlertEmail {
		a.Schedule = digestSchedule
	}
	if a.Schedule != "" {
		var err error
		if when, err = schedule.Parse(a.Schedule); err != nil {
			return a, when, &news.AlertError{Field: "schedule", Text: err.Error()}
		}
	}
	if a.Kind != news.AlertEmail && !when.AtOnce() {
		return a, when, &news.AlertError{
			Field: "schedule",
			Text:  fmt.Sprintf("schedule %q: only mails are collected into digests; write it as \"at once\" or \"at once, not from 22:00 to 07:00\"", a.Schedule),
		}
	}
	if _, err := schedule.Zone(a.Zone); err != nil {
		return a, when, &news.AlertError{Field: "zone", Text: err.Error()}
	}
	a.Schedule = when.String()
	return a, when, nil
}

// TestAlert sends the topic's newest story, or a made-up one if there is none. If the receiver accepts it, waiting
// deliveries are sent at once. Otherwise the error is a *news.AlertError with what the receiver said and what to do; the
// alert has it as its problem.
func (as *Alerts) TestAlert(ctx context.Context, id int64) error {
	a, err := as.Store.Alert(ctx, id)
	if err != nil {
		return err
	}
	if as.Sender == nil {
		return &news.AlertError{Field: "kind", Text: "this server sends no alerts"}
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
	problem := as.Sender.send(ctx, message{Alert: a, Topic: topic, Items: []messageItem{item}})
	if problem != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	result := attempt(a, nil, problem, as.Now())
	result.Next = a.Next // a failed test delays no story
	if _, err = as.Store.RecordAttempt(ctx, result); err != nil || problem == nil {
		return err
	}
	return &news.AlertError{Field: "target", Text: outbox.Problem(problem, a.Secret)}
}

var errDamagedSecret = errors.New("the secret or token of this alert is damaged or was removed; change the alert and give it again")

// send sends a message once. It returns nil if the receiver accepted it, and the error of ctx if that ended first. Other
// errors are the receiver's.
func (s *Sender) send(ctx context.Context, m message) error {
	if m.Alert.Secret == news.DamagedSecret {
		return errDamagedSecret
	}
	err := outbox.Within(ctx, s.Timeout, func(ctx context.Context) error {
		switch m.Alert.Kind {
		case news.AlertWebhook:
			return s.webhook(ctx, m)
		case news.AlertNtfy:
			return s.ntfy(ctx, m)
		case news.AlertEmail:
			return s.mail(ctx, m)
		case news.AlertTelegram, news.AlertMatrix, news.AlertSlack, news.AlertDiscord, news.AlertGotify, news.AlertPushover:
			return s.chat(ctx, m)
		}
		return fmt.Errorf("alert %d is of no kind that there is: %q", m.Alert.ID, m.Alert.Kind)
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// check returns what is wrong with an alert, as a *news.AlertError. It does not check the schedule.
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
	case news.AlertTelegram, news.AlertMatrix, news.AlertSlack, news.AlertDiscord, news.AlertGotify, news.AlertPushover:
		if err := checkChat(a); err != nil {
			return err
		}
	default:
		kinds := make([]string, len(news.AlertKinds))
		for i, k := range news.AlertKinds {
			kinds[i] = string(k)
		}
		return &news.AlertError{Field: "kind", Text: fmt.Sprintf("there is no alert of the kind %q; the kinds are %s", a.Kind, strings.Join(kinds, ", "))}
	}
	if a.Kind == news.AlertWebhook && a.Secret != "" {
		if err := checkSecret(a.Secret); err != nil {
			return &news.AlertError{Field: "secret", Text: err.Error()}
		}
	}
	if strings.ContainsFunc(a.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &news.AlertError{Field: "token", Text: "the token can't be sent in a header; write it on one line, without spaces"}
	}
	if a.AgainOutlets < 0 || a.AgainOutlets == 1 {
		return &news.AlertError{Field: "again_outlets", Text: fmt.Sprintf("%d outlets are none to tell again of; give at least 2, or 0 for never", a.AgainOutlets)}
	}
	return nil
}
