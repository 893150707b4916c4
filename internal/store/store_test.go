package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

func open(tb testing.TB, dir string) *DB {
	tb.Helper()
	return openWith(tb, dir, options(tb, dir))
}

// openWith opens a store until the test ends.
func openWith(tb testing.TB, dir string, o Options) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), dir, o)
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

// options are those of a store on the engine that the tests run on.
func options(tb testing.TB, dir string) Options {
	tb.Helper()
	return Options{Database: pgtest.For(tb, dir, func(dir, url string) error {
		db, err := Open(context.Background(), dir, Options{Database: url})
		if err != nil {
			return err
		}
		return db.Close()
	})}
}

// sqliteOnly skips a test of what SQLite alone does.
func sqliteOnly(tb testing.TB) {
	tb.Helper()
	if pgtest.OnPostgreSQL() {
		tb.Skip("about SQLite")
	}
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
