package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/store"
)

// A server holds the lock of the data folder and its index. Other commands work while it runs: those that only read the
// store open it read-only (withStore). Those that need the index or change something (runOrForward) send their command line
// over a Unix socket in the folder. The server runs it with the same command tree and sends back the output as it is
// printed. The request holds what only the calling process has: the content of files and of standard input, and the size of
// its terminal. Only the owner of the data folder may enter the folder of the socket.
//
// So one process writes, and output and exit codes come from the same code. The request also holds the feeds that were
// found for an address, since the caller has the terminal to ask on, and the caller's title and public_url. The caller
// writes files. A caller that hangs up ends its command as Ctrl-C does. `poll` and `reindex` are done by the server: a pass
// waits for the one that runs, and the stages behind the log wait for a pass that settles, so that it gives the same
// stories as without a server. `restore` is refused. testdata/clientserver.txt has every command and flag; a test runs each
// both ways and compares what is printed, written and stored.
const socketFolder = "serving"

func socketPath(data string) string { return filepath.Join(data, socketFolder, "socket") }

// shutdownTime is how long work in hand gets to finish when the server stops.
const shutdownTime = 10 * time.Second

// maxRequest is the largest request in bytes. An OPML list of 20 MB fits, written as JSON.
const maxRequest = 64 << 20

// request is a command line for the server to run.
type request struct {
	Args       []string          `json:"args"`   // as typed, without the program's name
	Inputs     map[string][]byte `json:"inputs"` // what was read, by its name in Args; "-" is standard input
	Discovered []string          `json:"found"`  // feeds that were found for the addresses in Args
	Screen     screen            `json:"screen"`
	Progress   bool              `json:"progress"` // whether it is shown

	Title, PublicURL string // settings of the calling process for emitted feeds, where they are not the defaults
}

// response is a part of a command's output. The one with Code is the last.
type response struct {
	Stdout   []byte    `json:"stdout,omitempty"`
	Stderr   []byte    `json:"stderr,omitempty"`
	Progress *progress `json:"progress,omitempty"`
	Code     *int      `json:"code,omitempty"`
}

// withStore opens the store read-only, beside a running server if there is one, and closes it after work.
func (c *cli) withStore(ctx context.Context, work func(*store.DB) error) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	log, err := c.logger(cfg)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Data, store.Options{Database: string(cfg.Database), ReadOnly: true, Logger: log, KeyFile: cfg.Secrets.KeyFile})
	if err != nil {
		return err
	}
	if err := showOutlets(ctx, cfg, db); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(work(db), db.Close())
}

// showOutlets lets a store that is open for reading show outlets as people have changed them.
func showOutlets(ctx context.Context, cfg config.Config, db *store.DB) error {
	edits, err := db.OutletEdits(ctx)
	if err != nil || len(edits) == 0 {
		return err
	}
	registry, err := registryOf(cfg)
	if err != nil {
		return err
	}
	db.SetPresent(registry.Present)
	return registry.Amend(edits)
}

// withApp opens the data folder, calls work and closes it. It fails where a server holds the folder.
func (c *cli) withApp(ctx context.Context, o openOptions, work func(*app) error) error {
	if c.server != nil {
		return errors.New("a running server does not do that")
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	a, err := c.openApp(ctx, cfg, o)
	if err != nil {
		return err
	}
	return errors.Join(work(a), a.close())
}

// openApp is open with the logger of the settings.
func (c *cli) openApp(ctx context.Context, cfg config.Config, o openOptions) (*app, error) {
	log, err := c.logger(cfg)
	if err != nil {
		return nil, err
	}
	o.ticksOnly = c.ticksOnly
	a, err := open(ctx, cfg, log, o)
	if err == nil {
		a.stderr = c.stderr
	}
	return a, err
}

// runOrForward calls work with the opened data folder. Where a server holds the folder, it has the server run the command.
func (c *cli) runOrForward(cmd *cobra.Command, work func(*app) error) error {
	return c.runOrForwardRequest(cmd, request{}, c.stdout, work)
}

// runOrForwardRequest is runOrForward with what goes into the request, and out for what the server prints on standard output.
func (c *cli) runOrForwardRequest(cmd *cobra.Command, r request, out io.Writer, work func(*app) error) error {
	if c.server != nil {
		return work(c.server)
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	conn, err := dialServer(cmd.Context(), cfg.Data)
	if err != nil {
		return err
	}
	if conn == nil {
		return c.withApp(cmd.Context(), openOptions{}, work)
	}
	bar := c.progressBar()
	defer bar.clear()
	r.Args, r.Screen, r.Progress = c.args, c.screen, bar.out != nil
	defaults := config.Default()
	if cfg.Title != defaults.Title {
		r.Title = cfg.Title
	}
	if cfg.PublicURL != defaults.PublicURL {
		r.PublicURL = cfg.PublicURL
	}
	code, err := forward(cmd.Context(), conn, r, func(part response) error {
		if part.Progress != nil {
			bar.update(part.Progress.Stage, part.Progress.Done, part.Progress.Total)
			return nil
		}
		if len(part.Stdout)+len(part.Stderr) > 0 {
			bar.clear()
		}
		_, outErr := out.Write(part.Stdout)
		_, errErr := c.stderr.Write(part.Stderr)
		return errors.Join(outErr, errErr)
	})
	if err != nil {
		return fmt.Errorf("the server that holds %s: %w; try again, or stop it", cfg.Data, err)
	}
	if code != exitOK {
		return &exitError{code}
	}
	return nil
}

// dialServer connects to the server that holds a data folder. It returns nil where there is none.
func dialServer(ctx context.Context, data string) (net.Conn, error) {
	conn, err := dialSocket(ctx, socketPath(data))
	if err != nil {
		return nil, fmt.Errorf("ask the server that holds %s: %w", data, err)
	}
	return conn, nil
}

// dialSocket connects to a socket of this machine. It returns nil where nobody listens.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	dial := new(net.Dialer).DialContext //nolint:forbidigo // a socket of our own is no other host
	conn, err := dial(ctx, "unix", path)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EINVAL):
		return nil, nil // never made, left by a server that was killed, or a path too long for a socket
	}
	return nil, err
}

// withoutServer does work with a data folder that no server holds. why is that of checkNoServer.
func (c *cli) withoutServer(ctx context.Context, why string, o openOptions, work func(*app) error) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if err := checkNoServer(ctx, cfg.Data, why); err != nil {
		return err
	}
	return c.withApp(ctx, o, work)
}

// checkNoServer returns an error where a server holds a data folder. why completes it: what is not possible, and what to do.
func checkNoServer(ctx context.Context, data, why string) error {
	conn, err := dialServer(ctx, data)
	if err != nil || conn == nil {
		return err
	}
	_ = conn.Close() // nothing was sent
	return fmt.Errorf("a server holds %s, %s", data, why)
}

// forward sends a request, hands each response to take and returns the exit code. It closes the connection, also when the
// context ends: then the server cancels the command.
func forward(ctx context.Context, conn net.Conn, r request, take func(response) error) (code int, err error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		err = errors.Join(err, ctx.Err())
		_ = conn.Close() // nothing is left to send
	}()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return exitFailed, err
	}
	responses := json.NewDecoder(conn)
	for {
		var part response
		switch err := responses.Decode(&part); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return exitFailed, errors.New("it ended before it had answered")
		case err != nil:
			return exitFailed, err
		case part.Code != nil:
			return *part.Code, nil
		}
		if err := take(part); err != nil {
			return exitFailed, err
		}
	}
}

// listenForCommands makes the socket. The server holds the data folder, so a socket that is there is a dead server's. Where
// it cannot be made, as on a path longer than a socket's may be, it returns nil and the server works without.
func (a *app) listenForCommands(ctx context.Context) net.Listener {
	listen := func() (net.Listener, error) {
		path := socketPath(a.cfg.Data)
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
	l, err := listen()
	if err != nil {
		a.log.Warn("other commands cannot ask this server to work for them; while it runs they fail", "error", err)
		return nil
	}
	return l
}

// runCommands runs the commands of other processes until the context ends. l may be nil.
func (s *serving) runCommands(ctx context.Context, l net.Listener) error {
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
			return os.Remove(filepath.Join(s.current.Load().cfg.Data, socketFolder))
		}
		if err != nil {
			return fmt.Errorf("socket of the data folder: %w", err)
		}
		running.Go(func() { s.current.Load().runCommand(ctx, conn) })
	}
}

// runCommand runs the command of one connection until it ends, the server ends, or the caller hangs up.
func (a *app) runCommand(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now().Add(shutdownTime / 2)) })
	defer stop()
	var r request
	if err := json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&r); err != nil {
		a.log.Debug("a command could not be read", "error", err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, conn) // the caller sends nothing more; this returns when it hangs up
		cancel()
	}()
	queue := newResponseQueue(conn)
	code := a.runRequest(ctx, r, queue)
	queue.add(response{Code: &code})
	if err := queue.close(); err != nil {
		a.log.Debug("the output of a command could not be sent", "error", err)
	}
}

// runRequest runs a command line and returns its exit code. A panic ends the command and not the server.
func (a *app) runRequest(ctx context.Context, r request, queue *responseQueue) (code int) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("a command failed in the server", "args", r.Args, "panic", p, "stack", string(debug.Stack()))
			queue.add(response{Stderr: []byte(fmt.Sprintf("headwater: the command failed in the server (%v); please report it\n", p))})
			code = exitFailed
		}
	}()
	server := *a
	if r.Title != "" {
		server.cfg.Title = r.Title
	}
	if r.PublicURL != "" {
		server.cfg.PublicURL = r.PublicURL
	}
	c := &cli{
		stdin: strings.NewReader(""), screen: r.Screen, server: &server, inputs: r.Inputs, discovered: r.Discovered,
		stdout: writerFunc(func(b []byte) { queue.add(response{Stdout: b}) }), stderr: writerFunc(func(b []byte) { queue.add(response{Stderr: b}) }),
	}
	if r.Progress {
		c.sendProgress = func(p progress) { queue.add(response{Progress: &p}) }
	}
	return c.run(ctx, r.Args)
}

// writerFunc is an io.Writer that calls the function with a copy of what is written.
type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(append([]byte(nil), b...))
	return len(b), nil
}

// responseQueue sends responses as fast as the caller reads them. The command does not wait for a caller that reads none.
type responseQueue struct {
	mu     sync.Mutex // guards queue and closed
	more   *sync.Cond
	queue  []response // waiting to be sent
	closed bool
	sent   chan error
}

func newResponseQueue(to io.Writer) *responseQueue {
	q := &responseQueue{sent: make(chan error, 1)}
	q.more = sync.NewCond(&q.mu)
	go func() { q.sent <- q.send(json.NewEncoder(to)) }()
	return q
}

// add appends a response. A progress that waits is replaced by the next.
func (q *responseQueue) add(next response) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last := len(q.queue) - 1; last >= 0 && next.Progress != nil && q.queue[last].Progress != nil {
		q.queue[last] = next
	} else {
		q.queue = append(q.queue, next)
	}
	q.more.Signal()
}

// close waits until everything is sent.
func (q *responseQueue) close() error {
	q.mu.Lock()
	q.closed = true
	q.more.Signal()
	q.mu.Unlock()
	return <-q.sent
}

// send runs until the queue is closed and empty. After an error it drops the rest.
func (q *responseQueue) send(to *json.Encoder) error {
	var failed error
	for {
		q.mu.Lock()
		for len(q.queue) == 0 && !q.closed {
			q.more.Wait()
		}
		batch := q.queue
		q.queue = nil
		q.mu.Unlock()
		if len(batch) == 0 {
			return failed
		}
		for _, next := range batch {
			if failed == nil {
				failed = to.Encode(next)
			}
		}
	}
}
