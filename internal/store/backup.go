package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	lib "modernc.org/sqlite/lib"
)

const vacuumSQL = `VACUUM INTO ?`

// Backup writes a copy of the database, from one snapshot, to a new file. Polling may go on meanwhile. The file gets its
// name only when it is complete.
func (db *DB) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("backup: %s exists already; name a new file", file), err)
	}
	if err := db.backup(ctx, file); err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

// backup opens a connection of its own, since VACUUM INTO does not run on a connection that may only query.
func (db *DB) backup(ctx context.Context, file string) (err error) {
	source, err := sql.Open("sqlite", dsn(filepath.Join(db.dir, File), url.Values{"mode": {"ro"}, "_busy_timeout": {"10000"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return copyInto(ctx, source, file)
}

// copyInto vacuums into a temporary file next to file, and then renames that.
func copyInto(ctx context.Context, from *sql.DB, file string) error {
	part := file + ".part"
	if err := removeDatabase(part); err != nil {
		return err
	}
	if err := createPrivate(part); err != nil {
		return err
	}
	if _, err := from.ExecContext(ctx, vacuumSQL, part); err != nil {
		return errors.Join(noSpace(err, file), removeDatabase(part))
	}
	return publish(part, file)
}

// removeDatabase removes a database and the files that SQLite keeps next to it. A journal left behind would be applied to
// the next database of that name.
func removeDatabase(file string) error {
	var errs []error
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(file + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// noSpace adds to an error for a full disk which disk that is. Other errors stay as they are.
func noSpace(err error, file string) error {
	if code(err)&0xff != lib.SQLITE_FULL {
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

// restoring names a marker file in a data folder. It exists from the beginning of a restore until Restored, or until the
// folder is opened for anything else. While it exists, everything else in the folder belongs to the restore, which may
// start again from the beginning.
const restoring = "headwater.restoring"

// Restore copies a backup into a folder that is empty, does not exist, or holds an interrupted restore. It checks the
// backup first and leaves it unchanged. Others are patterns of the files that the caller creates next to the database
// before it calls Restored.
func Restore(ctx context.Context, file, dir string, others ...string) error {
	if err := restore(ctx, file, dir, others); err != nil {
		return fmt.Errorf("restore %s into %s: %w", file, dir, err)
	}
	return nil
}

// Restored ends a restore. From now on the contents of the folder are kept.
func Restored(dir string) error {
	err := os.Remove(filepath.Join(dir, restoring))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncPath(dir))
}

// clearRestored removes what an interrupted restore left behind.
func clearRestored(dir string, others []string) error {
	if _, err := os.Stat(filepath.Join(dir, restoring)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := errors.Join(removeDatabase(filepath.Join(dir, File)), removeDatabase(filepath.Join(dir, File+".part"))); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, pattern := range others {
			if ok, err := filepath.Match(pattern, e.Name()); err != nil {
				return err
			} else if !ok {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func restore(ctx context.Context, file, dir string, others []string) (err error) {
	source, err := openBackup(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := clearRestored(dir, others); err != nil {
		return err
	}
	if err := isEmpty(dir); err != nil {
		return err
	}
	if err := createPrivate(filepath.Join(dir, restoring)); err != nil {
		return err
	}
	if err := syncPath(dir); err != nil {
		return err
	}
	return copyInto(ctx, source, filepath.Join(dir, File))
}

// isEmpty returns an error unless the folder is empty. It ignores the lock file and the remains of an interrupted
// restore.
func isEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	part := File + ".part"
	mine := []string{lockFile, restoring, part, part + "-journal", part + "-wal", part + "-shm"}
	for _, e := range entries {
		if !slices.Contains(mine, e.Name()) {
			return fmt.Errorf("the folder is not empty (%s is there); choose an empty one", e.Name())
		}
	}
	return nil
}

// openBackup opens a file for reading. It checks that the file is a headwater database with a schema that this program
// knows.
func openBackup(ctx context.Context, file string) (*sql.DB, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("not a file; name the file that a backup made")
	}
	db, err := sql.Open("sqlite", dsn(abs, backupParams(abs)))
	if err != nil {
		return nil, err
	}
	if err := checkBackup(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// backupParams returns connection parameters that read the file even in a folder that is not writable. With a WAL next to
// the file they differ, since the WAL holds the newest changes and has to be read too.
func backupParams(path string) url.Values {
	p := url.Values{"mode": {"ro"}, "_dqs": {"0"}, "_busy_timeout": {"10000"}}
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		p.Set("immutable", "1")
	}
	return p
}

func checkBackup(ctx context.Context, db *sql.DB) error {
	var id, tables int64
	err := db.QueryRowContext(ctx, ownerSQL).Scan(&id, &tables)
	if err != nil || id != applicationID {
		return errors.Join(errors.New("not a headwater backup; name a file that a backup made"), err)
	}
	have, known, err := versionsOf(ctx, sqliteEngine{}, db)
	if err != nil {
		return err
	}
	if have > known {
		return newerSchema("the backup", have, known)
	}
	t, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(sqliteEngine{}.quickCheck(ctx, t), t.Rollback())
}
