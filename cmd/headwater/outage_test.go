package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/store/pgtest"
)

// child is a server in a process of its own.
type child struct {
	cmd   *exec.Cmd
	data  string        // its folder
	ended chan struct{} // closed when its log has ended
	mu    sync.Mutex
	log   bytes.Buffer
}

// startChild starts a server over a data folder, on a free port unless the settings name a file. settings are variables of its environment.
func startChild(t *testing.T, data string, settings ...string) *child {
	t.Helper()
	program := ownProgram(t)
	args := []string{"serve", "--data", data}
	if !slices.ContainsFunc(settings, func(s string) bool { return strings.HasPrefix(s, "HEADWATER_CONFIG=") }) {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	c := &child{data: data, cmd: exec.Command(program, args...), ended: make(chan struct{})}
	c.cmd.Dir = filepath.Dir(program)
	c.cmd.Env = append(environ(), append([]string{"HEADWATER_LISTS=", "HEADWATER_POLL_SCHEDULE=@every 1000h"}, settings...)...)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			c.mu.Lock()
			c.log.WriteString(lines.Text() + "\n")
			c.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			if err := c.stop(); err != nil {
				t.Errorf("the server ended with %v", err)
			}
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", c.said())
		}
	})
	return c
}

func (c *child) stop() error {
	err := c.cmd.Process.Signal(os.Interrupt)
	<-c.ended
	return errors.Join(err, c.cmd.Wait())
}

func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

var servingAt = regexp.MustCompile(`msg=serving url=(\S+)`)

// url waits until the server serves, and returns its address.
func (c *child) url(t *testing.T) string {
	t.Helper()
	var found []string
	within(t, time.Minute, "the server serves", func() bool {
		found = servingAt.FindStringSubmatch(c.said())
		return found != nil
	})
	return found[1]
}

// within waits for a condition.
func within(t *testing.T, most time.Duration, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > most {
			t.Fatalf("%s have passed without: %s", most, what)
		}
	}
}

// ask returns the status, the headers and the text of an answer.
func ask(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	send := http.Get
	if strings.HasSuffix(url, "/ClientLogin") {
		send = func(url string) (*http.Response, error) {
			return http.Post(url, "application/x-www-form-urlencoded", strings.NewReader("Email=anna&Passwd=secret"))
		}
	}
	resp, err := send(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// TestDatabaseGoesAway starts a server before its PostgreSQL, and stops and kills PostgreSQL while it serves.
func TestDatabaseGoesAway(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{Host: "127.0.0.1"})
	database := s.Database(t)
	if err := s.Stop(false); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HEADWATER_DATABASE", database)
	var stderr bytes.Buffer
	began := time.Now()
	if code := run(t.Context(), []string{"--data", t.TempDir(), "feed", "list"}, strings.NewReader(""), io.Discard, &stderr); code != exitFailed ||
		!strings.Contains(stderr.String(), "cannot be reached; check that it runs") || time.Since(began) > 10*time.Second {
		t.Errorf("a command gives %d after %s: %s", code, time.Since(began), &stderr)
	}

	server := startChild(t, t.TempDir())
	within(t, time.Minute, "the server says that it waits", func() bool { return strings.Contains(server.said(), "waiting for it") })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	base := server.url(t)
	within(t, time.Minute, "the server is ready", func() bool { status, _, _ := ask(t, base+"/readyz"); return status == http.StatusOK })

	for i, stop := range []func() error{s.Kill, func() error { return s.Stop(false) }, func() error { return s.Stop(true) }} {
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		within(t, 10*time.Second, "the server is not ready", func() bool {
			status, _, _ := ask(t, base+"/readyz")
			return status == http.StatusServiceUnavailable
		})
		for path, says := range map[string]string{
			"/":                     "The database cannot be reached. Nothing is lost",
			"/feeds":                "The database cannot be reached",
			"/api/v1/status":        `"detail":"the database cannot be reached`,
			"/api/v1/opml":          `"detail":"the database cannot be reached`,
			"/feeds/all.atom":       "The database cannot be reached",
			"/accounts/ClientLogin": "the database cannot be reached; try again later",
		} {
			status, header, text := ask(t, base+path)
			if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(text, says) {
				t.Errorf("%s gives %d, Retry-After %q: %.300s", path, status, header.Get("Retry-After"), text)
			}
		}
		for _, data := range []string{server.data, t.TempDir()} {
			var out bytes.Buffer
			code := run(t.Context(), []string{"--data", data, "doctor"}, strings.NewReader(""), &out, io.Discard)
			if code != exitFailed || strings.Count(out.String(), "FAILED") != 1 || !strings.Contains(out.String(), "The other checks need the database and were left out") {
				t.Errorf("doctor gives %d: %s", code, &out)
			}
		}
		if status, _, _ := ask(t, base+"/healthz"); status != http.StatusOK {
			t.Errorf("/healthz gives %d while the database is away", status)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		within(t, 10*time.Second, "the server is ready again", func() bool { status, _, _ := ask(t, base+"/readyz"); return status == http.StatusOK })
		within(t, 10*time.Second, "the front page is there again", func() bool { status, _, _ := ask(t, base+"/"); return status == http.StatusOK })
		if n := strings.Count(server.said(), "the database is away"); n != i+1 {
			t.Errorf("after %d outages the log tells of %d", i+1, n)
		}
	}
	if n := strings.Count(server.said(), "the database is back"); n != 3 {
		t.Errorf("the log tells %d times that the database is back, want 3", n)
	}
}

// TestExamineWithoutDatabase has a server whose database has gone away examine itself.
func TestExamineWithoutDatabase(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{Host: "127.0.0.1"})
	cfg := config.Default()
	cfg.Data, cfg.Database = t.TempDir(), config.Secret(s.Database(t))
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(false); err != nil {
		t.Fatal(err)
	}
	found := a.examine(t.Context())
	if len(found) != 1 || found[0].What != "database" || found[0].OK || !strings.Contains(found[0].Detail, "were left out") {
		t.Errorf("got %+v, want that the database cannot be reached and nothing else", found)
	}
	if err := errors.Join(s.Start(), a.close()); err != nil {
		t.Fatal(err)
	}
}

// TestFullDiskEndsTheServer fills the file system below a data folder while a server runs.
func TestFullDiskEndsTheServer(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	data := filepath.Join(small, "data")
	server := startChild(t, data)
	server.url(t)
	here := t.TempDir()
	list := func(name string, feeds int) string {
		var b strings.Builder
		b.WriteString(`<opml version="2.0"><body>`)
		for i := range feeds {
			fmt.Fprintf(&b, `<outline type="rss" text="%s" xmlUrl="https://%s%d.example/feed"/>`, strings.Repeat("long ", 40), name, i)
		}
		b.WriteString(`</body></opml>`)
		path := filepath.Join(here, name+".opml")
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	command := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"--data", data}, args...), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	if code, out := command("feed", "import", list("acknowledged", 50)); code != exitOK {
		t.Fatalf("import gives %d: %s", code, out)
	}
	filler, err := os.Create(filepath.Join(small, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = filler.Write(block)
	}
	if err := filler.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if code, out := command("feed", "import", list("toomany", 20_000)); code == exitOK {
		t.Errorf("a full disk took 20,000 feeds: %s", out)
	}
	select {
	case <-server.ended:
	case <-time.After(time.Minute):
		t.Fatal("the server goes on with a full disk")
	}
	if err := server.cmd.Wait(); server.cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("the server ended with %v", err)
	}
	if said := server.said(); !strings.Contains(said, "is full; free some space") {
		t.Errorf("the server does not say that the disk is full:\n%s", said)
	}
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	again := startChild(t, data)
	again.url(t)
	if code, out := command("feed", "list"); code != exitOK || strings.Count(out, "https://acknowledged") != 50 || strings.Contains(out, "toomany") {
		t.Errorf("feed list gives %d; want the 50 feeds of before: %.500s", code, out)
	}
}
