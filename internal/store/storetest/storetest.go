// Package storetest opens stores for the tests of other packages, on the engine that the tests run on (pgtest.BothEngines).
package storetest

import (
	"context"
	"errors"
	"os"
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
	return pgtest.For(tb, dir, func(url string) error {
		tmp, err := os.MkdirTemp("", "headwater-schema")
		if err != nil {
			return err
		}
		db, err := store.Open(context.Background(), tmp, store.Options{Database: url})
		if err == nil {
			err = db.Close()
		}
		return errors.Join(err, os.RemoveAll(tmp))
	})
}
