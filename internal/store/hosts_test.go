package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
)

// addHosts adds feeds that are due at day: n of each host, those of the first host first.
func addHosts(t *testing.T, db *DB, n int, hosts ...string) {
	t.Helper()
	var feeds []news.Feed
	for _, h := range hosts {
		for i := range n {
			feeds = append(feeds, news.Feed{URL: fmt.Sprintf("https://%s/%d.xml", h, i), Added: day})
		}
	}
	if _, err := db.AddFeeds(t.Context(), feeds); err != nil {
		t.Fatal(err)
	}
}

// claimedHosts describes what a claim gave: the hosts in order, and how many feeds.
func claimedHosts(t *testing.T, db *DB, c HostClaim) string {
	t.Helper()
	c.Due = cmp.Or(c.Due, time.Now().Add(time.Hour))
	hosts, feeds, err := db.ClaimHosts(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range feeds {
		if !slices.Contains(hosts, hostOf(f.URL)) {
			t.Errorf("feed %s is of none of the hosts %q", f.URL, hosts)
		}
	}
	slices.Sort(hosts)
	return fmt.Sprintf("%s %d", strings.Join(hosts, ","), len(feeds))
}

func release(t *testing.T, db *DB, pause time.Duration, hosts ...string) {
	t.Helper()
	if err := db.ReleaseHosts(t.Context(), time.Now(), HostRelease{hosts, pause}); err != nil {
		t.Fatal(err)
	}
}

func TestClaimHosts(t *testing.T) {
	db := open(t, t.TempDir())
	addHosts(t, db, 2, "a.example", "B.example:8080", "c.example")
	for _, tt := range []struct {
		c    HostClaim
		want string
	}{
		{HostClaim{Pass: "1", Limit: 2}, "a.example,b.example 4"},
		{HostClaim{Pass: "1", Limit: 2}, "c.example 2"},
		{HostClaim{Pass: "1", Limit: 2}, " 0"},
		{HostClaim{Pass: "2"}, "a.example,b.example,c.example 6"}, // the node has them, so it may go on with them
		{HostClaim{Pass: "2"}, " 0"},
		{HostClaim{}, "a.example,b.example,c.example 6"},
		{HostClaim{Limit: 1}, "a.example 2"},
		{HostClaim{Due: day.Add(-time.Hour), Pass: "3"}, "a.example,b.example,c.example 6"}, // a new feed is always due
	} {
		if got := claimedHosts(t, db, tt.c); got != tt.want {
			t.Errorf("claim %+v: %s, want %s", tt.c, got, tt.want)
		}
	}
	all, err := db.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all[:3] { // of a.example, and one of b.example
		f.Due = time.Now().Add(48 * time.Hour)
		store(t, db, Poll{Feed: f})
	}
	if got := claimedHosts(t, db, HostClaim{Pass: "4"}); got != "b.example,c.example 3" {
		t.Errorf("what is due: %s", got)
	}
	store(t, db, Poll{Feed: all[3], NewURL: "https://d.example/x"})
	if got := claimedHosts(t, db, HostClaim{Pass: "5"}); got != "c.example,d.example 3" {
		t.Errorf("after a feed has moved: %s", got)
	}
}

// TestHostsAreClaimedOnce has three nodes claim many hosts at once, as fast as they can.
func TestHostsAreClaimedOnce(t *testing.T) {
	all := nodes(t, 3, time.Minute)
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("h%d.example", i))
	}
	addHosts(t, all[0], 2, names...)
	var wg sync.WaitGroup
	got, feeds := make([][]string, len(all)), make([]int, len(all))
	for i, db := range all {
		wg.Go(func() {
			for {
				hosts, due, err := db.ClaimHosts(t.Context(), HostClaim{Due: time.Now().Add(time.Hour), Pass: db.Node(), Limit: 7})
				if err != nil {
					t.Error(err)
					return
				}
				if len(hosts) == 0 {
					return
				}
				if len(hosts) > 7 {
					t.Errorf("%d hosts, more than the limit", len(hosts))
				}
				got[i], feeds[i] = append(got[i], hosts...), feeds[i]+len(due)
			}
		})
	}
	wg.Wait()
	union := slices.Concat(got...)
	slices.Sort(union)
	slices.Sort(names)
	if !slices.Equal(union, names) || feeds[0]+feeds[1]+feeds[2] != 400 {
		t.Errorf("claimed %d, %d and %d hosts with %v feeds; want each of %d once with its two feeds", len(got[0]), len(got[1]), len(got[2]), feeds, len(names))
	}
}

// TestHostOfADeadNode is free when the lease has ended, and not before.
func TestHostOfADeadNode(t *testing.T) {
	const lease = 700 * time.Millisecond
	all := nodes(t, 2, lease)
	addHosts(t, all[0], 1, "a.example", "b.example")
	began := time.Now()
	if got := claimedHosts(t, all[0], HostClaim{Pass: "1", Limit: 1}); got != "a.example 1" {
		t.Fatal(got)
	}
	if got := claimedHosts(t, all[1], HostClaim{Pass: "2"}); got != "b.example 1" {
		t.Fatal(got)
	}
	eventually(t, "the host of the dead node", func() bool { return claimedHosts(t, all[1], HostClaim{Pass: "3", Limit: 1}) == "a.example 1" })
	if took := time.Since(began); took < lease {
		t.Errorf("it was claimed after %s, before the lease ended", took)
	}
	held, err := all[0].RenewHosts(t.Context(), []string{"a.example", "b.example"}, time.Now())
	if err != nil || len(held) > 0 {
		t.Errorf("the dead node came back and renews %q, %v", held, err)
	}
	release(t, all[0], 0, "a.example") // it changes nothing
	if taken, err := all[0].AcquireHosts(t.Context(), []string{"a.example"}, time.Now()); err != nil || len(taken) > 0 {
		t.Errorf("the dead node came back and takes %q, %v", taken, err)
	}
}

// TestHostRenewed stays with its node for longer than a lease lasts.
func TestHostRenewed(t *testing.T) {
	const lease = 600 * time.Millisecond
	all := nodes(t, 2, lease)
	addHosts(t, all[0], 1, "a.example")
	claimedHosts(t, all[0], HostClaim{})
	for ends := time.Now().Add(3 * lease); time.Now().Before(ends); time.Sleep(lease / 10) {
		held, err := all[0].RenewHosts(t.Context(), []string{"a.example"}, time.Now())
		if err != nil || len(held) != 1 {
			t.Fatalf("renewed %q, %v", held, err)
		}
		if got := claimedHosts(t, all[1], HostClaim{}); got != " 0" {
			t.Fatalf("a second node claims %s", got)
		}
	}
}

// TestPauseOfAHost holds for other nodes. The node that asked the host last keeps it by itself.
func TestPauseOfAHost(t *testing.T) {
	const pause = 600 * time.Millisecond
	all := nodes(t, 2, time.Minute)
	taken := func(db *DB) int {
		t.Helper()
		got, err := db.AcquireHosts(t.Context(), []string{"b.example", "a.example", "a.example"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	if n := taken(all[0]); n != 2 {
		t.Fatalf("%d hosts taken, want both", n)
	}
	began := time.Now()
	release(t, all[0], pause, "a.example", "b.example")
	if n := taken(all[0]); n != 2 {
		t.Errorf("the same node took %d hosts again, want both", n)
	}
	release(t, all[0], pause, "a.example", "b.example")
	eventually(t, "the pause is over", func() bool { return taken(all[1]) == 2 })
	if took := time.Since(began); took < pause {
		t.Errorf("another node took a host %s after it was handed back, within the pause", took)
	}
}

// TestClaimsDieWithTheProcess where there is one.
func TestClaimsDieWithTheProcess(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	db := open(t, dir)
	addHosts(t, db, 1, "a.example")
	claimedHosts(t, db, HostClaim{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := claimedHosts(t, open(t, dir), HostClaim{}); got != "a.example 1" {
		t.Errorf("after a restart: %s", got)
	}
}

// TestHostsOfOldFeeds are filled when the database is opened.
func TestHostsOfOldFeeds(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	addHosts(t, db, 1, "a.example", "B.example:8080", "[::1]")
	if err := db.exec(t.Context(), "forget", `UPDATE feeds SET host = ''`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := claimedHosts(t, open(t, dir), HostClaim{}); got != "::1,a.example,b.example 3" {
		t.Errorf("claimed %s", got)
	}
}
