package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

type alertList struct {
	Total  int          `json:"total" doc:"how many there are"`
	Alerts []view.Alert `json:"alerts" nullable:"false" doc:"those of the topic, in the order in which they were added, but for those of other users"`
}

func (s *server) alerts(ctx context.Context, q *struct{ ByName }) (*body[alertList], error) {
	t, list, err := s.topicAlerts(ctx, q.ByName)
	if err != nil {
		return nil, err
	}
	return &body[alertList]{alertList{len(list), view.All(list, func(a news.Alert) view.Alert { return view.AlertOf(t.Name, a) })}}, nil
}

func alertsPath(topic string) string { return "/topics/" + topic + "/alerts" }

// topicAlerts gives a topic of everybody with its alerts: the viewer's and those of nobody, but not those of other users, which they alone see.
func (s *server) topicAlerts(ctx context.Context, name ByName) (news.Topic, []news.Alert, error) {
	t, err := s.backend.Topic(ctx, 0, name.Name)
	if err != nil {
		return t, nil, s.fail(err, name.what(), "/topics")
	}
	list, err := s.backend.Alerts(ctx, t.ID)
	if err != nil {
		return t, nil, s.fail(err, "list of alerts", alertsPath(t.Name))
	}
	viewer := access.ViewerOf(ctx).User.ID
	return t, slices.DeleteFunc(list, func(a news.Alert) bool { return a.User != 0 && a.User != viewer }), nil
}

type newAlert struct {
	ByName
	Body struct {
		Kind          news.AlertKind `json:"kind" enum:"webhook,ntfy,email" doc:"how somebody is told"`
		Target        string         `json:"target" minLength:"1" maxLength:"2000" doc:"the address to post to, for ntfy with its topic; or the mail address"`
		Token         string         `json:"token,omitempty" maxLength:"500" doc:"the access token of an ntfy server, or empty"`
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
	ByName
	ID   int64 `path:"id" minimum:"1" doc:"the alert's number"`
	Body struct {
		Target        *string `json:"target,omitempty" minLength:"1" maxLength:"2000" doc:"the address to post to, for ntfy with its topic; or the mail address"`
		Token         *string `json:"token,omitempty" minLength:"1" maxLength:"500" doc:"the access token of an ntfy server"`
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
	t, err := s.backend.Topic(ctx, 0, q.Name)
	if err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	b := q.Body
	if b.Token != "" && b.Kind != news.AlertNtfy {
		return nil, invalid("body.token", nil, "expected none: only ntfy takes a token")
	}
	if b.Secret != "" && b.Kind != news.AlertWebhook {
		return nil, invalid("body.secret", nil, "expected none: only webhooks are signed")
	}
	a, err := s.backend.AddAlert(ctx, news.Alert{
		Topic: t.ID, Kind: b.Kind, Target: b.Target, Secret: b.Token + b.Secret, Schedule: b.Schedule, Zone: b.Zone, AgainOutlets: b.AgainOutlets, AgainOriginal: b.AgainOriginal,
	})
	if err != nil {
		return nil, s.alertFail(err, q.ByName)
	}
	tested, err := s.tested(ctx, q.ByName, a.ID, b.Test)
	if err != nil {
		return nil, err
	}
	shown := addedAlert{Alert: view.AlertOf(t.Name, tested)}
	if a.Kind == news.AlertWebhook {
		shown.Secret = a.Secret
	}
	return &created[addedAlert]{fmt.Sprintf("%s/alerts/%d", topicPath(t.Name), a.ID), shown}, nil
}

// alertFail is the answer to an alert that was not stored.
func (s *server) alertFail(err error, topic ByName) error {
	var wrong *news.AlertError
	switch {
	case errors.As(err, &wrong):
		return invalid("body."+wrong.Field, nil, wrong.Text)
	case errors.Is(err, news.ErrExists):
		return huma.Error409Conflict(fmt.Sprintf("%s has an alert of that kind for that target already; %s%s lists them", topic.what(), topicPath(topic.Name), "/alerts"))
	}
	return s.fail(err, "alert", alertsPath(topic.Name))
}

// tested gives an alert of a topic as it is stored, and tests it first where that is asked for.
func (s *server) tested(ctx context.Context, topic ByName, id int64, test bool) (news.Alert, error) {
	var refused *news.AlertError
	if test {
		if err := s.backend.TestAlert(ctx, id); err != nil && !errors.As(err, &refused) {
			return news.Alert{}, s.fail(err, fmt.Sprintf("alert %d", id), alertsPath(topic.Name))
		}
	}
	return s.alert(ctx, &byAlert{topic, id})
}

func (s *server) changeAlert(ctx context.Context, q *changedAlert) (*body[view.Alert], error) {
	a, err := s.alert(ctx, &byAlert{q.ByName, q.ID})
	if err != nil {
		return nil, err
	}
	b := q.Body
	switch {
	case b.Token != nil && a.Kind != news.AlertNtfy:
		return nil, invalid("body.token", nil, "expected none: only ntfy takes a token")
	case b.Secret != nil && a.Kind != news.AlertWebhook:
		return nil, invalid("body.secret", nil, "expected none: only webhooks are signed")
	}
	a.Target = given(b.Target, a.Target)
	a.Secret = given(b.Token, given(b.Secret, a.Secret))
	a.Schedule = given(b.Schedule, a.Schedule)
	a.Zone = given(b.Zone, a.Zone)
	a.AgainOutlets = given(b.AgainOutlets, a.AgainOutlets)
	a.AgainOriginal = given(b.AgainOriginal, a.AgainOriginal)
	if _, err := s.backend.ChangeAlert(ctx, a); err != nil {
		return nil, s.alertFail(err, q.ByName)
	}
	if a, err = s.tested(ctx, q.ByName, a.ID, b.Test); err != nil {
		return nil, err
	}
	return &body[view.Alert]{view.AlertOf(q.Name, a)}, nil
}

// byAlert names an alert of a topic.
type byAlert struct {
	ByName
	ID int64 `path:"id" minimum:"1" doc:"the alert's number"`
}

// alert gives the alert if it is the topic's.
func (s *server) alert(ctx context.Context, q *byAlert) (news.Alert, error) {
	t, list, err := s.topicAlerts(ctx, q.ByName)
	if err != nil {
		return news.Alert{}, err
	}
	for _, a := range list {
		if a.ID == q.ID {
			return a, nil
		}
	}
	return news.Alert{}, s.fail(news.ErrNotFound, fmt.Sprintf("alert %d of %s", q.ID, q.what()), alertsPath(t.Name))
}

func (s *server) removeAlert(ctx context.Context, q *byAlert) (*struct{}, error) {
	a, err := s.alert(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := s.backend.RemoveAlert(ctx, a.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("alert %d", a.ID), alertsPath(q.Name))
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
