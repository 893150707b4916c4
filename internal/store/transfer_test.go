package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
	"headwater/internal/stories/prints"
)

// otherEngine returns an empty database of the engine that the tests do not run on now, "" for SQLite.
func otherEngine(t *testing.T) string {
	t.Helper()
	if pgtest.OnPostgreSQL() {
		return ""
	}
	return pgtest.Database(t) // skips without PostgreSQL
}

// restored restores a backup into a new folder, on the engine with this address, and opens it.
func restored(t *testing.T, file, database string) *DB {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	if err := Restore(t.Context(), file, dir, RestoreOptions{Database: database}); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), dir, Options{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	check(t, db)
	return db
}

// ownEngine returns an empty database of the engine that the tests run on, "" for SQLite.
func ownEngine(t *testing.T) string {
	t.Helper()
	return options(t, t.TempDir()).Database
}

// backedUp writes a backup of a database and returns its name.
func backedUp(t *testing.T, db *DB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

// allRows returns the rows of all tables of a backup, as text, and the highest numbers that were given out.
func allRows(t *testing.T, file string) map[string][]string {
	t.Helper()
	raw, err := sql.Open("sqlite", dsn(file, backupParams(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := raw.Close(); err != nil {
			t.Error(err)
		}
	}()
	tx, err := raw.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	tables, err := copiedTables(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	read := func(name string, columns int, query string) {
		err := eachOf(t.Context(), tx, columns, query, func(values []any) error {
			var row strings.Builder
			for _, v := range values {
				fmt.Fprintf(&row, "%T %q|", v, fmt.Sprint(v))
			}
			all[name] = append(all[name], row.String())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range tables {
		all[one.name] = nil
		read(one.name, len(one.columns), one.selectSQL(inOrder[one.name]))
	}
	read("sqlite_sequence", 2, `SELECT name, seq FROM sqlite_sequence WHERE name <> 'goose_db_version' ORDER BY name`)
	return all
}

// fullNewsroom has rows in every table that is copied.
func fullNewsroom(t *testing.T) *DB {
	t.Helper()
	db := newsroom(t, 6)
	ctx := t.Context()
	f, err := db.AddFeed(ctx, news.Feed{URL: "https://zürich.example/%FFfeed", Title: "Zürich \U0001F4F0 'quoted' \"twice\"\nand a line", Folder: "a/b", Added: day})
	if err != nil {
		t.Fatal(err)
	}
	f.ETag, f.LastModified = "\"\xff\xfe raw\"", "last\xc3"
	odd := article("odd\x00id\xff", "odd \x00 title \xff")
	odd.Outlet = news.Outlet{Name: "The Odd", Domain: "odd.example"}
	odd.Authors, odd.Categories = []string{"Anna", "Bö"}, []string{"news"}
	p := Poll{Feed: f, Articles: []news.Article{odd, article("plain", "plain")}, Rest: news.Rest{Host: "slow.example", Until: day.Add(time.Hour)}}
	p.Furniture = news.Furniture{Blocks: []uint64{1, 1 << 63}, Items: items(1, 2)}
	store(t, db, p)
	settle(t, db, Settlement{
		Through: 8, Prints: map[int64]prints.Print{1: {Words: 1}, 2: {Words: 2}},
		Claims: map[int64][]news.Claim{1: {{Kind: "dateline", Outlet: "AP", Strength: .3}}},
		Edges:  []news.Edge{{A: 1, B: 2, Story: 1.0 / 3, Event: -1e-17}},
		Stories: []news.Story{
			story(1, 1, 1, 2), story(2, 1, 3), story(3, 2, 4, 5), story(4, 3, 6), story(9, 0, 7, 8),
		},
		Cited: []Cited{{Article: 1, Address: "credited.example/1", Link: "https://credited.example/1", Host: "credited.example"}},
	})
	settle(t, db, Settlement{Moved: map[int64]int64{4: 3}, Stories: []news.Story{story(3, 2, 4, 5, 6)}})
	if err := errors.Join(db.AddUser(ctx, news.User{Name: "anna"}, "hash"), db.AddUser(ctx, news.User{Name: "gone"}, "hash"), db.RemoveUser(ctx, "gone"),
		errorOf(db.MarkItems(ctx, 1, news.Marking{Articles: []int64{2, 7}, Read: true, AddLabels: []string{"", "läbel"}})),
		errorOf(db.MarkAllRead(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: 1}}})),
		errorOf(db.MarkItems(ctx, 1, news.Marking{Articles: []int64{3}, Unread: true})),
		db.SetUserSettings(ctx, 1, news.Settings{Theme: news.ThemeSepia})); err != nil {
		t.Fatal(err)
	}
	if n, err := db.ApplyRule(ctx, RuleMatch{Rule: addRule(t, db, news.UserRule{Query: "flüsse", Folder: "a/b", Action: news.RuleHide}), Articles: []int64{7, 8}}); n != 2 || err != nil {
		t.Fatalf("%d articles were hidden, %v", n, err)
	}
	edit := news.OutletEdit{Outlet: "odd.example", Name: "Das Ödd", Agency: true, Aliases: []string{"Odd"}, Domains: []string{"odd.example"}, Changed: day}
	if err := db.SetOutletEdit(ctx, edit, EditedOutlets{}); err != nil {
		t.Fatal(err)
	}
	topic, err := db.AddTopic(ctx, news.Topic{Name: "Flüsse", Query: "river OR fluss", User: 1})
	if err != nil {
		t.Fatal(err)
	}
	alert, err := db.AddAlert(ctx, news.Alert{Topic: topic, Kind: news.AlertWebhook, Target: "https://hook.example/", Secret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	_, errCorrection := db.AddCorrection(ctx, news.Correction{Made: day, Same: []int64{1}, Apart: []int64{3}}, Settlement{})
	put(t, db, "m", Vector{1, "title 1", []float32{1, -0.5}})
	if err := errors.Join(errCorrection, db.SetTopicSecret(ctx, topic, "in the address"), db.SetSetting(ctx, "instance", "an id"),
		db.QueuePages(ctx, 8, []Page{{Article: 1, Hash: "title 1", URL: "https://paper.example/g1", Host: "paper.example"}}),
		db.AddToken(ctx, news.User{ID: 1, Name: "anna"}, "hash", []byte{0, 255}, day), db.AddAPIToken(ctx, news.User{ID: 1, Name: "anna"}, []byte{1, 2}, "laptop", day)); err != nil {
		t.Fatal(err)
	}
	// Entries of the outbox in another order than that of their keys.
	for _, id := range []string{"z", "a", "m"} {
		execute(t, db.Dir(), fmt.Sprintf(`INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) VALUES ('%s', %d, 1, 'why %s', 0, 0)`, id, alert, id))
	}
	fillEmptyTables(t, db)
	check(t, db)
	return db
}

// fillEmptyTables adds a made-up row to each copied table that has none.
func fillEmptyTables(t *testing.T, db *DB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "schema.db")
	if err := db.engine.copyTo(t.Context(), db, file); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", dsn(file, backupParams(file)))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := copiedTables(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	madeUp := map[string]bool{} // tables whose row has the id 77
	for _, one := range tables {
		var full bool
		if err := tx.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM `+quote(one.name)+`)`).Scan(&full); err != nil {
			t.Fatal(err)
		}
		if full {
			continue
		}
		references := map[string]string{} // the tables that columns lead to
		if err := eachRow(t.Context(), tx.QueryContext, func(row scanner) error {
			var name, table string
			err := row.Scan(&name, &table)
			references[name] = table
			return err
		}, `SELECT "from", "table" FROM pragma_foreign_key_list(?)`, one.name); err != nil {
			t.Fatal(err)
		}
		values := make([]string, len(one.columns))
		for i, c := range one.columns {
			switch {
			case references[c.name] != "" && !madeUp[references[c.name]]:
				values[i] = "1"
			default:
				values[i] = map[string]string{"INTEGER": "77", "REAL": "0.1", "TEXT": "'made up'", "BLOB": "x'00ff'"}[c.kind]
			}
		}
		madeUp[one.name] = true
		execute(t, db.Dir(), `INSERT INTO `+quote(one.name)+` (`+one.columnList()+`) VALUES (`+strings.Join(values, ", ")+`)`)
	}
	if err := errors.Join(tx.Rollback(), raw.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestMovedToTheOtherEngineAndBack compares all rows of all tables, and the ids that come next.
func TestMovedToTheOtherEngineAndBack(t *testing.T) {
	first := fullNewsroom(t)
	there := backedUp(t, first)
	want := allRows(t, there)
	for name, rows := range want {
		if len(rows) == 0 {
			t.Errorf("table %s is empty, so that nothing is tested", name)
		}
	}
	other := restored(t, there, otherEngine(t))
	back := backedUp(t, other)
	if diff := cmp.Diff(want, allRows(t, back)); diff != "" {
		t.Errorf("moved to the other engine (-want +got):\n%s", diff)
	}
	again := restored(t, back, ownEngine(t))
	if diff := cmp.Diff(want, allRows(t, backedUp(t, again))); diff != "" {
		t.Errorf("and back (-want +got):\n%s", diff)
	}
	for _, db := range []*DB{first, other, again} {
		f, err := db.AddFeed(t.Context(), news.Feed{URL: "https://new.example/"})
		errUser := db.AddUser(t.Context(), news.User{Name: "new"}, "hash")
		u, _, errRead := db.User(t.Context(), "new")
		if err := errors.Join(err, errUser, errRead); err != nil {
			t.Fatal(err)
		}
		store(t, db, poll(f, article("new", "new")))
		log, err := db.Log(t.Context(), 8, 9)
		if err != nil || len(log) != 1 {
			t.Fatal(log, err)
		}
		if f.ID != 3 || u.ID != 3 || log[0].ID != 9 || log[0].Seq != 9 {
			t.Errorf("%s: the next feed is %d, the next user %d, the next article %d (%d)", db.Database(), f.ID, u.ID, log[0].ID, log[0].Seq)
		}
		settle(t, db, Settlement{Through: 9, Stories: []news.Story{story(10, 0, 9)}}) // triggers count again
		check(t, db)
	}
}

// TestBothEnginesHaveTheSameTables compares tables and columns of the schemas.
func TestBothEnginesHaveTheSameTables(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("once is enough")
	}
	lite := filepath.Join(t.TempDir(), File)
	db := &DB{engine: sqliteEngine{file: lite}, log: newsroom(t, 1).log}
	var err error
	if db.writer, err = db.engine.openWriter(t.Context()); err == nil {
		err = db.migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	tables, err := rowsOfWriter(t, db, `SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
		WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' AND m.name <> 'goose_db_version'`)
	if err := errors.Join(err, db.writer.Close()); err != nil {
		t.Fatal(err)
	}
	postgres := newsroom(t, 1)
	others, err := rowsOfWriter(t, postgres, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name <> 'goose_db_version' AND table_name || '.' || column_name <> 'alert_outbox.rowid'`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tables, others); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+): %s", diff)
	}
}

func rowsOfWriter(t *testing.T, db *DB, query string) ([]string, error) {
	t.Helper()
	all, err := collect(t.Context(), db.writer.QueryContext, scanText, query)
	slices.Sort(all)
	return all, err
}

// TestRestoreIntoPostgreSQL: a database in use is replaced with Force only, and one that others use is not replaced.
func TestRestoreIntoPostgreSQL(t *testing.T) {
	sqliteOnly(t)
	url := pgtest.Database(t)
	ctx := t.Context()
	first, second := backedUp(t, newsroom(t, 3)), backedUp(t, newsroom(t, 5))
	db := restored(t, first, url)
	err := Restore(ctx, second, t.TempDir(), RestoreOptions{Database: url, Force: true})
	saysAll(t, err, "used by other processes", "stop them first")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	saysAll(t, Restore(ctx, second, t.TempDir(), RestoreOptions{Database: url}), "is in use", "--force")
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := Restore(canceled, second, t.TempDir(), RestoreOptions{Database: url, Force: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted, it says: %v", err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "index", "old"), "of another database")
	if err := Restore(ctx, second, dir, RestoreOptions{Database: url, Force: true, Others: []string{"index*"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "index")); err == nil {
		t.Error("the index of the database before is left")
	}
	if db, err = Open(ctx, dir, Options{Database: url}); err != nil {
		t.Fatal(err)
	}
	check(t, db)
	if s, err := db.Status(ctx); err != nil || s.Articles != 5 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// With this variable, the test binary restores the backup in restoredFile into the folder that it names.
const (
	restoreUntilKilled = "HEADWATER_TEST_RESTORE"
	restoredFile       = "HEADWATER_TEST_BACKUP"
)

// restoreOnce restores with Force, and prints a line before and after that.
func restoreOnce(ctx context.Context, dir string) error {
	fmt.Println("restores")
	err := Restore(ctx, os.Getenv(restoredFile), dir, RestoreOptions{Database: os.Getenv(killedDatabase), Force: true})
	if err == nil {
		fmt.Println("restored")
	}
	return err
}

// TestKilledRestore kills a restore over a database that is in use. The database has its old contents or the new ones.
func TestKilledRestore(t *testing.T) {
	big := newsroom(t, 1)
	var articles []news.Article
	for i := range 2000 {
		articles = append(articles, article(fmt.Sprint("big ", i), strings.Repeat(fmt.Sprint("words ", i), 100)))
	}
	store(t, big, poll(news.Feed{ID: 1, URL: feedURL(0)}, articles...))
	from, small := backedUp(t, big), backedUp(t, newsroom(t, 2))
	dir, address := t.TempDir(), ownEngine(t)
	restoring := func(kill time.Duration) (done bool, took time.Duration) {
		if err := Restore(t.Context(), small, dir, RestoreOptions{Database: address, Force: true}); err != nil {
			t.Fatal(err)
		}
		done, took = killAfter(t, kill, restoreUntilKilled+"="+dir, restoredFile+"="+from, killedDatabase+"="+address)
		db, err := Open(t.Context(), dir, Options{Database: address})
		if err != nil {
			t.Fatal(err)
		}
		check(t, db)
		s, err := db.Status(t.Context())
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if s.Articles != 2001 && (done || s.Articles != 2) {
			t.Errorf("killed after %s: %d articles", kill, s.Articles)
		}
		return s.Articles == 2001, took
	}
	done, whole := restoring(time.Hour)
	if !done {
		t.Fatal("it did not restore")
	}
	killed, tries := 0, 5
	for i := range tries {
		if done, _ := restoring(whole * time.Duration(i) / time.Duration(tries)); !done {
			killed++
		}
	}
	if killed == 0 {
		t.Errorf("none of %d was killed in time", tries)
	}
}

// TestInterruptedRestoreChangesNothing restores backups that fail at some table.
func TestInterruptedRestoreChangesNothing(t *testing.T) {
	sqliteOnly(t)
	url := pgtest.Database(t)
	db := restored(t, backedUp(t, fullNewsroom(t)), url)
	want := allRows(t, backedUp(t, db))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := backedUp(t, newsroom(t, 2))
	broken := filepath.Join(t.TempDir(), File)
	for i, statement := range []string{
		`PRAGMA foreign_keys = off; UPDATE members SET story_id = 99`,
		`PRAGMA ignore_check_constraints = on; INSERT INTO edges VALUES (2, 1, 0, 0, '')`,
		`UPDATE feeds SET checked = 'no number'`,
	} {
		copyFile(t, other, broken)
		execute(t, filepath.Dir(broken), statement)
		if i == 0 {
			execute(t, filepath.Dir(broken), `INSERT INTO stories (id, event_id, title, outlets, first, latest, changed, rank, origin_article, origin_name, origin_domain,
				origin_agency, origin_url, level, confidence, evidence) VALUES (7, 0, '', 0, 0, 0, 0, 0, 0, '', '', 0, '', '', 0, '');
				PRAGMA foreign_keys = off; INSERT INTO members (article_id, story_id, role, share, evidence) VALUES (1, 99, '', 0, '')`)
		}
		err := Restore(t.Context(), broken, t.TempDir(), RestoreOptions{Database: url, Force: true})
		if err == nil {
			t.Fatalf("%s: it was restored", statement)
		}
		saysAll(t, err, broken, "table ")
		db, err := Open(t.Context(), t.TempDir(), Options{Database: url})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, allRows(t, backedUp(t, db))); diff != "" {
			t.Errorf("%s (-before +after):\n%s", statement, diff)
		}
		f, err := db.AddFeed(t.Context(), news.Feed{URL: fmt.Sprint("https://new.example/", i)})
		if err != nil || f.ID != int64(3+i) {
			t.Errorf("the next feed is %d, %v", f.ID, err)
		}
		want = allRows(t, backedUp(t, db))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestoreOfAnOlderSchema moves backups of each older schema to PostgreSQL.
func TestRestoreOfAnOlderSchema(t *testing.T) {
	sqliteOnly(t)
	url := pgtest.Database(t)
	for _, version := range []int64{1, 11, 22, 24, 25} {
		db := newsroom(t, 3)
		settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1, 2), story(2, 1, 3)}})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		downTo(t, db.Dir(), version)
		dir := t.TempDir()
		if err := Restore(t.Context(), filepath.Join(db.Dir(), File), dir, RestoreOptions{Database: url, Force: true}); err != nil {
			t.Fatal(err)
		}
		left, err := filepath.Glob(filepath.Join(dir, File+"*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left in the folder: %v, %v", left, err)
		}
		moved, err := Open(t.Context(), dir, Options{Database: url})
		if err != nil {
			t.Fatal(err)
		}
		check(t, moved)
		if s, err := moved.Status(t.Context()); err != nil || s.Articles != 3 || s.Stories != 2 {
			t.Errorf("from schema %d: %+v, %v", version, s, err)
		}
		if err := moved.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongTextsOfOlderVersionsAreMoved restores what no index of PostgreSQL holds, and what no text of it holds.
func TestLongTextsOfOlderVersionsAreMoved(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	long, feed := letters(1, 16<<10), feedURL(0)+"?"+letters(2, 4000)
	for _, statement := range []string{
		`UPDATE articles SET guid = '` + long + `', outlet_name = '` + letters(3, 5000) + `' WHERE id = 1`,
		`UPDATE articles SET guid = '` + letters(4, 5000) + `', url = '` + letters(4, 5000) + `', id_key = NULL WHERE id = 2`,
		`UPDATE articles SET guid = cast(x'66ff00' AS TEXT), title = cast(x'66ff00' AS TEXT) WHERE id = 3`,
		`UPDATE feeds SET url = '` + feed + `'`,
		`INSERT INTO page_hosts (queue, host) VALUES ('pages', '` + letters(5, 5000) + `')`,
	} {
		execute(t, db.Dir(), statement)
	}
	moved := restored(t, backedUp(t, db), pgtest.Database(t))
	f, err := moved.Feed(t.Context(), 1)
	if err != nil || f.State != news.FeedGone || !strings.Contains(f.Problem, "its address has") || !strings.HasPrefix(f.URL, feedURL(0)) {
		t.Errorf("feed %.60s is %s: %s, %v", f.URL, f.State, f.Problem, err)
	}
	third, err := moved.Article(t.Context(), 3)
	if err != nil || third.Title != "f\uFFFD\uFFFD" {
		t.Errorf("%q, %v", third.Title, err)
	}
	items := []news.Article{article(long, "title 1"), article("", "title 2"), article("another", "another")}
	items[1].URL = letters(4, 5000)
	if got := store(t, moved, poll(f, items...))[0]; got != (Tally{Same: 2, New: 1, First: 4}) {
		t.Errorf("polled again: %+v", got)
	}
	check(t, moved)
}

// TestBackupsOfDatabasesThatAreInconsistent: the backup is written, and what is wrong is said.
func TestBackupOfAnInconsistentDatabase(t *testing.T) {
	db := newsroom(t, 2)
	execute(t, db.Dir(), `UPDATE feeds SET articles = 7`)
	file := filepath.Join(t.TempDir(), "backup.db")
	err := db.Backup(t.Context(), file)
	saysAll(t, err, "feeds whose article counter is wrong", "doctor --repair")
	if _, ok := errors.AsType[*InconsistentError](err); !ok {
		t.Errorf("it is a %T", err)
	}
	if err := verifySum(file); err != nil {
		t.Error(err)
	}
	execute(t, db.Dir(), `UPDATE bodies SET body = x'07'`)
	saysAll(t, db.Backup(t.Context(), file+"2"), "whose text cannot be read")
}

// TestAlteredBackup changes a byte, cuts the file, and damages the checksum.
func TestAlteredBackup(t *testing.T) {
	db := newsroom(t, 3)
	file := backedUp(t, db)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(whole), "title 1")
	if i < 0 {
		t.Fatal("the title is not in the file")
	}
	altered := slices.Clone(whole)
	altered[i] = 'T'
	sum, err := os.ReadFile(SumFile(file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(sum), "  backup.db\n") {
		t.Errorf("the checksum is %q", sum)
	}
	for _, tt := range []struct {
		name, sum string
		content   []byte
		says      string // "" restores
	}{
		{"whole", string(sum), whole, ""},
		{"without a checksum", "", whole, ""},
		{"upper case", strings.ToUpper(string(sum)), whole, ""},
		{"a byte", string(sum), altered, "truncated or altered"},
		{"cut", string(sum), whole[:len(whole)-4096], "truncated or altered"},
		{"cut, without a checksum", "", whole[:len(whole)-4096], "damaged"},
		{"cut in the first page", "", whole[:1000], "damaged or truncated"},
		{"no checksum in its file", "hello", whole, "holds no checksum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "b.db")
			write(t, file, string(tt.content))
			if tt.sum != "" {
				write(t, SumFile(file), tt.sum)
			}
			into := filepath.Join(dir, "into")
			err := Restore(t.Context(), file, into, RestoreOptions{Database: ownEngine(t)})
			if tt.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir, ""), tt.says) {
				t.Errorf("it says: %v", err)
			}
			if _, err := os.Stat(into); err == nil {
				t.Error("the folder was made all the same")
			}
		})
	}
}

// TestRestoreWithForce replaces the database of a folder.
func TestRestoreWithForce(t *testing.T) {
	sqliteOnly(t)
	backup := backedUp(t, newsroom(t, 5))
	restoreInto := func(dir string) error {
		return Restore(t.Context(), backup, dir, RestoreOptions{Force: true, Others: []string{"index*"}})
	}
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"closed": func(*testing.T, string) {},
		"killed": func(t *testing.T, dir string) { // with changes in its WAL
			db := open(t, dir)
			store(t, db, poll(news.Feed{ID: 1, URL: feedURL(0)}, article("in the WAL", "in the WAL")))
			copied := t.TempDir()
			for _, name := range []string{File, File + "-wal"} {
				copyFile(t, filepath.Join(dir, name), filepath.Join(copied, name))
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{File, File + "-wal"} {
				copyFile(t, filepath.Join(copied, name), filepath.Join(dir, name))
			}
		},
		"damaged": func(t *testing.T, dir string) {
			b, err := os.ReadFile(filepath.Join(dir, File))
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < len(b); i++ {
				b[i] = 0xff
			}
			write(t, filepath.Join(dir, File), string(b))
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := newsroom(t, 2)
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			prepare(t, old.Dir())
			write(t, filepath.Join(old.Dir(), "index", "old"), "of the database before")
			write(t, filepath.Join(old.Dir(), "letter.txt"), "Dear reader")
			if err := restoreInto(old.Dir()); err != nil {
				t.Fatal(err)
			}
			_, errIndex := os.Stat(filepath.Join(old.Dir(), "index"))
			_, errLetter := os.Stat(filepath.Join(old.Dir(), "letter.txt"))
			if errIndex == nil || errLetter != nil {
				t.Errorf("index: %v, letter: %v", errIndex, errLetter)
			}
			db := open(t, old.Dir())
			check(t, db)
			if s, err := db.Status(t.Context()); err != nil || s.Articles != 5 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
	foreign := filepath.Join(t.TempDir(), "foreign") // one that exists and is empty would begin as ours
	execute(t, foreign, `CREATE TABLE bookmarks (id INTEGER)`)
	saysAll(t, restoreInto(foreign), "another program")
	text := t.TempDir()
	write(t, filepath.Join(text, File), strings.Repeat("not a database ", 500))
	if err := restoreInto(text); err == nil {
		t.Error("a file that is no database was replaced")
	}
}
