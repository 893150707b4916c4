package fetch

import (
	"net/netip"
	"testing"
	"time"
)

// A pause is for publishers: what somebody has allowed is theirs.
func TestPauseOf(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		allow   []netip.Prefix
		address string
		want    time.Duration
	}{
		{allowed, "http://127.0.0.1:8099/feed", 0},
		{allowed, "http://LOCALHOST:8099/feed", 0},
		{allowed, "http://[fd00::1]/feed", 0},
		{allowed, "http://[::ffff:127.0.0.1]/feed", 0},
		{allowed, "http://192.168.0.1/feed", time.Second},
		{allowed, "https://127.0.0.1.example/feed", time.Second},
		{allowed, "https://localhost.example/feed", time.Second},
		{allowed, "https://paper.example/feed", time.Second},
		{allowed, "://", time.Second},
		{nil, "http://127.0.0.1/feed", time.Second},
		{nil, "http://localhost/feed", time.Second},
	} {
		c := client(t, Options{AllowPrivate: tt.allow, Pause: time.Second, PerHost: 1})
		if tt.allow == nil {
			other, err := New(Options{Pause: time.Second, PerHost: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(other.Close)
			c = other
		}
		if got := c.PauseOf(tt.address); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.address, got, tt.want)
		}
	}
}
