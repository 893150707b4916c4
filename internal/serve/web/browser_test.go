package web_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("no chromium is installed (Debian: apt-get install chromium); the pages are not tried in a browser")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // as root it does not start otherwise
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	ctx, end := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(end)
	return ctx
}

// watch gathers the hosts that the browser asks and what it complains about, such as a breach of the policy.
type watch struct {
	mu         sync.Mutex
	hosts      map[string]bool
	complaints []string
}

func (s *watch) see(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Scheme != "data" {
			s.hosts[u.Host] = true
		}
	case *log.EventEntryAdded:
		s.complaints = append(s.complaints, e.Entry.Text)
	}
}

// watching has the browser report to a watch from now on.
func watching(ctx context.Context, t *testing.T) *watch {
	t.Helper()
	w := &watch{hosts: map[string]bool{}}
	err := chromedp.Listen(ctx, w.see)
	if err == nil {
		err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			if _, err := cdp.Call(ctx, tab, network.Enable, network.EnableParams{}); err != nil {
				return err
			}
			_, err := cdp.Call(ctx, tab, log.Enable, cdp.Empty{})
			return err
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// scheme has the browser prefer light or dark pages.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

// folder is where screenshots go: HEADWATER_SCREENSHOTS where somebody wants to look at them.
func folder(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("HEADWATER_SCREENSHOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

func TestInBrowser(t *testing.T) {
	ctx := browser(t)
	server := httptest.NewServer(handler(edition()))
	defer server.Close()
	seen := watching(ctx, t)
	dir := folder(t)
	for name, path := range map[string]string{
		"front": "/", "story": "/story/1", "named": "/story/4", "compare": "/story/1/compare?a=1&b=6", "article": "/article/1", "credits": "/article/20",
		"search": "/search?q=ferry", "topics": "/topics", "topic": "/topic/Mining", "feeds": "/feeds", "error": "/search?q=%22",
	} {
		for _, screen := range []struct {
			name, scheme string
			width        int64
		}{{"wide", "light", 1280}, {"phone-dark", "dark", 375}, {"narrow", "light", 360}, {"wide-dark", "dark", 1280}} {
			t.Run(name+" "+screen.name, func(t *testing.T) {
				err := chromedp.Do(ctx, scheme(screen.scheme), chromedp.EmulateViewport(screen.width, 900), chromedp.Navigate(server.URL+path))
				if err != nil {
					t.Fatal(err)
				}
				look(ctx, t, filepath.Join(dir, name+"-"+screen.name+".png"))
			})
		}
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.hosts) != 1 || !seen.hosts[strings.TrimPrefix(server.URL, "http://")] {
		t.Errorf("the browser asked %v, want only %s", seen.hosts, server.URL)
	}
	for _, c := range seen.complaints {
		if !strings.Contains(c, "status of 400") { // the malformed search
			t.Errorf("the browser complains: %s", c)
		}
	}
}

// look checks the page in the browser and keeps a picture of it.
func look(ctx context.Context, t *testing.T, file string) {
	t.Helper()
	for js, fault := range map[string]string{
		`document.documentElement.scrollWidth <= innerWidth`:                                                               "the page is wider than the screen",
		`[...document.querySelectorAll("time")].every(t => !t.title.includes("UTC"))`:                                      "our script did not run",
		`getComputedStyle(document.querySelector(".masthead")).marginBottom !== "0px"`:                                     "our style was not applied",
		`[...document.querySelectorAll("input:not([type=hidden])")].every(i => i.labels.length > 0)`:                       "a field has no label",
		`document.querySelectorAll("h1").length === 1`:                                                                     "the page has not one main heading",
		`new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size === document.querySelectorAll("[id]").length`: "an id stands twice",
	} {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			t.Error(fault)
		}
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFormsInBrowser searches with the keyboard, follows the search as a topic and removes it again.
func TestFormsInBrowser(t *testing.T) {
	ctx := browser(t)
	server := httptest.NewServer(handler(edition()))
	defer server.Close()
	click := func(css string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(css)) }
	text := func(css string) string {
		s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(css)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	slash := `document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true, cancelable: true}))`
	if passed, err := chromedp.Run(ctx, chromedp.Evaluate[bool](slash)); err != nil || passed {
		t.Fatalf("the key / is not taken: %v", err)
	}
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent("radar\r")); err != nil {
		t.Fatal(err)
	}
	if got := text("h1"); !strings.Contains(got, "radar") {
		t.Fatalf("after the search the page is headed %q", got)
	}
	if _, err := chromedp.RunResponse(ctx, click(".follow button")); err != nil {
		t.Fatal(err)
	}
	if got := text("h1"); got != "radar" {
		t.Fatalf("the topic's page is headed %q: %s", got, text("main"))
	}
	if _, err := chromedp.RunResponse(ctx, click("main > .remove summary"), click("main > .remove button")); err != nil {
		t.Fatal(err)
	}
	if got := text(".topics"); strings.Contains(got, "radar") || !strings.Contains(got, "Mining") {
		t.Errorf("the topics after removing one: %s", got)
	}
}
