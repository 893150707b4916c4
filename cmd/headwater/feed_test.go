package main

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

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

func TestChoose(t *testing.T) {
	feeds := []news.FoundFeed{{URL: "https://a.example/1", Title: "One"}, {URL: "https://a.example/2", Title: "Two\x1b[31m", Known: 7}, {URL: "https://a.example/3"}}
	tests := []struct {
		typed, want string
		asked       int
	}{
		{"2\n", "2", 1},
		{"3, 1\n", "31", 1},
		{"1 1 1\n", "1", 1},
		{"all\n", "123", 1},
		{"\n", "", 1},
		{"", "", 1},
		{"1", "1", 1}, // ended with Ctrl-D
		{"4\nfirst\n0\n-1\n2\n", "2", 5},
	}
	for _, tt := range tests {
		var out strings.Builder
		chosen, err := choose(strings.NewReader(tt.typed), &out, "https://a.example/", feeds)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, f := range chosen {
			got += strings.TrimPrefix(f.URL, "https://a.example/")
		}
		if got != tt.want || strings.Count(out.String(), "Which?") != tt.asked {
			t.Errorf("%q chooses %q, want %q:\n%s", tt.typed, got, tt.want, &out)
		}
		if strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "  2  https://a.example/2  Two") || !strings.Contains(out.String(), "(number 7 already)") {
			t.Errorf("it asks:\n%s", &out)
		}
	}
}
