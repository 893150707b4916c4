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
)

// A server holds the data folder's index and lock for itself. So that other commands work beside it, it listens on a
// socket in the folder, and a command that needs the index or changes something sends it its command line, word for word.
// The server reads that line with the same command tree, does the work, and sends back what there is to print as it comes.
// What only the process of the command has goes along: what it read of files and standard input, and its terminal's width.
// Only the owner of the folder may enter the one with the socket.
const besideFolder = "serving"

// errand is a command line to be run by the server.
type errand struct {
	Args     []string          `json:"args"`   // as typed, without the program's name
	Inputs   map[string][]byte `json:"inputs"` // what was read, by the name that Args has for it; "-" is standard input
	Found    []string          `json:"found"`  // addresses that were found for those in Args
	Screen   screen            `json:"screen"`
	Progress bool              `json:"progress"` // it is shown

	Title, PublicURL string // the command's own settings of what emitted feeds say, where they differ from the defaults
}

// reply is a part of what comes of an errand. One with Code is the last.
type reply struct {
	Stdout   []byte    `json:"stdout,omitempty"`
	Stderr   []byte    `json:"stderr,omitempty"`
	Progress *progress `json:"progress,omitempty"`
	Code     *int      `json:"code,omitempty"`
}

type progress struct {
	Stage string `json:"stage"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// maxErrand bounds an errand in bytes: an OPML list of 20 MB, written as JSON.
const maxErrand = 64 << 20

func besideSocket(data string) string { return filepath.Join(data, besideFolder, "socket") }

// beside does work over the data folder, or has the server do the same command where one holds the folder; e has what goes
// along then. What the server prints on standard output goes to out.
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
	bars := c.progress()
	defer bars.end()
	e.Args, e.Screen, e.Progress = c.args, c.screen, bars.out != nil
	usual := config.Default()
	if cfg.Title != usual.Title {
		e.Title = cfg.Title
	}
	if cfg.PublicURL != usual.PublicURL {
		e.PublicURL = cfg.PublicURL
	}
	code, err := send(cmd.Context(), conn, e, func(r reply) error {
		if r.Progress != nil {
			bars.step(r.Progress.Stage, r.Progress.Done, r.Progress.Total)
			return nil
		}
		if len(r.Stdout)+len(r.Stderr) > 0 {
			bars.end()
		}
		_, outErr := out.Write(r.Stdout)
		_, errErr := c.stderr.Write(r.Stderr)
		return errors.Join(outErr, errErr)
	})
	if err != nil {
		return fmt.Errorf("the server that holds %s: %w; try again, or stop it", cfg.Data, err)
	}
	if code != exitOK {
		return &saidError{code}
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

// withoutServer gives an error where a server holds a data folder; why says what that forbids, and what to do.
func withoutServer(ctx context.Context, data, why string) error {
	conn, err := callServer(ctx, data)
	if err != nil || conn == nil {
		return err
	}
	_ = conn.Close() // it was only to know
	return fmt.Errorf("a server holds %s, %s", data, why)
}

// send gives the server an errand, has take look at what comes back, and gives the exit code. When the context ends the connection
// does, and by that the server knows that nobody waits.
func send(ctx context.Context, conn net.Conn, e errand, take func(reply) error) (code int, err error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		err = errors.Join(err, ctx.Err())
		_ = conn.Close() // all is said
	}()
	if err := json.NewEncoder(conn).Encode(e); err != nil {
		return exitFailed, err
	}
	replies := json.NewDecoder(conn)
	for {
		var r reply
		switch err := replies.Decode(&r); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return exitFailed, errors.New("it ended before it had answered")
		case err != nil:
			return exitFailed, err
		case r.Code != nil:
			return *r.Code, nil
		}
		if err := take(r); err != nil {
			return exitFailed, err
		}
	}
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

// answer does one errand, until it is done, the server ends or the caller is gone, which is no fault of the server's.
func (a *app) answer(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now().Add(grace / 2)) })
	defer stop()
	var e errand
	if err := json.NewDecoder(io.LimitReader(conn, maxErrand)).Decode(&e); err != nil {
		a.log.Debug("an errand could not be read", "error", err)
		return
	}
	waited, gone := context.WithCancel(ctx)
	defer gone()
	go func() {
		_, _ = io.Copy(io.Discard, conn) // a caller sends nothing more, and hangs up when it waits no longer
		gone()
	}()
	out := newReplies(conn)
	code := a.runErrand(waited, e, out)
	out.add(reply{Code: &code})
	if err := out.close(); err != nil {
		a.log.Debug("an errand could not be answered", "error", err)
	}
}

// runErrand runs a command line, and gives its exit code. One that panics ends as a process of its own would, and the server
// goes on.
func (a *app) runErrand(ctx context.Context, e errand, out *replies) (code int) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("a command failed in the server", "args", e.Args, "panic", p, "stack", string(debug.Stack()))
			out.add(reply{Stderr: []byte(fmt.Sprintf("headwater: the command failed in the server (%v); please report it\n", p))})
			code = 1
		}
	}()
	return a.errandCLI(e, out).run(ctx, e.Args)
}

// errandCLI is the command line of another process.
func (a *app) errandCLI(e errand, out *replies) *cli {
	host := *a
	if e.Title != "" {
		host.cfg.Title = e.Title
	}
	if e.PublicURL != "" {
		host.cfg.PublicURL = e.PublicURL
	}
	c := &cli{
		stdin: strings.NewReader(""), screen: e.Screen, host: &host, inputs: e.Inputs, found: e.Found,
		stdout: writerFunc(func(b []byte) { out.add(reply{Stdout: b}) }), stderr: writerFunc(func(b []byte) { out.add(reply{Stderr: b}) }),
	}
	if e.Progress {
		c.tell = func(p progress) { out.add(reply{Progress: &p}) }
	}
	return c
}

// writerFunc is an io.Writer that hands on a copy of what is written.
type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(append([]byte(nil), b...))
	return len(b), nil
}

// replies go to the caller of an errand as fast as it takes them. The work does not wait for a caller that takes none.
type replies struct {
	mu     sync.Mutex
	more   *sync.Cond
	queue  []reply // waiting to be sent
	closed bool
	sent   chan error
}

func newReplies(to io.Writer) *replies {
	r := &replies{sent: make(chan error, 1)}
	r.more = sync.NewCond(&r.mu)
	go func() { r.sent <- r.send(json.NewEncoder(to)) }()
	return r
}

// add puts a reply behind the others. Of progress the last counts.
func (r *replies) add(next reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.queue) - 1; last >= 0 && next.Progress != nil && r.queue[last].Progress != nil {
		r.queue[last] = next
	} else {
		r.queue = append(r.queue, next)
	}
	r.more.Signal()
}

// close waits until all is sent.
func (r *replies) close() error {
	r.mu.Lock()
	r.closed = true
	r.more.Signal()
	r.mu.Unlock()
	return <-r.sent
}

func (r *replies) send(to *json.Encoder) error {
	var failed error
	for {
		r.mu.Lock()
		for len(r.queue) == 0 && !r.closed {
			r.more.Wait()
		}
		batch := r.queue
		r.queue = nil
		r.mu.Unlock()
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
