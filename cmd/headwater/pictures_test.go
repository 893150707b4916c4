package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/store"
)

// TestSlowPictures asks for a hundred pictures of a host that never answers. Pictures of another host and pages come
// meanwhile, and the hundred end.
func TestSlowPictures(t *testing.T) {
	const png = "\x89PNG\x0D\x0A\x1A\x0A rest"
	asked := make(chan struct{}, 200)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer slow.Close()
	quick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, png) }))
	defer quick.Close()

	cfg := config.Default()
	cfg.Data, cfg.Fetch.Timeout = t.TempDir(), 3*time.Second
	cfg.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	a := openApp(t, cfg)
	h, err := a.handler(t.Context(), "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := a.pictureKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	shown := func(address string) (status int, body string, took time.Duration) {
		begun := time.Now()
		seal := hmac.New(sha256.New, key)
		_, _ = io.WriteString(seal, address)
		b64 := base64.RawURLEncoding
		resp, err := http.Get(srv.URL + "/media/" + b64.EncodeToString(seal.Sum(nil)) + "/" + b64.EncodeToString([]byte(address)))
		if err != nil {
			t.Error(err)
			return 0, "", 0
		}
		data, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Error(err)
		}
		return resp.StatusCode, string(data), time.Since(begun)
	}

	var all sync.WaitGroup
	host := strings.Replace(slow.URL, "127.0.0.1", "localhost", 1) // another host than that of the quick one
	for range 100 {
		all.Go(func() {
			if status, _, took := shown(host + "/slow.png"); status != http.StatusBadGateway || took > 15*time.Second {
				t.Errorf("a slow picture: %d after %s", status, took)
			}
		})
	}
	<-asked
	for range 20 {
		if status, body, took := shown(quick.URL + "/quick.png"); status != http.StatusOK || body != png || took > time.Second {
			t.Errorf("a picture of another host: %d %q after %s", status, body, took)
		}
	}
	idle := make(chan struct{})
	close(idle)
	if took := slowest(t, srv.URL+"/", idle); took > time.Second {
		t.Errorf("pages take %s", took)
	}
	all.Wait()
	if n := len(asked) + 1; n > 8 {
		t.Errorf("the slow host was asked for %d pictures", n)
	}
	recordingsComeThrough(t, srv.URL, key)
}

// recordingsComeThrough asks a server for parts of a recording, through all that stands before its handlers. A reader who leaves ends
// the request to the publisher, and no private address is asked.
func recordingsComeThrough(t *testing.T, base string, key []byte) {
	t.Helper()
	left := make(chan struct{})
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live.mp3" {
			w.Header().Set("Content-Type", "audio/mpeg")
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					break
				}
			}
			close(left)
			return
		}
		http.ServeContent(w, r, "tides.mp3", time.Time{}, strings.NewReader("0123456789"))
	}))
	defer publisher.Close()
	ask := func(address, span string) *http.Response {
		seal := hmac.New(sha256.New, key)
		_, _ = io.WriteString(seal, "recording "+address)
		b64 := base64.RawURLEncoding
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/recordings/"+b64.EncodeToString(seal.Sum(nil))+"/"+b64.EncodeToString([]byte(address)), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("Range", span)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	resp := ask(publisher.URL+"/tides.mp3", "bytes=3-5")
	data, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusPartialContent || string(data) != "345" ||
		resp.Header.Get("Content-Range") != "bytes 3-5/10" || resp.Header.Get("Content-Encoding") != "" || resp.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("a part: %d %q %v %v", resp.StatusCode, data, resp.Header, err)
	}
	resp = ask(publisher.URL+"/live.mp3", "bytes=0-")
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
		t.Errorf("a stream: %v", err)
	}
	_ = resp.Body.Close() // before its end
	select {
	case <-left:
	case <-time.After(20 * time.Second):
		t.Error("the publisher goes on after the reader has left")
	}
	resp = ask("http://10.0.0.1/tides.mp3", "bytes=0-")
	_ = resp.Body.Close() // only its status counts
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("a private address: %d", resp.StatusCode)
	}
}

// TestFolderSettings keeps the instance's id and the addresses of pictures good across a restart, and apart from those of
// another data folder.
func TestFolderSettings(t *testing.T) {
	read := func(dir string) (id, key string) {
		db, err := store.Open(t.Context(), dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a := &app{store: db}
		site, errID := a.site(t.Context(), "")
		raw, err := a.pictureKey(t.Context())
		if err := errors.Join(errID, err, db.Close()); err != nil || len(raw) != 32 || len(site.Instance) < 16 {
			t.Fatalf("id %q, key %x, %v", site.Instance, raw, err)
		}
		return site.Instance, string(raw)
	}
	dir := t.TempDir()
	id, key := read(dir)
	if againID, againKey := read(dir); againID != id || againKey != key {
		t.Errorf("%q and %x after a restart, %q and %x before", againID, againKey, id, key)
	}
	if otherID, otherKey := read(t.TempDir()); otherID == id || otherKey == key {
		t.Error("two folders share an id or a key")
	}
}
