package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type alertList struct {
	Total  int          `json:"total" doc:"how many there are"`
	Alerts []view.Alert `json:"alerts" nullable:"false" doc:"all of the topic's, in the order in which they were added"`
}

func (s *server) alerts(ctx context.Context, q *struct{ ByName }) (*body[alertList], error) {
	t, list, err := s.topicAlerts(ctx, q.ByName)
	if err != nil {
		return nil, err
	}
	return &body[alertList]{alertList{len(list), view.All(list, func(a news.Alert) view.Alert { return view.AlertOf(t.Name, a) })}}, nil
}

func alertsPath(topic string) string { return "/topics/" + topic + "/alerts" }

func (s *server) topicAlerts(ctx context.Context, name ByName) (news.Topic, []news.Alert, error) {
	t, err := s.backend.Topic(ctx, 0, name.Name)
	if err != nil {
		return t, nil, s.fail(err, name.what(), "/topics")
	}
	list, err := s.backend.Alerts(ctx, t.ID)
	if err != nil {
		return t, nil, s.fail(err, "list of alerts", alertsPath(t.Name))
	}
	return t, list, nil
}

type newAlert struct {
	ByName
	Body struct {
		Kind          news.AlertKind `json:"kind" enum:"webhook,ntfy,email" doc:"how somebody is told"`
		Target        string         `json:"target" minLength:"1" maxLength:"2000" doc:"the address to post to, for ntfy with its topic; or the mail address"`
		Token         string         `json:"token,omitempty" maxLength:"500" doc:"the access token of an ntfy server, or empty"`
		Schedule      string         `json:"schedule,omitempty" maxLength:"100" example:"0 7 * * *" doc:"when mails go out: a cron spec in UTC, or each for at once; empty is every day at seven"`
		AgainOutlets  int            `json:"again_outlets,omitempty" minimum:"0" doc:"tell of a story again when at least so many outlets carry it; 0 is never"`
		AgainOriginal bool           `json:"again_original,omitempty" doc:"tell of a story again when its original joins it"`
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
	a, err := s.backend.AddAlert(ctx, news.Alert{
		Topic: t.ID, Kind: b.Kind, Target: b.Target, Secret: b.Token, Schedule: b.Schedule, AgainOutlets: b.AgainOutlets, AgainOriginal: b.AgainOriginal,
	})
	var wrong *news.AlertError
	switch {
	case errors.As(err, &wrong):
		return nil, invalid("body."+wrong.Field, nil, wrong.Text)
	case errors.Is(err, news.ErrExists):
		return nil, huma.Error409Conflict(fmt.Sprintf("%s has an alert of that kind for that target already; %s%s lists them", q.what(), topicPath(t.Name), "/alerts"))
	case err != nil:
		return nil, s.fail(err, "alert", alertsPath(t.Name))
	}
	shown := addedAlert{Alert: view.AlertOf(t.Name, a)}
	if a.Kind == news.AlertWebhook {
		shown.Secret = a.Secret
	}
	return &created[addedAlert]{fmt.Sprintf("%s/alerts/%d", topicPath(t.Name), a.ID), shown}, nil
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
