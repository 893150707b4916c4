package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestTemplates marks stories at their settlement and later. The later mark changes neither their time nor their entry in
// the log.
func TestTemplates(t *testing.T) {
	db := newsroom(t, 4)
	ctx := t.Context()
	made := story(1, 1, 1)
	made.Template = true
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{made, story(2, 2, 2), story(3, 3, 3, 4)}})
	want := func(templates ...bool) {
		t.Helper()
		all, err := db.Stories(ctx, news.StoryList{IDs: news.Choose(1, 2, 3)})
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, s := range all {
			got = append(got, s.Template)
		}
		if diff := cmp.Diff(templates, got); diff != "" {
			t.Error(diff)
		}
	}
	want(true, false, false)
	before, err := db.Story(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	last, err := db.LastChange(ctx)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, db, Settlement{Through: 4, Templates: []int64{1, 2, 99}})
	want(true, true, false)
	after, err := db.Story(ctx, 2)
	if err != nil || !after.Changed.Equal(before.Changed) {
		t.Errorf("changed %s, before %s: %v", after.Changed, before.Changed, err)
	}
	if now, err := db.LastChange(ctx); now != last || err != nil {
		t.Errorf("the log ends at %d, before at %d: %v", now, last, err)
	}
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1)}}) // with another title, for example
	want(false, true, false)
}

// TestFolderOfBeforeTemplates opens a folder from before templates were marked. Its stories get marks when they are
// settled again.
func TestFolderOfBeforeTemplates(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, options(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	store(t, db, poll(addFeeds(t, db, 1)[0], article("g1", "title 1"), article("g2", "title 2")))
	made := story(1, 1, 1)
	made.Template = true
	settle(t, db, Settlement{Through: 2, Stories: []news.Story{made}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	downTo(t, dir, 19)
	db = open(t, dir)
	for _, want := range []bool{false, true} {
		s, err := db.Story(t.Context(), 1)
		if err != nil || s.Template != want || s.Title != made.Title {
			t.Errorf("story %q is a template: %v, want %v (%v)", s.Title, s.Template, want, err)
		}
		settle(t, db, Settlement{Through: 2, Stories: []news.Story{made}})
	}
}
