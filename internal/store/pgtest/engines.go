package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// engines says on which engine the tests of this binary run now.
var engines struct {
	mu        sync.Mutex
	postgres  bool
	databases map[string]string // by data folder
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
// database as long as the test that asked first runs. migrate brings an empty database to the newest schema.
func For(tb testing.TB, dir string, migrate func(url string) error) string {
	tb.Helper()
	if !OnPostgreSQL() {
		return ""
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		tb.Fatal(err)
	}
	engines.mu.Lock()
	url, ok := engines.databases[dir]
	engines.mu.Unlock()
	if ok {
		return url
	}
	url = DatabaseFrom(tb, "newest schema", migrate)
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if engines.databases == nil {
		engines.databases = map[string]string{}
	}
	engines.databases[dir] = url
	tb.Cleanup(func() {
		engines.mu.Lock()
		defer engines.mu.Unlock()
		delete(engines.databases, dir)
	})
	return url
}
