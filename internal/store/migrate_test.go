package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// With this variable, the test binary opens the folder that it names.
const migrateUntilKilled = "HEADWATER_TEST_MIGRATE"

// migrateOnce opens a folder, and prints a line before and after that.
func migrateOnce(ctx context.Context, dir string) error {
	fmt.Println("opens")
	db, err := Open(ctx, dir, Options{Database: os.Getenv(killedDatabase)})
	if err != nil {
		return err
	}
	fmt.Println("opened")
	return db.Close()
}

// engineOf is the engine that the tests run on, without a database.
func engineOf(t *testing.T) engine {
	t.Helper()
	if !pgtest.OnPostgreSQL() {
		return sqliteEngine{}
	}
	e, err := newPostgres("postgres://localhost/none")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// firstVersion is the first schema version of the engine that the tests run on.
func firstVersion() int64 {
	if pgtest.OnPostgreSQL() {
		return 25
	}
	return 1
}

// A folder of any earlier version opens with its articles, its stories and the end of its log.
func TestEverySchemaIsBroughtUpToDate(t *testing.T) {
	_, files := engineOf(t).schema()
	known, err := knownVersion(files)
	if err != nil {
		t.Fatal(err)
	}
	for version := firstVersion(); version < known; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			if testing.Short() && version > firstVersion() && version < known-1 {
				t.Skip("the first and the last stand for all")
			}
			db := newsroom(t, 3)
			settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1, 2), story(2, 1, 3)}})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			downTo(t, db.Dir(), version)
			db = open(t, db.Dir())
			check(t, db)
			last, errLast := db.LastSeq(t.Context())
			status, errStatus := db.Status(t.Context())
			if err := errors.Join(errLast, errStatus); err != nil {
				t.Fatal(err)
			}
			if last != 3 || status.Articles != 3 || status.Stories != 2 || status.Events != 1 || status.Unsettled != 0 {
				t.Errorf("end of the log %d, %+v", last, status)
			}
		})
	}
}

// The number of an aged-out article is never reused, even if it was the newest when the table log was dropped.
func TestNumbersOfTheLogOutliveItsTable(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	downTo(t, db.Dir(), 23)
	execute(t, db.Dir(), `DELETE FROM log WHERE article_id = 3; DELETE FROM bodies WHERE article_id = 3; DELETE FROM articles WHERE id = 3; UPDATE feeds SET articles = 2`)
	db = open(t, db.Dir())
	check(t, db)
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Collect(t.Context(), []Poll{{Feed: f, Articles: []news.Article{article("new", "new")}}}); err != nil {
		t.Fatal(err)
	}
	added, err := db.Log(t.Context(), 2, 9)
	if err != nil || len(added) != 1 || added[0].ID != 4 || added[0].Seq != 4 {
		t.Errorf("the next article is %+v (%v), want id and number 4", added, err)
	}
}

// What waited to leave the index when the log of removals was made is in that log, and the next entries come after it.
func TestQueueOfTheIndexBecomesALog(t *testing.T) {
	db := newsroom(t, 5)
	closed(t, db, story(1, 0, 2), story(2, 0, 4), story(3, 0, 1))
	ageOut(t, db, day.Add(time.Hour), 10)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	downTo(t, db.Dir(), 27)
	db = open(t, db.Dir())
	if got, through, err := db.Removals(t.Context(), 0, 10); err != nil || !slices.Equal(got, []int64{1, 2, 4}) || through != 3 {
		t.Errorf("the log of removals has %v up to %d, %v", got, through, err)
	}
	closed(t, db, story(4, 0, 3))
	ageOut(t, db, day.Add(time.Hour), 10)
	if got, through, err := db.Removals(t.Context(), 3, 10); err != nil || !slices.Equal(got, []int64{3}) || through != 4 {
		t.Errorf("then %v up to %d, %v", got, through, err)
	}
}

// downTo downgrades a folder's schema to an earlier version.
func downTo(t *testing.T, dir string, version int64) {
	t.Helper()
	driver, address := "sqlite", dsn(filepath.Join(dir, File), writerParams)
	if url := options(t, dir).Database; url != "" {
		driver, address = "pgx", url
	}
	raw, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = migrations(t, raw).DownTo(t.Context(), version)
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}

func migrations(t *testing.T, db *sql.DB) *goose.Provider {
	t.Helper()
	dialect, files := engineOf(t).schema()
	p, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKilledBeforeTheFirstMigration opens a database that has the table of goose and nothing else.
func TestKilledBeforeTheFirstMigration(t *testing.T) {
	dir := t.TempDir()
	driver, address := "sqlite", dsn(filepath.Join(dir, File), writerParams)
	if pgtest.OnPostgreSQL() {
		driver, address = "pgx", pgtest.Database(t)
	}
	raw, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	version, err := migrations(t, raw).GetDBVersion(t.Context())
	if err := errors.Join(err, raw.Close()); err != nil || version != 0 {
		t.Fatalf("version %d, %v", version, err)
	}
	if driver == "sqlite" {
		address = ""
	}
	db, err := Open(t.Context(), dir, Options{Database: address})
	if err != nil {
		t.Fatal(err)
	}
	check(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWhileMigrating kills a process at moments of its migrations, from an empty database and from the oldest schema, and
// opens the database again.
func TestKilledWhileMigrating(t *testing.T) {
	old := newsroom(t, 3)
	settle(t, old, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1, 2), story(2, 1, 3)}})
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	downTo(t, old.Dir(), firstVersion())
	migrate := func(t *testing.T, from string, kill time.Duration) (opened bool, took time.Duration) {
		dir, address := t.TempDir(), ""
		articles := 0
		switch {
		case from != "" && pgtest.OnPostgreSQL():
			pgtest.Copy(t, from, dir)
			articles, address = 3, options(t, dir).Database
		case from != "":
			copyFile(t, filepath.Join(from, File), filepath.Join(dir, File))
			articles = 3
		case pgtest.OnPostgreSQL():
			address = pgtest.Database(t)
		}
		opened, took = killAfter(t, kill, migrateUntilKilled+"="+dir, killedDatabase+"="+address)
		db, err := Open(t.Context(), dir, Options{Database: address})
		if err != nil {
			t.Fatal(err)
		}
		check(t, db)
		status, err := db.Status(t.Context())
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if status.Articles != articles {
			t.Errorf("killed after %s: %+v", kill, status)
		}
		return opened, took
	}
	tries := 16
	if testing.Short() {
		tries = 6
	}
	for name, from := range map[string]string{"empty": "", "oldest": old.Dir()} {
		t.Run(name, func(t *testing.T) {
			opened, whole := migrate(t, from, time.Hour)
			if !opened {
				t.Fatal("it did not open")
			}
			killed := 0
			for i := range tries {
				if opened, _ := migrate(t, from, whole*time.Duration(i)/time.Duration(tries)); !opened {
					killed++
				}
			}
			if killed == 0 {
				t.Errorf("none of %d was killed in time", tries)
			}
		})
	}
}

// TestServerKilledWhileMigrating kills the server of PostgreSQL at moments of the migrations.
func TestServerKilledWhileMigrating(t *testing.T) {
	postgresOnly(t)
	s := pgtest.Start(t, pgtest.Options{})
	open := func(address string) error {
		db, err := Open(t.Context(), t.TempDir(), Options{Database: address})
		if err != nil {
			return err
		}
		return errors.Join(db.Check(t.Context()), db.Close())
	}
	began := time.Now()
	if err := open(s.Database(t)); err != nil {
		t.Fatal(err)
	}
	whole, failed := time.Since(began), 0
	for i := range 5 {
		address := s.Database(t)
		done := make(chan error, 1)
		go func() { done <- open(address) }()
		<-time.After(whole * time.Duration(i) / 5) // the moment of the kill is what varies
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				failed++
				saysAll(t, err, "database test")
			}
		case <-time.After(time.Minute):
			t.Fatal("Open waits for a server that was killed")
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if err := open(address); err != nil {
			t.Errorf("opened again after a kill %s after its start: %v", whole*time.Duration(i)/5, err)
		}
	}
	if failed == 0 {
		t.Error("no migration was interrupted")
	}
}
