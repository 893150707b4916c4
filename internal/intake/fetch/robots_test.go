package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"headwater/internal/news"
)

func TestRobotsRules(t *testing.T) {
	tests := []struct {
		name, robots, path string
		want               bool
	}{
		{"no rules", "", "/a", true},
		{"everybody", "User-agent: *\nDisallow: /", "/a", false},
		{"another robot", "User-agent: otherbot\nDisallow: /", "/a", true},
		{"ours in any case", "user-AGENT: HeadWater\nDISALLOW: /a", "/a/b", false},
		{"ours with a version", "User-agent: Headwater/2.0\nDisallow: /", "/a", false},
		{"a longer name is another's", "User-agent: headwaterbot\nDisallow: /", "/a", true},
		{"a shorter name is another's", "User-agent: head\nDisallow: /", "/a", true},
		{"ours outranks everybody's", "User-agent: *\nDisallow: /\n\nUser-agent: headwater\nDisallow: /private", "/a", true},
		{"our empty group too", "User-agent: *\nDisallow: /\nUser-agent: headwater\nDisallow:", "/a", true},
		{"groups of one name together", "User-agent: headwater\nDisallow: /a\nUser-agent: x\nDisallow: /c\nUser-agent: headwater\nDisallow: /b", "/b", false},
		{"one group of two names", "User-agent: x\nUser-agent: headwater\nDisallow: /a", "/a", false},
		{"the longest rule", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true},
		{"the longest rule, the other way", "User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", false},
		{"a tie allows", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		{"a star", "User-agent: *\nDisallow: /*/print", "/a/b/print.html", false},
		{"a star starts at the start", "User-agent: *\nDisallow: /b*c", "/a/bc", true},
		{"an end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", true},
		{"an end that is there", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf", false},
		{"an end without a star", "User-agent: *\nDisallow: /a$", "/ab", true},
		{"a query", "User-agent: *\nDisallow: /*?print=", "/a?print=1", false},
		{"escapes", "User-agent: *\nDisallow: /ü/%61", "/%C3%BC/a", false},
		{"a comment, and what is no line", "what?\nUser-agent: * # all\n:\nCrawl-delay: soon\nDisallow: /a # this", "/a", false},
		{"rules before any name", "Disallow: /\nUser-agent: x\nDisallow: /a", "/a", true},
		{"old line ends and a byte order mark", "\ufeffUser-agent: *\rDisallow: /a\r", "/a", false},
		{"the front page", "User-agent: *\nDisallow: /$", "", false},
	}
	for _, tt := range tests {
		page, err := url.Parse("https://a.example" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := parseRobots([]byte(tt.robots), "headwater").allow(page); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestProductToken(t *testing.T) {
	for agent, want := range map[string]string{
		"Headwater/1.0 (+https://x.example)": "headwater", "My_News-Bot": "my_news-bot", "": "", "1x": "",
	} {
		if got := productToken(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}

// site serves a page, and a robots.txt with a status; it counts what was asked for.
func site(t *testing.T, status int, robots string) (address string, asked func(path string) int) {
	t.Helper()
	var mu sync.Mutex
	counts := map[string]int{}
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		counts[r.URL.Path]++
		mu.Unlock()
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(status)
			send(w, robots)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		send(w, "<p>page")
	})
	return s.URL, func(path string) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[path]
	}
}

func TestPageAsksRobotsOnce(t *testing.T) {
	tests := []struct {
		status int
		robots string
		want   bool
	}{
		{200, "User-agent: *\nDisallow: /private", true},
		{200, "User-agent: *\nDisallow: /news", false},
		{200, "User-agent: *\nDisallow: /news\n" + strings.Repeat("#", robotsBytes), false},
		{200, strings.Repeat("#", robotsBytes) + "\nUser-agent: *\nDisallow: /news", true}, // beyond what is read
		{404, "", true},
		{403, "", true},
		{429, "", false},
		{500, "", false},
		{503, "User-agent: *\nAllow: /", false},
	}
	for _, tt := range tests {
		address, asked := site(t, tt.status, tt.robots)
		c := client(t, Options{UserAgent: "Headwater/1"})
		for range 3 {
			resp, err := c.Page(t.Context(), address+"/news/a")
			if got := err == nil; got != tt.want || got && string(resp.Body) != "<p>page" {
				t.Errorf("robots.txt of %d %.30q: %q, %v; want it read: %v", tt.status, tt.robots, resp.Body, err, tt.want)
			}
		}
		if n := asked("/robots.txt"); n != 1 {
			t.Errorf("robots.txt was asked for %d times", n)
		}
		if n := asked("/news/a"); (n > 0) != tt.want {
			t.Errorf("robots.txt of %d %.30q: the page was asked for %d times", tt.status, tt.robots, n)
		}
	}
}

// TestWaitForRobotsEnds has a page wait while another asks the host for its robots.txt, which does not come.
func TestWaitForRobotsEnds(t *testing.T) {
	asked, end := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(end)
	c := client(t, Options{UserAgent: "Headwater/1", Timeout: time.Minute})
	first, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := c.Page(first, srv.URL+"/a")
		done <- err
	}()
	<-asked
	second, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Page(second, srv.URL+"/b"); !errors.Is(err, context.Canceled) {
		t.Errorf("the one that waits: %v", err)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that asks: %v", err)
	}
}

func TestPageRefusalNamesRobots(t *testing.T) {
	address, _ := site(t, 200, "User-agent: *\nDisallow: /")
	_, err := client(t, Options{}).Page(t.Context(), address+"/a")
	if !errors.Is(err, errRobots) {
		t.Errorf("got %v", err)
	}
	failure(t, err, news.FeedHTTPError, "robots.txt")
}

func TestPageAsksRobotsOfWhereItIsSent(t *testing.T) {
	closed, asked := site(t, 200, "User-agent: *\nDisallow: /")
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, strings.Replace(closed, "127.0.0.1", "localhost", 1)+"/a", http.StatusFound)
	})
	_, err := client(t, Options{}).Page(t.Context(), s.URL+"/short")
	if !errors.Is(err, errRobots) || asked("/a") != 0 {
		t.Errorf("%v; the page was asked for %d times", err, asked("/a"))
	}
}

func TestPagePrivateIsNotContacted(t *testing.T) {
	var contacts atomic.Int64
	s := server(t, func(http.ResponseWriter, *http.Request) { contacts.Add(1) })
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Page(t.Context(), s.URL+"/a")
	failure(t, err, news.FeedPrivate, "allow_private")
	if n := contacts.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestPageTakesOnlyHTML(t *testing.T) {
	for kind, want := range map[string]bool{
		"text/html": true, "Text/HTML; charset=x; y": true, "application/xhtml+xml": true,
		"application/pdf": false, "text/plain": false, "": false,
	} {
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.NotFound(w, r)
				return
			}
			w.Header()["Content-Type"] = []string{kind}
			send(w, "x")
		})
		if _, err := client(t, Options{}).Page(t.Context(), s.URL); (err == nil) != want {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

func TestPageIsBounded(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		send(w, strings.Repeat("x", 4<<20+1))
	})
	_, err := client(t, Options{}).Page(t.Context(), s.URL)
	failure(t, err, news.FeedTooLarge)
}

func TestRobotsCacheIsBounded(t *testing.T) {
	r := newRobots("")
	now := time.Now()
	for i := range 3 * maxRobots {
		r.entry(fmt.Sprint(i), now).until = now.Add(time.Hour)
		if len(r.hosts) > maxRobots {
			t.Fatalf("%d hosts are remembered", len(r.hosts))
		}
	}
}

func TestRobotsHoldsADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		page := &url.URL{Scheme: "https", Host: "a.example", Path: "/x"}
		e := c.robots.entry("https://a.example", time.Now())
		e.until, e.err = time.Now().Add(robotsLife), errRobots
		time.Sleep(robotsLife - time.Second)
		if err := c.robots.allow(t.Context(), page); !errors.Is(err, errRobots) {
			t.Errorf("before a day is over: %v", err)
		}
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that nothing is dialled
		if err := c.robots.allow(ctx, page); !errors.Is(err, context.Canceled) {
			t.Errorf("after a day it was not asked for again: %v", err)
		}
	})
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a$", "/b?c=%e2")
	f.Fuzz(func(t *testing.T, robots, path string) {
		page := &url.URL{Scheme: "https", Host: "a.example", Path: path}
		rules := parseRobots([]byte(robots), "headwater")
		if !rules.allow(page) && !strings.Contains(strings.ToLower(robots), "disallow") {
			t.Error("refused without a rule that says so")
		}
	})
}
