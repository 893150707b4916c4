package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// reader is somebody with newsboat and an account of a running server.
type reader struct {
	dir, mode, server, auth string
	from                    string // the page that requests say they come from; "" is none
}

// TestNewsboat reads the demo with Debian's newsboat: what is read and starred there is so here, and what is read here is
// so there. newsboat never asks a server for stars.
func TestNewsboat(t *testing.T) {
	if testing.Short() {
		t.Skip("drives newsboat for some seconds")
	}
	for _, name := range []string{"newsboat", "script"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (on Debian: apt-get install newsboat); what it asks is played in internal/serve/greader all the same", name)
		}
	}
	r := &reader{dir: t.TempDir(), mode: newsboatMode(t), server: startDemo(t)}
	r.configure(t)
	r.auth = r.login(t)

	r.newsboat(t, "-x", "reload")
	var list struct{ Subscriptions []struct{ ID string } }
	r.get(t, "subscription/list", &list)
	subscribed := len(list.Subscriptions)
	if got, want := r.unread(t), r.count(t, "reading-list"); subscribed == 0 || got != want || want == 0 {
		t.Fatalf("newsboat has %d unread articles of %d feeds, the server %d", got, subscribed, want)
	}
	before := r.unread(t)

	keys := r.start(t)
	keys.press("\r", func() bool { return strings.Contains(keys.seen(), "unread, ") }) // the first feed
	keys.press("\r", func() bool { return strings.Contains(keys.seen(), "Title: ") })  // its first article
	keys.press("q", func() bool { return r.count(t, "read") > 0 })
	opened := r.count(t, "read")                                                        // with the copies, where it stands for a story
	keys.press("\x05", func() bool { return strings.Contains(keys.seen(), "Flags: ") }) // Ctrl-E
	keys.press("S\r", func() bool { return r.count(t, "starred") == 1 })
	keys.press("\x05", nil)
	keys.press("\x7f\r", func() bool { return r.count(t, "starred") == 0 })
	keys.press("N", func() bool { return r.count(t, "read") == opened-1 })
	keys.press("qqq", nil)
	keys.end(t)

	var page struct{ ItemRefs []struct{ ID string } }
	r.get(t, "stream/items/ids?n=3&s=user/-/state/com.google/reading-list", &page)
	form := url.Values{"a": {"user/-/state/com.google/read"}}
	for _, ref := range page.ItemRefs {
		form.Add("i", ref.ID)
	}
	r.post(t, "edit-tag", form)
	r.get(t, "stream/items/ids?n=1&xt=user/-/state/com.google/read&s=user/-/state/com.google/reading-list", &page)
	r.ask(t, "/marks", url.Values{"read": {page.ItemRefs[0].ID}}) // on a page
	read := r.count(t, "read")                                    // with the copies of what stands for a story
	r.newsboat(t, "-x", "reload")
	if got := r.unread(t); read < 4 || got != before-read {
		t.Errorf("newsboat has %d unread articles after %d of %d were read elsewhere", got, read, before)
	}
}

// newsboatMode is "freshrss", or "feedhq" where newsboat is older than 2.25: the same API, with Atom.
func newsboatMode(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "newsboat", "-v").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(strings.TrimPrefix(strings.ToLower(string(out)), "newsboat "), "%d.%d", &major, &minor); err != nil {
		t.Fatalf("newsboat says no version: %s", out)
	}
	t.Logf("newsboat %d.%d", major, minor)
	if major > 2 || minor >= 25 {
		return "freshrss"
	}
	return "feedhq"
}

// startDemo runs the demo on a free port, with variables in its environment such as HEADWATER_ACCESS_LOGIN=required.
func startDemo(t *testing.T, variables ...string) string {
	t.Helper()
	return startDemoIn(t, t.TempDir(), variables...)
}

// startDemoIn runs a demo in a data folder.
func startDemoIn(t *testing.T, folder string, variables ...string) string {
	t.Helper()
	program := ownProgram(t)
	cmd := exec.Command(program, "demo", "--listen", "127.0.0.1:0", "--data", folder)
	cmd.Env = append(append(environ(), "HOME="+filepath.Dir(program)), variables...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()) })
	var output bytes.Buffer
	for b := make([]byte, 4096); ; {
		n, err := out.Read(b)
		output.Write(b[:n])
		if _, rest, ok := strings.Cut(output.String(), "Open "); ok && strings.Contains(rest, " ") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			address, _, _ := strings.Cut(rest, " ")
			return address
		}
		if err != nil {
			t.Fatalf("the demo does not serve: %v\n%s", err, output.String())
		}
	}
}

func (r *reader) configure(t *testing.T) {
	t.Helper()
	lines := fmt.Sprintf("urls-source \"%[1]s\"\n%[1]s-url \"%[2]s/api/greader.php\"\n%[1]s-login \"%[3]s\"\n%[1]s-passwordfile \"%[4]s\"\n"+
		"%[1]s-flag-star \"S\"\n%[1]s-min-items 1000\n%[1]s-show-special-feeds no\nauto-reload no\nconfirm-exit no\n",
		r.mode, r.server, demoUser, filepath.Join(r.dir, "password"))
	for name, text := range map[string]string{"config": lines, "password": demoPassword + "\n", "urls": ""} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *reader) args(more ...string) []string {
	return append([]string{"-C", filepath.Join(r.dir, "config"), "-c", filepath.Join(r.dir, "cache"), "-u", filepath.Join(r.dir, "urls")}, more...)
}

func (r *reader) newsboat(t *testing.T, more ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "newsboat", r.args(more...)...)
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("newsboat %v: %v\n%s", more, err, out)
	}
	return string(out)
}

// unread is how many articles newsboat has as unread.
func (r *reader) unread(t *testing.T) int {
	t.Helper()
	out := r.newsboat(t, "-x", "print-unread")
	n, err := strconv.Atoi(strings.Fields(out + " ?")[0])
	if err != nil {
		t.Fatalf("print-unread: %s", out)
	}
	return n
}

func (r *reader) ask(t *testing.T, path string, form url.Values) string {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.server+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "GoogleLogin auth="+r.auth)
	if r.from != "" {
		req.Header.Set("Referer", r.server+r.from)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %s %s", path, err, resp.Status, b)
	}
	return string(b)
}

func (r *reader) login(t *testing.T) string {
	t.Helper()
	_, auth, _ := strings.Cut(r.ask(t, "/accounts/ClientLogin", url.Values{"Email": {demoUser}, "Passwd": {demoPassword}}), "\nAuth=")
	return strings.TrimSpace(auth)
}

func (r *reader) post(t *testing.T, call string, form url.Values) {
	t.Helper()
	r.ask(t, "/reader/api/0/"+call, form)
}

func (r *reader) get(t *testing.T, call string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.ask(t, "/reader/api/0/"+call, nil)), into); err != nil {
		t.Fatal(err)
	}
}

// count is how many articles the server has in a state.
func (r *reader) count(t *testing.T, state string) int {
	t.Helper()
	n, err := strconv.Atoi(r.ask(t, "/reader/api/0/stream/items/count?s=user/-/state/com.google/"+state, nil))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
