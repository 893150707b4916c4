package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	_ "modernc.org/sqlite"

	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// notForwarded are the commands and flags that a server does not run for another process, and why.
var notForwarded = map[string]string{
	"serve":     "it is the server",
	"demo":      "it has a data folder of its own",
	"downgrade": "it needs a folder that no server holds; downgrade.txtar holds what it says",
	"compact":   "it holds the store for long; clientserver.txtar holds what it says",
	"restore":   "it needs an empty folder; clientserver.txtar holds what it says",
	"help":      "it asks nobody",
	"reload":    "it needs a server; reload.txtar holds what it says",

	"secrets":         "its commands make a file, or need a folder that no server holds; secrets.txtar holds what they say",
	"secrets key":     "see secrets",
	"secrets rotate":  "see secrets",
	"secrets decrypt": "see secrets",
	"secrets forget":  "see secrets",

	"doctor --repair": "it is refused while a server works on what would be repaired",
}

// side is one of the data folders, in a working directory of its own, over which a test runs the same commands.
type side struct {
	name, dir string
	database  string // the address of its PostgreSQL database; "" is SQLite
}

// TestForwardedCommands runs each command line of testdata/clientserver.txt over a data folder, over a copy of it that a
// server holds, and beside a server on PostgreSQL. Output, exit codes, files and what is stored must be the same. A command or
// flag that is in none of the lines fails the test.
func TestForwardedCommands(t *testing.T) {
	lines := commandLines(t)
	for what := range uncovered(lines) {
		t.Errorf("%s stands in no line of testdata/clientserver.txt", what)
	}
	if testing.Short() {
		t.Skip("runs a server and hundreds of commands")
	}
	news := newsServer(t)
	for name, value := range map[string]string{
		"HEADWATER_LISTS": "", "HEADWATER_FETCH_ALLOW_PRIVATE": "127.0.0.0/8", "HEADWATER_FETCH_PAUSE": "0s", "HEADWATER_CONFIG": "",
		"HEADWATER_ORIGIN_FETCH_SOURCES": "false", "HEADWATER_PUBLIC_URL": "https://news.example", "HEADWATER_DATA": "",
		"HEADWATER_POLL_SCHEDULE": "@every 1000h", "HEADWATER_SMTP_HOST": "127.0.0.1", "HEADWATER_SMTP_FROM": "news@news.example",
	} {
		t.Setenv(name, value)
	}
	without := side{name: "without a server", dir: t.TempDir()}
	with := side{name: "server", dir: t.TempDir()}
	prepareData(t, without, news)
	if err := os.CopyFS(with.dir, os.DirFS(without.dir)); err != nil {
		t.Fatal(err)
	}
	startServer(t, with)
	others := []side{with}
	if pgtest.Installed() {
		onPostgreSQL := side{"server on PostgreSQL", t.TempDir(), pgtest.Database(t)}
		prepareData(t, onPostgreSQL, news)
		sameInstance(t, without, onPostgreSQL)
		startServer(t, onPostgreSQL)
		others = append(others, onPostgreSQL)
	}
	next := "" // what the last list goes on with
	for _, l := range lines {
		args := slices.Clone(l.args)
		for i, a := range args {
			args[i] = strings.NewReplacer("$NEWS", news, "$HOST", strings.TrimPrefix(news, "http://"), "$NEXT", next).Replace(a)
		}
		a := runIn(t, without, args, l.stdin)
		if m := nextCursor.FindStringSubmatch(a.stdout); m != nil {
			next = m[1]
		}
		if a.code != l.code {
			t.Errorf("headwater %s: exit code %d, want %d:\n%s%s", strings.Join(args, " "), a.code, l.code, a.stdout, a.stderr)
		}
		a = masked(a)
		files, rows := filesIn(t, without), stored(t, without)
		for _, s := range others {
			b := masked(runIn(t, s, args, l.stdin))
			if diff := gocmp.Diff(a, b, gocmp.AllowUnexported(runResult{})); diff != "" {
				t.Errorf("headwater %s (-without +%s):\n%s", strings.Join(args, " "), s.name, diff)
			}
			if diff := gocmp.Diff(files, filesIn(t, s)); diff != "" {
				t.Errorf("headwater %s writes files (-without +%s):\n%s", strings.Join(args, " "), s.name, diff)
			}
			if diff := gocmp.Diff(rows, stored(t, s)); diff != "" {
				t.Fatalf("headwater %s stores (-without +%s):\n%s", strings.Join(args, " "), s.name, diff)
			}
		}
	}
}

// sameInstance gives the database of a side the id of another's, from which those of emitted feeds are made.
func sameInstance(t *testing.T, from, to side) {
	t.Helper()
	a, b := from.open(t), to.open(t)
	defer closed(t, a)
	defer closed(t, b)
	ids := column(t, a, `SELECT value FROM settings WHERE key = 'instance'`)
	if _, err := b.ExecContext(t.Context(), `UPDATE settings SET value = $1 WHERE key = 'instance'`, ids[0]); err != nil {
		t.Fatal(err)
	}
}

// commandLine is a command line, what stands on its standard input, and its exit code.
type commandLine struct {
	args  []string
	stdin string
	code  int
}

// commandLines reads testdata/clientserver.txt: a command line each, with words in single quotation marks as a shell takes them.
// Before it may stand the exit code, behind it "< " and its standard input.
func commandLines(t *testing.T) (lines []commandLine) {
	t.Helper()
	data, err := os.ReadFile("testdata/clientserver.txt")
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`(?:[^\s']|'[^']*')+`)
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		var l commandLine
		if code := text[0]; code >= '0' && code <= '9' {
			l.code, text = int(code-'0'), text[2:]
		}
		text, l.stdin, _ = strings.Cut(text, " < ")
		l.stdin = strings.ReplaceAll(l.stdin, `\n`, "\n")
		for _, w := range word.FindAllString(text, -1) {
			l.args = append(l.args, strings.ReplaceAll(w, "'", ""))
		}
		lines = append(lines, l)
	}
	return lines
}

// uncovered gives the commands and flags that stand in none of the lines.
func uncovered(lines []commandLine) map[string]bool {
	missing := map[string]bool{}
	for _, cmd := range commands((&cli{}).rootCommand()) {
		path := strings.TrimPrefix(cmd.CommandPath(), "headwater ")
		if notForwarded[path] != "" || cmd.RunE == nil || cmd.Root() == cmd || cmd.HasSubCommands() && cmd.Name() != "story" {
			continue
		}
		missing["headwater "+path] = true
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && notForwarded[path+" --"+f.Name] == "" {
				missing["headwater "+path+" --"+f.Name] = true
			}
		})
	}
	for _, l := range lines {
		root := (&cli{}).rootCommand()
		cmd, rest, err := root.Find(l.args)
		if err != nil {
			continue
		}
		delete(missing, cmd.CommandPath())
		if cmd.ParseFlags(rest) == nil {
			cmd.Flags().Visit(func(f *pflag.Flag) { delete(missing, cmd.CommandPath()+" --"+f.Name) })
		}
	}
	return missing
}

// TestUncovered holds that a command or flag which nobody thought of is found.
func TestUncovered(t *testing.T) {
	missing := uncovered([]commandLine{{args: []string{"feed", "list"}}, {args: []string{"emit", "-o", "x"}}})
	for what, want := range map[string]bool{
		"headwater feed list": false, "headwater feed list --json": true, "headwater emit": false, "headwater emit --output": false,
		"headwater emit --full": true, "headwater poll": true, "headwater serve": false, "headwater story": true, "headwater topic": false,
	} {
		if missing[what] != want {
			t.Errorf("%s is missing: %t, want %t", what, missing[what], want)
		}
	}
}

// newsServer serves testdata/www and what else the lines ask for.
func newsServer(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	oddNews(mux)
	pages := map[string]string{
		"/two.html":    `<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="other.xml"><link rel="alternate" type="application/rss+xml" href="comments.xml">`,
		"/bare.html":   `<!DOCTYPE html><title>Bare</title>`,
		"/picture.gif": "GIF89a##",
		"/list.opml":   `<opml version="2.0"><body><outline type="rss" text="Ä, b" xmlUrl="https://a.example/feed"/></body></opml>`,
	}
	for path, page := range pages {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { write(w, page) })
	}
	for _, name := range []string{"comments", "more", "late", "other"} {
		mux.HandleFunc("/"+name+".xml", func(w http.ResponseWriter, _ *http.Request) {
			write(w, `<rss version="2.0"><channel><title>`+name+`</title><item><title>A `+name+` item about gulls</title><guid>1</guid><pubDate>Thu, 20 Aug 2026 10:00:00 GMT</pubDate></item></channel></rss>`)
		})
	}
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/{file}", func(w http.ResponseWriter, r *http.Request) {
		serveFile(w, r, filepath.Join("testdata", "www", filepath.Base(r.PathValue("file"))))
	})
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	served := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(here, "testdata", "www", filepath.Base(r.URL.Path))
		if _, err := os.Stat(name); err == nil && r.URL.Path != "/" {
			serveFile(w, r, name)
			return
		}
		mux.ServeHTTP(w, r)
	})
	s := httptest.NewServer(served)
	t.Cleanup(s.Close)
	return s.URL
}

// prepareData makes the data folder that all sides begin with, and the files that the lines name.
func prepareData(t *testing.T, s side, news string) {
	t.Helper()
	files := map[string]string{
		"list.opml":     `<opml version="2.0"><body><outline type="rss" xmlUrl="https://b.example/feed"/><outline text="of a list" headwaterQuery="gull"/></body></opml>`,
		"secret.txt":    "a-long-enough-secret\n",
		"signing.txt":   "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
		"articles.json": `{"id":1,"title":"A gull","text":"A gull was seen at the pier."}` + "\n",
		"config.yaml":   "group:\n  window: 72h\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"feed add --no-discover " + news + "/wire.xml", "poll", "feed add --no-discover " + news + "/paper.xml", "poll",
		"feed add --no-discover " + news + "/club.json", "poll", "user add anna --role admin --password-file secret.txt", "topic add shore gull", "emit", "poll",
	} {
		if r := runIn(t, s, strings.Fields(line), ""); r.code != exitOK {
			t.Fatalf("headwater %s: %+v", line, r)
		}
	}
}

// startServer starts a server that holds the data folder of a side, in a process and a working directory of its own.
func startServer(t *testing.T, s side) {
	t.Helper()
	t.Setenv("HEADWATER_DATABASE", s.database)
	program := ownProgram(t)
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(s.dir, "data"))
	cmd.Dir = filepath.Dir(program)
	cmd.Env = append(os.Environ(), ticksOnly+"=yes") // commands poll, as without a server
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.Contains(lines.Text(), "msg=serving") {
				close(ready)
			}
		}
	}()
	t.Cleanup(func() {
		err := cmd.Process.Signal(os.Interrupt)
		<-ended
		if err := errors.Join(err, cmd.Wait()); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case <-ready:
	case <-ended:
		t.Fatal("the server ended before it served")
	}
}

// runIn runs a command line in the working directory of a side, over the data folder data there.
func runIn(t *testing.T, s side, args []string, stdin string) runResult {
	t.Helper()
	t.Chdir(s.dir)
	t.Setenv("HEADWATER_DATABASE", s.database)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append([]string{"--data", "data"}, args...), strings.NewReader(stdin), &stdout, &stderr)
	elsewhere := strings.NewReplacer(s.dir, "$DIR")
	return runResult{code, elsewhere.Replace(stdout.String()), elsewhere.Replace(stderr.String())}
}

var (
	nextCursor = regexp.MustCompile(`"next": "([^"]+)"`)
	// serverRow is what doctor says of a server and of a PostgreSQL alone.
	serverRow = regexp.MustCompile(`(?m)^ok +(?:server|database|nodes) .*\n|(?s) *\{\s*"what": "(?:server|database|nodes)",.*?\},\n`)
	// newStories counts what topics match: a server does that at once, others do with the next poll.
	newStories = regexp.MustCompile(`\d+ new  |"new": \d+`)
	spaces     = regexp.MustCompile(` {2,}`)
	incidental = []*regexp.Regexp{
		regexp.MustCompile(`"next": "[^"]+"`),
		regexp.MustCompile(`\d+(?:\.\d+)? [KM]B for `),
		regexp.MustCompile(`"took_ns": \d+| in [\d.]+m?s\.`),
		regexp.MustCompile(`/feeds/t/[A-Z2-7]{26}|whsec_[\w+/=]+`),
		regexp.MustCompile(`(?m)^[A-Z2-7]{40,}$|^[\w-]{43,}$`), // a token
	}
	instant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\dZ)?|\d+ \w+ \d{4} \d\d:\d\d|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [A-Z+\d]+`)
)

// masked leaves out what differs between any two runs: times of this day and of the days to come, durations and secrets.
func masked(s runResult) runResult {
	for _, text := range []*string{&s.stdout, &s.stderr} {
		*text = serverRow.ReplaceAllString(*text, "")
		*text = newStories.ReplaceAllString(*text, "")
		for _, x := range incidental {
			*text = x.ReplaceAllString(*text, "...")
		}
		*text = instant.ReplaceAllStringFunc(*text, func(at string) string {
			for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2 Jan 2006 15:04", time.RFC1123, time.RFC1123Z, "2006-01-02 15:04:05Z"} {
				if when, err := time.Parse(layout, at); err == nil && when.After(time.Now().Add(-48*time.Hour)) {
					return "NOW"
				}
			}
			return at
		})
		*text = spaces.ReplaceAllString(*text, "  ")
	}
	return s
}

// filesIn gives the files of a side's working directory that are text.
func filesIn(t *testing.T, s side) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
		switch {
		case e.IsDir():
		case err != nil:
			t.Fatal(err)
		case strings.HasSuffix(e.Name(), ".db"):
			files[e.Name()] = "a backup"
		case strings.HasSuffix(e.Name(), ".sha256"):
			files[e.Name()] = "its checksum"
		default:
			files[e.Name()] = masked(runResult{stdout: string(data)}).stdout
		}
	}
	return files
}

// followedBehind are tables that a server keeps up to date by itself behind what is stored, and other commands at the next poll.
var followedBehind = []string{"marks", "matches", "topic_stories", "topic_articles", "alert_told", "alert_outbox", "habits", "goose_db_version", "wanted_pages", "sqlite_sequence"}

// ofProcesses are tables about the processes that write, and a server is one for many commands.
var ofProcesses = []string{"epochs", "nodes", "leaders", "leases", "poll_hosts", "outcomes", "window_log"}

// maskedColumns differ in each run, or by whether a topic has been filled yet.
var maskedColumns = []string{"filled", "seen", "secret", "hash", "password", "salt", "token", "signature"}

// incidentalSettings are made when serving begins, or are times.
var incidentalSettings = []string{"callback", "picture key", "read through", "retention clock"}

// open opens the database beside the program, over one connection.
// Whoever compares after each command closes it at once: a server takes only so many connections.
func (s side) open(t *testing.T) *sql.DB {
	t.Helper()
	u := url.URL{Scheme: "file", Path: filepath.Join(s.dir, "data", store.File), RawQuery: "mode=ro"}
	driver, source := "sqlite", u.String()
	if s.database != "" {
		driver, source = "pgx", s.database
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// stored gives every row of every table of a side, but for times of this day and secrets.
func stored(t *testing.T, s side) map[string][]string {
	t.Helper()
	db := s.open(t)
	defer closed(t, db)
	list := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if s.database != "" {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'writer' ORDER BY table_name`
	}
	tables := map[string][]string{}
	for _, name := range column(t, db, list) {
		if !slices.Contains(followedBehind, name) && !slices.Contains(ofProcesses, name) {
			tables[name] = slices.DeleteFunc(dump(t, db, name), func(row string) bool {
				key, _, _ := strings.Cut(strings.TrimPrefix(row, `key="`), `"`)
				return name == "settings" && slices.Contains(incidentalSettings, key)
			})
		}
	}
	if len(tables) < 10 {
		t.Fatalf("only %d tables", len(tables))
	}
	return tables
}

func closed(t *testing.T, db *sql.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func column(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // an error while reading shows in rows.Err
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func dump(t *testing.T, db *sql.DB, table string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // as above
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(-48 * time.Hour).UnixMilli()
	for rows.Next() {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			n, isNumber := v.(int64)
			switch {
			case slices.Contains(maskedColumns, names[i]) && v != nil && v != "":
				v = "..."
			case isNumber && n > soon:
				v = "NOW"
			}
			switch bytes := v.(type) { // what is text in one engine may be bytes in the other
			case string:
				v = fmt.Sprintf("%q", bytes)
			case []byte:
				v = fmt.Sprintf("%q", bytes)
			}
			fmt.Fprintf(&b, "%s=%v ", names[i], v)
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
