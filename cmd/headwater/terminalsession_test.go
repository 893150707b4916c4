package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// terminalSession sits at a terminal in which newsboat runs. Util-linux' script makes it.
type terminalSession struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser

	mu     sync.Mutex
	screen strings.Builder // since the key pressed last
}

// start runs newsboat and waits for its list of feeds.
func (r *reader) start(t *testing.T) *terminalSession {
	t.Helper()
	line := "stty rows 40 cols 120; exec newsboat " + strings.Join(r.args(), " ")
	k := &terminalSession{t: t, cmd: exec.CommandContext(t.Context(), "script", "-qec", line, "/dev/null")}
	k.cmd.Env = append(os.Environ(), "HOME="+r.dir, "TERM=xterm", "LC_ALL=C.UTF-8")
	k.cmd.Stdout = k
	var err error
	if k.in, err = k.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	k.await("the list of feeds", func() bool { return strings.Contains(k.seen(), "Meridian Newswire") })
	return k
}

// Write takes what newsboat draws.
func (k *terminalSession) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.screen.Write(b)
}

func (k *terminalSession) seen() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.screen.String()
}

// press sends keys and waits until something has come of them: anything drawn where until is nil.
func (k *terminalSession) press(s string, until func() bool) {
	k.t.Helper()
	k.mu.Lock()
	k.screen.Reset()
	k.mu.Unlock()
	if _, err := io.WriteString(k.in, s); err != nil {
		k.t.Fatal(err)
	}
	if until == nil {
		until = func() bool { return k.seen() != "" }
	}
	k.await("what comes of "+s, until)
}

func (k *terminalSession) await(what string, until func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !until(); {
		if time.Now().After(deadline) {
			k.t.Fatalf("newsboat does not show %q:\n%q", what, k.seen())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (k *terminalSession) end(t *testing.T) {
	t.Helper()
	if err := k.cmd.Wait(); err != nil {
		t.Errorf("newsboat: %v", err)
	}
}
