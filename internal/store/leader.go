package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"headwater/internal/news"
)

// Work that must not be done twice at the same time, such as settling, is done by one leader. Lead waits until no other
// process leads, in two steps:
//
//   - A lock says who leads. On PostgreSQL it is an advisory lock of a connection that has no other use. The leader and
//     those that wait use their connections every second. The server ends a connection that is not used for leadIdle, so a
//     process that was killed, paused or cut off loses the lock. A process that waits asks for the lock every second. It
//     does not block in pg_advisory_lock, since that would hold a snapshot and keep VACUUM from its work. On SQLite one
//     process holds the data folder, so there the lock is one in memory.
//   - An epoch makes sure. A new leader raises it in a transaction that holds the writer's lock. Each write of DB.As checks
//     in its own transaction that the epoch is still the same. So a leader that was paused, and does not know yet that it
//     has lost the lock, writes nothing.
//
// A transaction that a paused process has left open ends after transactionIdle (postgres.go).

// ErrFenced is the error of a write of a leader after another process has taken over. Nothing was written.
var ErrFenced = errors.New("another process leads by now; nothing was written")

const (
	leadEvery   = time.Second     // how often the lock is asked for, and the connection that holds it is used
	leadTimeout = 5 * time.Second // how long the server may take to answer that
	leadIdle    = 8 * time.Second // after which the server ends a connection that is not used
)

// Leadership is the right to do some work alone, from Lead until Done.
type Leadership struct {
	db    *DB
	name  string
	epoch int64
	lock  leaderLock
	local chan struct{} // holds one element while a goroutine of this process leads

	end  context.CancelFunc // lets watch return
	done chan struct{}      // closed when watch has returned
	err  error              // why it ended, set before done is closed; nil after Close
}

// leaderLock is the lock of one leader.
type leaderLock interface {
	// wait returns an error once the lock is lost, or another process has raised the epoch. It returns nil when ctx ends.
	wait(ctx context.Context, name string, epoch int64) error
	// close gives the lock back. The context bounds how long this takes.
	close(ctx context.Context) error
}

// leaders has, for each kind of work, who does it in this process.
type leaders struct {
	mu   sync.Mutex // guards what follows
	lock map[string]chan struct{}
	held map[*Leadership]bool
}

// local returns the lock of one kind of work in this process.
func (ls *leaders) local(name string) chan struct{} {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.lock[name] == nil {
		ls.lock[name] = make(chan struct{}, 1)
	}
	return ls.lock[name]
}

const raiseEpochSQL = `INSERT INTO leaders (name, epoch, holder) VALUES (?, 1, ?)
	ON CONFLICT (name) DO UPDATE SET epoch = leaders.epoch + 1, holder = excluded.holder RETURNING epoch`

// Lead waits until no other process does the work of this name, and returns the right to do it. The caller closes the
// Leadership. An error other than that of ctx says that the database can't be reached or fails.
func (db *DB) Lead(ctx context.Context, name string) (_ *Leadership, err error) {
	what := "lead " + name
	if err := db.mayWrite(what); err != nil {
		return nil, err
	}
	l := &Leadership{db: db, name: name, local: db.leaders.local(name), done: make(chan struct{})}
	select {
	case l.local <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.lock, err = db.engine.lead(ctx, name); err != nil {
		<-l.local
		return nil, fmt.Errorf("%s: %w", what, db.explain(err))
	}
	err = db.write(ctx, what, func(ctx context.Context, t tx) error {
		return t.scan(ctx, []any{&l.epoch}, raiseEpochSQL, name, db.epoch)
	})
	if err != nil {
		return nil, errors.Join(err, l.release(ctx))
	}
	watching, end := context.WithCancel(context.WithoutCancel(ctx))
	l.end = end
	db.leaders.mu.Lock()
	db.leaders.held[l] = true
	db.leaders.mu.Unlock()
	go l.watch(watching)
	return l, nil
}

// watch waits until the lock is lost or Close is called. Then it gives the lock back.
func (l *Leadership) watch(ctx context.Context) {
	defer close(l.done)
	if err := l.lock.wait(ctx, l.name, l.epoch); err != nil {
		l.err = fmt.Errorf("lead %s: %w", l.name, l.db.explain(err))
	}
	_ = l.release(ctx) // a connection that does not close is lost, and the epoch protects what its lock protected
	l.db.leaders.mu.Lock()
	defer l.db.leaders.mu.Unlock()
	delete(l.db.leaders.held, l)
}

// release gives the lock back, also after ctx has ended.
func (l *Leadership) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leadTimeout)
	defer cancel()
	err := l.lock.close(ctx)
	<-l.local
	return err
}

// Done is closed when the leadership has ended, by Close or since another process may lead now. Work in hand may go on: its
// writes return ErrFenced once another process leads.
func (l *Leadership) Done() <-chan struct{} { return l.done }

// Err says why the leadership ended without Close. It is nil before, and after Close.
func (l *Leadership) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// Epoch is higher for each leader of a name, by one.
func (l *Leadership) Epoch() int64 { return l.epoch }

// Close ends the leadership, so that another process may lead, and waits until it has ended. A second call does nothing.
func (l *Leadership) Close() {
	l.end()
	<-l.done
}

// endLeaderships ends all leaderships of this process.
func (db *DB) endLeaderships() {
	db.leaders.mu.Lock()
	held := make([]*Leadership, 0, len(db.leaders.held))
	for l := range db.leaders.held {
		held = append(held, l)
	}
	db.leaders.mu.Unlock()
	for _, l := range held {
		l.Close()
	}
}

// As returns the database for the work of a leader. Each write returns ErrFenced, and writes nothing, once another process
// leads. What it returns is not closed; it is of no use after the database was closed.
func (db *DB) As(l *Leadership) *DB {
	led := *db
	led.leadership = l
	return &led
}

// LeadBy says which process leads some work, or led last.
type LeadBy struct {
	Node  string // see DB.Node; "" where none has led yet
	Epoch int64
}

const leaderSQL = `SELECT holder, epoch FROM leaders WHERE name = ?`

// Leader returns which process leads the work of this name, or led it last.
func (db *DB) Leader(ctx context.Context, name string) (LeadBy, error) {
	l, err := rowOf(ctx, db, "leader of "+name, func(row scanner) (l LeadBy, err error) {
		err = row.Scan(&l.Node, &l.Epoch)
		return l, err
	}, leaderSQL, name)
	if errors.Is(err, news.ErrNotFound) {
		return LeadBy{}, nil
	}
	return l, err
}

const leadsSQL = `SELECT epoch = ? FROM leaders WHERE name = ?`

// fence returns ErrFenced if another process leads. The transaction has the writer's lock, so the epoch stays as it is.
func (l *Leadership) fence(ctx context.Context, t tx) error {
	var same bool
	err := t.scan(ctx, []any{&same}, leadsSQL, l.epoch, l.name)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !same { // there is no row in a restored database
		return ErrFenced
	}
	return err
}
