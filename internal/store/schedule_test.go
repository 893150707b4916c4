package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestSchedule stores a feed's schedule, and deletes it with the feed.
func TestSchedule(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	want := addFeeds(t, db, 1)[0]
	want.Rule, want.Whole, want.Answered = "ttl", day, "https://cdn.example/feed"
	want.Schedule = news.Schedule{Rhythm: time.Hour, Fresh: time.Minute, TTL: 2 * time.Hour, Period: time.Second, Skips: news.Skips{Hours: 1 << 23, Days: 1 << 6}}
	want.Moved = news.Move{To: "https://new.example/", First: day, Times: 2}
	want.ETag, want.LastModified = "W/\"caf\xe9, \t\"", "yesterday"
	want.Due = day.Add(time.Hour + 1)
	store(t, db, Poll{Feed: want})
	want.Due = day.Add(time.Hour + time.Millisecond) // rounded up, so it is never too early
	got, err := db.Feed(ctx, want.ID)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := db.RemoveFeed(ctx, want.ID); err != nil {
		t.Fatal(err)
	}
	got, err = db.AddFeed(ctx, news.Feed{URL: want.URL, Added: day})
	if err != nil || got.Rule != "" || got.Schedule != (news.Schedule{}) || got.Moved != (news.Move{}) || !got.Whole.IsZero() || got.Answered != "" {
		t.Errorf("a feed that was removed remembers: %+v, %v", got, err)
	}
}

func TestAdopting(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	feeds := addFeeds(t, db, 3)
	if err := db.RemoveFeed(ctx, feeds[2].ID); err != nil {
		t.Fatal(err)
	}
	for address, taken := range map[string]bool{feeds[0].URL: true, feeds[2].URL: true, "https://free.example/": false} {
		if got, err := db.AddressTaken(ctx, address); err != nil || got != taken {
			t.Errorf("%s taken: %v, %v", address, got, err)
		}
	}
	for _, to := range []string{feeds[0].URL, feeds[2].URL} { // an address that another feed has in the meantime stays with that feed
		store(t, db, Poll{Feed: feeds[1], NewURL: to})
		if got, err := db.Feed(ctx, feeds[1].ID); err != nil || got.URL != feeds[1].URL {
			t.Errorf("it took %s: %+v, %v", to, got, err)
		}
	}
	store(t, db, Poll{Feed: feeds[1], NewURL: "https://free.example/"})
	if got, err := db.FeedByURL(ctx, "https://free.example/"); err != nil || got.ID != feeds[1].ID {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestResting(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	rest := func(host string, checked, until time.Duration) {
		f.Checked = day.Add(checked)
		store(t, db, Poll{Feed: f, Rest: news.Rest{Host: host, Until: day.Add(until)}})
	}
	rest("a", 0, time.Hour)
	rest("a", 0, time.Minute) // the longer pause is kept
	rest("b", 0, 2*time.Hour)
	for after, want := range map[time.Duration][]news.Rest{
		0:              {{Host: "a", Until: day.Add(time.Hour)}, {Host: "b", Until: day.Add(2 * time.Hour)}},
		time.Hour:      {{Host: "b", Until: day.Add(2 * time.Hour)}},
		24 * time.Hour: nil,
	} {
		got, err := db.Resting(t.Context(), day.Add(after))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(after, diff, err)
		}
	}
	rest("c", 3*time.Hour, 4*time.Hour) // deletes pauses that are over
	if got, err := db.Resting(t.Context(), day); err != nil || len(got) != 1 || got[0].Host != "c" {
		t.Errorf("kept are %+v, %v", got, err)
	}
}
