package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The log of removals numbers the articles that were aged out, in the transaction that ages them out. Whatever is derived
// from articles outside of the database follows it from its own position: the search index and the table of stories of
// each process. An entry is kept for removalsKept. Where other processes share no database, it goes as soon as the index
// has read it. What was away for longer is compared with the articles that are stored (ErrForgotten, Stored).

const (
	removalsKept = 7 * 24 * time.Hour
	// forgetRemovals is how many entries a step of aging out deletes for each article that it adds. So the log shrinks.
	forgetRemovals = 2
)

// watermarkForgotten names the highest number of the log of removals whose entry is gone.
const watermarkForgotten = "removals-forgotten"

// ErrForgotten is returned where the log of removals no longer has what a reader misses, or never had so much.
var ErrForgotten = errors.New("the log of aged-out articles no longer reaches back that far")

const (
	lastRemovalSQL   = `SELECT coalesce((SELECT value FROM marks WHERE name = '` + watermarkRemovals + `'), 0)`
	logRemovalsSQL   = `INSERT INTO removals (seq, article_id, at) SELECT ?1 + key + 1, value, ?2 FROM json_each(?3)`
	forgottenSQL     = `coalesce((SELECT value FROM marks WHERE name = '` + watermarkForgotten + `'), 0)`
	oldRemovalsSQL   = `SELECT seq FROM removals WHERE seq > ` + forgottenSQL + ` AND seq <= ` + forgottenSQL + ` + ? AND at < ? ORDER BY seq`
	dropRemovalsSQL  = `DELETE FROM removals WHERE seq <= ?`
	removalsSQL      = `SELECT seq, article_id FROM removals WHERE seq > ? ORDER BY seq LIMIT ?`
	removalsRangeSQL = `SELECT ` + forgottenSQL + `, (` + lastRemovalSQL + `)`
)

// logRemovals appends articles to the log of removals, and deletes some entries that are too old.
func (t tx) logRemovals(ctx context.Context, articles []int64, now time.Time) error {
	if len(articles) == 0 {
		return nil
	}
	var last int64
	if err := t.scan(ctx, []any{&last}, lastRemovalSQL); err != nil {
		return err
	}
	if err := t.exec(ctx, logRemovalsSQL, last, millis(now), idList(articles)); err != nil {
		return err
	}
	t.ring(AreaRemovals)
	if err := t.setWatermark(ctx, watermarkRemovals, last+int64(len(articles))); err != nil {
		return err
	}
	old, err := t.ids(ctx, oldRemovalsSQL, forgetRemovals*len(articles), millis(now.Add(-removalsKept)))
	if err != nil || len(old) == 0 {
		return err
	}
	return t.forgetRemovals(ctx, old[len(old)-1])
}

func (t tx) forgetRemovals(ctx context.Context, through int64) error {
	if err := t.exec(ctx, dropRemovalsSQL, through); err != nil {
		return err
	}
	return t.setWatermark(ctx, watermarkForgotten, through)
}

// LastRemoval returns the highest number of the log of removals, 0 for an empty one.
func (db *DB) LastRemoval(ctx context.Context) (int64, error) {
	return db.number(ctx, "end of the log of aged-out articles", lastRemovalSQL)
}

// Removals returns articles that were aged out after a number of the log of removals, in its order and at most limit, and
// the number up to which these are all. It returns ErrForgotten where entries after that number are gone, or where the
// number is beyond the end, as in an older copy of the database.
func (db *DB) Removals(ctx context.Context, after int64, limit int) (articles []int64, through int64, err error) {
	err = db.read(ctx, "aged-out articles", func(t *sql.Tx) error {
		articles, through, err = removals(ctx, t, after, limit)
		return err
	})
	return articles, through, err
}

func removals(ctx context.Context, t *sql.Tx, after int64, limit int) (articles []int64, through int64, err error) {
	var forgotten, last int64
	if err := t.QueryRowContext(ctx, removalsRangeSQL).Scan(&forgotten, &last); err != nil {
		return nil, after, err
	}
	if after < forgotten || after > last {
		return nil, after, fmt.Errorf("entry %d of entries %d to %d: %w", after, forgotten+1, last, ErrForgotten)
	}
	through = after
	err = eachRow(ctx, t.QueryContext, func(row scanner) error {
		var article int64
		err := row.Scan(&through, &article)
		articles = append(articles, article)
		return err
	}, removalsSQL, after, limit)
	return articles, through, err
}

// RemovalsRead says that the search index of this process has read the log of removals up to a number. Where no other
// process shares the database, these entries are deleted.
func (db *DB) RemovalsRead(ctx context.Context, through int64) error {
	if db.Shared() {
		return nil
	}
	return db.write(ctx, "aged-out articles left the index", func(ctx context.Context, t tx) error { return t.forgetRemovals(ctx, through) })
}

const notStoredSQL = `SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.id = value)`

// NotStored returns those of the given articles that are not stored.
func (db *DB) NotStored(ctx context.Context, articles []int64) ([]int64, error) {
	return rowsOf(ctx, db, "articles that are not stored", scanID, notStoredSQL, idList(articles))
}
