package store

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// explain adds to an error of SQLite what happened to which folder and what to do about it.
func (db *DB) explain(err error) error {
	if code(err) == lib.SQLITE_INTERRUPT { // only the end of a context interrupts
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

// code is SQLite's extended result code, or 0 for any other error.
func code(err error) int {
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		return se.Code()
	}
	return 0
}
