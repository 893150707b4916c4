package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/pipeline"
)

// TestFeedPages manages feeds on the pages, over real feeds and a real store: find, look at, add, read, pause, remove while it is
// polled, undo, and move by folders. Marks of articles outlive all of it.
func TestFeedPages(t *testing.T) {
	var asked atomic.Int64
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	var slow atomic.Bool
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			_, _ = io.WriteString(w, `<!doctype html><link rel="alternate" type="application/rss+xml" href="/feed">`)
		case "/feed":
			n := asked.Add(1)
			if slow.Load() {
				held <- struct{}{}
				<-hold
			}
			_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><title>Gulls &amp; terns &lt;b&gt;</title><link>https://gulls.example/</link>
				<item><title>The gull of the year &lt;script&gt;</title><link>https://gulls.example/1</link><guid>1</guid><pubDate>Tue, 01 Dec 2026 10:00:00 GMT</pubDate></item>
				<item><title>Poll number %d</title><link>https://gulls.example/p%d</link><guid>p%d</guid></item></channel></rss>`, n, n, n)
		default:
			http.NotFound(w, r)
		}
	}))
	defer publisher.Close()
	var a *app
	srv, _ := serveEmpty(t, func(c *config.Config) {
		c.PublicURL, c.Lists = "", nil
		c.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}, func(opened *app) { a = opened })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	markup := regexp.MustCompile(`<script>|terns <b>`)
	read := func(resp *http.Response, err error) (string, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprint(resp.StatusCode, " ", resp.Request.URL.RequestURI())
		if found := markup.Find(body); found != nil {
			t.Errorf("%s: what a feed says is markup: %s", at, found)
		}
		return at, html.UnescapeString(string(body))
	}
	get := func(path string) (string, string) {
		t.Helper()
		return read(client.Get(srv.URL + path)) //nolint:bodyclose // read closes it
	}
	post := func(path string, form url.Values) (string, string) {
		t.Helper()
		return read(client.PostForm(srv.URL+path, form)) //nolint:bodyclose // read closes it
	}
	wants := func(at, page string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s does not have %q:\n%.3000s", at, w, regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " "), " "))
			}
		}
	}
	poll := func() {
		t.Helper()
		if _, err := a.pipeline.Pass(t.Context(), pipeline.PassOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	at, page := post("/feeds", url.Values{"url": {publisher.URL}})
	wants(at, page, "Gulls & terns", "The gull of the year", publisher.URL+"/feed", "Add this feed")
	at, page = post("/feeds", url.Values{"url": {publisher.URL + "/feed"}, "found": {"true"}, "called": {"Gulls & terns"}, "folder": {" Birds / Sea "}, "lang": {"de"}})
	wants(at, at+page, "200 /feed/1", "Gulls")
	poll()
	at, page = get("/feed/1")
	wants(at, page, "The gull of the year", "Read without faults.", "/folder/Birds%2FSea", `"/feeds/feed/1.atom"`)
	at, page = get("/feeds/feed/1.atom")
	wants(at, page, "The gull of the year")
	at, page = get("/folder/Birds%2FSea?by=article")
	wants(at, page, "Birds/Sea", "Poll number 2", "/feeds/folder/Birds%2FSea.atom")
	articles, err := a.store.Articles(t.Context(), news.ArticleList{FeedID: 1})
	if err != nil || len(articles) != 2 || articles[0].Lang != "de" {
		t.Fatalf("articles %+v (%v)", articles, err)
	}
	if err := a.store.AddUser(t.Context(), news.User{Name: "reader"}, "x"); err != nil {
		t.Fatal(err)
	}
	user, _, err := a.store.User(t.Context(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.MarkItems(t.Context(), user.ID, news.Marking{Articles: []int64{articles[0].ID}, Read: true, AddLabels: []string{""}}); err != nil {
		t.Fatal(err)
	}

	at, page = post("/feed/1/refresh", nil)
	wants(at, page, "It was read a moment ago")
	post("/feed/1/pause", nil)
	if _, err := a.pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true}); err != nil || asked.Load() != 2 {
		t.Errorf("a paused feed was asked %d times (%v)", asked.Load(), err)
	}
	post("/feed/1/resume", nil)

	slow.Store(true)
	polled := make(chan error, 1)
	go func() {
		_, err := a.pipeline.Pass(t.Context(), pipeline.PassOptions{URLs: []string{publisher.URL + "/feed"}})
		polled <- err
	}()
	<-held
	at, page = post("/feed/1/remove", nil)
	wants(at, page, "is removed. Its articles stay.", "Undo")
	close(hold)
	if err := <-polled; err != nil {
		t.Fatal(err)
	}
	slow.Store(false)
	if all, err := a.store.Feeds(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("feeds after the removal: %+v (%v)", all, err)
	}
	at, page = post("/feeds/change", url.Values{"action": {"restore"}, "id": {"1"}})
	wants(at, page, "1 feed is back", "Birds/Sea")
	states, err := a.store.States(t.Context(), user.ID, []int64{articles[0].ID})
	if err != nil || !states[articles[0].ID].Read || !states[articles[0].ID].Starred {
		t.Errorf("marks after the undoing: %+v (%v)", states, err)
	}

	at, page = post("/folder/Birds%2FSea", url.Values{"to": {strings.Repeat("б", 301)}})
	wants(at, at+page, "422", "The folder has 301 characters; give at most 300.")
	at, page = post("/folder/Birds%2FSea", url.Values{"to": {"طيور البحر"}})
	wants(at, page, "The folder is renamed.", "طيور البحر")
	at, page = post("/folder/Birds%2FSea", url.Values{"to": {"Late"}})
	wants(at, page, "There is no folder of that name")
	at, page = post("/folder/"+url.PathEscape("طيور البحر")+"/remove", nil)
	wants(at, page, "The folder is removed. Its feeds stay.", "Undo")
	undo := regexp.MustCompile(`name="folder" value="(\d+)"`).FindStringSubmatch(page)
	if undo == nil {
		t.Fatalf("%s offers no undo", at)
	}
	at, page = post("/feeds/folders", url.Values{"folder": {undo[1]}})
	wants(at, page, "1 feed is in its folder again.", "طيور البحر")
	at, page = post("/feeds/folders", url.Values{"folder": {undo[1]}})
	wants(at, page, "cannot be undone any more")
	list := `<opml><body><outline text="طيور البحر"><outline xmlUrl="` + publisher.URL + `/feed#top"/><outline type="rss" text="none"/>
		<outline xmlUrl="http://new.invalid/a"/><outline xmlUrl="http://NEW.invalid:80/a"/></outline></body></opml>`
	at, page = post("/feeds/opml", url.Values{"text": {list}})
	wants(at, page, "1 feed added", "1 was there already", `"none" has no xmlUrl`, "it was taken once")
	at, page = get("/feeds/opml")
	wants(at, page, "طيور البحر", "http://new.invalid/a")
}

// TestImportOfManyFeeds imports a list of 10,000 feeds on the page. The pages of feeds stay small.
func TestImportOfManyFeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 feeds")
	}
	srv, _ := serveEmpty(t, func(c *config.Config) { c.PublicURL = "" }) // nobody logs in
	const folders, each = 100, 100
	var list strings.Builder
	list.WriteString(`<opml version="2.0"><body>`)
	for i := range folders {
		fmt.Fprintf(&list, `<outline text="Folder %d">`, i)
		for j := range each {
			fmt.Fprintf(&list, `<outline text="Feed %[1]d-%[2]d" xmlUrl="https://feeds.example/%[1]d/%[2]d.xml"/>`, i, j)
		}
		list.WriteString(`</outline>`)
	}
	list.WriteString(`</body></opml>`)
	report := send(t, http.MethodPost, srv.URL+"/feeds/opml", url.Values{"text": {list.String()}})
	if report.status != http.StatusOK || !strings.Contains(report.body, "10,000 feeds added") || len(report.body) > 50_000 {
		t.Errorf("%d, %d bytes: %.300s", report.status, len(report.body), report.body)
	}
	for _, path := range []string{"/feeds", "/feeds?health=never", "/folder/Folder%207", "/"} {
		if got := send(t, http.MethodGet, srv.URL+path, nil); got.status != http.StatusOK || len(got.body) > 200_000 {
			t.Errorf("%s: %d, %d bytes", path, got.status, len(got.body))
		}
	}
	if got := send(t, http.MethodGet, srv.URL+"/feeds/opml", nil); strings.Count(got.body, "xmlUrl=") != folders*each {
		t.Errorf("%d feeds are exported", strings.Count(got.body, "xmlUrl="))
	}
}
