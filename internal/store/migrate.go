package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// migrate updates the schema. It refuses a database of another program, or one that is newer than this program. On
// PostgreSQL one process migrates at a time.
func (db *DB) migrate(ctx context.Context) error {
	if err := db.engine.checkOwner(ctx, db.writer); err != nil {
		return err
	}
	have, known, err := db.versions(ctx, db.writer)
	if err != nil {
		return err
	}
	if have > known {
		return newerSchema(db.engine.String(), have, known)
	}
	p, err := db.migrator()
	if err != nil {
		return err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring the schema in %s up to date: %w", db.engine, err)
	}
	for _, m := range done {
		db.log.Debug("schema brought up to date", "database", db.engine.String(), "version", m.Source.Version)
	}
	return db.engine.migrated(ctx, db.writer)
}

// migrator moves the schema up and down.
func (db *DB) migrator() (*goose.Provider, error) {
	dialect, files := db.engine.schema()
	p, err := goose.NewProvider(dialect, db.writer, files, db.engine.migrateOptions()...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// subFolder returns a folder of the embedded migrations.
func subFolder(files fs.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name of an embedded folder is a constant
	}
	return sub
}

// knownVersion returns the newest schema version that this program knows.
func knownVersion(files fs.FS) (int64, error) {
	names, err := migrationsAfter(files, 0)
	if err != nil {
		return 0, err
	}
	var v int64
	for n := range names {
		v = max(v, n)
	}
	return v, nil
}

// migrationsAfter returns the names of the migrations after a schema version, by theirs.
func migrationsAfter(files fs.FS, version int64) (map[int64]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	after := map[int64]string{}
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		if n > version {
			after[n] = name
		}
	}
	return after, nil
}

func newerSchema(place string, have, known int64) error {
	return fmt.Errorf("%s was written by a newer headwater (schema %d, this program knows up to %d); use that version or newer",
		place, have, known)
}

// ErrEmpty is returned where a database is opened for reading only, and nothing is there yet.
var ErrEmpty = errors.New("nothing is stored yet; `headwater poll` or `headwater serve` starts it")

const versionSQL = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// versions returns the schema version of the database, 0 for an empty one, and the newest that this program knows.
func (db *DB) versions(ctx context.Context, q *sql.DB) (have, known int64, err error) {
	return versionsOf(ctx, db.engine, q)
}

func versionsOf(ctx context.Context, e engine, q *sql.DB) (have, known int64, err error) {
	_, files := e.schema()
	if known, err = knownVersion(files); err != nil {
		return 0, 0, err
	}
	versioned, err := e.versioned(ctx, q)
	if err != nil || !versioned {
		return 0, known, err
	}
	err = q.QueryRowContext(ctx, versionSQL).Scan(&have)
	return have, known, err
}

// checkVersion refuses a schema that is not exactly the program's.
func (db *DB) checkVersion(ctx context.Context) error {
	have, known, err := db.versions(ctx, db.reader)
	if err != nil {
		return fmt.Errorf("open %s: %w", db.engine, err)
	}
	if have > known {
		return newerSchema(db.engine.String(), have, known)
	}
	if have == 0 {
		if err := db.engine.checkOwner(ctx, db.reader); err != nil {
			return err
		}
		return fmt.Errorf("%s: %w", db.engine, ErrEmpty)
	}
	if have < known {
		return fmt.Errorf("%s was written by an older headwater (schema %d, this program needs %d); serve or poll once to bring it up to date",
			db.engine, have, known)
	}
	return nil
}
