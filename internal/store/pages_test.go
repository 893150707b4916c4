package store

import (
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
)

func claimed(t *testing.T, db *DB, q PageQuota, want ...int64) {
	t.Helper()
	pages, _, err := db.ClaimPages(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, p := range pages {
		got = append(got, p.Article)
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages of articles %v, want %v", got, want)
	}
}

func queue(t *testing.T, db *DB, hosts ...string) {
	t.Helper()
	pages := make([]Page, len(hosts))
	for i, h := range hosts {
		pages[i] = Page{Article: int64(i + 1), Hash: "h", URL: "https://" + h + "/", Host: h}
	}
	if err := db.QueuePages(t.Context(), 1, pages); err != nil {
		t.Fatal(err)
	}
}

func TestPagesAreClaimedByHost(t *testing.T) {
	db := newsroom(t, 5)
	queue(t, db, "x", "x", "x", "y", "x")
	q := PageQuota{Now: day, Period: time.Hour, PerHost: 3, Lease: time.Minute, Limit: 2}
	claimed(t, db, q, 5, 4) // one of each host
	q.Now = q.Now.Add(time.Second)
	claimed(t, db, q, 3)
	q.Now = q.Now.Add(time.Second)
	claimed(t, db, q, 2)
	q.Now = q.Now.Add(time.Second)
	claimed(t, db, q) // x has had its three pages in this hour
	for _, id := range []int64{4, 3, 2} {
		if err := db.SavePage(t.Context(), Page{Article: id, Hash: "h", Host: "x", Asked: q.Now, State: news.FeedBroken}, nil); err != nil {
			t.Fatal(err)
		}
	}
	q.Now = day.Add(time.Hour)
	claimed(t, db, q, 5) // its lease has ended
	q.Now = q.Now.Add(time.Second)
	claimed(t, db, q, 1)
}

func TestPagesOfAHostThatRests(t *testing.T) {
	db := newsroom(t, 3)
	queue(t, db, "x", "x", "y")
	q := PageQuota{Now: day, Period: time.Hour, PerHost: 20, Lease: time.Minute, Limit: 2}
	claimed(t, db, q, 2, 3)
	if err := db.SavePage(t.Context(), Page{Article: 2, Hash: "h", Host: "x", Asked: day, State: news.FeedTimeout, Again: day.Add(3 * time.Hour)}, nil); err != nil {
		t.Fatal(err)
	}
	queue(t, db, "x", "x", "y") // x pauses, whatever is queued
	q.Now = day.Add(2 * time.Hour)
	claimed(t, db, q, 3)
	q.Now = day.Add(3 * time.Hour)
	claimed(t, db, q, 3, 2)
}

func TestPagesExpire(t *testing.T) {
	db := newsroom(t, 3)
	queue(t, db, "x", "x", "x")
	for _, want := range []int{1, 1, 0} { // two of the articles were seen before that time
		if gone, err := db.ExpirePages(t.Context(), day.Add(90*time.Minute), 1); gone != want || err != nil {
			t.Errorf("%d expired, want %d (%v)", gone, want, err)
		}
	}
	claimed(t, db, PageQuota{Now: day, Period: time.Hour, PerHost: 20, Limit: 20}, 3)
}

// TestPagesOfASmallerQuota reduces the quota within the hour, after more pages were fetched.
func TestPagesOfASmallerQuota(t *testing.T) {
	db := newsroom(t, 5)
	queue(t, db, "x", "x", "x", "x", "x")
	q := PageQuota{Now: day, Period: time.Hour, PerHost: 4, Lease: time.Hour, Limit: 3}
	claimed(t, db, q, 5, 4, 3)
	q.Now, q.PerHost = q.Now.Add(time.Second), 1
	claimed(t, db, q)
	q.Now = q.Now.Add(time.Hour)
	claimed(t, db, q, 5)
}
