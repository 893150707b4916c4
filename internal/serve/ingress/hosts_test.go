package ingress_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"headwater/internal/serve/ingress"
)

func TestHosts(t *testing.T) {
	const loopback, everywhere, lan = "127.0.0.1:8080", "[::]:8080", "192.168.1.5:8080"
	local := netip.MustParseAddr("192.168.1.7") // what the client connected to
	for _, tt := range []struct {
		listen, public string
		listed         []string
		host           string
		want           bool
	}{
		{loopback, "", nil, "127.0.0.1:8080", true},
		{loopback, "", nil, "127.0.0.1", true},
		{loopback, "", nil, "127.8.9.1:99", true},
		{loopback, "", nil, "[::1]:8080", true},
		{loopback, "", nil, "[::ffff:127.0.0.1]", true},
		{loopback, "", nil, "localhost:8080", true},
		{loopback, "", nil, "LocalHost.", true},
		{loopback, "", nil, "news.localhost", true},
		{loopback, "", nil, "evil.example", false},
		{loopback, "", nil, "evil.example:8080", false},
		{loopback, "", nil, "localhost.evil.example", false},
		{loopback, "", nil, "127.0.0.1.evil.example", false},
		{loopback, "", nil, "notlocalhost", false},
		{loopback, "", nil, "0.0.0.0:8080", false},
		{loopback, "", nil, "[::]:8080", false},
		{loopback, "", nil, "192.168.1.7", false},
		{loopback, "", nil, "2130706433", false},
		{loopback, "", nil, "", false},
		{loopback, "", nil, ":8080", false},
		{loopback, "", nil, "[::1", false},
		{loopback, "https://news.example.org/deep", nil, "NEWS.example.org", true},
		{loopback, "https://news.example.org", nil, "news.example.org:8080", true},
		{loopback, "https://news.example.org", nil, "example.org", false},
		{loopback, "https://news.example.org", nil, "127.0.0.1:8080", true},
		{loopback, "https://bücher.example", nil, "xn--bcher-kva.example", true},
		{loopback, "", []string{"news.lan", "10.0.0.9", "fd00::5", "Zürich.example"}, "news.lan:8080", true},
		{loopback, "", []string{"news.lan", "10.0.0.9"}, "10.0.0.9:8080", true},
		{loopback, "", []string{"fd00::5"}, "[fd00::5]:8080", true},
		{loopback, "", []string{"Zürich.example"}, "xn--zrich-kva.example", true},
		{loopback, "", []string{"news.lan"}, "evil.news.lan", false},
		{loopback, "", []string{"0.0.0.0"}, "0.0.0.0:8080", false},
		{everywhere, "", nil, "192.168.1.7:8080", true},
		{everywhere, "", nil, "localhost:8080", true},
		{everywhere, "", nil, "127.0.0.1:8080", true}, // an interface of this machine has it
		{everywhere, "", nil, "203.0.113.9", false},
		{everywhere, "", nil, "evil.example", false},
		{everywhere, "", nil, "0.0.0.0:8080", false},
		{":8080", "", nil, "192.168.1.7", true},
		{lan, "", nil, "192.168.1.5:8080", true},
		{lan, "", nil, "192.168.1.7:8080", false},
		{lan, "", nil, "localhost:8080", false},
		{lan, "", nil, "127.0.0.1:8080", false},
		{"news.lan:8080", "", nil, "news.lan:8080", true},
	} {
		if got := ingress.NewHosts(tt.listen, tt.public, tt.listed).Allows(tt.host, local); got != tt.want {
			t.Errorf("listen %s, public_url %q, hosts %v: Host %q is allowed: %t", tt.listen, tt.public, tt.listed, tt.host, got)
		}
	}
}

// TestForeignHost asks for what names no host of ours: also by an absolute target, which counts before Host.
func TestForeignHost(t *testing.T) {
	h := ingress.New(t.Context(), ingress.Options{Hosts: ingress.NewHosts("127.0.0.1:8080", "", nil)}, http.NotFoundHandler())
	for target, want := range map[string]int{"http://127.0.0.1/": 404, "http://evil.example/": 421} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != want {
			t.Errorf("%s: %d", target, w.Code)
		}
		if want == 421 && (!strings.Contains(w.Body.String(), "hosts in config.yaml") || !strings.Contains(w.Body.String(), `"evil.example"`)) {
			t.Errorf("the answer does not say what allows the name: %s", w.Body)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	for _, tt := range []struct {
		public, method, host, origin, site string
		want                               int
	}{
		{"", "POST", "127.0.0.1", "", "", 200},
		{"", "POST", "127.0.0.1", "", "same-origin", 200},
		{"", "POST", "127.0.0.1", "", "none", 200},
		{"", "POST", "127.0.0.1", "", "cross-site", 403},
		{"", "POST", "127.0.0.1", "", "same-site", 403},
		{"", "POST", "127.0.0.1", "http://127.0.0.1", "", 200},
		{"", "POST", "127.0.0.1:8080", "http://127.0.0.1:9090", "", 403},
		{"", "PATCH", "127.0.0.1", "https://evil.example", "", 403},
		{"", "DELETE", "127.0.0.1", "null", "", 403},
		{"", "GET", "127.0.0.1", "https://evil.example", "cross-site", 200},
		{"https://news.example.org:443/deep", "POST", "127.0.0.1:8080", "https://news.example.org", "", 200},
		{"https://news.example.org", "POST", "127.0.0.1:8080", "http://news.example.org", "", 403},
		{"http://news.lan:8080", "POST", "127.0.0.1:8080", "http://news.lan:8080", "", 200},
		{"https://news.example.org", "POST", "127.0.0.1:8080", "https://evil.example", "", 403},
	} {
		r := httptest.NewRequest(tt.method, "http://"+tt.host+"/feeds", nil)
		for name, value := range map[string]string{"Origin": tt.origin, "Sec-Fetch-Site": tt.site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		ingress.SameOrigin(tt.public, nil, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%+v: %d", tt, w.Code)
		}
	}
}
