package main

import (
	"net/netip"
	"strings"
	"testing"

	"headwater/internal/config"
)

func TestUserAgent(t *testing.T) {
	ours := "Headwater/" + strings.Trim(version(), "()")
	tests := []struct {
		agent, contact, public, want string
		accounts                     int
	}{
		{"", "", "", ours + " (1 subscribers)", 0},
		{"", "news@example.org", "", ours + " (+news@example.org; 1 subscribers)", 0},
		{"", "", "https://news.example.org", ours + " (+https://news.example.org; 1 subscribers)", 0},
		{"", "news@example.org", "https://news.example.org", ours + " (+news@example.org; 1 subscribers)", 0},
		{"Gull/2", "", "https://news.example.org", "Gull/2 (1 subscribers)", 0},
		{"Gull/2", "", "", "Gull/2 (3 subscribers)", 3},
		{"Gull/2", "news@example.org", "", "Gull/2 (+news@example.org; 1 subscribers)", 0},
	}
	for _, tt := range tests {
		cfg := config.Config{PublicURL: tt.public}
		cfg.Fetch.UserAgent, cfg.Fetch.Contact = tt.agent, tt.contact
		if got := fetchOptions(cfg, tt.accounts).UserAgent; got != tt.want {
			t.Errorf("%+v: %q, want %q", tt, got, tt.want)
		}
	}
}

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
		if got := callbackURL(cfg); got != tt.want {
			t.Errorf("public_url %q with %v: callback %q, want %q", tt.public, tt.allow, got, tt.want)
		}
		cfg.WebSub.Enabled = false
		if got := callbackURL(cfg); got != "" {
			t.Errorf("public_url %q, disabled: callback %q", tt.public, got)
		}
	}
}
