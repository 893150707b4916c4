package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestGauges reads what waits: of an empty store, and of one in which each stage has something to do.
func TestGauges(t *testing.T) {
	gauges := func(db *DB, now time.Time) Gauges {
		t.Helper()
		g, err := db.Gauges(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	empty := open(t, t.TempDir())
	if diff := cmp.Diff(Gauges{Feeds: map[news.FeedState]int{}}, gauges(empty, now)); diff != "" {
		t.Errorf("of an empty store (-want +got):\n%s", diff)
	}

	db, topic, alert := watched(t, news.Alert{})
	if err := db.Beat(t.Context(), "web", nil); err != nil {
		t.Fatal(err)
	}
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3), story(3, 3, 4)}})
	matches(t, db, topic, 2)
	if got := queued(t, db); len(got) != 1 {
		t.Fatalf("queued %q", got)
	}
	settle(t, db, Settlement{Through: 5, Stories: []news.Story{story(4, 4, 5)}})
	if _, err := db.RecordAttempt(t.Context(), Attempt{Alert: alert.ID, At: day, Problem: "refused", Next: day.Add(time.Hour), MaxTries: 3}); err != nil {
		t.Fatal(err)
	}
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	f.Due = now.Add(-time.Minute)
	store(t, db, poll(f))
	addHosts(t, db, 2, "a.example", "b.example")
	if got := claimedHosts(t, db, HostClaim{Pass: "1", Limit: 1}); got != "a.example 2" {
		t.Fatalf("claimed %s", got)
	}
	for host, until := range map[string]time.Time{"c.example": now.Add(time.Minute), "d.example": now.Add(-time.Minute)} {
		if err := db.SaveRest(t.Context(), news.Rest{Host: host, Until: until}, now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.QueuePages(t.Context(), 6, []Page{{Article: 1, Hash: "h", URL: "https://p.example/1", Host: "p.example"}, {Article: 2, Hash: "h", URL: "https://p.example/2", Host: "p.example"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AskCorrection(t.Context(), CorrectionRequest{Kind: RequestMerge, IDs: []int64{1, 2}}); err != nil {
		t.Fatal(err)
	}
	feeds, err := db.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	if err := db.ChangeFeed(t.Context(), feeds[len(feeds)-1].ID, news.FeedEdit{Paused: &yes}); err != nil {
		t.Fatal(err)
	}
	got := gauges(db, now)
	if got.DeliveryDue.IsZero() {
		t.Error("no delivery is due")
	}
	got.DeliveryDue = time.Time{}
	if diff := cmp.Diff(Gauges{
		Feeds: map[news.FeedState]int{news.FeedOK: 1, news.FeedWaiting: 3}, PausedFeeds: 1, DueFeeds: 4, DueSince: f.Due,
		AskedHosts: 1, RestingHosts: 1, WholePageHosts: 1,
		Settle: Backlog{Mark: 5, End: 6, Entries: 1}, Topics: Backlog{Mark: 3, End: 4, Entries: 1}, Alerts: Backlog{Mark: 3, End: 4, Entries: 1},
		Deliveries: 1, FailingAlerts: 1, Corrections: 1, Nodes: 1,
	}, got); diff != "" {
		t.Errorf("gauges (-want +got):\n%s", diff)
	}
}
