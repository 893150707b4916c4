package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

type alertList struct {
	Total  int          `json:"total" doc:"how many there are"`
	Alerts []view.Alert `json:"alerts" nullable:"false" doc:"those of the topic, in the order in which they were added: the own ones, and for whoever may change the topic those of no user"`
}

// AlertTopic names the topic of alerts: one of everybody, or with mine=true one of the viewer.
type AlertTopic struct {
	ByName
	Mine
}

// path is that of the topic's alerts, or of what stands below them.
func (q AlertTopic) path(below string) string {
	path := topicPath(q.Name) + "/alerts" + below
	if q.Mine.Mine {
		path += "?mine=true"
	}
	return path
}

// list is the path of the topic's alerts, for fail.
func (q AlertTopic) list() string { return strings.TrimPrefix(q.path(""), root) }

func (s *server) alerts(ctx context.Context, q *struct{ AlertTopic }) (*body[alertList], error) {
	t, list, err := s.topicAlerts(ctx, q.AlertTopic)
	if err != nil {
		return nil, err
	}
	return &body[alertList]{alertList{len(list), view.All(list, func(a news.Alert) view.Alert { return view.AlertOf(t.Name, a) })}}, nil
}

// topicAlerts gives a topic with the alerts of it that the viewer sees: the own ones, and where the viewer may change the topic those of no
// user. Nobody sees those of another user.
func (s *server) topicAlerts(ctx context.Context, q AlertTopic) (news.Topic, []news.Alert, error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return t, nil, err
	}
	list, err := s.backend.Alerts(ctx, t.ID)
	if err != nil {
		return t, nil, s.fail(err, "list of alerts", "/topics")
	}
	v := access.ViewerOf(ctx)
	return t, slices.DeleteFunc(list, func(a news.Alert) bool { return !v.SeesAlert(t, a) }), nil
}

type newAlert struct {
	AlertTopic
	Body struct {
		Own           bool           `json:"own,omitempty" doc:"let no other user see it; what readers add, and what is added to one's own topics, is always so"`
		Kind          news.AlertKind `json:"kind" enum:"webhook,ntfy,email,telegram,matrix,slack,discord,gotify,pushover" doc:"how somebody is told"`
		Target        string         `json:"target" minLength:"1" maxLength:"2000" doc:"the address to post to, for ntfy with its topic and for matrix with the id of its room; the mail address; the chat of telegram; the user or group of pushover"`
		Token         string         `json:"token,omitempty" maxLength:"500" doc:"the token of ntfy, telegram, matrix, gotify or pushover, or the key of a slack or discord webhook whose target has ... in its place; or empty"`
		Secret        string         `json:"secret,omitempty" maxLength:"200" doc:"what signs a webhook: whsec_ with 24 to 64 bytes in base64 behind it; empty makes one"`
		Schedule      string         `json:"schedule,omitempty" maxLength:"200" example:"weekdays at 18:30" doc:"when it tells: at once, or for mails every 2 hours, every day at 07:00, Mondays and Thursdays at 09:00; with hours in which nothing is told: at once, not from 22:00 to 07:00; or a cron spec. Empty is every day at 07:00 for mails, at once for others"`
		Zone          string         `json:"zone,omitempty" maxLength:"100" example:"Europe/Berlin" doc:"the time zone of the schedule, by its name in the IANA database; empty is UTC"`
		AgainOutlets  int            `json:"again_outlets,omitempty" minimum:"0" doc:"tell of a story again when at least so many outlets carry it; 0 is never"`
		AgainOriginal bool           `json:"again_original,omitempty" doc:"tell of a story again when its original joins it"`
		Test          bool           `json:"test,omitempty" doc:"send a test at once; the answer's problem says what came of it"`
	}
}

// changedAlert has what is to be different; what is left out stays.
type changedAlert struct {
	AlertTopic
	ID   int64 `path:"id" minimum:"1" doc:"the alert's number"`
	Body struct {
		Target        *string `json:"target,omitempty" minLength:"1" maxLength:"2000" doc:"the address to post to, for ntfy with its topic and for matrix with the id of its room; the mail address; the chat of telegram; the user or group of pushover"`
		Token         *string `json:"token,omitempty" minLength:"1" maxLength:"500" doc:"the token or key that is sent to the server; a target on another host needs one"`
		Secret        *string `json:"secret,omitempty" minLength:"1" maxLength:"200" doc:"what signs a webhook"`
		Schedule      *string `json:"schedule,omitempty" minLength:"1" maxLength:"200" example:"weekdays at 18:30" doc:"when it tells"`
		Zone          *string `json:"zone,omitempty" maxLength:"100" example:"Europe/Berlin" doc:"the time zone of the schedule"`
		AgainOutlets  *int    `json:"again_outlets,omitempty" minimum:"0" doc:"tell of a story again when at least so many outlets carry it; 0 is never"`
		AgainOriginal *bool   `json:"again_original,omitempty" doc:"tell of a story again when its original joins it"`
		Test          bool    `json:"test,omitempty" doc:"send a test at once; the answer's problem says what came of it"`
	}
}

// addedAlert shows the secret that signs a webhook, this once.
type addedAlert struct {
	view.Alert
	Secret string `json:"secret,omitempty" doc:"by which a webhook's receiver checks signatures; it is shown this once"`
}

func (s *server) addAlert(ctx context.Context, q *newAlert) (*created[addedAlert], error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	b, owner, viewer := q.Body, int64(0), access.ViewerOf(ctx)
	if b.Own || t.User != 0 || !viewer.May(access.Editor) {
		owner = viewer.User.ID
	}
	if b.Token != "" && !b.Kind.TakesToken() {
		return nil, invalid("body.token", nil, fmt.Sprintf("expected none: alerts of the kind %s take no token", b.Kind))
	}
	if b.Secret != "" && b.Kind != news.AlertWebhook {
		return nil, invalid("body.secret", nil, "expected none: only webhooks are signed")
	}
	a, err := s.backend.AddAlert(ctx, news.Alert{
		Topic: t.ID, User: owner, Kind: b.Kind, Target: b.Target, Secret: b.Token + b.Secret, Schedule: b.Schedule, Zone: b.Zone, AgainOutlets: b.AgainOutlets, AgainOriginal: b.AgainOriginal,
	})
	if err != nil {
		return nil, s.alertFail(err, q.AlertTopic)
	}
	tested, err := s.tested(ctx, q.AlertTopic, a.ID, b.Test)
	if err != nil {
		return nil, err
	}
	shown := addedAlert{Alert: view.AlertOf(t.Name, tested)}
	if a.Kind == news.AlertWebhook {
		shown.Secret = a.Secret
	}
	return &created[addedAlert]{q.path(fmt.Sprintf("/%d", a.ID)), shown}, nil
}

// alertFail is the answer to an alert that was not stored.
func (s *server) alertFail(err error, topic AlertTopic) error {
	var wrong *news.AlertError
	switch {
	case errors.As(err, &wrong):
		return invalid("body."+wrong.Field, nil, wrong.Text)
	case errors.Is(err, news.ErrExists):
		return huma.Error409Conflict(fmt.Sprintf("%s has an alert of that kind for that target already; %s lists them", topic.what(), topic.path("")))
	}
	return s.fail(err, "alert", topic.list())
}

// tested gives an alert of a topic as it is stored, and tests it first where that is asked for.
func (s *server) tested(ctx context.Context, topic AlertTopic, id int64, test bool) (news.Alert, error) {
	var refused *news.AlertError
	if test {
		if err := s.backend.TestAlert(ctx, id); err != nil && !errors.As(err, &refused) {
			return news.Alert{}, s.fail(err, fmt.Sprintf("alert %d", id), topic.list())
		}
	}
	return s.alert(ctx, &byAlert{topic, id})
}

func (s *server) changeAlert(ctx context.Context, q *changedAlert) (*body[view.Alert], error) {
	a, err := s.alert(ctx, &byAlert{q.AlertTopic, q.ID})
	if err != nil {
		return nil, err
	}
	b := q.Body
	switch {
	case b.Token != nil && !a.Kind.TakesToken():
		return nil, invalid("body.token", nil, fmt.Sprintf("expected none: alerts of the kind %s take no token", a.Kind))
	case b.Secret != nil && a.Kind != news.AlertWebhook:
		return nil, invalid("body.secret", nil, "expected none: only webhooks are signed")
	}
	a.Target = given(b.Target, a.Target)
	a.Secret = given(b.Token, given(b.Secret, "")) // "" keeps the one there is
	a.Schedule = given(b.Schedule, a.Schedule)
	a.Zone = given(b.Zone, a.Zone)
	a.AgainOutlets = given(b.AgainOutlets, a.AgainOutlets)
	a.AgainOriginal = given(b.AgainOriginal, a.AgainOriginal)
	if _, err := s.backend.ChangeAlert(ctx, a); err != nil {
		return nil, s.alertFail(err, q.AlertTopic)
	}
	if a, err = s.tested(ctx, q.AlertTopic, a.ID, b.Test); err != nil {
		return nil, err
	}
	return &body[view.Alert]{view.AlertOf(q.Name, a)}, nil
}

// byAlert names an alert of a topic.
type byAlert struct {
	AlertTopic
	ID int64 `path:"id" minimum:"1" doc:"the alert's number"`
}

// alert gives the alert if it is the topic's.
func (s *server) alert(ctx context.Context, q *byAlert) (news.Alert, error) {
	_, list, err := s.topicAlerts(ctx, q.AlertTopic)
	if err != nil {
		return news.Alert{}, err
	}
	for _, a := range list {
		if a.ID == q.ID {
			return a, nil
		}
	}
	return news.Alert{}, s.fail(news.ErrNotFound, fmt.Sprintf("alert %d of %s", q.ID, q.what()), q.list())
}

func (s *server) removeAlert(ctx context.Context, q *byAlert) (*struct{}, error) {
	a, err := s.alert(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := s.backend.RemoveAlert(ctx, a.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("alert %d", a.ID), q.list())
	}
	return nil, nil
}

func (s *server) testAlert(ctx context.Context, q *byAlert) (*struct{}, error) {
	a, err := s.alert(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := s.backend.TestAlert(ctx, a.ID); err != nil {
		return nil, huma.Error502BadGateway(fmt.Sprintf("alert %d was not taken: %v", a.ID, err))
	}
	return nil, nil
}
