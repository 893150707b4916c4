package store

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestItemsUseTheirIndexes checks SQLite's plans for the lists of feed readers.
func TestItemsUseTheirIndexes(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	stream := func(k news.StreamKind) []news.Stream {
		return []news.Stream{{Kind: k, Feed: 1, Label: "x", IDs: []int64{1}}}
	}
	after := news.Place{Time: day, ID: 1}
	tests := []struct {
		name, uses string
		list       news.ItemList
	}{
		{"all", "INDEX articles_time", news.ItemList{In: stream(news.StreamAll)}},
		{"all, after one", "INDEX articles_time (time<?", news.ItemList{In: stream(news.StreamAll), After: after}},
		{"unread", "INDEX articles_time", news.ItemList{In: stream(news.StreamAll), Out: stream(news.StreamRead)}},
		{"a feed", "INDEX articles_feed (feed_id=?", news.ItemList{In: stream(news.StreamFeed)}},
		{"starred", "PRIMARY KEY (user_id=? AND label=?", news.ItemList{In: stream(news.StreamStarred)}},
		{"once", "INDEX articles_time", news.ItemList{In: stream(news.StreamOnce)}},
		{"topic", "INDEX members_story", news.ItemList{In: stream(news.StreamStories)}},
		{"ids", "INTEGER PRIMARY KEY", news.ItemList{In: stream(news.StreamIDs)}},
	}
	for _, tt := range tests {
		query, args, err := itemQuery(1, tt.list, itemsSQL, filter{})
		if err != nil {
			t.Fatal(err)
		}
		steps, err := collect(t.Context(), db.reader.QueryContext, scanStep, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(steps, "\n")
		if !strings.Contains(plan, tt.uses) || tt.uses == "INDEX articles_time" && strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s: no %s in\n%s", tt.name, tt.uses, plan)
		}
	}
}

// A poll that was running while somebody renamed its feed does not undo the change.
func TestEditFeedDuringAPoll(t *testing.T) {
	db := open(t, t.TempDir())
	before, err := db.AddFeed(t.Context(), news.Feed{URL: feedURL(1), Title: "Old", Folder: "A"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.EditFeed(t.Context(), before.ID, "New", "B"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Collect(t.Context(), []Poll{{Feed: before}}); err != nil {
		t.Fatal(err)
	}
	if f, err := db.Feed(t.Context(), before.ID); err != nil || f.Title != "New" || f.Folder != "B" {
		t.Errorf("%+v, %v", f, err)
	}
}

// errorOf is the error of a change whose result does not matter.
func errorOf[T any](_ T, err error) error { return err }
