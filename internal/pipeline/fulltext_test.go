package pipeline_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// paper returns a feed whose items link to pages of a site.
func (p *publisher) paper(site string, items ...item) {
	feed := strings.ReplaceAll(string(rss("paper", "", items)), "<link>https://paper.example/", "<link>"+site+"/page?")
	p.fail("paper", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(feed)) })
}

// shortItem returns the first words of the story and says that there is more.
func shortItem() item {
	return item{guid: "short", title: "Port Ellery ferries stop after cracks are found", at: time.Now().Add(-time.Hour), text: "<p>" + pier[0] + " Read more</p>"}
}

// fullRoom polls a feed with one item, whose page is at /page, and returns the article.
func fullRoom(t *testing.T, dir string, s settings, page http.HandlerFunc) (*pipelinetest.Room, *publisher, *web, string) {
	t.Helper()
	site, address := newWeb(t)
	site.set("/page", page)
	p := newPublisher()
	p.paper(address, shortItem())
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	s.allow = loopback
	room := open(t, dir, s)
	add(t, room, srv.URL, "paper")
	return room, p, site, address
}

// pollPages polls, fetches pages and returns the one article.
func pollPages(t *testing.T, room *pipelinetest.Room) (news.Article, pipeline.Summary) {
	t.Helper()
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Pages: time.Minute})
	must(t, err)
	all, err := room.Store.Articles(t.Context(), news.ArticleList{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d articles", len(all))
	}
	return all[0], sum
}

func TestFullText(t *testing.T) {
	room, p, site, address := fullRoom(t, t.TempDir(), settings{fullText: pipeline.FullTextAuto}, html("The Quill Courier", "", pier...))
	a, sum := pollPages(t, room)
	if !strings.Contains(a.Text, pier[3]) || !strings.Contains(a.HTML, "herring") || sum.Pages != 1 || sum.Settled != 2 {
		t.Fatalf("%d pages, %d settled; the text is %q", sum.Pages, sum.Settled, a.Text)
	}
	found, err := room.Stories.Search(t.Context(), search.Request{Query: "herring", Limit: 10})
	must(t, err)
	if found.Total != 1 {
		t.Errorf("the page's words are found %d times", found.Total)
	}

	again, sum := pollPages(t, room) // the same item
	if again.Seq != a.Seq || again.Text != a.Text || sum.Revised != 0 || sum.Pages != 0 || site.count("/page") != 1 {
		t.Errorf("the same item again: %d revised, %d pages, text %.60q", sum.Revised, sum.Pages, again.Text)
	}
	for i, words := range []string{"first", "second"} { // revised by the publisher, twice
		it := shortItem()
		it.text = strings.Replace(it.text, "Read more", "A "+words+" boat was sent. Read more", 1)
		p.paper(address, it)
		b, sum := pollPages(t, room)
		if b.ID != a.ID || sum.Revised != 1 || site.count("/page") != 2 {
			t.Errorf("revision %d: %d revised, page asked for %d times", i+1, sum.Revised, site.count("/page"))
		}
		if whole := strings.Contains(b.Text, pier[3]); whole != (i == 0) {
			t.Errorf("revision %d: whole is %v", i+1, whole)
		}
	}
}

// TestPagesThatAreWorse keeps the item if its page has something else, and does not fetch it again.
func TestPagesThatAreWorse(t *testing.T) {
	consent := []string{strings.Repeat("We and our 842 partners store and access information on your device to show you what you like and measure it. ", 8)}
	for name, page := range map[string]http.HandlerFunc{
		"consent": html("x", "", consent...),
		"stub":    html("x", "", pier[0], "Subscribe now for a crown a week."),
		"wall":    html("x", "", pier[0], pier[1], pier[2], "Subscribe to continue reading this article and many others."),
		"login":   html("x", "", strings.Repeat("Enter your e-mail address and your password to go on to your account and its settings. ", 10)),
		"error":   html("x", "", strings.Repeat("Sorry, something went wrong on our side and we could not find what you were looking for. ", 10)),
		"missing": http.NotFound,
		"picture": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "image/png") },
	} {
		t.Run(name, func(t *testing.T) {
			room, _, site, _ := fullRoom(t, t.TempDir(), settings{fullText: pipeline.FullTextAuto}, page)
			a, sum := pollPages(t, room)
			if strings.Contains(a.Text+a.Summary, "herring") || !strings.Contains(a.Text+a.Summary, "stranding about four hundred") || sum.Pages != 1 {
				t.Errorf("%d pages; the text is %q", sum.Pages, a.Text)
			}
			if _, sum = pollPages(t, room); sum.Pages != 0 || site.count("/page") != 1 {
				t.Errorf("it is asked for %d times", site.count("/page"))
			}
		})
	}
}

func TestFullTextModes(t *testing.T) {
	long := item{guid: "long", title: "Port Ellery ferries stop", at: time.Now().Add(-time.Hour), text: "<p>" + strings.Join(pier, "</p><p>") + "</p>"}
	for _, tt := range []struct {
		name, setting, feed string
		whole               bool
		pages               int
	}{
		{"auto, short", "auto", "", false, 1},
		{"auto, whole", "auto", "", true, 0},
		{"always, whole", "always", "", true, 1},
		{"never", "never", "", false, 0},
		{"not set", "", "", false, 0},
		{"the feed's beats it", "always", "never", false, 0},
		{"the feed's beats never", "never", "auto", false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			room, p, site, address := fullRoom(t, t.TempDir(), settings{fullText: tt.setting}, html("x", "", pier...))
			if tt.whole {
				p.paper(address, long)
			}
			all, err := room.Store.Feeds(t.Context())
			must(t, err)
			must(t, room.Store.ChangeFeed(t.Context(), all[0].ID, news.FeedEdit{FullText: &tt.feed}))
			if pollPages(t, room); site.count("/page") != tt.pages {
				t.Errorf("%d pages, want %d", site.count("/page"), tt.pages)
			}
		})
	}
}

// TestPagesObey does not fetch pages that robots.txt forbids, and pauses for a host that asks for it.
func TestPagesObey(t *testing.T) {
	room, _, site, _ := fullRoom(t, t.TempDir(), settings{fullText: pipeline.FullTextAuto}, html("x", "", pier...))
	site.set("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("User-agent: *\nDisallow: /page\n"))
	})
	if pollPages(t, room); site.count("/page") != 0 {
		t.Error("a page is read against robots.txt")
	}

	now := time.Now()
	busy := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	room, _, site, _ = fullRoom(t, t.TempDir(), settings{fullText: pipeline.FullTextAuto, now: func() time.Time { return now }}, busy)
	pollPages(t, room)
	site.set("/page", html("x", "", pier...))
	for _, wait := range []struct {
		minutes, asked int
	}{{0, 1}, {119, 1}, {2, 2}} {
		now = now.Add(time.Duration(wait.minutes) * time.Minute)
		if pollPages(t, room); site.count("/page") != wait.asked {
			t.Errorf("%d minutes later it was asked for %d times, want %d", wait.minutes, site.count("/page"), wait.asked)
		}
	}
}

// TestPagesBudget fetches no more pages of a host in an hour than allowed.
func TestPagesBudget(t *testing.T) {
	now := time.Now()
	room, p, site, address := fullRoom(t, t.TempDir(), settings{fullText: pipeline.FullTextAlways, perHost: 2, now: func() time.Time { return now }}, http.NotFound)
	var items []item
	for _, guid := range []string{"a", "b", "c", "d", "e"} {
		items = append(items, item{guid: guid, title: "Item " + guid, at: now, text: "<p>Short " + guid + "</p>"})
	}
	p.paper(address, items...)
	for hour, want := range []int{2, 4, 5, 5} {
		_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Pages: time.Minute})
		must(t, err)
		if site.count("/page") != want {
			t.Errorf("after hour %d: %d pages, want %d", hour, site.count("/page"), want)
		}
		now = now.Add(61 * time.Minute)
	}
}

// A page to which several items of a feed link is the text of none.
func TestFullTextOfSharedPage(t *testing.T) {
	site, address := newWeb(t)
	site.set("/page", html("The Quill Courier", "", pier...))
	p := newPublisher()
	one, other := shortItem(), shortItem()
	one.guid, other.guid, other.title = "utm_item=1", "utm_item=2", "Snow closes the pass road. Read more"
	p.paper(address, one, other)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	room := open(t, t.TempDir(), settings{fullText: pipeline.FullTextAlways, allow: loopback})
	add(t, room, srv.URL, "paper")
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Pages: time.Minute})
	must(t, err)
	if sum.New != 2 || sum.Pages != 0 || site.count("/page") != 0 {
		t.Errorf("%d new, %d pages, page asked for %d times", sum.New, sum.Pages, site.count("/page"))
	}
}

// TestWholeTextsAfterRestart: a feed that carried a whole text has a short item after a restart. The item is short, not
// cut.
func TestWholeTextsAfterRestart(t *testing.T) {
	site, address := newWeb(t)
	site.set("/page", html("The Quill Courier", "", pier...))
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	long := item{guid: "long", title: "Herring are back in the bay", at: time.Now().Add(-2 * time.Hour), text: "<p>" + strings.Join(pier, "</p><p>") + "</p>"}
	note := item{guid: "note", title: "Ferry times change", at: time.Now().Add(-time.Hour), text: "<p>The last ferry leaves at nine from Monday on.</p>"}
	dir := t.TempDir()
	s := settings{fullText: pipeline.FullTextAuto, allow: loopback}
	for _, items := range [][]item{{long}, {note, long}} {
		p.paper(address, items...)
		t.Run("", func(t *testing.T) {
			room := open(t, dir, s)
			if len(items) == 1 {
				add(t, room, srv.URL, "paper")
			}
			sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Pages: time.Minute})
			must(t, err)
			if sum.New != 1 || sum.Pages != 0 || site.count("/page") != 0 {
				t.Errorf("%d new, %d pages asked for", sum.New, sum.Pages)
			}
		})
	}
}
