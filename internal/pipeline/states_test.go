package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// add subscribes to feeds of a server.
func add(t *testing.T, room *pipelinetest.Room, server string, names ...string) {
	t.Helper()
	for _, n := range names {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: server + "/" + n})
		must(t, err)
	}
}

func feedOf(t *testing.T, room *pipelinetest.Room, url string) news.Feed {
	t.Helper()
	f, err := room.Feeds.FindFeed(t.Context(), 0, url)
	must(t, err)
	return f
}

// duePass polls what is due.
func duePass(t *testing.T, room *pipelinetest.Room) pipeline.Summary {
	t.Helper()
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{})
	must(t, err)
	return sum
}

// wantDue checks that a feed is due after a time, plus or minus the jitter.
func wantDue(t *testing.T, f news.Feed, after time.Duration, jitter float64) {
	t.Helper()
	slack := time.Duration(float64(after)*jitter) + time.Millisecond // times are stored in milliseconds
	if got := f.Due.Sub(f.Checked); got < after-slack || got > after+slack {
		t.Errorf("%s (%s) is due after %s, want %s", f.URL, f.State, got, after)
	}
}

// failing is a feed that goes wrong.
type failing struct {
	name  string
	fault http.HandlerFunc
	state news.FeedState
	says  string        // part of the feed's Problem
	due   time.Duration // after the first failure; 0 means the least interval
	slow  bool          // its wait begins with poll.interval
}

// apart gives each feed of a publisher its own host, since a host's Retry-After applies to all of its feeds.
func apart(t *testing.T, p *publisher) func(name string) string {
	hosts := map[string]string{}
	return func(name string) string {
		if hosts[name] == "" {
			srv := httptest.NewServer(p)
			t.Cleanup(srv.Close)
			hosts[name] = srv.URL
		}
		return hosts[name]
	}
}

func failures(t *testing.T) []failing {
	deep := "<rss version=\"2.0\"><channel>" + strings.Repeat("<a>", 200)
	return []failing{
		{name: "html", fault: pipelinetest.Answer(200, "<!DOCTYPE html><html><head><title>News</title></head><body><p>News.</p></body></html>", "Content-Type", "text/html"), state: news.FeedNotAFeed, says: "HTML"},
		{name: "prose", fault: pipelinetest.Answer(200, "Closed for repairs."), state: news.FeedNotAFeed, says: "feed"},
		{name: "nothing", fault: pipelinetest.Answer(200, ""), state: news.FeedEmpty, says: "the document is empty"},
		{name: "missing", fault: pipelinetest.Answer(404, "no"), state: news.FeedNotFound, says: "404", slow: true},
		{name: "ended", fault: pipelinetest.Answer(410, "no"), state: news.FeedGone, says: "ended", due: 100 * 365 * 24 * time.Hour},
		{name: "faulty", fault: pipelinetest.Answer(500, "no"), state: news.FeedHTTPError, says: "500"},
		{name: "busy", fault: pipelinetest.Answer(503, "no", "Retry-After", "5400"), state: news.FeedHTTPError, says: "503", due: 90 * time.Minute},
		{name: "annoyed", fault: pipelinetest.Answer(429, "no", "Retry-After", "7200"), state: news.FeedHTTPError, says: "asked too often", due: 2 * time.Hour},
		{name: "insulted", fault: pipelinetest.Answer(429, "no", "Retry-After", "99999999"), state: news.FeedHTTPError, says: "asked too often", due: 7 * 24 * time.Hour},
		{name: "login", fault: pipelinetest.Answer(401, "no"), state: news.FeedHTTPError, says: "login", slow: true},
		{name: "huge", fault: pipelinetest.Answer(200, "<rss version=\"2.0\"><channel>"+strings.Repeat("<item><title>x</title></item>", 1<<13)), state: news.FeedTooLarge, says: "fetch.max_bytes"},
		{name: "deep", fault: pipelinetest.Answer(200, deep), state: news.FeedTooDeep, says: "parse.max_depth"},
		{name: "slow", fault: hang, state: news.FeedTimeout, says: "no whole answer within"},
		{name: "short", fault: breakOff, state: news.FeedUnreachable, says: "broke off"},
		{name: "abrupt", fault: hangUp, state: news.FeedUnreachable, says: "broke off"},
		{name: "refused", fault: refused, state: news.FeedUnreachable, says: "connection refused"},
		{name: "private", fault: private, state: news.FeedPrivate, says: "fetch.allow_private"},
		{name: "loop", fault: loop, state: news.FeedHTTPError, says: "redirects"},
	}
}

// impatient opens a Pipeline with small limits over a publisher.
func impatient(t *testing.T, c *pipelinetest.Clock) (*pipelinetest.Room, *publisher, string) {
	t.Helper()
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now})
	client, err := fetch.New(fetch.Options{Now: c.Now, Timeout: 2 * time.Second, MaxBytes: 1 << 16, AllowPrivate: []netip.Prefix{loopback}})
	must(t, err)
	t.Cleanup(client.Close)
	room.Options.Fetch = client
	room = restart(t, room)
	p := newPublisher()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return room, p, srv.URL
}

// TestFailures takes feeds from health to each kind of failure and back.
func TestFailures(t *testing.T) {
	t.Parallel() // it waits
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	all, at := failures(t), apart(t, p)
	p.set("sound", stock("sound", 2)...)
	add(t, room, url, "sound")
	for _, f := range all {
		p.set(f.name, stock(f.name, 2)...)
		add(t, room, at(f.name), f.name)
	}
	if sum := duePass(t, room); sum.Read != len(all)+1 || sum.New != 2*(len(all)+1) {
		t.Fatalf("not every feed was read: %+v", sum)
	}
	before := map[string]news.Feed{}
	for _, f := range all {
		before[f.name] = feedOf(t, room, at(f.name)+"/"+f.name)
		p.fail(f.name, f.fault)
	}
	p.set("sound", stock("sound", 3)...)
	c.Advance(25 * time.Hour) // all are due
	if sum := duePass(t, room); sum.Failed != len(all) || sum.New != 1 || sum.Read != 1 || len(sum.Problems) != len(all) {
		t.Errorf("the sound feed did not go on alone: %+v", sum)
	}
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) { wantFailed(t, room, f, before[f.name]) })
	}
	wantPatience(t, room, p, c, at, all)
	wantRecovery(t, room, p, c, at, all, before)
}

func wantFailed(t *testing.T, room *pipelinetest.Room, f failing, before news.Feed) {
	t.Helper()
	got := feedOf(t, room, before.URL)
	if got.State != f.state || !strings.Contains(got.Problem, f.says) || !strings.Contains(got.Problem, " ") || got.Failures != 1 {
		t.Errorf("state %q after %d failures: %s\nwant %q and a sentence with %q", got.State, got.Failures, got.Problem, f.state, f.says)
	}
	if got.Articles != 2 {
		t.Errorf("%d articles are left of 2", got.Articles)
	}
	if got.ETag != before.ETag || got.LastModified != before.LastModified || before.ETag == "" {
		t.Errorf("validators %q, %q; want those of the last document: %q, %q", got.ETag, got.LastModified, before.ETag, before.LastModified)
	}
	if !got.Changed.Equal(before.Changed) || got.Title != before.Title {
		t.Errorf("a failure changed the feed: %+v", got)
	}
	switch {
	case f.slow:
		wantDue(t, got, time.Hour, .1)
	case f.due == 0:
		wantDue(t, got, 10*time.Minute, .1)
	case f.state != news.FeedGone && got.Rule != "retry after", got.Due.Before(got.Checked.Add(f.due)):
		t.Errorf("due at %s by %q; the server asked to be left alone for %s after %s", got.Due, got.Rule, f.due, got.Checked)
	default:
		wantDue(t, got, f.due, .01)
	}
}

// wantPatience lets 25 minutes pass. The second failure doubles the wait. A feed that asked for a longer pause is not
// polled.
func wantPatience(t *testing.T, room *pipelinetest.Room, p *publisher, c *pipelinetest.Clock, at func(string) string, all []failing) {
	t.Helper()
	again := 0
	for _, f := range all {
		if f.due == 0 && !f.slow {
			again++
		}
	}
	c.Advance(25 * time.Minute) // before the healthy feed is due
	if sum := duePass(t, room); sum.Feeds != again || sum.Failed != again {
		t.Errorf("after 25 minutes %d feeds were asked, want the %d that did not ask for more: %+v", sum.Feeds, again, sum)
	}
	for _, f := range all {
		got := feedOf(t, room, at(f.name)+"/"+f.name)
		want := 2
		if f.due > 0 || f.slow {
			want = 1
		} else {
			wantDue(t, got, 20*time.Minute, .1)
		}
		if got.Failures != want {
			t.Errorf("%s failed %d times, want %d", f.name, got.Failures, want)
		}
		if h := p.header(f.name); f.name != "loop" && h.Get("If-None-Match") != got.ETag {
			t.Errorf("%s was asked with %q, not with the validator of its last document", f.name, h.Get("If-None-Match"))
		}
	}
}

// wantRecovery repairs all feeds, every other one with a new item and the rest without one, which gives a 304.
func wantRecovery(t *testing.T, room *pipelinetest.Room, p *publisher, c *pipelinetest.Clock, at func(string) string, all []failing, before map[string]news.Feed) {
	t.Helper()
	c.Advance(8 * 24 * time.Hour)
	for i, f := range all {
		p.fail(f.name, nil)
		if i%2 == 0 {
			p.set(f.name, stock(f.name, 3)...)
		}
	}
	if sum := duePass(t, room); sum.Feeds != len(all) || sum.Failed > 0 { // all except the one that is gone and the healthy one
		t.Errorf("after a week not all feeds were asked and read: %+v", sum)
	}
	for i, f := range all {
		got := feedOf(t, room, at(f.name)+"/"+f.name)
		if f.state == news.FeedGone {
			if got.State != news.FeedGone || got.Failures != 1 {
				t.Errorf("%s was asked again: %+v", f.name, got)
			}
			continue
		}
		if got.State != news.FeedOK || got.Problem != "" || got.Failures != 0 {
			t.Errorf("%s did not recover: %q after %d failures: %s", f.name, got.State, got.Failures, got.Problem)
		}
		if fresh := i%2 == 0; (got.ETag != before[f.name].ETag) != fresh || (got.Articles == 3) != fresh {
			t.Errorf("%s has %d articles and validator %q, which was %q", f.name, got.Articles, got.ETag, before[f.name].ETag)
		}
	}
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{URLs: []string{at("ended") + "/ended"}})
	must(t, err)
	if f := feedOf(t, room, at("ended")+"/ended"); sum.Failed != 0 || f.State != news.FeedOK {
		t.Errorf("a feed that was gone is asked for by name and does not recover: %+v", f)
	}
}

// TestFailsFromTheStart stores no validators of a document that can't be read.
func TestFailsFromTheStart(t *testing.T) {
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	p.fail("new", pipelinetest.Answer(200, "<html><body>Soon here</body></html>"))
	add(t, room, url, "new")
	duePass(t, room)
	if f := feedOf(t, room, url+"/new"); f.State != news.FeedNotAFeed || f.ETag != "" || f.LastModified != "" {
		t.Errorf("the fault's validators were kept: %+v", f)
	}
	p.fail("new", nil)
	p.set("new", stock("new", 2)...)
	c.Advance(time.Hour)
	if sum := duePass(t, room); sum.New != 2 || p.header("new").Get("If-None-Match") != "" {
		t.Errorf("asked with %q; %+v", p.header("new").Get("If-None-Match"), sum)
	}
}

// TestOddDocuments are read, and their oddities are reported.
func TestOddDocuments(t *testing.T) {
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	whole := string(rss("cut", "", stock("cut", 3)))
	cut := whole[:strings.LastIndex(whole, "<description>")]
	var many strings.Builder
	many.WriteString("<rss version=\"2.0\"><channel><title>many</title>")
	for i := range 20 {
		fmt.Fprintf(&many, "<item><guid>%d</guid><title>Item %d</title></item>", i, i)
	}
	many.WriteString("</channel></rss>")
	room.Options.Parse.MaxItems = 10
	room = restart(t, room)
	tests := []struct {
		name, body, says string
		state            news.FeedState
		articles         int
	}{
		{"cut", cut, "cut off", news.FeedRepaired, 3},
		{"torn", "{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [}", "holds no items", news.FeedRepaired, 0},
		{"bare", string(rss("bare", "", nil)), "without any items", news.FeedEmpty, 0},
		{"many", many.String(), "the first 10 were kept", news.FeedRepaired, 10},
	}
	for _, tt := range tests {
		p.fail(tt.name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = w.Write([]byte(tt.body)) // a client that has gone is no matter
		})
		add(t, room, url, tt.name)
	}
	for range 2 { // the second answers are 304: what is known of the document stays
		if sum := pass(t, room); sum.Failed > 0 {
			t.Errorf("%+v", sum.Problems)
		}
		for _, tt := range tests {
			f := feedOf(t, room, url+"/"+tt.name)
			if f.State != tt.state || !strings.Contains(f.Problem, tt.says) || f.Articles != tt.articles || f.Failures != 0 {
				t.Errorf("%s: %d articles, state %q: %s", tt.name, f.Articles, f.State, f.Problem)
			}
		}
	}
}

// TestDueTimes follows healthy feeds.
func TestDueTimes(t *testing.T) {
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	p.set("hourly", stock("hourly", 6)...) // an item an hour
	p.set("lazy", stock("lazy", 6)...)
	p.extra["lazy"] = "<ttl>180</ttl>"
	p.set("lone", stock("lone", 1)...)
	add(t, room, url, "hourly", "lazy", "lone")
	duePass(t, room)
	wantDue(t, feedOf(t, room, url+"/hourly"), 30*time.Minute, .1)
	wantDue(t, feedOf(t, room, url+"/lazy"), 3*time.Hour, .1)
	wantDue(t, feedOf(t, room, url+"/lone"), time.Hour, .1)
	if sum := duePass(t, room); sum.Feeds != 0 {
		t.Errorf("%d feeds were asked again at once", sum.Feeds)
	}
	last, rhythm := feedOf(t, room, url+"/hourly"), 30*time.Minute
	for range 4 { // each 304 makes it a quarter longer
		c.Advance(last.Due.Sub(c.Now()))
		duePass(t, room)
		now := feedOf(t, room, last.URL)
		if !now.Checked.Equal(c.Now()) || now.Articles != 6 || !now.Changed.Equal(last.Changed) {
			t.Fatalf("a 304 at %s left %+v", c.Now(), now)
		}
		rhythm += rhythm / 4
		wantDue(t, now, rhythm, .1)
		last = now
	}
}

// TestRevision: a feed changes an item that it served before.
func TestRevision(t *testing.T) {
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	items := stock("daily", 3)
	p.set("daily", items...)
	add(t, room, url, "daily")
	duePass(t, room)
	was := membership(t, room)[url+"/daily daily-1"].Article
	revised := stock("daily", 3)
	revised[1].text += " The mayor resigned over it."
	revised[1].at = revised[1].at.Add(time.Hour)
	p.set("daily", revised...)
	c.Advance(25 * time.Hour)
	if sum := pass(t, room); sum.New != 0 || sum.Revised != 1 || sum.Same != 2 || sum.Settled != 1 || sum.Indexed != 1 {
		t.Errorf("one revision gave %+v", sum)
	}
	now := membership(t, room)[url+"/daily daily-1"].Article
	if now.ID != was.ID || !now.Seen.Equal(was.Seen) || !now.Published.Equal(was.Published) {
		t.Errorf("a revision made another article: %+v, was %+v", now, was)
	}
	whole, err := room.Store.Article(t.Context(), now.ID)
	must(t, err)
	if !strings.Contains(whole.Body(), "resigned") {
		t.Errorf("the revised text was not stored: %q", whole.Body())
	}
	found, err := room.Stories.Search(t.Context(), search.Request{Query: "resigned"})
	must(t, err)
	if found.Total != 1 || found.Articles[0].ID != now.ID || found.Articles[0].Story == 0 {
		t.Errorf("search for the revision found %+v", found)
	}
}

// TestCheck checks feeds without storing anything.
func TestCheck(t *testing.T) {
	t.Parallel() // it waits
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	p.set("fine", stock("fine", 7)...)
	rep, err := room.Pipeline.Check(t.Context(), url+"/fine")
	must(t, err)
	if rep.State != news.FeedOK || rep.Problem != "" || rep.Entries != 7 || len(rep.Items) != 7 || rep.Status != 200 || rep.Next.IsZero() {
		t.Errorf("a sound feed: %+v", rep)
	}
	at := apart(t, p)
	for _, f := range failures(t) {
		p.fail(f.name, f.fault)
		rep, err := room.Pipeline.Check(t.Context(), at(f.name)+"/"+f.name)
		must(t, err)
		if rep.State != f.state || !strings.Contains(rep.Problem, f.says) || len(rep.Items) != 0 {
			t.Errorf("%s: state %q: %s", f.name, rep.State, rep.Problem)
		}
	}
	status, err := room.Stories.Status(t.Context())
	must(t, err)
	if status.Feeds+status.Articles != 0 {
		t.Errorf("looking stored something: %+v", status)
	}
}

// TestWaitForParsingEnds cancels a pass while its documents wait to be parsed.
func TestWaitForParsingEnds(t *testing.T) {
	p := newPublisher()
	p.set("one", stock("one", 1)...)
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback})
	add(t, room, srv.URL, "one")
	room.Pipeline.TakeParsing()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := room.Pipeline.Pass(ctx, pipeline.PassOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the pass ended with %v", err)
	}
	if f := feedOf(t, room, srv.URL+"/one"); f.State != news.FeedWaiting || f.Failures != 0 {
		t.Errorf("the feed is %s, with %d failures", f.State, f.Failures)
	}
}
