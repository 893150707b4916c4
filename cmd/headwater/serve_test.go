package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"headwater/internal/config"
)

func TestCallback(t *testing.T) {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	tests := []struct {
		public string
		allow  []netip.Prefix
		want   string
	}{
		{"", nil, ""},
		{"https://news.example.org", nil, "https://news.example.org/websub/"},
		{"https://news.example.org/head", nil, "https://news.example.org/head/websub/"},
		{"http://203.0.114.7:8080", nil, "http://203.0.114.7:8080/websub/"},
		{"http://127.0.0.1:8080", nil, ""},
		{"http://localhost:8080", nil, ""},
		{"http://192.168.1.20", []netip.Prefix{loopback}, ""},
		{"http://[::1]", nil, ""},
		{"http://[::ffff:10.0.0.1]", nil, ""},
		{"http://nas", nil, ""},
		{"http://nas.local.", nil, ""},
		{"http://127.0.0.1:8080", []netip.Prefix{loopback}, "http://127.0.0.1:8080/websub/"},
		{"http://localhost:8080", []netip.Prefix{loopback}, "http://localhost:8080/websub/"},
	}
	for _, tt := range tests {
		cfg := config.Config{PublicURL: tt.public, WebSub: config.WebSub{Enabled: true}}
		cfg.Fetch.AllowPrivate = tt.allow
		if got := callback(cfg); got != tt.want {
			t.Errorf("public_url %q with %v: callback %q, want %q", tt.public, tt.allow, got, tt.want)
		}
		cfg.WebSub.Enabled = false
		if got := callback(cfg); got != "" {
			t.Errorf("public_url %q, disabled: callback %q", tt.public, got)
		}
	}
}

// Callbacks are served where hubs reach us, and are pages that there are not elsewhere.
func TestCallbacksAreServed(t *testing.T) {
	for public, want := range map[string]string{"https://news.example.org": "this was not asked for", "": "<!doctype html>"} {
		cfg := config.Default()
		cfg.Data, cfg.PublicURL = t.TempDir(), public
		a, err := (&cli{stderr: io.Discard}).openWith(t.Context(), cfg)
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
