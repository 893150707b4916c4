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
	"github.com/chromedp/chromedp/kb"

	"headwater/internal/search"
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
	ctx, end := context.WithTimeout(ctx, 4*time.Minute)
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
	f := edition()
	f.facets = manyFacets()
	f.topics[1].New = 3
	server := httptest.NewServer(handler(f))
	defer server.Close()
	seen := watching(ctx, t)
	dir := folder(t)
	for name, path := range map[string]string{
		"front": "/", "story": "/story/1", "named": "/story/4", "compare": "/story/1/compare?a=1&b=6", "correct": "/story/1/correct", "article": "/article/1", "credits": "/article/20",
		"search": "/search?q=ferry", "search-none": "/search?q=zeppelin", "search-facets": "/search?q=ferry+lang%3Aen", "error": "/search?q=%22",
		"topics": "/topics", "topic": "/topic/Mining", "feeds": "/feeds",
		"event": "/event/1", "event-by-time": "/event/1?order=time",
		"outlets": "/outlets", "outlet": "/outlet/harbourpost.example", "outlet-named": "/outlet/northernledger.example", "outlets-none": "/outlets?q=nobody",
		"outlet-names": "/outlet/forty.example", "outlet-domainless": "/outlet/" + url.PathEscape(longOutlet().Key()),
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

// manyFacets are facets with long names and large counts.
func manyFacets() []search.Facet {
	var days, outlets []search.FacetValue
	for i := range 31 {
		day := now.AddDate(0, 0, -i).Format(time.DateOnly)
		days = append(days, search.FacetValue{Name: day, Query: "date:" + day, Count: 1 + i*i*i})
	}
	for i := range 10 {
		outlets = append(outlets, search.FacetValue{Name: strings.Repeat("The Evening Lantern of Skarholm ", 1+i%3) + string(rune('A'+i)), Query: "outlet:lantern.example", Count: 60_000 / (i + 1)})
	}
	return []search.Facet{
		{Field: "outlet", Values: outlets},
		{Field: "origin", Values: outlets[:3]},
		{Field: "day", Values: days},
		{Field: "lang", Values: []search.FacetValue{{Name: "en", Query: "lang:en", Count: 9}, {Name: "ar", Query: "lang:ar", Count: 2}}},
	}
}

// TestSuggestionsInBrowser types into the search box and chooses with the keyboard.
func TestSuggestionsInBrowser(t *testing.T) {
	ctx := browser(t)
	f := edition()
	f.completions = map[string][]search.Completion{
		"fer": {
			{Kind: search.CompleteTopic, Name: "Ferries & boats", Value: "ferry"},
			{Kind: search.CompleteWord, Name: "ferry", Value: "ferry", Articles: 7},
			{Kind: search.CompleteWord, Name: "<b>fern</b>", Value: "<b>fern</b>", Articles: 1},
		},
	}
	server := httptest.NewServer(handler(f))
	defer server.Close()
	seen := watching(ctx, t)
	eval := func(js string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	state := `(() => { const q = document.getElementById("q"), active = document.getElementById(q.getAttribute("aria-activedescendant"));
		return [q.getAttribute("role"), q.getAttribute("aria-expanded"), q.value, active?.textContent ?? "-", document.querySelectorAll("#suggestions [role=option]").length].join("|") })()`
	wait := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if got := eval(state); got == want {
				return
			} else if time.Now().After(end) {
				t.Fatalf("the box is %s, want %s", got, want)
			}
		}
	}
	key := func(keys string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.KeyEvent(keys)); err != nil {
			t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL), chromedp.Click(chromedp.CSS("#q"))); err != nil {
		t.Fatal(err)
	}
	wait("combobox|false||-|0")
	key("fer")
	wait("combobox|true|fer|-|3")
	look(ctx, t, filepath.Join(folder(t), "suggestions.png"))
	if status := eval(`document.querySelector(".find [role=status]").textContent`); status != "3 suggestions" {
		t.Errorf("said is %q", status)
	}
	key(kb.ArrowDown)
	key(kb.ArrowDown)
	wait("combobox|true|ferry|ferry7 headlines|3")
	key(kb.ArrowDown)
	wait("combobox|true|<b>fern</b>|<b>fern</b>1 headline|3") // as text
	key(kb.ArrowDown)
	wait("combobox|true|fer|-|3") // what was typed
	key(kb.Escape)
	wait("combobox|false|fer|-|3")
	key("x") // nothing goes on like this
	wait("combobox|false|ferx|-|0")
	key(kb.Backspace)
	wait("combobox|true|fer|-|3")
	key(kb.ArrowDown)
	key(kb.Enter)
	const topic = "/topic/Ferries%20&%20boats"
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname`))
		if err == nil && got == topic {
			break
		} else if time.Now().After(end) {
			t.Fatalf("Enter leads to %s, %v", got, err)
		}
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.complaints) > 0 || len(seen.hosts) != 1 {
		t.Errorf("the browser complains of %v and asked %v", seen.complaints, seen.hosts)
	}
}
