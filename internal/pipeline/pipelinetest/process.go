package pipelinetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Process is a node that is a process of its own. It answers what a web node shows.
type Process struct {
	*exec.Cmd
	Dir string // its data folder

	tb      testing.TB
	address string
}

// nodeVariable has the options of a node that is a process of its own.
const nodeVariable = "HEADWATER_TEST_NODE"

// nodeOptions are those of a node that is a process of its own.
type nodeOptions struct {
	ClusterOptions
	Dir string
}

const (
	nodeListener = 3          // the descriptor of the listener that a process gets
	nodeLog      = "node.log" // in its data folder
)

// Process starts one more node as a process that serves until it is killed. It polls each second. The process is the test
// binary, whose TestMain calls ServeNode. It is for PostgreSQL.
func (c *Cluster) Process() *Process {
	c.tb.Helper()
	return c.ProcessIn(c.tb.TempDir())
}

// ProcessIn is Process with a data folder, which another process may have left. If the test fails, the end of the log of that
// folder is shown.
func (c *Cluster) ProcessIn(dir string) *Process {
	c.tb.Helper()
	o, err := json.Marshal(nodeOptions{c.o, dir})
	Must(c.tb, err)
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	Must(c.tb, err)
	inherited, err := l.File()
	Must(c.tb, err)
	p := &Process{Cmd: exec.Command(os.Args[0]), Dir: dir, tb: c.tb, address: l.Addr().String()} //nolint:gosec,noctx // the test binary itself; the test kills it
	p.Env = append(os.Environ(), nodeVariable+"="+string(o))
	p.Stdout, p.Stderr, p.ExtraFiles = os.Stderr, os.Stderr, []*os.File{inherited}
	Must(c.tb, errors.Join(p.Start(), inherited.Close(), l.Close()))
	c.tb.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Cmd.Process.Kill() // it may have ended
			_ = p.Wait()             // as killed
		}
		if c.tb.Failed() {
			log, err := os.ReadFile(filepath.Join(dir, nodeLog))
			lines := strings.Split(strings.TrimSpace(string(log)), "\n")
			c.tb.Logf("process %d ended; the last lines of the log of its folder (%v):\n%s", p.Cmd.Process.Pid, err, strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	})
	return p
}

// Node waits until the process serves, and returns its id, see store.DB.Node.
func (p *Process) Node() string {
	p.tb.Helper()
	id, err := asked[string](p.tb.Context(), p, "/node", nil, time.Minute)
	Must(p.tb, err)
	return id
}

// answerIn is how long a process that a test asks may take.
const answerIn = 5 * time.Second

// Search finds articles with the index of the process.
func (p *Process) Search(ctx context.Context, r search.Request) (search.Found, error) {
	return asked[search.Found](ctx, p, "/search", r, answerIn)
}

// Stories returns the stories that the process shows.
func (p *Process) Stories(ctx context.Context, l news.StoryList) ([]news.Story, error) {
	return asked[[]news.Story](ctx, p, "/stories", l, answerIn)
}

// asked returns the answer of a process to a question.
func asked[T any](ctx context.Context, p *Process, path string, question any, within time.Duration) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	body, err := json.Marshal(question)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.address+path, bytes.NewReader(body)) //nolint:forbidigo // a process of the test
	if err != nil {
		return answer, err
	}
	resp, err := http.DefaultClient.Do(r) //nolint:forbidigo // a process of the test
	if err != nil {
		return answer, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or failed
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer, err
	}
	if resp.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %s", path, data)
	}
	return answer, json.Unmarshal(data, &answer)
}

// handler answers what a test asks the process of a node.
func (r *Room) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/node", answering(func(context.Context, any) (string, error) { return r.Store.Node(), nil }))
	mux.Handle("/search", answering(r.Stories.Search))
	mux.Handle("/stories", answering(r.Stories.Stories))
	return mux
}

// answering turns a function into a handler for its argument and result as JSON.
func answering[Q, A any](fn func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var question Q
		var data []byte
		err := json.NewDecoder(r.Body).Decode(&question)
		if err == nil {
			var answer A
			if answer, err = fn(r.Context(), question); err == nil {
				data, err = json.Marshal(answer)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(data) // a client that has gone is no matter
	}
}

// ServeNode serves where this process is a Process, and does not return then. TestMain calls it first.
func ServeNode() {
	value := os.Getenv(nodeVariable)
	if value == "" {
		return
	}
	if err := serveNode(context.Background(), value); err != nil {
		fmt.Fprintln(os.Stderr, "node of a cluster:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveNode(ctx context.Context, value string) (err error) {
	var o nodeOptions
	if err := json.Unmarshal([]byte(value), &o); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(o.Dir, nodeLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	l, err := net.FileListener(os.NewFile(nodeListener, "listener"))
	if err != nil {
		return err
	}
	room, closeRoom, err := openNode(ctx, o.Dir, o.ClusterOptions, slog.New(slog.NewTextHandler(log, nil)), nil)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	srv := &http.Server{Handler: room.handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }() // until Close
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	return errors.Join(room.Pipeline.Serve(ctx, "@every 1s"), srv.Close(), closeRoom())
}
