package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate updates the schema. It refuses a database of another program, or one that is newer than this program.
func (db *DB) migrate(ctx context.Context) error {
	if err := db.checkOwner(ctx); err != nil {
		return err
	}
	have, known, err := versions(ctx, db.writer)
	if err != nil {
		return err
	}
	if have > known {
		return newerSchema("data folder "+db.dir, have, known)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.writer, sub)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring the schema in data folder %s up to date: %w", db.dir, err)
	}
	for _, m := range done {
		db.log.Debug("schema brought up to date", "folder", db.dir, "version", m.Source.Version)
	}
	return nil
}

// knownVersion returns the newest schema version that this program knows.
func knownVersion() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	var v int64
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		v = max(v, n)
	}
	return v, nil
}

func newerSchema(place string, have, known int64) error {
	return fmt.Errorf("%s was written by a newer headwater (schema %d, this program knows up to %d); use that version or newer",
		place, have, known)
}

// checkOwner accepts a new file and a headwater database, and refuses anything else.
func (db *DB) checkOwner(ctx context.Context) error {
	var id, tables int64
	if err := db.writer.QueryRowContext(ctx, ownerSQL).Scan(&id, &tables); err != nil {
		return fmt.Errorf("open %s: %w", db.path(), err)
	}
	if tables > 0 && id != applicationID {
		return fmt.Errorf("%s is a database of another program; move it away or choose another folder", db.path())
	}
	return nil
}

const (
	versionedSQL = `SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'`
	versionSQL   = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`
)

// versions returns the schema version of the database and the newest one that this program knows.
func versions(ctx context.Context, q *sql.DB) (have, known int64, err error) {
	if known, err = knownVersion(); err != nil {
		return 0, 0, err
	}
	have, err = schemaVersion(ctx, q)
	return have, known, err
}

// schemaVersion returns the number of the last migration that was applied, 0 for an empty database.
func schemaVersion(ctx context.Context, q *sql.DB) (v int64, err error) {
	if err := q.QueryRowContext(ctx, versionedSQL).Scan(&v); err != nil || v == 0 {
		return 0, err
	}
	err = q.QueryRowContext(ctx, versionSQL).Scan(&v)
	return v, err
}

// checkVersion refuses a schema that is not exactly the program's.
func (db *DB) checkVersion(ctx context.Context) error {
	have, known, err := versions(ctx, db.reader)
	if err != nil {
		return fmt.Errorf("open %s: %w", db.path(), err)
	}
	if have > known {
		return newerSchema("data folder "+db.dir, have, known)
	}
	if have < known {
		return fmt.Errorf("data folder %s was written by an older headwater (schema %d, this program needs %d); serve or poll once to bring it up to date",
			db.dir, have, known)
	}
	return nil
}
