package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/seal"
)

// DB is an open database with its data folder. It is safe for concurrent use: one transaction writes, several read.
type DB struct {
	dir    string
	engine engine
	log    *slog.Logger
	writer *sql.DB              // nil when read-only
	reader *sql.DB              // a pool
	stmts  map[string]*sql.Stmt // of writer, by SQL; nil where the engine prepares none
	bodies *bodyCodec
	lock   *os.File // nil when read-only
	epoch  string   // the node: of the log entries that this process adds, and of its leases
	lease  time.Duration
	ahead  *atomic.Int64 // how far the database's clock is ahead of this machine's, in nanoseconds
	marks  *markCache    // read and starred
	hides  *markCache    // hidden
	// present says how an outlet that is stored is called now, see SetPresent.
	present *atomic.Pointer[func(news.Outlet) news.Outlet]
	access  *accessMemory
	key     *seal.Key // of the secrets; nil where they are stored as they are
	noKey   error     // why an encrypted secret can't be read; only of a database that is open for reading only
	bells   *bells
	state   *availability
	sent    *commits
	turn    *semaphore.Weighted // held by the transaction that has, or waits for, the writer's lock; unused on SQLite

	leaders    *leaders
	leadership *Leadership // each write checks it; nil if there is nothing to check, see As
}

// Node is the id of this process among those that work on the database. It is random.
func (db *DB) Node() string { return db.epoch }

// Shared reports whether other processes may work on the database at the same time. On SQLite none does.
func (db *DB) Shared() bool { return db.engine.shared() }

// Dir is the data folder's absolute path.
func (db *DB) Dir() string { return db.dir }

// Database says where the database is: "data folder /srv/news", or "database news on db.example".
func (db *DB) Database() string { return db.engine.String() }

// readers is the number of connections that read at once.
const readers = 4

// tx is a write transaction. Each method that writes uses one.
type tx struct {
	*sql.Tx
	db   *DB
	open map[string]*sql.Stmt
	rung *Area // what the transaction changes
}

// stmt returns the prepared statement for a query of preparedSQL inside the transaction, nil for any other query.
func (t tx) stmt(ctx context.Context, query string) *sql.Stmt {
	s, ok := t.open[query]
	if !ok {
		if p := t.db.stmts[query]; p != nil {
			s = t.StmtContext(ctx, p)
		}
		t.open[query] = s
	}
	return s
}

// query runs a query, as a prepared statement if it is in preparedSQL.
func (t tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := t.stmt(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return t.QueryContext(ctx, query, args...)
}

// scan reads the one row of a query into dest.
func (t tx) scan(ctx context.Context, dest []any, query string, args ...any) error {
	if s := t.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...).Scan(dest...)
	}
	return t.QueryRowContext(ctx, query, args...).Scan(dest...)
}

// affected runs a statement and returns the number of rows that it changed.
func (t tx) affected(ctx context.Context, query string, args ...any) (int, error) {
	var res sql.Result
	var err error
	if s := t.stmt(ctx, query); s != nil {
		res, err = s.ExecContext(ctx, args...)
	} else {
		res, err = t.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// exec runs a statement. Its error may be returned by a later one of the transaction.
func (t tx) exec(ctx context.Context, query string, args ...any) error {
	var err error
	if s := t.stmt(ctx, query); s != nil {
		_, err = s.ExecContext(ctx, args...)
	} else {
		_, err = t.ExecContext(t.db.engine.later(ctx), query, args...)
	}
	return err
}

// execFound runs a statement, and returns news.ErrNotFound unless it changes a row.
func (t tx) execFound(ctx context.Context, query string, args ...any) error {
	n, err := t.affected(ctx, query, args...)
	if err == nil && n == 0 {
		return news.ErrNotFound
	}
	return err
}

// all runs several statements with the same arguments, in order.
func (t tx) all(ctx context.Context, queries []string, args ...any) error {
	for _, q := range queries {
		if err := t.exec(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}

// each runs a statement for every row. An INSERT has no two rows with the same key.
func (t tx) each(ctx context.Context, query string, rows [][]any) error {
	if many, ok := t.db.engine.together(query, rowsAtOnce); ok {
		for ; len(rows) >= rowsAtOnce; rows = rows[rowsAtOnce:] {
			if err := t.exec(ctx, many, slices.Concat(rows[:rowsAtOnce]...)...); err != nil {
				return err
			}
		}
	}
	for _, args := range rows {
		if err := t.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// ids reads one column of ids.
func (t tx) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	return collect(ctx, t.query, scanID, query, args...)
}

// idList reads one column of ids as a JSON list.
func (t tx) idList(ctx context.Context, query string, args ...any) (string, error) {
	all, err := t.ids(ctx, query, args...)
	return idList(all), err
}

// write runs fn in a transaction and commits it if fn succeeds. No other transaction writes meanwhile, in any process.
// Canceling ctx rolls it back between two statements. The statements themselves get a context that can't be canceled,
// which saves a goroutine for each.
func (db *DB) write(ctx context.Context, what string, fn func(context.Context, tx) error) error {
	if err := db.mayWrite(what); err != nil {
		return err
	}
	return db.retry(ctx, what, func() error {
		return db.inTurn(ctx, what, func() error { return db.transact(ctx, what, db.writer.BeginTx, db.engine.lock, fn) })
	})
}

// inTurn calls fn, which takes the writer's lock, while no other goroutine of this process does. So one connection of a node waits
// for the lock: claims get the others, and a node that is stopped or cut off keeps one place in the queue for the lock, not several.
func (db *DB) inTurn(ctx context.Context, what string, fn func() error) error {
	if db.engine.shared() {
		if err := db.turn.Acquire(ctx, 1); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		defer db.turn.Release(1)
	}
	return fn()
}

// claimTx is write for short transactions that only claim, renew and hand back leases. On PostgreSQL several run at once,
// beside one that writes. So fn claims rows by engine.skipLocked, or by ON CONFLICT DO UPDATE ... WHERE, it changes several
// rows in the order of their keys, and it appends to no log.
func (db *DB) claimTx(ctx context.Context, what string, fn func(context.Context, tx) error) error {
	if err := db.mayWrite(what); err != nil {
		return err
	}
	return db.retry(ctx, what, func() error { return db.transact(ctx, what, db.writer.BeginTx, nil, fn) })
}

// transact runs fn in a transaction of the connection, or the pool, whose BeginTx is given. lock is the first thing that the
// transaction does; it may be nil.
func (db *DB) transact(ctx context.Context, what string, begin func(context.Context, *sql.TxOptions) (*sql.Tx, error),
	lock func(context.Context, *sql.Tx) error, fn func(context.Context, tx) error,
) (err error) {
	t, err := begin(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, db.explain(err))
	}
	defer func() {
		if err = errors.Join(db.contextError(ctx, err), db.rollback(t)); err != nil {
			err = fmt.Errorf("%s: %w", what, db.explain(err))
		}
	}()
	if lock != nil {
		if err := lock(ctx, t); err != nil {
			return err
		}
	}
	var changed Area
	in, statements := tx{t, db, map[string]*sql.Stmt{}, &changed}, context.WithoutCancel(ctx)
	if db.leadership != nil {
		if err := db.leadership.fence(statements, in); err != nil {
			return err
		}
	}
	if rehearse != nil {
		if err := rehearse(statements, in, fn); err != nil {
			return err
		}
	}
	if err := fn(statements, in); err != nil {
		return err
	}
	if changed == 0 {
		return db.commit(ctx, in, lock != nil)
	}
	if err := db.engine.announce(statements, t, db.epoch, changed); err != nil {
		return err
	}
	defer db.bells.ring(changed) // also after an error, since a commit whose answer was lost may hold
	return db.commit(ctx, in, lock != nil)
}

// rehearse is set by a test that lets each transaction run twice.
var rehearse func(ctx context.Context, t tx, fn func(context.Context, tx) error) error

// mayWrite returns an error where the database was opened for reading only.
func (db *DB) mayWrite(what string) error {
	if db.writer == nil {
		return fmt.Errorf("%s: %s is open for reading only", what, db.engine)
	}
	if err := db.BrokenBy(); err != nil {
		return fmt.Errorf("%s: nothing is written since an earlier error: %w", what, err)
	}
	return nil
}

// exec runs one statement in a transaction of its own.
func (db *DB) exec(ctx context.Context, what, query string, args ...any) error {
	return db.write(ctx, what, func(ctx context.Context, t tx) error { return t.exec(ctx, query, args...) })
}

// execFound is exec for a statement that must change a row.
func (db *DB) execFound(ctx context.Context, what, query string, args ...any) error {
	return db.write(ctx, what, func(ctx context.Context, t tx) error { return t.execFound(ctx, query, args...) })
}

// changeFound is execFound for a statement that changes some areas.
func (db *DB) changeFound(ctx context.Context, areas Area, what, query string, args ...any) error {
	return db.write(ctx, what, func(ctx context.Context, t tx) error {
		t.ring(areas)
		return t.execFound(ctx, query, args...)
	})
}

// rollback rolls a transaction back. It returns no error where the database or a canceled context has ended the
// transaction already.
func (db *DB) rollback(t *sql.Tx) error {
	if err := t.Rollback(); !errors.Is(err, sql.ErrTxDone) && db.engine.classify(err) == noFault {
		return err
	}
	return nil
}

// contextError replaces the error of a transaction or a statement that a canceled ctx ended by the error of ctx.
func (db *DB) contextError(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, sql.ErrTxDone) || db.engine.classify(err) == interrupted) {
		return ctx.Err()
	}
	return err
}

// explain adds to an error of the database what happened to which database, and what to do about it.
func (db *DB) explain(err error) error {
	if db.engine.classify(err) == unavailable {
		db.noteFault(err)
	}
	return explain(db.engine, err)
}

func explain(e engine, err error) error {
	var kind error
	switch e.classify(err) {
	case interrupted:
		return fmt.Errorf("interrupted: %w", context.Canceled)
	case unavailable:
		kind = news.ErrUnavailable
	case broken:
		kind = news.ErrDisk
	}
	if advice := e.advice(err); advice != "" {
		return &faultError{advice, kind, err}
	}
	return err
}

// begin begins a transaction that reads. It waits for a database that is away as availability.wait does.
func (db *DB) begin(ctx context.Context) (t *sql.Tx, err error) {
	for {
		if err := db.state.wait(ctx); err != nil {
			return nil, err
		}
		t, err = db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.engine.snapshot()})
		if err == nil || db.engine.classify(err) != unavailable || ctx.Err() != nil {
			return t, err
		}
		db.noteFault(err)
	}
}

// read runs fn on one snapshot, so that several queries see the same state.
func (db *DB) read(ctx context.Context, what string, fn func(*sql.Tx) error) (err error) {
	t, err := db.begin(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, db.explain(err))
	}
	defer func() {
		if err = errors.Join(db.contextError(ctx, err), db.rollback(t)); err != nil {
			err = fmt.Errorf("%s: %w", what, db.explain(err))
		}
	}()
	return fn(t)
}

// scanner is *sql.Row or *sql.Rows.
type scanner interface {
	Scan(dest ...any) error
}

func scanID(row scanner) (id int64, err error) {
	err = row.Scan(&id)
	return id, err
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

// runQuery is QueryContext of *sql.Tx, or query of tx.
type runQuery func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

// eachRow calls fn for every row of a query.
func eachRow(ctx context.Context, run runQuery, fn func(scanner) error, query string, args ...any) error {
	rows, err := run(ctx, query, args...)
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

// collect returns all rows of a query, each as scan reads it.
func collect[T any](ctx context.Context, run runQuery, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = eachRow(ctx, run, func(row scanner) error {
		v, err := scan(row)
		all = append(all, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachRow calls fn for every row of a query. The text in what names the operation in errors.
func (db *DB) eachRow(ctx context.Context, what string, fn func(scanner) error, query string, args ...any) error {
	return db.read(ctx, what, func(t *sql.Tx) error { return eachRow(ctx, t.QueryContext, fn, query, args...) })
}

// rowsOf returns all rows of a query, each as scan reads it.
func rowsOf[T any](ctx context.Context, db *DB, what string, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = db.read(ctx, what, func(t *sql.Tx) error {
		all, err = collect(ctx, t.QueryContext, scan, query, args...)
		return err
	})
	return all, err
}

// rowOf returns the one row of a query, or news.ErrNotFound.
func rowOf[T any](ctx context.Context, db *DB, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	for try := 1; ; try++ {
		if err := db.state.wait(ctx); err != nil {
			var none T
			return none, fmt.Errorf("%s: %w", what, err)
		}
		v, err := scan(db.reader.QueryRowContext(ctx, query, args...))
		if err == nil {
			return v, nil
		}
		if db.engine.classify(err) == unavailable && ctx.Err() == nil && (isPatient(ctx) || try == 1) {
			db.noteFault(err)
			continue
		}
		var none T
		return none, fmt.Errorf("%s: %w", what, db.explain(asNotFound(db.contextError(ctx, err))))
	}
}

// byID returns the rows of a query by id. The query's one parameter is the list of ids.
func byID[T any](ctx context.Context, db *DB, what, query string, ids []int64, scan func(scanner) (int64, T, error)) (map[int64]T, error) {
	all := make(map[int64]T, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	err := db.eachRow(ctx, what, func(row scanner) error {
		id, v, err := scan(row)
		all[id] = v
		return err
	}, query, idList(ids))
	return all, err
}

// number returns the one number that a query selects, 0 if there is no row.
func (db *DB) number(ctx context.Context, what, query string, args ...any) (int64, error) {
	n, err := rowOf(ctx, db, what, scanID, query, args...)
	if errors.Is(err, news.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// asNotFound turns sql.ErrNoRows into news.ErrNotFound.
func asNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return news.ErrNotFound
	}
	return err
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

// join adds the conditions of another filter.
func (f *filter) join(g filter) {
	if conditions, ok := strings.CutPrefix(g.conditions, " WHERE "); ok {
		f.and(conditions, g.args...)
	}
}

func (f *filter) where() string { return f.conditions }

const (
	settingSQL    = `SELECT value FROM settings WHERE key = ?`
	setSettingSQL = `INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`
)

// Setting returns a value that the program stores for itself, "" if there is none.
func (db *DB) Setting(ctx context.Context, key string) (string, error) {
	value, err := rowOf(ctx, db, "setting "+key, scanText, settingSQL, key)
	if errors.Is(err, news.ErrNotFound) {
		return "", nil
	}
	return value, err
}

const ensureSettingSQL = `INSERT INTO settings (key, value) VALUES (?, ?)
	ON CONFLICT (key) DO UPDATE SET value = iif(settings.value = '', excluded.value, settings.value) RETURNING value`

// EnsureSetting returns a value that is made once for a database, such as a key. Of several processes that make it at the
// same time, all get the one that is stored first.
func (db *DB) EnsureSetting(ctx context.Context, key string, make func() string) (value string, err error) {
	if value, err = db.Setting(ctx, key); err != nil || value != "" {
		return value, err
	}
	err = db.write(ctx, "setting "+key, func(ctx context.Context, t tx) error {
		return t.scan(ctx, []any{&value}, ensureSettingSQL, key, make())
	})
	return value, err
}

// SetSetting stores a value for the program itself.
func (db *DB) SetSetting(ctx context.Context, key, value string) error {
	return db.exec(ctx, "setting "+key, setSettingSQL, key, value)
}
