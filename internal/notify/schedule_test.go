package notify_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/notify"
)

// TestSchedulesByTheClocks sends digests by the clocks of their zones over the night in which Berlin's go from 02:00 to 03:00,
// holds back in quiet hours what is told at once, and follows a changed schedule.
func TestSchedulesByTheClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &postOffice{}
		ahead := time.Until(time.Date(2000, 3, 25, 5, 0, 0, 0, time.UTC))
		now := func() time.Time { return time.Now().Add(ahead) } // three months of ticks would take a minute
		w := startWatch(t, t.TempDir(), now, notify.SenderOptions{
			Dial: p.dial, Mail: notify.Mail{Host: "mail.example", From: "news@example.org", TLS: notify.Plain},
		})
		until := func(at string) {
			t.Helper()
			when, err := time.Parse("2006-01-02 15:04", at)
			must(t, err)
			time.Sleep(when.Sub(now()))
		}
		sent := func(what string, want ...string) {
			t.Helper()
			run, end := context.WithTimeout(t.Context(), 4*time.Second)
			defer end()
			w.Queue.Run(run, semaphore.NewWeighted(1))
			synctest.Wait()
			if diff := cmp.Diff(want, p.subjects()); diff != "" {
				t.Errorf("%s, at %s (-want +got):\n%s", what, now().UTC(), diff)
			}
		}
		digest := w.add(t, news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "every morning at 7", Zone: "Europe/Berlin"})
		until("2000-03-25 05:58")
		w.settle(t, 1, false, 1)
		sent("before seven")
		until("2000-03-25 06:00")
		sent("at seven in winter", "floods: Story 1")
		w.settle(t, 2, false, 2)
		until("2000-03-26 04:59")
		sent("before seven in summer")
		until("2000-03-26 05:00")
		sent("at seven in summer", "floods: Story 2")

		w.settle(t, 3, false, 3)
		digest.Schedule = "every evening at 6"
		if changed, err := w.Alerts.ChangeAlert(t.Context(), digest); err != nil || changed.Schedule != "every day at 18:00" || changed.Zone != "Europe/Berlin" {
			t.Fatalf("%+v, %v", changed, err)
		}
		until("2000-03-26 16:00")
		sent("what waited follows the new schedule", "floods: Story 3")

		digest.Schedule = "at once, not from 22:00 to 07:00"
		_, err := w.Alerts.ChangeAlert(t.Context(), digest)
		must(t, err)
		until("2000-03-26 19:59")
		w.settle(t, 4, false, 4)
		sent("before the quiet hours", "floods: Story 4")
		until("2000-03-26 20:00")
		w.settle(t, 5, false, 5)
		sent("in quiet hours")
		p.mu.Lock()
		p.busy = true
		p.mu.Unlock()
		until("2000-03-27 05:00")
		sent("the mail server is busy")
		p.mu.Lock()
		p.busy = false
		p.mu.Unlock()
		until("2000-03-27 05:02")
		sent("after the quiet hours", "floods: Story 5")
	})
}

// TestQuietRetries does not try again in quiet hours, and sends by UTC where the zone is not known any more.
func TestQuietRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &postOffice{busy: true}
		w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{
			Dial: p.dial, Mail: notify.Mail{Host: "mail.example", From: "news@example.org", TLS: notify.Plain},
		})
		a := news.Alert{Topic: w.topic, Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "at once, not from 00:01 to 06:00", Zone: "Gone/Zone", Added: time.Now()}
		id, err := w.Store.AddAlert(t.Context(), a) // its zone was one when it was added
		must(t, err)
		w.settle(t, 1, false, 1)
		if n := w.deliver(t); n != 0 {
			t.Errorf("%d were taken", n)
		}
		p.mu.Lock()
		p.busy = false
		p.mu.Unlock()
		time.Sleep(3 * time.Minute)
		if n := w.deliver(t); n != 0 || w.alert(t, id).Waiting != 1 {
			t.Errorf("%d were taken in quiet hours", n)
		}
		time.Sleep(6 * time.Hour)
		if n := w.deliver(t); n != 1 {
			t.Errorf("%d were taken after them", n)
		}
	})
}

// TestChangeAlert refuses what AddAlert refuses, and keeps the secret.
func TestChangeAlert(t *testing.T) {
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: "https://a.example/"})
	b := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: "https://b.example/"})
	change := func(target string) error {
		_, err := w.Alerts.ChangeAlert(t.Context(), news.Alert{ID: b.ID, Target: target})
		return err
	}
	if err := change(a.Target); !errors.Is(err, news.ErrExists) {
		t.Errorf("the target of another: %v", err)
	}
	if err := change("nowhere"); err == nil || !strings.Contains(err.Error(), "no web address") {
		t.Errorf("no target: %v", err)
	}
	must(t, change("https://c.example/"))
	if got := w.alert(t, b.ID); got.Secret != b.Secret || got.Target != "https://c.example/" || got.Topic != w.topic {
		t.Errorf("%+v", got)
	}
	c := w.add(t, news.Alert{Kind: news.AlertDiscord, Target: "https://discord.com/api/webhooks/17/K3y"})
	for _, tt := range []struct{ target, secret, wantTarget, wantSecret string }{
		{c.Target, "", c.Target, "K3y"}, // as the form sends it where nothing is typed
		{"https://discord.com/api/webhooks/18/0ther", "", "https://discord.com/api/webhooks/18/…", "0ther"},
		{"https://discord.example/api/webhooks/18/…", "", "", ""},
		{"https://discord.example/api/webhooks/18/…", "n3w", "https://discord.example/api/webhooks/18/…", "n3w"},
	} {
		got, err := w.Alerts.ChangeAlert(t.Context(), news.Alert{ID: c.ID, Target: tt.target, Secret: tt.secret})
		var wrong *news.AlertError
		switch {
		case tt.wantTarget == "" && (!errors.As(err, &wrong) || wrong.Field != "token"):
			t.Errorf("a key for another host: %v", err)
		case tt.wantTarget != "" && (err != nil || got.Target != tt.wantTarget || got.Secret != tt.wantSecret):
			t.Errorf("%s: %s with %s, %v", tt.target, got.Target, got.Secret, err)
		}
	}
	must(t, w.Store.RemoveAlert(t.Context(), b.ID))
	if err := change("https://d.example/"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a removed one: %v", err)
	}
}

// TestAlertWithDamagedSecret has an alert wait whose secret the store can't read, until somebody gives it again.
func TestAlertWithDamagedSecret(t *testing.T) {
	hook := newHook(t)
	now := time.Now()
	w := startWatch(t, t.TempDir(), func() time.Time { return now }, notify.SenderOptions{})
	a := w.add(t, news.Alert{Kind: news.AlertWebhook, Target: hook.url})
	secret := a.Secret
	a.Secret = news.DamagedSecret // as the store returns it
	must(t, w.Store.ChangeAlert(t.Context(), a, now))
	w.settle(t, 1, false, 1)
	if n := w.deliver(t); n != 0 {
		t.Errorf("%d were sent", n)
	}
	hook.is(t, "a damaged secret")
	if got := w.alert(t, a.ID); got.Waiting != 1 || !strings.Contains(got.Problem, "give it again") {
		t.Errorf("%d wait with the problem %q", got.Waiting, got.Problem)
	}
	var wrong *news.AlertError
	if _, err := w.Alerts.ChangeAlert(t.Context(), news.Alert{ID: a.ID, Target: a.Target}); !errors.As(err, &wrong) || wrong.Field != "secret" {
		t.Errorf("a change that keeps the secret: %v", err)
	}
	if _, err := w.Alerts.AddAlert(t.Context(), news.Alert{Topic: w.topic, Kind: news.AlertGotify, Target: "https://push.example", Secret: news.DamagedSecret}); !errors.As(err, &wrong) || wrong.Field != "token" {
		t.Errorf("a token that reads as a damaged one: %v", err)
	}
	_, err := w.Alerts.ChangeAlert(t.Context(), news.Alert{ID: a.ID, Target: a.Target, Secret: secret})
	must(t, err)
	now = now.Add(time.Hour)
	w.deliver(t)
	hook.is(t, "the secret again", "story.new Story 1")
}

// TestTestedAlert keeps why a test failed with the alert, and takes nothing for an ntfy server that does not answer as one.
func TestTestedAlert(t *testing.T) {
	const published = `{"id":"hwQ2YpKdmg","time":1635528741,"event":"message","topic":"floods","message":"A test"}`
	answer, code := "<!doctype html><title>Welcome</title>", 200
	w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{
		Send: func(context.Context, string, string, http.Header, []byte) (*http.Response, error) {
			return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
		},
	})
	w.Alerts.Stories = withoutStories{}
	a := w.add(t, news.Alert{Kind: news.AlertNtfy, Target: "https://ntfy.example/floods"})
	for _, tt := range []struct {
		answer string
		code   int
		says   string // "" where it is taken
	}{
		{answer, 200, "no ntfy server"},
		{"\x00\xff garbage", 200, "no ntfy server"},
		{"null", 200, "no ntfy server"},
		{`[1]`, 200, "no ntfy server"},
		{`{"id":"x"}`, 200, "no ntfy server"},
		{"", 204, "no ntfy server"},
		{`{"code":40301,"error":"forbidden"}`, 403, "check the address, its token and its permissions"},
		{published, 200, ""},
	} {
		answer, code = tt.answer, tt.code
		err := w.Alerts.TestAlert(t.Context(), a.ID)
		var wrong *news.AlertError
		if tt.says == "" && err != nil || tt.says != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%d %q: %v; want %q", tt.code, tt.answer, err, tt.says)
		}
		if got := w.alert(t, a.ID); !strings.Contains(got.Problem, tt.says) || (got.Problem == "") != (tt.says == "") {
			t.Errorf("%d %q: the alert's problem is %q", tt.code, tt.answer, got.Problem)
		}
	}
}

// withoutStories reads a topic that has matched nothing yet.
type withoutStories struct{}

func (withoutStories) Story(context.Context, int64) (news.Story, error) {
	return news.Story{}, news.ErrNotFound
}

func (withoutStories) TopicStories(context.Context, news.Topic, int, int) ([]news.Story, int, error) {
	return nil, 0, nil
}
