package web_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

func (f *fake) Alerts(_ context.Context, topic int64) ([]news.Alert, error) {
	defer f.lock()()
	return slices.Clone(f.alerts[topic]), f.broken
}

func (f *fake) AddAlert(_ context.Context, a news.Alert) (news.Alert, error) {
	defer f.lock()()
	if !strings.HasPrefix(a.Target, "https:") {
		return a, &news.AlertError{Field: "target", Text: "<" + a.Target + "> is no web address"}
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
	if a.Kind == news.AlertWebhook {
		a.Secret = "whsec_c2VjcmV0"
	}
	f.alerts[a.Topic] = append(f.alerts[a.Topic], a)
	return a, f.broken
}

func (f *fake) ChangeAlert(_ context.Context, a news.Alert) (news.Alert, error) {
	defer f.lock()()
	if !strings.HasPrefix(a.Target, "https:") {
		return a, &news.AlertError{Field: "target", Text: "<" + a.Target + "> is no web address"}
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

func (f *fake) TestAlert(_ context.Context, id int64) error {
	if id == 1 {
		return nil
	}
	return errors.New("500 Internal Server Error: see its log")
}

// TestAlertForms adds alerts by the form, tests and removes them. A secret is shown once.
func TestAlertForms(t *testing.T) {
	f := edition()
	h := handler(f)
	const page = "/topic/Mining/alerts"
	form := func(kind, target string, more ...string) url.Values {
		v := url.Values{"kind": {kind}, "target": {target}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for _, tt := range []struct {
		path   string
		form   url.Values
		status int
		says   string
	}{
		{page, form("webhook", " https://a.example/hook ", "again_outlets", "10", "again_original", "yes"), 201, "Its secret is whsec_c2VjcmV0."},
		{page, form("webhook", "https://a.example/hook"), 409, "is told of this topic already"},
		{page, form("ntfy", "https://b.example/topic", "token", "tk_1"), 201, "https://b.example/topic is told of what is new from now on."},
		{page, form("webhook", "<b>c</b>"), 400, "<<b>c</b>> is no web address"},
		{page, form("webhook", "https://c.example/", "again_outlets", "many"), 400, `"many" is no number of outlets.`},
		{"/topic/Unknown/alerts", form("webhook", "https://c.example/"), 404, "Not found"},
		{page + "/1/test", nil, 200, "has taken a test"},
		{page + "/2/test", nil, 502, "https://b.example/topic did not take the test: 500 Internal Server Error: see its log"},
		{page + "/3/test", nil, 404, "no such alert"},
		{"/topic/Unknown/alerts/1/remove", nil, 404, "Not found"},
		{page + "/2/remove", nil, 303, ""},
		{page + "/2/remove", nil, 404, "no such alert"},
	} {
		w := post(t, h, tt.path, tt.form)
		if w.Code != tt.status || !strings.Contains(words(t, w.Body.String()), tt.says) {
			t.Errorf("%s %v: %d %s; want %d, %q", tt.path, tt.form, w.Code, words(t, w.Body.String()), tt.status, tt.says)
		}
	}
	if a := f.alerts[0]; len(a) != 1 || a[0].AgainOutlets != 10 || !a[0].AgainOriginal {
		t.Errorf("left are %+v", a)
	}
	if text := get(t, h, page).Body.String(); strings.Contains(text, "whsec_") || !strings.Contains(text, "https://a.example/hook") {
		t.Errorf("the page afterwards:\n%s", text)
	}
}

// TestAlertStates shows how alerts go.
func TestAlertStates(t *testing.T) {
	f := edition()
	f.alerts = map[int64][]news.Alert{0: {
		{ID: 1, Kind: news.AlertWebhook, Target: "https://a.example/", Waiting: 3, Failures: 2, Problem: "no <answer> within 15s", Next: now.Add(8 * time.Minute)},
		{ID: 2, Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "0 7 * * *", Waiting: 3},
		{ID: 3, Kind: news.AlertNtfy, Target: "https://ntfy.example/x", Ended: true, Problem: "410 Gone"},
	}}
	h := handler(f)
	text := words(t, get(t, h, "/topic/Mining/alerts").Body.String())
	for _, want := range []string{"no <answer> within 15s failing in 8 min", "email 0 7 * * * anna@example.org 3 waiting", "410 Gone ended"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	f.broken = errors.New("database is on fire")
	if w := get(t, h, "/topic/Mining/alerts"); w.Code != 500 || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("%d", w.Code)
	}
}
