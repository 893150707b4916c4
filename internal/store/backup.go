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

// Backup writes a copy of the database as it stands to a new file. Polling may go on meanwhile. The file appears under
// its name only when it is whole.
func (db *DB) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("backup: %s exists already; name a new file", file), err)
	}
	if err := db.backup(ctx, file); err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

// backup has a connection of its own: VACUUM INTO does not run on one that may only query.
func (db *DB) backup(ctx context.Context, file string) (err error) {
	source, err := sql.Open("sqlite", dsn(db.path(), url.Values{"mode": {"ro"}, "_busy_timeout": {"10000"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return copyInto(ctx, source, file)
}

// copyInto vacuums into file by way of a file beside it.
func copyInto(ctx context.Context, from *sql.DB, file string) error {
	part := file + ".part"
	if err := removeDatabase(part); err != nil {
		return err
	}
	if err := createPrivate(part); err != nil {
		return err
	}
	if _, err := from.ExecContext(ctx, vacuumSQL, part); err != nil {
		return errors.Join(noSpace(contextError(ctx, err), file), removeDatabase(part))
	}
	return publish(part, file)
}

// removeDatabase removes a database with all that SQLite keeps beside it: a journal would be played back into the next one.
func removeDatabase(file string) error {
	var errs []error
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(file + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// noSpace says which disk is full where that is what happened.
func noSpace(err error, file string) error {
	if code(err)&0xff != lib.SQLITE_FULL {
		return err
	}
	return fmt.Errorf("the disk that holds %s is full; free some space and try again: %w", file, err)
}

// publish gives a file that is written its name, durably.
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

// restoring is a file that stands in a data folder from the beginning of a restore until Restored, or until the folder is
// opened for anything else. What else stands there then is the restore's, which may begin again.
const restoring = "headwater.restoring"

// Restore puts a backup into a folder that is empty or does not exist yet, or in which a restore was interrupted. The backup
// is checked first and stays as it is. Others are patterns of the files that the caller makes beside the database until it
// calls Restored.
func Restore(ctx context.Context, file, dir string, others ...string) error {
	if err := restore(ctx, file, dir, others); err != nil {
		return fmt.Errorf("restore %s into %s: %w", file, dir, err)
	}
	return nil
}

// Restored says that a restore has ended: from now on what the folder holds stays.
func Restored(dir string) error {
	err := os.Remove(filepath.Join(dir, restoring))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncPath(dir))
}

// clearRestored removes what an interrupted restore left.
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

// isEmpty lets the lock and the remains of an interrupted restore stand.
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

// openBackup opens a file for reading and checks that it is a headwater database that this program knows.
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

// backupParams let a file be read where nothing can be written beside it, unless a WAL there holds the newest part.
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
	have, known, err := versions(ctx, db)
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
	return errors.Join(quickCheck(ctx, t), rollback(t))
}
