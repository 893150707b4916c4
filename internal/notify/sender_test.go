package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/outbox"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

// client reaches loopback too, or only public addresses.
func client(t *testing.T, loopback bool) *fetch.Client {
	t.Helper()
	o := fetch.Options{UserAgent: "Headwater/test"}
	if loopback {
		o.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	c, err := fetch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// sender sends at a fixed time through a client that reaches loopback.
func sender(t *testing.T, o SenderOptions) *Sender {
	t.Helper()
	c := client(t, true)
	o.Send, o.Dial, o.DialTLS = c.Send, c.Dial, c.DialTLS
	o.Now = func() time.Time { return day.Add(time.Hour) }
	o.Pages = "https://news.example"
	return NewSender(o)
}

// received is a request to a receiver.
type received struct {
	header http.Header
	path   string
	body   []byte
}

// receiver is an HTTP server that sends given answers and stores the requests.
func receiver(t *testing.T, answer http.HandlerFunc) (address string, got func() []received) {
	t.Helper()
	var mu sync.Mutex
	var all []received
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			t.Errorf("%s, %v", r.Method, err)
		}
		mu.Lock()
		all = append(all, received{r.Header, r.URL.Path, body})
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []received {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func taken(http.ResponseWriter, *http.Request) {}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func testMessage(kind news.AlertKind, target, secret string, titles ...string) message {
	m := message{Alert: news.Alert{ID: 4, Kind: kind, Target: target, Secret: secret}, Topic: news.Topic{Name: "floods", Query: "flood"}}
	for i, title := range titles {
		m.Items = append(m.Items, messageItem{
			news.Delivery{ID: "msg_" + title[:1] + strings.Repeat("x", i), Reason: news.ReasonNew, Since: day},
			news.Story{ID: int64(i + 7), Title: title, Outlets: 3, Latest: day, Origin: news.Origin{Outlet: news.Outlet{Name: "Harbour Wire"}, Level: news.LevelLikely}},
		})
	}
	return m
}

// TestSign compares with the test vector of the Standard Webhooks libraries.
func TestSign(t *testing.T) {
	const secret, id, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	got, err := sign(secret, id, time.Unix(1614265330, 999), []byte(body))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	for _, damaged := range []string{"", "whsec_", "whsec_!"} {
		if got, err := sign(damaged, id, day, nil); err == nil {
			t.Errorf("the secret %q signs: %s", damaged, got)
		}
	}
}

func TestNewSecret(t *testing.T) {
	a, b := newSecret(), newSecret()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(a, "whsec_"))
	if a == b || err != nil || len(key) < 24 || len(key) > 64 {
		t.Errorf("%q, %q: %d bytes, %v; the specification wants 24 to 64", a, b, len(key), err)
	}
}

// TestWebhook does what a receiver does: it checks the signature over the exact body.
func TestWebhook(t *testing.T) {
	address, got := receiver(t, taken)
	s := sender(t, SenderOptions{})
	secret := newSecret()
	if err := s.send(t.Context(), testMessage(news.AlertWebhook, address+"/hook", secret, "River floods")); err != nil {
		t.Fatal(err)
	}
	r := got()[0]
	key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.header.Get("webhook-id") + "." + r.header.Get("webhook-timestamp") + "." + string(r.body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.header.Get("webhook-signature") != want {
		t.Errorf("signed %s, want %s", r.header.Get("webhook-signature"), want)
	}
	head := []string{r.path, r.header.Get("webhook-id"), r.header.Get("webhook-timestamp"), r.header.Get("Content-Type")}
	if diff := cmp.Diff([]string{"/hook", "msg_R", "1787036400", "application/json"}, head); diff != "" {
		t.Error(diff)
	}
	const want = `{"type":"story.new","timestamp":"2026-08-18T06:00:00Z","data":{"reason":"new","topic":{"name":"floods","query":"flood"},` +
		`"link":"https://news.example/story/7","story":{"id":7,"title":"River floods","url":""}}}`
	if string(r.body) != want {
		t.Errorf("body %s, want %s", r.body, want)
	}
}

// TestRefusals: receivers accept nothing. Each error says what to do and what follows.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		says   string
		gone   bool
		wait   time.Duration
	}{
		{"not well", status(500), "see its log", false, 0},
		{"busy", status(503, "Retry-After", "120"), "see its log", false, 2 * time.Minute},
		{"too many", status(429, "Retry-After", day.Add(3*time.Hour).Format(http.TimeFormat)), "too often", false, 2 * time.Hour},
		{"in the past", status(429, "Retry-After", day.Format(http.TimeFormat)), "too often", false, 0},
		{"a year", status(429, "Retry-After", "31536000"), "too often", false, 24 * time.Hour},
		{"more than there are", status(429, "Retry-After", "99999999999999999999"), "too often", false, 0},
		{"gone", status(410), "wants no more", true, 0},
		{"moved", status(308, "Location", "http://169.254.169.254/"), "is not followed", false, 0},
		{"nothing there", status(404), "check the address", false, 0},
		{"with words", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\r\nsuch thing", http.StatusBadRequest) }, `("no such thing")`, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address, got := receiver(t, tt.answer)
			err := sender(t, SenderOptions{}).send(t.Context(), testMessage(news.AlertWebhook, address, newSecret(), "River floods"))
			var e *outbox.Refusal
			if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.says) || e.Final != tt.gone || e.RetryAfter != tt.wait {
				t.Errorf("%v (%+v); want %q, gone %v, wait %s", err, e, tt.says, tt.gone, tt.wait)
			}
			if n := len(got()); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestPrivateAddress sends every kind of alert to this machine, which the settings do not permit.
func TestPrivateAddress(t *testing.T) {
	address, got := receiver(t, taken)
	mail := serveMail(t, mailServer{})
	c := client(t, false)
	s := NewSender(SenderOptions{Send: c.Send, Dial: c.Dial, DialTLS: c.DialTLS, Mail: Mail{Host: "127.0.0.1", Port: mail.port, From: "news@example.org", TLS: Plain}})
	for _, m := range []message{
		testMessage(news.AlertWebhook, address, newSecret(), "River floods"),
		testMessage(news.AlertNtfy, address+"/floods", "", "River floods"),
		testMessage(news.AlertEmail, "anna@example.org", "", "River floods"),
	} {
		if err := s.send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "fetch.allow_private") {
			t.Errorf("%s: %v", m.Alert.Kind, err)
		}
	}
	if len(got()) > 0 || mail.connections.Load() > 0 {
		t.Errorf("%d requests and %d connections came through", len(got()), mail.connections.Load())
	}
}

// TestSilence: a receiver that never answers takes until the timeout, or until the caller's context ends.
func TestSilence(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	came := make(chan struct{}, 2)
	address, _ := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	m := testMessage(news.AlertWebhook, address, newSecret(), "River floods")
	if err := sender(t, SenderOptions{Timeout: time.Millisecond}).send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "no answer within 1ms") {
		t.Errorf("silence: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	if err := sender(t, SenderOptions{Timeout: time.Hour}).send(ctx, m); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}

// TestNtfy publishes a title that contains header lines, and one that needs encoding.
func TestNtfy(t *testing.T) {
	address, got := receiver(t, taken)
	s := sender(t, SenderOptions{})
	m := testMessage(news.AlertNtfy, address+"/floods-4711", "tk_word", "Fluss\r\nX-Evil: 1\nüber die Ufer")
	if err := s.send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := got()[0]
	want := map[string]string{
		"Title": "=?utf-8?b?Rmx1c3MgWC1FdmlsOiAxIMO8YmVyIGRpZSBVZmVy?=", "Click": "https://news.example/story/7", "Tags": "newspaper",
		"Authorization": "Bearer tk_word", "X-Sequence-Id": "msg_F", "X-Evil": "",
	}
	for key, value := range want {
		if r.header.Get(key) != value {
			t.Errorf("%s: %q, want %q", key, r.header.Get(key), value)
		}
	}
	if r.path != "/floods-4711" || string(r.body) != "New. Likely original: Harbour Wire. 3 outlets.\nfloods" {
		t.Errorf("%s %q", r.path, r.body)
	}
}

// TestCheck accepts valid targets and reports errors in others.
func TestCheck(t *testing.T) {
	s := NewSender(SenderOptions{Mail: Mail{Host: "mail.example.org", From: "news@example.org"}})
	tests := []struct {
		alert news.Alert
		field string // "" means valid
	}{
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example.org/a?key=1"}, ""},
		{news.Alert{Kind: news.AlertNtfy, Target: "https://ntfy.sh/floods", Secret: "tk_word"}, ""},
		{news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", AgainOutlets: 2}, ""},
		{news.Alert{Kind: "pigeon", Target: "anna"}, "kind"},
		{news.Alert{Kind: news.AlertWebhook, Target: "hooks.example.org"}, "target"},
		{news.Alert{Kind: news.AlertWebhook, Target: "file:///etc/passwd"}, "target"},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://anna:word@hooks.example.org/"}, "target"},
		{news.Alert{Kind: news.AlertNtfy, Target: "https://ntfy.sh/"}, "target"},
		{news.Alert{Kind: news.AlertNtfy, Target: "https://ntfy.sh/floods", Secret: "two words"}, "token"},
		{news.Alert{Kind: news.AlertEmail, Target: "Anna <anna@example.org>"}, "target"},
		{news.Alert{Kind: news.AlertEmail, Target: "anna@example.org\r\nBcc: all@example.org"}, "target"},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example.org/", AgainOutlets: 1}, "again_outlets"},
		{news.Alert{Kind: news.AlertWebhook, Target: "https://hooks.example.org/", AgainOutlets: -1}, "again_outlets"},
	}
	for _, tt := range tests {
		err := s.check(tt.alert)
		var wrong *news.AlertError
		switch {
		case tt.field == "" && err != nil:
			t.Errorf("%+v: %v", tt.alert, err)
		case tt.field != "" && (!errors.As(err, &wrong) || wrong.Field != tt.field):
			t.Errorf("%+v: %v, want what is wrong with its %s", tt.alert, err, tt.field)
		}
		if err != nil && strings.Contains(err.Error(), "word@") {
			t.Errorf("the password is repeated: %v", err)
		}
	}
	if err := NewSender(SenderOptions{}).check(news.Alert{Kind: news.AlertEmail, Target: "anna@example.org"}); err == nil || !strings.Contains(err.Error(), "smtp.host") {
		t.Errorf("without a mail server: %v", err)
	}
}

// TestStory shows stories in the form of the Story option.
func TestStory(t *testing.T) {
	address, got := receiver(t, taken)
	s := sender(t, SenderOptions{Story: func(s news.Story) any { return map[string]string{"headline": s.Title} }})
	if err := s.send(t.Context(), testMessage(news.AlertWebhook, address, newSecret(), "River floods")); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Data struct{ Story map[string]string }
	}
	if err := json.Unmarshal(got()[0].body, &body); err != nil || body.Data.Story["headline"] != "River floods" {
		t.Errorf("%s, %v", got()[0].body, err)
	}
}

// TestDamagedSecretIsNotSent holds that no receiver gets anything where the secret of its alert can't be read, and that it is said.
func TestDamagedSecretIsNotSent(t *testing.T) {
	address, got := receiver(t, taken)
	s := sender(t, SenderOptions{})
	for _, kind := range news.AlertKinds {
		err := s.send(t.Context(), testMessage(kind, address+"/services/T000/B000/"+news.HiddenKey, news.DamagedSecret, "River rises"))
		if err == nil || !strings.Contains(outbox.Problem(err, news.DamagedSecret), "is damaged or was removed; change the alert and give it again") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if requests := got(); len(requests) > 0 {
		t.Errorf("it was sent %+v", requests)
	}
}
