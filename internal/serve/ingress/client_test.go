package ingress_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/serve/ingress"
)

func TestClient(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct {
		name, remote   string
		xff, forwarded []string
		want           string
	}{
		{"no proxy", "203.0.113.5:99", nil, nil, "203.0.113.5/32"},
		{"IPv6 counts by its network", "[2001:db8:1:2:3::4]:99", nil, nil, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.5]:99", nil, nil, "203.0.113.5/32"},
		{"a stranger's header", "203.0.113.5:99", []string{"198.51.100.1"}, []string{"for=198.51.100.1"}, "203.0.113.5/32"},
		{"one proxy", "127.0.0.1:99", []string{"198.51.100.1"}, nil, "198.51.100.1/32"},
		{"a client's own words to the left", "127.0.0.1:99", []string{"192.0.2.1, 198.51.100.1"}, nil, "198.51.100.1/32"},
		{"two proxies", "127.0.0.1:99", []string{"192.0.2.1, 198.51.100.1, 10.1.1.1"}, nil, "198.51.100.1/32"},
		{"on two lines", "127.0.0.1:99", []string{"192.0.2.1", "198.51.100.1,10.1.1.1"}, nil, "198.51.100.1/32"},
		{"a second proxy that is not trusted", "127.0.0.1:99", []string{"198.51.100.1, 192.0.2.9"}, nil, "192.0.2.9/32"},
		{"nobody but proxies", "127.0.0.1:99", []string{"10.2.2.2, 10.1.1.1"}, nil, "10.2.2.2/32"},
		{"with ports", "127.0.0.1:99", []string{"198.51.100.1:4711"}, nil, "198.51.100.1/32"},
		{"IPv6 with a port", "[::1]:99", []string{"[2001:db8::7]:4711"}, nil, "2001:db8::/64"},
		{"IPv6 without brackets", "127.0.0.1:99", []string{"2001:db8::7"}, nil, "2001:db8::/64"},
		{"unknown", "127.0.0.1:99", []string{"198.51.100.1, unknown"}, nil, "127.0.0.1/32"},
		{"empty", "127.0.0.1:99", []string{""}, nil, "127.0.0.1/32"},
		{"no header", "127.0.0.1:99", nil, nil, "127.0.0.1/32"},
		{"Forwarded", "127.0.0.1:99", nil, []string{`for=192.0.2.1, For="198.51.100.1:4711";proto=https;by=10.1.1.1`}, "198.51.100.1/32"},
		{"Forwarded with IPv6", "127.0.0.1:99", nil, []string{`proto=https;for="[2001:db8::7]:4711"`}, "2001:db8::/64"},
		{"Forwarded hides it", "127.0.0.1:99", nil, []string{"for=198.51.100.1, for=_hidden"}, "127.0.0.1/32"},
		{"Forwarded names nobody", "127.0.0.1:99", nil, []string{"for=198.51.100.1, proto=http"}, "127.0.0.1/32"},
		{"both agree", "127.0.0.1:99", []string{"198.51.100.1"}, []string{"for=198.51.100.1"}, "198.51.100.1/32"},
		{"a client made one of them up", "127.0.0.1:99", []string{"198.51.100.1"}, []string{"for=192.0.2.1"}, "127.0.0.1/32"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"], r.Header["Forwarded"] = tt.xff, tt.forwarded
		var got netip.Prefix
		h := ingress.New(t.Context(), ingress.Options{Hosts: ingress.NewHosts("127.0.0.1:0", "", nil), Proxies: trusted},
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = ingress.Client(r) }))
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if r.RemoteAddr != tt.remote {
			t.Errorf("%s: net/http's own request was changed", tt.name)
		}
	}
}

// TestUnnamedProxy says once that a proxy is not named.
func TestUnnamedProxy(t *testing.T) {
	var log bytes.Buffer
	h := ingress.New(t.Context(), ingress.Options{Hosts: ingress.NewHosts("127.0.0.1:0", "", nil), Logger: slog.New(slog.NewTextHandler(&log, nil))}, http.NotFoundHandler())
	for _, remote := range []string{"203.0.113.5:1", "127.0.0.1:1", "127.0.0.1:2"} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if said := log.String(); strings.Count(said, "trusted_proxies") != 1 || !strings.Contains(said, "proxy=127.0.0.1") {
		t.Errorf("the log says %q", said)
	}
}

func TestWindowCounter(t *testing.T) {
	now := time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)
	counter := ingress.NewWindowCounter[string](func() time.Time { return now }, time.Minute, 100)
	for i := range 3 {
		if n, left := counter.Add("anna"); n != i+1 || left != time.Minute-time.Duration(i)*time.Second {
			t.Errorf("%d events, %s left", n, left)
		}
		now = now.Add(time.Second)
	}
	counter.Undo("anna")
	counter.Undo("nobody")
	if n, _ := counter.Add("anna"); n != 3 {
		t.Errorf("%d events after one was taken back", n)
	}
	for i := range 1000 { // each has one event, so that nobody of them outlives anna
		counter.Add(fmt.Sprint("name ", i))
		if n := counter.Len(); n > 100 {
			t.Fatalf("%d keys are held", n)
		}
	}
	if n, _ := counter.Add("anna"); n != 4 || !counter.Has("anna") || counter.Has("name 1") || !counter.Has("name 999") {
		t.Errorf("after many others there are %d events", n)
	}
	now = now.Add(time.Minute)
	if counter.Has("anna") {
		t.Error("the events outlive their window")
	}
	if n, _ := counter.Add("anna"); n != 1 {
		t.Errorf("%d events in a new window", n)
	}
	counter.Forget("anna")
	if counter.Has("anna") {
		t.Error("what was forgotten is there")
	}
}
