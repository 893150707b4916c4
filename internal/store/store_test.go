package store

import (
	"fmt"
	"testing"
	"time"

	"headwater/internal/news"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

func open(tb testing.TB, dir string) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), dir, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func feedURL(i int) string { return fmt.Sprintf("https://feeds.example/%d.xml", i) }

// article returns an article whose hash is its title.
func article(guid, title string) news.Article {
	return news.Article{
		GUID: guid, Title: title, Hash: title, URL: "https://paper.example/" + guid, Canonical: "paper.example/" + guid,
		Outlet: news.Outlet{Name: "The Paper", Domain: "paper.example"}, Lang: "en", Seen: day, Published: day.Add(-time.Hour),
		Text: "Words of " + title + ".", HTML: "<p>Words of " + title + ".</p>",
	}
}
