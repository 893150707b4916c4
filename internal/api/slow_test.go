package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// stuck is a connection whose reader takes nothing: a write waits until a deadline near enough is set.
type stuck struct {
	*httptest.ResponseRecorder
	writing chan struct{} // closed once a write waits
	over    chan struct{} // closed once it is
}

func (s *stuck) Write([]byte) (int, error) {
	close(s.writing)
	<-s.over
	return 0, os.ErrDeadlineExceeded
}

// SetWriteDeadline is what http.ResponseController asks for.
func (s *stuck) SetWriteDeadline(t time.Time) error {
	if time.Until(t) <= streamLast {
		close(s.over)
	}
	return nil
}

// TestSlowReader has the server stop while a reader takes nothing: what is being written ends, and nothing more is.
func TestSlowReader(t *testing.T) {
	closing := make(chan struct{})
	w := &stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	out := &eventWriter{w: w, control: http.NewResponseController(w), closing: closing}
	stop := out.endOnClosing()
	defer stop()
	sent := make(chan error)
	go func() { sent <- out.send([]byte(":\n\n")) }()
	<-w.writing
	close(closing)
	select {
	case err := <-sent:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the write ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the write waits for its reader though the server stops")
	}
	if err := out.send([]byte(":\n\n")); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("another write after that: %v", err)
	}
}
