package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/api"
)

// failing is a newsroom of which some questions fail once broken is set.
type failing struct {
	api.Backend
	broken error
	behind int // entries that the index lacks
	builds bool
}

func (f *failing) Status(ctx context.Context) (news.Status, error) {
	if f.broken != nil {
		return news.Status{}, f.broken
	}
	st, err := f.Backend.Status(ctx)
	if f.behind > 0 {
		st.Unindexed, st.IndexLag, st.Building = f.behind, 90*time.Second, f.builds
	}
	return st, err
}

func (f *failing) Stories(ctx context.Context, l news.StoryList) ([]news.Story, error) {
	if f.broken != nil {
		return nil, f.broken
	}
	return f.Backend.Stories(ctx, l)
}

func (f *failing) Search(ctx context.Context, s search.Request) (search.Found, error) {
	if f.broken != nil {
		return search.Found{}, f.broken
	}
	return f.Backend.Search(ctx, s)
}

// shaky gives an API over a failing newsroom, and its log.
func shaky(t *testing.T) (*failing, http.Handler, *bytes.Buffer) {
	t.Helper()
	f, log := &failing{Backend: backendOf(openRoom(t))}, &bytes.Buffer{}
	b := f.Backend
	b.StatusReader, b.StoryReader, b.Searcher = f, f, f
	return f, serve(t, api.Options{Backend: b, CheckQuery: search.Validate, Logger: slog.New(slog.NewTextHandler(log, nil))}), log
}

var errDisk = errors.New("disk /srv/news failed")

func TestNew(t *testing.T) {
	if _, err := api.New(api.Options{}); err == nil || !strings.Contains(err.Error(), "Options.Backend.FrontReader is nil") {
		t.Errorf("without a backend: %v", err)
	}
	h := serve(t, api.Options{Backend: backendOf(openRoom(t))}) // neither a check nor a log
	ask(t, h, "GET", "/api/v1/search?q=river", "").is(200)
}

func TestHealth(t *testing.T) {
	f, h, log := shaky(t)
	probe := func(path string, status int, want string) {
		t.Helper()
		a := ask(t, h, "GET", path, "")
		a.is(status)
		if got := a.Body.String(); got != want+"\n" || a.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %q as %s, want %q", path, got, a.Header().Get("Content-Type"), want)
		}
	}
	probe("/healthz", 200, "ok")
	probe("/readyz", 200, "ready")
	f.broken = errDisk
	for range 3 {
		probe("/readyz", 503, "store or index does not answer; the log says why")
		probe("/healthz", 200, "ok") // the process lives
	}
	if got := strings.Count(log.String(), "disk /srv/news failed"); got != 1 {
		t.Errorf("three probes of one outage are logged %d times:\n%s", got, log)
	}
	f.broken = nil
	probe("/readyz", 200, "ready")
	probe("/readyz", 200, "ready")
	if got := strings.Count(log.String(), "answer again"); got != 1 {
		t.Errorf("its end is logged %d times:\n%s", got, log)
	}
}

// TestLoopWithoutProgress: /healthz names what is stuck, and is well again when that goes on.
func TestLoopWithoutProgress(t *testing.T) {
	var stuck error
	h := serve(t, api.Options{Backend: backendOf(openRoom(t)), Health: func() error { return stuck }})
	ask(t, h, "GET", "/healthz", "").is(200)
	stuck = errors.New("no progress: settle for 12m0s")
	a := ask(t, h, "GET", "/healthz", "")
	a.is(503)
	if got, want := a.Body.String(), "no progress: settle for 12m0s; start the server again\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	stuck = nil
	ask(t, h, "GET", "/healthz", "").is(200)
}

// TestReadyOnceNear: a server is not ready before its index was near the end of the log, and stays ready from then on.
func TestReadyOnceNear(t *testing.T) {
	f, h, _ := shaky(t)
	for _, step := range []struct {
		behind, status int
		want           string
		builds         bool
	}{
		{5000, 503, "the index is 5000 articles behind, for 90 seconds; it is being built", true},
		{1001, 503, "the index is 1001 articles behind, for 90 seconds; it is being built", false},
		{7, 503, "the index is 7 articles behind, for 90 seconds; it is being built", true},
		{1000, 200, "ready; the index is 1000 articles behind, for 90 seconds", false},
		{0, 200, "ready", false},
		{5000, 200, "ready; the index is 5000 articles behind, for 90 seconds", false},
	} {
		f.behind, f.builds = step.behind, step.builds
		a := ask(t, h, "GET", "/readyz", "")
		a.is(step.status)
		if got := a.Body.String(); got != step.want+"\n" {
			t.Errorf("%d behind: %q, want %q", step.behind, got, step.want)
		}
	}
}

// TestProbeThatLeaves gives up a probe, which says nothing of the store.
func TestProbeThatLeaves(t *testing.T) {
	_, h, log := shaky(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/readyz", nil))
	if w.Code != 503 || log.Len() > 0 {
		t.Errorf("%d, log %q", w.Code, log)
	}
}

// TestServerFault tells who asks no more than that, and the log the rest.
func TestServerFault(t *testing.T) {
	f, h, log := shaky(t)
	f.broken = errDisk
	for _, path := range []string{"/api/v1/status", "/api/v1/stories"} {
		p := ask(t, h, "GET", path, "").refused(500)
		if strings.Contains(p.Detail, "/srv") || !strings.Contains(p.Detail, "its log says why") {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
	if got := strings.Count(log.String(), "disk /srv/news failed"); got != 2 {
		t.Errorf("two failures are logged %d times:\n%s", got, log)
	}
	log.Reset()
	f.broken = fmt.Errorf("stories: %w", context.DeadlineExceeded)
	p := ask(t, h, "GET", "/api/v1/stories", "").refused(503)
	if !strings.Contains(p.Detail, "ask again") || log.Len() > 0 {
		t.Errorf("out of time: %s, log %q", p.Detail, log)
	}
}

// TestIndexIsBuilt gives no part of what a search would find in a whole index.
func TestIndexIsBuilt(t *testing.T) {
	f, h, log := shaky(t)
	f.broken = &search.BuildingError{Indexed: 120, Missing: 4321}
	a := ask(t, h, "GET", "/api/v1/search?q=river", "")
	p := a.refused(503)
	if !strings.Contains(p.Detail, "120 articles are in it, 4321 are still to come") || a.Header().Get("Retry-After") == "" || log.Len() > 0 {
		t.Errorf("%s, %v, log %q", p.Detail, a.Header(), log)
	}
}

// metric gives the value of a series as /metrics writes it, or "" where there is none.
func metric(t *testing.T, h http.Handler, series string) string {
	t.Helper()
	a := ask(t, h, "GET", "/metrics", "")
	a.is(200)
	for line := range strings.Lines(a.Body.String()) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func wantMetrics(t *testing.T, h http.Handler, want map[string]string) {
	t.Helper()
	for series, value := range want {
		if got := metric(t, h, series); got != value {
			t.Errorf("%s is %q, want %q", series, got, value)
		}
	}
}

func TestMetrics(t *testing.T) {
	d := filled(t)
	d.collect(t, "late")
	for _, path := range []string{"stories/1", "stories/2", "stories/x", "story/1", "stories?limit=1&limit=2"} {
		d.ask(t, "GET", "/api/v1/"+path, "")
	}
	d.ask(t, "POST", "/api/v1/topics", `{}`, "Origin", "https://evil.example")
	wantMetrics(t, d, map[string]string{
		"headwater_ready": "1", "headwater_articles": "5", "headwater_stories": "3", "headwater_events": "3",
		`headwater_http_requests_total{code="200",route="GET /api/v1/stories/{id}"}`:      "2",
		`headwater_http_requests_total{code="422",route="GET /api/v1/stories/{id}"}`:      "1",
		`headwater_http_requests_total{code="404",route="none"}`:                          "1",
		`headwater_http_requests_total{code="400",route="none"}`:                          "1",
		`headwater_http_requests_total{code="403",route="none"}`:                          "1",
		`headwater_http_request_duration_seconds_count{route="GET /api/v1/stories/{id}"}`: "3",
	})
	if metric(t, d, "go_goroutines") == "" || metric(t, d, "process_start_time_seconds") == "" {
		t.Error("the figures of the process are missing")
	}
}

// TestMetricsUnderOneRoof mounts the API as serve does. A pattern of the outer mux is not a route.
func TestMetricsUnderOneRoof(t *testing.T) {
	d := open(t)
	roof := http.NewServeMux()
	roof.Handle("/api/", d)
	ask(t, roof, "GET", "/api/v1/status", "").is(200)
	ask(t, roof, "DELETE", "/api/v1/feeds/1", "", "Origin", "https://evil.example").is(403)
	wantMetrics(t, d, map[string]string{
		`headwater_http_requests_total{code="200",route="GET /api/v1/status"}`: "1",
		`headwater_http_requests_total{code="403",route="none"}`:               "1",
		`headwater_http_requests_total{code="403",route="/api/"}`:              "",
	})
}

// TestMetricsInAnOutage gives the other figures, which are wanted most then.
func TestMetricsInAnOutage(t *testing.T) {
	f, h, _ := shaky(t)
	f.broken = errDisk
	wantMetrics(t, h, map[string]string{"headwater_ready": "0", "headwater_articles": ""})
	if metric(t, h, "go_goroutines") == "" {
		t.Error("the figures of the process are missing")
	}
}
