package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestStoryLog: stories arrive, grow, merge and lose all their articles. Each is in the log once, at its last change.
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
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3), story(3, 3, 4)}})
	log(0, news.StoryChange{Seq: 1, Story: 1, First: 1}, news.StoryChange{Seq: 2, Story: 2, First: 2}, news.StoryChange{Seq: 3, Story: 3, First: 3})

	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1}})
	log(3, news.StoryChange{Seq: 4, Story: 1, First: 1}, news.StoryChange{Seq: 5, Story: 2, First: 2, Into: 1})

	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(4, 3, 4)}}) // the third loses its only article
	log(5, news.StoryChange{Seq: 6, Story: 3, First: 3, Gone: true}, news.StoryChange{Seq: 7, Story: 4, First: 7})
	if last, err := db.LastChange(ctx); last != 7 || err != nil {
		t.Errorf("%d, %v", last, err)
	}
	settle(t, db, Settlement{Through: 4})
	log(7)
}

// TestUnchangedStories settles a story again without a visible change. Its time of change stays.
func TestUnchangedStories(t *testing.T) {
	db := newsroom(t, 3)
	ctx := t.Context()
	was := story(1, 1, 1, 2)
	was.Changed = day
	settle(t, db, Settlement{Through: 3, Stories: []news.Story{was}})
	for _, tt := range []struct {
		name    string
		change  func(*news.Story)
		changes bool
	}{
		{"as it was", func(*news.Story) {}, false},
		{"weighed anew", func(s *news.Story) {
			s.Origin.Confidence, s.Origin.Evidence, s.Members[1].Share = .5, []news.Evidence{{Kind: "time", Detail: "another reason", Weight: 1}}, .3
		}, false},
		{"in another order", func(s *news.Story) { s.Members[0], s.Members[1] = s.Members[1], s.Members[0] }, false},
		{"another role", func(s *news.Story) { s.Members[1].Role = news.RoleRewrite }, true},
		{"another level", func(s *news.Story) { s.Origin.Level = news.LevelEarliest }, true},
		{"another headline", func(s *news.Story) { s.Title += "!" }, true},
		{"another article", func(s *news.Story) { s.Members = append(s.Members, news.Member{Article: news.Article{ID: 3}}) }, true},
		{"another event", func(s *news.Story) { s.Event = 9 }, true},
	} {
		before, err := db.Story(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		last, err := db.LastChange(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&was)
		was.Changed = was.Changed.Add(time.Hour)
		settle(t, db, Settlement{Through: 3, Stories: []news.Story{was}})
		got, err := db.Story(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		log, err := db.StoryLog(ctx, last, 10)
		if err != nil {
			t.Fatal(err)
		}
		if changed := !got.Changed.Equal(before.Changed); changed != tt.changes || (len(log) > 0) != tt.changes {
			t.Errorf("%s: changed from %s to %s, with %d entries in the log", tt.name, before.Changed, got.Changed, len(log))
		}
		if got.Origin.Confidence != was.Origin.Confidence {
			t.Errorf("%s: the new confidence is not stored", tt.name)
		}
	}
}
