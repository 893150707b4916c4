package ingress

import (
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// maxBody is the size of a list of feeds, the largest body that people send. Handlers bound theirs further.
	maxBody = 20 << 20
	// bodyTime is how long a body may take to arrive.
	bodyTime = 20 * time.Second
	// lastTime is how long a body may still take that nobody wants any more: its handler has answered, or the server stops.
	lastTime = 2 * time.Second
)

// bounded gives each request's body a size and a time, which begins with the handler. A body that is late fails with
// os.ErrDeadlineExceeded, and its connection ends with the answer. When ctx ends, so do the bodies that are on their way.
func bounded(ctx context.Context, size int64, limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: http.MaxBytesReader(w, r.Body, size), control: http.NewResponseController(w)}
		b.within(limit)
		b.stop = context.AfterFunc(ctx, func() { b.within(lastTime) })
		copied := *r // net/http looks at the body of its own request when it has the answer
		copied.Body = b
		defer func() {
			b.stop()
			if !b.over {
				b.within(lastTime) // net/http reads on, so that the client gets to see the answer
			}
		}()
		next.ServeHTTP(w, &copied)
	})
}

// body takes the deadline off the connection once it has arrived: net/http goes on reading from there, to learn whether
// the client leaves, and would take a deadline that passes for that.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	stop    func() bool // has the end of the server change nothing any more
	over    bool
}

func (b *body) within(limit time.Duration) {
	_ = b.control.SetReadDeadline(time.Now().Add(limit)) // a connection that knows none, as in a test, is never slow
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && !b.over {
		b.over = true
		b.stop()
		_ = b.control.SetReadDeadline(time.Time{}) // likewise
	}
	return n, err
}
