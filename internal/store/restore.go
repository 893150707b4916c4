package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	lib "modernc.org/sqlite/lib"
)

// RestoreOptions are the options of Restore. The zero value works.
type RestoreOptions struct {
	// Database is the address of a PostgreSQL database. "" means SQLite, in the data folder.
	Database string
	// Force replaces what a headwater database holds. Without it, the database or the folder has to be empty.
	Force bool
	// KeyFile and ForgetSecrets are those of Options. A backup that needs another key is refused before anything is changed.
	KeyFile       string
	ForgetSecrets bool
	// Others are patterns of the files that the caller makes of the database in the data folder. They are removed.
	Others []string
	// Logger gets a warning where something could not be stored as it is. Nil logs nothing.
	Logger *slog.Logger
}

// Restore puts a backup into a data folder, or into a database of PostgreSQL. It checks the backup first and leaves it
// unchanged. If it fails, an existing database is as it was.
//
// A new folder belongs to the restore until Restored is called, and an interrupted restore may start again. A database of
// PostgreSQL gets everything in one transaction.
func Restore(ctx context.Context, file, dir string, o RestoreOptions) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	place := dir
	var e *postgresEngine
	if o.Database != "" {
		var err error
		if e, err = newPostgres(o.Database); err != nil {
			return err
		}
		place = e.String()
	}
	if err := restore(ctx, file, dir, e, o); err != nil {
		if e != nil {
			err = explain(e, err)
		}
		return fmt.Errorf("restore %s into %s: %w", file, place, err)
	}
	return nil
}

// restore restores into PostgreSQL, or into the data folder if the engine is nil.
func restore(ctx context.Context, file, dir string, e *postgresEngine, o RestoreOptions) (err error) {
	if err := verifySum(file); err != nil {
		return err
	}
	source, err := openBackup(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := o.checkKey(ctx, source); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if e != nil {
		return restorePostgres(ctx, source, dir, e, o)
	}
	if err := clearRestored(dir, o.Others); err != nil {
		return err
	}
	if err := isEmpty(dir); err != nil {
		if !o.Force {
			return err
		}
		return replace(ctx, source, dir, o.Others)
	}
	if err := createPrivate(filepath.Join(dir, restoring)); err != nil {
		return err
	}
	if err := syncPath(dir); err != nil {
		return err
	}
	part := filepath.Join(dir, File+".part")
	if err := copyInto(ctx, source, part); err != nil {
		return err
	}
	return publish(part, filepath.Join(dir, File))
}

// checkKey returns an error where the secrets in a backup can't be decrypted.
func (o RestoreOptions) checkKey(ctx context.Context, source *sql.DB) error {
	id, err := storedKeyID(ctx, source.QueryContext)
	if err != nil {
		return err
	}
	if _, err = readKey("the backup", id, o.KeyFile); o.ForgetSecrets && isLost(err, o.KeyFile) {
		return nil // Open forgets them
	}
	return err
}

// copyInto vacuums into a new file.
func copyInto(ctx context.Context, from *sql.DB, file string) error {
	if err := removeDatabase(file); err != nil {
		return err
	}
	if err := createPrivate(file); err != nil {
		return err
	}
	if _, err := from.ExecContext(ctx, vacuumSQL, file); err != nil {
		return errors.Join(noSpace(err, file), removeDatabase(file))
	}
	return nil
}

// replace puts a backup in the place of the database of a folder.
func replace(ctx context.Context, source *sql.DB, dir string, others []string) error {
	path := filepath.Join(dir, File)
	if err := isOurs(ctx, path); err != nil {
		return err
	}
	part := path + ".part"
	if err := copyInto(ctx, source, part); err != nil {
		return err
	}
	// The WAL of the old database would be applied to the new one.
	if err := endWAL(ctx, path); err != nil {
		return errors.Join(err, removeDatabase(part))
	}
	if err := publish(part, path); err != nil {
		return err
	}
	return removeMatching(dir, others)
}

// isOurs returns an error for a file that is no headwater database. A damaged one is told by its header.
func isOurs(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(path, readOnlyParams))
	if err != nil {
		return err
	}
	err = sqliteEngine{file: path}.checkOwner(ctx, db)
	if err = errors.Join(err, db.Close()); code(err)&0xff != lib.SQLITE_CORRUPT {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	header := make([]byte, 72) // the application id ends there
	_, err = io.ReadFull(f, header)
	if err := errors.Join(err, f.Close()); err != nil || binary.BigEndian.Uint32(header[68:]) != applicationID {
		return errors.Join(fmt.Errorf("%s is no headwater database; move it away or choose another folder", path), err)
	}
	return nil
}

// endWAL moves what is in the WAL of a database into the database, so that a file can take its place. Of a damaged database the WAL
// is removed.
func endWAL(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"rw"}, "_busy_timeout": {"10000"}}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `PRAGMA journal_mode = DELETE`)
	err = errors.Join(err, db.Close())
	if err != nil && code(err)&0xff != lib.SQLITE_CORRUPT {
		return err
	}
	for _, suffix := range besides {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// restorePostgres restores into a database of PostgreSQL.
func restorePostgres(ctx context.Context, source *sql.DB, dir string, e *postgresEngine, o RestoreOptions) (err error) {
	source, remove, err := newestSchema(ctx, source, dir, o.Logger)
	defer func() { err = errors.Join(err, remove()) }()
	if err != nil {
		return err
	}
	from, err := source.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() {
		if e := from.Rollback(); !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
	}()
	target := &DB{dir: dir, engine: e, log: o.Logger}
	if target.writer, err = e.openWriter(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.writer.Close()) }()
	if err := target.migrate(ctx); err != nil {
		return err
	}
	target.writer.SetMaxOpenConns(1)
	target.writer.SetMaxIdleConns(1)
	conn, err := target.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := e.waitForOthers(ctx, conn); err != nil {
		return err
	}
	shortened, err := e.copyFrom(ctx, from, conn, o.Force)
	if err != nil {
		return target.contextError(ctx, err)
	}
	if shortened > 0 {
		o.Logger.Warn("some texts were too long for an index of PostgreSQL, or not UTF-8, and are shortened", "texts", shortened)
	}
	return removeMatching(dir, o.Others)
}

// othersLeave is how long connections may take to end that are being closed.
const othersLeave = 5 * time.Second

// waitForOthers returns an error while other processes of headwater use the database.
func (e *postgresEngine) waitForOthers(ctx context.Context, conn *sql.Conn) error {
	for began := time.Now(); ; {
		var others int
		if err := conn.QueryRowContext(ctx, othersSQL).Scan(&others); err != nil || others == 0 {
			return err
		}
		if time.Since(began) > othersLeave {
			return fmt.Errorf("%s is used by other processes of headwater (%d connections); stop them first", e, others)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// newestSchema returns a backup with the newest schema: the given one, or a copy of it in the data folder that is brought up to
// date. remove closes and removes the copy.
func newestSchema(ctx context.Context, source *sql.DB, dir string, log *slog.Logger) (newest *sql.DB, remove func() error, err error) {
	remove = func() error { return nil }
	have, known, err := versionsOf(ctx, sqliteEngine{}, source)
	if err != nil || have == known {
		return source, remove, err
	}
	part := filepath.Join(dir, File+".part")
	remove = func() error { return removeDatabase(part) }
	if err := copyInto(ctx, source, part); err != nil {
		return nil, remove, err
	}
	migrated := &DB{engine: sqliteEngine{file: part}, log: log}
	if migrated.writer, err = migrated.engine.openWriter(ctx); err != nil {
		return nil, remove, err
	}
	remove = func() error { return errors.Join(migrated.writer.Close(), removeDatabase(part)) }
	return migrated.writer, remove, migrated.migrate(ctx)
}

// restoring names a marker file in a data folder. It exists from the beginning of a restore until Restored, or until the
// folder is opened for anything else. While it exists, everything else in the folder belongs to the restore, which may
// start again from the beginning.
const restoring = "headwater.restoring"

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
	return removeMatching(dir, others)
}

// removeMatching removes the entries of a folder whose names match one of the patterns.
func removeMatching(dir string, patterns []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, pattern := range patterns {
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

// isEmpty returns an error unless the folder is empty. It ignores the lock file and the remains of an interrupted
// restore.
func isEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	part := File + ".part"
	mine := []string{lockFile, restoring, part}
	for _, suffix := range besides {
		mine = append(mine, part+suffix)
	}
	for _, e := range entries {
		if !slices.Contains(mine, e.Name()) {
			return fmt.Errorf("the folder is not empty (%s is there); choose an empty one, or replace the database in it with --force", e.Name())
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
	err = checkBackup(ctx, db)
	if code(err)&0xff == lib.SQLITE_CORRUPT {
		err = fmt.Errorf("the file is damaged or truncated; use another copy: %w", err)
	}
	if err != nil {
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
