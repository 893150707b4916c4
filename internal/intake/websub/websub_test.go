package websub_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/websub"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

// desk is a subscriber over a real store, with a hub on loopback, and a clock that stands until it is moved.
type desk struct {
	*websub.Subscriber
	t         *testing.T
	db        *store.DB
	hub, face *httptest.Server

	mu     sync.Mutex
	now    time.Time
	asked  []url.Values // at the hub
	answer func(w http.ResponseWriter, form url.Values)
	taken  []string
	lost   []int64
}

const topic = "https://blog.example/feed"

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.answer = func(w http.ResponseWriter, _ url.Values) { w.WriteHeader(http.StatusAccepted) }
	d.hub = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
			t.Errorf("%s: %v", r.Method, err)
		}
		d.mu.Lock()
		d.asked = append(d.asked, r.PostForm)
		answer := d.answer
		d.mu.Unlock()
		answer(w, r.PostForm)
	}))
	mux := http.NewServeMux()
	d.face = httptest.NewServer(mux)
	d.db = storetest.Open(t, t.TempDir())
	client, err := fetch.New(fetch.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	t.Cleanup(func() { d.hub.Close(); d.face.Close(); client.Close(); must(t, d.db.Close()) })
	for _, name := range []string{"a", "b"} {
		_, err := d.db.AddFeed(t.Context(), news.Feed{URL: "https://" + name + ".example/feed"})
		must(t, err)
	}
	d.Subscriber = websub.New(websub.Options{
		Callback: d.face.URL + "/websub/", Store: d.db, Post: client.Post, Take: d.take, Now: d.time, MaxBytes: 1000, Timeout: 2 * time.Second,
		Lost: func(_ context.Context, feed int64) error { d.lost = append(d.lost, feed); return nil },
	})
	mux.Handle("/websub/{id}", d.Subscriber)
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) time() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// pass lets time go by and the subscriber do what is due.
func (d *desk) pass(by time.Duration) {
	d.t.Helper()
	d.mu.Lock()
	d.now = d.now.Add(by)
	d.mu.Unlock()
	must(d.t, d.Tend(d.t.Context()))
}

func (d *desk) take(_ context.Context, got websub.Delivery) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken = append(d.taken, got.ContentType+" "+string(got.Body))
	return nil
}

func (d *desk) announce(hubs ...string) {
	d.t.Helper()
	must(d.t, d.Announce(d.t.Context(), 1, hubs, topic))
}

func (d *desk) sub() news.Subscription {
	d.t.Helper()
	s, err := d.db.SubscriptionOf(d.t.Context(), 1)
	must(d.t, err)
	return s
}

// get sends what a hub asks the callback and gives the answer.
func (d *desk) get(id string, query ...string) (int, string) {
	d.t.Helper()
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Set("hub."+query[i], query[i+1])
	}
	resp, err := http.Get(d.face.URL + "/websub/" + id + "?" + q.Encode())
	must(d.t, err)
	body, err := io.ReadAll(resp.Body)
	must(d.t, errors.Join(err, resp.Body.Close()))
	return resp.StatusCode, string(body)
}

func (d *desk) verify(mode, lease string) (int, string) {
	d.t.Helper()
	return d.get(d.sub().ID, "mode", mode, "topic", topic, "challenge", "c", "lease_seconds", lease)
}

// requests are what the hub has been asked.
func (d *desk) requests() []url.Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

// wantAsked compares the modes of what the hub has been asked.
func (d *desk) wantAsked(modes ...string) {
	d.t.Helper()
	var got []string
	for _, f := range d.requests() {
		got = append(got, f.Get("hub.mode"))
	}
	if fmt.Sprint(got) != fmt.Sprint(modes) {
		d.t.Errorf("the hub was asked to %v, want %v", got, modes)
	}
}

// Test 101 of websub.rocks: hub and topic stand in the head of a page, and nowhere else.
func TestHTMLDiscovery(t *testing.T) {
	d := newDesk(t)
	page := `<!DOCTYPE html><html><head><title>A blog</title><link rel="hub" href="` + d.hub.URL + `"><link rel=self href="/feed"></head>
		<body><link rel="hub" href="https://evil.example/"><p>The first post</p></body></html>`
	hubs, self := discover.WebSub(nil, []byte(page), "https://blog.example/")
	must(t, d.Announce(t.Context(), 1, hubs, self))
	d.pass(0)
	d.wantAsked("subscribe")
	if status, body := d.verify("subscribe", "60"); status != http.StatusOK || body != "c" {
		t.Errorf("the hub's question is answered %d %q", status, body)
	}
}

func TestRequest(t *testing.T) {
	d := newDesk(t)
	d.announce("http://plain.example/hub", d.hub.URL)
	if hub := d.sub().Hub; hub != "http://plain.example/hub" {
		t.Errorf("of two plain hubs %s is asked", hub)
	}
	d.announce(d.hub.URL)
	d.announce(d.hub.URL) // says nothing new
	d.pass(0)
	d.wantAsked("subscribe")
	form := d.requests()[0]
	callback := form.Get("hub.callback")
	id := strings.TrimPrefix(callback, d.face.URL+"/websub/")
	if len(id) < 26 || len(form.Get("hub.secret")) < 26 || len(form.Get("hub.secret")) >= 200 || strings.Contains(id, form.Get("hub.secret")) {
		t.Errorf("callback %q, secret %q", callback, form.Get("hub.secret"))
	}
	if form.Get("hub.topic") != topic || form.Get("hub.lease_seconds") != "864000" {
		t.Errorf("the hub is asked %v", form)
	}
}

func TestVerification(t *testing.T) {
	tests := []struct {
		name   string
		query  []string
		status int
	}{
		{"as asked", []string{"mode", "subscribe", "topic", topic, "challenge", "c", "lease_seconds", "60"}, http.StatusOK},
		{"without a lease", []string{"mode", "subscribe", "topic", topic, "challenge", "c"}, http.StatusOK},
		{"another topic", []string{"mode", "subscribe", "topic", topic + "/", "challenge", "c"}, http.StatusNotFound},
		{"no topic", []string{"mode", "subscribe", "challenge", "c"}, http.StatusNotFound},
		{"no challenge", []string{"mode", "subscribe", "topic", topic}, http.StatusNotFound},
		{"the reverse", []string{"mode", "unsubscribe", "topic", topic, "challenge", "c"}, http.StatusNotFound},
		{"no mode", []string{"topic", topic, "challenge", "c"}, http.StatusNotFound},
		{"another mode", []string{"mode", "publish", "topic", topic, "challenge", "c"}, http.StatusNotFound},
		{"denied", []string{"mode", "denied", "topic", topic, "reason", "no <b>"}, http.StatusOK},
		{"another one denied", []string{"mode", "denied", "topic", "x"}, http.StatusNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.announce(d.hub.URL)
			if status, _ := d.get(d.sub().ID, tt.query...); status == http.StatusOK && tt.query[1] != "denied" {
				t.Error("it is confirmed before anything was asked")
			}
			d.pass(0)
			status, body := d.get(d.sub().ID, tt.query...)
			if status != tt.status || (body == "c") != (status == http.StatusOK && tt.query[1] == "subscribe") {
				t.Errorf("answered %d %q, want %d", status, body, tt.status)
			}
			if live := d.sub().Live(d.time()); live != (body == "c") {
				t.Errorf("live: %v", live)
			}
			if status, _ := d.get("nobody", tt.query...); status != http.StatusNotFound {
				t.Errorf("at another callback it is answered %d", status)
			}
			if t.Failed() {
				return
			}
			d.pass(25 * time.Hour)
			d.mu.Lock()
			d.now = d.now.Add(25 * time.Hour) // nothing was asked for a day
			d.mu.Unlock()
			if status, _ := d.get(d.sub().ID, tt.query...); status == http.StatusOK && tt.query[1] == "subscribe" {
				t.Error("it is confirmed long after it was asked")
			}
		})
	}
}

func TestLease(t *testing.T) {
	d := newDesk(t)
	d.announce(d.hub.URL)
	d.pass(0)
	if status, _ := d.verify("subscribe", "36000"); status != http.StatusOK {
		t.Fatal(status)
	}
	d.pass(7 * time.Hour)
	d.wantAsked("subscribe")
	d.pass(time.Hour) // three quarters of ten hours are over
	d.wantAsked("subscribe", "subscribe")
	if a, b := d.requests()[0], d.requests()[1]; a.Encode() != b.Encode() {
		t.Errorf("the hub is asked %v to renew %v", b, a)
	}
	if len(d.lost) > 0 {
		t.Errorf("feeds %v are lost", d.lost)
	}
	// Nobody verifies: it is asked seldom, and once the feed is known to be lost, polled.
	d.pass(30 * time.Minute)
	d.wantAsked("subscribe", "subscribe")
	d.pass(2 * time.Hour)
	d.wantAsked("subscribe", "subscribe", "subscribe")
	if d.sub().Live(d.time()) || len(d.lost) == 0 {
		t.Errorf("a lease that ran out counts: %+v, lost %v", d.sub(), d.lost)
	}
	if status, _ := d.verify("subscribe", "36000"); status != http.StatusOK || !d.sub().Live(d.time()) {
		t.Errorf("a lease verified late is answered %d", status)
	}
	for lease, want := range map[string]time.Duration{"1": time.Second, "99999999999999": 30 * 24 * time.Hour, "-5": 240 * time.Hour, "x": 240 * time.Hour} {
		d.verify("subscribe", lease)
		if got := d.sub().Until.Sub(d.time()); got != want {
			t.Errorf("a lease of %s s is %s, want %s", lease, got, want)
		}
		if next := d.sub().Next.Sub(d.time()); next < 10*time.Minute {
			t.Errorf("a lease of %s s is renewed after %s", lease, next)
		}
	}
}

func TestDenied(t *testing.T) {
	d := newDesk(t)
	d.announce(d.hub.URL)
	d.pass(0)
	d.verify("subscribe", "864000")
	if status, _ := d.get(d.sub().ID, "mode", "denied", "topic", topic, "reason", "over quota"); status != http.StatusOK {
		t.Error(status)
	}
	if s := d.sub(); s.Live(d.time()) || !strings.Contains(s.Problem, "over quota") || len(d.lost) != 1 {
		t.Errorf("%+v, lost %v", s, d.lost)
	}
	d.pass(6 * 24 * time.Hour)
	d.wantAsked("subscribe")
	d.pass(2 * 24 * time.Hour)
	d.wantAsked("subscribe", "subscribe")
}

func TestUnsubscribe(t *testing.T) {
	d := newDesk(t)
	d.announce(d.hub.URL)
	d.pass(0)
	d.verify("subscribe", "864000")
	id := d.sub().ID
	d.announce() // the feed has no hub any more
	for range 5 {
		d.pass(30 * time.Hour) // nobody verifies it
	}
	d.wantAsked("subscribe", "unsubscribe", "unsubscribe", "unsubscribe")
	if d.requests()[1].Get("hub.secret") != "" || !strings.HasSuffix(d.requests()[1].Get("hub.callback"), id) {
		t.Errorf("the hub is asked %v", d.requests()[1])
	}
	if _, err := d.db.Subscription(t.Context(), id); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("it is kept: %v", err)
	}
}

// Hubs that do not do as they should are asked less and less, and none keeps the others waiting.
func TestBadHubs(t *testing.T) {
	redirect := func(to string, status int) func(http.ResponseWriter, url.Values) {
		return func(w http.ResponseWriter, _ url.Values) { w.Header().Set("Location", to); w.WriteHeader(status) }
	}
	tests := []struct {
		name    string
		answer  func(w http.ResponseWriter, _ url.Values)
		asked   int // at the first try
		problem string
	}{
		{"refuses", func(w http.ResponseWriter, _ url.Values) { http.Error(w, "wrong topic\x00<b>", http.StatusBadRequest) }, 1, `400 Bad Request: "wrong topic\x00<b>"`},
		{"moved in a way that turns POST into GET", redirect("/there", http.StatusFound), 1, "302 Found"},
		{"redirects for ever", redirect("/", http.StatusTemporaryRedirect), 6, "redirects more than 5 times"},
		{"redirects nowhere", redirect("", http.StatusPermanentRedirect), 1, "not followed"},
		{"redirects to no web address", redirect("javascript:alert(1)", http.StatusPermanentRedirect), 1, "not followed"},
		{"redirects to a private address", redirect("http://10.0.0.1/", http.StatusPermanentRedirect), 1, "fetch.allow_private"},
		{"hangs up", func(http.ResponseWriter, url.Values) { panic(http.ErrAbortHandler) }, 1, "no answer"},
		{"never ends", func(w http.ResponseWriter, _ url.Values) {
			w.WriteHeader(http.StatusInternalServerError)
			for range 1000 {
				if _, err := io.WriteString(w, strings.Repeat("busy ", 1000)); err != nil {
					return
				}
			}
		}, 1, "500 Internal Server Error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.answer = tt.answer
			d.announce(d.hub.URL)
			d.pass(0)
			if s := d.sub(); len(d.requests()) != tt.asked || !strings.Contains(s.Problem, tt.problem) || s.Live(d.time()) || len(d.lost) == 0 {
				t.Errorf("asked %d times; %+v; lost %v", len(d.requests()), s, d.lost)
			}
			for range 7 * 24 {
				d.pass(time.Hour)
			}
			if tries := len(d.requests()) / tt.asked; tries < 7 || tries > 14 {
				t.Errorf("in a week it is asked %d times", tries)
			}
		})
	}
}

// A hub that does not answer is asked about one feed at a time, not about each of a thousand.
func TestDeadHub(t *testing.T) {
	d := newDesk(t)
	d.answer = func(http.ResponseWriter, url.Values) { panic(http.ErrAbortHandler) }
	d.announce(d.hub.URL)
	must(t, d.Announce(t.Context(), 2, []string{d.hub.URL}, "https://b.example/feed"))
	d.pass(0)
	d.wantAsked("subscribe")
	d.pass(time.Minute)
	d.wantAsked("subscribe", "subscribe")
	if d.requests()[0].Get("hub.topic") == d.requests()[1].Get("hub.topic") {
		t.Error("both times about the same feed")
	}
}

func TestDelivery(t *testing.T) {
	d := newDesk(t)
	d.announce(d.hub.URL)
	d.pass(0)
	post := func(id, signature, body string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, d.face.URL+"/websub/"+id, strings.NewReader(body))
		must(t, err)
		req.Header.Set("X-Hub-Signature", signature)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		return resp.StatusCode
	}
	if status := post(d.sub().ID, "sha1=00", "x"); status != http.StatusGone {
		t.Errorf("before the hub verified, a delivery is answered %d, want 410", status)
	}
	d.verify("subscribe", "864000")
	for _, id := range []string{"nobody", strings.ToLower(d.sub().ID), d.sub().ID[:25]} {
		if status := post(id, "sha1=00", "x"); status != http.StatusGone {
			t.Errorf("at callback %q a delivery is answered %d, want 410", id, status)
		}
	}
	if status := post(d.sub().ID, "sha1=00", strings.Repeat("x", 1001)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one over the limit is answered %d, want 413", status)
	}
	if len(d.taken) > 0 {
		t.Errorf("taken are %q", d.taken)
	}
	req, err := http.NewRequest(http.MethodPut, d.face.URL+"/websub/"+d.sub().ID, nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	if must(t, resp.Body.Close()); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT is answered %s", resp.Status)
	}
}
