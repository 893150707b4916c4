package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
)

const png = "\x89PNG\x0D\x0A\x1A\x0A rest"

func TestPicture(t *testing.T) {
	avif := "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00"
	for _, tt := range []struct{ name, declared, body, want string }{
		{"png", "image/png", png, "image/png"},
		{"a wrong kind of picture", "image/jpeg", png, "image/png"},
		{"no type", "", png, "image/png"},
		{"bytes", "application/octet-stream", png, "image/png"},
		{"jpeg", "image/jpeg; charset=x", "\xff\xd8\xff\xe0", "image/jpeg"},
		{"gif", "image/gif", "GIF89a", "image/gif"},
		{"webp", "image/webp", "RIFF\x00\x00\x00\x00WEBPVP", "image/webp"},
		{"avif", "image/avif", avif, "image/avif"},
		{"svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		{"svg called png", "image/png", `<svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		{"page called png", "image/png", `<html><script>x</script>`, ""},
		{"picture called page", "text/html", png, ""},
		{"bitmap", "image/bmp", "BM....", ""},
		{"nothing", "image/png", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{tt.declared}
				w.Header().Set("ETag", `W/"1"`)
				_, _ = io.WriteString(w, tt.body)
			})
			p, err := client(t, Options{}).Picture(t.Context(), Request{URL: s.URL})
			if tt.want == "" {
				if !errors.Is(err, errNoPicture) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if body := readPicture(t, p); body != tt.body || p.Type != tt.want || p.ETag != `W/"1"` || p.Length != int64(len(tt.body)) {
				t.Errorf("%+v, %q", p, body)
			}
		})
	}
}

func readPicture(t *testing.T, p news.Picture) string {
	t.Helper()
	body, err := io.ReadAll(p.Body)
	if err := errors.Join(err, p.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestPictureRequest looks at what a publisher gets to know.
func TestPictureRequest(t *testing.T) {
	var asked atomic.Pointer[http.Request]
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		w.Header().Set("Set-Cookie", "id=1")
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, png)
	})
	c := client(t, Options{})
	for _, etag := range []string{"", `"1"`, `"2"`} {
		p, err := c.Picture(t.Context(), Request{URL: strings.Replace(s.URL, "//", "//name:secret@", 1), ETag: etag})
		if err != nil {
			t.Fatal(err)
		}
		readPicture(t, p)
		h := asked.Load().Header
		if p.NotModified != (etag == `"1"`) || h.Get("Cookie") != "" || h.Get("Referer") != "" || h.Get("Authorization") != "" || h.Get("If-None-Match") != etag {
			t.Errorf("with %s: unchanged %v, sent %v", etag, p.NotModified, h)
		}
	}
}

func TestLargePicture(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/said" {
			w.Header().Set("Content-Length", "1000000")
		}
		_, _ = io.WriteString(w, png+strings.Repeat("x", 50_000))
	})
	c := client(t, Options{})
	if _, err := c.Picture(t.Context(), Request{URL: s.URL + "/said", MaxBytes: 10_000}); err == nil {
		t.Error("one that says that it is too large is begun")
	}
	p, err := c.Picture(t.Context(), Request{URL: s.URL, MaxBytes: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, p.Body)
	if !errors.Is(err, errTooLarge) || n > 10_000 {
		t.Errorf("%d bytes and %v", n, err)
	}
	if err := p.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestPictureFailures(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	c := client(t, Options{Timeout: 200 * time.Millisecond})
	for range 2 * picturesPerHost { // a way to the host that stays taken would block
		for _, path := range []string{"/slow", "/loop", "/none"} {
			if _, err := c.Picture(t.Context(), Request{URL: s.URL + path}); err == nil {
				t.Errorf("%s gives a picture", path)
			}
			if path == "/slow" && t.Failed() {
				return
			}
		}
	}
}

// TestPictureOfRestingHost asks no host that wants to be left alone, nor one that was too slow a moment ago.
func TestPictureOfRestingHost(t *testing.T) {
	now := time.Now()
	var asked atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/busy":
			w.Header().Set("Retry-After", "300")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/slow":
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, png)
		}
	})
	var rested []news.Rest
	c := client(t, Options{
		Timeout: 200 * time.Millisecond, Now: func() time.Time { return now },
		Rested: func(_ context.Context, r news.Rest) { rested = append(rested, r) },
	})
	until := now.Add(5 * time.Minute)
	for _, step := range []struct {
		path string
		wait time.Duration // before it
		want error         // nil is a picture
		asks bool
	}{
		{"/busy", 0, nil, true},
		{"/a", time.Minute, ErrResting, false},
		{"/b", 5 * time.Minute, nil, true},
		{"/slow", 0, errLate, true},
		{"/c", 30 * time.Second, errLate, false},
		{"/d", 31 * time.Second, nil, true},
	} {
		now = now.Add(step.wait)
		before := asked.Load()
		p, err := c.Picture(t.Context(), Request{URL: s.URL + step.path})
		switch {
		case step.path == "/busy":
			if e := asError(t, err); e.Status != http.StatusServiceUnavailable || e.Rest.Host == "" {
				t.Errorf("%+v", e)
			}
		case !errors.Is(err, step.want):
			t.Errorf("%s: %v", step.path, err)
		case err == nil && readPicture(t, p) != png:
			t.Errorf("%s: not the picture", step.path)
		}
		if got := asked.Load() > before; got != step.asks {
			t.Errorf("%s: the host was asked: %t", step.path, got)
		}
	}
	if len(rested) != 1 || rested[0].Host != strings.TrimPrefix(s.URL, "http://") || !rested[0].Until.Equal(until) {
		t.Errorf("pauses to store: %v, want one until %s", rested, until)
	}
}

// TestReaderWhoLeaves ends a request that waits for a slow host: the host is not blamed.
func TestReaderWhoLeaves(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, png)
	})
	c := client(t, Options{})
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-asked; leave() }()
	if _, err := c.Picture(ctx, Request{URL: s.URL + "/slow"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p, err := c.Picture(t.Context(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	readPicture(t, p)
}
