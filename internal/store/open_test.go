package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
	"headwater/internal/stories/prints"
)

// With this variable, the test binary writes to the folder that it names until it is killed.
const (
	writeUntilKilled = "HEADWATER_TEST_WRITE"
	killedDatabase   = "HEADWATER_TEST_DATABASE" // the address of its database, "" for SQLite
)

func TestMain(m *testing.M) {
	// Each input of a property takes a database of its own. The command line may ask for more of them.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for variable, write := range map[string]func(context.Context, string) error{
		writeUntilKilled: writeForever, ageUntilKilled: ageForever, leadUntilPaused: leadForever, restoreUntilKilled: restoreOnce, migrateUntilKilled: migrateOnce,
	} {
		if dir := os.Getenv(variable); dir != "" {
			if err := write(context.Background(), dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(1)
		}
	}
	if os.Getenv(rehearseVariable) != "" {
		rehearse = runTwice
		os.Exit(m.Run())
	}
	os.Exit(pgtest.BothEngines(m))
}

// startChild starts the test binary with variables that tell it what to do, and returns it and the lines that it prints.
func startChild(t *testing.T, variables ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// killAfterLines kills a child that writes until it is killed, after it printed some lines.
func killAfterLines(t *testing.T, n int, variables ...string) {
	t.Helper()
	cmd, lines := startChild(t, variables...)
	for range n {
		lines.Scan()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
}

// killAfter kills a child some time after it printed its first line. It returns whether the child printed a second one
// before that, and how long the child took to print it or to end.
func killAfter(t *testing.T, kill time.Duration, variables ...string) (done bool, took time.Duration) {
	t.Helper()
	cmd, lines := startChild(t, variables...)
	lines.Scan()
	began := time.Now()
	timer := time.AfterFunc(kill, func() { _ = cmd.Process.Kill() }) // it may have ended already
	done = lines.Scan()
	took = time.Since(began)
	_ = cmd.Wait() // killed or not
	timer.Stop()
	return done, took
}

// writeForever collects and settles, and prints a line after each.
func writeForever(ctx context.Context, dir string) error {
	db, err := Open(ctx, dir, Options{Database: os.Getenv(killedDatabase)})
	if err != nil {
		return err
	}
	f, err := db.AddFeed(ctx, news.Feed{URL: feedURL(0)})
	if err != nil && !errors.Is(err, news.ErrExists) {
		return err
	}
	start, err := db.Watermark(ctx, "settle") // articles that were collected and not settled are read again
	if err != nil {
		return err
	}
	for i := start; ; i += 3 {
		p := Poll{Feed: f}
		p.Feed.ETag, p.Feed.State, p.Feed.Checked = fmt.Sprint(i+3), news.FeedOK, day
		s := Settlement{Through: i + 3, Prints: map[int64]prints.Print{}}
		for n := i + 1; n <= i+3; n++ {
			p.Articles = append(p.Articles, article(fmt.Sprint(n), fmt.Sprint(n)))
			s.Prints[n] = prints.Print{Words: int(n)}
			s.Stories = append(s.Stories, story(n, n, n))
		}
		if _, err := db.Collect(ctx, []Poll{p}); err != nil {
			return err
		}
		fmt.Println("collected")
		if err := db.Settle(ctx, s); err != nil {
			return err
		}
		fmt.Println("settled")
	}
}

// whole fails if the folder of writeForever contains half a transaction.
func whole(t *testing.T, dir string) (articles, settled int) {
	t.Helper()
	ctx := t.Context()
	db := open(t, dir)
	check(t, db)
	status, errS := db.Status(ctx)
	feed, errF := db.FeedByURL(ctx, feedURL(0))
	last, errL := db.LastSeq(ctx)
	mark, errM := db.Watermark(ctx, "settle")
	if err := errors.Join(errS, errF, errL, errM); err != nil {
		t.Fatal(err)
	}
	if feed.ETag != fmt.Sprint(last) || last != int64(status.Articles) || feed.Articles != status.Articles || last%3 != 0 {
		t.Errorf("ETag %s, log %d, articles %d: not one transaction", feed.ETag, last, status.Articles)
	}
	if mark != int64(status.Stories) || mark%3 != 0 || last-mark > 3 {
		t.Errorf("mark %d, stories %d, log %d: not one transaction", mark, status.Stories, last)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return status.Articles, int(mark)
}

func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	settled := 0
	for lines := range 8 {
		killAfterLines(t, lines+1, writeUntilKilled+"="+dir, killedDatabase+"="+options(t, dir).Database)
		articles, mark := whole(t, dir)
		if least := settled + (lines+2)/2*3; articles < least {
			t.Errorf("%d articles after %d lines, want %d or more", articles, lines+1, least)
		}
		if least := settled + (lines+1)/2*3; mark < least {
			t.Errorf("mark %d after %d lines, want %d or more", mark, lines+1, least)
		}
		settled = mark
	}
}

// TestCopyTakenMidway opens copies of the files from while the writer runs, as a power cut would leave them.
func TestCopyTakenMidway(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	db := open(t, dir)
	feeds := addFeeds(t, db, 1)
	for i := range 4 {
		p := poll(feeds[0], article(fmt.Sprint(i), "one"), article(fmt.Sprint(i, "b"), "two"))
		p.Feed.ETag = fmt.Sprint(i)
		store(t, db, p)
		crashed := t.TempDir()
		for _, name := range []string{File, File + "-wal"} {
			copyFile(t, filepath.Join(dir, name), filepath.Join(crashed, name))
		}
		again := open(t, crashed)
		check(t, again)
		if n := len(logged(t, again, 0)); n != 2*(i+1) {
			t.Errorf("%d articles after the crash, want %d", n, 2*(i+1))
		}
		f, err := again.Feed(t.Context(), 1)
		if err != nil || f.ETag != fmt.Sprint(i) {
			t.Errorf("ETag %q, %v; want %d", f.ETag, err, i)
		}
		if got := store(t, again, p)[0]; got != (Tally{Same: 2}) {
			t.Errorf("the poll again gave %+v", got)
		}
	}
}

// TestTornWAL truncates the newest transaction in every copy. Everything before it stays.
func TestTornWAL(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	db := open(t, dir)
	f := addFeeds(t, db, 1)[0]
	store(t, db, poll(f, article("a", "one")))
	wal := filepath.Join(dir, File+"-wal")
	whole, err := os.ReadFile(wal)
	if err != nil {
		t.Fatal(err)
	}
	store(t, db, poll(f, article("b", "two")))
	longer, err := os.ReadFile(wal)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n < len(longer); n += 1 + (len(longer)-len(whole))/7 {
		torn := t.TempDir()
		copyFile(t, filepath.Join(dir, File), filepath.Join(torn, File))
		if err := os.WriteFile(filepath.Join(torn, File+"-wal"), longer[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, torn)
		check(t, again)
		if got := guids(logged(t, again, 0)); got != "a=one" {
			t.Errorf("cut at %d of %d: %s", n, len(longer), got)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, in.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFolderIsPrivateAndHeld(t *testing.T) {
	sqliteOnly(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	db := open(t, dir)
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, File): 0o600, filepath.Join(dir, lockFile): 0o600, filepath.Join(dir, File+"-wal"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	_, err := Open(t.Context(), dir, Options{})
	saysAll(t, err, dir, fmt.Sprintf("held by process %d", os.Getpid()), "stop that process")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// saysAll requires an error that contains all of these texts.
func saysAll(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestReadingBesideAWriter(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	_, err := Open(t.Context(), dir, Options{ReadOnly: true})
	saysAll(t, err, dir, "nothing is stored yet", "headwater poll")
	if !errors.Is(err, ErrEmpty) {
		t.Errorf("%v does not wrap ErrEmpty", err)
	}
	db := open(t, dir)
	f := addFeeds(t, db, 1)[0]
	beside, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	store(t, db, poll(f, article("g", "one")))
	if got := guids(logged(t, beside, 0)); got != "g=one" {
		t.Errorf("reader sees %q", got)
	}
	_, err = beside.Collect(t.Context(), nil)
	saysAll(t, err, dir, "for reading only")
	if err := beside.Close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	after, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := guids(logged(t, after, 0)); got != "g=one" {
		t.Errorf("reader without a writer sees %q", got)
	}
	if err := after.Close(); err != nil {
		t.Error(err)
	}
}

// TestFolderOfAnotherUser opens as root a folder that is not root's.
func TestFolderOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 54321, 54321)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir, Options{Own: true})
	if err == nil || !strings.Contains(err.Error(), "belongs to #54321") || !strings.Contains(err.Error(), "sudo -u #54321 headwater") {
		t.Errorf("by the settings of a package: %v", err)
	}
	db, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatalf("otherwise: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestFoldersThatDoNotServe(t *testing.T) {
	sqliteOnly(t)
	tests := []struct {
		name string
		make func(t *testing.T, dir string)
		says []string
	}{
		{"a file is in the way", func(t *testing.T, dir string) { write(t, dir, "x") }, []string{"cannot be made", "choose another folder"}},
		{"the lock cannot be written", func(t *testing.T, dir string) { write(t, filepath.Join(dir, lockFile, "x"), "") }, []string{"cannot be written", "mend its permissions"}},
		{"the database cannot be written", func(t *testing.T, dir string) { write(t, filepath.Join(dir, File, "x"), "") }, []string{"mend the permissions"}},
		{"no database", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, File), strings.Repeat("not a database ", 500))
		}, []string{"is no database"}},
		{"another program's", func(t *testing.T, dir string) { execute(t, dir, `CREATE TABLE bookmarks (id INTEGER)`) }, []string{"another program"}},
		{"newer schema", func(t *testing.T, dir string) {
			if err := open(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)`)
		}, []string{"newer headwater", "schema 900"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			tt.make(t, dir)
			_, err := Open(t.Context(), dir, Options{})
			saysAll(t, err, append(tt.says, dir)...)
		})
	}
}

func TestReadingANewerOrOlderSchema(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)`)
	reading := options(t, dir)
	reading.ReadOnly = true
	_, err := Open(t.Context(), dir, reading)
	saysAll(t, err, "newer headwater")
	execute(t, dir, `DELETE FROM goose_db_version WHERE version_id > 25`)
	_, err = Open(t.Context(), dir, reading)
	saysAll(t, err, "older headwater")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// hexBlob is a blob as SQLite writes it.
var hexBlob = regexp.MustCompile(`x'([0-9a-f]*)'`)

// execute runs statements on the database directly.
func execute(t *testing.T, dir, statement string) {
	t.Helper()
	if url := options(t, dir).Database; url != "" {
		raw, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		_, err = raw.ExecContext(t.Context(), hexBlob.ReplaceAllString(statement, `'\x$1'`), pgx.QueryExecModeSimpleProtocol)
		if err := errors.Join(err, raw.Close()); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", dsn(filepath.Join(dir, File), writerParams))
	if err != nil {
		t.Fatal(err)
	}
	_, err = raw.ExecContext(t.Context(), statement)
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskKeepsWhatWasStored(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	db := open(t, dir)
	f := addFeeds(t, db, 1)[0]
	store(t, db, poll(f, article("before", "before")))
	if _, err := db.writer.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // SQLite takes the present size instead
		t.Fatal(err)
	}
	big := poll(f)
	big.Feed.ETag = "full"
	for i := range 300 {
		big.Articles = append(big.Articles, article(fmt.Sprint("big", i), strings.Repeat(fmt.Sprint(i), 200)))
	}
	_, err := db.Collect(t.Context(), []Poll{big})
	saysAll(t, err, dir, "is full", "free some space", "store polls")
	saysAll(t, noSpace(err, "/mnt/backup.db"), "the disk that holds /mnt/backup.db is full")
	if got, err := db.Feed(t.Context(), f.ID); err != nil || got.ETag != "" {
		t.Errorf("validator %q outran its items (%v)", got.ETag, err)
	}
	check(t, db)
	select {
	case <-db.Broken():
	default:
		t.Error("the process may go on to write")
	}
	saysAll(t, db.SetSetting(t.Context(), "after", "it"), "nothing is written since an earlier error", "is full")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir) // another process, with space
	if got := store(t, db, big)[0]; got.New != 300 {
		t.Errorf("with space again: %+v", got)
	}
	check(t, db)
}

// TestCheckFindsBrokenPromises breaks each invariant, which Check finds and Repair mends.
func TestCheckFindsBrokenPromises(t *testing.T) {
	for says, statement := range map[string]string{
		"feeds whose article counter is wrong": `UPDATE feeds SET articles = 7`,
		"articles beyond the end of the log":   `UPDATE articles SET seq = 99 WHERE id = 1`,
		"articles without a body":              `DELETE FROM bodies`,
		"stories without members":              `DELETE FROM members`,
		"events whose story counter is wrong":  `UPDATE events SET stories = 9`,
		"broken references between tables":     `PRAGMA foreign_keys = off; UPDATE members SET story_id = 99`,
		"moved stories that still exist":       `INSERT INTO redirects (old, new) VALUES (1, 1)`,
		"1 moved events that still exist":      `INSERT INTO event_redirects (old, new) VALUES (1, 1)`,
		"2 moved events that still exist":      `INSERT INTO event_redirects (old, new) VALUES (8, 9), (7, 9)`,
		"closed stories with prints":           `UPDATE stories SET phase = 2; INSERT INTO prints VALUES (1, x'00')`,
		"aged-out stories that still exist":    `INSERT INTO aged_stories VALUES (1, '', 1, 1, 0, 0, 0, '', '', 0, '', '', 0, '', 0)`,
		"aged-out articles that still exist":   `INSERT INTO aged_items VALUES (1, 1, 0, '', '', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0)`,
		"2 articles whose text cannot be read": `UPDATE bodies SET body = x'01ffff'`,
		"1 mark of settling ahead of the log":  `UPDATE marks SET value = 99 WHERE name = 'settle'`,
		"1 mark of rules ahead of the log":     `INSERT INTO marks (name, value) VALUES ('rules', 99)`,
		"1 mark of reading pages ahead":        `INSERT INTO settings (key, value) VALUES ('full text mark', '99')`,
		"1 marks of topics or alerts ahead":    `INSERT INTO marks (name, value) VALUES ('topics', 99) ON CONFLICT (name) DO UPDATE SET value = 99`,
		"entries of the log of stories beyond": `UPDATE story_log SET seq = seq + 50`,
		"counters of stories or events":        `UPDATE counters SET value = 7`,
		"stories without one article that":     `UPDATE members SET leads = 0`,
		"feeds whose counter of stories":       `UPDATE feeds SET leads = 7`,
		"1 counters of what users have read":   `UPDATE read_counts SET articles = 7`,
		"1 read articles that no counter has":  `DELETE FROM read_counts`,
		"1 ranges of read articles that":       `INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined) VALUES (1, 1, 2, 0, 5, 1), (1, 1, 1, 0, 6, 1)`,
		"1 ranges of read articles beyond":     `INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined) VALUES (1, 1, 99, 1, 5, 0)`,
		"1 ranges of read articles with":       `INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined) VALUES (1, 1, 2, 1, 5, 1)`,
		"1 stories in lists of feeds":          `UPDATE story_feeds SET changed = 7`,
		"2 articles whose id may be given":     `UPDATE marks SET value = 0 WHERE name = 'article'`,
		"1 stories whose id may be given":      `UPDATE marks SET value = 0 WHERE name = 'story'`,
		"1 events whose id may be given":       `UPDATE marks SET value = 0 WHERE name = 'event'`,
		"1 stories that lists of feeds miss":   `DELETE FROM story_feeds`,
	} {
		t.Run(says, func(t *testing.T) {
			if strings.Contains(statement, "PRAGMA") {
				sqliteOnly(t)
			}
			db := newsroom(t, 2)
			settle(t, db, Settlement{Through: 2, Stories: []news.Story{story(1, 1, 1, 2)}})
			if err := errors.Join(db.AddUser(t.Context(), news.User{Name: "anna"}, "x"),
				errorOf(db.MarkItems(t.Context(), 1, news.Marking{Articles: []int64{2}, Read: true}))); err != nil {
				t.Fatal(err)
			}
			execute(t, db.Dir(), statement)
			saysAll(t, db.Check(t.Context()), says)
			if strings.Contains(says, "broken references") {
				return // nobody knows what was there
			}
			done, err := db.Repair(t.Context())
			if err != nil || len(done) == 0 {
				t.Errorf("repaired: %q, %v", done, err)
			}
			check(t, db)
			if done, err := db.Repair(t.Context()); err != nil || len(done) > 0 {
				t.Errorf("repaired again: %q, %v", done, err)
			}
		})
	}
}

// TestLostTextsAreReadAgain polls an item whose text was lost.
func TestLostTextsAreReadAgain(t *testing.T) {
	db := newsroom(t, 2)
	execute(t, db.Dir(), `UPDATE bodies SET body = x'01ffff' WHERE article_id = 1; DELETE FROM bodies WHERE article_id = 2`)
	done, err := db.Repair(t.Context())
	if err != nil || len(done) != 1 || !strings.HasPrefix(done[0], "2 articles whose text was lost") {
		t.Fatalf("%q, %v", done, err)
	}
	if a, err := db.Article(t.Context(), 1); err != nil || a.Text != "" || a.Title != "title 1" {
		t.Errorf("%+v, %v", a, err)
	}
	p := poll(news.Feed{ID: 1, URL: feedURL(0)}, article("g1", "title 1"), article("g2", "title 2"))
	if got := store(t, db, p)[0]; got != (Tally{Revised: 2}) {
		t.Errorf("the next poll gave %+v", got)
	}
	if a, err := db.Article(t.Context(), 2); err != nil || a.Text != "Words of title 2." {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestInterruptedSaysSo cancels methods during their transaction.
func TestInterruptedSaysSo(t *testing.T) {
	db := newsroom(t, 2)
	within := func(stop func()) func(query func() error) error {
		return func(query func() error) (err error) {
			stop()
			for err == nil { // until the transaction has ended with its context
				err = query()
			}
			return err
		}
	}
	for name, do := range map[string]func(ctx context.Context, run func(func() error) error) error{
		"write": func(ctx context.Context, run func(func() error) error) error {
			return db.write(ctx, "write", func(ctx context.Context, t tx) error {
				return run(func() error { return t.exec(ctx, `UPDATE feeds SET due = due + 1`) })
			})
		},
		"read": func(ctx context.Context, run func(func() error) error) error {
			return db.read(ctx, "read", func(t *sql.Tx) error {
				return run(func() error {
					_, err := t.ExecContext(context.WithoutCancel(ctx), `SELECT count(*) FROM feeds`)
					return err
				})
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			err := do(ctx, within(cancel))
			if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "transaction") {
				t.Errorf("it says: %v", err)
			}
		})
	}
}
