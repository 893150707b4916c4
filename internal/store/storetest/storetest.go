// Package storetest opens stores for the tests of other packages, on the engine that the tests run on (pgtest.BothEngines).
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// Open opens the store of a data folder. The caller closes it. A folder that is opened again has its database again.
func Open(tb testing.TB, dir string) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), dir, store.Options{Database: Database(tb, dir)})
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// Database returns the address of the database that belongs to a data folder, "" while tests run on SQLite.
func Database(tb testing.TB, dir string) string {
	tb.Helper()
	return pgtest.For(tb, dir, func(dir, url string) error {
		db, err := store.Open(context.Background(), dir, store.Options{Database: url})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

// Exec runs a statement beside the store of a data folder, if that is open, and returns how many rows it changed. Arguments
// stand for ? in the statement.
func Exec(tb testing.TB, dir, statement string, args ...any) int64 {
	tb.Helper()
	driver, source := "sqlite", filepath.Join(dir, store.File)+"?_pragma=busy_timeout(5000)"
	if url := Database(tb, dir); url != "" {
		driver, source = "pgx", url
		for i := range args {
			statement = strings.Replace(statement, "?", "$"+strconv.Itoa(i+1), 1)
		}
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	var n int64
	result, err := db.ExecContext(tb.Context(), statement, args...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	if err := errors.Join(err, db.Close()); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
	return n
}

// Copy makes the database of a folder a copy of that of another. Neither may be open.
func Copy(tb testing.TB, from, to string) {
	tb.Helper()
	if pgtest.OnPostgreSQL() {
		pgtest.Copy(tb, from, to)
		return
	}
	file, err := os.ReadFile(filepath.Join(from, store.File))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, store.File), file, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
