package store

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// engine is what differs between SQLite and PostgreSQL: connections, errors and upkeep of files. Statements are the same,
// except for those that are methods here.
type engine interface {
	// String says where the database is, for messages: "data folder /srv/news" or "database news on db.example".
	String() string
	// openWriter opens the pool of the connections that write. It creates a missing SQLite file.
	openWriter(ctx context.Context) (*sql.DB, error)
	// openReader opens a pool of connections that can't write. beside is set where another process may write.
	openReader(beside bool) (*sql.DB, error)
	// checkOwner returns an error for a database of another program, or one that can't be written.
	checkOwner(ctx context.Context, db *sql.DB) error
	// schema returns the migrations of the engine, and goose's name for it.
	schema() (goose.Dialect, fs.FS)
	// versioned reports whether migrations were applied to a database.
	versioned(ctx context.Context, db *sql.DB) (bool, error)
	migrateOptions() []goose.ProviderOption
	// migrated runs when the schema is up to date, before anything else.
	migrated(ctx context.Context, db *sql.DB) error
	// snapshot is the isolation in which all statements of a transaction read one state.
	snapshot() sql.IsolationLevel
	// prepares reports whether the statements of preparedSQL should be prepared once for the one connection that writes.
	prepares() bool
	// lock makes a transaction the only one that writes, until it ends.
	lock(ctx context.Context, t *sql.Tx) error
	// later marks the context of a statement whose result nobody looks at. An engine may run it with the next query of the
	// transaction, or at its end.
	later(ctx context.Context) context.Context
	// together returns a statement that inserts several rows, given one that inserts one. It returns false where that is not
	// possible, or not faster.
	together(query string, rows int) (string, bool)
	// lead waits until no other process leads the work of this name, and takes its lock.
	lead(ctx context.Context, name string) (leaderLock, error)
	// shared reports whether other processes may write in the database.
	shared() bool
	// clockSQL selects the time of the database's clock, in milliseconds since 1970. "" means that the time of the caller
	// counts, since there is no other process.
	clockSQL() string
	// skipLocked ends a subquery that selects rows of a table (or alias) to claim. Rows that another transaction claims are
	// left out, not waited for.
	skipLocked(table string) string
	// announce tells other processes, when the transaction commits, that process from changed some areas.
	announce(ctx context.Context, t *sql.Tx, from string, a Area) error
	// listen connects, calls connected, and then heard with each announcement, until the context or the connection ends.
	listen(ctx context.Context, connected func(), heard func(announcement string)) error
	// ping returns an error where the database does not take transactions that write.
	ping(ctx context.Context) error
	// cut closes all connections, so that what waits for an answer gets an error.
	cut()
	// close closes what ping uses.
	close() error
	// classify says what kind of error of the database err is.
	classify(err error) fault
	// advice says what happened and what to do, "" for errors that are not the database's.
	advice(err error) string
	// invariants returns, by name, queries that count what must not be.
	invariants() map[string]string
	// quickCheck returns an error where pages are damaged.
	quickCheck(ctx context.Context, t *sql.Tx) error
	// syncSQL returns statements that let commits of a connection wait for the disk, and not wait.
	syncSQL() (synced, unsynced string)
	// sparePages is the number of free pages that the file could do without.
	sparePages(ctx context.Context, reader *sql.DB) (int, error)
	// usage, checkpoint and compact are Usage, Checkpoint and Compact of DB.
	usage(ctx context.Context, t *sql.Tx) (Usage, error)
	checkpoint(ctx context.Context, reader *sql.DB) error
	compact(ctx context.Context, writer *sql.DB) error
	// erasing runs work. Of the values that work replaced, SQLite's files keep nothing then; PostgreSQL's may.
	erasing(ctx context.Context, writer *sql.DB, work func() error) error
	// copyTo writes one snapshot of the database to a new file of SQLite.
	copyTo(ctx context.Context, db *DB, file string) error
}

// fault is a kind of database error.
type fault int

const (
	noFault     fault = iota // no error of the database
	interrupted              // the context of a statement ended
	conflict                 // a conflict of transactions; the same transaction may succeed when tried again
	unavailable              // no connection to the database
	broken                   // the disk fails or is full; memory and disk may differ
	failed                   // any other error of the database
)
