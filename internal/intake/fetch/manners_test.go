package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestFresh(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const inAnHour, atEleven = "Mon, 23 Nov 2026 13:00:00 GMT", "Mon, 23 Nov 2026 11:00:00 GMT"
	for _, tt := range []struct {
		header http.Header
		want   time.Duration
	}{
		{nil, 0},
		{http.Header{"Cache-Control": {"max-age=600"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"public , Max-Age = 600, must-revalidate"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {`max-age="600"`}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"public", "max-age=600, max-age=5"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"s-maxage=600"}}, 0},
		{http.Header{"Cache-Control": {"max-age=600"}, "Age": {"100"}}, 500 * time.Second},
		{http.Header{"Cache-Control": {"max-age=600"}, "Age": {"700"}}, 0},
		{http.Header{"Cache-Control": {"max-age=600"}, "Age": {"-700"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"max-age=600"}, "Expires": {"0"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"no-cache, max-age=600"}}, 0},
		{http.Header{"Cache-Control": {`no-cache="Set-Cookie", max-age=600`}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {"max-age=soon"}}, 0},
		{http.Header{"Cache-Control": {"max-age=-5"}, "Expires": {inAnHour}}, 0},
		{http.Header{"Cache-Control": {"max-age=99999999999999"}}, 365 * 24 * time.Hour},
		{http.Header{"Expires": {inAnHour}}, time.Hour},
		{http.Header{"Expires": {inAnHour}, "Date": {atEleven}}, 2 * time.Hour}, // the server's clock goes an hour behind
		{http.Header{"Expires": {inAnHour}, "Date": {atEleven}, "Age": {"3600"}}, time.Hour},
		{http.Header{"Expires": {atEleven}}, 0},
		{http.Header{"Expires": {"0"}}, 0},
	} {
		if got := fresh(tt.header, now); got != tt.want {
			t.Errorf("%v: fresh for %s, want %s", tt.header, got, tt.want)
		}
	}
}

// TestRest has a server that asks to be left alone, and holds that nobody asks it, by whatever way.
func TestRest(t *testing.T) {
	began := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now := began
	asked := 0
	busy := server(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path == "/busy" {
			w.Header().Set("Retry-After", "Mon, 23 Nov 2026 13:00:07 GMT")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	other := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, busy.URL+"/feed", http.StatusFound) })
	c := client(t, Options{Now: func() time.Time { return now }})
	get := func(address string) error {
		_, err := c.Get(context.Background(), Request{URL: address})
		return err
	}
	first := asError(t, get(busy.URL+"/busy"))
	want := news.Rest{Host: strings.TrimPrefix(busy.URL, "http://"), Until: now.Add(time.Hour + 7*time.Second)}
	if first.Rest != want || first.RetryAfter != time.Hour+7*time.Second || errors.Is(first, ErrResting) {
		t.Errorf("the server's wish is %+v, %s; want %+v", first.Rest, first.RetryAfter, want)
	}
	for _, passed := range []time.Duration{0, time.Hour, time.Hour + 6*time.Second} {
		now = began.Add(passed)
		for _, address := range []string{busy.URL + "/busy", busy.URL + "/feed", other.URL} {
			if e := asError(t, get(address)); !errors.Is(e, ErrResting) || e.Rest != want || e.RetryAfter != want.Until.Sub(now) {
				t.Errorf("after %s %s: %v, %+v", passed, address, e, e.Rest)
			}
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
	now = want.Until
	if err := get(other.URL); err != nil || asked != 2 {
		t.Errorf("when its time is over: %v, asked %d times", err, asked)
	}
	c.Rest(news.Rest{Host: want.Host, Until: now.Add(time.Minute)})
	c.Rest(news.Rest{Host: want.Host, Until: now.Add(time.Second)}) // a shorter wish changes nothing
	now = now.Add(30 * time.Second)
	if err := get(busy.URL); !errors.Is(err, ErrResting) {
		t.Errorf("what was stored is not kept: %v", err)
	}
}

// TestValidatorsStayWithTheirAddress: a Last-Modified sent to another address could hide a document that nobody has read.
func TestValidatorsStayWithTheirAddress(t *testing.T) {
	var seen []string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Path+r.Header.Get("If-None-Match")+r.Header.Get("If-Modified-Since"))
		switch {
		case r.URL.Path == "/old":
			http.Redirect(w, r, "/new", http.StatusFound)
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		}
	})
	c := client(t, Options{})
	for _, tt := range []struct {
		path, validFor string
		want           []string
		unchanged      bool
	}{
		{"/old", "/new", []string{"/old", `/new"a"then`}, true},
		{"/old", "/elsewhere", []string{"/old", "/new"}, false},
		{"/new", "/new", []string{`/new"a"then`}, true},
		{"/new", "", []string{`/new"a"then`}, true},
	} {
		seen = nil
		r := Request{URL: s.URL + tt.path, ETag: `"a"`, LastModified: "then", ValidFor: map[bool]string{true: s.URL + tt.validFor}[tt.validFor != ""]}
		res, err := c.Get(context.Background(), r)
		if err != nil || res.NotModified != tt.unchanged {
			t.Errorf("%+v: %+v, %v", tt, res, err)
		}
		if diff := cmp.Diff(tt.want, seen); diff != "" {
			t.Errorf("%+v: %s", tt, diff)
		}
	}
}

// TestCredentials are kept by redirects within a server, and taken from none.
func TestCredentials(t *testing.T) {
	var seen []string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := r.BasicAuth()
		seen = append(seen, r.URL.Path+" "+name)
		switch r.URL.Path {
		case "/one":
			http.Redirect(w, r, "/two", http.StatusFound)
		case "/two":
			http.Redirect(w, r, "http://"+r.Host+"/three", http.StatusFound)
		case "/three":
			http.Redirect(w, r, "http://eve:other@"+strings.Replace(r.Host, "127.0.0.1", "localhost", 1)+"/four", http.StatusFound)
		}
	})
	if _, err := client(t, Options{}).Get(context.Background(), Request{URL: strings.Replace(s.URL, "://", "://ada:secret@", 1) + "/one"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/one ada", "/two ada", "/three ada", "/four "}, seen); diff != "" {
		t.Error(diff)
	}
}

// TestProxy has a proxy make the requests. Its own address is checked like any other; what is plainly private is refused
// before it is asked.
func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Host)
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if r.URL.Path == "/inward" {
			w.Header().Set("Location", "http://10.0.0.1/")
			w.WriteHeader(http.StatusFound)
		}
		send(w, "through the proxy")
	}))
	t.Cleanup(proxy.Close)
	via, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client(t, Options{Proxy: via, AllowPrivate: []netip.Prefix{}}).Get(context.Background(), Request{URL: "http://feed.example/"})
	failure(t, err, news.FeedPrivate, "fetch.proxy", "fetch.allow_private")
	c := client(t, Options{Proxy: via, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if res, err := c.Get(context.Background(), Request{URL: "http://feed.example/"}); err != nil || string(res.Body) != "through the proxy" {
		t.Errorf("%+v, %v", res, err)
	}
	_, err = c.Get(context.Background(), Request{URL: "https://feed.example/"})
	failure(t, err, news.FeedUnreachable, "Bad Gateway")
	for _, host := range []string{"10.0.0.1", "[fd00::1]", "[::ffff:10.0.0.1]", "localhost", "a.localhost", "LOCALHOST.", "2130706433", "0x7f.1", "017700000001", "10.1"} {
		_, err := c.Get(context.Background(), Request{URL: "http://" + host + "/"})
		failure(t, err, news.FeedPrivate)
		if _, err := c.Picture(context.Background(), Request{URL: "http://" + host + "/"}); err == nil {
			t.Errorf("a picture at %s is asked for", host)
		}
	}
	if _, err := c.Picture(context.Background(), Request{URL: "http://feed.example/inward"}); err == nil {
		t.Error("a picture's redirect inward is followed")
	}
	_, err = c.Get(context.Background(), Request{URL: "http://feed.example/inward"})
	failure(t, err, news.FeedPrivate, "10.0.0.1")
	if diff := cmp.Diff([]string{"GET feed.example", "CONNECT feed.example:443", "GET feed.example", "GET feed.example"}, asked); diff != "" {
		t.Errorf("the proxy was asked (-want +got):\n%s", diff)
	}
}

func TestHostOf(t *testing.T) {
	for address, want := range map[string]string{
		"http://A.example/": "a.example", "http://a.example:80/": "a.example", "https://a.example:443/": "a.example", "https://a.example:80/": "a.example:80",
		"http://[::1]:8080/": "[::1]:8080",
	} {
		u, err := url.Parse(address)
		if got := hostOf(u); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", address, got, err, want)
		}
	}
}
