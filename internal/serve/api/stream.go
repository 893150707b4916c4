package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

const (
	pathStream  = root + "/stream"
	maxStreams  = 500 // at once; each holds a connection
	maxFrom     = 200 // of them from one address, so that nobody has them all
	heartbeat   = 15 * time.Second
	streamSlow  = 30 * time.Second // a reader that takes nothing for so long is let go
	streamLast  = 2 * time.Second  // and for so long when the server stops, which gives its handlers ten
	streamRetry = 5 * time.Second  // after which a browser connects again
)

// stream sends what changes in stories as Server-Sent Events (HTML Living Standard, section 9.2). The id of an event is its
// number in the story log, so that a reader who comes back with it misses nothing and gets nothing twice; how far each reader
// is, only the reader knows. Nothing is asked of the store while nothing changes. A reader that is slow is let go, and comes
// back with the id of the last event that it has whole.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	from, live, err := s.streamFrom(r)
	if err != nil {
		s.refuse(w, err)
		return
	}
	client := ingress.Client(r)
	if status, text := s.streams.enter(client); status != 0 {
		w.Header().Set("Retry-After", "30")
		problem(w, status, text)
		return
	}
	defer s.streams.leave(client)
	w.Header().Set("Content-Type", "text/event-stream")
	out := &eventWriter{w: w, control: http.NewResponseController(w), closing: s.closing}
	defer out.endOnClosing()()
	if err := out.send(fmt.Appendf(nil, "retry: %d\n\n", streamRetry.Milliseconds())); err != nil {
		return // the reader has gone
	}
	if err := s.follow(r.Context(), out, from, live); err != nil && r.Context().Err() == nil && !s.isClosing() {
		s.log.Warn("an event stream ended early; its reader comes back", "error", err)
	}
}

// streamFrom reads where the reader is: Last-Event-ID, else after, else the end. Live says that it is at the end.
func (s *server) streamFrom(r *http.Request) (from int64, live bool, err error) {
	last, err := s.backend.LastChange(r.Context())
	if err != nil {
		return 0, false, err
	}
	if err := onlyQueries(r, "after"); err != nil {
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

// onlyQueries refuses parameters that are not known, as huma does where it serves.
func onlyQueries(r *http.Request, known ...string) error {
	for key := range r.URL.Query() {
		if !slices.Contains(known, key) {
			return invalid("query."+key, key, "unexpected query parameter")
		}
	}
	return nil
}

// refuse answers with an error as huma gives it.
func (s *server) refuse(w http.ResponseWriter, err error) {
	if refused, ok := err.(huma.StatusError); ok { //nolint:errorlint // invalid gives it unwrapped
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(refused.GetStatus())
		_ = json.NewEncoder(w).Encode(refused) // a reader that left needs no answer
		return
	}
	s.log.Error("the log of stories cannot be read", "error", err)
	problem(w, http.StatusServiceUnavailable, "the log of stories cannot be read; try again later")
}

// follow sends what comes after an entry of the log until the reader or the server ends.
func (s *server) follow(ctx context.Context, out *eventWriter, at int64, live bool) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		next := s.backend.NextChange() // before the log is read, so that nothing in between is missed
		c, err := s.fanout.after(ctx, at, live)
		if err != nil {
			return err
		}
		if c.last > at && !s.isClosing() {
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

type mergedStory struct {
	ID   int64 `json:"id" doc:"the story that is no more"`
	Into int64 `json:"into" doc:"the story that it went into"`
}

type goneStory struct {
	ID int64 `json:"id" doc:"the story that is no more: its articles are in others"`
}

// eventOf writes an entry for a reader who has read the log up to a number. A story that came behind it is new. One that came
// before may have moved here without ever being sent, so that "changed" tells of it as well: both mean to keep the story as it
// is now. What was gone before the reader could know it is told by its id alone.
func eventOf(c news.StoryChange, known int64, stories map[int64]news.Story) (string, error) {
	name, data := "", any(nil)
	st, there := stories[c.Story]
	switch {
	case (c.Into != 0 || c.Gone) && c.First > known:
	case c.Into != 0:
		name, data = "merged", mergedStory{c.Story, c.Into}
	case c.Gone:
		name, data = "gone", goneStory{c.Story}
	case !there || st.ID != c.Story: // it went on since; that is an entry of its own
	case c.First > known:
		name, data = "story", storyOf(st)
	default:
		name, data = "changed", storyOf(st)
	}
	if name == "" {
		return fmt.Sprintf("id: %d\n\n", c.Seq), nil
	}
	var text strings.Builder
	e := json.NewEncoder(&text) // ends in a line end
	e.SetEscapeHTML(false)
	err := e.Encode(data)
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n", c.Seq, name, text.String()), err
}

// streams counts those that there are, for each client.
type streams struct {
	mu   sync.Mutex // guards what follows
	from map[netip.Prefix]int
	all  int
}

// enter lets one more in, or says with which status and why not.
func (s *streams) enter(client netip.Prefix) (status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.from[client] >= maxFrom:
		return http.StatusTooManyRequests, fmt.Sprintf("%d programs at your address follow the stream already; end one, or try again later", maxFrom)
	case s.all >= maxStreams:
		return http.StatusServiceUnavailable, fmt.Sprintf("%d programs follow the stream already; try again later", maxStreams)
	}
	s.from[client]++
	s.all++
	return 0, ""
}

func (s *streams) leave(client netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.from[client]--; s.from[client] == 0 {
		delete(s.from, client)
	}
}

func (s *server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// eventWriter writes events to one reader, each at once.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	closing <-chan struct{}

	mu     sync.Mutex
	closed bool // no write may wait any more
}

// endOnClosing has a write that waits for its reader end soon when the server does. What it gives is to be called at the end.
func (e *eventWriter) endOnClosing() (stop func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-e.closing:
			e.mu.Lock()
			defer e.mu.Unlock()
			e.closed = true
			_ = e.control.SetWriteDeadline(time.Now().Add(streamLast)) // a connection that knows none, as in a test, is never slow
		case <-over:
		}
	}()
	return func() { close(over) }
}

// patience gives the reader time to take what is written next.
func (e *eventWriter) patience() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return http.ErrServerClosed
	}
	_ = e.control.SetWriteDeadline(time.Now().Add(streamSlow)) // likewise
	return nil
}

func (e *eventWriter) send(text []byte) error {
	if err := e.patience(); err != nil {
		return err
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.control.Flush()
}

// describeStream describes the stream, which huma does not serve.
func describeStream(doc *huma.OpenAPI) {
	op := beside("stream", pathStream, "Follow new and changed stories", "text/event-stream", http.StatusOK)
	op.Description = "Server-Sent Events: story (a new one), changed, merged ({id, into}) and gone ({id}), and an id alone where " +
		"nothing has to be told. The data of story and changed is a story as in /stories, to be kept in the place of what the reader has of it; a reader who begins " +
		"early may get changed for a story that it does not have. The id of an event is its place in the log of stories: " +
		"sent back as Last-Event-ID, or as after, the stream goes on behind it. With after=0 it begins with every story that there is."
	op.Parameters = []*huma.Param{
		{Name: "after", In: "query", Description: "the id of the event after which to begin; 0 is the beginning, and none is the end", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
		{Name: "Last-Event-ID", In: "header", Description: "the same, as browsers send it; it counts before after", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
	}
	refusals(op, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	doc.AddOperation(op)
}
