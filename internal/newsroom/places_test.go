package newsroom_test

import (
	"testing"

	"headwater/internal/news"
	"headwater/internal/newsroom"
)

func total(t *testing.T, room *newsroom.Newsroom, s news.Search) int {
	t.Helper()
	found, err := room.Search(t.Context(), s)
	must(t, err)
	return found.Total
}

// What a search asks of stories follows what settling and corrections make of them, and a new index knows it too.
func TestSearchFollowsStories(t *testing.T) {
	room, _, _, _ := library(t)
	want := func(when, query string, n int) {
		t.Helper()
		if got := total(t, room, news.Search{Query: query}); got != n {
			t.Errorf("%s: %s: %d found, want %d", when, query, got, n)
		}
	}
	want("settled", "outlets:3", 3)
	want("settled", "gymnasium is:copy copies:2", 2)
	if n := total(t, room, news.Search{Query: "gymnasium", Stories: true}); n != 1 {
		t.Errorf("%d stories of the flood, want 1", n)
	}
	found, err := room.Search(t.Context(), news.Search{Query: "gymnasium is:copy", Limit: 1})
	must(t, err)
	copied := found.Articles[0]
	_, err = room.Split(t.Context(), copied.Story, []int64{copied.ID})
	must(t, err)
	want("split", "outlets:3", 0)
	want("split", "gymnasium outlets:2 copies:1", 2)
	want("split", "gymnasium outlets:1 is:original", 1)
	_, err = room.Reindex(t.Context(), fresh(t, room), nil)
	must(t, err)
	want("indexed anew", "gymnasium outlets:2 copies:1", 2)
	again := newsroom.New(newsroom.Options{Store: room.Store, Index: room.Index, Now: room.Now})
	if n := total(t, again, news.Search{Query: "gymnasium outlets:2 copies:1"}); n != 2 {
		t.Errorf("after a start from the store: %d found, want 2", n)
	}
}
