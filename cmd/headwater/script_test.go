package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"headwater/internal/store/pgtest"
)

// TestScripts runs testdata/script/*.txtar. Beside testscript's own commands they have
//
//	exits N PROGRAM ARG...   run it; it must end with exactly N
//	json FILE [PATH WANT]    FILE is one JSON value, and what stands at PATH ("articles.0.title", "articles.len") is WANT
//	jsonlines FILE PATH WANT each line of FILE is a JSON value; those at PATH, one after another with spaces, are WANT
//	xml FILE                 FILE is well-formed XML
//	expand FILE...           replace $NEWS in files
//	entryids FILE            print the ids in an emitted feed, one a line in alphabetical order
//	serve                    start headwater serve on a free port of loopback; $SERVER is its address, $ADDRESS that without http://
//	get URL [STATUS]         print what a server answers
//	interrupt                send the server SIGINT: it must end with 0 within 10 s
//	asked                    wait until $NEWS/slow, which never answers, is asked for
//	slay                     kill the server with SIGKILL
//
// and the conditions [exists:FILE], and [postgresql] while scripts run on PostgreSQL. With -short, only scripts that serve run.
//
// $NEWS is a server of this test's own, and $HOST its address without http://: it has the files of $WORK/www, which begins as testdata/www, and those of oddNews.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script", false, setUp) }

// TestScriptsOnPostgreSQL runs them again. Each data folder of a script has a database of its own, which begins empty. A
// script that is about SQLite's file, or that stores nothing, ends where it says so.
func TestScriptsOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("runs hundreds of commands a second time")
	}
	pgtest.Database(t) // skips without PostgreSQL
	runScripts(t, "testdata/script", true, setUp)
}

// TestMoveBetweenEngines runs testdata/move/*.txtar, where $POSTGRES is the address of an empty database.
func TestMoveBetweenEngines(t *testing.T) {
	database := pgtest.Database(t)
	runScripts(t, "testdata/move", false, func(env *testscript.Env) error {
		env.Setenv("POSTGRES", database)
		return setUp(env)
	})
}

func runScripts(t *testing.T, dir string, postgresql bool, setUp func(*testscript.Env) error) {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts in %s, err %v", len(scripts), dir, err)
	}
	if testing.Short() {
		scripts = slices.DeleteFunc(scripts, func(name string) bool {
			text, err := os.ReadFile(name)
			return err == nil && !serveLine.Match(text)
		})
		if len(scripts) == 0 {
			t.Skip("no script serves")
		}
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			if tb, ok := env.T().(testing.TB); ok && postgresql {
				env.Values[databasesKey{}] = &databases{tb, map[string]string{}}
			}
			return setUp(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": checkJSON, "jsonlines": checkJSONLines, "xml": checkXML, "expand": expand, "entryids": entryIDs,
			"serve": serveCommand, "get": get, "interrupt": interrupt, "hangup": hangup, "slay": slay, "asked": asked,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "postgresql" {
				return postgresql, nil
			}
			if name, ok := strings.CutPrefix(cond, "exists:"); ok {
				_, err := os.Stat(name)
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// serveLine starts a server in a script.
var serveLine = regexp.MustCompile(`(?m)^serve\b`)

type databasesKey struct{}

// databases are those of a script.
type databases struct {
	testing.TB

	urls map[string]string // by data folder
}

// setDatabase sets HEADWATER_DATABASE for the data folder that a command line works on.
func setDatabase(ts *testscript.TestScript, args []string) {
	d, ok := ts.Value(databasesKey{}).(*databases)
	if !ok {
		return
	}
	folder := ts.Getenv("HEADWATER_DATA")
	for i, arg := range args {
		if arg == "--data" && i+1 < len(args) {
			folder = args[i+1]
		}
	}
	folder = ts.MkAbs(folder)
	if d.urls[folder] == "" {
		d.urls[folder] = pgtest.Database(d)
	}
	ts.Setenv("HEADWATER_DATABASE", d.urls[folder])
}

type serverKey struct{}

func setUp(env *testscript.Env) error {
	www := filepath.Join(env.WorkDir, "www")
	if err := os.CopyFS(www, os.DirFS("testdata/www")); err != nil {
		return err
	}
	mux := http.NewServeMux()
	oddNews(mux)
	mux.HandleFunc("/{file}", func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, filepath.Join(www, r.PathValue("file"))) })
	press := httptest.NewServer(mux)
	env.Defer(press.Close)
	env.Values[serverKey{}] = &server{}
	env.Values[slowKey{}] = slow(mux)
	env.Setenv("NEWS", press.URL)
	env.Setenv("HOST", strings.TrimPrefix(press.URL, "http://"))
	env.Setenv("HEADWATER_DATA", filepath.Join(env.WorkDir, "data"))
	env.Setenv("HEADWATER_LISTS", "")
	env.Setenv("HEADWATER_FETCH_ALLOW_PRIVATE", "127.0.0.0/8")
	env.Setenv("HEADWATER_ORIGIN_FETCH_SOURCES", "false") // the invented outlets have no pages; a script about those turns it on
	env.Setenv("HEADWATER_FETCH_PAUSE", "0s")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // under the race detector each of hundreds of processes would wait a second
	return nil
}

// serveFile serves a file under an ETag that changes with it; a time of change would tell whole seconds only.
func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(data)))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

type slowKey struct{}

// slow adds an address that never answers, and gives a channel that is told of the first who asks.
func slow(mux *http.ServeMux) <-chan struct{} {
	heard := make(chan struct{}, 1)
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case heard <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	})
	return heard
}

func asked(ts *testscript.TestScript, _ bool, _ []string) {
	heard, ok := ts.Value(slowKey{}).(<-chan struct{})
	if !ok {
		ts.Fatalf("no server of news")
	}
	select {
	case <-heard:
	case <-time.After(time.Minute):
		ts.Fatalf("nobody asks for /slow")
	}
}

var publicationDates = regexp.MustCompile(`<pubDate>[^<]*</pubDate>`)

// oddNews adds answers that no file gives.
func oddNews(mux *http.ServeMux) {
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil {
			code = http.StatusBadRequest
		}
		http.Error(w, "so it was asked for", code)
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/wire.xml", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/today/{file}", func(w http.ResponseWriter, r *http.Request) {
		doc, err := os.ReadFile(filepath.Join("testdata/www", filepath.Base(r.PathValue("file"))))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		anHourAgo := time.Now().Add(-time.Hour).UTC().Format(time.RFC1123)
		write(w, string(publicationDates.ReplaceAll(doc, []byte("<pubDate>"+anHourAgo+"</pubDate>"))))
	})
	mux.HandleFunc("/pushed.xml", func(w http.ResponseWriter, r *http.Request) {
		write(w, `<rss version="2.0"><channel><title>Pushed</title><link rel="hub" href="http://`, r.Host, `/hub"/><item><title>One</title></item></channel></rss>`)
	})
	atHub := make(chan string, 10)
	mux.HandleFunc("POST /hub", func(w http.ResponseWriter, r *http.Request) {
		atHub <- r.PostFormValue("hub.mode") + " " + r.PostFormValue("hub.callback")
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /hub", func(w http.ResponseWriter, r *http.Request) { // answers when the hub has been asked
		select {
		case asked := <-atHub:
			write(w, asked)
		case <-time.After(time.Minute):
			http.Error(w, "nobody asks the hub", http.StatusGatewayTimeout)
		}
	})
	mux.HandleFunc("/inward", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://10.0.0.1/feed.xml", http.StatusFound)
	})
	mux.HandleFunc("POST /v1/embeddings", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk-1" {
			http.Error(w, `{"error":{"message":"no such key"}}`, http.StatusUnauthorized)
			return
		}
		var ask struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var data []string
		for i := range ask.Input {
			data = append(data, fmt.Sprintf(`{"index":%d,"embedding":[1,2,3]}`, i))
		}
		write(w, `{"data":[`, strings.Join(data, ","), `]}`)
	})
	mux.HandleFunc("/large.xml", func(w http.ResponseWriter, _ *http.Request) {
		item := "<item><title>" + strings.Repeat("word ", 20_000) + "</title></item>"
		write(w, `<rss version="2.0"><channel><title>Large</title>`, strings.Repeat(item, 110), `</channel></rss>`) // 11 MB
	})
	mux.HandleFunc("/deep.xml", func(w http.ResponseWriter, _ *http.Request) {
		write(w, `<rss version="2.0"><channel><title>Deep</title><item><title>Down</title>`, strings.Repeat("<a>", 5000),
			strings.Repeat("</a>", 5000), `</item></channel></rss>`)
	})
}

// write sends parts of a document to a reader who may hang up.
func write(w io.Writer, parts ...string) {
	_, _ = io.WriteString(w, strings.Join(parts, ""))
}

// exits runs a program and compares its exit code. Its streams are as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	setDatabase(ts, args)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// expand replaces $NEWS in files.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "$NEWS", ts.Getenv("NEWS"))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// server is a running headwater serve.
type server struct {
	cmd    *exec.Cmd
	ended  chan error
	stderr *strings.Builder // complete when ended
}

// serveCommand starts a server and waits for the line that says where it serves.
func serveCommand(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := ts.Value(serverKey{}).(*server)
	if !ok || s.cmd != nil {
		ts.Fatalf("a server runs already")
	}
	program, err := exec.LookPath("headwater")
	ts.Check(err)
	setDatabase(ts, args)
	s.cmd = exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "HEADWATER_DATA", "HEADWATER_DATABASE", "HEADWATER_LISTS", "HEADWATER_FETCH_ALLOW_PRIVATE", "HEADWATER_ORIGIN_FETCH_SOURCES", "HEADWATER_FETCH_PAUSE", "HEADWATER_CONFIG", "HEADWATER_SECRETS_KEY_FILE", "GORACE", ticksOnly} {
		if v := ts.Getenv(name); v != "" || name == "HEADWATER_LISTS" {
			s.cmd.Env = append(s.cmd.Env, name+"="+v)
		}
	}
	out, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	process := s.cmd.Process
	ts.Defer(func() { _ = process.Kill() }) // fails where it has ended, as it should have
	s.stderr, s.ended = &strings.Builder{}, make(chan error, 1)
	address := make(chan string, 1)
	go func() { s.ended <- s.follow(out, address) }()
	select {
	case url := <-address:
		ts.Setenv("SERVER", url)
		ts.Setenv("ADDRESS", strings.TrimPrefix(url, "http://"))
	case err := <-s.ended:
		ts.Fatalf("the server ended with %v before it served:\n%s", err, s.stderr)
	case <-time.After(time.Minute):
		ts.Fatalf("the server says no address")
	}
}

// follow reads the server's log to its end and gives how it ended.
func (s *server) follow(log io.Reader, address chan<- string) error {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		fmt.Fprintln(s.stderr, lines.Text())
		if _, url, ok := strings.Cut(lines.Text(), "msg=serving url="); ok {
			address <- url
		}
	}
	return s.cmd.Wait()
}

// interrupt ends the server as Ctrl-C does. Its log is in stderr.
func interrupt(ts *testscript.TestScript, _ bool, _ []string) {
	s, ok := ts.Value(serverKey{}).(*server)
	if !ok || s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	ts.Check(s.cmd.Process.Signal(syscall.SIGINT))
	select {
	case err := <-s.ended:
		write(ts.Stderr(), s.stderr.String())
		if err != nil {
			ts.Fatalf("the server ended with %v:\n%s", err, s.stderr)
		}
	case <-time.After(shutdownTime):
		ts.Fatalf("the server did not end within %s", shutdownTime)
	}
	s.cmd = nil
}

// hangup sends SIGHUP to the server, and waits until an address has a text.
func hangup(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := ts.Value(serverKey{}).(*server)
	if !ok || s.cmd == nil || len(args) != 2 {
		ts.Fatalf("usage: hangup ADDRESS TEXT, while a server runs")
	}
	ts.Check(s.cmd.Process.Signal(syscall.SIGHUP))
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(args[0])
		ts.Check(err)
		body, err := io.ReadAll(resp.Body)
		ts.Check(errors.Join(err, resp.Body.Close()))
		if strings.Contains(string(body), args[1]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s has no %q", args[0], args[1])
		}
	}
}

// slay kills the server.
func slay(ts *testscript.TestScript, _ bool, _ []string) {
	s, ok := ts.Value(serverKey{}).(*server)
	if !ok || s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	ts.Check(s.cmd.Process.Kill())
	ts.Logf("the server ended: %v", <-s.ended)
	s.cmd = nil
}

// get prints an answer. Without a status it must be 200.
func get(ts *testscript.TestScript, _ bool, args []string) {
	want := http.StatusOK
	if len(args) > 1 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	resp, err := http.Get(args[0])
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(errors.Join(err, resp.Body.Close()))
	_, err = ts.Stdout().Write(body)
	ts.Check(err)
	if resp.StatusCode != want {
		ts.Fatalf("GET %s: %s, want %d", args[0], resp.Status, want)
	}
}
