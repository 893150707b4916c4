package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// engines says on which engine the tests of this binary run now.
var engines struct {
	mu        sync.Mutex
	postgres  bool
	databases map[string]string // names, by data folder
}

// BothEngines runs the tests of a binary on SQLite and then on PostgreSQL, and returns the exit status. It is for TestMain.
// Where PostgreSQL is not installed, the second run is left out, or fails where CI=true.
func BothEngines(m *testing.M) int {
	if status := m.Run(); status != 0 {
		return status
	}
	if _, err := shared(); err != nil {
		fmt.Fprintf(os.Stderr, "not run on PostgreSQL: %v\n", err)
		if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
			return 0
		}
		return 1
	}
	engines.mu.Lock()
	engines.postgres = true
	engines.mu.Unlock()
	return m.Run()
}

// OnPostgreSQL reports whether the tests run on PostgreSQL now. A test of what only SQLite does skips itself then.
func OnPostgreSQL() bool {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	return engines.postgres
}

// For returns the URL of the database that belongs to a data folder, "" while tests run on SQLite. A folder has the same
// database until the folder is removed. migrate brings an empty database to the newest schema.
func For(tb testing.TB, dir string, migrate func(url string) error) string {
	tb.Helper()
	if !OnPostgreSQL() {
		return ""
	}
	return belonging(tb, dir, func(s *Server) (string, error) { return s.create("newest schema", migrate) })
}

// Copy gives a data folder that has no database one like that of another folder, to which nobody may be connected.
func Copy(tb testing.TB, from, to string) {
	tb.Helper()
	engines.mu.Lock()
	original := engines.databases[from]
	engines.mu.Unlock()
	if original == "" {
		tb.Fatalf("%s has no database", from)
	}
	belonging(tb, to, func(s *Server) (string, error) { return s.copyOf(original) })
}

// belonging returns the URL of the database of a folder, which it makes where there is none. It drops those of removed folders.
func belonging(tb testing.TB, dir string, create func(*Server) (string, error)) string {
	tb.Helper()
	dir, err := filepath.Abs(dir)
	require(tb, err)
	s, err := shared()
	require(tb, err)
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if database, ok := engines.databases[dir]; ok {
		return s.URL(database)
	}
	for other, database := range engines.databases {
		if _, err := os.Stat(other); errors.Is(err, fs.ErrNotExist) {
			require(tb, s.drop(database))
			delete(engines.databases, other)
		}
	}
	database, err := create(s)
	require(tb, err)
	if engines.databases == nil {
		engines.databases = map[string]string{}
	}
	engines.databases[dir] = database
	return s.URL(database)
}
