package config

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater"
)

// comparePrefixes lets cmp look at networks, whose fields are hidden.
var comparePrefixes = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func TestDefault(t *testing.T) {
	want := Config{
		Listen: "127.0.0.1:8080",
		Roles:  []string{"poll", "settle", "web"},
		Hosts:  []string{}, TrustedProxies: []netip.Prefix{},
		Access: accessSettings{
			Login: "auto", OIDC: oidcSettings{Title: "OpenID Connect", NameClaim: "preferred_username", Create: "nobody"},
			ProxyHeader: proxyHeaderSettings{Create: "nobody"},
		},
		Title: "Headwater", Language: "en", TimeZone: "UTC",
		Lists: []string{"world", "wires", "business", "technology", "science", "sport", "es", "ja"},
		Poll: pollSettings{
			Schedule: "@every 1m", Workers: 128,
			Interval: time.Hour, MinInterval: 10 * time.Minute, MaxInterval: 24 * time.Hour,
		},
		Fetch:      fetchSettings{Timeout: 20 * time.Second, MaxBytes: 10_000_000, PerHost: 1, Pause: time.Second, AllowPrivate: []netip.Prefix{}},
		Parse:      parseSettings{Timeout: 5 * time.Second, MaxItems: 5000, MaxDepth: 100},
		WebSub:     WebSub{Enabled: true},
		Group:      groupSettings{Window: 72 * time.Hour},
		Embeddings: embeddingSettings{Timeout: 30 * time.Second, Batch: 32, Threshold: .8},
		Origin:     originSettings{FetchSources: true},
		Index:      indexSettings{Batch: 500},
		FullText:   fullTextSettings{Mode: "auto", PerHost: 20},
		Media:      mediaSettings{Images: "proxy", Players: "proxy", MaxBytes: 10_000_000},
		API:        apiSettings{Tokens: "off"},
		SMTP:       smtpSettings{Port: 587, TLS: "starttls"},

		Newsletters: newsletterSettings{MaxBytes: 25e6},
		Outlets:     []Outlet{},
		Log:         logSettings{Level: "info", Format: "text"},
		Traces:      traceSettings{Sample: 1},
	}
	if diff := cmp.Diff(want, Default(), comparePrefixes); diff != "" {
		t.Errorf("config.yaml does not say what the documentation does (-want +got):\n%s", diff)
	}
}

// The file is what people read to learn what can be set: a setting that it leaves out would have no default either.
func TestBuiltInFileSetsEverything(t *testing.T) {
	var c Config
	places := readYAML(&c, builtIn, headwater.Config).places
	for _, s := range settingsOf(&c) {
		if places[s.key] == "" {
			t.Errorf("config.yaml does not set %s", s.key)
		}
	}
}

func TestDefaultIsNobodysToChange(t *testing.T) {
	Default().Lists[0] = "changed"
	if got := Default().Lists[0]; got != "world" {
		t.Errorf("a caller's change shows in the next Default: lists[0] = %q", got)
	}
}

func TestBaseURL(t *testing.T) {
	tests := []struct{ public, listen, addr, want string }{
		{"", "127.0.0.1:8080", "", "http://127.0.0.1:8080"},
		{"", "127.0.0.1:0", "127.0.0.1:41234", "http://127.0.0.1:41234"},
		{"", ":8080", "", "http://127.0.0.1:8080"},
		{"", ":0", "[::]:8080", "http://127.0.0.1:8080"},
		{"", "0.0.0.0:80", "", "http://127.0.0.1:80"},
		{"", "[::1]:8080", "", "http://[::1]:8080"},
		{"", "news.example.org:8080", "", "http://news.example.org:8080"},
		{"https://news.example.org", ":8080", "127.0.0.1:8080", "https://news.example.org"},
	}
	for _, tt := range tests {
		c := Config{PublicURL: tt.public, Listen: tt.listen}
		if got := c.BaseURL(tt.addr); got != tt.want {
			t.Errorf("BaseURL(%q) with public_url %q and listen %q = %q, want %q", tt.addr, tt.public, tt.listen, got, tt.want)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	c := Default()
	c.Embeddings.APIKey = "sk-123"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, c); strings.Contains(text, "sk-123") || !strings.Contains(text, "(secret)") {
			t.Errorf("%s shows the key, or nothing in its place: %s", verb, text)
		}
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("no key is shown as %q", got)
	}
}

func TestFetchRest(t *testing.T) {
	for _, tt := range []struct {
		perHost     int
		pause, want time.Duration
	}{{0, time.Second, 0}, {1, time.Second, time.Second}, {4, 0, 0}} {
		if got := (fetchSettings{PerHost: tt.perHost, Pause: tt.pause}).Rest(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
