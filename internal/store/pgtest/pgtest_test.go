package pgtest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// open returns a pool for a URL of this package.
func open(tb testing.TB, url string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func do(tb testing.TB, db *sql.DB, statement string, args ...any) {
	tb.Helper()
	if _, err := db.ExecContext(tb.Context(), statement, args...); err != nil {
		tb.Fatal(err)
	}
}

func count(tb testing.TB, db *sql.DB) (n int) {
	tb.Helper()
	if err := db.QueryRowContext(tb.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

func migrate(url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	_, err = db.Exec(`CREATE TABLE t (v text); INSERT INTO t VALUES ('of the template')`)
	return errors.Join(err, db.Close())
}

func TestDatabase(t *testing.T) {
	for range 20 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			db := open(t, Database(t))
			do(t, db, `CREATE TABLE t (v text)`) // fails where two have one database
			do(t, db, `INSERT INTO t VALUES ('b'), ('B'), ('a')`)
			rows, err := db.QueryContext(t.Context(), `SELECT v FROM t ORDER BY v`)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}()
			var got []string
			for rows.Next() {
				var v string
				if err := rows.Scan(&v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			if want := []string{"a", "b", "B"}; rows.Err() != nil || !slices.Equal(got, want) {
				t.Errorf("sorted %q, want %q as in English; %v", got, want, rows.Err())
			}
		})
	}
}

func TestDatabaseDropped(t *testing.T) {
	var url string
	t.Run("connected", func(t *testing.T) {
		url = Database(t)
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		do(t, db, `SELECT 1`) // leaves the connection open
	})
	if err := open(t, url).PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("the database of a test that has ended: %v", err)
	}
}

func TestDatabaseFrom(t *testing.T) {
	var filled atomic.Int32
	name := fmt.Sprintf("TestDatabaseFrom%d", time.Now().UnixNano()) // another with -count=2
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			db := open(t, DatabaseFrom(t, name, func(url string) error {
				filled.Add(1)
				return migrate(url)
			}))
			do(t, db, `INSERT INTO t VALUES ('of the test')`)
			if n := count(t, db); n != 2 || filled.Load() != 1 {
				t.Errorf("%d rows after %d fills, want 2 after 1", n, filled.Load())
			}
		})
	}
}

// TestNoSuperuser shows that a test fails where the code under test needs rights that operators don't hand out.
func TestNoSuperuser(t *testing.T) {
	db := open(t, Database(t))
	if _, err := db.ExecContext(t.Context(), `ALTER SYSTEM SET work_mem = '8MB'`); err == nil {
		t.Error("the owner of a database may change the server's settings")
	}
}

func TestStopAndStart(t *testing.T) {
	s := Start(t, Options{Host: "127.0.0.1", Settings: []string{"max_connections=20"}})
	url := s.DatabaseFrom(t, "t", migrate)
	db := open(t, url)
	var most string
	if err := db.QueryRowContext(t.Context(), `SHOW max_connections`).Scan(&most); err != nil || most != "20" {
		t.Errorf("max_connections is %s, want that of the test; %v", most, err)
	}
	if err := s.Start(); err == nil {
		t.Error("a server that is running was started")
	}
	for i, end := range []func() error{
		func() error { return s.Stop(false) },
		func() error { return s.Stop(true) },
		s.Kill,
	} {
		if err := db.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		do(t, db, `INSERT INTO t VALUES ('acknowledged')`)
		if err := end(); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if err := db.PingContext(t.Context()); err == nil {
			t.Fatalf("%d: the server answers after its end", i)
		}
		if err := s.Stop(false); err == nil {
			t.Errorf("%d: a server that has ended was stopped", i)
		}
		if err := s.Start(); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if got, want := count(t, open(t, url)), i+2; got != want {
			t.Fatalf("%d: %d rows after the start, want %d", i, got, want)
		}
	}
}

func TestStartFails(t *testing.T) {
	s := Start(t, Options{})
	if err := s.Stop(false); err != nil {
		t.Fatal(err)
	}
	s.options.Settings = []string{"shared_buffers=lots"}
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Errorf("want PostgreSQL's own words, got %v", err)
	}
	s.options.Settings = nil
	if err := s.Start(); err != nil {
		t.Error(err)
	}
}

func TestReplica(t *testing.T) {
	primary := Start(t, Options{})
	url := primary.DatabaseFrom(t, "t", migrate)
	database := url[strings.LastIndex(url, "/test")+1 : strings.Index(url, "?")]
	replica := primary.Replica(t, Options{})
	db, copied := open(t, url), open(t, replica.URL(database))
	do(t, db, `INSERT INTO t VALUES ('followed')`)
	for start := time.Now(); count(t, copied) != 2; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("the replica does not follow:\n%s", replica.Log())
		}
	}
	if _, err := copied.ExecContext(t.Context(), `DELETE FROM t`); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("writing to a replica: %v", err)
	}
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := replica.Promote(); err != nil {
		t.Fatal(err)
	}
	do(t, copied, `INSERT INTO t VALUES ('promoted')`)
	if n := count(t, copied); n != 3 {
		t.Errorf("%d rows on the promoted server, want 3", n)
	}
}

// TestKilledTest kills a test binary, whose server and folder must go as well.
func TestKilledTest(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		s := Start(t, Options{})
		fmt.Println("folder", s.dir)
		select {}
	}
	Database(t) // skips without PostgreSQL
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledTest$")
	child.Env = append(os.Environ(), "PGTEST_CHILD=1")
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for lines := bufio.NewScanner(stdout); dir == "" && lines.Scan(); {
		dir, _ = strings.CutPrefix(lines.Text(), "folder ")
	}
	if err := errors.Join(child.Process.Kill(), stdout.Close()); err != nil {
		t.Fatal(err)
	}
	child.Wait() //nolint:errcheck // it was killed
	for start := time.Now(); time.Since(start) < patience; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			continue
		}
		// One that was not waited for stays as a zombie (Z) until init takes it.
		processes, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "stat=,args=").Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(processes)) {
			if strings.Contains(line, dir+"/data") && !strings.HasPrefix(line, "Z") {
				t.Errorf("outlives its folder: %s", line)
			}
		}
		return
	}
	t.Errorf("%s is there %s after the test was killed", dir, patience)
}

func BenchmarkStart(b *testing.B) {
	Database(b) // skips without PostgreSQL
	for b.Loop() {
		s, err := prepare(Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(s.initialise(), s.close()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDatabase makes databases. They are dropped outside of what it measures.
func BenchmarkDatabase(b *testing.B) {
	for _, kind := range []struct {
		name string
		make func(testing.TB) string
	}{
		{"empty", Database},
		{"from", func(tb testing.TB) string { return DatabaseFrom(tb, "bench", migrate) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				kind.make(b)
			}
		})
	}
}
