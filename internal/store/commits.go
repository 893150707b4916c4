package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The connection may be lost during a commit, before the answer arrives. Then the process does not know whether it was
// carried out. So each transaction on PostgreSQL that has the writer's lock stores the node's number for it in the table
// outcomes, and removes the numbers whose outcome is known. Whoever has the writer's lock next sees whether the number is
// there. PostgreSQL's own ids (pg_xact_status) do not serve for this: after a crash an id whose transaction was lost is
// given to another one.

// commits are the numbers of a node's transactions.
type commits struct {
	mu   sync.Mutex
	last int64
	open map[int64]bool // those whose outcome is not known yet
}

// begin returns a new number, and the highest one up to which all outcomes are known.
func (c *commits) begin() (number, known int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.open[c.last] = true
	known = c.last - 1
	for n := range c.open {
		known = min(known, n-1)
	}
	return c.last, known
}

// end is called when the outcome of a transaction is known.
func (c *commits) end(number int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, number)
}

// doubtError means that the connection was lost during a commit, so that its outcome is not known.
type doubtError struct {
	number int64
	err    error
}

func (e *doubtError) Error() string {
	return fmt.Sprintf("the connection was lost during the commit, so it may or may not be stored: %v", e.err)
}

func (e *doubtError) Unwrap() error { return e.err }

const (
	putCommitSQL = `WITH known AS (DELETE FROM outcomes WHERE node = ?1 AND number <= ?3)
		INSERT INTO outcomes (node, number, made) VALUES (?1, ?2, ?4)`
	committedSQL = `SELECT count(*) FROM outcomes WHERE node = ? AND number = ?`
	// forgetCommitsSQL removes what nodes left behind that were killed.
	forgetCommitsSQL = `DELETE FROM outcomes WHERE made < ?`
	commitsKept      = 7 * 24 * time.Hour
)

// commit commits a transaction. Where it has the writer's lock, the error is a doubtError if the connection is lost meanwhile.
func (db *DB) commit(ctx context.Context, t tx, locked bool) error {
	if !locked || !db.engine.shared() {
		return t.Commit()
	}
	number, known := db.sent.begin()
	if err := t.exec(context.WithoutCancel(ctx), putCommitSQL, db.epoch, number, known, millis(time.Now())); err != nil {
		db.sent.end(number)
		return err
	}
	err := t.Commit()
	if db.engine.classify(err) == unavailable {
		return &doubtError{number, err}
	}
	db.sent.end(number)
	return err
}

// outcome finds out whether a transaction was committed. It waits for the database as availability.wait does.
func (db *DB) outcome(ctx context.Context, doubt *doubtError) (stored bool, err error) {
	for {
		if err := db.state.wait(ctx); err != nil {
			return false, err
		}
		var stored bool
		err := db.inTurn(ctx, "outcome of a commit", func() (err error) {
			stored, err = db.committed(ctx, doubt.number)
			return err
		})
		if err == nil {
			db.sent.end(doubt.number)
			return stored, nil
		}
		if db.engine.classify(err) != unavailable || ctx.Err() != nil {
			return false, db.explain(err)
		}
		db.noteFault(err)
	}
}

// committed looks for a number with the writer's lock, which the transaction holds until it has ended.
func (db *DB) committed(ctx context.Context, number int64) (stored bool, err error) {
	t, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.rollback(t)) }()
	if err := db.engine.lock(ctx, t); err != nil {
		return false, err
	}
	err = t.QueryRowContext(ctx, committedSQL, db.epoch, number).Scan(&stored)
	return stored, err
}

// forgetCommits removes what other nodes left behind long ago.
func (db *DB) forgetCommits(ctx context.Context) error {
	if !db.engine.shared() {
		return nil
	}
	return db.exec(ctx, "forget old commits", forgetCommitsSQL, millis(time.Now().Add(-commitsKept)))
}
