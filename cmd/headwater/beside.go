package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A server holds the data folder's index and lock for itself. So that search, topics, emit and feeds work beside it, it
// listens on a socket in the folder, and such a command asks it to do the work in its place. Only the owner of the
// folder may enter the one with the socket.
const besideFolder = "serving"

// errand is a command line to be run by the server.
type errand struct {
	Args   []string `json:"args"`
	Stdin  []byte   `json:"stdin"`
	Name   string   `json:"name"` // what Stdin was read from
	Screen screen   `json:"screen"`
}

// outcome is what came of an errand.
type outcome struct {
	Stdout []byte `json:"stdout"`
	Stderr []byte `json:"stderr"`
	Code   int    `json:"code"`
}

// maxErrand bounds an errand in bytes: an OPML list of 20 MB, written as JSON.
const maxErrand = 64 << 20

func besideSocket(data string) string { return filepath.Join(data, besideFolder, "socket") }

// beside does work over the data folder, or has the server do the same command where one holds the folder; e.Args are
// the command's arguments then. What the server prints goes to out.
func (c *cli) beside(cmd *cobra.Command, e errand, out io.Writer, work func(*app) error) error {
	if c.host != nil {
		return work(c.host)
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	conn, err := callServer(cmd.Context(), cfg.Data)
	if err != nil {
		return err
	}
	if conn == nil {
		return c.with(cmd.Context(), work)
	}
	e.Args, e.Screen = commandLine(cmd, e.Args), c.screen
	result, err := send(cmd.Context(), conn, e)
	if err != nil {
		return fmt.Errorf("the server that holds %s: %w; try again, or stop it", cfg.Data, err)
	}
	_, outErr := out.Write(result.Stdout)
	_, errErr := c.stderr.Write(result.Stderr)
	if err := errors.Join(outErr, errErr); err != nil {
		return err
	}
	if result.Code != exitOK {
		return &saidError{result.Code}
	}
	return nil
}

// callServer connects to the server of a data folder. It gives nil where there is none.
func callServer(ctx context.Context, data string) (net.Conn, error) {
	dial := new(net.Dialer).DialContext //nolint:forbidigo // a socket in our own data folder is no other host
	conn, err := dial(ctx, "unix", besideSocket(data))
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EINVAL):
		return nil, nil // never made, left by a server that was killed, or a path too long for a socket
	}
	return nil, fmt.Errorf("ask the server that holds %s: %w", data, err)
}

// commandLine writes a command with its flags for the server, which has a data folder and settings already.
func commandLine(cmd *cobra.Command, args []string) []string {
	line := strings.Fields(cmd.CommandPath())[1:]
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "data", "config", "output", "password-file":
		case "token-file":
			line = append(line, "--token-file=-") // the errand's standard input holds it
		default:
			line = append(line, "--"+f.Name+"="+f.Value.String())
		}
	})
	return append(append(line, "--"), args...)
}

func send(ctx context.Context, conn net.Conn, e errand) (result outcome, err error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends what waits on it
	defer func() {
		stop()
		err = errors.Join(err, ctx.Err())
		_ = conn.Close() // all is said
	}()
	if err := json.NewEncoder(conn).Encode(e); err != nil {
		return result, err
	}
	err = json.NewDecoder(conn).Decode(&result)
	return result, err
}

// openDoor makes the socket that host listens on. A server does without where that fails, as it does where the folder's
// path is longer than a socket's may be.
func (a *app) openDoor(ctx context.Context) net.Listener {
	l, err := listenBeside(ctx, a.cfg.Data)
	if err != nil {
		a.log.Warn("other commands cannot ask this server to work for them; while it runs they fail", "error", err)
		return nil
	}
	return l
}

// host does the errands of other processes until the context ends.
func (a *app) host(ctx context.Context, l net.Listener) error {
	if l == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // ends Accept
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return os.Remove(filepath.Join(a.cfg.Data, besideFolder))
		}
		if err != nil {
			return fmt.Errorf("socket of the data folder: %w", err)
		}
		running.Go(func() { a.answer(ctx, conn) })
	}
}

// listenBeside makes the socket. The data folder is held, so that one that is there is a dead server's.
func listenBeside(ctx context.Context, data string) (net.Listener, error) {
	path := besideSocket(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// answer does one errand. A caller that is gone hears nothing, and that is no fault of the server's.
func (a *app) answer(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now().Add(grace / 2)) })
	defer stop()
	var e errand
	if err := json.NewDecoder(io.LimitReader(conn, maxErrand)).Decode(&e); err != nil {
		a.log.Debug("an errand could not be read", "error", err)
		return
	}
	var stdout, stderr bytes.Buffer
	c := &cli{stdin: bytes.NewReader(e.Stdin), stdinName: e.Name, stdout: &stdout, stderr: &stderr, screen: e.Screen, host: a}
	code := c.run(ctx, e.Args)
	if err := json.NewEncoder(conn).Encode(outcome{stdout.Bytes(), stderr.Bytes(), code}); err != nil {
		a.log.Debug("an errand could not be answered", "error", err)
	}
}
