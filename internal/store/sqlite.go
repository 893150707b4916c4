package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

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

// readers is the number of connections that read at once.
const readers = 4

func dsn(path string, params url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	return u.String()
}

// applicationID is "HDWR", set by the first migration.
const applicationID = 0x48445752

const ownerSQL = `SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`

// explain adds to an error of SQLite what happened to which folder, and what to do about it.
func (db *DB) explain(err error) error {
	if code(err) == lib.SQLITE_INTERRUPT { // only a canceled context interrupts
		return fmt.Errorf("interrupted: %w", context.Canceled)
	}
	if say := advice(err, db.dir); say != "" {
		return fmt.Errorf("%s: %w", say, err)
	}
	return err
}

func advice(err error, dir string) string {
	switch code(err) & 0xff {
	case lib.SQLITE_FULL:
		return "the disk that holds data folder " + dir + " is full; free some space and try again (what was stored before is whole)"
	case lib.SQLITE_READONLY:
		return "data folder " + dir + " is read-only; mend its permissions or choose another folder"
	case lib.SQLITE_CANTOPEN:
		return "the database in data folder " + dir + " cannot be opened; check the folder's permissions"
	case lib.SQLITE_IOERR:
		return "reading or writing data folder " + dir + " failed; check the disk and its free space"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return "another program keeps the database in data folder " + dir + " locked; close it and try again"
	case lib.SQLITE_CORRUPT:
		return "the database in data folder " + dir + " is damaged; restore a backup into an empty folder"
	case lib.SQLITE_NOTADB:
		return "the file " + File + " in data folder " + dir + " is no database; move it away or choose another folder"
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
