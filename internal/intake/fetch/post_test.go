package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer key" || r.Header.Get("User-Agent") != "Headwater/1" {
			t.Errorf("%s with %v, %v", r.Method, r.Header, err)
		}
		w.WriteHeader(http.StatusTeapot)
		send(w, strings.ToUpper(string(body)))
	})
	c := client(t, Options{UserAgent: "Headwater/1"})
	header := http.Header{"Authorization": {"Bearer key"}}
	resp, err := c.Post(t.Context(), s.URL+"/brew", header, []byte("tea"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusTeapot || string(body) != "TEA" {
		t.Errorf("%s %q, %v", resp.Status, body, err)
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

// A redirect is an answer like any other: what it names is not asked, and hears no key.
func TestPostFollowsNoRedirect(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			t.Errorf("%s is asked", r.URL)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	resp, err := client(t, Options{}).Post(t.Context(), s.URL, http.Header{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("%s, %v", resp.Status, err)
	}
}

func TestPostFails(t *testing.T) {
	silent := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	tests := []struct {
		name, address string
		is            error
		says          []string
	}{
		{"no address", "localhost:11434", nil, []string{"localhost:11434", "must begin with http"}},
		{"nobody there", "http://127.0.0.1:1/v1", nil, []string{"http://127.0.0.1:1/v1: ", "check the address and port"}},
		{"a private address", "http://10.0.0.1/v1", nil, []string{"10.0.0.1", "fetch.allow_private"}},
		{"no answer", silent.URL, context.DeadlineExceeded, []string{silent.URL}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			resp, err := client(t, Options{}).Post(ctx, tt.address, http.Header{}, nil)
			if err == nil {
				t.Fatalf("an answer: %s (%v)", resp.Status, resp.Body.Close())
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is no %v", err, tt.is)
			}
			for _, w := range tt.says {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
		})
	}
}

// TestPostRests leaves a service alone that asks for it, a day at most, and with it what else its host has.
func TestPostRests(t *testing.T) {
	now := time.Now()
	asked := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/busy" {
			w.Header().Set("Retry-After", "1000000")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	c := client(t, Options{Now: func() time.Time { return now }})
	post := func(path string) error {
		resp, err := c.Post(t.Context(), s.URL+path, http.Header{}, nil)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	if err := post("/busy"); err != nil || asked != 1 {
		t.Fatalf("the answer itself: %v", err)
	}
	err := post("/other")
	if e := asError(t, err); !errors.Is(err, ErrResting) || e.RetryAfter != maxPostRest || asked != 1 {
		t.Errorf("while it rests: %v for %s, asked %d times", err, e.RetryAfter, asked)
	}
	if _, err := c.Get(t.Context(), Request{URL: s.URL + "/feed"}); !errors.Is(err, ErrResting) || asked != 1 {
		t.Errorf("a feed of the same host: %v, asked %d times", err, asked)
	}
	now = now.Add(maxPostRest)
	if err := post("/other"); err != nil || asked != 2 {
		t.Errorf("after that: %v, asked %d times", err, asked)
	}
}
