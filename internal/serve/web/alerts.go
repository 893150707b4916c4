package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"headwater/internal/news"
)

type alertsView struct {
	Topic  link
	Add    string // where the form goes
	Alerts []alertView
	Form   alertForm
	Notice string
	Secret string // of a webhook that was just added
}

type alertForm struct {
	Kind, Target, Schedule string
	AgainOutlets           string
	AgainOriginal          bool
	Error                  string
}

type alertView struct {
	Kind         news.AlertKind
	Target, When string
	State, Class string
	Problem      string
	Next         timestamp
	Test, Remove string
}

func (s *server) alerts(w http.ResponseWriter, r *http.Request) error {
	t, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	view := alertsView{}
	if r.URL.Query().Has("removed") {
		view.Notice = "The alert is removed."
	}
	return s.showAlerts(w, r, http.StatusOK, t, view)
}

func (s *server) showAlerts(w http.ResponseWriter, r *http.Request, status int, t news.Topic, view alertsView) error {
	list, err := s.backend.Alerts(r.Context(), t.ID)
	if err != nil {
		return fmt.Errorf("alerts of topic %q: %w", t.Name, err)
	}
	view.Topic = linkTopic(t)
	view.Add = view.Topic.URL + "/alerts"
	for _, a := range list {
		id := fmt.Sprintf("%s/%d", view.Add, a.ID)
		v := alertView{Kind: a.Kind, Target: a.Target, When: a.Schedule, State: "ok", Class: "good", Problem: a.Problem, Test: id + "/test", Remove: id + "/remove"}
		switch {
		case a.Ended:
			v.State, v.Class = "ended", "bad"
		case a.Problem != "":
			v.State, v.Class, v.Next = "failing", "bad", timestampOf(a.Next, s.locale(r))
		case a.Waiting > 0:
			v.State, v.Class = fmt.Sprintf("%d waiting", a.Waiting), "idle"
		}
		view.Alerts = append(view.Alerts, v)
	}
	return s.write(w, r, status, "alerts", page{Title: "Alerts of " + t.Name, Nav: view.Topic.URL, Body: view})
}

func (s *server) addAlert(w http.ResponseWriter, r *http.Request) error {
	t, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	if err := readForm(r); err != nil {
		return err
	}
	get := func(key string) string { return strings.TrimSpace(r.PostForm.Get(key)) }
	f := alertForm{
		Kind: get("kind"), Target: get("target"), Schedule: get("schedule"),
		AgainOutlets: get("again_outlets"), AgainOriginal: get("again_original") != "",
	}
	refuse := func(status int, text string) error {
		f.Error = text
		return s.showAlerts(w, r, status, t, alertsView{Form: f})
	}
	a := news.Alert{Topic: t.ID, Kind: news.AlertKind(f.Kind), Target: f.Target, AgainOriginal: f.AgainOriginal}
	switch a.Kind {
	case news.AlertEmail:
		a.Schedule = f.Schedule
	case news.AlertNtfy:
		a.Secret = get("token")
	case news.AlertWebhook: // AddAlert makes its secret
	}
	if f.AgainOutlets != "" {
		if a.AgainOutlets, err = strconv.Atoi(f.AgainOutlets); err != nil {
			return refuse(http.StatusBadRequest, fmt.Sprintf("%q is no number of outlets.", f.AgainOutlets))
		}
	}
	a, err = s.backend.AddAlert(r.Context(), a)
	var wrong *news.AlertError
	switch {
	case errors.As(err, &wrong):
		return refuse(http.StatusBadRequest, wrong.Text)
	case errors.Is(err, news.ErrExists):
		return refuse(http.StatusConflict, f.Target+" is told of this topic already.")
	case err != nil:
		return fmt.Errorf("add an alert to topic %q: %w", t.Name, err)
	}
	view := alertsView{Notice: a.Target + " is told of what is new from now on."}
	if a.Kind == news.AlertWebhook {
		view.Secret = a.Secret
	}
	return s.showAlerts(w, r, http.StatusCreated, t, view)
}

// topicAlert gives the topic and the alert that the path names, if the alert is the topic's.
func (s *server) topicAlert(r *http.Request) (news.Topic, news.Alert, error) {
	t, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return t, news.Alert{}, fmt.Errorf("topic: %w", err)
	}
	id, err := pathID(r)
	if err != nil {
		return t, news.Alert{}, err
	}
	list, err := s.backend.Alerts(r.Context(), t.ID)
	if err != nil {
		return t, news.Alert{}, fmt.Errorf("alerts of topic %q: %w", t.Name, err)
	}
	for _, a := range list {
		if a.ID == id {
			return t, a, nil
		}
	}
	return t, news.Alert{}, notFound("This topic has no such alert.")
}

func (s *server) removeAlert(w http.ResponseWriter, r *http.Request) error {
	t, a, err := s.topicAlert(r)
	if err != nil {
		return err
	}
	if err := s.backend.RemoveAlert(r.Context(), a.ID); err != nil {
		return fmt.Errorf("remove alert %d: %w", a.ID, err)
	}
	http.Redirect(w, r, linkTopic(t).URL+"/alerts?removed", http.StatusSeeOther)
	return nil
}

func (s *server) testAlert(w http.ResponseWriter, r *http.Request) error {
	t, a, err := s.topicAlert(r)
	if err != nil {
		return err
	}
	if err := s.backend.TestAlert(r.Context(), a.ID); err != nil {
		return s.showAlerts(w, r, http.StatusBadGateway, t, alertsView{Form: alertForm{Error: a.Target + " did not take the test: " + err.Error()}})
	}
	return s.showAlerts(w, r, http.StatusOK, t, alertsView{Notice: a.Target + " has taken a test."})
}
