package pipeline

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
)

// heldHosts are hosts that another process asks.
type heldHosts map[string]bool

func (h heldHosts) Hold(ctx context.Context, host string) (context.Context, func(), error) {
	if h[host] {
		return ctx, nil, fetch.ErrHeld
	}
	return ctx, func() {}, nil
}

// TestHeldHosts polls feeds whose own host, or one that they lead to, another process asks. Of the first nothing is stored, since
// that process stores it; the second is tried again later.
func TestHeldHosts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.example/feed", http.StatusFound)
	}))
	defer server.Close()
	now := time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)
	client, err := fetch.New(fetch.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	feed := news.Feed{ID: 1, URL: server.URL + "/feed", Due: now.Add(-time.Minute)}
	own := strings.Split(strings.TrimPrefix(server.URL, "http://"), ":")[0]
	for _, tt := range []struct {
		held string
		lost bool
	}{{own, true}, {"elsewhere.example", false}} {
		client.UseLeases(heldHosts{tt.held: true})
		c := &Collector{fetch: client, now: func() time.Time { return now }}
		r, err := c.collect(t.Context(), feed)
		if err != nil || r.lost != tt.lost || r.resting == tt.lost {
			t.Fatalf("%s is held: %+v, %v", tt.held, r, err)
		}
		if due := r.poll.Feed.Due; !tt.lost && !due.Equal(now.Add(heldWait)) {
			t.Errorf("%s is held: due %s", tt.held, due)
		}
	}
}
