package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/observe"
)

// A database fails in three ways. retry, begin and fault say what follows from each:
//
//   - It goes away: PostgreSQL is stopped, restarted, or can't be reached. The log says so once, and again when it is back.
//     Meanwhile calls return news.ErrUnavailable, and those with a context of Patient wait. A transaction that was cut off
//     is repeated. Where its commit was cut off, PostgreSQL is asked for its outcome, so that it is not done twice.
//   - Transactions conflict. A transaction is repeated, so every function passed to write and claimTx may run several times.
//     It resets what it changes outside of the transaction when it begins.
//   - The disk of SQLite fails, or is full. What was acknowledged is on the disk, but memory and disk may differ from then
//     on. So nothing is written any more, Broken is closed, and the process has to end.

const (
	firstPing     = 100 * time.Millisecond // pause between the first two tries to reach a database that is away
	longestPing   = 2 * time.Second        // the pause doubles up to this
	watchEvery    = 5 * time.Second        // how often a database that is there is asked whether it answers
	watchTimeout  = 10 * time.Second       // one that does not answer within this time is away, and its connections are closed
	patience      = time.Second            // how long after the beginning of an outage calls wait that are not patient
	conflictTries = 8                      // of one transaction
	conflictPause = 5 * time.Millisecond   // the longest pause after the first conflict; it doubles each time
)

type patientKey struct{}

// Patient returns a context for work that waits while the database is away, until ctx ends. Other work gets
// news.ErrUnavailable. Contexts made from it by context.WithoutCancel wait until ctx ends too.
func Patient(ctx context.Context) context.Context {
	return context.WithValue(ctx, patientKey{}, ctx.Done())
}

// isPatient reports whether the work of a context waits for the database now.
func isPatient(ctx context.Context) bool {
	end, ok := ctx.Value(patientKey{}).(<-chan struct{})
	select {
	case <-end:
		return false
	default:
		return ok
	}
}

// faultError is an error of the database that says what happened and what to do. Kind is news.ErrUnavailable,
// news.ErrDisk or nil.
type faultError struct {
	advice    string
	kind, err error
}

func (e *faultError) Error() string { return fmt.Sprintf("%s: %v", e.advice, e.err) }

func (e *faultError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.err}
	}
	return []error{e.kind, e.err}
}

// availability says whether the database can be reached, and whether its disk has failed.
type availability struct {
	log    *slog.Logger
	name   string // of the database, for messages
	ping   func(context.Context) error
	cut    func()        // closes all connections
	broken chan struct{} // closed when the disk has failed
	closed context.Context
	close  context.CancelFunc
	loops  sync.WaitGroup

	mu    sync.Mutex
	err   error         // why broken is closed
	back  chan struct{} // closed when the database is there again; nil while it can be reached
	since time.Time     // when back was made
	cause error
}

func newAvailability(log *slog.Logger, e engine) *availability {
	a := &availability{log: log, name: e.String(), ping: e.ping, cut: e.cut, broken: make(chan struct{})}
	a.closed, a.close = context.WithCancel(context.Background())
	return a
}

// watch asks a database that is there whether it answers. A network that drops packets gives no error for minutes.
func (a *availability) watch() {
	a.loops.Go(func() {
		t := time.NewTicker(watchEvery)
		defer t.Stop()
		for {
			select {
			case <-a.closed.Done():
				return
			case <-t.C:
			}
			ctx, cancel := context.WithTimeout(a.closed, watchTimeout)
			err := a.ping(ctx)
			cancel()
			if err != nil && a.closed.Err() == nil && a.away() == nil {
				a.lost(err)
				a.cut()
			}
		}
	})
}

// end ends the goroutines.
func (a *availability) end() {
	a.close()
	a.loops.Wait()
}

// away returns a channel that is closed when the database is back, nil while it can be reached.
func (a *availability) away() chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.back
}

// lost begins an outage, unless there is one.
func (a *availability) lost(cause error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.back != nil || a.closed.Err() != nil {
		return
	}
	a.back, a.since, a.cause = make(chan struct{}), time.Now(), cause
	a.loops.Go(a.reach)
}

// reach tries to reach the database, with growing pauses, until it answers. One that answers at once, or to the second ping, has
// only closed connections: the first one may have used such a connection.
func (a *availability) reach() {
	logged := false
	pause := time.Duration(0)
	for ; ; pause = min(max(2*pause, firstPing), longestPing) {
		ctx, cancel := context.WithTimeout(a.closed, watchTimeout)
		err := a.ping(ctx)
		cancel()
		if a.closed.Err() != nil {
			return
		}
		if err == nil {
			break
		}
		if !logged && pause > 0 {
			logged = true
			a.log.Error("the database is away; what needs it waits until it is back, and nothing is dropped", "database", a.name, "error", errors.Join(a.cause, err))
		}
		t := time.NewTimer(pause)
		select {
		case <-a.closed.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if logged {
		a.log.Info("the database is back", "database", a.name, "away", time.Since(a.since).Round(time.Millisecond))
	} else {
		a.log.Debug("connections to the database were lost; it answers", "database", a.name, "error", a.cause)
	}
	close(a.back)
	a.back = nil
}

// wait returns when the database can be reached. If it is away, only work with a context of Patient waits for as long as it takes;
// other work gets news.ErrUnavailable.
func (a *availability) wait(ctx context.Context) error {
	a.mu.Lock()
	back, left, cause := a.back, patience-time.Since(a.since), a.cause
	a.mu.Unlock()
	if back == nil {
		return nil
	}
	var late <-chan time.Time
	ends, _ := ctx.Value(patientKey{}).(<-chan struct{})
	if !isPatient(ctx) {
		t := time.NewTimer(max(left, 0))
		defer t.Stop()
		late, ends = t.C, nil
	}
	defer observe.Waiting(ctx)()
	select {
	case <-back:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-a.closed.Done():
	case <-ends:
	case <-late:
	}
	return &faultError{a.name + " cannot be reached", news.ErrUnavailable, cause}
}

// fail remembers that the disk has failed.
func (a *availability) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.err = err
		close(a.broken)
	}
}

// Broken is closed when the disk of an SQLite database has failed or is full. Nothing is written any more. The process has to
// end with the error of BrokenBy, and begins anew with what was acknowledged.
func (db *DB) Broken() <-chan struct{} { return db.state.broken }

// BrokenBy is the error that closed Broken, nil before.
func (db *DB) BrokenBy() error {
	db.state.mu.Lock()
	defer db.state.mu.Unlock()
	return db.state.err
}

// noteFault begins an outage, or ends writing, where err says so.
func (db *DB) noteFault(err error) {
	switch db.engine.classify(err) {
	case unavailable:
		db.state.lost(err)
	case broken:
		db.state.fail(err)
	}
}

// retry runs a transaction again after a conflict, and after it was cut off where ctx is patient. A transaction whose
// commit was cut off is run again only if the database says that it was not committed.
func (db *DB) retry(ctx context.Context, what string, run func() error) error {
	for try := 1; ; {
		if err := db.state.wait(ctx); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		err := run()
		if err == nil {
			return nil
		}
		db.noteFault(err)
		switch db.engine.classify(err) {
		case conflict:
			if try == conflictTries || ctx.Err() != nil {
				return err
			}
			time.Sleep(rand.N(conflictPause << (try - 1)))
			try++
		case unavailable:
			if doubt, ok := errors.AsType[*doubtError](err); ok {
				stored, unknown := db.outcome(ctx, doubt)
				if unknown != nil {
					return fmt.Errorf("%s: %w", what, errors.Join(doubt, unknown))
				}
				if stored {
					return nil
				}
			}
			if !isPatient(ctx) && try > 1 {
				return err
			}
			try++
			if isPatient(ctx) {
				try = 1
			}
		default:
			return err
		}
	}
}
