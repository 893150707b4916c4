package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// sqliteEngine is SQLite, in a data folder.
type sqliteEngine struct {
	dir  string
	file string // the database; "" is File in dir
}

func (e sqliteEngine) String() string {
	if e.file != "" {
		return e.file
	}
	return "data folder " + e.dir
}

func (e sqliteEngine) path() string { return cmp.Or(e.file, filepath.Join(e.dir, File)) }

// Parameters of the connections. SQLite's default checkpoint interval is 1000 pages; a larger one halves the time to
// store many articles. journal_size_limit gives the space back. auto_vacuum applies to new files and to the output of
// VACUUM.
var (
	writerParams = url.Values{
		"mode": {"rwc"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_busy_timeout": {"10000"},
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"},
		"_pragma": {"auto_vacuum(2)", "cache_size(-32000)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "temp_store(memory)"},
	}
	readerParams = url.Values{
		"mode": {"rw"}, "_dqs": {"0"}, "_busy_timeout": {"10000"}, "_query_only": {"on"},
		"_pragma": {"cache_size(-8000)", "temp_store(memory)"},
	}
	readOnlyParams = url.Values{
		"mode": {"ro"}, "_dqs": {"0"}, "_busy_timeout": {"10000"}, "_query_only": {"on"},
		"_pragma": {"cache_size(-8000)", "temp_store(memory)"},
	}
)

func dsn(path string, params url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	return u.String()
}

func (e sqliteEngine) openWriter(context.Context) (*sql.DB, error) {
	if err := createPrivate(e.path()); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(e.path(), writerParams))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (e sqliteEngine) openReader(beside bool) (*sql.DB, error) {
	params := readerParams
	if beside {
		if _, err := os.Stat(e.path()); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", e, ErrEmpty)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", e, err)
		}
		params = readOnlyParams
	}
	db, err := sql.Open("sqlite", dsn(e.path(), params))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
}

// createPrivate creates a missing file with private permissions. SQLite would make it readable for everybody.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w; mend the permissions of the data folder or choose another one", err)
	}
	return f.Close()
}

// applicationID is "HDWR", set by the first migration.
const applicationID = 0x48445752

// ownerSQL does not count the table of goose, which is there before the first migration, and what SQLite keeps for it.
const ownerSQL = `SELECT (SELECT application_id FROM pragma_application_id),
	(SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'goose_db_version' AND name NOT LIKE 'sqlite\_%' ESCAPE '\')`

// checkOwner accepts a new file and a headwater database, and refuses anything else.
func (e sqliteEngine) checkOwner(ctx context.Context, db *sql.DB) error {
	var id, tables int64
	if err := db.QueryRowContext(ctx, ownerSQL).Scan(&id, &tables); err != nil {
		return fmt.Errorf("open %s: %w", e.path(), err)
	}
	if tables > 0 && id != applicationID {
		return fmt.Errorf("%s is a database of another program; move it away or choose another folder", e.path())
	}
	return nil
}

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

func (sqliteEngine) schema() (goose.Dialect, fs.FS) {
	return goose.DialectSQLite3, subFolder(sqliteMigrations, "migrations/sqlite")
}

const sqliteVersionedSQL = `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version')`

func (sqliteEngine) versioned(ctx context.Context, db *sql.DB) (is bool, err error) {
	err = db.QueryRowContext(ctx, sqliteVersionedSQL).Scan(&is)
	return is, err
}

func (sqliteEngine) migrateOptions() []goose.ProviderOption { return nil }

func (e sqliteEngine) migrated(ctx context.Context, db *sql.DB) error { return e.letShrink(ctx, db) }

// snapshot: every transaction of SQLite reads one state.
func (sqliteEngine) snapshot() sql.IsolationLevel { return sql.LevelDefault }

func (sqliteEngine) prepares() bool { return true }

// lock does nothing: _txlock=immediate takes SQLite's lock when a transaction begins.
func (sqliteEngine) lock(context.Context, *sql.Tx) error { return nil }

func (sqliteEngine) later(ctx context.Context) context.Context { return ctx }

// together: a prepared statement a row is as fast.
func (sqliteEngine) together(string, int) (string, bool) { return "", false }

// lead returns at once: no other process writes in the data folder.
func (sqliteEngine) lead(context.Context, string) (leaderLock, error) { return sqliteLead{}, nil }

type sqliteLead struct{}

func (sqliteLead) close(context.Context) error { return nil }

func (sqliteLead) wait(ctx context.Context, _ string, _ int64) error {
	<-ctx.Done()
	return nil
}

// shared is false: the process that writes holds the folder's lock.
func (sqliteEngine) shared() bool { return false }

func (sqliteEngine) clockSQL() string { return "" }

func (sqliteEngine) skipLocked(string) string { return "" }

func (sqliteEngine) classify(err error) fault {
	switch code(err) {
	case 0:
		return noFault
	case lib.SQLITE_INTERRUPT: // only a canceled context interrupts
		return interrupted
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_FSYNC, lib.SQLITE_IOERR_DIR_FSYNC, lib.SQLITE_IOERR_TRUNCATE,
		lib.SQLITE_IOERR_DELETE, lib.SQLITE_IOERR_CLOSE, lib.SQLITE_IOERR_SHMOPEN, lib.SQLITE_IOERR_SHMSIZE, lib.SQLITE_IOERR_SHMMAP: // not those of reading
		return broken
	default:
		return failed
	}
}

func (sqliteEngine) ping(context.Context) error { return nil }

func (sqliteEngine) cut() {}

func (sqliteEngine) close() error { return nil }

func (e sqliteEngine) advice(err error) string {
	switch code(err) & 0xff {
	case lib.SQLITE_FULL:
		return "the disk that holds " + e.String() + " is full; free some space and try again (what was stored before is whole)"
	case lib.SQLITE_READONLY:
		return e.String() + " is read-only; mend its permissions or choose another folder"
	case lib.SQLITE_CANTOPEN:
		return "the database in " + e.String() + " cannot be opened; check the folder's permissions"
	case lib.SQLITE_IOERR:
		return "reading or writing " + e.String() + " failed; check the disk and its free space"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return "another program keeps the database in " + e.String() + " locked; close it and try again"
	case lib.SQLITE_CORRUPT:
		return "the database in " + e.String() + " is damaged; restore a backup into an empty folder"
	case lib.SQLITE_NOTADB:
		return "the file " + File + " in " + e.String() + " is no database; move it away or choose another folder"
	default:
		return ""
	}
}

// code returns SQLite's extended result code, or 0 for any other error.
func code(err error) int {
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		return se.Code()
	}
	return 0
}

func (sqliteEngine) invariants() map[string]string {
	return map[string]string{"broken references between tables": `SELECT count(*) FROM pragma_foreign_key_check`}
}

const quickCheckSQL = `PRAGMA quick_check(10)`

func (sqliteEngine) quickCheck(ctx context.Context, t *sql.Tx) error {
	lines, err := collect(ctx, t.QueryContext, scanText, quickCheckSQL)
	if err != nil {
		return err
	}
	if said := strings.Join(lines, "; "); said != "ok" {
		return fmt.Errorf("the file is damaged (%s); restore a backup into an empty folder", said)
	}
	return nil
}

func (sqliteEngine) syncSQL() (synced, unsynced string) {
	return `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000`, `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0`
}

const usageSQL = `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT auto_vacuum FROM pragma_auto_vacuum) = 2`

func (sqliteEngine) usage(ctx context.Context, t *sql.Tx) (u Usage, err error) {
	err = t.QueryRowContext(ctx, usageSQL).Scan(&u.File, &u.Free, &u.Shrinks)
	return u, err
}
