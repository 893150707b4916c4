package pipeline_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/notify"
)

// TestHub: our hub is notified of each change once, also after a failure; a new hub is notified of everything.
func TestHub(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	status := http.StatusNoContent
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodPost || r.FormValue("hub.mode") != "publish" || status == http.StatusServiceUnavailable {
			http.Error(w, "not now", status)
			return
		}
		heard = append(heard, r.FormValue("hub.url"))
		w.WriteHeader(status)
	}))
	t.Cleanup(hub.Close)
	var publisher *notify.Publisher
	tell := func(want ...string) {
		t.Helper()
		must(t, publisher.Publish(t.Context()))
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		heard = nil
	}
	room, p, _, c := library(t)
	feeds := []string{"https://news.example/feeds/all.atom", "https://news.example/feeds/all.rss"}
	publisher = &notify.Publisher{Hub: hub.URL + "/hub", Feeds: feeds, Pause: time.Millisecond, Store: room.Store, Post: room.Options.Fetch.Post}
	tell(feeds...)
	tell()

	p.set("gazette", item{"storm", "Storm takes roofs in Port Ellis", "A storm took the roofs off nine houses in Port Ellis on Tuesday and put out the light of the old pier.", c.Now()})
	c.Advance(time.Hour)
	pass(t, room)
	tell(feeds...)

	mu.Lock()
	status = http.StatusServiceUnavailable
	mu.Unlock()
	publisher.Hub = hub.URL + "/another"
	if err := publisher.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), "503 Service Unavailable: not now") {
		t.Errorf("a hub that is down: %v", err)
	}
	mu.Lock()
	status = http.StatusAccepted
	mu.Unlock()
	tell(feeds...)
}
