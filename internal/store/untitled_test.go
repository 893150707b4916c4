package store

import (
	"testing"

	"headwater/internal/news"
)

// TestUntitledStories: a story without a title, and its event, are shown with the first words of their posts.
func TestUntitledStories(t *testing.T) {
	db := open(t, t.TempDir())
	a := article("g1", "")
	a.Summary = "Two herons at the mill."
	store(t, db, poll(addFeeds(t, db, 1)[0], a))
	s := story(1, 1, 1)
	s.Title = ""
	settle(t, db, Settlement{Through: 1, Stories: []news.Story{s}})
	got, err := db.Story(t.Context(), 1)
	if err != nil || got.Title != a.Summary || got.Members[0].Article.Title != "" {
		t.Errorf("the story is called %q, its article %q, %v", got.Title, got.Members[0].Article.Title, err)
	}
	events, err := db.Events(t.Context(), news.EventList{Stories: 1})
	if err != nil || len(events) != 1 || events[0].Title != a.Summary {
		t.Errorf("events %+v, %v", events, err)
	}
	event, err := db.Event(t.Context(), 1)
	if err != nil || event.Title != a.Summary {
		t.Errorf("event %+v, %v", event, err)
	}
}
