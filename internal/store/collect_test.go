package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

func addFeeds(tb testing.TB, db *DB, n int) []news.Feed {
	tb.Helper()
	feeds := make([]news.Feed, n)
	for i := range feeds {
		feeds[i] = news.Feed{URL: feedURL(i), Added: day}
	}
	added, err := db.AddFeeds(tb.Context(), feeds)
	if err != nil {
		tb.Fatal(err)
	}
	return added
}

// poll returns a poll whose articles get their ids in the given order, even with equal times.
func poll(f news.Feed, articles ...news.Article) Poll {
	f.State, f.Checked = news.FeedOK, day
	p := Poll{Feed: f, Articles: slices.Clone(articles)}
	of := slices.Repeat([]int{newItem}, len(articles))
	for i, from := range storeOrder(Poll{Feed: f, Articles: articles}, of) {
		a := articles[from]
		a.Keys = news.ItemKeys{ID: a.GUID, Address: strings.TrimPrefix(a.URL, "https://"), Text: a.Text}
		p.Articles[i] = a
	}
	return p
}

func store(tb testing.TB, db *DB, polls ...Poll) []Tally {
	tb.Helper()
	tallies, err := db.Collect(tb.Context(), polls)
	if err != nil {
		tb.Fatal(err)
	}
	return tallies
}

func logged(tb testing.TB, db *DB, after int64) []news.Article {
	tb.Helper()
	all, err := db.Log(tb.Context(), after, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func check(tb testing.TB, db *DB) {
	tb.Helper()
	if err := db.Check(tb.Context()); err != nil {
		tb.Error(err)
	}
}

func guids(articles []news.Article) string {
	var all []string
	for _, a := range articles {
		all = append(all, a.GUID+"="+a.Title)
	}
	return strings.Join(all, " ")
}

func TestCollectCountsWhatIsNew(t *testing.T) {
	one, two, changed := article("g1", "one"), article("g2", "two"), article("g1", "one, mended")
	tests := []struct {
		name  string
		polls [][]news.Article // of one feed, in order
		want  Tally            // of the last poll
		log   string
	}{
		{"nothing", [][]news.Article{{}}, Tally{}, ""},
		{"new", [][]news.Article{{one, two}}, Tally{New: 2, First: 1}, "g1=one g2=two"},
		{"the same again", [][]news.Article{{one, two}, {one, two}}, Tally{Same: 2}, "g1=one g2=two"},
		{"revision goes to the end of the log", [][]news.Article{{one, two}, {changed, two}}, Tally{Revised: 1, Same: 1}, "g2=two g1=one, mended"},
		{"guid twice in a poll", [][]news.Article{{one, changed, one}}, Tally{New: 2, First: 1}, "g1=one, mended g1\n2=one"},
		{"guid twice in a later poll", [][]news.Article{{one}, {changed, one}}, Tally{New: 1, Same: 1, First: 2}, "g1=one g1\n2=one, mended"},
		{"shorter poll loses nothing", [][]news.Article{{one, two}, {two}}, Tally{Same: 1}, "g1=one g2=two"},
		{"guid that is no UTF-8", [][]news.Article{{article("\xff\x00", "odd")}, {article("\xff\x00", "odd")}}, Tally{Same: 1}, "\uFFFD\uFFFD=odd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := open(t, t.TempDir())
			f := addFeeds(t, db, 1)[0]
			var got Tally
			for _, articles := range tt.polls {
				got = store(t, db, poll(f, articles...))[0]
			}
			if got != tt.want {
				t.Errorf("tally %+v, want %+v", got, tt.want)
			}
			if log := guids(logged(t, db, 0)); log != tt.log {
				t.Errorf("log %q, want %q", log, tt.log)
			}
			check(t, db)
		})
	}
}

func TestCollectKeepsEveryField(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	want := news.Article{
		GUID: "tag:paper.example,2026:1", URL: "https://paper.example/1?utm=x", Canonical: "paper.example/1", Title: "Über 漢字",
		Authors: []string{"Ann Lee", "Bo Day"}, Outlet: news.Outlet{Name: "Wire", Domain: "wire.example", Agency: true}, Lang: "de",
		Published: day.Add(-time.Minute), Updated: day.Add(-time.Second), Seen: day, Summary: "In short.",
		HTML: "<p>" + strings.Repeat("Long enough to be packed. ", 40) + "</p>", Text: strings.Repeat("Long enough to be packed. ", 40),
		Marks:      []news.Mark{{Kind: news.MarkQuote, Text: "said", URL: "https://x.example", Start: 3, End: 7}},
		Categories: []string{"world"}, Enclosures: []news.Enclosure{{URL: "https://x.example/a.jpg", Type: "image/jpeg", Length: 12}},
		Roundup: true, Hash: "h1",
	}
	store(t, db, poll(f, want))
	want.ID, want.Seq, want.FeedID = 1, 1, f.ID
	got, err := db.Article(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRevisionKeepsWhatWasFirst(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	store(t, db, poll(f, article("g", "first"), article("other", "other")))
	again := article("g", "second")
	again.Seen, again.Published, again.Updated = day.Add(time.Hour), day.Add(30*time.Minute), day.Add(time.Hour)
	store(t, db, poll(f, again))

	want := again
	want.ID, want.Seq, want.FeedID = 1, 3, f.ID
	want.Seen, want.Published = day, day.Add(-time.Hour)
	if diff := cmp.Diff([]news.Article{want}, logged(t, db, 2)); diff != "" {
		t.Error(diff)
	}
	check(t, db)
}

func TestRevisionBringsAMissingDate(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	undated, dated := article("g", "first"), article("g", "second")
	undated.Published = time.Time{}
	store(t, db, poll(f, undated))
	store(t, db, poll(f, dated))
	got, err := db.Article(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Published.Equal(dated.Published) {
		t.Errorf("published %v, want %v", got.Published, dated.Published)
	}
}

func TestCollectMovesTheFeedWithItsArticles(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 2)[0]
	p := poll(f, article("g", "one"))
	p.Feed.ETag, p.Feed.LastModified, p.Feed.Title, p.Feed.Due = `W/"1"`, "Tue, 18 Aug 2026 06:00:00 GMT", "Paper", day.Add(time.Hour)
	store(t, db, p)
	later := p
	later.Articles, later.Feed.Checked, later.Feed.Changed, later.Feed.Title = nil, day.Add(time.Hour), day, ""
	later.Feed.State, later.Feed.Problem, later.Feed.Failures = news.FeedTimeout, "slow; try later", 1
	store(t, db, later)

	want := later.Feed
	want.Changed, want.Articles, want.Title = day, 1, "Paper"
	got, err := db.Feed(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCollectIsAllOrNothing(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	good := poll(f, article("g", "one"))
	good.Feed.ETag = "e1"
	_, err := db.Collect(t.Context(), []Poll{good, poll(news.Feed{ID: 99, URL: "https://nobody.example/"})})
	if !errors.Is(err, news.ErrNotFound) || !strings.Contains(err.Error(), "https://nobody.example/") {
		t.Errorf("error %v, want one that is not found and names the feed", err)
	}
	if all := logged(t, db, 0); len(all) != 0 {
		t.Errorf("%d articles stored", len(all))
	}
	if got, err := db.Feed(t.Context(), f.ID); err != nil || got.ETag != "" {
		t.Errorf("validator %q stored without its items (%v)", got.ETag, err)
	}
}

func TestCollectStopsWithItsContext(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Collect(ctx, []Poll{poll(f, article("g", "one"))}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
	store(t, db, poll(f, article("g", "one")))
	check(t, db)
}

func TestCollectPassesOverRemovedFeeds(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 2)
	if err := db.RemoveFeed(t.Context(), feeds[0].ID); err != nil {
		t.Fatal(err)
	}
	got := store(t, db, poll(feeds[0], article("g", "one")), poll(feeds[1], article("g", "one")))
	if diff := cmp.Diff([]Tally{{}, {New: 1, First: 1}}, got); diff != "" {
		t.Error(diff)
	}
	check(t, db)
}

func TestFeedsMayShareGUIDs(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 2)
	got := store(t, db, poll(feeds[0], article("g", "one")), poll(feeds[1], article("g", "one")), poll(feeds[0], article("g", "two")))
	if diff := cmp.Diff([]Tally{{New: 1, First: 1}, {New: 1, First: 2}, {Revised: 1}}, got); diff != "" {
		t.Error(diff)
	}
	if log := guids(logged(t, db, 0)); log != "g=one g=two" {
		t.Errorf("log %q", log)
	}
	check(t, db)
}

func TestReadingTheLog(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	store(t, db, poll(f, article("a", "a"), article("b", "b"), article("c", "c")))
	ctx := t.Context()
	page, err := db.Log(ctx, 1, 1)
	if err != nil || guids(page) != "b=b" {
		t.Errorf("Log(1, 1) = %s, %v", guids(page), err)
	}
	if n, err := db.CountAfter(ctx, 1); n != 2 || err != nil {
		t.Errorf("CountAfter(1) = %d, %v", n, err)
	}
	if n, err := db.LastSeq(ctx); n != 3 || err != nil {
		t.Errorf("LastSeq = %d, %v", n, err)
	}
	some, err := db.ArticlesByID(ctx, []int64{3, 99, 1})
	if err != nil || guids(some) != "c=c a=a" {
		t.Errorf("ArticlesByID = %s, %v", guids(some), err)
	}
	if _, err := db.Article(ctx, 99); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("unknown article: %v", err)
	}
}

func TestArticlesNewestFirst(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 2)
	var articles []news.Article
	for i, name := range []string{"a", "b", "c", "d"} {
		a := article(name, name)
		a.Seen, a.Published = day.Add(time.Duration(i)*time.Hour), day.Add(-time.Duration(i)*time.Hour)
		articles = append(articles, a)
	}
	store(t, db, poll(feeds[0], articles[:3]...), poll(feeds[1], articles[3]))
	tests := []struct {
		name string
		list news.ArticleList
		want string
	}{
		{"all", news.ArticleList{}, "a=a b=b c=c d=d"},
		{"page", news.ArticleList{Limit: 2, Offset: 1}, "b=b c=c"},
		{"feed", news.ArticleList{FeedID: feeds[1].ID}, "d=d"},
		{"since seen", news.ArticleList{Since: day.Add(2 * time.Hour)}, "c=c d=d"},
		{"feed and since", news.ArticleList{FeedID: feeds[0].ID, Since: day.Add(2 * time.Hour)}, "c=c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := db.Articles(t.Context(), tt.list)
			if err != nil || guids(got) != tt.want {
				t.Errorf("got %s, %v; want %s", guids(got), err, tt.want)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	c, err := newBodyCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []news.Article{
		{},
		{Text: "short"},
		{HTML: "<p>short</p>", Marks: []news.Mark{{Kind: news.MarkLink, URL: "https://x.example"}}},
		{HTML: strings.Repeat("<p>long</p>", 1000), Text: strings.Repeat("long\n\n", 1000)},
	} {
		b, err := c.pack(a)
		if err != nil {
			t.Fatal(err)
		}
		var got news.Article
		if err := c.unpack(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
	for _, bad := range [][]byte{nil, {7}, {bodyPlain, 200}, {bodyPlain, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}, {bodyZstd, 1, 2}} {
		if err := c.unpack(bad, &news.Article{}); err == nil {
			t.Errorf("unpack(%v) gave no error", bad)
		}
	}
}

// TestManyAtOnce collects, settles and reads from several goroutines.
func TestManyAtOnce(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 4)
	g, ctx := errgroup.WithContext(t.Context())
	for _, f := range feeds {
		g.Go(func() error {
			for i := range 10 {
				if _, err := db.Collect(ctx, []Poll{poll(f, article(strings.Repeat("g", i+1), fmt.Sprint("number ", i)))}); err != nil {
					return err
				}
			}
			return nil
		})
		g.Go(func() error {
			for range 10 {
				last, err := db.LastSeq(ctx)
				if err != nil {
					return err
				}
				if err := db.Settle(ctx, Settlement{Through: last}); err != nil {
					return err
				}
				if _, err := db.Log(ctx, 0, 10); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(logged(t, db, 0)); n != 40 {
		t.Errorf("%d articles, want 40", n)
	}
	check(t, db)
}

// TestValidatorsNeverOutrunItems makes the database fail between storing a feed and its articles.
func TestValidatorsNeverOutrunItems(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	f := addFeeds(t, db, 1)[0]
	refuse, accept := `CREATE TRIGGER full BEFORE INSERT ON bodies WHEN (SELECT count(*) FROM bodies) = 1 BEGIN SELECT RAISE(ABORT, 'disk full'); END`, `DROP TRIGGER full`
	if pgtest.OnPostgreSQL() {
		refuse, accept = `ALTER TABLE bodies ADD CONSTRAINT refuse CHECK (article_id = 1)`, `ALTER TABLE bodies DROP CONSTRAINT refuse`
	}
	execute(t, db.Dir(), refuse)
	p := poll(f, article("g1", "one"), article("g2", "two"))
	p.Feed.ETag, p.Feed.LastModified, p.NewURL, p.Rest = `"new"`, "today", "https://moved.example/", news.Rest{Host: "h", Until: day}
	if _, err := db.Collect(ctx, []Poll{p}); err == nil {
		t.Fatal("the second article was stored")
	}
	got, err := db.Feed(ctx, f.ID)
	if err != nil || got.ETag != "" || got.LastModified != "" || got.Articles != 0 || got.URL != f.URL || len(logged(t, db, 0)) != 0 {
		t.Errorf("something of it was kept: %+v, %v", got, err)
	}
	execute(t, db.Dir(), accept)
	store(t, db, p)
	got, err = db.Feed(ctx, f.ID)
	if err != nil || got.ETag != `"new"` || got.Articles != 2 || got.URL != p.NewURL {
		t.Errorf("the next attempt gave %+v, %v", got, err)
	}
}
