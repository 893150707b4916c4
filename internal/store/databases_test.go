package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"headwater/internal/store/pgtest"
)

// TestDatabasesThatDoNotServe opens databases of PostgreSQL that can't be used, and restores into them. Each says why, without
// its password, and is left as it is.
func TestDatabasesThatDoNotServe(t *testing.T) {
	sqliteOnly(t) // once is enough
	s := pgtest.Start(t, pgtest.Options{})
	backup := backedUp(t, newsroom(t, 2))
	statements := func(address string, all ...string) string {
		for _, statement := range all {
			executeAt(t, address, statement)
		}
		return address
	}
	as := func(address, user string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, "pa55word")
		return u.String()
	}
	used := func(address string) string {
		if err := Restore(t.Context(), backup, t.TempDir(), RestoreOptions{Database: address}); err != nil {
			t.Fatal(err)
		}
		return address
	}
	if err := s.Exec(`CREATE ROLE stranger LOGIN`, `CREATE DATABASE ascii TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C' LOCALE_PROVIDER libc`); err != nil {
		t.Fatal(err)
	}
	readOnly := used(s.Database(t))
	replica := s.Replica(t, pgtest.Options{})
	name := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(u.Path, "/")
	}
	for _, tt := range []struct {
		name, address string
		says          []string
	}{
		{"another program's", statements(s.Database(t), `CREATE TABLE bookmarks (id integer)`), []string{"tables of another program", "name an empty database"}},
		{
			"another program's, with goose", statements(s.Database(t), `CREATE TABLE goose_db_version (id integer, version_id bigint, is_applied boolean)`, `CREATE TABLE bookmarks (id integer)`),
			[]string{"tables of another program", "name an empty database"},
		},
		{
			"newer", statements(used(s.Database(t)), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)`),
			[]string{"newer headwater", "schema 900"},
		},
		{"of another encoding", s.URL("ascii"), []string{"has the encoding SQL_ASCII", "encoding UTF8"}},
		{"a replica", replica.URL(name(readOnly)), []string{"is a replica that takes no changes", "name the primary server"}},
		{"read-only", statements(readOnly, `ALTER ROLE CURRENT_USER IN DATABASE `+name(readOnly)+` SET default_transaction_read_only = on`), []string{"takes no changes"}},
		{"without rights", as(s.Database(t), "stranger"), []string{"lacks a right", "own the database"}},
		{"without rights on its tables", as(readOnly, "stranger"), []string{"lacks a right"}},
		{"of an unknown user", as(s.Database(t), "nobody"), []string{"refuses this user or password"}},
		{"not there", s.URL("missing"), []string{"database missing", "does not exist", "createdb missing"}},
		{"not running", "postgres://headwater:pa55word@127.0.0.1:1/news?sslmode=disable", []string{"database news on 127.0.0.1", "cannot be reached"}},
		{"no address", "postgres://headwater:pa55word@127.0.0.1:port/news", []string{"it looks like postgres://"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(t.Context(), t.TempDir(), Options{Database: tt.address})
			saysAll(t, err, tt.says...)
			into := Restore(t.Context(), backup, filepath.Join(t.TempDir(), "new"), RestoreOptions{Database: tt.address, Force: true})
			saysAll(t, into, tt.says...)
			if both := fmt.Sprint(err, into); strings.Contains(both, "pa55word") {
				t.Errorf("it shows the password: %s", both)
			}
		})
	}
}

// executeAt runs a statement in a database of PostgreSQL.
func executeAt(t *testing.T, address, statement string) {
	t.Helper()
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = raw.ExecContext(t.Context(), statement)
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}
