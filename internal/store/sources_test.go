package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// quota asks for everything that the articles of newsroom want.
func quota() SourceQuota {
	return SourceQuota{Since: day, Day: day.Add(-24 * time.Hour), PerHost: 10, Limit: 10}
}

func wantedOf(t *testing.T, db *DB, q SourceQuota) (addresses []string) {
	t.Helper()
	all, err := db.WantedSources(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		addresses = append(addresses, s.Address)
	}
	return addresses
}

func keep(t *testing.T, db *DB, s Source) {
	t.Helper()
	if err := db.KeepSource(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	check(t, db)
}

func cited(article int64, address, host string) news.Cited {
	return news.Cited{Article: article, Address: address, Link: address + "?utm=1", Host: host}
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q wanted, not %q", what, got, want)
	}
}

func TestSourcesAreWantedOnce(t *testing.T) {
	db := newsroom(t, 3)
	s := news.Settlement{Cited: []news.Cited{cited(1, "a", "x"), cited(2, "a", "x"), cited(3, "b", "x"), cited(99, "nobody's", "x")}}
	settle(t, db, s)
	settle(t, db, s)
	wants(t, "at first", wantedOf(t, db, quota()), "b", "a")
	keep(t, db, Source{Address: "a", Asked: day, State: news.FeedOK})
	wants(t, "after one was had", wantedOf(t, db, quota()), "b")
	keep(t, db, Source{Address: "b", Asked: day, State: news.FeedNotFound, Problem: "404"})
	settle(t, db, s)
	wants(t, "after one was not there", wantedOf(t, db, quota()))
}

func TestSourcesThatDoNotAnswerAreWantedOnceMore(t *testing.T) {
	for _, state := range []news.FeedState{news.FeedTimeout, news.FeedUnreachable} {
		db := newsroom(t, 1)
		settle(t, db, news.Settlement{Cited: []news.Cited{cited(1, "a", "x")}})
		keep(t, db, Source{Address: "a", Asked: day, State: state})
		q := quota()
		wants(t, "at once", wantedOf(t, db, q))
		q.Day = day.Add(time.Minute)
		wants(t, "a day later", wantedOf(t, db, q), "a")
		keep(t, db, Source{Address: "a", Asked: day, State: state})
		wants(t, "after the second time", wantedOf(t, db, q))
	}
}

func TestSourcesKeepToTheirQuota(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, news.Settlement{Cited: []news.Cited{cited(1, "a", "x"), cited(1, "b", "x"), cited(2, "c", "x"), cited(3, "d", "y")}})
	q := quota()
	q.Limit = 2
	wants(t, "at most two", wantedOf(t, db, q), "d", "c")
	q = quota()
	q.Since = day.Add(90 * time.Minute) // the third article is newer
	wants(t, "of newer articles", wantedOf(t, db, q), "d")
	q = quota()
	q.PerHost = 1
	wants(t, "one of a host", wantedOf(t, db, q), "d", "c")
	keep(t, db, Source{Address: "a", Asked: day, State: news.FeedOK})
	wants(t, "one of a host a day", wantedOf(t, db, q), "d")
	q.Day, q.PerHost = day.Add(time.Minute), 2
	wants(t, "the next day", wantedOf(t, db, q), "d", "c", "b")
}

func TestSourcesComeBackAsTheyWereKept(t *testing.T) {
	db := newsroom(t, 2)
	db.opts.EncodePrint = func(p news.Print) []byte { return []byte{byte(p.Words)} }
	db.opts.DecodePrint = func(b []byte) (news.Print, error) { return news.Print{Words: int(b[0])}, nil }
	settle(t, db, news.Settlement{Cited: []news.Cited{cited(1, "a", "x"), cited(2, "b", "x")}})
	want := Source{
		Address: "a", Link: "a?utm=1", Host: "x", Asked: day, State: news.FeedOK, Print: news.Print{Words: 7},
		Article: news.Article{
			URL: "https://x/a", Canonical: "https://x/c", Title: "T\x00itle", Outlet: news.Outlet{Name: "X", Domain: "x", Agency: true},
			Lang: "en", Seen: day, Published: day.Add(-time.Hour),
		},
		Claims: []news.Claim{{Kind: news.ClaimDateline, Outlet: "Wire", Domain: "wire", Text: "(Wire)", Strength: 1}},
	}
	keep(t, db, want)
	keep(t, db, Source{Address: "b", Asked: day, State: news.FeedPrivate})
	want.Article.Title = "T\uFFFDitle"
	got, err := db.SourcesOf(t.Context(), []int64{1, 2, 99})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]Source{"a": want}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArticlesAreWeighedOnceWithASource(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, news.Settlement{Cited: []news.Cited{cited(1, "a", "x"), cited(2, "b", "x")}})
	unweighed := func(want ...int64) {
		t.Helper()
		got, err := db.Unweighed(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("unweighed %v, want %v (%v)", got, want, err)
		}
	}
	unweighed()
	keep(t, db, Source{Address: "a", Asked: day, State: news.FeedOK})
	keep(t, db, Source{Address: "b", Asked: day, State: news.FeedTooLarge})
	unweighed(1)
	if err := db.Weighed(t.Context(), []int64{1}, news.Settlement{}); err != nil {
		t.Fatal(err)
	}
	unweighed()
	settle(t, db, news.Settlement{Cited: []news.Cited{cited(1, "a", "x"), cited(3, "a", "x")}}) // a later one credits it too
	unweighed(3)
}

func TestSourcesGoWithNothingSettled(t *testing.T) {
	db := newsroom(t, 1)
	if got, err := db.SourcesOf(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	wants(t, "of nothing", wantedOf(t, db, quota()))
}
