package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgresEngine is a PostgreSQL database, or one that speaks its protocol.
type postgresEngine struct {
	config *pgx.ConnConfig
	probe  *sql.DB // one connection, for ping
	conns  *openConns
}

// newPostgres reads the address of a database. Errors do not show the password.
func newPostgres(address string) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("address of the database: %w; it looks like postgres://user:password@host:5432/name", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "headwater"
	}
	config.RuntimeParams["jit"] = "off" // statements take milliseconds, less than compiling them
	// Each statement has an index. PostgreSQL keeps the plan of a prepared statement while its tables grow, and without
	// this the plan that suits the empty tables of a new database would read them whole.
	config.RuntimeParams["enable_seqscan"] = "off"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for _, f := range config.Fallbacks { // several servers, of which one takes changes
		if (f.Host != config.Host || f.Port != config.Port) && config.ValidateConnect == nil {
			config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
		}
	}
	e := &postgresEngine{config: config, conns: &openConns{open: map[net.Conn]bool{}}}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return e.conns.add(c), nil
	}
	e.probe = e.open(config, 1)
	return e, nil
}

// connectTimeout is how long one server may take to accept a connection, unless the address has connect_timeout.
const connectTimeout = 5 * time.Second

// openConns are the connections of a process to the server.
type openConns struct {
	mu   sync.Mutex // guards open
	open map[net.Conn]bool
}

func (o *openConns) add(c net.Conn) net.Conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open[c] = true
	return openConn{c, o}
}

// openConn is a connection that is among openConns until it is closed.
type openConn struct {
	net.Conn
	of *openConns
}

func (c openConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func (e *postgresEngine) cut() {
	e.conns.mu.Lock()
	defer e.conns.mu.Unlock()
	for c := range e.conns.open {
		_ = c.Close() // whoever uses it gets an error, and closes it again
	}
}

func (e *postgresEngine) close() error { return e.probe.Close() }

const pingSQL = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`

func (e *postgresEngine) ping(ctx context.Context) error {
	var readOnly bool
	err := e.probe.QueryRowContext(ctx, pingSQL).Scan(&readOnly)
	if err == nil && readOnly {
		return fmt.Errorf("%s takes no changes; it may be a replica that has not taken over yet", e)
	}
	return err
}

func (e *postgresEngine) String() string {
	return fmt.Sprintf("database %s on %s", e.config.Database, e.config.Host)
}

// open returns a pool of at most the given number of connections.
func (e *postgresEngine) open(config *pgx.ConnConfig, connections int) *sql.DB {
	db := sql.OpenDB(postgresConnector{stdlib.GetConnector(*config)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// transactionIdle is how long the server waits for the next statement of a transaction that writes. Then it ends the
// transaction, so that a process that was paused keeps the others from writing no longer.
const transactionIdle = 8 * time.Second

// postgresWriters is the number of connections that write. Most transactions wait for the writer's lock; claims do not.
const postgresWriters = 4

func (e *postgresEngine) openWriter(context.Context) (*sql.DB, error) {
	config := e.config.Copy()
	config.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(transactionIdle.Milliseconds(), 10)
	return e.open(config, postgresWriters), nil
}

func (e *postgresEngine) openReader(bool) (*sql.DB, error) {
	config := e.config.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	if config.ValidateConnect != nil { // which would take this for a server that takes no changes
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	return e.open(config, readers), nil
}

const (
	// postgresServerSQL asks for what a database must have. The marker is a table that no other program has. The table of
	// goose is there before the first migration.
	postgresServerSQL = `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery(), coalesce(current_schema(), ''),
		to_regclass('story_log') IS NOT NULL,
		(SELECT count(*) FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version' AND c.relnamespace = to_regnamespace(current_schema()::text))`
)

func (e *postgresEngine) checkOwner(ctx context.Context, db *sql.DB) error {
	var encoding, schema string
	var replica, ours bool
	var version, tables int
	if err := db.QueryRowContext(ctx, postgresServerSQL).Scan(&version, &encoding, &replica, &schema, &ours, &tables); err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	switch {
	case version < postgresOldest*10_000:
		return fmt.Errorf("%s is of version %d; use PostgreSQL %d or later", e, version/10_000, postgresOldest)
	case encoding != "UTF8":
		return fmt.Errorf("%s has the encoding %s; make a database with the encoding UTF8", e, encoding)
	case replica:
		return fmt.Errorf("%s is a replica that takes no changes; name the primary server", e)
	case schema == "":
		return fmt.Errorf("%s has no schema in its search_path that this user may use; set search_path or grant usage of the schema", e)
	case tables > 0 && !ours:
		return fmt.Errorf("schema %s of %s holds tables of another program; name an empty database", schema, e)
	}
	return e.checkLocks(ctx, db)
}

// postgresOldest is the oldest version of PostgreSQL that works.
const postgresOldest = 14

const (
	tryProbeSQL  = `SELECT pg_try_advisory_lock($1)`
	freeProbeSQL = `SELECT pg_advisory_unlock($1)`
)

// checkLocks returns an error where two connections get one advisory lock. CockroachDB gives it to everybody, and a pool of
// connections by transaction gives two clients one session. Every process would take itself for the settler.
func (e *postgresEngine) checkLocks(ctx context.Context, db *sql.DB) (err error) {
	first, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	defer func() { err = errors.Join(err, first.Close()) }()
	second, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	defer func() { err = errors.Join(err, second.Close()) }()
	key := rand.Int64()
	var held, twice, freed bool
	if err := first.QueryRowContext(ctx, tryProbeSQL, key).Scan(&held); err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	if err := second.QueryRowContext(ctx, tryProbeSQL, key).Scan(&twice); err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	if err := first.QueryRowContext(ctx, freeProbeSQL, key).Scan(&freed); err != nil {
		return fmt.Errorf("open %s: %w", e, err)
	}
	if !held || twice || !freed {
		return fmt.Errorf("%s does not keep advisory locks for a session, which say who settles; use PostgreSQL itself, without a pool by transaction in between", e)
	}
	return nil
}

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

func (*postgresEngine) schema() (goose.Dialect, fs.FS) {
	return goose.DialectPostgres, subFolder(postgresMigrations, "migrations/postgres")
}

const postgresVersionedSQL = `SELECT to_regclass('goose_db_version') IS NOT NULL`

func (*postgresEngine) versioned(ctx context.Context, db *sql.DB) (is bool, err error) {
	err = db.QueryRowContext(ctx, postgresVersionedSQL).Scan(&is)
	return is, err
}

// migrateOptions lets one process migrate, while the others wait.
func (*postgresEngine) migrateOptions() []goose.ProviderOption {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // asks every second, for five minutes
	if err != nil {
		panic(err) // only options can be wrong
	}
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}
}

func (*postgresEngine) migrated(context.Context, *sql.DB) error { return nil }

func (*postgresEngine) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }

// prepares is false: pgx prepares each statement when a connection first runs it.
func (*postgresEngine) prepares() bool { return false }

// writerLockSQL waits until no other transaction writes. It has to be the first statement, so that all others see what
// the transaction before has committed.
const writerLockSQL = `LOCK TABLE writer IN EXCLUSIVE MODE`

func (*postgresEngine) lock(ctx context.Context, t *sql.Tx) error {
	_, err := t.ExecContext(ctx, writerLockSQL)
	return err
}

// postgresLead is a connection that holds the advisory lock of a leader.
type postgresLead struct{ conn *pgx.Conn }

// leaderLockSQL takes the lock of a leader, unless another connection has it. Advisory locks are those of a database, and
// an installation is one schema of it.
const leaderLockSQL = `SELECT pg_try_advisory_lock(hashtextextended('headwater ' || current_schema()::text || ' leader ' || $1, 0))`

func (e *postgresEngine) lead(ctx context.Context, name string) (_ leaderLock, err error) {
	config := e.config.Copy()
	config.ConnectTimeout = leadTimeout
	config.RuntimeParams["idle_session_timeout"] = strconv.FormatInt(leadIdle.Milliseconds(), 10)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	lock := postgresLead{conn}
	t := time.NewTicker(leadEvery)
	defer t.Stop()
	for {
		var held bool
		if err = lock.ask(ctx, &held, leaderLockSQL, name); err == nil && held {
			return lock, nil
		}
		if err == nil {
			select {
			case <-t.C:
				continue
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), leadTimeout)
		defer cancel()
		_ = lock.close(end) // the other error says what failed
		return nil, err
	}
}

// ask runs a query that returns one bool. It takes at most leadTimeout.
func (l postgresLead) ask(ctx context.Context, answer *bool, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, leadTimeout)
	defer cancel()
	return l.conn.QueryRow(ctx, query, args...).Scan(answer)
}

const leaderEpochSQL = `SELECT epoch = $1 FROM leaders WHERE name = $2`

func (l postgresLead) wait(ctx context.Context, name string, epoch int64) error {
	t := time.NewTicker(leadEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		var same bool
		err := l.ask(ctx, &same, leaderEpochSQL, epoch, name)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case !same:
			return ErrFenced
		}
	}
}

func (l postgresLead) close(ctx context.Context) error { return l.conn.Close(ctx) }

func (*postgresEngine) shared() bool { return true }

func (*postgresEngine) clockSQL() string {
	return `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`
}

func (*postgresEngine) skipLocked(table string) string {
	return ` FOR UPDATE OF ` + table + ` SKIP LOCKED`
}

// classify uses the error codes of PostgreSQL (appendix A of its manual).
func (*postgresEngine) classify(err error) fault {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch class := pe.Code[:2]; {
		case pe.Code == "57014": // query_canceled
			return interrupted
		case class == "40" || pe.Code == "55P03" || pe.Code == "25P03": // transactions that can't be put in an order, deadlock; lock not available; this process was paused within a transaction
			return conflict
		case class == "08" || class == "57" || pe.Code == "53300" || pe.Code == "25006": // connection failure; shutdown; no connection free; takes no changes, as a replica that has not taken over yet
			return unavailable
		default:
			return failed
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unavailable
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return noFault
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return unavailable
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || err != nil && strings.Contains(err.Error(), "conn closed") {
		return unavailable
	}
	return noFault
}

func (e *postgresEngine) advice(err error) string {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if e.classify(err) == unavailable {
			return e.String() + " cannot be reached; check that it runs and that its address is right"
		}
		return ""
	}
	switch {
	case pe.Code == "28P01" || pe.Code == "28000":
		return e.String() + " refuses this user or password; check the address of the database"
	case pe.Code == "3D000":
		return e.String() + " does not exist; create it (createdb " + e.config.Database + ")"
	case pe.Code == "42501":
		return e.String() + ": this user lacks a right; let the user own the database, or grant it all rights on the schema"
	case pe.Code == "25006":
		return e.String() + " takes no changes; it may have become a replica; name the primary server"
	case pe.Code == "53100":
		return "the disk of " + e.String() + " is full; free some space and try again (what was stored before is whole)"
	case pe.Code == "53300":
		return e.String() + " has no free connection; raise max_connections or close other clients"
	case pe.Code == "57P05": // idle_session_timeout
		return e.String() + " ended a connection that was not used for " + leadIdle.String() + ", since this process was paused or cut off; it connects again"
	case pe.Code == "57P01":
		return e.String() + " closed the connection: it is shutting down, or an administrator closed it; wait until it runs"
	case pe.Code == "57P02":
		return e.String() + " closed all connections after a crash of one of its processes; wait until it has recovered"
	case pe.Code == "57P03":
		return e.String() + " is starting, recovering or shutting down; wait until it runs"
	case pe.Code == "57P04":
		return e.String() + " was dropped; create it again and restore a backup, or name another database"
	case pe.Code == "08P01":
		return e.String() + " received a message that breaks the protocol; check what stands between, such as a pool of connections"
	case pe.Code == "08004":
		return e.String() + " refuses connections; see the server's log for the reason"
	case pe.Code[:2] == "08":
		return "the connection to " + e.String() + " failed; check the network and whether the server runs"
	case pe.Code[:2] == "57":
		return "an administrator of " + e.String() + " interrupted what ran; try again"
	case pe.Code[:2] == "XX":
		return e.String() + " is damaged; see the server's log, and restore a backup into a new database"
	case pe.Code == "54000":
		return e.String() + " cannot hold a name or address of this length; shorten it"
	default:
		return ""
	}
}

// invariants is empty: PostgreSQL checks references between tables itself.
func (*postgresEngine) invariants() map[string]string { return nil }

// quickCheck does nothing: pages are read, with their checksums where the cluster has them, by the queries of Check.
func (*postgresEngine) quickCheck(context.Context, *sql.Tx) error { return nil }

func (*postgresEngine) syncSQL() (synced, unsynced string) {
	return `RESET synchronous_commit`, `SET synchronous_commit = off`
}

const postgresUsageSQL = `SELECT pg_database_size(current_database())`

// usage returns the size of the whole database. PostgreSQL reuses free space and gives it back by autovacuum.
func (*postgresEngine) usage(ctx context.Context, t *sql.Tx) (u Usage, err error) {
	err = t.QueryRowContext(ctx, postgresUsageSQL).Scan(&u.File)
	u.Shrinks = true
	return u, err
}

// sparePages is 0: autovacuum gives free space at the end of a table back.
func (*postgresEngine) sparePages(context.Context, *sql.DB) (int, error) { return 0, nil }

// checkpoint does nothing: the server writes checkpoints by itself.
func (*postgresEngine) checkpoint(context.Context, *sql.DB) error { return nil }

func (*postgresEngine) compact(ctx context.Context, writer *sql.DB) error {
	_, err := writer.ExecContext(ctx, `VACUUM (ANALYZE)`)
	return err
}

func (*postgresEngine) erasing(_ context.Context, _ *sql.DB, work func() error) error { return work() }

// listen uses a connection of its own, which must lead to one server process as long as it lasts. Behind a pooler that
// gives each transaction another one, nothing is heard, and only the poll tells of changes.
func (e *postgresEngine) listen(ctx context.Context, connected func(), heard func(announcement string)) error {
	conn, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the server ends it where it is not closed in order
	if _, err := conn.Exec(ctx, `LISTEN headwater`); err != nil {
		return err
	}
	connected()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
