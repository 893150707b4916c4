package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
)

// millis is how times are stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisUp rounds up, for times before which nothing may happen.
func millisUp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t.Add(time.Millisecond - 1))
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// text makes s fit for a text column and for JSON: valid UTF-8 without NUL, so that it compares equal everywhere.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// list encodes a slice as JSON, and an empty one as "".
func list[T any](items []T) (string, error) {
	if len(items) == 0 {
		return "", nil
	}
	b, err := json.Marshal(items)
	return string(b), err
}

// unlist decodes what list encoded.
func unlist[T any](s string) ([]T, error) {
	if s == "" {
		return nil, nil
	}
	var items []T
	if err := json.Unmarshal([]byte(s), &items); err != nil {
		return nil, fmt.Errorf("stored list %.40q: %w", s, err)
	}
	return items, nil
}

// idList is a JSON array for json_each: one parameter for any number of ids.
func idList(ids []int64) (string, error) {
	if len(ids) == 0 {
		return "[]", nil // null would be one row
	}
	b, err := json.Marshal(ids)
	return string(b), err
}

// found turns sql.ErrNoRows into news.ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return news.ErrNotFound
	}
	return err
}

// scanner is *sql.Row or *sql.Rows.
type scanner interface {
	Scan(dest ...any) error
}

// collect reads all rows with scan and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }() // an error while reading shows in rows.Err
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// rowsOf gives all rows of a query, each as scan reads it. What names the reading in errors.
func rowsOf[T any](ctx context.Context, db *DB, what string, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = db.read(ctx, what, func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err = collect(rows, scan)
		return err
	})
	return all, err
}
