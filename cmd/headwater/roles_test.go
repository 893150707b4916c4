package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/store"
)

// TestWithoutPages asks a server that has not the role web: it answers those who watch over it, and nobody else.
func TestWithoutPages(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Roles = t.TempDir(), []string{"poll", "settle"}
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.store.AddFeed(t.Context(), news.Feed{URL: "https://feeds.example/1.xml"})
	if err == nil {
		f.State = news.FeedOK
		_, err = a.store.Collect(t.Context(), []store.Poll{{Feed: f, Articles: []news.Article{{GUID: "1", Title: "one", Seen: time.Now()}}}})
	}
	if err != nil {
		t.Fatal(errors.Join(err, a.close()))
	}
	h, err := a.statusHandler(t.Context(), "")
	if err != nil {
		t.Fatal(errors.Join(err, a.close()))
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, tt := range []struct {
		path   string
		status int
		body   string
	}{
		{"/healthz", http.StatusOK, ""},
		{"/readyz", http.StatusOK, "ready"},
		{"/metrics", http.StatusOK, "headwater_articles 1"},
		{"/metrics", http.StatusOK, `headwater_stage_lag_entries{stage="settle"} 1`},
		{"/", http.StatusNotFound, "its roles are poll and settle, not web"},
		{"/feeds/all.atom", http.StatusNotFound, "its roles are"},
		{"/api/v1/status", http.StatusNotFound, "its roles are"},
		{"/reader/api/0/token", http.StatusNotFound, "its roles are"},
	} {
		if got := (route{"GET", tt.path}).ask(t, srv.URL); got.status != tt.status || !strings.Contains(got.body, tt.body) {
			t.Errorf("%s: %d %.300s, want %d %s", tt.path, got.status, got.body, tt.status, tt.body)
		}
	}
	if got := (route{"GET", "/readyz"}).ask(t, srv.URL, "Host", "evil.example"); got.status != http.StatusMisdirectedRequest {
		t.Errorf("for another host: %d", got.status)
	}
	for _, f := range a.examine(t.Context()) {
		if f.What == "index" && !strings.Contains(f.Detail, "keeps none") || f.What == "stages" && strings.Contains(f.Detail, "unindexed") || !f.OK {
			t.Errorf("doctor says %+v of a node without an index", f)
		}
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if got := (route{"GET", "/readyz"}).ask(t, srv.URL); got.status != http.StatusServiceUnavailable {
		t.Errorf("without its database: %d %s", got.status, got.body)
	}
}
