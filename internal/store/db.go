package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
	lib "modernc.org/sqlite/lib"

	"headwater/internal/news"
)

// DB is an open data folder. It is safe for concurrent use: one connection writes, several read.
type DB struct {
	dir    string
	opts   Options
	writer *sql.DB              // one connection; nil when read-only
	reader *sql.DB              // a pool
	stmts  map[string]*sql.Stmt // of writer, by SQL
	bodies *bodyCodec
	lock   *os.File // nil when read-only
	epoch  string   // of what this process adds to the log
	marks  markCache
}

// Dir is the data folder's absolute path.
func (db *DB) Dir() string { return db.dir }

func (db *DB) path() string { return filepath.Join(db.dir, File) }

// tx is the one transaction of a method that writes.
type tx struct {
	*sql.Tx
	db   *DB
	open map[string]*sql.Stmt
}

// stmt gives a kept statement inside the transaction.
func (t tx) stmt(ctx context.Context, query string) *sql.Stmt {
	s, ok := t.open[query]
	if !ok {
		s = t.StmtContext(ctx, t.db.stmts[query])
		t.open[query] = s
	}
	return s
}

// exec runs a statement once.
func (t tx) exec(ctx context.Context, query string, args ...any) (err error) {
	if t.db.stmts[query] != nil {
		_, err = t.stmt(ctx, query).ExecContext(ctx, args...)
	} else {
		_, err = t.ExecContext(ctx, query, args...)
	}
	return err
}

// each runs a kept statement for every row.
func (t tx) each(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	s := t.stmt(ctx, query)
	for _, args := range rows {
		if _, err := s.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// write runs fn in a transaction that is committed where fn succeeds. Canceling ctx rolls it back between two
// statements; the statements themselves get a context without cancel, which spares a goroutine for each.
func (db *DB) write(ctx context.Context, what string, fn func(context.Context, tx) error) (err error) {
	if db.writer == nil {
		return fmt.Errorf("%s: data folder %s is open for reading only", what, db.dir)
	}
	t, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, db.explain(err))
	}
	defer func() {
		if err = errors.Join(ended(ctx, err), undo(t)); err != nil {
			err = fmt.Errorf("%s: %w", what, db.explain(err))
		}
	}()
	if err := fn(context.WithoutCancel(ctx), tx{t, db, map[string]*sql.Stmt{}}); err != nil {
		return err
	}
	return t.Commit()
}

// undo rolls back. A transaction that SQLite or a canceled context ended already is no error.
func undo(t *sql.Tx) error {
	if err := t.Rollback(); !errors.Is(err, sql.ErrTxDone) && code(err) == 0 {
		return err
	}
	return nil
}

// ended gives the error of ctx in place of what SQL says of a transaction or a statement that ended with it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, sql.ErrTxDone) || code(err) == lib.SQLITE_INTERRUPT) {
		return ctx.Err()
	}
	return err
}

// read runs fn on one snapshot, so that several queries see the same state.
func (db *DB) read(ctx context.Context, what string, fn func(*sql.Tx) error) (err error) {
	t, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%s: %w", what, db.explain(err))
	}
	defer func() {
		if err = errors.Join(ended(ctx, err), undo(t)); err != nil {
			err = fmt.Errorf("%s: %w", what, db.explain(err))
		}
	}()
	return fn(t)
}

// eachRow calls fn for every row of a query.
func eachRow(ctx context.Context, t *sql.Tx, query string, args []any, fn func(*sql.Rows) error) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // an error while reading shows in rows.Err
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// number reads one number, 0 where there is no row.
func (db *DB) number(ctx context.Context, what, query string, args ...any) (n int64, err error) {
	err = db.reader.QueryRowContext(ctx, query, args...).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%s: %w", what, db.explain(err))
	}
	return n, nil
}

// execFound runs a statement that must change a row.
func (t tx) execFound(ctx context.Context, query string, args ...any) error {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return news.ErrNotFound
	}
	return err
}

// affected runs a statement once and gives the number of rows that it changed.
func (t tx) affected(ctx context.Context, query string, args ...any) (int, error) {
	var res sql.Result
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// ids reads one column of ids.
func (t tx) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	var rows *sql.Rows
	var err error
	if t.db.stmts[query] != nil {
		rows, err = t.stmt(ctx, query).QueryContext(ctx, args...)
	} else {
		rows, err = t.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return nil, err
	}
	return collect(rows, scanID)
}

// idList reads one column of ids as a JSON list.
func (t tx) idList(ctx context.Context, query string, args ...any) (string, error) {
	all, err := t.ids(ctx, query, args...)
	if err != nil {
		return "", err
	}
	return idList(all)
}

func scanID(row scanner) (id int64, err error) {
	err = row.Scan(&id)
	return id, err
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

// byID runs a query whose one parameter is a list of ids, and gathers its rows by id.
func byID[T any](ctx context.Context, db *DB, what, query string, ids []int64, scan func(*sql.Rows) (int64, T, error)) (map[int64]T, error) {
	all := make(map[int64]T, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	wanted, err := idList(ids)
	if err != nil {
		return nil, err
	}
	err = db.read(ctx, what, func(t *sql.Tx) error {
		return eachRow(ctx, t, query, []any{wanted}, func(rows *sql.Rows) error {
			id, v, err := scan(rows)
			all[id] = v
			return err
		})
	})
	return all, err
}

func limitOr(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return limit
}

// defaultLimit is the length of a list that names no limit.
const defaultLimit = 50

// filter gathers conditions.
type filter struct {
	conditions string
	args       []any
}

func (f *filter) and(condition string, args ...any) {
	if f.conditions == "" {
		f.conditions = " WHERE " + condition
	} else {
		f.conditions += " AND " + condition
	}
	f.args = append(f.args, args...)
}

func (f *filter) where() string { return f.conditions }

// statement is a query with its arguments.
type statement struct {
	query string
	args  []any
}

// count runs statements and gives the number of rows that they changed.
func (t tx) count(ctx context.Context, all []statement) (n int64, err error) {
	for _, s := range all {
		changed, err := t.affected(ctx, s.query, s.args...)
		if err != nil {
			return n, err
		}
		n += int64(changed)
	}
	return n, nil
}

const settingSQL = `SELECT value FROM settings WHERE key = ?`

// Setting gives a value kept for the program itself, "" where there is none.
func (db *DB) Setting(ctx context.Context, key string) (value string, err error) {
	err = db.reader.QueryRowContext(ctx, settingSQL, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("setting %s: %w", key, db.explain(err))
	}
	return value, nil
}

const setSettingSQL = `INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// SetSetting keeps a value for the program itself.
func (db *DB) SetSetting(ctx context.Context, key, value string) error {
	return db.write(ctx, "setting "+key, func(ctx context.Context, t tx) error {
		return t.exec(ctx, setSettingSQL, key, value)
	})
}
