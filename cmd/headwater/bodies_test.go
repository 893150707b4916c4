package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"headwater/internal/config"
)

// halfBody sends a request whose body stops in the middle, and gives how long the server kept the connection.
func (rt route) halfBody(t *testing.T, address string) (kept time.Duration, err error) {
	begun := time.Now()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(begun.Add(time.Minute)); err != nil {
		return 0, err
	}
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 4000\r\n\r\n{", rt.method, rt.path, address, rt.contentType())
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, conn)
	if errors.Is(err, syscall.ECONNRESET) { // what was sent and not read
		err = nil
	}
	return time.Since(begun), err
}

func (rt route) contentType() string {
	if strings.HasPrefix(rt.path, "/api/v1/") {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// slowest asks for a page again and again until done is closed, and gives the slowest one in a hundred.
func slowest(t *testing.T, address string, done <-chan struct{}) time.Duration {
	t.Helper()
	var took []time.Duration
	for asking := true; asking || len(took) < 100; {
		begun := time.Now()
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", address, resp.Status, err)
		}
		took = append(took, time.Since(begun))
		select {
		case <-done:
			asking = false
		default:
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// TestHalfBodies leaves bodies half sent on every route, GET too, and looks at pages meanwhile. HEADWATER_HALF_BODIES says
// how many for each route.
func TestHalfBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for bodies to be late")
	}
	each := 3
	if n, err := strconv.Atoi(os.Getenv("HEADWATER_HALF_BODIES")); err == nil {
		each = n
	}
	const bodyTime = 2 * time.Second // 20 s outside of tests
	srv, routes := everyRoute(t, func(*config.Config) {}, func(a *app) { a.bodyTime = bodyTime })
	routes = slices.DeleteFunc(routes, func(rt route) bool { return strings.HasSuffix(rt.path, "/stream") && rt.method == http.MethodGet }) // it has no end
	idle := make(chan struct{})
	close(idle)
	before := slowest(t, srv.URL+"/", idle)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var lock sync.Mutex
	longest := time.Duration(0)
	for _, rt := range routes {
		for range each {
			all.Go(func() {
				kept, err := rt.halfBody(t, u.Host)
				lock.Lock()
				defer lock.Unlock()
				longest = max(longest, kept)
				if err != nil || kept > bodyTime+10*time.Second {
					t.Errorf("%s %s: kept open for %s: %v", rt.method, rt.path, kept, err)
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	during := slowest(t, srv.URL+"/", done)
	t.Logf("%d half bodies on each of %d routes: the longest is kept for %s; pages p99 %s, before %s", each, len(routes), longest, during, before)
	if during > max(3*before, 300*time.Millisecond) {
		t.Errorf("pages take %s meanwhile, %s before", during, before)
	}
}

// TestHalfBodyAtTheEnd stops a server with SIGTERM while bodies are on their way: it ends within the time with 0.
func TestHalfBodyAtTheEnd(t *testing.T) {
	server := serveOwn(t, t.TempDir())
	address := strings.TrimPrefix(server.url, "http://")
	for _, path := range []string{"/topics", "/api/v1/opml", "/feeds/1/remove", "/accounts/ClientLogin"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 4000\r\n\r\nurl=", path, address); err != nil {
			t.Fatal(err)
		}
		if path == "/feeds/1/remove" {
			continue // it reads no body, so it answers at once
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("%s: %q %v", path, line, err) // its handler waits for the body
		}
	}
	server.terminate(t)
}
