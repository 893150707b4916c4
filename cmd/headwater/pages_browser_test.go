package main

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/browsertest"
)

// themes are the looks that each page is tried in.
var themes = []news.Theme{news.ThemeLight, news.ThemeDark, news.ThemeSepia}

// setTheme has the server show pages in a theme, as its user's settings say. Those in sepia are in German, whose texts are longer.
func setTheme(t *testing.T, server string, theme news.Theme) {
	t.Helper()
	language := map[news.Theme]string{news.ThemeSepia: "de"}[theme]
	setSetting(t, server, url.Values{"theme": {string(theme)}, "language": {language}})
}

// startMarked runs a demo whose user starred and labelled articles and has a rule that acted, so that the pages of marks and rules have
// something to show.
func startMarked(t *testing.T) (server string) {
	t.Helper()
	r := &reader{server: startDemo(t)}
	r.auth = r.login(t)
	var page struct{ ItemRefs []struct{ ID string } }
	r.get(t, "stream/items/ids?n=3&s=user/-/state/com.google/reading-list", &page)
	form := url.Values{"a": {"user/-/label/Later", "user/-/state/com.google/starred"}}
	for _, ref := range page.ItemRefs {
		form.Add("i", ref.ID)
	}
	r.post(t, "edit-tag", form)
	for _, call := range []struct{ path, body string }{
		{"/api/v1/rules", `{"query":"ferry","action":"label","label":"Later"}`},
		{"/api/v1/rules/1/apply", ""},
	} {
		answer, err := http.Post(r.server+call.path, "application/json", strings.NewReader(call.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s: status %d, error %v", call.path, answer.StatusCode, err)
		}
	}
	return r.server
}

// perPattern is how many pages of each pattern are tried: HEADWATER_TEST_PAGES, otherwise one.
func perPattern(t *testing.T) int {
	t.Helper()
	text := os.Getenv("HEADWATER_TEST_PAGES")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("HEADWATER_TEST_PAGES=%s: want how many pages to try of each kind", text)
	}
	return n
}

// TestPagesInBrowser shows every page of the demo at three widths and in every theme. Nothing scrolls sideways, moves by itself or fails,
// no script complains, no other host is asked, and no page is heavy.
func TestPagesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser over every page")
	}
	browser := browsertest.Start(t, 30*time.Minute)
	server := startMarked(t)
	tab := browsertest.NewTab(browser, t, server)
	for _, theme := range themes {
		setTheme(t, server, theme)
		weigh := theme == themes[0]
		tab.ServiceWorker(!weigh)
		for _, path := range pagesOf(t, server, perPattern(t)) {
			if status := tab.Open(path); status != http.StatusOK {
				t.Errorf("%s in the theme %s: status %d", path, theme, status)
			}
			if weigh {
				cost := tab.Cost()
				for range 2 { // on a busy machine a page may be painted before all of its heading has come
					if cost.Shift > 0 {
						tab.Open(path)
						cost.Shift = tab.Cost().Shift
					}
				}
				t.Logf("%-40.40s %6d bytes of which %5d are scripts, painted after %4.0f ms", path, cost.Page, cost.Scripts, cost.Paint)
				for _, fault := range cost.Faults() {
					t.Errorf("%s: %s", path, fault)
				}
			}
			for _, width := range []int64{360, 768, 1440} {
				tab.Width(width)
				for _, fault := range tab.Judge() {
					t.Errorf("%s in the theme %s at %d pixels: %s", path, theme, width, fault)
				}
			}
			for _, fault := range tab.Faults() {
				t.Errorf("%s in the theme %s: %s", path, theme, fault)
			}
		}
	}
}

// TestAccessibilityInBrowser runs axe-core over every page of the demo with everything unfolded: all rules once at each width, and those
// about colours in every theme.
func TestAccessibilityInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser over every page")
	}
	axe := browsertest.LoadAxe(t)
	browser := browsertest.Start(t, 30*time.Minute)
	server := startMarked(t)
	tab := browsertest.NewTab(browser, t, server)
	check := func(tab *browsertest.Tab, rules browsertest.Rules, theme, path string, widths ...int64) {
		tab.Open(path)
		tab.OpenDetails()
		for _, width := range widths {
			tab.Width(width)
			for _, fault := range tab.Violations(axe, rules) {
				t.Errorf("%s in the theme %s at %d pixels: %s", path, theme, width, fault)
			}
		}
	}
	for i, theme := range themes {
		setTheme(t, server, theme)
		for _, path := range pagesOf(t, server, perPattern(t)) {
			if i == 0 || perPattern(t) > 1 {
				check(tab, browsertest.AllRules, string(theme), path, 360, 1440)
			} else {
				check(tab, browsertest.ThemeRules, string(theme), path, 360) // the colours are the same at other widths
			}
		}
	}
	stranger := browsertest.NewTab(browser, t, startDemo(t, "HEADWATER_ACCESS_LOGIN=required"))
	for _, scheme := range []string{"light", "dark"} {
		stranger.Scheme(scheme)
		check(stranger, browsertest.AllRules, scheme, "/login?next=/topics", 360)
	}
}

// pagesOf gives the addresses of the server's pages, up to n of each GET pattern of its router. A pattern that no link leads to is an
// error, so that a new page is tried by itself or is missed here.
func pagesOf(t *testing.T, server string, n int) []string {
	t.Helper()
	found := crawl(t, server, n)
	var all []string
	for _, pattern := range slices.Sorted(maps.Keys(found)) {
		if len(found[pattern]) == 0 {
			t.Errorf("no page of the demo links to %s; have a page link to it, or the demo hold what it shows", pattern)
		}
		all = append(all, found[pattern]...)
	}
	return all
}

// crawl finds pages by following links: up to n addresses of each GET pattern of the server's router that answers pages.
func crawl(t *testing.T, server string, n int) map[string][]string {
	t.Helper()
	_, h := serveEmpty(t, func(*config.Config) {})
	mux := http.NewServeMux()
	found := map[string][]string{} // addresses of each pattern that might answer a page
	var queue []string
	linked := map[string]bool{} // addresses that a page links to
	for _, pattern := range h.Patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodGet || !isPage(path) {
			continue
		}
		mux.Handle(pattern, http.NotFoundHandler())
		found[pattern] = nil
		if address := strings.TrimSuffix(path, "{$}"); !strings.Contains(address, "{") {
			queue = append(queue, address)
		}
	}
	slices.Sort(queue)
	const explored = 8 // pages of each pattern that are read for links to others
	seen := map[string]bool{}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(request)
		if _, known := found[pattern]; !known || seen[address] || len(found[pattern]) >= max(n, explored) {
			continue
		}
		seen[address] = true
		status, links, isHTML := linksOf(t, request)
		switch {
		case status == http.StatusNotFound && !linked[address]: // a page of what is switched off here, and nothing leads there
			delete(found, pattern)
			continue
		case status != http.StatusOK:
			t.Errorf("%s, which a page links to or the router has: status %d", address, status)
			continue
		case !isHTML: // a feed or a download, at an address such as those of pages
			delete(found, pattern)
			continue
		}
		for _, to := range links {
			linked[to] = true
		}
		found[pattern] = append(found[pattern], address)
		queue = append(queue, links...)
	}
	for pattern, addresses := range found {
		found[pattern] = addresses[:min(n, len(addresses))]
	}
	return found
}

// isPage says whether what is at a path of the router can be a page. Files, and what programs ask for, are none.
func isPage(path string) bool {
	if strings.HasSuffix(path, "{file}") {
		return false
	}
	for _, other := range []string{"/api/", "/reader/", "/accounts/", "/static/", "/media/", "/recordings/", callbackPath, access.OIDCCallback, "/healthz", "/readyz", "/metrics", "/suggest"} {
		if strings.HasPrefix(path, other) {
			return false
		}
	}
	return true
}

// linksOf gives the status of a page, the addresses on the same server that it links to, and whether it is a page.
func linksOf(t *testing.T, request *http.Request) (status int, addresses []string, isHTML bool) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatalf("%s: %v", request.URL, err)
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		return response.StatusCode, nil, false
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		for _, attribute := range n.Attr {
			to, err := request.URL.Parse(attribute.Val)
			if attribute.Key == "href" && err == nil && to.Host == request.URL.Host {
				addresses = append(addresses, (&url.URL{Path: to.Path, RawPath: to.RawPath, RawQuery: to.RawQuery}).String())
			}
		}
	}
	return response.StatusCode, addresses, true
}
