package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"headwater/internal/config"
)

// Callbacks are served where hubs reach us, and are pages that there are not elsewhere.
func TestCallbacksAreServed(t *testing.T) {
	for public, want := range map[string]string{"https://news.example.org": "this was not asked for", "": "<!doctype html>"} {
		cfg := config.Default()
		cfg.Data, cfg.PublicURL = t.TempDir(), public
		a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h, err := a.handler(t.Context(), "http://127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/websub/nobody?hub.mode=subscribe&hub.topic=x&hub.challenge=c", nil))
		if w.Code != 404 || !strings.Contains(strings.ToLower(w.Body.String()), want) {
			t.Errorf("public_url %q: %d %.200s", public, w.Code, w.Body)
		}
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCompressed sends text small to who takes it so, one ETag for both, and streams as they are written.
func TestCompressed(t *testing.T) {
	h, err := compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/"+strings.TrimPrefix(r.URL.Path, "/"))
		if r.URL.Path == "/event-stream" {
			w.Header().Set("Content-Type", "text/event-stream")
		}
		w.Header().Set("ETag", `W/"same"`)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("reruns ", 1000)))
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path, takes, has, encoding string
		status                     int
	}{
		{"/atom+xml", "gzip", "", "gzip", 200},
		{"/feed+json", "br, gzip;q=0.5", "", "gzip", 200},
		{"/atom+xml", "", "", "", 200},
		{"/octet-stream", "gzip", "", "", 200},
		{"/event-stream", "gzip", "", "", 200},
		{"/atom+xml", "gzip", `W/"same"`, "", 304},
		{"/atom+xml", "", `W/"same"`, "", 304},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.takes)
		r.Header.Set("If-None-Match", tt.has)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if w.Code != tt.status || w.Header().Get("Content-Encoding") != tt.encoding || w.Header().Get("ETag") != `W/"same"` {
			t.Errorf("%+v: %d %v", tt, w.Code, w.Header())
		}
		if small := len(body) < 1000; tt.status == 200 && small != (tt.encoding != "") {
			t.Errorf("%+v: %d bytes", tt, len(body))
		}
		if tt.encoding != "" && w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%+v: Vary is %q", tt, w.Header().Get("Vary"))
		}
	}
}
