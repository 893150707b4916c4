package store

import (
	"testing"

	"headwater/internal/news"
)

// BenchmarkItems lists and counts what feed readers request, over 100,000 articles of 1,000 feeds in 50,000 stories, half
// of them read.
func BenchmarkItems(b *testing.B) {
	db := benchDB(b, 1000)
	collectAll(b, db, benchPolls(1000, 100, 40))
	var stories []news.Story
	for i := range int64(50_000) {
		stories = append(stories, story(i+1, 0, 2*i+1, 2*i+2))
	}
	settle(b, db, Settlement{Stories: stories})
	if err := db.AddUser(b.Context(), news.User{Name: "anna"}, "x"); err != nil {
		b.Fatal(err)
	}
	if _, err := db.MarkAllRead(b.Context(), 1, news.ItemList{Until: day.Add(50_000 * 1e9)}); err != nil {
		b.Fatal(err)
	}
	all, once, read := []news.Stream{{Kind: news.StreamAll}}, []news.Stream{{Kind: news.StreamOnce}}, []news.Stream{{Kind: news.StreamRead}}
	for _, bb := range []struct {
		name string
		list news.ItemList
	}{
		{"all/20", news.ItemList{In: all, Limit: 20}},
		{"unread/10000", news.ItemList{In: all, Out: read, Limit: 10_000}},
		{"oldest unread/20", news.ItemList{In: all, Out: read, Limit: 20, Oldest: true}},
		{"feed/20", news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: 7}}, Limit: 20}},
		{"once/20", news.ItemList{In: once, Limit: 20}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if items, err := db.Items(b.Context(), 1, bb.list); err != nil || len(items) != bb.list.Limit {
					b.Fatal(len(items), err)
				}
			}
		})
	}
	b.Run("unread counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Unread(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
			if _, err := db.CountItems(b.Context(), 1, news.ItemList{In: append(once, all...), Out: read}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMarkAllRead marks the 50,000 unread articles of 1,000 feeds as read, and takes that back outside of the time that is measured.
func BenchmarkMarkAllRead(b *testing.B) {
	db := benchDB(b, 1000)
	collectAll(b, db, benchPolls(1000, 50, 40))
	if err := db.AddUser(b.Context(), news.User{Name: "anna"}, "x"); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name   string
		in     news.Stream
		unread int
	}{
		{"all", news.Stream{Kind: news.StreamAll}, 50_000},
		{"feed", news.Stream{Kind: news.StreamFeed, Feed: 7}, 50},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				marked, err := db.MarkAllRead(b.Context(), 1, news.ItemList{In: []news.Stream{bb.in}})
				b.StopTimer()
				if err != nil {
					b.Fatal(err)
				}
				if undone, err := db.UndoRead(b.Context(), 1, marked.Marking); err != nil || len(undone.Unread) != bb.unread {
					b.Fatal(len(undone.Unread), err)
				}
				b.StartTimer()
			}
		})
	}
}
