package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/config"
)

// TestLoginStorm has strangers guess at a name through a proxy, as does its user. With the proxy trusted each stranger has to
// wait after ten guesses, and the user is let in; without, all are one client.
func TestLoginStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for slow answers")
	}
	for _, trusted := range []bool{true, false} {
		t.Run("trusted "+strconv.FormatBool(trusted), func(t *testing.T) {
			cfg := config.Default()
			cfg.Data, cfg.Access.Login = t.TempDir(), "required"
			if trusted {
				cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			}
			a := openApp(t, cfg)
			if err := a.accounts.AddUser(t.Context(), "anna", "correct horse"); err != nil {
				t.Fatal(err)
			}
			h, err := a.handler(t.Context(), "http://127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(h)
			defer srv.Close()
			var tries atomic.Int64
			login := func(client, password string) int {
				path, form := "/accounts/ClientLogin", url.Values{"Email": {"anna"}, "Passwd": {password}}
				if tries.Add(1)%2 == 0 { // all ways to log in count together
					path, form = "/login", url.Values{"name": {"anna"}, "password": {password}, "next": {"/healthz"}}
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(form.Encode()))
				if err != nil {
					t.Error(err)
					return 0
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("X-Forwarded-For", "192.0.2.77, "+client) // what stands to the left the client made up
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return 0
				}
				if err := drained(resp); err != nil {
					t.Error(err)
				}
				return resp.StatusCode
			}
			const home = "203.0.113.5"
			if got := login(home, "correct horse"); got != http.StatusOK {
				t.Fatalf("before the storm: %d", got)
			}
			var all sync.WaitGroup
			var wrong, wait atomic.Int64
			for i := range 3 {
				all.Go(func() {
					for range 12 {
						switch got := login("198.51.100."+strconv.Itoa(i), "guess"); got {
						case http.StatusUnauthorized:
							wrong.Add(1)
						case http.StatusTooManyRequests:
							wait.Add(1)
						default:
							t.Errorf("a guess: %d", got)
						}
					}
				})
			}
			begun := time.Now()
			during := login(home, "correct horse")
			took := time.Since(begun)
			all.Wait()
			if trusted && (wrong.Load() != 30 || wait.Load() != 6 || during != http.StatusOK || took > 5*time.Second) {
				t.Errorf("%d guesses were looked at, %d had to wait; the user: %d after %s", wrong.Load(), wait.Load(), during, took)
			}
			if !trusted && wrong.Load() > 25 {
				t.Errorf("%d guesses were looked at though nobody vouches for their addresses", wrong.Load())
			}
		})
	}
}

func drained(resp *http.Response) error {
	_, err := io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}
