package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"headwater/internal/config"
	"headwater/internal/serve/access"
)

// route is one that the server's routers know, with an address for it.
type route struct{ method, path string }

// parameter is one of a pattern of http.ServeMux.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// everyRoute serves an empty data folder on loopback, with the callbacks of hubs, and returns every route there is.
func everyRoute(t *testing.T, change func(*config.Config), prepare ...func(*app)) (*httptest.Server, []route) {
	t.Helper()
	srv, h := serveEmpty(t, change, prepare...)
	return srv, routesOf(t, h)
}

// serveEmpty serves an empty data folder on loopback, with the callbacks of hubs.
func serveEmpty(t *testing.T, change func(*config.Config), prepare ...func(*app)) (*httptest.Server, access.Routes) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.PublicURL = t.TempDir(), "https://news.example.org"
	change(&cfg)
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prepare {
		p(a)
	}
	h, err := a.handler(t.Context(), cfg.PublicURL)
	if err != nil {
		t.Fatal(errors.Join(err, a.close()))
	}
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return srv, h
}

func routesOf(t *testing.T, h access.Routes) []route {
	t.Helper()
	var all []route
	for _, pattern := range h.Patterns {
		method, path, named := strings.Cut(pattern, " ")
		if !named {
			if pattern != "/" { // what answers that there is nothing
				t.Errorf("the pattern %q names no method, so its Allow can't be right", pattern)
			}
			continue
		}
		path = strings.TrimSuffix(path, "{$}")
		all = append(all, route{method, parameter.ReplaceAllString(path, "1")})
	}
	if len(all) < 90 {
		t.Fatalf("the routers know %d routes only", len(all))
	}
	return all
}

// answered is what a route answered; of an event stream, which has no end, nothing is read.
type answered struct {
	status int
	header http.Header
	body   string
}

// ask sends a request without a body, as a program does, but for the headers given; Host is one of them.
func (rt route) ask(t *testing.T, server string, headers ...string) answered {
	t.Helper()
	return send(t, rt.method, server+rt.path, nil, headers...)
}

// send sends a form, or nothing, with headers: name, value. Host is one of them.
func send(t *testing.T, method, address string, form url.Values, headers ...string) answered {
	t.Helper()
	kind := ""
	if form != nil {
		kind = "application/x-www-form-urlencoded"
	}
	return sendBody(t, method, address, kind, form.Encode(), headers...)
}

// sendBody sends a body of a media type; "" is none.
func sendBody(t *testing.T, method, address, kind, body string, headers ...string) answered {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var answer []byte
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		answer, err = io.ReadAll(resp.Body)
	}
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Errorf("%s %s: %v", method, address, err)
	}
	return answered{resp.StatusCode, resp.Header, string(answer)}
}

// TestForeignHostOnEveryRoute asks under a name that leads to this machine and is not ours.
func TestForeignHostOnEveryRoute(t *testing.T) {
	srv, routes := everyRoute(t, func(*config.Config) {})
	for _, rt := range append(routes, route{"GET", "/nothing/here"}, route{"PUT", "/"}) {
		for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "0.0.0.0", "203.0.113.9", "[::]"} {
			got := rt.ask(t, srv.URL, "Host", host)
			if got.status != http.StatusMisdirectedRequest || !strings.Contains(got.body, "hosts in config.yaml") {
				t.Errorf("%s %s as %s: %d: %.200s", rt.method, rt.path, host, got.status, got.body)
			}
		}
		for _, host := range []string{"", "localhost", "news.example.org"} {
			if got := rt.ask(t, srv.URL, "Host", host); got.status == http.StatusMisdirectedRequest {
				t.Errorf("%s %s as %q: %d", rt.method, rt.path, host, got.status)
			}
		}
	}
}

// TestHeadersOnEveryRoute: whatever is answered says what a browser may do with it, also what is refused before a handler.
func TestHeadersOnEveryRoute(t *testing.T) {
	srv, routes := everyRoute(t, func(*config.Config) {})
	for _, rt := range append(routes, route{"GET", "/nothing/here"}, route{"PUT", "/"}, route{"GET", "/api/v1/none"}, route{"GET", "/reader/api/0/none"}) {
		for _, headers := range [][]string{nil, {"Host", "evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			h := rt.ask(t, srv.URL, headers...).header
			policy := h.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.Contains(h.Get("Permissions-Policy"), "camera=()") || h.Get("Referrer-Policy") == "" {
				t.Errorf("%s %s with %v: %v", rt.method, rt.path, headers, h)
			}
		}
	}
}

func TestListedHost(t *testing.T) {
	srv, routes := everyRoute(t, func(c *config.Config) { c.Hosts = []string{"news.lan"} })
	for _, rt := range routes {
		if got := rt.ask(t, srv.URL, "Host", "news.lan:8080"); got.status == http.StatusMisdirectedRequest {
			t.Errorf("%s %s: %d", rt.method, rt.path, got.status)
		}
	}
}

// TestForeignOriginOnEveryRoute sends what changes something as a browser does from another site's page, and as a program.
func TestForeignOriginOnEveryRoute(t *testing.T) {
	srv, routes := everyRoute(t, func(*config.Config) {})
	writing := 0
	for _, rt := range routes {
		if rt.method == http.MethodGet {
			continue
		}
		writing++
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "null"},
			{"Origin", "https://evil.example"},
			{"Origin", "http://127.0.0.1:1"},
			{"Origin", "https://evil.example", "Authorization", "GoogleLogin auth=x"},
		} {
			if got := rt.ask(t, srv.URL, headers...); got.status != http.StatusForbidden {
				t.Errorf("%s %s with %v: %d", rt.method, rt.path, headers, got.status)
			}
		}
		for _, headers := range [][]string{nil, {"Sec-Fetch-Site", "same-origin"}, {"Origin", srv.URL}, {"Origin", "https://news.example.org"}} {
			if got := rt.ask(t, srv.URL, headers...); strings.Contains(got.body, "another site") {
				t.Errorf("%s %s with %v: %d: %.200s", rt.method, rt.path, headers, got.status, got.body)
			}
		}
	}
	if writing < 40 {
		t.Errorf("%d routes change something", writing)
	}
}

// pathsOf returns an expression for the paths of a pattern of http.ServeMux.
func pathsOf(pattern string) *regexp.Regexp {
	if strings.HasSuffix(pattern, "/") {
		pattern += "{rest...}"
	}
	s := regexp.QuoteMeta(strings.TrimSuffix(pattern, "{$}"))
	s = regexp.MustCompile(`\\\{[^}]*\\\.\\\.\\\.\\\}`).ReplaceAllString(s, ".*")
	return regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(s, "[^/]+") + "$")
}

// TestAllowOnEveryRoute sends a method that no route takes: Allow has all that the routers know for the path.
func TestAllowOnEveryRoute(t *testing.T) {
	srv, h := serveEmpty(t, func(*config.Config) {})
	routes := routesOf(t, h)
	takes := map[string][]string{}
	for _, pattern := range h.Patterns {
		method, path, _ := strings.Cut(pattern, " ")
		methods := []string{method}
		if method == http.MethodGet && !strings.Contains(path, "/reader/") && !strings.HasPrefix(path, callbackPath) {
			methods = append(methods, http.MethodHead)
		}
		matches := pathsOf(path)
		for _, rt := range routes {
			if matches.MatchString(rt.path) {
				takes[rt.path] = append(takes[rt.path], methods...)
			}
		}
	}
	for path, want := range takes {
		answer := route{"TRACE", path}.ask(t, srv.URL)
		got := strings.Split(answer.header.Get("Allow"), ", ")
		slices.Sort(got)
		slices.Sort(want)
		if want = slices.Compact(want); answer.status != http.StatusMethodNotAllowed || !slices.Equal(got, want) {
			t.Errorf("%s: %d, Allow is %v, want %v", path, answer.status, got, want)
		}
	}
}
