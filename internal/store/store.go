// Package store keeps feeds, articles, stories and users in one database, of SQLite or PostgreSQL. It is the only package with SQL. Other
// packages exchange types of package news with it, and these of its own: the result of a poll (Poll), of a settlement
// (Settlement) and of a run of matching (MatchBatch).
//
// Every method that writes is one transaction. A watermark moves in the transaction that holds its result, so a process
// may be killed at any moment without loss or repetition. Public methods open the transaction; methods of tx run in one.
// Statements are constants beside the method that runs them. One that lists rows has an index, and a test of its plan.
//
// Two logs number changes. Each article has the number of its newest log entry in articles.seq, assigned in the
// transaction that stores the article. Each story has one entry in story_log. The entry moves to the end whenever what
// readers see of the story changes. Numbers are never used again, even after an article was aged out (log.go). A third log
// has the articles that were aged out (removals.go). What a process holds in memory or in its data folder follows these
// logs; the transaction that appends to one wakes the followers of every process (changes.go).
//
// Several processes may work on one PostgreSQL database. Each is a node (nodes.go). What one of them does at a time is claimed
// with a lease, which ends by the clock of the database when its node is gone (leases.go; hosts.go for the hosts of feeds).
//
// A file is a noun. Calls run from store.go, which opens a folder, and from the nouns (feeds.go, stories.go, topics.go
// ...) down to log.go, db.go (transactions, rows), encode.go (how values are stored) and engine.go, which says what the
// two engines do differently (sqlite.go and maintenance.go; postgres.go). bounds.go limits what stands in an index. Above all
// of these stand backup.go, restore.go and transfer.go, which copy everything from either engine into either, and status.go
// and repair.go, which check what is stored and mend it.
//
// # Two engines
//
// Statements are written once, for SQLite. dialect.go says what becomes of them on PostgreSQL. They use these features of
// SQLite: json_each for lists of ids, INDEXED BY and the unary + to choose an index, CROSS JOIN to fix the order of joins,
// iif, and max and min of two values. The first migration of PostgreSQL defines these functions. The schema has the same
// tables and columns on both; migrations have the same numbers from 25 on.
//
// On both engines one transaction writes at a time. On PostgreSQL each begins with the lock of the table writer, in any
// process. So a number of a log is visible once all lower ones are: a sequence would give numbers out in another order than
// that of commits, and a reader of "after N" could miss an entry for ever. Readers wait for nobody. Work that one process
// does at a time has a leader, whose writes are fenced (leader.go).
//
// The tests of the package run on SQLite and again on PostgreSQL, as do those of the packages that use it.
//
// A new column of articles needs a migration and a change in articles.go (reading), collect.go (writing) and window.go.
//
// # Costs over a large archive
//
// Statements that run by themselves, or that readers cause often, never walk the archive. They cost as much over a
// million articles as over a thousand:
//
//   - Counts of stories, events, unread articles and articles that stand for stories are counters. Triggers update them
//     in the transaction that changes the counted rows. `headwater doctor` compares them with the rows. An article's
//     marks are deleted before the article, since the triggers read both. Counters of outlets are kept by what changes
//     stories (outletcounts.go).
//   - Lists go by index: stories by their last change, stories of a feed (story_feeds), stories of an event, matches of a
//     topic. plan_test.go asks SQLite for the plan of each statement.
//   - Queues hold only waiting entries, never finished ones: pages by host, citations to weigh again, deliveries of
//     alerts. Entries of the log of removals go after a week.
package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
)

// File is the name of the database in the data folder.
const File = "headwater.db"

// Options are the options of Open. The zero value works.
type Options struct {
	// Database is the address of a PostgreSQL database (postgres://...). "" means SQLite, in the data folder.
	Database string
	// ReadOnly opens the database next to a process that writes. It takes no lock and changes nothing.
	ReadOnly bool
	// Own refuses a folder of another user where root opens it: what root writes there, that user could not change.
	Own bool
	// Restoring opens a folder during a restore, before Restored is called.
	Restoring bool
	// Lease is how long a lease lasts that is not renewed. Zero means 30 s.
	Lease time.Duration
	// KeyFile is the file with the key of the secrets, see secrets.go. "" stores them as they are.
	KeyFile string
	// ForgetSecrets removes the encrypted secrets where KeyFile has not their key.
	ForgetSecrets bool
	// Wait is how long Open waits for a PostgreSQL server that can't be reached. Zero means that it does not wait.
	Wait time.Duration
	// Logger gets a message for each migration. Nil logs nothing.
	Logger *slog.Logger
}

// Open opens the database of a data folder and updates its schema. It creates a missing folder and SQLite database, unless
// Options.ReadOnly is set. It locks the folder until Close, since the folder also holds what this process makes of the
// database, such as the search index.
func Open(ctx context.Context, dir string, opts Options) (*DB, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	db := &DB{
		dir: abs, log: opts.Logger, epoch: rand.Text(), lease: cmp.Or(opts.Lease, defaultLease), ahead: &atomic.Int64{}, engine: sqliteEngine{dir: abs},
		marks: &markCache{}, hides: &markCache{}, present: &atomic.Pointer[func(news.Outlet) news.Outlet]{}, access: &accessMemory{}, bells: &bells{}, sent: &commits{open: map[int64]bool{}}, turn: semaphore.NewWeighted(1), leaders: &leaders{lock: map[string]chan struct{}{}, held: map[*Leadership]bool{}},
	}
	if opts.Database != "" {
		if db.engine, err = newPostgres(opts.Database); err != nil {
			return nil, err
		}
	}
	if db.bodies, err = newBodyCodec(); err != nil {
		return nil, err
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	db.state = newAvailability(db.log, db.engine)
	if opts.ReadOnly {
		err = db.openReadOnly(ctx, opts)
	} else {
		err = db.openWriter(ctx, opts)
	}
	if err != nil {
		db.state.end() // what can't be opened is not waited for
		return nil, errors.Join(db.explain(err), db.Close())
	}
	if opts.Database != "" {
		db.state.watch() //nolint:contextcheck // it ends with Close
	}
	return db, nil
}

// await waits until the database server can be reached, for a time at most.
func (db *DB) await(ctx context.Context, most time.Duration) error {
	began := time.Now()
	for pause := firstPing; ; pause = min(2*pause, longestPing) {
		err := db.engine.ping(ctx)
		if err == nil || db.engine.classify(err) != unavailable || time.Since(began) >= most || ctx.Err() != nil {
			if err == nil && pause > firstPing {
				db.log.Info("the database is there", "database", db.engine.String(), "after", time.Since(began).Round(time.Millisecond))
			}
			return err
		}
		if pause == firstPing {
			db.log.Error("the database cannot be reached; waiting for it", "database", db.engine.String(), "most", most, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (db *DB) openWriter(ctx context.Context, opts Options) (err error) {
	if err := os.MkdirAll(db.dir, 0o700); err != nil {
		return fmt.Errorf("data folder %s cannot be made: %w; choose another folder or mend its permissions", db.dir, err)
	}
	if opts.Own {
		if err := checkOwner(db.dir); err != nil {
			return err
		}
	}
	if db.lock, err = lockFolder(db.dir); err != nil {
		return err
	}
	if !opts.Restoring {
		if err := Restored(db.dir); err != nil {
			return err
		}
	}
	if opts.Wait > 0 {
		if err := db.await(ctx, opts.Wait); err != nil {
			return err
		}
	}
	if db.writer, err = db.engine.openWriter(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if err := errors.Join(db.openHosts(ctx), db.openClock(ctx)); err != nil {
		return err
	}
	if err := db.openSecrets(ctx, opts); err != nil {
		return err
	}
	if db.engine.prepares() {
		db.stmts = make(map[string]*sql.Stmt)
		for _, q := range preparedSQL() {
			s, err := db.writer.PrepareContext(ctx, q)
			if err != nil {
				return fmt.Errorf("prepare %q: %w", q, err)
			}
			db.stmts[q] = s
		}
	}
	if err := db.forgetCommits(ctx); err != nil {
		return err
	}
	db.reader, err = db.engine.openReader(false)
	return err
}

// openReadOnly does without a key that can't be read: who copies a database needs none, and reading a secret fails then.
func (db *DB) openReadOnly(ctx context.Context, opts Options) (err error) {
	if db.reader, err = db.engine.openReader(true); err != nil {
		return err
	}
	if err := db.checkVersion(ctx); err != nil {
		return err
	}
	id, err := db.SecretsKey(ctx)
	if err == nil {
		db.key, db.noKey = readKey(db.engine.String(), id, opts.KeyFile)
	}
	return err
}

// preparedSQL are the statements that run for every article, poll or step of retention. They are prepared once, when the
// database is opened.
func preparedSQL() []string {
	return append([]string{
		leadsSQL, lastSQL, knownSQL, renameArticleSQL, feedPolledSQL, feedPushedSQL, newestRunSQL, addToRunSQL, insertArticleSQL, insertBodySQL, reviseArticleSQL, reviseBodySQL, beginEpochSQL, forgetEpochsSQL,
		putPrintSQL, putClaimsSQL, putEdgeSQL, putStorySQL, putMemberSQL,
		putCreditedPageSQL, queuePageSQL, queueHostSQL, putCitingSQL, putVectorSQL, putFurnitureSQL, boundFurnitureSQL, dropShownSQL, putShownSQL, boundShownSQL, putMatchSQL, putTopicCheckSQL,
		putNotifiedSQL, enqueueSQL, hasAgedSQL, agedSQL, listAgedSQL, forgetAgedSQL, setPhaseSQL,
		outletStoriesOfSQL, tellingArticlesSQL, putOutletStorySQL, dropOutletStorySQL, addOutletCountsSQL, dropOutletCountsSQL, addOutletPairsSQL, dropOutletPairsSQL,
	}, retentionSQL()...)
}

// Close closes the database and unlocks the folder. A second call does nothing.
func (db *DB) Close() error {
	db.endLeaderships()
	db.state.end()
	var errs []error
	for _, s := range db.stmts {
		errs = append(errs, s.Close())
	}
	if db.reader != nil {
		errs = append(errs, db.reader.Close())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.Close())
	}
	errs = append(errs, db.engine.close())
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	db.lock = nil // db.stmts stays: whoever comes late reads it, and finds that its statements are closed
	return db.explain(errors.Join(errs...))
}

// lockFile is the file that holds the pid of the process that writes in the folder. The lock itself is the kernel's, so it
// ends whenever the process ends; the file stays.
const lockFile = "headwater.lock"

// errLocked is returned by tryLock for a file that another process has locked.
var errLocked = errors.New("locked by another process")

// lockFolder locks a data folder for this process. Closing the returned file unlocks it.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder %s cannot be written: %w; mend its permissions or choose another folder", dir, err)
	}
	err = tryLock(f)
	switch {
	case errors.Is(err, errLocked):
		err = fmt.Errorf("data folder %s is held by %s; stop that process or choose another folder", dir, holder(f))
	case err != nil:
		err = fmt.Errorf("data folder %s cannot be locked: %w; choose a folder on a local disk", dir, err)
	default:
		if err = f.Truncate(0); err != nil {
			err = fmt.Errorf("lock of data folder %s: %w", dir, err)
		} else if _, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
			err = fmt.Errorf("lock of data folder %s: %w; is the disk full?", dir, err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// holder describes the process that holds the lock. That process may not have written its pid yet.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return "another process"
	}
	return "process " + pid
}
