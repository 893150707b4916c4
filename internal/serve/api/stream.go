package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"headwater/internal/serve/ingress"
)

const (
	pathStream       = root + "/stream"
	maxStreams       = 500 // at once; each holds a connection
	maxClientStreams = 200 // of them from one address, so that no client takes all
	heartbeat        = 15 * time.Second
	streamTimeout    = 30 * time.Second // of a write; then the client is disconnected
	closingTimeout   = 2 * time.Second  // the same when the server stops, which gives its handlers ten
	streamRetry      = 5 * time.Second  // after which a browser connects again
)

// stream sends the changes of stories as Server-Sent Events (HTML Living Standard, section 9.2). The id of an event is its
// number in the story log, so that a client that comes back with it misses nothing and gets nothing twice. Only the client
// knows its position. While nothing changes, the store is not asked. A client that reads too slowly is disconnected, and
// comes back with the id of the last event that it has whole.
//
// A client that takes no chunk within 30 s counts as too slow. Streams end when the server does.
type stream struct {
	log     *slog.Logger
	changes interface {
		ChangeLog
		ChangeNotifier
	}
	fanout  *fanout
	closing <-chan struct{}
	clients streamClients
}

func newStream(b Backend, log *slog.Logger, closing <-chan struct{}) *stream {
	return &stream{log: log, changes: b, fanout: newFanout(b), closing: closing, clients: streamClients{open: map[netip.Prefix]int{}}}
}

func (s *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, live, err := s.start(r)
	if err != nil {
		if !refuse(w, err) {
			s.log.Error("the log of stories cannot be read", "error", err)
			problem(w, http.StatusServiceUnavailable, "the log of stories cannot be read; try again later")
		}
		return
	}
	client := ingress.Client(r)
	if status, text := s.clients.enter(client); status != 0 {
		w.Header().Set("Retry-After", "30")
		problem(w, status, text)
		return
	}
	defer s.clients.leave(client)
	w.Header().Set("Content-Type", "text/event-stream")
	out := &eventWriter{w: w, control: http.NewResponseController(w), closing: s.closing}
	defer out.endOnClosing()()
	if err := out.send(fmt.Appendf(nil, "retry: %d\n\n", streamRetry.Milliseconds())); err != nil {
		return // the client has gone
	}
	if err := s.follow(r.Context(), out, from, live); err != nil && r.Context().Err() == nil && !closed(s.closing) {
		s.log.Warn("an event stream ended early; its reader comes back", "error", err)
	}
}

// start reads the client's position: Last-Event-ID, else after, else the end. Live says that it is at the end.
func (s *stream) start(r *http.Request) (from int64, live bool, err error) {
	last, err := s.changes.LastChange(r.Context())
	if err != nil {
		return 0, false, err
	}
	if err := rejectUnknown(r, "after"); err != nil {
		return 0, false, err
	}
	where, text := "header.Last-Event-ID", r.Header.Get("Last-Event-ID")
	if text == "" {
		where, text = "query.after", r.URL.Query().Get("after")
	}
	if text == "" {
		return last, true, nil
	}
	from, err = strconv.ParseInt(text, 10, 64)
	if err != nil || from < 0 || from > last {
		return 0, false, invalid(where, text, fmt.Sprintf("expected the id of an event of this newsroom, 0 to %d; leave it out to begin at the end", last))
	}
	return from, from == last, nil
}

// follow sends what comes after an entry of the log until the client leaves or the server stops.
func (s *stream) follow(ctx context.Context, out *eventWriter, at int64, live bool) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		next := s.changes.NextChange() // before the log is read, so that nothing in between is missed
		c, err := s.fanout.after(ctx, at, live)
		if err != nil {
			return err
		}
		if c.last > at && !closed(s.closing) {
			if err := out.send(c.text); err != nil {
				return err
			}
			at, live = c.last, !c.more
			continue
		}
		select {
		case <-next:
		case <-beat.C:
			if err := out.send([]byte(":\n\n")); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		case <-s.closing:
			return nil
		}
	}
}

// streamClients counts the open streams of each client.
type streamClients struct {
	mu   sync.Mutex // guards what follows
	open map[netip.Prefix]int
	all  int
}

// enter counts one more, or gives the status and the reason of the refusal.
func (s *streamClients) enter(client netip.Prefix) (status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.open[client] >= maxClientStreams:
		return http.StatusTooManyRequests, fmt.Sprintf("%d programs at your address follow the stream already; end one, or try again later", maxClientStreams)
	case s.all >= maxStreams:
		return http.StatusServiceUnavailable, fmt.Sprintf("%d programs follow the stream already; try again later", maxStreams)
	}
	s.open[client]++
	s.all++
	return 0, ""
}

func (s *streamClients) leave(client netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.open[client]--; s.open[client] == 0 {
		delete(s.open, client)
	}
}

// eventWriter writes events to one client and flushes each.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	closing <-chan struct{}

	mu     sync.Mutex
	closed bool // the server is stopping: no more writes
}

// endOnClosing shortens the deadline of a write that waits when the server stops. The caller calls stop at the end.
func (e *eventWriter) endOnClosing() (stop func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-e.closing:
			e.mu.Lock()
			defer e.mu.Unlock()
			e.closed = true
			_ = e.control.SetWriteDeadline(time.Now().Add(closingTimeout)) // a connection without deadlines, as in a test, is never slow
		case <-over:
		}
	}()
	return func() { close(over) }
}

func (e *eventWriter) send(text []byte) error {
	e.mu.Lock()
	ended := e.closed
	if !ended {
		_ = e.control.SetWriteDeadline(time.Now().Add(streamTimeout)) // likewise
	}
	e.mu.Unlock()
	if ended {
		return http.ErrServerClosed
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.control.Flush()
}
