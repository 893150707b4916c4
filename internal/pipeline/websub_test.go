package pipeline_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
)

// blog is a publisher and its hub on one server, as on websub.rocks: /blog is the topic, /hub the hub.
type blog struct {
	*httptest.Server
	t *testing.T

	header   []string // Link headers of the topic
	body     string   // the topic's document; {items} stands for its items
	redirect int      // the status of the redirects from /old to /blog and from /oldhub to /hub
	otherTopic,
	refuses bool // the hub verifies another topic; refuses requests

	mu       sync.Mutex
	items    []string
	asked    []url.Values // requests to the hub
	polls    int
	answers  []int // the subscriber's answers to verifications
	bodies   []string
	accepted url.Values // the last verified request
}

const atomBlog = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><id>urn:blog</id>%s{items}</feed>`

func newBlog(t *testing.T) *blog {
	b := &blog{t: t, body: fmt.Sprintf(atomBlog, ""), redirect: http.StatusFound, items: []string{"The first post"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/blog", b.topic)
	mux.HandleFunc("/old", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/blog?redirect=complete", b.redirect)
	})
	mux.HandleFunc("POST /hub", b.hub)
	mux.HandleFunc("POST /oldhub", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/hub", b.redirect) })
	mux.HandleFunc("POST /wronghub", func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the hub of the document is asked, where the header names another")
		w.WriteHeader(http.StatusBadRequest)
	})
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

// links returns Link headers for relations and paths, given alternately.
func (b *blog) links(relAndPath ...string) []string {
	var out []string
	for i := 0; i < len(relAndPath); i += 2 {
		out = append(out, fmt.Sprintf(`<%s%s>; rel="%s"`, b.URL, relAndPath[i+1], relAndPath[i]))
	}
	return out
}

func (b *blog) topic(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.polls++
	w.Header()["Link"] = b.header
	_, _ = io.WriteString(w, b.document(b.items...))
}

func (b *blog) document(titles ...string) string {
	var items strings.Builder
	for _, title := range titles {
		fmt.Fprintf(&items, `<entry><id>urn:%s</id><title>%s</title><updated>2026-01-01T00:00:00Z</updated><content>%s, at some length.</content></entry>`,
			url.PathEscape(title), title, title)
	}
	return strings.ReplaceAll(b.body, "{items}", items.String())
}

// hub verifies a request before it answers it, like the debugging hub of websub.rocks.
func (b *blog) hub(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	b.asked = append(b.asked, r.PostForm)
	b.mu.Unlock()
	if b.refuses {
		http.Error(w, "not here", http.StatusForbidden)
		return
	}
	topic := r.PostForm.Get("hub.topic")
	if b.otherTopic {
		topic += "?another"
	}
	b.verify(r.PostForm, r.PostForm.Get("hub.mode"), topic)
	w.WriteHeader(http.StatusAccepted)
}

// verify asks the subscriber to confirm a request.
func (b *blog) verify(form url.Values, mode, topic string) {
	q := url.Values{"hub.mode": {mode}, "hub.topic": {topic}, "hub.challenge": {"ch<a>llenge"}, "hub.lease_seconds": {"864000"}}
	resp, err := http.Get(form.Get("hub.callback") + "?" + q.Encode())
	if err != nil {
		b.t.Error(err)
		return
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Error(err)
	}
	_ = resp.Body.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers, b.bodies = append(b.answers, resp.StatusCode), append(b.bodies, string(body))
	if resp.StatusCode/100 == 2 && string(body) == "ch<a>llenge" {
		b.accepted = form
	}
}

// push sends a document to the subscriber and returns the status of its answer.
func (b *blog) push(doc, signature string) int {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.accepted.Get("hub.callback"), strings.NewReader(doc))
	must(b.t, err)
	req.Header.Set("Content-Type", "application/atom+xml")
	if signature != "" {
		req.Header.Set("X-Hub-Signature", signature)
	}
	resp, err := http.DefaultClient.Do(req)
	must(b.t, err)
	must(b.t, resp.Body.Close())
	return resp.StatusCode
}

func (b *blog) sign(method string, made func() hash.Hash, doc string) string {
	mac := hmac.New(made, []byte(b.accepted.Get("hub.secret")))
	mac.Write([]byte(doc))
	return method + "=" + hex.EncodeToString(mac.Sum(nil))
}

func (b *blog) sha256(doc string) string { return b.sign("sha256", sha256.New, doc) }

// subscriber is a running program that hubs can reach.
type subscriber struct {
	*pipelinetest.Room
	t    *testing.T
	stop func() // stops its server like Ctrl-C, and waits
}

// subscribed starts a program that polls nothing by itself.
func subscribed(t *testing.T, s settings) *subscriber {
	t.Helper()
	var room *pipelinetest.Room
	mux := http.NewServeMux()
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.allow, s.callback = netip.MustParsePrefix("127.0.0.0/8"), front.URL+"/websub/"
	room = open(t, cmp.Or(s.dir, t.TempDir()), s)
	mux.Handle("/websub/{id}", room.Pipeline.Callbacks())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- room.Pipeline.ServePushes(ctx) }()
	go func() { ended <- room.Pipeline.KeepUp(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); must(t, <-ended); must(t, <-ended) })
	t.Cleanup(stop)
	return &subscriber{room, t, stop}
}

// follow adds a feed and polls it.
func (s *subscriber) follow(address string) news.Feed {
	s.t.Helper()
	f, err := s.Feeds.AddFeed(s.t.Context(), news.Feed{URL: address})
	must(s.t, err)
	s.poll()
	return f
}

func (s *subscriber) poll() pipeline.Summary {
	s.t.Helper()
	sum, err := s.Pipeline.Pass(s.t.Context(), pipeline.PassOptions{Force: true})
	must(s.t, err)
	return sum
}

func (s *subscriber) feed(id int64) news.Feed {
	s.t.Helper()
	f, err := s.Store.Feed(s.t.Context(), id)
	must(s.t, err)
	return f
}

// eventually waits for the result of another goroutine, and fails if it does not come.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s: it does not happen", what)
}

func (b *blog) verified() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepted != nil
}

func (s *subscriber) titles() string {
	s.t.Helper()
	all, err := s.Store.Articles(s.t.Context(), news.ArticleList{Limit: 100})
	must(s.t, err)
	var titles []string
	for _, a := range all {
		titles = append([]string{a.Title}, titles...)
	}
	return strings.Join(titles, ", ")
}

// TestSubscriberRocks are the 14 tests for subscribers of websub.rocks, rebuilt: discovery (100 to 104), subscribing (200 to
// 205), distribution (300 to 302). Topics are feeds here; 101, whose topic is a page, is in package websub.
func TestSubscriberRocks(t *testing.T) {
	// Each case prepares a blog. It returns the address to subscribe to and the topic that the hub must be asked for.
	subscribing := []struct {
		name    string
		prepare func(*blog) (address, topic string)
	}{
		{"100 HTTP header discovery", func(b *blog) (string, string) {
			b.header = b.links("self", "/blog", "hub", "/hub")
			return "/blog", "/blog"
		}},
		{"102 Atom feed discovery", func(b *blog) (string, string) {
			b.body = fmt.Sprintf(atomBlog, `<link rel="hub" href="`+b.URL+`/hub"/><link rel="self" type="application/atom+xml" href="`+b.URL+`/blog"/>`)
			return "/blog", "/blog"
		}},
		{"103 RSS feed discovery", func(b *blog) (string, string) {
			b.body = `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Blog</title><link>` + b.URL + `/</link>
				<item><title>The first post</title><guid>urn:The%20first%20post</guid><atom:link rel="hub" href="` + b.URL + `/wronghub"/></item>
				<atom:link rel="hub" href="` + b.URL + `/hub"/><atom:link rel="self" href="` + b.URL + `/blog"/></channel></rss>`
			return "/blog", "/blog"
		}},
		{"104 Discovery priority", func(b *blog) (string, string) {
			b.header = b.links("self", "/blog", "hub", "/hub")
			b.body = fmt.Sprintf(atomBlog, `<link rel="hub" href="`+b.URL+`/wronghub"/><link rel="self" href="`+b.URL+`/wrong"/>`)
			return "/blog", "/blog"
		}},
		{"200 Subscribing to a URL that reports a different rel=self", func(b *blog) (string, string) {
			b.header = b.links("self", "/blog?self=other", "hub", "/hub")
			return "/blog", "/blog?self=other"
		}},
		{"201 Subscribing to a temporarily redirected topic", func(b *blog) (string, string) {
			b.header = b.links("self", "/blog?redirect=complete", "hub", "/hub")
			return "/old", "/blog?redirect=complete"
		}},
		{"202 Subscribing to a permanently redirected topic", func(b *blog) (string, string) {
			b.header, b.redirect = b.links("self", "/blog?redirect=complete", "hub", "/hub"), http.StatusMovedPermanently
			return "/old", "/blog?redirect=complete"
		}},
		{"203 Subscribing to a temporarily redirected hub", func(b *blog) (string, string) {
			b.header, b.redirect = b.links("self", "/blog", "hub", "/oldhub"), http.StatusTemporaryRedirect
			return "/blog", "/blog"
		}},
		{"204 Subscribing to a permanently redirected hub", func(b *blog) (string, string) {
			b.header, b.redirect = b.links("self", "/blog", "hub", "/oldhub"), http.StatusPermanentRedirect
			return "/blog", "/blog"
		}},
	}
	for _, tt := range subscribing {
		t.Run(tt.name, func(t *testing.T) {
			b, s := newBlog(t), subscribed(t, settings{})
			address, topic := tt.prepare(b)
			s.follow(b.URL + address)
			eventually(t, "the hub is asked and its question confirmed", b.verified)
			b.mu.Lock()
			got := b.accepted
			b.mu.Unlock()
			if got.Get("hub.topic") != b.URL+topic || got.Get("hub.mode") != "subscribe" || len(got.Get("hub.secret")) >= 200 {
				t.Errorf("the hub is asked %v", got)
			}
			doc := b.document("The first post", "Pushed")
			if strings.Contains(b.body, "<rss") {
				doc = `<rss version="2.0"><channel><title>Blog</title><item><title>Pushed</title><guid>urn:pushed</guid></item></channel></rss>`
			}
			if status := b.push(doc, b.sha256(doc)); status/100 != 2 {
				t.Errorf("a delivery is answered with %d", status)
			}
			eventually(t, "what is pushed is stored", func() bool { return s.titles() == "The first post, Pushed" })
		})
	}
	t.Run("205 Rejects a verification request for an invalid topic", func(t *testing.T) {
		b, s := newBlog(t), subscribed(t, settings{})
		b.header, b.otherTopic = b.links("self", "/blog", "hub", "/hub"), true
		s.follow(b.URL + "/blog")
		eventually(t, "the hub's question is answered", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.answers) > 0 })
		if b.answers[0] != http.StatusNotFound || strings.Contains(b.bodies[0], "ch<a>llenge") {
			t.Errorf("it is answered %d %q, want 404", b.answers[0], b.bodies[0])
		}
	})
	distribution := []struct {
		name      string
		signature func(b *blog, doc string) string
		status    int // of the answer
		stored    bool
	}{
		{"300 Returns 2xx for successful delivery", (*blog).sha256, http.StatusAccepted, true},
		{"301 Rejects invalid signatures", func(b *blog, doc string) string { return b.sha256(doc + "x") }, http.StatusAccepted, false},
		{"302 Rejects distribution with no signature", func(*blog, string) string { return "" }, http.StatusForbidden, false},
		{"sha1", func(b *blog, doc string) string { return b.sign("sha1", sha1.New, doc) }, http.StatusAccepted, true},
		{"sha384", func(b *blog, doc string) string { return b.sign("sha384", sha512.New384, doc) }, http.StatusAccepted, true},
		{"sha512", func(b *blog, doc string) string { return b.sign("sha512", sha512.New, doc) }, http.StatusAccepted, true},
		{"another method", func(b *blog, doc string) string { return b.sign("crc32", sha256.New, doc) }, http.StatusAccepted, false},
		{"a digest of another method", func(b *blog, doc string) string { return b.sign("sha512", sha256.New, doc) }, http.StatusAccepted, false},
		{"no digest", func(*blog, string) string { return "sha256=" }, http.StatusAccepted, false},
		{"a digest of nothing known", func(*blog, string) string { return "sha256=zz" }, http.StatusAccepted, false},
	}
	for _, tt := range distribution {
		t.Run(tt.name, func(t *testing.T) {
			b, s := newBlog(t), subscribed(t, settings{})
			b.header = b.links("self", "/blog", "hub", "/hub")
			f := s.follow(b.URL + "/blog")
			eventually(t, "the hub's question is confirmed", b.verified)
			doc := b.document("The first post", "Pushed")
			if status := b.push(doc, tt.signature(b, doc)); status != tt.status {
				t.Errorf("the delivery is answered with %d, want %d", status, tt.status)
			}
			s.stop() // an accepted push is stored by then
			if stored := s.titles() == "The first post, Pushed"; stored != tt.stored {
				t.Errorf("stored are %s", s.titles())
			}
			if soon := tt.stored || s.feed(f.ID).Due.Before(time.Now().Add(2*time.Hour)); !soon {
				t.Errorf("the next poll is at %s", s.feed(f.ID).Due)
			}
		})
	}
}

func TestPushedFeedIsHardlyPolled(t *testing.T) {
	at := pipelinetest.NewClock()
	b, s := newBlog(t), subscribed(t, settings{now: at.Now})
	b.header = b.links("self", "/blog", "hub", "/hub")
	f := s.follow(b.URL + "/blog")
	eventually(t, "the hub's question is confirmed", b.verified)
	next := func() time.Duration { return s.feed(f.ID).Due.Sub(at.Now()) }
	if d := next(); d > 2*time.Hour {
		t.Errorf("before anything was pushed the next poll is in %s", d)
	}
	at.Advance(time.Hour)
	s.poll()
	if d := next(); d < 20*time.Hour {
		t.Errorf("with a hub that pushes the next poll is in %s, want about a day", d)
	}
	b.mu.Lock()
	b.items = append(b.items, "Never pushed")
	b.mu.Unlock()
	at.Advance(24 * time.Hour)
	s.poll()
	if d := next(); d > 2*time.Hour {
		t.Errorf("after the hub missed an item the next poll is in %s", d)
	}
	doc := b.document("The first post", "Never pushed", "Pushed")
	b.push(doc, b.sha256(doc))
	eventually(t, "what is pushed is stored", func() bool { return strings.HasSuffix(s.titles(), "Pushed") && strings.Count(s.titles(), ",") == 2 })
	eventually(t, "the hub is trusted again", func() bool { s.poll(); return next() > 20*time.Hour })

	// The lease lasts ten days. If no hub renews it, the feed is polled as before.
	b.mu.Lock()
	asked := len(b.asked)
	b.mu.Unlock()
	b.refuses = true
	at.Advance(8 * 24 * time.Hour)
	s.poll() // wakes no goroutine: renewing depends on time
	must(t, s.Pipeline.Renew(t.Context()))
	b.mu.Lock()
	if len(b.asked) != asked+1 {
		t.Errorf("the hub is asked %d times to renew", len(b.asked)-asked)
	}
	b.mu.Unlock()
	if d := next(); d > 2*time.Hour {
		t.Errorf("with a hub that does not renew the next poll is in %s", d)
	}
	b.refuses = false
	at.Advance(2 * time.Hour)
	must(t, s.Pipeline.Renew(t.Context()))
	s.poll()
	if d := next(); d < 20*time.Hour {
		t.Errorf("with a hub that renewed the next poll is in %s", d)
	}
}

// A push leaves the validators unchanged: they belong to the publisher's own server.
func TestPushKeepsValidators(t *testing.T) {
	b, s := newBlog(t), subscribed(t, settings{})
	b.header = b.links("self", "/blog", "hub", "/hub")
	mux := http.NewServeMux()
	mux.HandleFunc("/blog", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"one"`)
		b.topic(w, r)
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	f := s.follow(front.URL + "/blog")
	eventually(t, "the hub's question is confirmed", b.verified)
	before := s.feed(f.ID)
	doc := b.document("The first post", "Pushed")
	b.push(doc, b.sha256(doc))
	eventually(t, "what is pushed is stored", func() bool { return s.titles() == "The first post, Pushed" })
	after := s.feed(f.ID)
	if after.ETag != `W/"one"` || !after.Due.Equal(before.Due) || after.Articles != 2 {
		t.Errorf("before the push %+v, after %+v", before, after)
	}
	eventually(t, "it is settled and indexed", func() bool {
		status, err := s.Stories.Status(t.Context())
		must(t, err)
		return status.Unsettled == 0 && status.Unindexed == 0
	})
}

func TestHubIsLeft(t *testing.T) {
	b, s := newBlog(t), subscribed(t, settings{})
	b.header = b.links("self", "/blog", "hub", "/hub")
	f := s.follow(b.URL + "/blog")
	eventually(t, "the hub's question is confirmed", b.verified)
	callback := b.accepted.Get("hub.callback")
	must(t, s.Feeds.RemoveFeed(t.Context(), f.ID))
	eventually(t, "the hub is told", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.accepted.Get("hub.mode") == "unsubscribe" })
	if got := b.accepted; got.Get("hub.callback") != callback || got.Get("hub.topic") != b.URL+"/blog" {
		t.Errorf("the hub is told %v", got)
	}
	doc := b.document("Pushed")
	if status := b.push(doc, b.sha256(doc)); status != http.StatusGone {
		t.Errorf("a delivery afterwards is answered with %d, want 410", status)
	}
}

// A document that can't be parsed changes nothing, and makes the feed due.
func TestPushOfNoFeed(t *testing.T) {
	b, s := newBlog(t), subscribed(t, settings{})
	b.header = b.links("self", "/blog", "hub", "/hub")
	f := s.follow(b.URL + "/blog")
	eventually(t, "the hub's question is confirmed", b.verified)
	s.poll()
	before := s.feed(f.ID)
	deep := strings.Repeat("<a>", 5000)
	for _, doc := range []string{"<html><body>Busy</body></html>", "", "<feed>" + deep} {
		if status := b.push(doc, b.sha256(doc)); status != http.StatusAccepted {
			t.Errorf("%.20q is answered with %d", doc, status)
		}
	}
	s.stop()
	after := s.feed(f.ID)
	if after.State != news.FeedOK || s.titles() != "The first post" || !after.Due.Before(before.Due) {
		t.Errorf("the feed is %+v, was %+v", after, before)
	}
}

// A hub in a private network is never contacted, whatever a feed says.
func TestPrivateHub(t *testing.T) {
	b, s := newBlog(t), subscribed(t, settings{})
	b.header = []string{`<http://10.0.0.1/hub>; rel=hub`}
	s.follow(b.URL + "/blog")
	eventually(t, "the hub is refused", func() bool {
		problem, err := s.Pipeline.HubProblem(t.Context(), 1)
		if err != nil && !errors.Is(err, news.ErrNotFound) {
			t.Fatal(err)
		}
		return strings.Contains(problem, "fetch.allow_private")
	})
}

// If public_url has changed, hubs get the new address. If it has not, a restart sends no requests.
func TestCallbackMoves(t *testing.T) {
	b, dir := newBlog(t), t.TempDir()
	b.header = b.links("self", "/blog", "hub", "/hub")
	asked := func() int { b.mu.Lock(); defer b.mu.Unlock(); return len(b.asked) }
	t.Run("first", func(t *testing.T) {
		s := subscribed(t, settings{dir: dir})
		s.follow(b.URL + "/blog")
		eventually(t, "the hub's question is confirmed", b.verified)
	})
	first := b.accepted.Get("hub.callback")
	t.Run("moved", func(t *testing.T) { // another server, on another port
		s := subscribed(t, settings{dir: dir})
		eventually(t, "the hub is asked anew", func() bool { return asked() == 2 })
		s.stop()
		if b.asked[1].Get("hub.callback") == first {
			t.Error("with the former address")
		}
		must(t, s.Room.Pipeline.ServeOnce(t.Context()))
		if asked() != 2 {
			t.Error("a restart at the same address asks the hub again")
		}
	})
}

// Pushes from the time without a server are made up for by polls within the interval, but not all at once, and not after
// a mere restart.
func TestPushesMissedWhileAway(t *testing.T) {
	at := pipelinetest.NewClock()
	b, s := newBlog(t), subscribed(t, settings{now: at.Now})
	b.header = b.links("self", "/blog", "hub", "/hub")
	f := s.follow(b.URL + "/blog")
	eventually(t, "the hub's question is confirmed", b.verified)
	s.poll()
	s.stop()
	for _, tt := range []struct{ away, least, most time.Duration }{
		{5 * time.Minute, 20 * time.Hour, 28 * time.Hour},
		{time.Hour, 0, time.Hour},
	} {
		at.Advance(tt.away)
		must(t, s.Pipeline.ServeOnce(t.Context()))
		if next := s.feed(f.ID).Due.Sub(at.Now()); next < tt.least || next > tt.most {
			t.Errorf("after %s the next poll is in %s", tt.away, next)
		}
	}
}
