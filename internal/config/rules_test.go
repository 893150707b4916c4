package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// Whatever an error says to try must be right for that very setting.
func TestAdviceIsRight(t *testing.T) {
	words := []string{
		"", "5", "every 5m", "each 3 hours", "@every", "TZ=UTC", "TZ=UTC @hourly", "* * * * * *", "5 days", "9w", "10M", "1.5GB",
		"localhost", "http://localhost", "::1", "1.2.3.4/8", "example.com/x", "Example.COM", "warning", "-1s", "99999h", "0",
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Default()
		all := settingsOf(&c)
		s := all[rapid.IntRange(0, len(all)-1).Draw(t, "setting")]
		text := rapid.OneOf(rapid.SampledFrom(words), rapid.String()).Draw(t, "text")
		var f *fault
		if err := s.set(text); err == nil || !errors.As(err, &f) || f.try == "" {
			return
		}
		try := f.try
		if unquoted, err := strconv.Unquote(try); err == nil {
			try = unquoted
		}
		if err := s.set(try); err != nil {
			t.Fatalf("%s: %q gets the advice %s, which is wrong too: %v", s.key, text, f.try, err)
		}
	})
}

// A config that was written out and read again is the same.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := drawConfig(t)
		text, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		want.File = filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(want.File, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(Options{File: want.File})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
			t.Fatalf("settings (-want +got):\n%s\n%s", diff, text)
		}
	})
}

func drawConfig(t *rapid.T) Config {
	c := Default()
	c.Data = "/" + rapid.StringMatching(`[a-zé ]{1,8}`).Draw(t, "data")
	c.Listen = fmt.Sprintf("127.0.0.1:%d", rapid.Uint16().Draw(t, "port"))
	c.Title = rapid.StringMatching(`[a-z0-9 :#'"@*-]{0,9}x`).Draw(t, "title")
	c.Language = rapid.SampledFrom([]string{"de", "en"}).Draw(t, "language")
	c.TimeZone = rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"}).Draw(t, "timezone")
	c.Keep = Age(rapid.SampledFrom([]time.Duration{0, time.Hour, 24 * time.Hour, 36*time.Hour + 1, 30 * 24 * time.Hour}).Draw(t, "keep"))
	c.Lists = rapid.SliceOfDistinct(rapid.StringMatching(`[a-z0-9~]{1,5}`), rapid.ID).Draw(t, "lists")
	c.Poll.Workers = rapid.IntRange(1, 1000).Draw(t, "workers")
	c.Poll.MinInterval = rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "nanoseconds"))
	}).Draw(t, "min_interval")
	c.Fetch.MaxBytes = Size(rapid.Int64Range(1000, 1e9).Draw(t, "max_bytes"))
	c.Fetch.AllowPrivate = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), rapid.IntRange(8, 32).Draw(t, "bits"))}
	c.Embeddings = embeddingSettings{
		Endpoint: "http://127.0.0.1:11434", Model: c.Title, APIKey: Secret(rapid.StringMatching(`[!-~]{1,9}`).Draw(t, "api_key")),
		Timeout: time.Minute, Batch: rapid.IntRange(1, 1000).Draw(t, "batch"), Threshold: rapid.Float64Range(.01, 1).Draw(t, "threshold"),
	}
	c.Outlets = []Outlet{{
		Name: c.Title, Domain: "a.example", Domains: []string{"b.example"}, Aliases: []string{c.Title},
		Agency: rapid.Bool().Draw(t, "agency"),
	}}
	return c
}

func TestSizes(t *testing.T) {
	tests := []struct {
		text string
		want Size
	}{
		{"0", 0},
		{"17", 17},
		{"17B", 17},
		{"512KiB", 512 << 10},
		{"10MB", 10_000_000},
		{"10 mb", 10_000_000},
		{"2GiB", 2 << 30},
		{"9223372036854775807", 1<<63 - 1},
	}
	for _, tt := range tests {
		if got, err := parseSize(tt.text); err != nil || got != tt.want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "MB", "-1MB", "1.5MB", "10M", "10MBs", "1e6", "9223372036854775807KB", "0x10", "1_000"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		size := Size(rapid.Int64Min(0).Draw(t, "size"))
		if again, err := parseSize(size.String()); err != nil || again != size {
			t.Fatalf("%d is written %s, which reads as %d (%v)", size, size, again, err)
		}
	})
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "poll", 4},
		{"listen", "listn", 1},
		{"lsiten", "listen", 1},
		{"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringN(0, 8, 12).Draw(t, "a"), rapid.StringN(0, 8, 12).Draw(t, "b")
		if distance(a, b) != distance(b, a) || (distance(a, b) == 0) != (a == b) {
			t.Fatalf("distance(%q, %q) = %d and back %d", a, b, distance(a, b), distance(b, a))
		}
	})
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "every 5m")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		c := Default()
		r := readYAML(&c, "config.yaml", data)
		for _, p := range r.problems {
			if !strings.HasPrefix(p.Where, "config.yaml:") || p.What == "" {
				t.Errorf("a problem that names no line or no fault: %q", p)
			}
		}
		for _, s := range settingsOf(&c) {
			if err := s.set(text); err != nil && err.Error() == "" {
				t.Errorf("%s: an error without words for %q", s.key, text)
			}
		}
	})
}
