package pipeline_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
)

// web serves pages that a test sets, and counts requests.
type web struct {
	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked map[string]int
}

func newWeb(t *testing.T) (*web, string) {
	t.Helper()
	w := &web{pages: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	return w, srv.URL
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked[r.URL.Path]++
	page := w.pages[r.URL.Path]
	w.mu.Unlock()
	if page == nil {
		http.NotFound(rw, r)
		return
	}
	page(rw, r)
}

func (w *web) set(path string, page http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[path] = page
}

func (w *web) count(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[path]
}

// Paragraphs of the story in these tests.
var pier = []string{
	"The harbour authority of Port Ellery closed both ferry berths on Tuesday after engineers found cracks in the northern pier, " +
		"stranding about four hundred commuters who had been due to cross the sound before nightfall.",
	"Divers will look at the piles below the water line on Wednesday morning, the harbour master wrote in a notice to shipping. " +
		"The berths, built in 1971, were last strengthened eleven years ago at a cost of three million crowns.",
	"A bus will carry passengers round the head of the inlet every ninety minutes until the crossing opens again. Tickets bought " +
		"for the boats stay valid, and the operator waived its charge for bicycles and prams.",
	"Shopkeepers on the quay fear for the weeks before Christmas, when every second customer comes by boat. Some have asked the " +
		"county for a launch; others close at noon and go fishing for herring until the piles are mended.",
}

// html writes a page of a site.
func html(site, head string, paragraphs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<html lang="en"><head><title>Cracks close the ferry berths of Port Ellery</title>`+
			`<meta property="og:site_name" content="%s">%s</head><body><nav><a href="/">Home</a></nav><article><p>%s</p></article></body></html>`,
			site, head, strings.Join(paragraphs, "</p>\n<p>"))
	}
}

// blogPost credits a paper by a link, and retells its text briefly.
func blogPost(link string) item {
	return item{
		guid: "post", title: "Port Ellery ferries stop after cracks are found", at: time.Now().Add(-2 * time.Hour),
		text: fmt.Sprintf(`<p>According to reporting by <a href="%s">The Quill Courier</a>, the ferries of Port Ellery stand still.</p><p>%s</p><p>%s</p>`,
			link, pier[0], pier[1]),
	}
}

var press = []outlets.Entry{
	{Name: "The Quill Courier", Domains: []string{"quillcourier.example", "courierquay.example"}},
	{Name: "Northern Wire", Domains: []string{"northernwire.example"}, Aliases: []string{"NORTHERN WIRE"}, Agency: true},
}

// readBlog polls a blog with one post and returns its story.
func readBlog(t *testing.T, post item, s settings) (*pipelinetest.Room, news.Story) {
	t.Helper()
	p := newPublisher()
	p.set("blog", post)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	if !s.allow.IsValid() {
		s.allow = loopback
	}
	s.extra, s.sources = press, true
	room := open(t, t.TempDir(), s)
	add(t, room, srv.URL, "blog")
	return room, readAgain(t, room)
}

// readAgain polls, fetches sources, and returns the one story.
func readAgain(t *testing.T, room *pipelinetest.Room) news.Story {
	t.Helper()
	_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, CreditedPages: time.Minute})
	must(t, err)
	stories, err := room.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	if len(stories) != 1 {
		t.Fatalf("%d stories", len(stories))
	}
	return stories[0]
}

func evidence(s news.Story) string {
	var b strings.Builder
	for _, e := range s.Origin.Evidence {
		fmt.Fprintf(&b, "%+.2f %s: %s\n", e.Weight, e.Kind, e.Detail)
	}
	return b.String()
}

func says(t *testing.T, s news.Story, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(evidence(s), p) {
			t.Errorf("no evidence says %q:\n%s", p, evidence(s))
		}
	}
}

func TestSourceOfABlogIsRead(t *testing.T) {
	site, url := newWeb(t)
	published := time.Now().Add(-5 * time.Hour).UTC().Format(time.RFC3339)
	site.set("/2026/pier", html("The Quill Courier", `<meta property="article:published_time" content="`+published+`">`, pier...))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if o := s.Origin; o.Name != "The Quill Courier" || !o.Named() || o.URL != url+"/2026/pier" || o.Title != "Cracks close the ferry berths of Port Ellery" {
		t.Errorf("origin %+v", o)
	}
	says(t, s, "of blog's text stands on the page it links to", "before the earliest here", "words of text")
}

// TestSourceSaysMoreThanTheCreditAlone compares the result with that of the same post when pages are not fetched.
func TestSourceSaysMoreThanTheCreditAlone(t *testing.T) {
	site, url := newWeb(t)
	_, without := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	_, with := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if with.Origin.Confidence <= without.Origin.Confidence {
		t.Errorf("confidence %.3f with the page, %.3f without", with.Origin.Confidence, without.Origin.Confidence)
	}
}

// TestSourceSaysOfItself: which metadata and canonical links of a page are believed, and which are not.
func TestSourceSaysOfItself(t *testing.T) {
	tests := []struct{ name, head, origin string }{
		{"syndication-source", `<meta name="syndication-source" content="https://northernwire.example/2026/pier-closed">`, "Northern Wire"},
		{"original-source", `<meta name="original-source" content="https://northernwire.example/2026/pier-closed">`, "Northern Wire"},
		{"based on", `<script type="application/ld+json">{"@type":"NewsArticle","isBasedOn":{"name":"Northern Wire"}}</script>`, "Northern Wire"},
		{"canonical elsewhere", `<link rel="canonical" href="https://northernwire.example/2026/pier-closed">`, "Northern Wire"},
		{"a front page", `<link rel="canonical" href="https://northernwire.example/"><meta name="original-source" content="https://northernwire.example">`, "The Quill Courier"},
		{"itself", `<link rel="canonical" href="/2026/pier">`, "The Quill Courier"},
		{"another host of the same owner", `<link rel="canonical" href="https://courierquay.example/2026/pier-closed">`, "The Quill Courier"},
		{"no address", `<link rel="canonical" href="javascript:alert(1)"><meta name="original-source" content="::">`, "The Quill Courier"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site, url := newWeb(t)
			site.set("/2026/pier", html("The Quill Courier", tt.head, pier...))
			_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
			if s.Origin.Name != tt.origin || s.Origin.Title == "" && tt.origin == "The Quill Courier" {
				t.Errorf("origin %s (%q), want %s:\n%s", s.Origin.Name, s.Origin.Title, tt.origin, evidence(s))
			}
		})
	}
}

// TestServeReadsSources in the background, until its context ends.
func TestServeReadsSources(t *testing.T) {
	if testing.Short() {
		t.Skip("a turn takes five seconds")
	}
	t.Parallel() // it waits
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	p := newPublisher()
	p.set("blog", blogPost(url+"/2026/pier"))
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press, sources: true})
	add(t, room, srv.URL, "blog")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.Serve(ctx, "@every 1h") }()
	for read, late := false, time.Now().Add(time.Minute); !read; time.Sleep(50 * time.Millisecond) {
		stories, err := room.Stories.Stories(t.Context(), news.StoryList{})
		must(t, err)
		read = len(stories) == 1 && stories[0].Origin.Title != ""
		if time.Now().After(late) {
			t.Fatal("the page was not read")
		}
	}
	stop()
	must(t, <-ended)
}

func TestSourceSignedByAnAgencyLeadsOnToIt(t *testing.T) {
	site, url := newWeb(t)
	signed := append([]string{"PORT ELLERY (Northern Wire) - " + pier[0]}, pier[1:]...)
	site.set("/2026/pier", html("The Quill Courier", "", signed...))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if s.Origin.Name != "Northern Wire" {
		t.Errorf("origin %s:\n%s", s.Origin.Name, evidence(s))
	}
	says(t, s, "The Quill Courier prints the dateline of Northern Wire", "on the page that blog links to", "% of blog's text stands on the page it links to, and Northern Wire signed that")
	if s.Origin.URL != url+"/2026/pier" || s.Origin.Title == "" {
		t.Errorf("its text stands at %q, %q", s.Origin.URL, s.Origin.Title)
	}
}

func TestSourceThatClaimsEveryAgencyCreditsNone(t *testing.T) {
	site, url := newWeb(t)
	head := `<meta name="author" content="Reuters"><meta name="author" content="x"><script type="application/ld+json">{"@type":"NewsArticle",
		"author":[{"name":"Reuters"},{"name":"AFP"},{"name":"Northern Wire"},{"name":"Associated Press"}]}</script>`
	site.set("/2026/pier", html("The Quill Courier", head, pier...))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if s.Origin.Name != "The Quill Courier" {
		t.Errorf("origin %s:\n%s", s.Origin.Name, evidence(s))
	}
}

func TestSourceBehindAShortener(t *testing.T) {
	site, url := newWeb(t)
	site.set("/x1", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/2026/pier?utm_source=short", http.StatusMovedPermanently)
	})
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	_, s := readBlog(t, blogPost(url+"/x1"), settings{})
	if s.Origin.URL != url+"/2026/pier?utm_source=short" {
		t.Errorf("origin at %s:\n%s", s.Origin.URL, evidence(s))
	}
}

// decision is what must not change if a page can't be fetched.
func decision(s news.Story) string {
	return fmt.Sprintf("%s %v %q %q %.3f\n%s", s.Origin.Name, s.Origin.Named(), s.Origin.Title, s.Origin.Level, s.Origin.Confidence, evidence(s))
}

func TestSourceThatCannotBeHadCostsNothing(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"not found":    http.NotFound,
		"server error": pipelinetest.Answer(500, "down"),
		"a feed":       pipelinetest.Answer(200, "<rss/>", "Content-Type", "application/rss+xml"),
		"hangs up":     hangUp,
		"loops":        loop,
		"private":      private,
		"nested":       pipelinetest.Answer(200, strings.Repeat("<div>", 100_000), "Content-Type", "text/html"),
		"too large":    pipelinetest.Answer(200, strings.Repeat("<p>word ", 1<<20), "Content-Type", "text/html"),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some cases wait
			site, url := newWeb(t)
			site.set("/2026/pier", fault)
			post := blogPost(url + "/2026/pier")
			room, got := readBlog(t, post, settings{})
			if site.count("/2026/pier") == 0 {
				t.Fatal("the page was not asked for")
			}
			site.set("/2026/pier", http.NotFound)
			_, want := readBlog(t, post, settings{})
			if decision(got) != decision(want) {
				t.Errorf("it changed the decision:\n%s\nwant\n%s", decision(got), decision(want))
			}
			if got.Origin.Name != "The Quill Courier" {
				t.Errorf("origin %s", got.Origin.Name)
			}
			asked := site.count("/2026/pier")
			readAgain(t, room)
			if n := site.count("/2026/pier"); n != asked {
				t.Errorf("it was asked for again at once")
			}
		})
	}
}

// TestSourceThatRedirectsInside redirects to an address that the settings do not permit, although the page's own is
// permitted.
func TestSourceThatRedirectsInside(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has no second loopback address: %v", err)
	}
	var contacts atomic.Int64
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { contacts.Add(1) }))
	inside.Listener = l
	inside.Start()
	defer inside.Close()
	site, url := newWeb(t)
	site.set("/2026/pier", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL+"/admin", http.StatusFound)
	})
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{allow: netip.MustParsePrefix("127.0.0.1/32")})
	if n := contacts.Load(); n != 0 || site.count("/2026/pier") != 1 || s.Origin.Name != "The Quill Courier" {
		t.Errorf("contacted %d times; the page was asked for %d times; origin %s", n, site.count("/2026/pier"), s.Origin.Name)
	}
}

func TestSourceThatRobotsDisallowIsNotAskedFor(t *testing.T) {
	site, url := newWeb(t)
	site.set("/robots.txt", pipelinetest.Answer(200, "User-agent: *\nDisallow: /2026/"))
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if site.count("/robots.txt") != 1 || site.count("/2026/pier") != 0 || s.Origin.Title != "" {
		t.Errorf("robots.txt asked for %d times, the page %d times", site.count("/robots.txt"), site.count("/2026/pier"))
	}
}

func TestSourcesOffReadsNothing(t *testing.T) {
	site, url := newWeb(t)
	p := newPublisher()
	p.set("blog", blogPost(url+"/2026/pier"))
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press})
	add(t, room, srv.URL, "blog")
	readAgain(t, room)
	if n := site.count("/2026/pier") + site.count("/robots.txt"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestSourceInsideIsNeverContacted uses the default settings. The feed was polled with other settings before.
func TestSourceInsideIsNeverContacted(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	p := newPublisher()
	p.set("blog", blogPost(url+"/2026/pier"))
	srv := httptest.NewServer(p)
	defer srv.Close()
	dir := t.TempDir()
	t.Run("read the feed", func(t *testing.T) {
		room := open(t, dir, settings{allow: loopback, extra: press, sources: true})
		add(t, room, srv.URL, "blog")
		pass(t, room)
	})
	room := open(t, dir, settings{extra: press, sources: true})
	asked, err := room.Pipeline.CreditedPages.Read(t.Context(), time.Minute)
	must(t, err)
	if asked != 1 || site.count("/2026/pier")+site.count("/robots.txt") != 0 {
		t.Errorf("%d asked for; the page was asked for %d times", asked, site.count("/2026/pier"))
	}
}

func TestSourceIsReadOnceEver(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", "", pier...))
	site.set("/2026/gone", pipelinetest.Answer(410, ""))
	p := newPublisher()
	p.set("blog", blogPost(url+"/2026/pier"))
	gone := blogPost(url + "/2026/gone")
	gone.guid, gone.title, gone.text = "other", "Herring are back in the sound", strings.Replace(gone.text, pier[0], pier[3], 1)
	p.set("diary", gone)
	srv := httptest.NewServer(p)
	defer srv.Close()
	dir, c := t.TempDir(), pipelinetest.NewClock()
	first := ""
	for i := range 3 {
		t.Run(fmt.Sprint("start ", i), func(t *testing.T) {
			room := open(t, dir, settings{allow: loopback, extra: press, sources: true, now: c.Now})
			if i == 0 {
				add(t, room, srv.URL, "blog", "diary")
			}
			_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, CreditedPages: time.Minute})
			must(t, err)
			at := membership(t, room)[srv.URL+"/blog post"]
			if i == 0 {
				first = decision(at.story)
			} else if decision(at.story) != first {
				t.Errorf("after a restart:\n%s\nbefore:\n%s", decision(at.story), first)
			}
			if n, m := site.count("/2026/pier"), site.count("/2026/gone"); n != 1 || m != 1 {
				t.Errorf("asked for %d and %d times", n, m)
			}
			c.Advance(25 * time.Hour)
		})
	}
}

func TestSourceThatDidNotAnswerIsAskedOnceMore(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", refused)
	c := pipelinetest.NewClock()
	room, _ := readBlog(t, blogPost(url+"/2026/pier"), settings{now: c.Now})
	for i, want := range []int{1, 2, 2} {
		if n := site.count("/2026/pier"); n != want {
			t.Errorf("day %d: asked for %d times, want %d", i, n, want)
		}
		c.Advance(25 * time.Hour)
		readAgain(t, room)
	}
}

// TestSourceThatIsAMember: a short link leads to an article that is stored.
func TestSourceThatIsAMember(t *testing.T) {
	site, url := newWeb(t)
	site.set("/x1", html("The Quill Courier", `<link rel="canonical" href="https://courier.example/c1">`, pier...))
	p := newPublisher()
	p.set("blog", blogPost(url+"/x1"))
	p.set("courier", item{
		guid: "c1", title: "Cracks close the ferry berths of Port Ellery", text: "<p>" + strings.Join(pier, "</p><p>") + "</p>",
		at: time.Now().Add(-time.Hour),
	})
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press, sources: true})
	add(t, room, srv.URL, "blog", "courier")
	s := readAgain(t, room)
	if s.Origin.Named() || s.Origin.Name != "courier" {
		t.Errorf("origin %s:\n%s", s.Origin.Name, evidence(s))
	}
	says(t, s, "the link that blog gives leads to it")
}

// TestSourceCircleSaysNothing: the page that the blog credits declares the blog's address as its own.
func TestSourceCircleSaysNothing(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", `<link rel="canonical" href="https://blog.example/post">`, pier...))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if s.Origin.Named() || s.Origin.Name != "blog" {
		t.Errorf("origin %s:\n%s", s.Origin.Name, evidence(s))
	}
}

func TestSourceAboutSomethingElseWeakensTheCredit(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", `<meta property="og:title" content="A budget for Vallun">`, strings.Repeat("The parliament in Vallun voted for a budget that raises "+
		"taxes on diesel, cuts school meals and leaves pensions where they were, after nineteen hours of debate. ", 3)))
	_, s := readBlog(t, blogPost(url+"/2026/pier"), settings{})
	if !s.Origin.Named() && s.Origin.Name != "blog" {
		t.Errorf("origin %s:\n%s", s.Origin.Name, evidence(s))
	}
	if s.Origin.Title != "" || s.Origin.Level == news.LevelOriginal {
		t.Errorf("%s %q %q:\n%s", s.Origin.Name, s.Origin.Title, s.Origin.Level, evidence(s))
	}
}
