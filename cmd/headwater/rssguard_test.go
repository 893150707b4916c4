package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"headwater/internal/serve/browsertest"
)

// rssGuard is RSS Guard on a display of its own, with an account of a running server.
type rssGuard struct {
	t   *testing.T
	dir string // its data
	env []string
	db  *sql.DB
}

// TestRSSGuard reads the demo with Debian's RSS Guard beside the pages (make rssguard): what is read, starred and marked as unread in one is so
// in the other once RSS Guard has fetched.
func TestRSSGuard(t *testing.T) {
	if os.Getenv("HEADWATER_TEST_RSSGUARD") == "" {
		t.Skip("set HEADWATER_TEST_RSSGUARD, or run make rssguard, which installs RSS Guard and a display for it")
	}
	r := &reader{server: startDemo(t)}
	r.auth = r.login(t)
	g := startRSSGuard(t, r.server)
	all := r.count(t, "reading-list")
	g.fetch("every article", func() bool { return g.count("is_read = 0") == all })

	// Marks made in RSS Guard.
	g.until("an article", func() bool { return g.count("is_read = 1") > 0 }, "F2", "F3") // the next feed, its next article
	g.press("F7")                                                                        // stars it
	g.wait("the star", func() bool { return g.count("is_important = 1") == 1 })
	g.fetch("marks of RSS Guard on the server", func() bool { return r.count(t, "read") > 0 && r.count(t, "starred") == 1 })
	read, had := r.count(t, "read"), g.count("is_read = 1")
	g.press("F7")
	g.wait("no star", func() bool { return g.count("is_important = 1") == 0 })
	g.press("F6") // marks it as unread
	g.wait("an unread article", func() bool { return g.count("is_read = 1") == had-1 })
	g.fetch("fewer marks on the server", func() bool { return r.count(t, "starred") == 0 && r.count(t, "read") == read-1 })

	// Marks made on the pages.
	var page struct{ ItemRefs []struct{ ID string } }
	r.get(t, "stream/items/ids?n=5&s=user/-/state/com.google/reading-list", &page)
	if len(page.ItemRefs) != 5 {
		t.Fatalf("%d articles", len(page.ItemRefs))
	}
	marks := func(name string, refs ...int) {
		form := url.Values{}
		for _, i := range refs {
			form.Add(name, page.ItemRefs[i].ID)
		}
		r.ask(t, "/marks", form)
	}
	agree := func() bool {
		return g.count("is_read = 1") == r.count(t, "read") && g.count("is_important = 1") == r.count(t, "starred")
	}
	marks("read", 0, 1, 2)
	marks("star", 1, 3)
	if agree() {
		t.Fatal("RSS Guard has the marks of the pages before it fetched")
	}
	g.fetch("marks of the pages in RSS Guard", agree)
	marks("unread", 0)
	marks("unstar", 3)
	g.fetch("what was taken back on the pages", agree)
}

// startRSSGuard starts RSS Guard with an account of the server, and waits until it has the list of feeds.
func startRSSGuard(t *testing.T, server string) *rssGuard {
	t.Helper()
	for _, name := range []string{"rssguard", "Xvfb", "xdotool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is not installed (on Debian: apt-get install rssguard xvfb xdotool)", name)
		}
	}
	home := t.TempDir()
	g := &rssGuard{t: t, dir: filepath.Join(home, "data")}
	g.env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_RUNTIME_DIR="+home, "LC_ALL=C.UTF-8", "QTWEBENGINE_DISABLE_SANDBOX=1", "DISPLAY="+startDisplay(t))
	if err := os.MkdirAll(filepath.Join(g.dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	stop := g.start()
	path := filepath.Join(g.dir, "database", "database.db")
	var err error
	if g.db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.db.Close() }) // it was read only
	g.wait("its database", func() bool {
		var n int
		_, err := os.Stat(path)
		return err == nil && g.db.QueryRowContext(t.Context(), "SELECT count(*) FROM Accounts").Scan(&n) == nil
	})
	version := strings.TrimPrefix(g.window(), "RSS Guard ")
	stop()
	settings := "[main]\nfirst_run=false\nfirst_run_" + version + "=false\n\n[keyboard]\nm_actionUpdateAllItems=F1\nm_actionSelectNextItem=F2\nm_actionSelectNextMessage=F3\n" +
		"m_actionMarkSelectedMessagesAsUnread=F6\nm_actionSwitchImportanceOfSelectedMessages=F7\n"
	for name, text := range map[string]string{"config.ini": settings, "key.private": fmt.Sprint(rssGuardKey)} {
		if err := os.WriteFile(filepath.Join(g.dir, "config", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	account, err := json.Marshal(map[string]any{"service": 1, "username": demoUser, "password": rssGuardPassword(demoPassword), "url": server, "batch_size": 500, "intelligent_synchronization": true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(t.Context(), "INSERT INTO Accounts (id, type, custom_data) VALUES (9, 'greader', ?)", string(account)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.start())
	g.wait("the list of feeds", func() bool {
		var n int
		return g.db.QueryRowContext(t.Context(), "SELECT count(*) FROM Feeds WHERE account_id = 9").Scan(&n) == nil && n > 0
	})
	t.Log(g.window())
	return g
}

// window waits for the window, gives it the focus, and returns its title.
func (g *rssGuard) window() (title string) {
	g.t.Helper()
	g.wait("its window", func() bool {
		out, err := g.xdotool("search", "--onlyvisible", "--name", "RSS Guard [0-9]")
		windows := strings.Fields(out)
		if err != nil || len(windows) == 0 {
			return false
		}
		if _, err = g.xdotool("windowfocus", windows[0]); err == nil {
			title, err = g.xdotool("getwindowname", windows[0])
		}
		return err == nil
	})
	return strings.TrimSpace(title)
}

// rssGuardKey obscures the passwords that RSS Guard stores.
const rssGuardKey = 1

// rssGuardPassword obscures a password as RSS Guard reads it: a version, no flags, and a random byte with the text, each xored with a byte of the
// key and with the byte before it.
func rssGuardPassword(password string) string {
	out := []byte{3, 0}
	last := byte(0)
	for i, c := range []byte("x" + password) {
		last ^= c
		if i%8 == 0 {
			last ^= rssGuardKey
		}
		out = append(out, last)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// startDisplay starts an X server without a screen, and gives its name.
func startDisplay(t *testing.T) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(cmd.Process.Kill(), cmd.Wait()) })
	_ = write.Close() // the server has its own
	number, err := io.ReadAll(io.LimitReader(read, 2))
	if err != nil || len(bytes.TrimSpace(number)) == 0 {
		t.Fatalf("Xvfb names no display: %q %v", number, err)
	}
	return ":" + string(bytes.TrimSpace(number))
}

// start starts RSS Guard and gives what ends it.
func (g *rssGuard) start() (stop func()) {
	g.t.Helper()
	cmd := exec.Command("rssguard", "-n", "-d", g.dir)
	cmd.Env = g.env
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	return func() { _ = errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()) }
}

func (g *rssGuard) xdotool(args ...string) (string, error) {
	cmd := exec.CommandContext(g.t.Context(), "xdotool", args...)
	cmd.Env = g.env
	out, err := cmd.Output()
	return string(out), err
}

func (g *rssGuard) press(key string) {
	g.t.Helper()
	if _, err := g.xdotool("key", key); err != nil {
		g.t.Fatalf("%s: %v", key, err)
	}
}

// count is how many articles RSS Guard has in a state.
func (g *rssGuard) count(state string) (n int) {
	g.t.Helper()
	if err := g.db.QueryRowContext(g.t.Context(), "SELECT count(*) FROM Messages WHERE account_id = 9 AND "+state).Scan(&n); err != nil {
		g.t.Fatal(err)
	}
	return n
}

// fetch has RSS Guard send its marks and fetch those of the server, and waits until something is so.
func (g *rssGuard) fetch(what string, done func() bool) {
	g.t.Helper()
	took := g.until(what, done, "F1")
	g.t.Logf("%s: %s after the key", what, took.Round(10*time.Millisecond))
}

// until presses keys, one after the other and again, until something is so, and says how long after the last one. A key that comes while RSS
// Guard is busy is lost.
func (g *rssGuard) until(what string, done func() bool, keys ...string) time.Duration {
	g.t.Helper()
	const enough = 3 * time.Second // for what a key does
	var pressed time.Time
	i := 0
	g.wait(what, func() bool {
		if done() {
			return true
		}
		if time.Since(pressed) > enough {
			pressed = time.Now()
			g.press(keys[i%len(keys)])
			i++
		}
		return false
	})
	return time.Since(pressed)
}

func (g *rssGuard) wait(what string, done func() bool) {
	g.t.Helper()
	for end := time.Now().Add(browsertest.Patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatalf("waited %s in vain for %s", browsertest.Patience, what)
		}
	}
}
