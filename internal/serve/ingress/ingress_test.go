package ingress_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"headwater/internal/serve/ingress"
)

const bodyTime = 300 * time.Millisecond

// bodies serves two paths behind the checks: /read reads the body, tells of it and works on; /leave reads nothing.
func bodies(t *testing.T, limit time.Duration) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/leave", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "left") })
	mux.HandleFunc("/read", func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		var large *http.MaxBytesError
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			http.Error(w, "late", http.StatusRequestTimeout)
			return
		case errors.As(err, &large):
			http.Error(w, "large", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case <-r.Context().Done():
			t.Error("the request was given up while it was worked on")
		case <-time.After(2 * bodyTime): // longer than the body may take
		}
		_, _ = fmt.Fprintf(w, "%d bytes", len(data))
	})
	hosts := ingress.NewHosts("127.0.0.1:0", "", nil)
	srv := httptest.NewServer(ingress.New(t.Context(), ingress.Options{Hosts: hosts, BodyTime: limit}, mux))
	t.Cleanup(srv.Close)
	return srv
}

// send writes to a connection of its own and gives the first answer and how long it took to be closed.
func send(t *testing.T, srv *httptest.Server, text string) (answer string, closed time.Duration) {
	t.Helper()
	begun := time.Now()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(begun.Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("%.40q: %v", text, err)
	}
	said, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, in); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%.40q: the connection stays open", text)
	}
	return fmt.Sprint(resp.StatusCode, " ", strings.TrimSpace(string(said))), time.Since(begun)
}

func TestBodies(t *testing.T) {
	const half = " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf"
	for _, tt := range []struct {
		name, text, want string
		least, most      time.Duration
	}{
		{"whole", "POST /read HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody", "200 4 bytes", 2 * bodyTime, 10 * time.Second},
		{"half", "POST /read" + half, "408 late", bodyTime, 10 * time.Second},
		{"half in chunks", "POST /read HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "408 late", bodyTime, 10 * time.Second},
		{"half of what nobody reads", "POST /leave" + half, "200 left", 0, 10 * time.Second},
		{"half of a GET", "GET /leave" + half, "200 left", 0, 10 * time.Second},
		{"half for another host", strings.Replace("POST /read"+half, "127.0.0.1", "evil.example", 1), "421 ", 0, 10 * time.Second},
		{"too large", "POST /read HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 30000000\r\n\r\n" + strings.Repeat("x", 21<<20), "413 large", 0, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := bodyTime
			if tt.least == 0 {
				limit = time.Minute // what ends sooner ends for another reason
			}
			answer, closed := send(t, bodies(t, limit), tt.text)
			if !strings.HasPrefix(answer, tt.want) || closed < tt.least || closed > tt.most {
				t.Errorf("%q after %s", answer, closed)
			}
		})
	}
}

// TestNextRequest sends a second request behind the first: the time of the first one's body is not its own.
func TestNextRequest(t *testing.T) {
	const whole = "POST /read HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nbody"
	answer, _ := send(t, bodies(t, bodyTime), whole+strings.Replace(whole, "Content-Length", "Connection: close\r\nContent-Length", 1))
	if answer != "200 4 bytes" {
		t.Error(answer)
	}
}

// TestBodiesAtTheEnd has the server stop while bodies are on their way and while one is worked on.
func TestBodiesAtTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	mux := http.NewServeMux()
	reading, read := make(chan struct{}, 1), make(chan error, 1)
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		reading <- struct{}{}
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	hosts := ingress.NewHosts("127.0.0.1:0", "", nil)
	srv := httptest.NewServer(ingress.New(ctx, ingress.Options{Hosts: hosts, BodyTime: time.Hour}, mux))
	defer srv.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	<-reading
	cancel()
	select {
	case err := <-read:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the body is waited for though the server stops")
	}
}
