package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"headwater/internal/news"
)

// covered is a newsroom whose event 1 is told by three outlets, one of them twice, beside a story that only names its origin.
func covered() *fake {
	f := edition()
	sequel := story(6, 1, original(60, "Harbour Post", "Harbour Post: ferry <towed> to Tarn", "Tugs pulled her off the shoal.", 10))
	named := story(7, 1, version(70, news.RoleRewrite, "Valley Observer", "Pilot was alone on the bridge, paper says", 0, 200), version(71, news.RoleCopy, "Metal Week", "Pilot was alone, paper says", .9, 5))
	named.Origin = news.Origin{
		Outlet: news.Outlet{Name: "The Northern Ledger", Domain: "northernledger.example"}, Level: news.LevelLikely,
		Scoop: news.Scoop{Outlet: news.Outlet{Name: "Radio Tarn"}, URL: "https://radiotarn.example/1", By: "Metal Week", Text: "first broadcast by Radio Tarn"},
	}
	f.stories = append(f.stories, sequel, named)
	return f
}

func TestEvent(t *testing.T) {
	h := handler(covered())
	page := get(t, h, "/event/1")
	if page.Code != http.StatusOK {
		t.Fatal(page.Code, page.Body)
	}
	text := words(t, page.Body.String())
	for _, want := range []string{
		"Full coverage Ferry with 340 aboard runs aground", "10 outlets, 4 independent in 5 stories, 08:40 to 11:55",
		"Latest 11:50 Harbour Post: ferry <towed> to Tarn Harbour Post",
		"First report 08:40 Pilot was alone on the bridge, paper says Valley Observer, which goes back to The Northern Ledger (not among your feeds)",
		"Radio Tarn had the news first, as Metal Week says: first broadcast by Radio Tarn",
		"Harbour Post 2 stories, in 8 outlets 08:50", "The Northern Ledger in 2 outlets 08:40", "Island Times in 1 outlet 11:45",
		"Sort by Independence Time", "7 others carry it: 4 copies, 2 rewrites, 1 excerpt", "The Evening Lantern Rewrite, 10:30",
		"2 others carry it: 1 copy, 1 rewrite",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	// Stories of the harbour's paper stand together; the one that most carry comes first, of two the earlier.
	if got, want := headings(t, page.Body.String()), []string{"/story/1", "/story/7", "/story/2", "/story/3"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stories %v, want %v", got, want)
	}
	if want := `<li><time class="clock" datetime="2026-08-18T11:50:00Z" title="Tue 18 Aug 2026, 11:50 UTC">11:50</time> <a href="/story/6" dir="auto" lang="en">Harbour Post: ferry &lt;towed&gt; to Tarn</a></li>`; !strings.Contains(page.Body.String(), want) {
		t.Errorf("the further story of an outlet is not with its first:\n%s", page.Body)
	}
	for name, path := range map[string]string{"Island Times": "/outlet/islandtimes.example", "The Northern Ledger": "/outlet/northernledger.example"} {
		if want := `<span class="outlet" dir="auto"><a href="` + path + `">` + name + `</a></span>`; !strings.Contains(page.Body.String(), want) {
			t.Errorf("%s does not lead to its page", name)
		}
	}
	for _, absent := range []string{"style=", "<script>", "rel=\"next\"", "not here"} {
		if strings.Contains(page.Body.String(), absent) {
			t.Errorf("the page has %q", absent)
		}
	}
	timed := get(t, h, "/event/1?order=time").Body.String()
	if got, want := headings(t, timed), []string{"/story/6", "/story/3", "/story/2", "/story/1", "/story/7"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("by time %v, want %v", got, want)
	}
	if text := words(t, timed); strings.Count(text, "further story of this outlet") != 1 || !strings.Contains(text, "Harbour Post Original 11:50 further story of this outlet") {
		t.Errorf("the further story of an outlet is not told from independent ones: %s", text)
	}
}

// headings gives where the headlines of the listed stories lead.
func headings(t *testing.T, page string) (links []string) {
	t.Helper()
	for _, h := range find(parse(t, page), "h3") {
		for _, a := range find(h, "a") {
			links = append(links, attr(a, "href"))
		}
	}
	return links
}

func TestEventsThatAreNone(t *testing.T) {
	f := covered()
	h := handler(f)
	if w := get(t, h, "/event/99"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/event/1" {
		t.Errorf("an event that went into another: %d %s", w.Code, w.Header().Get("Location"))
	}
	for _, path := range []string{"/event/4711", "/event/0", "/event/x"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if text := words(t, get(t, h, "/event/4711").Body.String()); !strings.Contains(text, "Its stories were aged out, or a correction moved them to other events") {
		t.Errorf("an event that is no more: %s", text)
	}
	f.broken = errors.New("no disk")
	if w := get(t, h, "/event/1"); w.Code != http.StatusInternalServerError {
		t.Errorf("a failure answers %d", w.Code)
	}
}

// TestFullCoverageIsLinked follows the links of a card and of a story's page.
func TestFullCoverageIsLinked(t *testing.T) {
	h := handler(edition())
	for path, want := range map[string]string{
		"/": `href="/event/1"`, "/latest": `<h3><a href="/event/1">Full coverage</a></h3>`, "/story/1": `<h2 id="coverage"><a href="/event/1">Full coverage</a></h2>`,
	} {
		if page := get(t, h, path).Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s has no %s", path, want)
		}
	}
}

// crowded is an event of 500 stories, one of them with 500 members, by outlets of which some have no name, with titles of 2,000
// characters, without a title, and without dates.
func crowded() *fake {
	f := edition()
	f.stories = nil
	for i := range 500 {
		id := int64(1000 + i)
		st := story(id, 1, original(id*1000, fmt.Sprint("Outlet ", i%200), fmt.Sprint("Story ", i), "", 2000-i))
		switch i {
		case 0:
			for j := range 499 {
				st.Members = append(st.Members, version(id*1000+int64(j)+1, news.RoleCopy, fmt.Sprint("Carrier ", j), "Story 0", .9, 1900-j))
			}
		case 1:
			st.Members[0].Article.Title = strings.Repeat("A long title ", 160)
			st.Title = st.Members[0].Article.Title
		case 2:
			st.Members[0].Article.Title, st.Title = "", ""
		case 3:
			st.Members[0].Article.Undated = true
		case 4:
			st.Members[0].Article.Outlet, st.Origin.Outlet = news.Outlet{}, news.Outlet{}
		case 5:
			st.Members[0].Article.Title, st.Title = strings.Repeat("Unbroken", 250), strings.Repeat("Unbroken", 250)
		}
		f.stories = append(f.stories, st)
	}
	return f
}

func TestCrowdedEventIsPaged(t *testing.T) {
	h := handler(crowded())
	seen := map[string]bool{}
	path, pages := "/event/1", 0
	for ; path != "" && pages < 30; pages++ {
		w := get(t, h, path)
		if w.Code != http.StatusOK || w.Body.Len() > 200<<10 {
			t.Fatalf("%s: %d, %d bytes", path, w.Code, w.Body.Len())
		}
		for _, link := range headings(t, w.Body.String()) {
			if seen[link] {
				t.Errorf("%s stands on two pages", link)
			}
			seen[link] = true
		}
		path = ""
		for _, a := range find(parse(t, w.Body.String()), "a") {
			if attr(a, "rel") == "next" {
				path = attr(a, "href")
			}
		}
	}
	if pages != 7 || len(seen) != 201 { // 200 outlets and one that nobody knows
		t.Errorf("%d pages of %d outlets", pages, len(seen))
	}
	first := get(t, h, "/event/1").Body.String()
	for _, want := range []string{"and 189 more outlets", "499 others carry it: 499 copies", ">479 more</a>", "1 story without a time"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first page does not say %q", want)
		}
	}
	if long := strings.Repeat("A long title ", 30); strings.Contains(first, long) {
		t.Error("a title of 2,000 characters is shown whole")
	}
	if n := strings.Count(first, `<svg class="mark copy" x=`); n < 50 || n > 250 {
		t.Errorf("%d marks for the 499 copies of one story", n)
	}
	beyond := words(t, get(t, h, "/event/1?page=99").Body.String())
	if !strings.Contains(beyond, "There are no more stories") {
		t.Errorf("past the last page: %s", beyond)
	}
	timed := get(t, h, "/event/1?order=time&page=17")
	if n := len(headings(t, timed.Body.String())); timed.Code != http.StatusOK || n != 20 || strings.Contains(timed.Body.String(), `rel="next"`) {
		t.Errorf("the last page by time: %d with %d stories", timed.Code, n)
	}
}

// TestCrowdedEventInBrowser shows an event with all that can go wrong in it on narrow and wide screens.
func TestCrowdedEventInBrowser(t *testing.T) {
	tab := openTab(t, handler(crowded()))
	tab.Scheme("dark")
	for name, path := range map[string]string{"independence": "/event/1", "time": "/event/1?order=time&page=17"} {
		tab.Open(path)
		for _, width := range []int64{360, 768, 2560} {
			t.Run(fmt.Sprint(name, width), func(t *testing.T) {
				tab.Width(width)
				look(t, tab, fmt.Sprint("event-crowded-", name, width))
			})
		}
	}
	tab.NoFaults()
}

// lone is an edition with one event.
func lone() *fake {
	f := edition()
	f.stories = f.stories[:1]
	return f
}

func TestAffair(t *testing.T) {
	page := get(t, handler(edition()), "/event/1").Body.String()
	if !strings.Contains(page, "Related events") || !strings.Contains(page, `<a href="/event/4" dir="auto">`) {
		t.Error("the page does not lead to the other events of the affair")
	}
	if page := get(t, handler(lone()), "/event/1").Body.String(); strings.Contains(page, "Related events") {
		t.Error("a page without an affair has a section for it")
	}
}
