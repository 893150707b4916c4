package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	lib "modernc.org/sqlite/lib"
)

// Backup writes a copy of the database, from one snapshot, to a new file, and its checksum to SumFile. On both engines the
// file is a database of SQLite, which Restore puts into either. Polling may go on meanwhile. The file gets its name only when
// it is complete, was read back and is not damaged. An *InconsistentError means that the file is there, and that the
// database itself breaks an invariant.
func (db *DB) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("backup: %s exists already; name a new file", file), err)
	}
	if err := db.backup(ctx, file); err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

// InconsistentError says which invariants a database breaks that was copied as it is.
type InconsistentError struct{ Err error }

func (e *InconsistentError) Error() string {
	return "it is written, but what is stored is inconsistent (`headwater doctor --repair` mends what can be mended): " + e.Err.Error()
}

func (e *InconsistentError) Unwrap() error { return e.Err }

func (db *DB) backup(ctx context.Context, file string) error {
	part := file + ".part"
	if err := removeDatabase(part); err != nil {
		return err
	}
	if err := createPrivate(part); err != nil {
		return err
	}
	err := db.engine.copyTo(ctx, db, part)
	if err == nil {
		err = syncPath(part)
	}
	var broken error
	if err == nil {
		broken, err = checkCopy(ctx, part, db.bodies)
	}
	if err == nil {
		err = writeSum(part, file)
	}
	if err != nil {
		return errors.Join(noSpace(err, file), removeDatabase(part))
	}
	if err := publish(part, file); err != nil {
		return err
	}
	if broken != nil {
		return &InconsistentError{broken}
	}
	return nil
}

// checkCopy reads a copy back. broken says which invariants it breaks.
func checkCopy(ctx context.Context, file string, bodies *bodyCodec) (broken, err error) {
	copied, err := openBackup(ctx, file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	t, err := copied.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	broken = checkContents(ctx, t, sqliteEngine{file: file}, bodies)
	if ctx.Err() != nil {
		broken, err = nil, ctx.Err()
	}
	return broken, errors.Join(err, t.Rollback())
}

const vacuumSQL = `VACUUM INTO ?`

// copyTo opens a connection of its own, since VACUUM INTO does not run on a connection that may only query.
func (e sqliteEngine) copyTo(ctx context.Context, _ *DB, file string) (err error) {
	source, err := sql.Open("sqlite", dsn(e.path(), url.Values{"mode": {"ro"}, "_busy_timeout": {"10000"}}))
	if err != nil {
		return err
	}
	_, err = source.ExecContext(ctx, vacuumSQL, file)
	return errors.Join(err, source.Close())
}

// SumFile is the name of the file with the checksum of a backup. It has the form that sha256sum reads.
func SumFile(backup string) string { return backup + ".sha256" }

// writeSum writes the checksum of a file that is going to be renamed.
func writeSum(file, name string) error {
	sum, err := sumOf(file)
	if err != nil {
		return err
	}
	part := SumFile(file)
	if err := os.WriteFile(part, []byte(sum+"  "+filepath.Base(name)+"\n"), 0o600); err != nil {
		return err
	}
	return publish(part, SumFile(name))
}

func sumOf(file string) (sum string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

// verifySum returns an error for a backup that is not what was written. One without a SumFile beside it is accepted.
func verifySum(file string) error {
	line, err := os.ReadFile(SumFile(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	want, _, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	if b, err := hex.DecodeString(want); err != nil || len(b) != sha256.Size {
		return fmt.Errorf("%s holds no checksum; take it from where the backup was written, or remove it to do without", SumFile(file))
	}
	have, err := sumOf(file)
	if err != nil {
		return err
	}
	if !strings.EqualFold(have, want) {
		return fmt.Errorf("the file was truncated or altered since it was written: its SHA-256 is %s, and %s has %s; use another copy", have, SumFile(file), want)
	}
	return nil
}

// removeDatabase removes a database and the files that SQLite keeps next to it. A journal left behind would be applied to
// the next database of that name.
func removeDatabase(file string) error {
	var errs []error
	for _, suffix := range append([]string{""}, besides...) {
		if err := os.Remove(file + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// besides are the ends of the names of the files that SQLite keeps next to a database.
var besides = []string{"-journal", "-wal", "-shm"}

// noSpace adds to an error for a full disk which disk that is. Other errors stay as they are.
func noSpace(err error, file string) error {
	if code(err)&0xff != lib.SQLITE_FULL && !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return fmt.Errorf("the disk that holds %s is full; free some space and try again: %w", file, err)
}

// publish syncs a written file to disk and renames it to its final name.
func publish(part, file string) error {
	if err := syncPath(part); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return err
	}
	return syncPath(filepath.Dir(file))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
