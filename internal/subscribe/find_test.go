package subscribe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
	"headwater/internal/subscribe"
)

// followed returns an empty store with a Feeds.
type followed struct {
	Store  *store.DB
	Finder *subscribe.Finder
	Feeds  *subscribe.Feeds
}

func open(t *testing.T, allow ...netip.Prefix) followed {
	t.Helper()
	return openWithin(t, 5*time.Second, allow...)
}

// openWithin is open with a limit for each request.
func openWithin(t *testing.T, timeout time.Duration, allow ...netip.Prefix) followed {
	t.Helper()
	db := storetest.Open(t, t.TempDir())
	client, err := fetch.New(fetch.Options{UserAgent: "Headwater/test", Timeout: timeout, MaxBytes: 10 << 20, PerHost: 4, AllowPrivate: allow})
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		must(t, db.Close())
	})
	finder := &subscribe.Finder{Fetch: client, Parse: parse.Options{Timeout: 5 * time.Second, MaxItems: 5000, MaxDepth: 100}, Now: time.Now}
	return followed{db, finder, &subscribe.Feeds{Store: db, Finder: finder, Now: time.Now}}
}

// site is a server whose pages a test sets by path. It counts requests.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newSite(t *testing.T, pages map[string]string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		page, ok := pages[r.URL.Path]
		switch to, moved := strings.CutPrefix(page, "-> "); {
		case !ok:
			http.NotFound(w, r)
		case page == "503":
			http.Error(w, "later", http.StatusServiceUnavailable)
		case moved:
			http.Redirect(w, r, to, http.StatusFound)
		case strings.HasPrefix(page, "Link: "):
			w.Header().Set("Link", strings.TrimPrefix(page, "Link: "))
			_, _ = w.Write([]byte("<!doctype html>"))
		default:
			_, _ = w.Write([]byte(strings.ReplaceAll(page, "$SITE", s.URL)))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func alternates(hrefs ...string) string {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><title>Site</title>")
	for _, h := range hrefs {
		fmt.Fprintf(&b, `<link rel="alternate" type="application/rss+xml" href="%s">`, h)
	}
	return b.String()
}

func feedNamed(title, self string) string {
	return fmt.Sprintf(`<rss version="2.0"><channel><title>%s</title><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="%s"/><item><title>One</title><guid>1</guid></item></channel></rss>`, title, self)
}

func TestFindFeeds(t *testing.T) {
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprint("/feed/", i)
	}
	tests := []struct {
		name, path string
		pages      map[string]string
		want       []string // path and title of each feed, with its id if it is subscribed
		problem    string   // a part of the problem
		most       int      // limit of requests
	}{
		{"a feed", "/rss", map[string]string{"/rss": feedNamed("A", "/rss")}, []string{"/rss A"}, "", 1},
		{"a feed after a redirect", "/old", map[string]string{"/old": "-> /rss", "/rss": feedNamed("A", "/rss")}, []string{"/old A also /rss"}, "", 2},
		{"a feed that names itself", "/a", map[string]string{"/a": feedNamed("A", "/b"), "/b": feedNamed("A", "/b")}, []string{"/a A also /b"}, "", 2},
		{"a feed with another's name", "/a", map[string]string{"/a": feedNamed("A", "/b"), "/b": feedNamed("B", "/b")}, []string{"/a A"}, "", 2},
		{"a feed with a private name", "/a", map[string]string{"/a": feedNamed("A", "http://10.0.0.1/")}, []string{"/a A"}, "", 1},
		{"a page with one", "/", map[string]string{"/": alternates("rss"), "/rss": feedNamed("A", "")}, []string{"/rss A"}, "", 2},
		{"a page with two", "/", map[string]string{"/": alternates("/1", "/2", "/1")}, []string{"/1 ", "/2 "}, "", 1},
		{"a page with thousands", "/", map[string]string{"/": alternates(many...)}, nil, "", 1},
		{"a header", "/", map[string]string{"/": `Link: </rss>; rel="alternate"; type="application/rss+xml"`, "/rss": feedNamed("A", "")}, []string{"/rss A"}, "", 2},
		{"one that fails now", "/", map[string]string{"/": alternates("/busy"), "/busy": "503"}, []string{"/busy "}, "503 Service Unavailable", 2},
		{"one that is gone", "/", map[string]string{"/": alternates("/gone")}, nil, "none: $SITE/gone: 404", 10},
		{"one that is a page", "/", map[string]string{"/": alternates("/")}, nil, "the feed that it links to, $SITE/, is none", 10},
		{"one in a private network", "/", map[string]string{"/": alternates("http://169.254.169.254/latest/")}, nil, "fetch.allow_private", 9},
		{"script for an address", "/", map[string]string{"/": alternates("javascript:alert(1)", "data:text/xml,x", "file:///etc/passwd", "http://")}, nil, "no link to a feed", 9},
		{"a base elsewhere", "/", map[string]string{"/": `<!doctype html><base href="http://10.0.0.1/">` + alternates("rss")}, nil, "10.0.0.1", 9},
		{"the usual places", "/blog/", map[string]string{"/blog/": "<!doctype html>", "/blog/atom.xml": feedNamed("A", "")}, []string{"/blog/atom.xml A"}, "", 4},
		{"the usual places of the host", "/blog", map[string]string{"/blog": "<!doctype html>", "/index.xml": feedNamed("A", "")}, []string{"/index.xml A"}, "", 10},
		{"every address gives the page", "/", map[string]string{"/": "<!doctype html>", "/feed": "<!doctype html>", "/rss": "-> /", "/feed.xml": "-> /feed.xml"}, nil, "no link to a feed", 40},
		{"a redirect loop", "/loop", map[string]string{"/loop": "-> /loop"}, nil, "more than 5 redirects", 6},
		{"a redirect inwards", "/in", map[string]string{"/in": "-> http://10.0.0.1/"}, nil, "fetch.allow_private", 1},
		{"nothing there", "/none", nil, nil, "404 Not Found", 1},
		{"too large", "/large", map[string]string{"/large": "<!doctype html>" + strings.Repeat("<p>", 4<<20)}, nil, "larger than", 1},
		{"10 MB of page", "/large", map[string]string{"/large": alternates("/rss") + strings.Repeat("<p>", 3<<20), "/rss": feedNamed("A", "")}, []string{"/rss A"}, "", 2},
		{"a feed that is broken", "/deep", map[string]string{"/deep": "<rss><channel>" + strings.Repeat("<a>", 5000)}, nil, "nested deeper", 1},
		{"an account", "/@user", map[string]string{"/@user.rss": feedNamed("User", "")}, []string{"/@user.rss User"}, "", 1},
		{"no account", "/@user", map[string]string{"/@user": alternates("/rss"), "/rss": feedNamed("A", "")}, []string{"/rss A"}, "", 3},
		{"prose", "/prose", map[string]string{"/prose": "Nothing here."}, nil, "no link to a feed", 15},
	}
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, tt.pages)
			found, err := room.Feeds.FindFeeds(t.Context(), s.URL+tt.path)
			must(t, err)
			var got []string
			for _, f := range found.Feeds {
				line := f.URL + " " + f.Title
				for _, a := range f.Also {
					line += " also " + a
				}
				got = append(got, strings.ReplaceAll(line, s.URL, ""))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && (tt.name != "a page with thousands" || len(got) != 30) {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			problem := strings.ReplaceAll(found.Problem, s.URL, "$SITE")
			if !strings.Contains(problem, tt.problem) || (problem == "") != (tt.problem == "") {
				t.Errorf("the problem is %q, want %q", problem, tt.problem)
			}
			if len(s.asked) > tt.most {
				t.Errorf("%d requests, want at most %d: %v", len(s.asked), tt.most, s.asked)
			}
		})
	}
}

// Known feed addresses need no request if the user has to choose, and are returned even if the site can't be reached.
func TestFindFeedsByRule(t *testing.T) {
	room := open(t)
	found, err := room.Feeds.FindFeeds(t.Context(), "https://github.com/golang/go")
	must(t, err)
	if len(found.Feeds) != 3 || found.Feeds[0].URL != "https://github.com/golang/go/releases.atom" || found.Problem != "" {
		t.Errorf("found %+v", found)
	}
}

// A subscribed feed is found without a request, or by the address that it leads to.
func TestFindKnownFeeds(t *testing.T) {
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	s := newSite(t, map[string]string{"/rss": feedNamed("A", "$SITE/a"), "/a": feedNamed("A", "$SITE/a"), "/old": "-> /rss", "/": alternates("/rss"), "/two": alternates("/rss", "/new")})
	_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: s.URL + "/rss"})
	must(t, err)
	for _, same := range []string{"/rss", "/rss/", "/rss#top", "/old", "/"} {
		found, err := room.Feeds.FindFeeds(t.Context(), s.URL+same)
		must(t, err)
		if len(found.Feeds) != 1 || found.Feeds[0].Known != 1 {
			t.Errorf("%s: found %+v", same, found)
		}
		if strings.HasPrefix(same, "/rss") && len(s.asked) > 0 {
			t.Errorf("%s: asked for %v", same, s.asked)
		}
	}
	found, err := room.Feeds.FindFeeds(t.Context(), s.URL+"/two")
	must(t, err)
	if len(found.Feeds) != 2 || found.Feeds[0].Known != 1 || found.Feeds[1].Known != 0 {
		t.Errorf("of two: %+v", found)
	}
	for _, same := range []string{s.URL + "/rss/", "feed:" + s.URL + "/rss"} {
		if f, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: same}); !errors.Is(err, news.ErrExists) || f.ID != 1 {
			t.Errorf("%s is added as %+v (%v)", same, f, err)
		}
	}
}

// An address is stored in its encoded form. An address that an earlier version stored unencoded is the same feed.
func TestFeedsInOtherScripts(t *testing.T) {
	room := open(t)
	const asWritten, encoded = "http://пример.example/новости?q=a b", "http://xn--e1afmkfd.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=a%20b"
	old, err := room.Store.AddFeed(t.Context(), news.Feed{URL: asWritten})
	must(t, err)
	for _, same := range []string{asWritten, encoded, "https://www.пример.example/новости?q=a%20b", "feed:" + encoded} {
		if f, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: same}); !errors.Is(err, news.ErrExists) || f.ID != old.ID {
			t.Errorf("%s is added as %+v (%v)", same, f, err)
		}
	}
	for _, same := range []string{asWritten, encoded, "http://ПРИМЕР.example/новости?q=a b"} {
		if f, err := room.Feeds.FindFeed(t.Context(), 0, same); err != nil || f.ID != old.ID {
			t.Errorf("%s is %+v (%v)", same, f, err)
		}
	}
	added, err := room.Feeds.AddFeeds(t.Context(), []news.Feed{{URL: encoded}, {URL: asWritten}, {URL: "http://bücher.example/a|b"}})
	must(t, err)
	if len(added) != 1 || added[0].URL != "http://xn--bcher-kva.example/a%7Cb" {
		t.Errorf("added %+v", added)
	}
	f, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: " http://news.example/日本 \n"})
	must(t, err)
	if f.URL != "http://news.example/%E6%97%A5%E6%9C%AC" {
		t.Errorf("stored as %q", f.URL)
	}
	if _, err := room.Feeds.FindFeed(t.Context(), 0, "http://пример.example/"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("another path: %v", err)
	}
}

// A server that sends a byte a second takes no more than the time for one address. Canceling ends the search.
func TestFindFeedsEnds(t *testing.T) {
	t.Parallel() // it waits
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush() // a client that has gone is no matter
		<-r.Context().Done()
	}))
	t.Cleanup(slow.Close)
	room := openWithin(t, time.Second, netip.MustParsePrefix("127.0.0.0/8"))
	began := time.Now()
	found, err := room.Feeds.FindFeeds(t.Context(), slow.URL)
	must(t, err)
	if took := time.Since(began); len(found.Feeds) > 0 || found.Problem == "" || took > 6*time.Second {
		t.Errorf("%q after %s", found.Problem, took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := room.Feeds.FindFeeds(ctx, slow.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("left, it gives %v", err)
	}
}

// For a host without a scheme, https is tried first, and http if https has nothing. The note names the one that was used.
func TestFindFeedsOfBareHosts(t *testing.T) {
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	s := newSite(t, map[string]string{"/": alternates("/rss"), "/rss": feedNamed("A", "")})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	tests := []struct {
		typed, feed, note, problem, address string
	}{
		{"127.0.0.1" + port, "http://127.0.0.1" + port + "/rss", "", "", "http://127.0.0.1" + port},
		{"localhost" + port + "/rss", "http://localhost" + port + "/rss", "", "", "http://localhost" + port + "/rss"},
		{"site.localhost" + port + "/rss", "http://site.localhost" + port + "/rss", "; http://site.localhost" + port + "/rss is taken", "", "http://site.localhost" + port + "/rss"},
		{"127.0.0.1" + port + "/none", "", "", "http://127.0.0.1" + port + "/none: 404", "http://127.0.0.1" + port + "/none"},
		{"127.0.0.1:1", "", "", "http://127.0.0.1:1: nothing answers", "http://127.0.0.1:1"},
		{"10.0.0.1", "", "", "fetch.allow_private", "http://10.0.0.1"},
		{"host.invalid/x", "", "", "https://host.invalid/x: the name host.invalid is not known", "https://host.invalid/x"},
		{"ftp://a.example/", "", "", "no feed address", "ftp://a.example/"},
	}
	for _, tt := range tests {
		if strings.HasPrefix(tt.typed, "site.localhost") && !resolves(t, "site.localhost") {
			continue
		}
		found, err := room.Feeds.FindFeeds(t.Context(), tt.typed)
		must(t, err)
		feed := ""
		if len(found.Feeds) == 1 {
			feed = found.Feeds[0].URL
		}
		if feed != tt.feed || !strings.Contains(found.Note, tt.note) || (found.Note == "") != (tt.note == "") ||
			!strings.Contains(found.Problem, tt.problem) || (found.Problem == "") != (tt.problem == "") || found.Address != tt.address {
			t.Errorf("%s: %+v, want %+v", tt.typed, found, tt)
		}
	}
}

// resolves reports whether this machine resolves a name. Not all machines resolve names below localhost.
func resolves(t *testing.T, name string) bool {
	addresses, err := net.DefaultResolver.LookupHost(t.Context(), name)
	return err == nil && slices.Contains(addresses, "127.0.0.1")
}

// A document that is no feed is named by its kind. No feed is searched for next to a kind that has none.
func TestFindFeedsNames(t *testing.T) {
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	tests := map[string]struct{ doc, says string }{
		"/png":     {"\x89PNG\r\n\x1a\n\x00\x00", "is a picture (image/png), not a feed"},
		"/svg":     {`<svg xmlns="http://www.w3.org/2000/svg"/>`, "is a picture (SVG)"},
		"/xsvg":    {`<?xml version="1.0"?><!-- a --><svg:svg xmlns:svg="x"/>`, "is a picture (SVG)"},
		"/pdf":     {"%PDF-1.7\n", "is a PDF document"},
		"/mp3":     {"ID3\x03\x00", "is a file of type audio/mpeg"},
		"/zip":     {"PK\x03\x04\x00", "is a file of type application/zip"},
		"/json":    {`{"a": 1}`, "is JSON, but no JSON Feed"},
		"/list":    {` [1, {"items": []}]`, "is JSON, but no JSON Feed"},
		"/opml":    {`<?xml version="1.0"?><opml version="2.0"><body><outline xmlUrl="https://a.example/f"/></body></opml>`, "is an OPML list of one feed, which `headwater feed import` takes"},
		"/sitemap": {`<?xml version="1.0"?><sitemapindex/>`, "is a sitemap"},
		"/xml":     {`<?xml version="1.0"?><catalogue/>`, "is XML with the root element <catalogue>"},
		"/page":    {`<!doctype html><p>Hello`, "is a page, with no link to a feed"},
		"/xhtml":   {`<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"/>`, "is a page, with no link to a feed"},
		"/empty":   {"", "the document is empty"},
	}
	for path, tt := range tests {
		s := newSite(t, map[string]string{path: tt.doc})
		found, err := room.Feeds.FindFeeds(t.Context(), s.URL+path)
		must(t, err)
		if !strings.Contains(found.Problem, tt.says) || len(found.Feeds) > 0 || found.Insisted() != s.URL+path {
			t.Errorf("%s: %+v, want %q", path, found, tt.says)
		}
		if !strings.Contains(tt.says, "a page") && len(s.asked) != 1 {
			t.Errorf("%s: asked for %v", path, s.asked)
		}
	}
}

// For a saved document, the address that the document gives itself is searched.
func TestFindFeedsOfFiles(t *testing.T) {
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	s := newSite(t, map[string]string{"/": alternates("/rss"), "/rss": feedNamed("A", "$SITE/rss"), "/two": alternates("/1", "/2")})
	tests := []struct{ name, doc, feed, note, problem string }{
		{"rss", feedNamed("A", s.URL+"/rss"), "/rss", "x is a copy of $SITE/rss; $SITE/rss is taken", ""},
		{"atom", `<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link href="$SITE/"/><link rel="self" href="$SITE/rss"/></feed>`, "/rss", "is a copy of $SITE/rss", ""},
		{"json", `{"version":"https://jsonfeed.org/version/1.1","title":"A","feed_url":"$SITE/rss","items":[]}`, "/rss", "is a copy of $SITE/rss", ""},
		{"feed of a site", `<rss version="2.0"><channel><title>A</title><link>$SITE/</link><item><title>One</title></item></channel></rss>`, "/rss", "only that of its site, $SITE/; $SITE/rss is taken", ""},
		{"feed of nowhere", `<rss version="2.0"><channel><title>A</title><item><title>One</title></item></channel></rss>`, "", "", "a feed that does not say what its address is; a file brings nothing new"},
		{"gone", feedNamed("A", s.URL+"/gone"), "", "", "x is a copy of $SITE/gone: $SITE/gone: 404"},
		{"saved page", "<!DOCTYPE html>\n<!-- saved from url=(0014)$SITE/ -->\n<html>", "/rss", "is a copy of the page $SITE/", ""},
		{"canonical", `<!DOCTYPE html><link rel="canonical" href="$SITE/">`, "/rss", "is a copy of the page $SITE/", ""},
		{"og:url", `<!DOCTYPE html><meta property="og:url" content="$SITE/">`, "/rss", "is a copy of the page $SITE/", ""},
		{"link", `<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="$SITE/rss">`, "/rss", "links to the feed $SITE/rss", ""},
		{"relative link", `<!DOCTYPE html><link rel="canonical" href="$SITE/x/"><link rel="alternate" type="application/rss+xml" href="../rss">`, "/rss", "links to the feed $SITE/rss", ""},
		{"relative link of nowhere", `<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="/rss">`, "", "", "no page that says what its address is"},
		{"list", `<opml version="2.0"><body/></opml>`, "", "", "x is an OPML list of 0 feeds"},
		{"picture", "GIF89a", "", "", "x is a picture"},
		{"nothing", "", "", "", "x: the document is empty"},
	}
	for _, tt := range tests {
		found, err := room.Finder.FindInFile(t.Context(), nil, "x", []byte(strings.ReplaceAll(tt.doc, "$SITE", s.URL)))
		must(t, err)
		feed, note, problem := "", strings.ReplaceAll(found.Note, s.URL, "$SITE"), strings.ReplaceAll(found.Problem, s.URL, "$SITE")
		if len(found.Feeds) == 1 && found.Problem == "" {
			feed = strings.TrimPrefix(found.Feeds[0].URL, s.URL)
		}
		if feed != tt.feed || !strings.Contains(note, tt.note) || !strings.Contains(problem, tt.problem) || (problem == "") != (tt.problem == "") {
			t.Errorf("%s: %q, note %q, problem %q; want %+v", tt.name, feed, note, problem, tt)
		}
	}
	found, err := room.Finder.FindInFile(t.Context(), nil, "x", []byte(`<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="https://a.example/1"><link rel="feed" href="https://a.example/2">`))
	must(t, err)
	if len(found.Feeds) != 2 || found.Problem != "" {
		t.Errorf("of two: %+v", found)
	}
}

var must = pipelinetest.Must
