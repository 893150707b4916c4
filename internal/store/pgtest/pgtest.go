// Package pgtest starts real PostgreSQL servers for tests and makes databases in them. cmd/cluster has one of New.
//
// Database and DatabaseFrom use one server for the whole test binary, started by the first test that asks. Start gives a
// test a server of its own, which it may stop, kill, start again and replicate. The programs are those of the newest PostgreSQL that is
// installed, 15 or later; without one, tests skip, or fail where CI=true. No server outlives the process that started it,
// however that process ends.
//
// Servers differ from a usual installation where this uncovers what takes the usual for granted: text sorts as in English
// (a < B < c), the time zone is that of the Chatham Islands, and databases belong to a role that is no superuser.
// Nothing is synced to disk, so a test is about a server that dies, not about a machine that loses power.
//
// pgtest.go has the databases, server.go the servers.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// role owns the databases. It has no rights beyond them.
const role = "headwater"

var shared = sync.OnceValues(func() (*Server, error) { return New(Options{}) })

// Database returns the URL of a new, empty database on the server of the test binary. The database is dropped when the
// test ends, with whatever is still connected.
func Database(tb testing.TB) string {
	tb.Helper()
	return DatabaseFrom(tb, "", nil)
}

// DatabaseFrom returns the URL of a new database like the one that fill leaves behind. Of each name, fill runs once in a
// test binary, on an empty database; the others are copies, which are made faster than most schemas. fill must have closed its
// connections when it returns. The database is dropped when the test ends.
func DatabaseFrom(tb testing.TB, name string, fill func(url string) error) string {
	tb.Helper()
	s, err := shared()
	require(tb, err)
	database, err := s.create(name, fill)
	require(tb, err)
	tb.Cleanup(func() {
		if err := s.drop(database); err != nil {
			tb.Error(err)
		}
	})
	return s.URL(database)
}

// Installed reports whether there is a PostgreSQL for tests. Where CI=true it is true, so that what needs one fails without.
func Installed() bool {
	_, err := shared()
	return !errors.Is(err, errMissing) || os.Getenv("CI") == "true"
}

// require ends a test that can't have its server: PostgreSQL is missing, or err is another fault.
func require(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case errors.Is(err, errMissing) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
}

// Database returns the URL of a new, empty database. It goes with the server.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.DatabaseFrom(tb, "", nil)
}

// Create makes an empty database and returns its name, for URL. It is for what is no test.
func (s *Server) Create() (name string, err error) { return s.create("", nil) }

// DatabaseFrom is the function of this name for a server of the test's own.
func (s *Server) DatabaseFrom(tb testing.TB, name string, fill func(url string) error) string {
	tb.Helper()
	database, err := s.create(name, fill)
	require(tb, err)
	return s.URL(database)
}

// template is a database that others are copied from.
type template struct {
	once     sync.Once
	database string
	err      error
}

// create makes a database, as a copy of the template with the name unless that is empty, and returns the database's name.
func (s *Server) create(name string, fill func(url string) error) (string, error) {
	from := "template0"
	if name != "" {
		s.mu.Lock()
		t := s.templates[name]
		if t == nil {
			t = &template{}
			s.templates[name] = t
		}
		s.mu.Unlock()
		t.once.Do(func() {
			if t.database, t.err = s.create("", nil); t.err != nil {
				return
			}
			t.err = fmt.Errorf("template %s: fill ended its test", name) // holds if it does not return
			if t.err = fill(s.URL(t.database)); t.err != nil {
				t.err = fmt.Errorf("template %s: %w", name, t.err)
				return
			}
			// A database that somebody is connected to can't be copied.
			t.err = s.Exec(`ALTER DATABASE ` + t.database + ` ALLOW_CONNECTIONS false`)
		})
		if t.err != nil {
			return "", t.err
		}
		from = t.database
	}
	return s.copyOf(from)
}

// copyOf makes a database like another, to which nobody is connected.
func (s *Server) copyOf(from string) (string, error) {
	database := fmt.Sprintf("test%d", s.databases.Add(1))
	return database, s.Exec(`CREATE DATABASE ` + database + ` TEMPLATE ` + from + ` OWNER ` + role)
}

func (s *Server) drop(database string) error {
	return s.Exec(`DROP DATABASE ` + database + ` WITH (FORCE)`)
}

// Exec runs statements one by one as the superuser, in the database postgres.
func (s *Server) Exec(statements ...string) error {
	db, err := sql.Open("pgx", s.AdminURL("postgres"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", statement, err), db.Close())
		}
	}
	return db.Close()
}
