package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
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
			cannot(w, s.log, err, "the log of stories cannot be read")
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
		return 0, false, invalid(where, text, fmt.Sprintf("expected the id of an event of this server, 0 to %d; leave it out to begin at the end", last))
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

const (
	chunkEntries = 100              // of the log in a chunk
	chunkTimeout = 30 * time.Second // to read a chunk, which takes less than a second
	cacheAge     = time.Minute      // of chunks for other streams
	cacheBytes   = 16 << 20
	cacheChunks  = 1000
	catchUpRest  = 3        // pause between chunks for streams that catch up, as a multiple of the time that a chunk took
	catchUpRate  = 24 << 20 // bytes a second to all streams that catch up
)

// chunk is a part of the story log as the stream sends it.
type chunk struct {
	text []byte
	last int64 // its last entry; the entry after which it was asked, where it is empty
	more bool  // it is as long as chunks may be, so that the log has more
}

// storyLog is what a fanout reads.
type storyLog interface {
	ChangeNotifier
	StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error)
	Stories(context.Context, news.StoryList) ([]news.Story, error)
}

// fanout reads the story log once for all streams at the same position, in chunks of chunkEntries entries that are kept for
// a minute (cacheBytes in all). Streams are live, at the end of the log, or catch up. Chunks for those that catch up are
// made one at a time, with three times as long a rest after each, and sent at catchUpRate to all of them together, so that
// most of the processor is left to pages. Live streams wait for none of that. A stream has no queue of its own: it takes
// the next chunk when its client has taken the last one, and what it has not been sent is in the log.
type fanout struct {
	log      storyLog
	catching chan struct{} // holds a token while a chunk is read for streams that catch up, and during the pause after it

	mu     sync.Mutex // guards what follows
	chunks map[int64]*cachedChunk
	order  []*cachedChunk // those that were read, the oldest first
	size   int            // of their texts, in bytes
	paced  time.Time      // until then catchUpRate is used up
}

// cachedChunk is a chunk that was read or is being read.
type cachedChunk struct {
	after   int64           // the entry before it
	live    bool            // it is read without waiting for catching
	changed <-chan struct{} // closed when stories have changed since the log was read
	done    chan struct{}   // closed when what follows is set
	chunk   chunk
	err     error
	until   time.Time // when it is too old for other streams
}

// errLeft is the error of a chunk whose stream ended before it was read. Others that wait for the chunk read it.
var errLeft = errors.New("the reader of the stream has gone")

func newFanout(log storyLog) *fanout {
	return &fanout{log: log, catching: make(chan struct{}, 1), chunks: map[int64]*cachedChunk{}}
}

// after gives the chunk after an entry of the log. A live stream does not wait for those that catch up.
func (f *fanout) after(ctx context.Context, at int64, live bool) (chunk, error) {
	for ctx.Err() == nil {
		c, mine := f.lookup(at, live)
		if mine {
			f.read(ctx, c)
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			continue
		}
		switch {
		case errors.Is(c.err, errLeft), c.err == nil && c.chunk.last == at && closed(c.changed):
			continue // it was not read, or was empty and the log has grown since
		case c.err != nil:
			return chunk{}, c.err
		case live:
			return c.chunk, nil
		}
		f.mu.Lock()
		now := time.Now()
		if f.paced.Before(now) {
			f.paced = now
		}
		wait := f.paced.Sub(now)
		f.paced = f.paced.Add(time.Duration(len(c.chunk.text)) * time.Second / catchUpRate)
		f.mu.Unlock()
		select {
		case <-time.After(wait):
			return c.chunk, nil
		case <-ctx.Done():
			return c.chunk, ctx.Err()
		}
	}
	return chunk{}, ctx.Err()
}

// lookup gives the chunk after an entry if it is being read or fresh, or else a new one, which the caller has to read. A live
// stream does not share one that may have to wait. A chunk that ends at the end of the log is fresh until the log grows.
func (f *fanout) lookup(after int64, live bool) (c *cachedChunk, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.chunks[after]; c != nil {
		read := closed(c.done)
		fresh := !closed(c.changed)
		if read {
			fresh = c.err == nil && time.Now().Before(c.until) && (c.chunk.more || fresh)
		}
		if fresh && (c.live || !live || read) {
			return c, false
		}
	}
	c = &cachedChunk{after: after, live: live, changed: f.log.NextChange(), done: make(chan struct{})}
	f.chunks[after] = c
	return c, true
}

// read reads a chunk for all streams that wait for it, even where the one that began it ends meanwhile.
func (f *fanout) read(ctx context.Context, c *cachedChunk) {
	defer close(c.done)
	if !c.live {
		select {
		case f.catching <- struct{}{}:
		case <-ctx.Done():
			c.err = errLeft
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.chunks[c.after] == c {
				delete(f.chunks, c.after)
			}
			return
		}
		begun := time.Now()
		defer func() { time.AfterFunc(catchUpRest*time.Since(begun), func() { <-f.catching }) }()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), chunkTimeout)
	defer cancel()
	c.chunk, c.err = f.render(ctx, c.after)
	c.until = time.Now().Add(cacheAge)
	f.cache(c)
}

// cache adds a chunk that was read, and drops the oldest beyond what the cache may hold.
func (f *fanout) cache(c *cachedChunk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order = append(f.order, c)
	f.size += len(c.chunk.text)
	for len(f.order) > 1 && (f.size > cacheBytes || time.Now().After(f.order[0].until) || len(f.order) > cacheChunks) {
		old := f.order[0]
		f.order = f.order[1:]
		f.size -= len(old.chunk.text)
		if f.chunks[old.after] == old {
			delete(f.chunks, old.after)
		}
	}
}

// render reads the log after an entry, and the stories that it names, and writes them as events.
func (f *fanout) render(ctx context.Context, after int64) (chunk, error) {
	changes, err := f.log.StoryLog(ctx, after, chunkEntries)
	if err != nil || len(changes) == 0 {
		return chunk{last: after}, err
	}
	var ids []int64
	for _, c := range changes {
		if c.Into == 0 && !c.Gone {
			ids = append(ids, c.Story)
		}
	}
	stories := map[int64]news.Story{}
	if len(ids) > 0 {
		list, err := f.log.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
		if err != nil {
			return chunk{}, err
		}
		for _, st := range list {
			stories[st.ID] = st
		}
	}
	c := chunk{last: changes[len(changes)-1].Seq, more: len(changes) == chunkEntries}
	for _, change := range changes {
		text, err := eventOf(change, after, stories)
		if err != nil {
			return chunk{}, err
		}
		c.text = append(c.text, text...)
	}
	return c, nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

type mergedStory struct {
	ID   int64 `json:"id" doc:"the story that is no more"`
	Into int64 `json:"into" doc:"the story that it went into"`
}

type goneStory struct {
	ID int64 `json:"id" doc:"the story that is no more: its articles are in others"`
}

// eventOf writes an entry for a client that has the log up to the entry known. The event is "story" for a story that was
// first logged after it, and else "changed". A client that catches up may get "changed" for a story that it was never sent,
// since its earlier entries were skipped; both mean to keep the story as it is now. "merged" and "gone" are told only of a
// story that the client can know; of one that ended before, the event is an id alone.
func eventOf(c news.StoryChange, known int64, stories map[int64]news.Story) (string, error) {
	name, data := "", any(nil)
	st, there := stories[c.Story]
	switch {
	case (c.Into != 0 || c.Gone) && c.First > known:
	case c.Into != 0:
		name, data = "merged", mergedStory{c.Story, c.Into}
	case c.Gone:
		name, data = "gone", goneStory{c.Story}
	case !there || st.ID != c.Story: // a later entry says what became of it
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
