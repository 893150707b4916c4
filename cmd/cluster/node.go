package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	startTime = 2 * time.Minute  // that a node has until it serves
	stopTime  = 15 * time.Second // that a node has to end after SIGTERM
)

// node is a process of the program. Its log is a file beside its folder.
type node struct {
	name, roles, program, config, dir string
	listen                            string       // its own address, on loopback
	ended                             chan<- *node // gets the node when its process has ended

	mu     sync.Mutex // guards what follows
	cmd    *exec.Cmd
	done   chan struct{} // closed when the process has ended
	serves bool
	from   int64 // where the log of this process begins
	last   int   // the process that is or was
	err    error // with which it ended
}

func (n *node) logFile() string { return n.dir + ".log" }

// start starts the process. awaitStart returns when it serves.
func (n *node) start() error {
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := log.Stat()
	if err != nil {
		return errors.Join(err, log.Close())
	}
	cmd := exec.CommandContext(context.Background(), n.program, "--config", n.config, "--data", n.dir, "serve", "--listen", n.listen, "--roles", n.roles) //nolint:gosec // the caller names the program
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processAttributes()
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		return err
	}
	done := make(chan struct{})
	n.mu.Lock()
	n.cmd, n.done, n.serves, n.from, n.last, n.err = cmd, done, false, info.Size(), cmd.Process.Pid, nil
	n.mu.Unlock()
	go func() {
		err := cmd.Wait()
		n.mu.Lock()
		n.cmd, n.serves, n.err = nil, false, err
		n.mu.Unlock()
		close(done)
		n.ended <- n
	}()
	return nil
}

// awaitStart waits until the log says that the node serves.
func (n *node) awaitStart(ctx context.Context) error {
	n.mu.Lock()
	done, from := n.done, n.from
	n.mu.Unlock()
	deadline := time.NewTimer(startTime)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(n.logFile())
		if err != nil {
			return err
		}
		if bytes.Contains(log[from:], []byte("msg=serving ")) {
			n.mu.Lock()
			n.serves = n.cmd != nil
			n.mu.Unlock()
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			return fmt.Errorf("%s ended before it served (%s):\n%s", n.name, n.reason(), tail(log[from:]))
		case <-deadline.C:
			return fmt.Errorf("%s does not serve after %s:\n%s", n.name, startTime, tail(log[from:]))
		case <-tick.C:
		}
	}
}

// tail is the last lines of a log.
func tail(log []byte) []byte {
	lines := bytes.SplitAfter(log, []byte("\n"))
	return bytes.Join(lines[max(len(lines)-20, 0):], nil)
}

// url is the node's address while it serves, else "".
func (n *node) url() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.serves {
		return ""
	}
	return "http://" + n.listen
}

func (n *node) process() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}

// reason says how the last process ended.
func (n *node) reason() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		return "exit status 0"
	}
	return n.err.Error()
}

// interrupt asks a running process to end.
func (n *node) interrupt() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		// One that was stopped takes the signal once it goes on. Errors mean that it has ended.
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
		_ = n.cmd.Process.Signal(syscall.SIGCONT)
	}
}

// stop waits for the end of a process after interrupt, and kills one that takes too long, which is an error.
func (n *node) stop() error {
	n.mu.Lock()
	cmd, done := n.cmd, n.done
	n.mu.Unlock()
	if cmd == nil {
		return nil
	}
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
	}
	log, err := os.ReadFile(n.logFile())
	err = errors.Join(fmt.Errorf("%s had not ended %s after SIGTERM, and was killed:\n%s", filepath.Base(n.dir), stopTime, tail(log)), err, cmd.Process.Kill())
	<-done
	return err
}
