package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestSubscriptions(t *testing.T) {
	db, ctx := newsroom(t, 3), t.Context()
	sub := news.Subscription{ID: "a", Feed: 1, Hub: "https://hub.example/", Topic: "https://a.example/feed", Secret: "s", Next: day}
	add := func(s news.Subscription) {
		t.Helper()
		if err := db.Subscribe(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	add(sub)
	got, err := db.SubscriptionOf(ctx, 1)
	if diff := cmp.Diff(sub, got); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}

	// A change is stored completely, or not at all if it returns an error.
	change := func(want error) {
		t.Helper()
		err := db.ChangeSubscription(ctx, "a", func(s *news.Subscription) error {
			s.Asked, s.Until, s.Failures, s.Problem = day, day.Add(time.Hour), s.Failures+1, "busy"
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	change(nil)
	change(news.ErrNotFound)
	sub.Asked, sub.Until, sub.Failures, sub.Problem = day, day.Add(time.Hour), 1, "busy"
	got, err = db.Subscription(ctx, "a")
	if diff := cmp.Diff(sub, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	for _, tt := range []struct{ failures, live int }{{0, 1}, {1, 0}} {
		if err := db.ChangeSubscription(ctx, "a", func(s *news.Subscription) error { s.Failures = tt.failures; return nil }); err != nil {
			t.Fatal(err)
		}
		if all, live, err := db.CountSubscriptions(ctx, day); all != 1 || live != tt.live || err != nil {
			t.Errorf("%d subscriptions, %d live (%v)", all, live, err)
		}
	}

	// Another hub's takes its place; it is to be told at once.
	add(news.Subscription{ID: "b", Feed: 1, Hub: "https://hub2.example/", Topic: "t", Secret: "s2", Next: day.Add(time.Hour)})
	wantDue(t, db, day.Add(-time.Hour), "a ending")
	wantDue(t, db, day.Add(time.Hour), "a ending", "b")

	// That of a removed feed comes as ending, due or not; adding the feed again takes it up again.
	if err := db.ForgetSubscription(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantDue(t, db, day)
	if err := db.RemoveFeed(ctx, 1); err != nil {
		t.Fatal(err)
	}
	wantDue(t, db, day, "b ending")
	add(news.Subscription{ID: "c", Feed: 1, Hub: "h", Topic: "t", Secret: "s3"}) // b ends for good
	if _, err := db.Subscription(ctx, "c"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a removed feed is subscribed to: %v", err)
	}
	add(news.Subscription{Feed: 2})
	for _, f := range []int64{1, 2} {
		if _, err := db.SubscriptionOf(ctx, f); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("feed %d: %v", f, err)
		}
	}
}

func wantDue(t *testing.T, db *DB, at time.Time, want ...string) {
	t.Helper()
	due, err := db.DueSubscriptions(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range due {
		if s.Ending {
			s.ID += " ending"
		}
		got = append(got, s.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

func TestHurryFeed(t *testing.T) {
	db := newsroom(t, 1)
	due := func() time.Time {
		f, err := db.Feed(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return f.Due
	}
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	f.Due = day.Add(24 * time.Hour)
	if _, err := db.Collect(t.Context(), []Poll{{Feed: f}}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{time.Hour, 2 * time.Hour} { // sooner, never later
		if err := db.PollFeedBy(t.Context(), 1, day.Add(at), "interval"); err != nil {
			t.Fatal(err)
		}
		if got := due().Sub(day); got != time.Hour {
			t.Errorf("due in %s, want 1h", got)
		}
	}
}

// TestCollectPushed: what a hub pushes changes nothing that is of the publisher's own server, and brings no feed back that has ended.
func TestCollectPushed(t *testing.T) {
	db := newsroom(t, 1)
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	before := f // as the push found it
	f.ETag, f.LastModified, f.Due, f.Rule, f.Checked = `"new"`, "Mon, 1 Jan 2024 00:00:00 GMT", day.Add(5*time.Hour), "ttl", day.Add(time.Hour)
	store(t, db, Poll{Feed: f})
	before.State, before.Problem, before.Checked = news.FeedRepaired, "mended", day.Add(2*time.Hour)
	store(t, db, Poll{Feed: before, Pushed: true, Articles: []news.Article{article("pushed", "pushed")}})
	got, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got.ETag != f.ETag || got.LastModified != f.LastModified || !got.Due.Equal(f.Due) || got.Rule != f.Rule {
		t.Errorf("the push undid the poll: %+v", got)
	}
	if got.State != news.FeedRepaired || got.Articles != 2 || !got.Checked.Equal(before.Checked) || !got.Changed.Equal(before.Checked) {
		t.Errorf("the push is not noted: %+v", got)
	}
	f.State = news.FeedGone
	store(t, db, Poll{Feed: f})
	store(t, db, Poll{Feed: before, Pushed: true, Articles: []news.Article{article("late", "late")}})
	if got, err = db.Feed(t.Context(), 1); err != nil || got.State != news.FeedGone || got.Articles != 2 {
		t.Errorf("after the end: %+v, %v", got, err)
	}
}
