package fetch

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// sharedFile opens a file of the folder that stands beside the repository, or skips the test.
func sharedFile(t *testing.T, name string) *os.File {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above this package")
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.Open(filepath.Join(dir, "..", "shared", name))
	if err != nil {
		t.Skipf("../shared is not here: %v", err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// TestSharedPrivateAddresses asks for each address that is not public, direct and after a redirect.
func TestSharedPrivateAddresses(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	open := client(t, Options{Timeout: 2 * time.Second})
	closed, err := New(Options{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	n := 0
	for lines := bufio.NewScanner(sharedFile(t, "hostile/ssrf_ips.txt")); lines.Scan(); {
		ip := strings.TrimSpace(lines.Text())
		if ip == "" || strings.HasPrefix(ip, "#") {
			continue
		}
		own := strings.HasPrefix(ip, "127.") || strings.HasPrefix(ip, "::ffff:127.") || ip == "::1"
		if strings.Contains(ip, ":") {
			ip = "[" + strings.Replace(ip, "%", "%25", 1) + "]"
		}
		n++
		_, err := closed.Get(context.Background(), Request{URL: "http://" + ip + "/"})
		failure(t, err, news.FeedPrivate, "fetch.allow_private")
		if own {
			continue // allowed for the server that redirects
		}
		_, err = open.Get(context.Background(), Request{URL: s.URL + "/?to=" + url.QueryEscape("http://"+ip+"/")})
		failure(t, err, news.FeedPrivate, "fetch.allow_private")
	}
	if n < 50 {
		t.Errorf("only %d addresses read", n)
	}
}
