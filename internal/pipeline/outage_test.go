package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

// notes is a log that may be read while it is written.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// lines returns what was logged since the last call.
func (n *notes) lines() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := strings.Split(strings.TrimSpace(n.b.String()), "\n")
	n.b.Reset()
	if out[0] == "" {
		return nil
	}
	return out
}

// serveAt serves at an address, or at any for "". It returns the address and a function that stops it.
func serveAt(t *testing.T, address string, h http.Handler) (string, func()) {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	must(t, err)
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}}
	srv.Start()
	t.Cleanup(srv.Close)
	return l.Addr().String(), srv.Close
}

// dated serves h on a machine whose clock is now.
func dated(now func() time.Time, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now().UTC().Format(http.TimeFormat))
		h.ServeHTTP(w, r)
	})
}

// TestOutage stops all servers. The log reports the outage once, and its end once.
func TestOutage(t *testing.T) {
	c, log, p := pipelinetest.NewClock(), &notes{}, newPublisher()
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now, log: log})
	address, unplug := serveAt(t, fmt.Sprintf("127.0.0.1:%d", freePort(t)), dated(c.Now, p))
	names := []string{"a", "b", "c", "d"}
	for _, n := range names {
		p.set(n, stock(n, 2)...)
	}
	add(t, room, "http://"+address, names...)
	duePass(t, room)
	log.lines()

	unplug()
	for i := range 6 {
		c.Advance(25 * time.Hour)
		sum := duePass(t, room)
		if sum.Feeds != 4 || sum.Failed != 4 {
			t.Fatalf("pass %d without a network: %+v", i, sum)
		}
		lines := log.lines()
		if i == 0 && (len(lines) != 1 || !strings.Contains(lines[0], "no feed can be reached")) {
			t.Errorf("at the first pass the log says %q, want one line that no feed can be reached", lines)
		}
		if i > 0 && len(lines) > 0 {
			t.Errorf("at pass %d the log says it again: %q", i+1, lines)
		}
	}
	duePass(t, room) // nothing is due; the outage neither begins nor ends
	for _, f := range feedsOf(t, room.Store) {
		if f.State != news.FeedUnreachable || f.Problem == "" || f.Articles != 2 {
			t.Errorf("the feeds page says of %s: %q, %q, %d articles", f.URL, f.State, f.Problem, f.Articles)
		}
	}

	serveAt(t, address, dated(c.Now, p))
	for i := range 3 {
		c.Advance(25 * time.Hour)
		if sum := duePass(t, room); sum.Failed > 0 {
			t.Fatalf("pass %d with the network back: %+v", i, sum)
		}
		if lines := log.lines(); i == 0 && (len(lines) != 1 || !strings.Contains(lines[0], "can be reached again")) || i > 0 && len(lines) > 0 {
			t.Errorf("at pass %d with the network back the log says %q", i+1, lines)
		}
	}
}

func feedsOf(t *testing.T, room interface {
	Feeds(context.Context) ([]news.Feed, error)
},
) []news.Feed {
	t.Helper()
	all, err := room.Feeds(t.Context())
	must(t, err)
	return all
}

// TestOneFeedDown is no outage, even when the feed is polled alone.
func TestOneFeedDown(t *testing.T) {
	c, log, p := pipelinetest.NewClock(), &notes{}, newPublisher()
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now, log: log})
	address, _ := serveAt(t, "", p)
	for _, n := range []string{"a", "b", "c"} {
		p.set(n, stock(n, 2)...)
	}
	p.fail("c", hangUp)
	add(t, room, "http://"+address, "a", "b", "c")
	duePass(t, room)
	alone := 0
	for range 4 {
		c.Advance(11 * time.Minute) // longer than the least interval, and shorter than that of a and b
		if sum := duePass(t, room); sum.Feeds == 1 && sum.Failed == 1 {
			alone++
		}
	}
	if alone < 2 {
		t.Fatalf("the feed that is down was asked by itself %d times", alone)
	}
	if lines := log.lines(); len(lines) > 0 {
		t.Errorf("one feed is down and the log says %q", lines)
	}
}
