package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/store"
)

// TestEndsUnderLoad stops a server with SIGTERM while it polls, settles and indexes, programs follow its stream and others search. It
// ends within the time with 0, its log of writes is in the database, and the next start goes on where it was.
func TestEndsUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("settles thousands of articles")
	}
	const feeds, items = 20, 100
	press := inventedFeeds(t)
	cfg := config.Default()
	cfg.Data, cfg.Fetch.PerHost = t.TempDir(), 0
	cfg.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.FullText.Mode, cfg.Origin.FetchSources = pipeline.FullTextNever, false
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range feeds {
		if _, err := a.feeds.AddFeed(t.Context(), news.Feed{URL: fmt.Sprint(press.URL, "/", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}

	server := serveOwn(t, cfg.Data, "HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FETCH_PER_HOST=0",
		"HEADWATER_POLL_SCHEDULE=@every 1s", "HEADWATER_FULLTEXT_MODE=never", "HEADWATER_ORIGIN_FETCH_SOURCES=false")
	stop := make(chan struct{})
	var load sync.WaitGroup
	for n := range 20 {
		load.Go(func() { follow(server.url+"/api/v1/stream?after=0", stop) })
		if n < 4 {
			load.Go(func() { follow(server.url+"/api/v1/search?q=w*", stop) })
		}
	}
	for asked := time.Now(); !strings.Contains(pageOf(t, server.url+"/metrics"), "\nheadwater_articles 2000\n"); time.Sleep(20 * time.Millisecond) {
		if time.Since(asked) > time.Minute {
			t.Fatal("the feeds are not read")
		}
	}
	server.terminate(t)
	close(stop)
	load.Wait()
	if left, err := os.Stat(filepath.Join(cfg.Data, store.File+"-wal")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log of writes is left: %+v, %v", left, err)
	}

	a = openApp(t, cfg)
	if _, err := a.pipeline.Pass(t.Context(), pipeline.PassOptions{}); err != nil {
		t.Fatal(err)
	}
	status, err := a.stories.Status(t.Context())
	if err := errors.Join(err, a.store.Check(t.Context())); err != nil || status.Articles != feeds*items || status.Unsettled+status.Unindexed != 0 {
		t.Errorf("after another start: %+v, %v", status, err)
	}
}

// follow asks for an address over and over, as often as clients that mean well, and reads the answers.
func follow(url string, stop <-chan struct{}) {
	for {
		_, _ = readAnswer(url) // it may end with the server
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
	}
}

// readAnswer asks for an address, reads the whole answer and returns its status.
func readAnswer(url string) (int, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}
