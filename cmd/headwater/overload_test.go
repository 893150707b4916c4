package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestOverload asks more of a server than it can do, for as long as HEADWATER_TEST_OVERLOAD says (30s): 200 connections that send a byte
// a second, 1,000 streams, bodies of 100 MB, searches for all words that begin with a letter, and guessed passwords. Whoever watches over
// the server and whoever reads is answered meanwhile. Clients and server share the processors.
func TestOverload(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("HEADWATER_TEST_OVERLOAD"))
	if err != nil {
		t.Skip("HEADWATER_TEST_OVERLOAD says for how long, such as 30s")
	}
	press := inventedFeeds(t)
	server := serveOwn(t, t.TempDir(), "HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FETCH_PER_HOST=0",
		"HEADWATER_POLL_SCHEDULE=@every 1s", "HEADWATER_FULLTEXT_MODE=never", "HEADWATER_ORIGIN_FETCH_SOURCES=false")
	url := server.url
	for n := range 20 {
		body := fmt.Sprintf(`{"url": "%s/%d"}`, press.URL, n)
		if status := post(url+"/api/v1/feeds", "application/json", strings.NewReader(body)); status != http.StatusCreated {
			t.Fatalf("a feed is not added: %d", status)
		}
	}
	for asked := time.Now(); !strings.Contains(pageOf(t, url+"/metrics"), "\nheadwater_articles 2000\n"); time.Sleep(50 * time.Millisecond) {
		if time.Since(asked) > time.Minute {
			t.Fatal("the feeds are not read")
		}
	}
	health, page := answersOf(url+"/healthz", 3*time.Second), answersOf(url+"/", 3*time.Second)
	t.Logf("before: /healthz %s; front page %s", health, page)

	stop := make(chan struct{})
	var load sync.WaitGroup
	var refused atomic.Int64
	huge := make([]byte, 100<<20)
	for range 200 {
		load.Go(func() { drip(strings.TrimPrefix(url, "http://"), stop) })
	}
	for range 1000 {
		load.Go(func() { follow(url+"/api/v1/stream?after=0", stop) })
	}
	for n := range 4 {
		load.Go(repeat(stop, func() { _, _ = readAnswer(url + "/api/v1/search?limit=100&q=" + string(rune('a'+n)) + "*") }))
		load.Go(repeat(stop, func() { post(url+"/api/v1/opml", "text/x-opml", bytes.NewReader(huge)) }))
		load.Go(repeat(stop, func() {
			if post(url+"/accounts/ClientLogin", "application/x-www-form-urlencoded", strings.NewReader("Email=admin&Passwd=guess")) == http.StatusTooManyRequests {
				refused.Add(1)
			}
		}))
	}
	time.Sleep(time.Second)
	var watchers sync.WaitGroup
	watchers.Go(func() { health = answersOf(url+"/healthz", lasts) })
	watchers.Go(func() { page = answersOf(url+"/", lasts) })
	watchers.Wait()
	close(stop)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.Process.Pid))
	if err := errors.Join(err, server.Process.Signal(syscall.SIGTERM)); err != nil {
		t.Fatal(err)
	}
	load.Wait()
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ = strings.Cut(strings.TrimSpace(peak), "\n")
	t.Logf("meanwhile: /healthz %s; front page %s; memory at most %s; %d guesses refused", health, page, peak, refused.Load())
	if health.failed+page.failed > 0 || refused.Load() == 0 {
		t.Errorf("of /healthz %d, of the front page %d were not answered; %d guesses were refused", health.failed, page.failed, refused.Load())
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// answers are how long answers took.
type answers struct {
	took   []time.Duration
	failed int
}

func (a answers) String() string {
	slices.Sort(a.took)
	if len(a.took) == 0 {
		return "never"
	}
	return fmt.Sprintf("p50 %s, p99 %s, most %s of %d", a.took[len(a.took)/2].Round(100*time.Microsecond), a.took[len(a.took)*99/100].Round(100*time.Microsecond), a.took[len(a.took)-1].Round(100*time.Microsecond), len(a.took))
}

// answersOf asks for an address 20 times a second.
func answersOf(url string, lasts time.Duration) (a answers) {
	for begun := time.Now(); time.Since(begun) < lasts; time.Sleep(50 * time.Millisecond) {
		asked := time.Now()
		if status, err := readAnswer(url); err != nil || status != http.StatusOK {
			a.failed++
		}
		a.took = append(a.took, time.Since(asked))
	}
	return a
}

// post returns the status of the answer, 0 where there is none.
func post(url, contentType string, body io.Reader) int {
	resp, err := http.Post(url, contentType, body)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func repeat(stop <-chan struct{}, do func()) func() {
	return func() {
		for {
			select {
			case <-stop:
				return
			default:
				do()
			}
		}
	}
}

// drip opens a connection and sends a byte a second, again and again.
func drip(address string, stop <-chan struct{}) {
	for {
		conn, err := net.Dial("tcp", address)
		for _, b := range []byte("GET / HTTP/1.1\r\nHost: " + address + "\r\nX-Slow: " + strings.Repeat("a", 1000)) {
			if err != nil {
				break
			}
			_, err = conn.Write([]byte{b})
			select {
			case <-stop:
				_ = conn.Close()
				return
			case <-time.After(time.Second):
			}
		}
		if conn != nil {
			_ = conn.Close()
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}
