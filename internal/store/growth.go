package store

import (
	"context"
	"database/sql"
	"time"
)

// Usage is how much room the database takes, in bytes.
type Usage struct {
	File int64
	Free int64 // within the file
	// Shrinks says that free room can be given back bit by bit. A database that an older version made does so once it was
	// written anew by Compact.
	Shrinks bool
}

const usageSQL = `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT auto_vacuum FROM pragma_auto_vacuum) = 2`

// Usage tells how much room the database takes.
func (db *DB) Usage(ctx context.Context) (u Usage, err error) {
	err = db.read(ctx, "room of the database", func(t *sql.Tx) error {
		return t.QueryRowContext(ctx, usageSQL).Scan(&u.File, &u.Free, &u.Shrinks)
	})
	return u, err
}

const articlesOfFeedsSQL = `SELECT coalesce(sum(articles), 0) FROM feeds`

// CountArticles counts what is stored, by the counters of the feeds.
func (db *DB) CountArticles(ctx context.Context) (int, error) {
	n, err := db.number(ctx, "count articles", articlesOfFeedsSQL)
	return int(n), err
}

const (
	firstSeenSQL = `SELECT coalesce(min(seen), 0) FROM articles`
	seenSinceSQL = `SELECT count(*) FROM articles WHERE seen >= ? AND seen < ?`
)

// Arrived counts the articles first seen from a time on until another, and says when the oldest of all was.
func (db *DB) Arrived(ctx context.Context, since, until time.Time) (count int, first time.Time, err error) {
	n, err := db.number(ctx, "new articles", seenSinceSQL, millis(since), millis(until))
	if err != nil {
		return 0, first, err
	}
	ms, err := db.number(ctx, "the oldest article", firstSeenSQL)
	return int(n), fromMillis(ms), err
}

const (
	dueOpenFewSQL   = `SELECT count(*) FROM (SELECT 1 FROM stories WHERE phase = 0 AND changed >= ? AND changed < ? LIMIT ?)`
	dueClosedFewSQL = `SELECT count(*) FROM (SELECT 1 FROM stories WHERE phase = 2 AND changed >= ? AND changed < ? LIMIT ?)`
)

// DueBetween counts stories that last changed from a time on until another and keep all their articles, those that are open and
// those that are closed up to a limit each.
func (db *DB) DueBetween(ctx context.Context, from, until time.Time, limit int) (int, error) {
	open, err := db.number(ctx, "open stories that are due", dueOpenFewSQL, millis(from), millis(until), limit)
	if err != nil {
		return 0, err
	}
	closed, err := db.number(ctx, "closed stories that are due", dueClosedFewSQL, millis(from), millis(until), limit)
	return int(open + closed), err
}

// Due is what AgeOut would take away.
type Due struct {
	Stories  int // that lose articles
	Articles int
}

const (
	dueStoriesSQL  = `SELECT (SELECT count(*) FROM stories WHERE phase = 0 AND changed < ?1) + (SELECT count(*) FROM stories WHERE phase = 2 AND changed < ?1)`
	dueOpenSQL     = `SELECT count(*) FROM stories AS s CROSS JOIN members AS m WHERE s.phase = 0 AND s.changed < ? AND m.story_id = s.id AND NOT ` + keptSQL
	dueClosedSQL   = `SELECT count(*) FROM stories AS s CROSS JOIN members AS m WHERE s.phase = 2 AND s.changed < ? AND m.story_id = s.id AND NOT ` + keptSQL
	dueArticlesSQL = `SELECT (` + dueOpenSQL + `) + (` + dueClosedSQL + `)`
)

// Due counts what would be aged out of stories that have not changed since a time. It takes time for each of them, and is for
// when a person is told.
func (db *DB) Due(ctx context.Context, since time.Time) (d Due, err error) {
	err = db.read(ctx, "what keep would take away", func(t *sql.Tx) error {
		if err := t.QueryRowContext(ctx, dueStoriesSQL, millis(since)).Scan(&d.Stories); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, dueArticlesSQL, millis(since), millis(since)).Scan(&d.Articles)
	})
	return d, err
}
