package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfiler asks the socket, looks who may connect, and sees it go.
func TestProfiler(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pprof.sock")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l, err := listenForProfiler(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serveProfiler(ctx, l) }()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v (%v)", info.Mode(), err)
	}
	for of, want := range map[string]string{"goroutine?debug=1": "goroutine profile: total", "cmdline": os.Args[0], "": "heap"} {
		status, body := profile(t, path, of)
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: status %d\n%.300s", of, status, body)
		}
	}
	if _, err := listenForProfiler(ctx, path); err == nil || !strings.Contains(err.Error(), "another program listens") {
		t.Errorf("a second server at the same socket: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is there after the end: %v", err)
	}
}

// profile asks for a profile at a socket.
func profile(t *testing.T, socket, name string) (status int, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pprof/debug/pprof/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// TestProfilerLeavesOtherFiles replaces the socket of a server that was killed, and nothing else.
func TestProfilerLeavesOtherFiles(t *testing.T) {
	for _, tt := range []struct {
		name  string
		make  func(t *testing.T, path string) error
		fails string
	}{
		{"nothing", func(*testing.T, string) error { return nil }, ""},
		{"a stale socket", func(t *testing.T, path string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
			if err != nil {
				return err
			}
			l.SetUnlinkOnClose(false)
			return l.Close()
		}, ""},
		{"a file", func(_ *testing.T, path string) error { return os.WriteFile(path, []byte("x"), 0o600) }, "is no socket"},
		{"a folder", func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) }, "is no socket"},
		{"a link to a file", func(_ *testing.T, path string) error { return os.Symlink(os.DevNull, path) }, "is no socket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pprof.sock")
			if err := tt.make(t, path); err != nil {
				t.Fatal(err)
			}
			l, err := listenForProfiler(t.Context(), path)
			if l != nil {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("%v, want an error with %q", err, tt.fails)
			}
			if _, err := os.Lstat(path); tt.fails != "" && err != nil {
				t.Errorf("what stood there is gone: %v", err)
			}
		})
	}
}
