package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/schedule"
)

func (f *fake) Alerts(_ context.Context, topic int64) ([]news.Alert, error) {
	defer f.lock()()
	return slices.Clone(f.alerts[topic]), f.broken
}

// checkAlert refuses what package notify refuses, as far as the pages can tell.
func checkAlert(a news.Alert) error {
	if !strings.HasPrefix(a.Target, "https:") && a.Kind != news.AlertEmail {
		return &news.AlertError{Field: "target", Text: "<" + a.Target + "> is no web address"}
	}
	if _, err := schedule.Parse(a.Schedule); err != nil {
		return &news.AlertError{Field: "schedule", Text: err.Error()}
	}
	if _, err := schedule.Zone(a.Zone); err != nil {
		return &news.AlertError{Field: "zone", Text: err.Error()}
	}
	return nil
}

func (f *fake) AddAlert(_ context.Context, a news.Alert) (news.Alert, error) {
	defer f.lock()()
	if err := checkAlert(a); err != nil {
		return a, err
	}
	for _, has := range f.alerts[a.Topic] {
		if has.Target == a.Target {
			return a, news.ErrExists
		}
	}
	if f.alerts == nil {
		f.alerts = map[int64][]news.Alert{}
	}
	a.ID = int64(len(f.alerts[a.Topic]) + 1)
	if a.Kind == news.AlertWebhook && a.Secret == "" {
		a.Secret = "whsec_c2VjcmV0"
	}
	f.alerts[a.Topic] = append(f.alerts[a.Topic], a)
	return a, f.broken
}

func (f *fake) ChangeAlert(_ context.Context, a news.Alert) (news.Alert, error) {
	defer f.lock()()
	if err := checkAlert(a); err != nil {
		return a, err
	}
	for i, has := range f.alerts[a.Topic] {
		if has.ID == a.ID {
			f.alerts[a.Topic][i] = a
			return a, f.broken
		}
	}
	return a, news.ErrNotFound
}

func (f *fake) RemoveAlert(_ context.Context, id int64) error {
	defer f.lock()()
	for topic, list := range f.alerts {
		f.alerts[topic] = slices.DeleteFunc(list, func(a news.Alert) bool { return a.ID == id })
	}
	return f.broken
}

// TestAlert has receivers called "down" refuse a test.
func (f *fake) TestAlert(_ context.Context, id int64) error {
	defer f.lock()()
	for _, list := range f.alerts {
		for i, a := range list {
			if a.ID != id {
				continue
			}
			list[i].Problem = ""
			if strings.Contains(a.Target, "down") {
				list[i].Problem = "500 Internal Server Error: see its log"
				return &news.AlertError{Field: "target", Text: list[i].Problem}
			}
		}
	}
	return f.broken
}

const alertsPage = "/topic/Mining/alerts"

// alertForm is what the form of an alert sends.
func alertForm(kind, target string, more ...string) url.Values {
	v := url.Values{"kind": {kind}, "target": {target}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// TestAlertForms adds alerts by the form, which are tested at once, changes, tests and removes them. A secret is shown once.
func TestAlertForms(t *testing.T) {
	f := edition()
	h := handler(f)
	const page = alertsPage
	form := alertForm
	for _, tt := range []struct {
		path   string
		form   url.Values
		status int
		leads  string // where a redirect leads; the text is that of the page there
		says   string
	}{
		{page, form("webhook", " https://a.example/hook ", "again_outlets", "10", "again_original", "yes"), 201, "", "Its secret is whsec_c2VjcmV0."},
		{page, form("webhook", "https://a.example/hook"), 409, "", "is told of this topic already"},
		{page, form("ntfy", "news", "server", "https://down.example/", "token", "tk_1"), 303, page + "?added=2", "https://down.example/news is an alert now, but its test failed. 500 Internal Server Error: see its log"},
		{page, form("email", "anna@example.org", "when", "at", "days", "weekdays", "at", "18:30", "zone", "Europe/Berlin"), 303, page + "?added=3", "A test was sent to anna@example.org, and taken. From now on it is told of what is new."},
		{page, form("webhook", "<b>c</b>"), 400, "", "<<b>c</b>> is no web address"},
		{page, form("webhook", "https://c.example/", "again_outlets", "many"), 400, "", `"many" is no number of outlets.`},
		{page, form("webhook", "https://c.example/", "quiet_from", "22:00"), 400, "", "Quiet hours need a begin and an end."},
		{page, form("email", "ben@example.org", "when", "at", "days", "every day", "at", "25:00", "zone", "Mars/Olympus"), 400, "", "hours go from 0 to 23"},
		{page, form("email", "ben@example.org", "when", "at", "days", "every day", "at", "07:00", "zone", "Mars/Olympus"), 400, "", "there is no such time zone"},
		{page, form("pigeon", "ben"), 400, "", `"pigeon" is no kind of alert.`},
		{"/topic/Unknown/alerts", form("webhook", "https://c.example/"), 404, "", "Not found"},
		{page + "/1/test", nil, 303, page + "?tested=1", "A test was sent to https://a.example/hook, and taken."},
		{page + "/2/test", nil, 303, page + "?tested=2", "https://down.example/news did not take the test: 500 Internal Server Error: see its log"},
		{page + "/9/test", nil, 404, "", "no such alert"},
		{page + "/2", form("ntfy", "news", "server", "https://up.example", "quiet_from", "22:00", "quiet_to", "07:00", "zone", "UTC"), 303, page + "?changed=2", "at once, not from 22:00 to 07:00"},
		{page + "/3", form("email", "anna@example.org", "when", "every", "every", "every 4 hours", "zone", "Europe/Berlin"), 303, page + "?changed=3", "every 4 hours (by the clocks of Europe/Berlin)"},
		{page + "/3", form("email", "anna@example.org", "when", "at", "days", "Mondays", "at", "09:00", "and_at", "17:00", "zone", ""), 303, page + "?changed=3", "Mondays at 09:00 and 17:00 · next"},
		{page + "/3", form("email", "anna@example.org", "when", "at", "days", "Mondays", "at", "", "zone", ""), 400, "", "no time of day"},
		{page + "/9", form("email", "anna@example.org"), 404, "", "no such alert"},
		{page, form("matrix", "!room:example.org", "server", "https://up.example/", "token", "K3y"), 303, page + "?added=4", "A test was sent to https://up.example/!room:example.org, and taken."},
		{page + "/4", form("matrix", "!other:example.org", "server", "https://up.example"), 303, page + "?changed=4", "https://up.example/!other:example.org"},
		{page + "/4/remove", nil, 303, page + "?removed=4", "The alert is removed."},
		{"/topic/Unknown/alerts/1/remove", nil, 404, "", "Not found"},
		{page + "/2/remove", nil, 303, page + "?removed=2", "The alert is removed."},
		{page + "/2/remove", nil, 404, "", "no such alert"},
	} {
		w := post(t, h, tt.path, tt.form)
		text := w.Body.String()
		if at := w.Header().Get("Location"); at != tt.leads {
			t.Errorf("%s %v leads to %q, want %q", tt.path, tt.form, at, tt.leads)
		} else if at != "" {
			text = get(t, h, at).Body.String()
		}
		if w.Code != tt.status || !strings.Contains(words(t, text), tt.says) {
			t.Errorf("%s %v: %d %s; want %d, %q", tt.path, tt.form, w.Code, words(t, text), tt.status, tt.says)
		}
	}
	if a := f.alerts[0]; len(a) != 2 || a[0].AgainOutlets != 10 || !a[0].AgainOriginal || a[0].User != 1 || a[1].Schedule != "Mondays at 09:00 and 17:00" {
		t.Errorf("left are %+v", a)
	}
	if text := get(t, h, page).Body.String(); strings.Contains(text, "whsec_c2") || !strings.Contains(text, "https://a.example/hook") {
		t.Errorf("the page afterwards:\n%s", text)
	}
}

// TestAlertFormsAreKept shows what the kind needs and no more, and what was sent after an error.
func TestAlertFormsAreKept(t *testing.T) {
	f := edition()
	f.alerts = map[int64][]news.Alert{0: {{ID: 1, Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "0 7 1 * *"}}}
	h := handler(f)
	for _, tt := range []struct {
		kind      string
		has, none []string
	}{
		{"email", []string{`type="email"`, `name="when"`, `name="at"`, `value="UTC"`}, []string{`name="token"`, `name="secret"`, `name="server"`}},
		{"ntfy", []string{`name="server"`, `name="token"`, `name="quiet_from"`}, []string{`name="secret"`, `name="when"`, `type="email"`}},
		{"webhook", []string{`name="secret"`, `type="url"`}, []string{`name="token"`, `name="server"`, `name="when"`}},
		{"telegram", []string{`name="target"`, `name="token"`, "@BotFather"}, []string{`name="secret"`, `name="server"`, `name="when"`}},
		{"matrix", []string{`name="server"`, `name="target"`, `name="token"`}, []string{`name="secret"`, `name="when"`}},
		{"slack", []string{`name="target" value="" required type="password"`}, []string{`name="token"`, `name="secret"`, `name="server"`, `name="when"`}},
		{"discord", []string{`name="target" value="" required type="password"`}, []string{`name="token"`, `name="secret"`, `name="server"`}},
		{"gotify", []string{`name="target"`, `name="token"`}, []string{`name="secret"`, `name="server"`}},
		{"pushover", []string{`name="target"`, `name="token"`}, []string{`name="secret"`, `name="server"`}},
		{"pigeon", nil, []string{`name="target"`}},
		{"", nil, []string{`name="target"`}},
	} {
		body := get(t, h, alertsPage+"?kind="+tt.kind).Body.String()
		for _, want := range tt.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the form lacks %s", tt.kind, want)
			}
		}
		for _, not := range tt.none {
			if strings.Contains(body, not) {
				t.Errorf("%s: the form has %s", tt.kind, not)
			}
		}
	}
	body := post(t, h, alertsPage, alertForm("email", "ben@example.org", "when", "every", "every", "every 4 hours", "quiet_from", "23:00", "zone", "Mars", "again_outlets", "5")).Body.String()
	for _, kept := range []string{
		`value="ben@example.org"`, `value="every" checked`, `<option value="every 4 hours" selected>`, `value="23:00"`, `value="Mars"`, `value="5"`, `id="schedule-error"`,
	} {
		if !strings.Contains(body, kept) {
			t.Errorf("after an error the form lacks %s:\n%s", kept, body)
		}
	}
	// A cron spec that no words say stays as it is, and is not shown.
	body = get(t, h, alertsPage+"?change=1").Body.String()
	if strings.Contains(body, "0 7 1") || !strings.Contains(body, "as it is: at times of its own") || !strings.Contains(body, `value="own" checked`) {
		t.Errorf("the form of a cron spec:\n%s", body)
	}
	if w := post(t, h, alertsPage+"/1", alertForm("email", "anna@example.org", "when", "own", "zone", "Europe/Berlin")); w.Code != 303 || f.alerts[0][0].Schedule != "0 7 1 * *" {
		t.Errorf("%d, %+v", w.Code, f.alerts[0])
	}
}

// TestAlertStates shows how alerts go, in the reader's language.
func TestAlertStates(t *testing.T) {
	f := edition()
	f.alerts = map[int64][]news.Alert{0: {
		{ID: 1, Kind: news.AlertWebhook, Target: "https://a.example/", Waiting: 3, Failures: 2, Problem: "no <answer> within 15s", Next: now.Add(8 * time.Minute)},
		{ID: 2, Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "0 7 * * *", Waiting: 3},
		{ID: 3, Kind: news.AlertNtfy, Target: "https://ntfy.example/x", Ended: true, Problem: "410 Gone"},
		{ID: 4, Kind: news.AlertEmail, Target: "ben@example.org", Schedule: "weekdays at 18:30", Zone: "Gone/Zone"},
		{ID: 5, User: 7, Kind: news.AlertEmail, Target: "of.another@example.org", Schedule: "at once"},
	}}
	h := handler(f)
	text := words(t, get(t, h, alertsPage).Body.String())
	for _, want := range []string{
		"webhook https://a.example/ failing at once · next try: in 8 min no <answer> within 15s", "e-mail anna@example.org 3 waiting every day at 07:00 · next: 19 Aug, 07:00",
		"ntfy https://ntfy.example/x ended at once 410 Gone", "weekdays at 18:30 (by UTC, since the time zone Gone/Zone is not known any more)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "of.another") {
		t.Error("the alert of another user is shown")
	}
	german := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://news.example"+alertsPage, nil)
	german.Header.Set("Accept-Language", "de")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, german); !strings.Contains(words(t, w.Body.String()), "jeden Tag um 07:00") {
		t.Errorf("in German:\n%s", words(t, w.Body.String()))
	}
	f.broken = errors.New("database is on fire")
	if w := get(t, h, alertsPage); w.Code != 500 || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("%d", w.Code)
	}
}
