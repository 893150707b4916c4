package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A feed that was removed comes back as it was, with what was set of it, its articles and the marks of these, until the removal is
// final. Then nothing that was learnt of its documents is left.
func TestRemovalCanBeUndone(t *testing.T) {
	db := newsroom(t, 3)
	feeds, err := db.Feeds(t.Context())
	must(t, err)
	id := feeds[0].ID
	must(t, db.AddUser(t.Context(), news.User{Name: "ann"}, "x"))
	users, err := db.Users(t.Context())
	must(t, err)
	user := users[0]
	articles, err := db.Articles(t.Context(), news.ArticleList{FeedID: id})
	must(t, err)
	_, err = db.MarkItems(t.Context(), user.ID, news.Marking{Articles: []int64{articles[0].ID}, Read: true, AddLabels: []string{"", "later"}})
	must(t, err)
	title, folder, never := "ours", "A/B", "never"
	must(t, db.ChangeFeed(t.Context(), id, news.FeedEdit{Title: &title, Folder: &folder, FullText: &never}))
	before, err := db.Feed(t.Context(), id)
	must(t, err)
	states, err := db.States(t.Context(), user.ID, []int64{articles[0].ID})
	must(t, err)

	must(t, db.RemoveFeed(t.Context(), id))
	if err := db.RemoveFeed(t.Context(), id); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if err := db.ChangeFeed(t.Context(), id, news.FeedEdit{Title: &folder}); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("changed while it is removed: %v", err)
	}
	if _, err := db.Feed(t.Context(), id); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a removed feed is there: %v", err)
	}
	removed, err := db.RemovedFeeds(t.Context(), 10)
	must(t, err)
	if len(removed) != 1 || removed[0].ID != id || removed[0].Removed.IsZero() {
		t.Errorf("removed feeds: %+v", removed)
	}
	if n, err := db.EndRemovals(t.Context(), removed[0].Removed.Add(-time.Second), 10); n != 0 || err != nil {
		t.Errorf("%d removals ended too early (%v)", n, err)
	}
	restored, err := db.RestoreFeeds(t.Context(), []int64{id, 999})
	must(t, err)
	after, err := db.Feed(t.Context(), id)
	must(t, err)
	if diff := gocmp.Diff(before, after); diff != "" || !slices.Equal(restored, []int64{id}) {
		t.Errorf("restored %v, with\n%s", restored, diff)
	}
	again, err := db.States(t.Context(), user.ID, []int64{articles[0].ID})
	must(t, err)
	if diff := gocmp.Diff(states, again); diff != "" {
		t.Errorf("marks: %s", diff)
	}

	must(t, db.RemoveFeed(t.Context(), id))
	if n, err := db.EndRemovals(t.Context(), db.Now().Add(time.Second), 10); n != 1 || err != nil {
		t.Errorf("%d removals ended (%v)", n, err)
	}
	if restored, err = db.RestoreFeeds(t.Context(), []int64{id}); len(restored) != 0 || err != nil {
		t.Errorf("restored %v after the end (%v)", restored, err)
	}
	for _, table := range []string{"feed_days", "feed_polls", "furniture", "shown"} {
		if n, err := db.number(t.Context(), "rows", fmt.Sprintf("SELECT count(*) FROM %s WHERE feed_id = ?", table), id); n != 0 || err != nil {
			t.Errorf("%s has %d rows of a feed that is gone (%v)", table, n, err)
		}
	}
	returned, err := db.AddFeed(t.Context(), news.Feed{URL: before.URL})
	must(t, err)
	if returned.ID != id || returned.Title != "" || returned.FullText != "" || returned.Articles != before.Articles {
		t.Errorf("added again: %+v", returned)
	}
}

// A folder is moved with the folders below it. Where the other has feeds, they are merged.
func TestMoveFolder(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		moved    int
		want     []string // by feed
	}{
		{"News", "World", 2, []string{"World", "World/Asia", "Newsletters", "World", "", "News0"}},
		{"News", "", 2, []string{"", "Asia", "Newsletters", "World", "", "News0"}},
		{"News", "مجلد/日本", 2, []string{"مجلد/日本", "مجلد/日本/Asia", "Newsletters", "World", "", "News0"}},
		{"Nowhere", "World", 0, []string{"News", "News/Asia", "Newsletters", "World", "", "News0"}},
	} {
		db := open(t, t.TempDir())
		for i, folder := range []string{"News", "News/Asia", "Newsletters", "World", "", "News0"} {
			_, err := db.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://a.example/%d", i), Folder: folder})
			must(t, err)
		}
		moved, err := db.MoveFolder(t.Context(), tt.from, tt.to)
		must(t, err)
		feeds, err := db.Feeds(t.Context())
		must(t, err)
		var got []string
		for _, f := range feeds {
			got = append(got, f.Folder)
		}
		if moved != tt.moved || !slices.Equal(got, tt.want) {
			t.Errorf("%s to %s moved %d: %q, want %q", tt.from, tt.to, moved, got, tt.want)
		}
	}
}

// The removal of a folder is undone for the feeds that nobody moved since, once.
func TestRestoreFolder(t *testing.T) {
	db := open(t, t.TempDir())
	var ids []int64
	for i, folder := range []string{"News", "News/Asia", "Newsletters", "News/Asia/East", "Asia"} {
		f, err := db.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://a.example/%d", i), Folder: folder})
		must(t, err)
		ids = append(ids, f.ID)
	}
	folders := func() (all []string) {
		feeds, err := db.Feeds(t.Context())
		must(t, err)
		for _, f := range feeds {
			all = append(all, f.Folder)
		}
		return all
	}
	first, err := db.RemoveFolder(t.Context(), "News")
	must(t, err)
	second, err := db.RemoveFolder(t.Context(), "Newsletters")
	must(t, err)
	if got := folders(); first.Feeds != 3 || second.Feeds != 1 || first.Undo == second.Undo || !slices.Equal(got, []string{"", "Asia", "", "Asia/East", "Asia"}) {
		t.Errorf("after %+v and %+v the folders are %q", first, second, got)
	}
	moved := "Elsewhere"
	must(t, db.ChangeFeed(t.Context(), ids[3], news.FeedEdit{Folder: &moved}))
	n, err := db.RestoreFolder(t.Context(), first.Undo)
	if got := folders(); err != nil || n != 2 || !slices.Equal(got, []string{"News", "News/Asia", "", "Elsewhere", "Asia"}) {
		t.Errorf("%d restored (%v): the folders are %q", n, err, got)
	}
	for _, undo := range []int64{first.Undo, 4711} {
		if _, err := db.RestoreFolder(t.Context(), undo); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("restored again: %v", err)
		}
	}
	if n, err := db.RestoreFolder(t.Context(), 0); err != nil || n != 1 || folders()[2] != "Newsletters" {
		t.Errorf("the last removal: %d restored (%v), the folders are %q", n, err, folders())
	}
	if _, err := db.RemoveFolder(t.Context(), "Nowhere"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// A paused feed is not due, whatever a hub pushes of it. One that ended is due again when somebody asks for it.
func TestPausedFeedsAreNotDue(t *testing.T) {
	db := open(t, t.TempDir())
	now := time.Now()
	due := func() (ids []int64) {
		_, feeds, err := db.ClaimHosts(t.Context(), HostClaim{Due: now})
		must(t, err)
		for _, f := range feeds {
			ids = append(ids, f.ID)
		}
		slices.Sort(ids)
		return ids
	}
	for i := range 3 {
		_, err := db.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://a%d.example/", i)})
		must(t, err)
	}
	yes, no := true, false
	n, err := db.ChangeFeeds(t.Context(), []int64{1, 2, 9}, news.FeedEdit{Paused: &yes})
	must(t, err)
	if got := due(); n != 2 || !slices.Equal(got, []int64{3}) {
		t.Errorf("%d feeds paused; due are %v", n, got)
	}
	feed, err := db.Feed(t.Context(), 1)
	must(t, err)
	feed.Checked = now
	tallies, err := db.Collect(t.Context(), []Poll{{Feed: feed, Pushed: true, Articles: []news.Article{{GUID: "a", Title: "A", Hash: "a"}}}})
	must(t, err)
	if stored, err := db.Articles(t.Context(), news.ArticleList{FeedID: 1}); len(stored) != 0 || err != nil {
		t.Errorf("a push to a paused feed stored %d articles (%v; %v)", len(stored), err, tallies)
	}
	must(t, db.ChangeFeed(t.Context(), 1, news.FeedEdit{Paused: &no}))
	ended, err := db.Feed(t.Context(), 3)
	must(t, err)
	ended.State, ended.Checked, ended.Due = news.FeedGone, now, now.AddDate(100, 0, 0)
	_, err = db.Collect(t.Context(), []Poll{{Feed: ended}})
	must(t, err)
	if got := due(); !slices.Equal(got, []int64{1}) {
		t.Errorf("due are %v", got)
	}
	pushed, err := db.Feed(t.Context(), 1)
	must(t, err)
	pushed.Checked, pushed.Due, pushed.Rule, pushed.State = now.Add(time.Second), now.Add(24*time.Hour), "hub", news.FeedOK
	_, err = db.Collect(t.Context(), []Poll{{Feed: pushed}})
	must(t, err)
	if got := due(); len(got) != 0 {
		t.Errorf("due are %v, though a hub pushes", got)
	}
	for what, again := range map[string]func() error{
		"paused": func() error {
			return errors.Join(db.ChangeFeed(t.Context(), 1, news.FeedEdit{Paused: &yes}), db.ChangeFeed(t.Context(), 1, news.FeedEdit{Paused: &no}))
		},
		"removed": func() error {
			return errors.Join(db.RemoveFeed(t.Context(), 1), second(db.RestoreFeeds(t.Context(), []int64{1})))
		},
	} {
		_, err = db.Collect(t.Context(), []Poll{{Feed: pushed}})
		must(t, err)
		must(t, again())
		if got := due(); !slices.Equal(got, []int64{1}) {
			t.Errorf("%s for a while: due are %v", what, got)
		}
	}
	must(t, db.PollFeedsAt(t.Context(), map[int64]time.Time{3: now, 2: now}, "asked"))
	if got := due(); !slices.Equal(got, []int64{1, 3}) {
		t.Errorf("due are %v", got)
	}
}

// Polls in a row that end alike are one run, and a feed keeps its newest runs. A poll that only postpones is none.
func TestFeedHistory(t *testing.T) {
	db := open(t, t.TempDir())
	feed, err := db.AddFeed(t.Context(), news.Feed{URL: "https://a.example/"})
	must(t, err)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ended := func(state news.FeedState, cause news.Cause, articles ...news.Article) {
		t.Helper()
		feed.Checked, feed.State, feed.Cause = at, state, cause
		_, err := db.Collect(t.Context(), []Poll{{Feed: feed, Articles: articles}})
		must(t, err)
		at = at.Add(time.Hour)
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 6, 0, 0, 0, time.UTC) }
	item := func(id string, published time.Time) news.Article {
		return news.Article{GUID: id, Hash: id, Title: id, Published: published}
	}
	ended(news.FeedOK, "", item("a", day(1)), item("b", day(1)), item("old", day(1).AddDate(0, -3, 0)))
	ended(news.FeedOK, "", item("a", day(1)))
	ended(news.FeedUnreachable, news.CauseRefused)
	ended(news.FeedUnreachable, news.CauseRefused)
	feed.Due = at.Add(time.Hour) // only postponed: Checked is that of the last poll
	_, err = db.Collect(t.Context(), []Poll{{Feed: feed}})
	must(t, err)
	ended(news.FeedUnreachable, news.CauseBrokeOff)
	runs, err := db.FeedHistory(t.Context(), feed.ID)
	must(t, err)
	var got []string
	for _, r := range runs {
		got = append(got, fmt.Sprint(r.First.Hour(), "-", r.Last.Hour(), " ", r.Polls, " ", r.State, " ", r.Cause, " ", r.Articles))
	}
	want := []string{"16-16 1 unreachable broke off 0", "14-15 2 unreachable refused 0", "12-13 2 ok  3"}
	if !slices.Equal(got, want) {
		t.Errorf("runs %q, want %q", got, want)
	}
	days, err := db.FeedDays(t.Context(), []int64{feed.ID, 99}, at)
	must(t, err)
	if want := map[int64][]news.DayCount{feed.ID: {{Day: day(1).Truncate(24 * time.Hour), Articles: 2}}}; gocmp.Diff(want, days) != "" {
		t.Errorf("days %+v, want %+v", days, want)
	}
	for i := range 2 * maxRuns {
		ended(news.FeedHTTPError, news.Cause(fmt.Sprint(500+i)))
	}
	if runs, err = db.FeedHistory(t.Context(), feed.ID); len(runs) != maxRuns || runs[0].Cause != "559" || err != nil {
		t.Errorf("%d runs are kept, the newest %v (%v)", len(runs), runs[0], err)
	}
	at = at.AddDate(0, 2, 0)
	ended(news.FeedOK, "", item("ahead", at.AddDate(1, 0, 0)))
	days, err = db.FeedDays(t.Context(), []int64{feed.ID}, at)
	must(t, err)
	if n, err := db.number(t.Context(), "days", "SELECT count(*) FROM feed_days"); n != 1 || len(days[feed.ID]) != 1 || err != nil {
		t.Errorf("%d days are kept, %v (%v)", n, days, err)
	}
}

// The articles of a feed and of a folder are listed by time, from after any of them on, also where many have one time.
func TestFeedArticles(t *testing.T) {
	db := open(t, t.TempDir())
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var want []int64
	for i := range 4 {
		f, err := db.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://a%d.example/", i), Folder: []string{"A", "A", "A", "B"}[i]})
		must(t, err)
		p := Poll{Feed: f}
		p.Feed.Checked = at
		for j := range 5 {
			p.Articles = append(p.Articles, news.Article{GUID: fmt.Sprint(j), Hash: fmt.Sprint(j), Title: "x", Published: at.Add(-time.Duration(j/2) * time.Hour)})
		}
		_, err = db.Collect(t.Context(), []Poll{p})
		must(t, err)
	}
	all, err := db.Articles(t.Context(), news.ArticleList{Limit: 100})
	must(t, err)
	for _, a := range all {
		if a.FeedID != 4 {
			want = append(want, a.ID)
		}
	}
	for _, limit := range []int{1, 2, 4, 100} {
		var got []int64
		for before := (news.Place{}); ; {
			part, err := db.FeedArticles(t.Context(), 0, 0, "A", before, limit)
			must(t, err)
			for _, a := range part {
				got = append(got, a.ID)
				before = news.Place{Time: a.Time(), ID: a.ID}
			}
			if len(part) < limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d at once: %v, want %v", limit, got, want)
		}
	}
	one, err := db.FeedArticles(t.Context(), 0, 4, "", news.Place{}, 3)
	must(t, err)
	if len(one) != 3 || one[0].FeedID != 4 || one[0].Title != "x" {
		t.Errorf("of a feed: %+v", one)
	}
}
