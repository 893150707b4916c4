package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// engines says on which engine the tests of this binary run now.
var engines struct {
	mu        sync.Mutex
	postgres  bool
	databases map[string]string // names, by data folder
	files     map[string][]byte // what For begins a folder with on SQLite, by name
	onSQLite  map[string]bool   // the tests that had a store on SQLite, by name
}

// BothEngines runs the tests of a binary on SQLite and then on PostgreSQL, and returns the exit status. It is for TestMain.
// With -short, a test that had a store on SQLite is skipped on PostgreSQL as soon as it asks for one.
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
// database until the folder is removed. create makes a store of the newest schema in a folder, in a database that is empty, or
// in the folder where the URL is "". It is called once for each engine: each database begins as a copy, and so does what a folder
// that exists and is empty has on SQLite.
func For(tb testing.TB, dir string, create func(dir, url string) error) string {
	tb.Helper()
	if !OnPostgreSQL() {
		noteOnSQLite(tb)
		require(tb, fill(dir, create))
		return ""
	}
	if testing.Short() && wasOnSQLite(tb) {
		tb.Skip("ran on SQLite: -short runs a test on one engine")
	}
	return belonging(tb, dir, func(s *Server) (string, error) {
		return s.create("newest schema", func(url string) error {
			tmp, err := os.MkdirTemp("", "headwater-schema")
			if err != nil {
				return err
			}
			return errors.Join(create(tmp, url), os.RemoveAll(tmp))
		})
	})
}

// noteOnSQLite notes that a test has a store on SQLite. Its subtests count as the test.
func noteOnSQLite(tb testing.TB) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if engines.onSQLite == nil {
		engines.onSQLite = map[string]bool{}
	}
	engines.onSQLite[testOf(tb)] = true
}

func wasOnSQLite(tb testing.TB) bool {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	return engines.onSQLite[testOf(tb)]
}

// testOf returns the name of a test, also of its subtests.
func testOf(tb testing.TB) string {
	name, _, _ := strings.Cut(tb.Name(), "/")
	return name
}

// fill writes the files of a new store on SQLite into a folder that is empty.
func fill(dir string, create func(dir, url string) error) error {
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return nil // the test makes the folder, or has a reason for one that can't be read
	}
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if engines.files == nil {
		files, err := created(create)
		if err != nil {
			return err
		}
		engines.files = files
	}
	for name, content := range engines.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// created returns the files of a new store on SQLite, by name.
func created(create func(dir, url string) error) (files map[string][]byte, err error) {
	tmp, err := os.MkdirTemp("", "headwater-schema")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := create(tmp, ""); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return nil, err
	}
	files = map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(tmp, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
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
