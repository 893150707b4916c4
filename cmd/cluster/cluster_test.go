package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"headwater/internal/store/pgtest"
)

// patience is how long anything may take, since tests share their machine.
const patience = 3 * time.Minute

// TestCluster runs the whole installation once: pages answer at the one address, also after a web node was killed, articles
// are polled and settled, and nothing is left when it ends.
func TestCluster(t *testing.T) {
	pgtest.Database(t) // skips without PostgreSQL
	program := filepath.Join(t.TempDir(), "headwater")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../headwater")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	temporary, err := os.MkdirTemp("", "headwater-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(temporary); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(temporary, 0o755); err != nil { //nolint:gosec // PostgreSQL may run as another user
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temporary)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var printed buffer
	type started struct {
		address string
		nodes   []*node
	}
	ready, ended := make(chan started, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, options{program: program, listen: "127.0.0.1:0", restart: time.Second}, &printed, func(address string, nodes []*node) {
			ready <- started{address, nodes}
		})
	}()
	var s started
	select {
	case s = <-ready:
	case err := <-ended:
		t.Fatalf("it ended before it was ready: %v\n%s", err, printed.String())
	case <-time.After(patience):
		t.Fatal("it is not ready")
	}
	if !strings.Contains(printed.String(), s.address) {
		t.Errorf("the address is not said:\n%s", printed.String())
	}
	await(t, "bulletins among the latest stories of each web node", func() bool {
		for range 4 { // two nodes have turns
			if !strings.Contains(body(t, s.address+"/latest"), "Bulletin ") {
				return false
			}
		}
		return true
	})

	web := s.nodes[len(s.nodes)-1]
	killed := web.process()
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if !strings.Contains(body(t, s.address+"/"), "/story/") {
			t.Error("a page has no story after one of two web nodes was killed")
		}
	}
	await(t, "another process for the one that was killed", func() bool { return web.url() != "" && web.process() != killed })

	var pids []int
	for _, n := range s.nodes {
		pids = append(pids, n.process())
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	}
	left, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s is left", entry.Name())
	}
}

// buffer is written and read by several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !there(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s after %s", what, patience)
		}
	}
}

// body asks for a page, which must be there.
func body(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", url, resp.Status, text)
	}
	return string(text)
}

func TestBulletins(t *testing.T) {
	began := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		after time.Duration
		items int
		first string
	}{
		{0, 1, "Bulletin 0 of 12:00:00"},
		{bulletinEvery - 1, 1, "Bulletin 0 of 12:00:00"},
		{3 * bulletinEvery, 4, "Bulletin 3 of 12:00:15"},
		{time.Hour, maxBulletins, "Bulletin 720 of 13:00:00"},
	} {
		var b bytes.Buffer
		if err := bulletins(&b, began, began.Add(tt.after)); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Items []rssItem `xml:"channel>item"`
		}
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Items) != tt.items || got.Items[0].Title != tt.first {
			t.Errorf("after %s: %d items, the first %q; want %d, %q", tt.after, len(got.Items), got.Items[0].Title, tt.items, tt.first)
		}
	}
}
