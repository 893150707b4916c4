package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"headwater/internal/config"
)

// TestWithoutPages asks a server that has not the role web: it answers those who watch over it, and nobody else.
func TestWithoutPages(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Roles = t.TempDir(), []string{"poll", "settle"}
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
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
		{"/metrics", http.StatusOK, "headwater_articles 0"},
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
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if got := (route{"GET", "/readyz"}).ask(t, srv.URL); got.status != http.StatusServiceUnavailable {
		t.Errorf("without its database: %d %s", got.status, got.body)
	}
}
