package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"headwater/internal/news"
)

const logSQL = `SELECT ` + lightColumns + wholeFrom + ` WHERE a.seq > ? ORDER BY a.seq LIMIT ?`

// Log gives whole articles whose newest log entry is after the given one, in log order.
func (db *DB) Log(ctx context.Context, after int64, limit int) ([]news.Article, error) {
	return db.whole(ctx, logSQL, after, limit)
}

const lastSeqSQL = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'log'), 0)`

// LastSeq is the newest number that the log ever gave, 0 for none: the entries of aged-out articles are gone.
func (db *DB) LastSeq(ctx context.Context) (seq int64, err error) {
	return db.number(ctx, "end of the log", lastSeqSQL)
}

const markSQL = `SELECT value FROM marks WHERE name = ?`

// Mark tells how far a stage has read the log, 0 where it has not begun.
func (db *DB) Mark(ctx context.Context, name string) (int64, error) {
	return db.number(ctx, "mark "+name, markSQL, name)
}

const countAfterSQL = `SELECT count(*) FROM articles WHERE seq > ?`

// CountAfter counts the articles whose newest log entry is after seq.
func (db *DB) CountAfter(ctx context.Context, seq int64) (int, error) {
	n, err := db.number(ctx, "count the log", countAfterSQL, seq)
	return int(n), err
}

// number reads one number, 0 where there is no row.
func (db *DB) number(ctx context.Context, what, query string, args ...any) (n int64, err error) {
	err = db.reader.QueryRowContext(ctx, query, args...).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%s: %w", what, db.explain(err))
	}
	return n, nil
}

const setMarkSQL = `INSERT INTO marks (name, value) VALUES (?, ?)
	ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`

// setMark moves a mark. Marks never move back.
func (t tx) setMark(ctx context.Context, name string, value int64) error {
	return t.exec(ctx, setMarkSQL, name, value)
}
