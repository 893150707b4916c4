package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
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
	if time.Until(t) <= closingTimeout {
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

// clogged is a connection whose reader takes nothing: a write waits until its deadline.
type clogged struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (c *clogged) Write([]byte) (int, error) {
	time.Sleep(time.Until(c.until))
	return 0, os.ErrDeadlineExceeded
}

func (c *clogged) SetWriteDeadline(t time.Time) error {
	c.until = t
	return nil
}

// TestCloggedReader lets a reader go that takes no chunk, while another at the same place in the log gets all of it.
func TestCloggedReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := newLog(1000)
		s := &stream{changes: room, fanout: newFanout(room)}
		ended := make(chan time.Duration)
		go func() {
			begun := time.Now()
			w := &clogged{ResponseRecorder: httptest.NewRecorder()}
			if err := s.follow(t.Context(), &eventWriter{w: w, control: http.NewResponseController(w)}, 0, false); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			ended <- time.Since(begun)
		}()
		ctx, leave := context.WithTimeout(t.Context(), 20*time.Second)
		defer leave()
		w := httptest.NewRecorder()
		if err := s.follow(ctx, &eventWriter{w: w, control: http.NewResponseController(w)}, 0, false); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		if n := strings.Count(w.Body.String(), "event: story"); n != 1000 {
			t.Errorf("the other reader gets %d events", n)
		}
		if took := <-ended; took < streamTimeout || took > 2*streamTimeout {
			t.Errorf("the reader who takes nothing is let go after %s", took)
		}
		time.Sleep(time.Minute)
	})
}
