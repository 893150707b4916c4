package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	lib "modernc.org/sqlite/lib"
)

// kept are the statements that run for every article, poll or step of retention. They are prepared once, when the database is opened.
func kept() []string {
	return append([]string{
		lastSQL, knownSQL, guidTakenSQL, renameArticleSQL, feedPolledSQL, feedPushedSQL, insertArticleSQL, insertBodySQL, reviseArticleSQL, reviseBodySQL, appendLogSQL, beginEpochSQL, forgetEpochsSQL,
		putPrintSQL, putClaimsSQL, putEdgeSQL, putStorySQL, putMemberSQL,
		putSourceSQL, queuePageSQL, hostWaitsSQL, putCitingSQL, putVectorSQL, putFurnitureSQL, boundFurnitureSQL, putShownSQL, boundShownSQL, putMatchSQL, putLookedSQL,
		putToldSQL, enqueueSQL, hasAgedSQL, agedSQL, listAgedSQL, forgetAgedSQL, setPhaseSQL,
	}, retentionSQL()...)
}

func (db *DB) prepare(ctx context.Context) error {
	db.stmts = make(map[string]*sql.Stmt)
	for _, q := range kept() {
		s, err := db.writer.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", q, err)
		}
		db.stmts[q] = s
	}
	return nil
}

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
