package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// quota allows everything that the articles of newsroom need. A zero lease ends at once.
func quota() PageQuota {
	return PageQuota{Now: day, Period: 24 * time.Hour, PerHost: 10, Limit: 10}
}

func wantedOf(t *testing.T, db *DB, q PageQuota) (addresses []string) {
	t.Helper()
	all, _, err := db.ClaimCreditedPages(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		addresses = append(addresses, s.Address)
	}
	return addresses
}

func keep(t *testing.T, db *DB, s CreditedPage) {
	t.Helper()
	if err := db.SaveCreditedPage(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	check(t, db)
}

func cited(article int64, address, host string) Cited {
	return Cited{Article: article, Address: address, Link: address + "?utm=1", Host: host}
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q wanted, not %q", what, got, want)
	}
}

func TestSourcesAreWantedOnce(t *testing.T) {
	db := newsroom(t, 3)
	s := Settlement{Cited: []Cited{cited(1, "a", "x"), cited(2, "a", "x"), cited(3, "b", "x"), cited(99, "nobody's", "x")}}
	settle(t, db, s)
	settle(t, db, s)
	q := quota()
	wants(t, "at first", wantedOf(t, db, q), "b", "a")
	keep(t, db, CreditedPage{Address: "a", Asked: day, State: news.FeedOK})
	q.Now = day.Add(time.Second)
	wants(t, "after one was had", wantedOf(t, db, q), "b")
	keep(t, db, CreditedPage{Address: "b", Asked: day, State: news.FeedNotFound, Problem: "404"})
	settle(t, db, s)
	q.Now = day.Add(48 * time.Hour)
	wants(t, "after one was not there", wantedOf(t, db, q))
}

func TestSourcesThatDoNotAnswerAreWantedOnceMore(t *testing.T) {
	for _, state := range []news.FeedState{news.FeedTimeout, news.FeedUnreachable} {
		db := newsroom(t, 1)
		settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x")}})
		keep(t, db, CreditedPage{Address: "a", Asked: day, State: state})
		q := quota()
		wants(t, "at once", wantedOf(t, db, q))
		settle(t, db, Settlement{Cited: []Cited{cited(1, "b", "x")}})
		wants(t, "another of its host", wantedOf(t, db, q), "b")
		keep(t, db, CreditedPage{Address: "b", Asked: day, State: news.FeedOK})
		q.Now = day.Add(24*time.Hour - time.Second)
		wants(t, "before a day is over", wantedOf(t, db, q))
		q.Now = day.Add(24 * time.Hour)
		wants(t, "a day later", wantedOf(t, db, q), "a")
		keep(t, db, CreditedPage{Address: "a", Asked: q.Now, State: state})
		q.Now = day.Add(72 * time.Hour)
		wants(t, "after the second time", wantedOf(t, db, q))
	}
}

func TestSourcesKeepToTheirQuota(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x"), cited(1, "b", "x"), cited(2, "c", "x"), cited(3, "d", "y"), cited(3, "e", "z")}})
	q := quota()
	q.PerHost, q.Limit, q.Lease = 2, 3, time.Minute
	wants(t, "one of each host", wantedOf(t, db, q), "c", "d", "e")
	q.Now = day.Add(time.Second)
	wants(t, "the next of the host that has more", wantedOf(t, db, q), "b")
	q.Now = day.Add(time.Hour)
	for _, address := range []string{"c", "d", "e", "b"} {
		keep(t, db, CreditedPage{Address: address, Asked: q.Now, State: news.FeedOK})
	}
	wants(t, "more than two of a host a day", wantedOf(t, db, q))
	settle(t, db, Settlement{Cited: []Cited{cited(3, "f", "x")}})
	wants(t, "where another comes", wantedOf(t, db, q))
	q.Now, q.Lease = day.Add(24*time.Hour), 0
	wants(t, "the next day", wantedOf(t, db, q), "f", "a")
}

func TestClaimedSourcesComeBackWhenTheLeaseEnds(t *testing.T) {
	db := newsroom(t, 1)
	settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x")}})
	q := quota()
	q.Lease = 10 * time.Minute
	wants(t, "at first", wantedOf(t, db, q), "a")
	wants(t, "at once", wantedOf(t, db, q))
	q.Now = day.Add(9 * time.Minute)
	wants(t, "during the lease", wantedOf(t, db, q))
	q.Now = day.Add(10 * time.Minute)
	wants(t, "after the lease", wantedOf(t, db, q), "a")
}

func TestSourcesExpire(t *testing.T) {
	db := newsroom(t, 3)
	credited := Settlement{Cited: []Cited{cited(1, "a", "x"), cited(2, "b", "x"), cited(3, "c", "x")}}
	settle(t, db, credited)
	for _, want := range []int{1, 1, 0} { // two of the articles were seen before that time
		if gone, err := db.ExpireCreditedPages(t.Context(), day.Add(90*time.Minute), 1); gone != want || err != nil {
			t.Errorf("%d expired, want %d (%v)", gone, want, err)
		}
	}
	wants(t, "what is left", wantedOf(t, db, quota()), "c")
	settle(t, db, Settlement{Cited: []Cited{cited(3, "a", "x")}})
	q := quota()
	q.Now = day.Add(time.Second)
	got := wantedOf(t, db, q)
	slices.Sort(got)
	wants(t, "one that is credited again", got, "a", "c")
}

func TestSourcesComeBackAsTheyWereKept(t *testing.T) {
	db := newsroom(t, 2)
	settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x"), cited(2, "b", "x")}})
	want := CreditedPage{
		Address: "a", Link: "a?utm=1", Host: "x", Asked: day, State: news.FeedOK, Print: prints.Print{Words: 7},
		Article: news.Article{
			URL: "https://x/a", Canonical: "https://x/c", Title: "T\x00itle", Outlet: news.Outlet{Name: "X", Domain: "x", Agency: true},
			Lang: "en", Seen: day, Published: day.Add(-time.Hour),
		},
		Claims: []news.Claim{{Kind: news.ClaimDateline, Outlet: "Wire", Domain: "wire", Text: "(Wire)", Strength: 1}},
	}
	keep(t, db, want)
	keep(t, db, CreditedPage{Address: "b", Asked: day, State: news.FeedPrivate})
	want.Article.Title = "T\uFFFDitle"
	got, err := db.CreditedPages(t.Context(), []int64{1, 2, 99})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]CreditedPage{"a": want}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArticlesAreWeighedOnceWithASource(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x"), cited(2, "b", "x")}})
	unweighed := func(want ...int64) {
		t.Helper()
		got, err := db.Unweighed(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("unweighed %v, want %v (%v)", got, want, err)
		}
	}
	unweighed()
	keep(t, db, CreditedPage{Address: "a", Asked: day, State: news.FeedOK})
	keep(t, db, CreditedPage{Address: "b", Asked: day, State: news.FeedTooLarge})
	unweighed(1)
	if err := db.SettleReweighed(t.Context(), []int64{1}, Settlement{}); err != nil {
		t.Fatal(err)
	}
	unweighed()
	settle(t, db, Settlement{Cited: []Cited{cited(1, "a", "x"), cited(3, "a", "x")}}) // a later article credits it too
	unweighed(3)
}

func TestSourcesGoWithNothingSettled(t *testing.T) {
	db := newsroom(t, 1)
	if got, err := db.CreditedPages(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	wants(t, "of nothing", wantedOf(t, db, quota()))
}
