package store

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

// paper is the model: the newest title by feed and guid.
type paper map[[2]string]string

// take applies a poll as Collect should do.
func (p paper) take(feed string, articles []news.Article) (tally Tally) {
	taken := map[string]bool{}
	for _, a := range articles {
		if taken[a.GUID] {
			continue
		}
		taken[a.GUID] = true
		key := [2]string{feed, a.GUID}
		old, ok := p[key]
		switch {
		case !ok:
			tally.New++
		case old != a.Title:
			tally.Revised++
		default:
			tally.Same++
		}
		p[key] = a.Title
	}
	return tally
}

// checkStores holds a property against random input, each time on an empty store.
func checkStores(t *testing.T, property func(rt *rapid.T, db *DB)) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		db, err := Open(t.Context(), dir, options(t, dir))
		if err != nil {
			rt.Fatal(err)
		}
		defer func() {
			if err := errors.Join(db.Close(), os.RemoveAll(dir)); err != nil { // PostgreSQL's database goes with the folder
				rt.Error(err)
			}
		}()
		property(rt, db)
	})
}

// TestCollectNeverLosesOrDoubles compares random sequences of polls with the model. It follows the log from a watermark
// as the later stages do.
func TestCollectNeverLosesOrDoubles(t *testing.T) {
	checkStores(t, func(rt *rapid.T, db *DB) {
		feeds := addFeeds(t, db, 3)
		model, follower, mark := paper{}, paper{}, int64(0)
		for range rapid.IntRange(1, 6).Draw(rt, "calls") {
			polls, want := drawPolls(rt, feeds, model)
			got, err := db.Collect(t.Context(), polls)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Tally{}, "First")); diff != "" {
				rt.Fatal(diff)
			}
			if rapid.Bool().Draw(rt, "follow") {
				mark = follow(rt, t, db, follower, mark)
			}
		}
		follow(rt, t, db, follower, mark)
		if diff := cmp.Diff(model, follower); diff != "" {
			rt.Fatal(diff)
		}
		whole := paper{}
		follow(rt, t, db, whole, 0)
		if diff := cmp.Diff(model, whole); diff != "" {
			rt.Fatal(diff)
		}
		if err := db.Check(t.Context()); err != nil {
			rt.Fatal(err)
		}
	})
}

func drawPolls(rt *rapid.T, feeds []news.Feed, model paper) (polls []Poll, want []Tally) {
	for range rapid.IntRange(1, 4).Draw(rt, "polls") {
		f := rapid.SampledFrom(feeds).Draw(rt, "feed")
		var articles []news.Article
		for _, guid := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), rapid.ID).Draw(rt, "guids") {
			articles = append(articles, article(guid, guid+rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "version")))
		}
		polls = append(polls, poll(f, articles...))
		want = append(want, model.take(f.URL, articles))
	}
	return polls, want
}

// follow reads the log from a watermark in small steps. It fails if a step repeats an article.
func follow(rt *rapid.T, t *testing.T, db *DB, into paper, mark int64) int64 {
	urls := map[int64]string{1: feedURL(0), 2: feedURL(1), 3: feedURL(2)}
	ids := map[int64]bool{}
	for {
		step, err := db.Log(t.Context(), mark, 2)
		if err != nil {
			rt.Fatal(err)
		}
		if len(step) == 0 {
			return mark
		}
		for _, a := range step {
			if a.Seq <= mark || ids[a.ID] {
				rt.Fatalf("article %d comes again at %d, after %d", a.ID, a.Seq, mark)
			}
			ids[a.ID], mark = true, a.Seq
			into[[2]string{urls[a.FeedID], a.GUID}] = a.Title
		}
	}
}
