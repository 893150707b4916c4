package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// Readers' requests reach the API, and nothing that another site's page sends changes anything.
func TestReadersAndPages(t *testing.T) {
	if testing.Short() {
		t.Skip("polls the demo")
	}
	server := startDemo(t)
	auth := (&reader{server: server}).login(t)
	elsewhere := map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	ours := map[string]string{"Authorization": "GoogleLogin auth=" + auth}
	tests := []struct {
		name, method, path string
		header             map[string]string
		want               int
	}{
		{"a page", "GET", "/", nil, 200},
		{"a page's form from another site", "POST", "/topics", elsewhere, 403},
		{"the REST API from another site", "POST", "/api/v1/topics", elsewhere, 403},
		{"a reader", "POST", "/reader/api/0/edit-tag", ours, 200},
		{"a reader by FreshRSS' address", "POST", "/api/greader.php/reader/api/0/edit-tag", ours, 200},
		{"a reader from another site, without the header", "POST", "/reader/api/0/edit-tag", elsewhere, 403},
		{"a stream by address", "GET", "/reader/api/0/stream/contents/feed/http://nowhere.example/feed", ours, 404},
		{"beside the API", "GET", "/reader/", ours, 404},
		{"the REST API", "GET", "/api/v1/status", nil, 200},
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, server+tt.path, strings.NewReader("i=1&a=user/-/state/com.google/read"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range tt.header {
			req.Header.Set(k, v)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(resp.Body.Close()); err != nil || resp.StatusCode != tt.want {
			t.Errorf("%s: %s %s: %s, want %d (%v)", tt.name, tt.method, tt.path, resp.Status, tt.want, err)
		}
	}
}
