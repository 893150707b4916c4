package search

import (
	"fmt"
	"math"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestKeptResults searches again and again while index and stories change. What is kept never differs from a search of its own.
func TestKeptResults(t *testing.T) {
	x, stories := room(t)
	requests := []Request{
		{Query: "comet", Newest: true},
		{Query: "comet", Coverage: true},
		{Query: "comet", Newest: true, Prominent: true, Stories: true, Facets: true},
		{Query: "comet", Newest: true, Stories: true, Settled: true, Only: news.TopicOptions{Muted: []string{"paper1"}}},
		{Query: "comet", Newest: true, Stories: true, Settled: true, Only: news.TopicOptions{Langs: []string{"fi"}}},
		{Query: "comet is:copy", Newest: true},
		{Query: "NOT comet OR is:original", Newest: true, Facets: true},
		{Query: "comet", Newest: true, Limit: 2, Offset: 1, Facets: true},
		{Query: "comet", Newest: true, Limit: 2, Offset: 90},
	}
	both := func(s Request, at time.Time) {
		t.Helper()
		var got [2]Result
		for i, from := range []int{1, math.MaxInt} {
			x.kept.from = from
			var err error
			if got[i], err = x.Search(t.Context(), s, at); err != nil {
				t.Fatalf("%+v: %v", s, err)
			}
		}
		equal(t, got[1], got[0])
	}
	changes := []func(){
		func() {},
		func() { // a story changes, and the index does not
			stories.Set([]news.Placement{{Story: 11, Event: 2, Origin: outlet("paper6"), Outlets: 9, Members: map[int64]news.Role{5: news.RoleCopy, 6: news.RoleOriginal}}})
		},
		func() { // the index changes, and no story does
			put(t, x, 9, news.Article{ID: 8, Title: "Comet 8", Lang: "fi", Outlet: outlet("paper8"), Seen: now}, news.Article{ID: 9, Title: "Rain", Seen: now})
		},
		func() {
			if err := x.Delete(t.Context(), []int64{5}, 1); err != nil {
				t.Fatal(err)
			}
			stories.Remove([]int64{5})
		},
		func() {
			other := &StoryTable{}
			other.Set([]news.Placement{{Story: 12, Outlets: 1, Members: map[int64]news.Role{1: news.RoleOriginal}}})
			x.SetStories(other)
		},
	}
	for i, change := range changes {
		change()
		for range 2 { // the second time from what is kept
			for _, s := range requests {
				x.kept.from = 1
				first := find1(t, x, s)
				for j := range first.Facets { // callers own what they get
					first.Facets[j] = Facet{}
				}
				both(s, now)
			}
		}
		if len(x.kept.results) == 0 {
			t.Errorf("after change %d nothing is kept", i)
		}
	}
}

// TestNotKept searches for what depends on more than index and stories.
func TestNotKept(t *testing.T) {
	x, _ := room(t)
	marks := func(read ...int64) *news.Marks { return &news.Marks{Read: news.IDsOf(read...)} }
	equal(t, []int64{7, 6}, found(t, x, Request{Query: "is:unread", Newest: true, User: 3, Marks: marks(1, 2, 3, 4, 5)}))
	equal(t, []int64{2, 1}, found(t, x, Request{Query: "is:unread", Newest: true, User: 4, Marks: marks(3, 4, 5, 6, 7)}))
	equal(t, []int64{7}, found(t, x, Request{Query: "comet -is:unread", Newest: true, User: 3, Marks: marks(7)}))
	equal(t, []int64{6}, found(t, x, Request{Query: "comet -is:unread", Newest: true, User: 3, Marks: marks(6)}))
	put(t, x, 8, news.Article{ID: 8, Title: "Rain", FeedID: 9, Seen: now.Add(-48 * time.Hour)})
	equal(t, []int64{8}, found(t, x, Request{Query: "feed:sky", Newest: true, Feeds: []news.Feed{{ID: 9, Title: "Sky"}}}))
	equal(t, []int64(nil), found(t, x, Request{Query: "feed:sky", Newest: true, Feeds: []news.Feed{{ID: 9, Title: "Earth"}}}))
	for _, at := range []struct {
		time time.Time
		want int
	}{{now, 7}, {now.Add(20 * time.Hour), 2}} {
		hits, err := x.Search(t.Context(), Request{Query: "since:24h", Newest: true}, at.time)
		if err != nil || hits.Total != at.want {
			t.Errorf("at %s %d articles of the last day, %v, want %d", at.time, hits.Total, err, at.want)
		}
	}
	if len(x.kept.results) > 0 {
		t.Errorf("%d results are kept", len(x.kept.results))
	}
}

// TestKeptResultsAreBounded keeps more than fits.
func TestKeptResultsAreBounded(t *testing.T) {
	var k keptResults
	stories := &storySnapshot{}
	for i := range 100 {
		k.keep(nil, stories, fmt.Sprint(i), &keptResult{total: keptDeepest, first: make([]match, keptDeepest), until: time.Now().Add(time.Hour)})
		if k.find(nil, stories, "0", 1) == nil {
			t.Fatalf("what is read all the time is gone after %d others", i)
		}
	}
	if held := len(k.results) * keptDeepest; held != keptPositions {
		t.Errorf("%d results are kept, want %d", held, keptPositions)
	}
	if k.find(nil, &storySnapshot{}, "0", 1) != nil {
		t.Error("a result is found for other stories")
	}
	k.keep(nil, stories, "old", &keptResult{until: time.Now().Add(-time.Second)})
	if k.find(nil, stories, "old", 0) != nil {
		t.Error("a result is found whose outlets may have other names now")
	}
}
