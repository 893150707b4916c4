package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/browsertest"
)

const (
	itemsOfHostile = 25 // of a hostile feed, each with another vector
	copies         = 10 // of such items, in a feed of their own
)

// TestHostileInBrowser puts vectors into everything that feeds and users write, and opens the pages: nothing runs, with the policy of our
// pages and without one. HEADWATER_TEST_VECTORS=all tries every vector, otherwise every two-hundredth of ../shared and all of ours.
func TestHostileInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser over hundreds of pages")
	}
	browser := browsertest.Start(t, 2*time.Hour)
	all := os.Getenv("HEADWATER_TEST_VECTORS") == "all"
	var vectors []string
	for i, v := range sharedVectors(t) {
		if all || i%200 == 0 {
			vectors = append(vectors, v)
		}
	}
	vectors = append(vectors, ourVectors...)
	perPattern, perSearch := 5, 10
	if all {
		perPattern, perSearch = 200, 4
	}
	h, articles := serveHostile(t, vectors)

	for name, handler := range map[string]http.Handler{"with the policy": h, "without a policy": withoutPolicy(h)} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			tab := browsertest.NewTab(browser, t, server.URL)
			tab.WatchScripts()
			pages := slices.Concat(slices.Collect(maps.Values(crawl(t, server.URL, perPattern)))...)
			for id := 1; id <= articles; id++ {
				if all || name == "without a policy" || id%4 == 0 {
					pages = append(pages, fmt.Sprintf("/article/%d", id))
				}
			}
			for i, v := range vectors {
				if i%perSearch == 0 {
					pages = append(pages, "/search?q="+url.QueryEscape(v), "/topics?q="+url.QueryEscape(v))
				}
			}
			for _, path := range pages {
				tab.Open(path)
				for _, fault := range append(tab.Harm(), tab.Faults()...) {
					// A search may be malformed, and the pictures of the invented outlets cannot be had.
					if !strings.HasPrefix(fault, "400 for") && !strings.HasPrefix(fault, "502 for "+server.URL+"/media/") {
						t.Errorf("%s: %s", path, fault)
					}
				}
			}
			t.Logf("%d vectors on %d pages", len(vectors), len(pages))
		})
	}
	t.Run("vectors run where nothing stops them", func(t *testing.T) {
		for _, v := range []string{`<script>alert(1)</script>`, `<img src=/x onerror=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<iframe src="https://a.example/">`} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!doctype html><body>"+v) }))
			tab := browsertest.NewTab(browser, t, server.URL)
			tab.WatchScripts()
			tab.Open("/")
			if faults := append(tab.Harm(), tab.Faults()...); len(faults) == 0 {
				t.Errorf("nothing is found in a page with %s", v)
			}
			server.Close()
		}
	})
}

// withoutPolicy answers as a handler does, without its Content-Security-Policy.
func withoutPolicy(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(unpoliced{w}, r) })
}

type unpoliced struct{ http.ResponseWriter }

func (w unpoliced) WriteHeader(status int) {
	w.Header().Del("Content-Security-Policy")
	w.ResponseWriter.WriteHeader(status)
}

// serveHostile polls feeds with a vector in each text of each item, follows topics by such names, and returns the pages over the result
// with the number of articles. A feed of copies makes stories of several members.
func serveHostile(t *testing.T, vectors []string) (pages http.Handler, articles int) {
	t.Helper()
	feeds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d.xml", &n); err != nil {
			http.NotFound(w, r)
			return
		}
		first := n * itemsOfHostile
		w.Header().Set("Content-Type", "application/rss+xml")
		if first >= len(vectors) {
			_, _ = io.WriteString(w, hostileFeed(vectors[:copies], 0, "copies"))
			return
		}
		_, _ = io.WriteString(w, hostileFeed(vectors[first:min(first+itemsOfHostile, len(vectors))], first, "outlet"))
	}))
	t.Cleanup(feeds.Close)
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.Fetch.PerHost = 0
	cfg.Origin.FetchSources, cfg.FullText.Mode = false, pipeline.FullTextNever
	ctx := t.Context()
	a, err := open(ctx, cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	var list []news.Feed
	for n := 0; n*itemsOfHostile < len(vectors)+itemsOfHostile; n++ {
		v := vectors[min(n*itemsOfHostile, len(vectors)-1)]
		list = append(list, news.Feed{URL: fmt.Sprintf("%s/%d.xml", feeds.URL, n), Title: v, Folder: v})
	}
	if _, err := a.feeds.AddFeeds(ctx, list); err != nil {
		t.Fatal(err)
	}
	if _, err := a.pipeline.Pass(ctx, pipeline.PassOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	status, err := a.stories.Status(ctx)
	if err != nil || status.Articles != len(vectors)+copies || status.Stories > len(vectors) {
		t.Fatalf("%d vectors and %d copies make %d articles in %d stories, %v", len(vectors), copies, status.Articles, status.Stories, err)
	}
	for i, v := range vectors {
		if i%20 != 0 {
			continue
		}
		if _, err := a.topics.AddTopic(ctx, news.Topic{Name: v, Query: "alert"}); err != nil && !errors.Is(err, news.ErrExists) {
			t.Fatal(err)
		}
	}
	h, err := a.handler(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	return h, status.Articles
}

// hostileFeed has a vector in each field of an item. Each body has words of its own, so that no item is taken for another.
func hostileFeed(vectors []string, first int, outlet string) string {
	text := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
		return b.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>%s</title><link>https://%s.example/</link>`, text(vectors[0]), outlet)
	for i, v := range vectors {
		n := first + i
		fmt.Fprintf(&b, `<item><title>%s</title><link>https://%s%d.example/%d</link><guid>%d</guid><dc:creator>%s</dc:creator><category>%s</category><source url="https://%s%d.example/">%s</source><description>%s</description></item>`,
			text(v), outlet, n%50, n, n, text(v), text(v), outlet, n%50, text(v), text("<p>"+madeUp(uint64(n), 60)+"</p>"+v))
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}
