package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/pipeline"
)

// inventedFeeds serves feeds of a hundred unlike reports each.
func inventedFeeds(t *testing.T) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		at := time.Now().Add(-time.Hour).Format(time.RFC1123Z)
		_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><title>Paper %d</title><link>https://paper%d.example/</link>`, n, n)
		for i := range uint64(100) {
			seed := uint64(n)*1000 + i
			_, _ = fmt.Fprintf(w, "<item><guid>%d</guid><title>%s</title><link>https://paper%d.example/%d</link><pubDate>%s</pubDate><description>%s</description></item>",
				seed, madeUp(seed, 7), n, seed, at, madeUp(seed+1_000_000, 120))
		}
		_, _ = io.WriteString(w, "</channel></rss>")
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestStreamLoad follows the stream from its beginning with as many programs as HEADWATER_STREAMS says, over
// HEADWATER_STREAM_STORIES stories, and looks at pages before and meanwhile. Clients and server share the processors.
func TestStreamLoad(t *testing.T) {
	streams, err := strconv.Atoi(os.Getenv("HEADWATER_STREAMS"))
	if err != nil {
		t.Skip("HEADWATER_STREAMS says how many; 200 take a minute")
	}
	stories := 4000
	if n, err := strconv.Atoi(os.Getenv("HEADWATER_STREAM_STORIES")); err == nil {
		stories = n
	}
	cfg := config.Default()
	cfg.Data, cfg.Fetch.PerHost = t.TempDir(), 0
	cfg.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.FullText.Mode, cfg.Origin.FetchSources = pipeline.FullTextNever, false
	a := openApp(t, cfg)
	press := inventedFeeds(t)
	for n := range (stories + 99) / 100 {
		if _, err := a.feeds.AddFeed(t.Context(), news.Feed{URL: fmt.Sprint(press.URL, "/", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	last, err := a.store.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.handler(t.Context(), "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()

	quiet := make(chan struct{})
	time.AfterFunc(5*time.Second, func() { close(quiet) })
	before := slowest(t, srv.URL+"/", quiet)

	var all sync.WaitGroup
	var events, refused, unfinished atomic.Int64
	begun := time.Now()
	for range streams {
		all.Go(func() {
			status, seen, err := followTo(t, srv, last)
			events.Add(seen)
			switch {
			case status != http.StatusOK:
				refused.Add(1)
			case err != nil:
				unfinished.Add(1)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	during := slowest(t, srv.URL+"/", done)
	t.Logf("%d streams over %d entries: %d refused, %d not to the end in time; %d events in %s; pages p99 %s, before %s",
		streams, last, refused.Load(), unfinished.Load(), events.Load(), time.Since(begun), during, before)
	if during > 3*before {
		t.Errorf("pages take %s meanwhile, %s before", during, before)
	}
}

// followTo reads the stream from its beginning to an entry of the log.
func followTo(t *testing.T, srv *httptest.Server, last int64) (status int, events int64, err error) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Fprintf(conn, "GET /api/v1/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
		return 0, 0, err
	}
	var head [12]byte // HTTP/1.1 200
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, 0, err
	}
	if status, err = strconv.Atoi(string(head[9:])); err != nil || status != http.StatusOK {
		return status, 0, err
	}
	end, buffer := fmt.Appendf(nil, "\nid: %d\n", last), make([]byte, 64<<10)
	kept := 0 // bytes of the last read that may begin what is looked for
	for {
		n, err := conn.Read(buffer[kept:])
		if err != nil {
			return status, events, err
		}
		text := string(buffer[:kept+n])
		events += int64(strings.Count(text, "\nevent: "))
		if strings.Contains(text, string(end)) {
			return status, events, nil
		}
		kept = copy(buffer, text[max(0, len(text)-len(end)):])
		events -= int64(strings.Count(string(buffer[:kept]), "\nevent: ")) // counted again with the next
	}
}
