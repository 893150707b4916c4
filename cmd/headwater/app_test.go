package main

import (
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

func TestShortProblem(t *testing.T) {
	const url = "https://example.org/feed"
	tests := []struct{ problem, want string }{
		{"", ""},
		{url + ": 404 Not Found: there is nothing", "404 Not Found: there is nothing"},
		{"line 3:\n\tbroken\x00 here", "line 3: broken here"},
		{
			strings.Repeat("one two three four five six seven eight nine ten ", 5),
			strings.Repeat("one two three four five six seven eight nine ten ", 4) + "one…",
		},
	}
	for _, tt := range tests {
		if got := shortProblem(url, tt.problem); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.problem, got, tt.want)
		}
	}
}
