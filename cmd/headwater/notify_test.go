package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"headwater/internal/observe"
)

// managerSocket is a service manager's socket. It returns what the next message says.
func managerSocket(t *testing.T) (next func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		t.Helper()
		if err := l.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 1000)
		n, err := l.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(text[:n])
	}
}

// healthy serves nothing, and says that it is well.
func healthy() *serving {
	s := &serving{}
	s.current.Store(&generation{app: &app{log: slog.New(slog.DiscardHandler), health: &observe.Health{}}, base: "http://127.0.0.1:1"})
	return s
}

func TestNotifyManager(t *testing.T) {
	next := managerSocket(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	t.Setenv("WATCHDOG_PID", "")
	s := healthy()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.notifyManager(ctx) }()
	for _, want := range []string{"READY=1\nSTATUS=serving http://127.0.0.1:1", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := next(); got != want {
			t.Fatalf("the manager is told %q, want %q", got, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	last := next()
	for last == "WATCHDOG=1" {
		last = next()
	}
	if last != "STOPPING=1\nSTATUS=stopping" {
		t.Errorf("at the end the manager is told %q", last)
	}
}

// TestWatchdogOfStuckLoop holds that a server with a stuck loop is not called healthy.
func TestWatchdogOfStuckLoop(t *testing.T) {
	next := managerSocket(t)
	t.Setenv("WATCHDOG_USEC", "60000000")
	t.Setenv("WATCHDOG_PID", "")
	synctest.Test(t, func(t *testing.T) {
		s := healthy()
		_, end := s.current.Load().health.Begin(t.Context(), "settle")
		defer end()
		time.Sleep(observe.StuckAfter)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.notifyManager(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, want := range []string{"READY=1\nSTATUS=serving http://127.0.0.1:1", "STOPPING=1\nSTATUS=stopping"} {
		if got := next(); got != want {
			t.Errorf("the manager is told %q, want %q", got, want)
		}
	}
}
