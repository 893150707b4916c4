package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestStoryLog has stories come, grow, go into each other and lose all they have: each stands once in the log, where it
// last changed.
func TestStoryLog(t *testing.T) {
	db := newsroom(t, 4)
	ctx := t.Context()
	log := func(after int64, want ...news.StoryChange) {
		t.Helper()
		got, err := db.StoryLog(ctx, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	log(0)
	settle(t, db, news.Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3), story(3, 3, 4)}})
	log(0, news.StoryChange{Seq: 1, Story: 1, First: 1}, news.StoryChange{Seq: 2, Story: 2, First: 2}, news.StoryChange{Seq: 3, Story: 3, First: 3})

	settle(t, db, news.Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1}})
	log(3, news.StoryChange{Seq: 4, Story: 1, First: 1}, news.StoryChange{Seq: 5, Story: 2, First: 2, Into: 1})

	settle(t, db, news.Settlement{Through: 4, Stories: []news.Story{story(4, 3, 4)}}) // the third loses its only article
	log(5, news.StoryChange{Seq: 6, Story: 3, First: 3, Gone: true}, news.StoryChange{Seq: 7, Story: 4, First: 7})
	if last, err := db.LastChange(ctx); last != 7 || err != nil {
		t.Errorf("%d, %v", last, err)
	}
	settle(t, db, news.Settlement{Through: 4})
	log(7)
}
