package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/pipeline/pipelinetest"
)

// reloads is how often TestReloadWhilePolling reloads; HEADWATER_TEST_RELOADS is another number.
const reloads = 60

// TestReloadWhilePolling reloads again and again while feeds grow and are polled, and somebody reads pages. Each item is stored once,
// every request is answered, and no generation is left behind.
func TestReloadWhilePolling(t *testing.T) {
	if testing.Short() {
		t.Skip("polls for seconds")
	}
	times := reloads
	if n, err := strconv.Atoi(os.Getenv("HEADWATER_TEST_RELOADS")); err == nil {
		times = n
	}
	press := pipelinetest.NewPress(t, time.Millisecond)
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	cfg.Poll.Schedule, cfg.Poll.Interval, cfg.Poll.MinInterval, cfg.Poll.MaxInterval = "@every 1s", time.Second, time.Second, time.Second
	cfg.Fetch.Proxy, cfg.Fetch.Pause, cfg.Fetch.AllowPrivate = config.Secret(press.URL.String()), 0, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	a := openApp(t, cfg)
	feeds := press.Feeds(5, 4)
	if _, err := a.store.AddFeeds(t.Context(), feeds); err != nil {
		t.Fatal(err)
	}
	s, url := serveInTest(t, a, func() (config.Config, error) { return cfg, nil })

	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { readUntil(t, url, stop) })
	var before int
	for i := range times {
		cfg.Title = fmt.Sprint("Title ", i)
		done, err := s.reload(t.Context())
		if err != nil || len(done.Changed) != 1 {
			t.Fatalf("reload %d: %+v, %v", i, done, err)
		}
		if page := pageOf(t, url+"/"); !strings.Contains(page, cfg.Title) {
			t.Fatalf("after reload %d the front page has another title", i)
		}
		if i%10 == 0 {
			press.Grow()
		}
		if i == times/2 {
			before = runtime.NumGoroutine()
		}
	}
	// What the last reloads replaced may still be ending.
	after := runtime.NumGoroutine()
	for end := time.Now().Add(10 * time.Second); after > before+20 && time.Now().Before(end); after = runtime.NumGoroutine() {
		time.Sleep(10 * time.Millisecond)
	}
	if after > before+20 {
		t.Errorf("%d goroutines after half of the reloads, %d at the end", before, after)
	}
	items := 1 + (times+9)/10
	stored := func() int {
		status, err := a.store.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return status.Articles
	}
	for end := time.Now().Add(time.Minute); stored() < len(feeds)*items && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		continue
	}
	close(stop)
	readers.Wait()
	log, err := a.store.Log(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, article := range log {
		seen[fmt.Sprint(article.FeedID, " ", article.GUID)] = true
	}
	if len(log) != len(feeds)*items || len(seen) != len(log) {
		t.Errorf("%d articles with %d ids, want %d", len(log), len(seen), len(feeds)*items)
	}
}

// serveInTest serves until the test ends.
func serveInTest(t *testing.T, a *app, load func() (config.Config, error)) (s *serving, url string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = &serving{listener: l.Addr(), load: load, apply: func(config.Config) error { return nil }}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.serve(ctx, a, l, nil, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatal("it ended before it served")
	}
	return s, url
}

func pageOf(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// readUntil asks for a page over and over.
func readUntil(t *testing.T, url string, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		resp, err := http.Get(url + "/latest")
		if err == nil {
			err = resp.Body.Close()
		}
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("a page during reloads: %v, %v", resp, err)
			return
		}
	}
}

// TestFailedReload holds that a server goes on with what it has where the new settings can't be used.
func TestFailedReload(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	a := openApp(t, cfg)
	wrong := errors.New("config.yaml is gone")
	var settings config.Config
	s, url := serveInTest(t, a, func() (config.Config, error) { return settings, wrong })
	if _, err := s.reload(t.Context()); !errors.Is(err, wrong) {
		t.Errorf("got %v, want that %v", err, wrong)
	}
	wrong, settings = nil, cfg
	settings.Title = "Another"
	settings.Fetch.PerHost = -1 // the HTTP client refuses it
	if _, err := s.reload(t.Context()); err == nil {
		t.Error("settings that cannot be used were taken")
	}
	if page := pageOf(t, url+"/"); strings.Contains(page, "Another") {
		t.Error("the settings of a failed reload are in force")
	}
	settings.Fetch.PerHost = cfg.Fetch.PerHost
	done, err := s.reload(t.Context())
	if err != nil || len(done.Changed) != 1 || done.Changed[0] != "title" {
		t.Errorf("got %+v, %v", done, err)
	}
}

// TestSettingsForAStart holds that each of them is a setting, and that the manual says so.
func TestSettingsForAStart(t *testing.T) {
	_, all, err := config.Explain(config.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../../docs/manual.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range atStart {
		if !slices.ContainsFunc(all, func(f config.InForce) bool { return f.Key == key }) {
			t.Errorf("%s is no setting", key)
		}
		if !strings.Contains(string(manual), "`"+key+"`") {
			t.Errorf("the manual does not say that %s waits for a restart", key)
		}
	}
}
