package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// A schema can be taken back to an earlier one, so that the program that knows only that one opens the database with all that was stored
// since. Each migration has the way back in its section "+goose Down". Only what the earlier schema has no place for goes.

// oldestDowngrade is the schema down to which Downgrade goes. The ways back from later ones remove tables and nothing else, which
// lostBy reads. Some of those below move rows, or remove what access depends on.
const oldestDowngrade = 46

// Lost is a table that a downgrade removes.
type Lost struct {
	Table string
	Rows  int
}

// KnownSchema is the schema that this program gives each database.
func KnownSchema() (int64, error) {
	_, files := sqliteEngine{}.schema()
	return knownVersion(files)
}

// LostByDowngrade returns the tables with rows that Downgrade removes, by name.
func (db *DB) LostByDowngrade(ctx context.Context, to int64) ([]Lost, error) {
	if err := db.checkDowngrade(ctx, to); err != nil {
		return nil, err
	}
	_, files := db.engine.schema()
	tables, err := lostBy(files, to)
	if err != nil {
		return nil, err
	}
	var lost []Lost
	for _, table := range tables {
		n, err := db.number(ctx, "rows of "+table, `SELECT count(*) FROM `+table)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			lost = append(lost, Lost{table, int(n)})
		}
	}
	return lost, nil
}

// Downgrade takes the schema back to an earlier one. The database must be closed then. Interrupted, it leaves the schema at one of those
// between, and can be called again. It changes nothing, and says why, where other processes work on the database, or where there is no such
// schema.
func (db *DB) Downgrade(ctx context.Context, to int64) error {
	if err := db.checkDowngrade(ctx, to); err != nil {
		return err
	}
	nodes, err := db.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.ID != db.Node() && n.Works() {
			return fmt.Errorf("node %s on %s works on %s; stop all nodes first", n.ID, n.Host, db.engine)
		}
	}
	p, err := db.migrator()
	if err != nil {
		return err
	}
	if _, err := p.DownTo(ctx, to); err != nil {
		return fmt.Errorf("take the schema in %s back to %d: %w", db.engine, to, err)
	}
	return nil
}

func (db *DB) checkDowngrade(ctx context.Context, to int64) error {
	if db.writer == nil {
		return errors.New("a database that is opened for reading only keeps its schema")
	}
	have, _, err := db.versions(ctx, db.writer)
	if err != nil {
		return err
	}
	if to < oldestDowngrade || to >= have {
		return fmt.Errorf("%s has schema %d, and can be taken back to %d at the least; for an older program, restore a backup of its time", db.engine, have, oldestDowngrade)
	}
	return nil
}

var droppedTable = regexp.MustCompile(`(?m)^DROP TABLE (\w+);$`)

// lostBy returns the tables that the ways back to a version remove, by name.
func lostBy(files fs.FS, to int64) (tables []string, err error) {
	names, err := migrationsAfter(files, to)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		_, down, _ := strings.Cut(string(text), "-- +goose Down")
		for _, found := range droppedTable.FindAllStringSubmatch(down, -1) {
			tables = append(tables, found[1])
		}
	}
	slices.Sort(tables)
	return tables, nil
}
