package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A lease lets one node do some work at a time. It ends by itself when the node that holds it is gone. Leases end by the clock
// of the database, so the clocks of the nodes need not agree. Where no other process may use the database, a lease is always
// the caller's: what an earlier process held is handed back when the database is opened.
//
// There are leases of hosts (hosts.go), of pages (pages.go), and of other work by its name: "alert 7", "hub".

// defaultLease is how long a lease lasts that is not renewed.
const defaultLease = 30 * time.Second

// Lease is how long a lease lasts that is not renewed. It should be renewed after a third of the time.
func (db *DB) Lease() time.Duration { return db.lease }

// clock returns the time that leases go by, in milliseconds: the database's, or now where there is no other process.
func (t tx) clock(ctx context.Context, now time.Time) (int64, error) {
	query := t.db.engine.clockSQL()
	if query == "" {
		return millis(now), nil
	}
	var ms int64
	err := t.scan(ctx, []any{&ms}, query)
	return ms, err
}

// Clock returns the time that leases go by: the database's, or now where no other process may use the database.
func (db *DB) Clock(ctx context.Context, now time.Time) (time.Time, error) {
	query := db.engine.clockSQL()
	if query == "" {
		return now, nil
	}
	ms, err := db.number(ctx, "clock of the database", query)
	return fromMillis(ms), err
}

// clockSlop is how far clocks may differ before the difference counts. Asking for the time takes some time too.
const clockSlop = time.Second

// compareClocks notes how far the database's clock is ahead of this machine's, which were read at about the same time.
func (db *DB) compareClocks(theirs int64, ours time.Time) {
	ahead := fromMillis(theirs).Sub(ours)
	if ahead.Abs() < clockSlop {
		ahead = 0
	}
	if (ahead-db.ClockAhead()).Abs() >= clockSlop || ahead == 0 {
		db.ahead.Store(int64(ahead))
	}
}

// ClockAhead is how far the clock of the database is ahead of this machine's, as of the last beat; negative if it is behind, and 0
// if they differ by less than a second.
func (db *DB) ClockAhead() time.Duration { return time.Duration(db.ahead.Load()) }

// Now is the time by the clock of the database, so that all nodes agree on what is due. Where no other process may use the
// database it is time.Now.
func (db *DB) Now() time.Time { return time.Now().Add(db.ClockAhead()) }

// openClock compares the clocks when the database is opened.
func (db *DB) openClock(ctx context.Context) error {
	query := db.engine.clockSQL()
	if query == "" {
		return nil
	}
	var theirs int64
	if err := db.writer.QueryRowContext(ctx, query).Scan(&theirs); err != nil {
		return err
	}
	db.compareClocks(theirs, time.Now())
	return nil
}

const (
	// claimLeaseSQL waits for a transaction that claims the same lease, and changes nothing if that has got it.
	claimLeaseSQL = `INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE
		SET holder = excluded.holder, until = excluded.until WHERE leases.holder = excluded.holder OR leases.until <= ?4`
	releaseLeaseSQL = `DELETE FROM leases WHERE name = ? AND holder = ?`
)

// leaseEnd returns the end of a lease that begins now, in milliseconds. Clocks are rounded to these, so the end is one later. Else
// another node could get the lease within the last millisecond for which its holder counts on it.
func (db *DB) leaseEnd(now int64) int64 { return now + db.lease.Milliseconds() + 1 }

// claimLease claims a lease, or renews one that this process has. It returns false while another node has it.
func (db *DB) claimLease(ctx context.Context, name string) (ok bool, err error) {
	err = db.claimTx(ctx, "claim "+name, func(ctx context.Context, t tx) error {
		now, err := t.clock(ctx, time.Now())
		if err != nil {
			return err
		}
		n, err := t.affected(ctx, claimLeaseSQL, name, db.Node(), db.leaseEnd(now), now)
		ok = n > 0
		return err
	})
	return ok, err
}

// ErrLeaseLost is the error of work whose lease another node may have.
var ErrLeaseLost = errors.New("the lease has ended, since it could not be renewed in time")

// WithLease calls fn while this node has the lease of that name, and hands it back. It returns false without calling fn while
// another node has the lease. The context of fn ends when the lease could not be renewed in time: then another node may have
// begun the same work, and an error of fn becomes ErrLeaseLost.
//
// The caller sees to it that this process calls it once at a time for a name.
func (db *DB) WithLease(ctx context.Context, name string, fn func(context.Context) error) (did bool, err error) {
	if !db.Shared() {
		return true, fn(ctx)
	}
	began := time.Now()
	if ok, err := db.claimLease(ctx, name); err != nil || !ok {
		return false, err
	}
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.renew(held, cancel, name, began)
	}()
	err = fn(held)
	if lost := context.Cause(held); err != nil && errors.Is(lost, ErrLeaseLost) {
		err = lost
	}
	cancel(nil)
	<-done
	release := func(ctx context.Context, t tx) error { return t.exec(ctx, releaseLeaseSQL, name, db.Node()) }
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer stop()
	return true, errors.Join(err, db.claimTx(end, "hand back "+name, release))
}

// releaseTime is how long handing back a lease may take. Without it the lease ends by itself.
const releaseTime = 5 * time.Second

// renew renews a lease until held ends, and ends it when the lease that began at a time could not be renewed.
func (db *DB) renew(held context.Context, cancel context.CancelCauseFunc, name string, began time.Time) {
	t := time.NewTicker(db.lease / 3)
	defer t.Stop()
	for {
		select {
		case <-held.Done():
			return
		case <-t.C:
		}
		try := time.Now()
		bounded, stop := context.WithDeadline(held, began.Add(db.lease))
		ok, err := db.claimLease(bounded, name)
		stop()
		switch {
		case ok:
			began = try
		case err == nil || Elapsed(began) >= db.lease: // another node has it, or may have it
			cancel(fmt.Errorf("%s: %w", name, ErrLeaseLost))
			return
		}
	}
}

// Elapsed returns how long ago a time was, by the clock that does not count while the machine sleeps or by the one that may be
// set, whichever says more.
func Elapsed(since time.Time) time.Duration {
	return max(time.Since(since), time.Now().Round(0).Sub(since.Round(0)))
}
