package web_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/web"
)

func handler(f *fake) http.Handler {
	return showing(f, web.Pictures{Mode: web.PicturesProxy, Key: []byte("a key of the tests"), Fetch: onePicture})
}

// onePicture is whatever picture is asked for: a red dot.
func onePicture(context.Context, string, string, string) (news.Picture, error) { return red(1, 1) }

func red(width, height int) (news.Picture, error) {
	var b bytes.Buffer
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{R: 255, A: 255}})
	err := png.Encode(&b, img)
	return news.Picture{Type: "image/png", Length: int64(b.Len()), Body: io.NopCloser(&b)}, err
}

// showing is handler with another way to show pictures.
func showing(f *fake, p web.Pictures) http.Handler {
	return web.New(web.Options{
		Pictures: p,
		Backend:  f.backend(), Access: everybody, PublicURL: "http://news.example", InstanceID: "test", Now: func() time.Time { return now },
		CheckQuery: func(q string) error {
			if strings.Count(q, `"`)%2 == 1 {
				return errors.New(`a quotation mark is open; close it: "red tide"`)
			}
			return nil
		},
	})
}

func get(t testing.TB, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func post(t *testing.T, h http.Handler, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var spaces = regexp.MustCompile(`\s+`)

// words is the text of a page as a reader sees it, on one line.
func words(t *testing.T, page string) string {
	t.Helper()
	return spaces.ReplaceAllString(textOf(parse(t, page)), " ")
}

var everyPage = []string{
	"/", "/?page=2", "/?view=dense", "/?day=2026-08-18", "/latest", "/story/1", "/story/4", "/story/1/compare?a=1&b=6", "/article/1", "/article/20", "/search", "/search?q=ferry", "/search?q=%22",
	"/topics", "/topic/Ferries%20&%20boats", "/topic/Ferries%20&%20boats/alerts", "/feeds", "/feeds?health=failing", "/feeds?sort=trouble", "/feeds?health=removed", "/feeds/add", "/feeds/start", "/feeds/import", "/feed/1", "/feed/1?by=article", "/folder/World", "/nowhere", "/story/12345",
	"/rules", "/rules/1", "/hidden", "/outlets", "/outlets?q=post", "/outlet/harbourpost.example", "/outlet/northernledger.example", "/outlet/forty.example",
}

func TestPages(t *testing.T) {
	cases := []struct {
		path   string
		status int
		want   []string // in the page's text
	}{
		{"/", 200, []string{
			"Front page Tuesday, 18 August 2026, 12:00 UTC", "Harbour Post 08:50 Ferry with 340 aboard", "8 outlets, 3 independent Read at harbourpost.example",
			"More: Coastline Daily, Nordlys Wire, Capital Herald, Island Times, The Evening Lantern, Voyage Blog, +1",
			"The Northern Ledger via Valley Observer 10:40", "214 articles of 6 feeds in 61 stories",
		}},
		{"/?day=2026-08-17", 200, []string{"Nothing is told here", "No story of this day"}},
		{"/?day=2026-08-18", 200, []string{"Ferry with 340 aboard"}},
		{"/?day=yesterday", 400, []string{`"yesterday" is no day`}},
		{"/?view=dense", 200, []string{"Roomy view"}},
		{"/latest", 200, []string{
			"Island Times Original “I steered by the church bell”: the captain speaks", "11:45 Read at islandtimes.example", "Full coverage Ferry with 340 aboard",
			"The Northern Ledger Likely original not among your feeds", "Minato Shimbun Earliest seen", "1 copy: Capital Herald",
		}},
		{"/?page=2", 200, []string{"This is past the last page"}},
		{"/latest?page=2", 200, []string{"This is past the last page"}},
		{"/story/1", 200, []string{
			"Original: Harbour Post, 08:50. The Evening Lantern credits the news to it. It is the earliest.",
			"Why Harbour Post 3 reasons, confidence 94% 3 of the others credit it by name. (strong)",
			"Against it Another version is longer and holds all of its text. (fair)", "Harbour Post Original 08:50", "Nordlys Wire Copy +50 min", "Nordlys Wire Copy 09:40", "96% of its text is in the original", "Credits the news to Harbour Post: first reported by the Harbour Post",
			"Full coverage Other stories", "“I steered by the church bell”",
		}},
		{"/story/4", 200, []string{"Likely original: The Northern Ledger (not among your feeds). Valley Observer credits its report.", "Ledger investigation: <b>mine</b> to shut Named by the versions below", "Credits a report by The Northern Ledger", "22% of its text is in the longest version"}},
		{"/article/1", 200, []string{"Ingrid Vale, Tom Ashe", "Original 8 versions go back to this article.", "said Per Holt"}},
		{"/article/20", 200, []string{"Rewrite Goes back to The Northern Ledger", "2 versions Whom it credits", "The text as it is compared"}},
		{"/search?q=ferry", 200, []string{"7 stories", "Every article", "Story of Harbour Post, 8 versions", "Follow as topic"}},
		{"/search?q=nosuchword", 200, []string{"Nothing matches"}},
		{"/search?q=ferry&show=articles", 200, []string{"7 articles"}},
		{"/search", 200, []string{"the words in a row"}},
		{"/search?q=%22red", 400, []string{"This search cannot be read: a quotation mark is open"}},
		{"/search?q=" + strings.Repeat("a", 2001), 400, []string{"has 2001 characters; at most 2000"}},
		{"/topics", 200, []string{"Ferries & boats", "followed: 2 days ago"}},
		{"/topic/Mining", 200, []string{"mine 1 story", "The Northern Ledger", "Remove this topic"}},
		{"/topic/Unknown", 404, []string{"Not found"}},
		{"/feeds", 200, []string{"6 feeds", "all 6", "failing 1", "dead 1", "never again", "next now", "The site cannot be reached."}},
		{"/feeds?health=paused", 200, []string{"No feed matches"}},
		{"/nowhere", 404, []string{"Not found", "Back to the front page"}},
		{"/story/12345", 404, []string{"Not found"}},
		{"/story/x", 404, []string{"Not found"}},
		{"/article/-1", 404, []string{"Not found"}},
	}
	h := handler(edition())
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			w := get(t, h, c.path)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d", w.Code, c.status)
			}
			text := words(t, w.Body.String())
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q:\n%s", want, text)
				}
			}
		})
	}
}

// TestEventsFold shows the stories of one event as one card on the front page.
func TestEventsFold(t *testing.T) {
	root := parse(t, get(t, handler(edition()), "/").Body.String())
	if n := len(find(root, "h2")); n != 10 {
		t.Errorf("%d cards, want 10: 12 stories of which 3 are one event", n)
	}
}

func TestMarks(t *testing.T) {
	page := get(t, handler(edition()), "/search?q=ferry").Body.String()
	if !strings.Contains(page, "<mark>Ferry</mark> with 340 aboard") {
		t.Error("the found word is not marked in the title")
	}
	page = get(t, handler(edition()), "/article/20").Body.String()
	if !strings.Contains(page, "<mark>Last copp</mark>er mine") {
		t.Error("the credit is not marked in the compared text")
	}
}

func TestMovedStory(t *testing.T) {
	w := get(t, handler(edition()), "/story/99")
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/story/1" {
		t.Errorf("%d to %q, want 301 to /story/1", w.Code, w.Header().Get("Location"))
	}
}

func TestPaging(t *testing.T) {
	f := edition()
	f.stories = nil
	for i := range 65 {
		id := int64(i + 1)
		f.stories = append(f.stories, story(id, id, original(id, "Harbour Post", "Ferry news", "Summary", i+2)))
	}
	h := handler(f)
	for path, want := range map[string]string{
		"/":                          "next=/?page=2",
		"/?page=2":                   "prev=/",
		"/latest":                    "next=/latest?page=2",
		"/latest?page=2":             "prev=/latest next=/latest?page=3",
		"/latest?page=3":             "prev=/latest?page=2",
		"/search?q=ferry&page=2":     "prev=/search?q=ferry next=/search?page=3&q=ferry",
		"/topic/Ferries%20&%20boats": "next=/topic/Ferries%20&%20boats?page=2",
		"/?page=-3":                  "next=/?page=2",
		"/?page=x":                   "next=/?page=2",
	} {
		var got []string
		for _, a := range find(parse(t, get(t, h, path).Body.String()), "a") {
			if rel := attr(a, "rel"); rel == "prev" || rel == "next" {
				got = append(got, rel+"="+attr(a, "href"))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s leads to %q, want %q", path, strings.Join(got, " "), want)
		}
	}
}

func TestEmptyStates(t *testing.T) {
	waitingFeed := news.Feed{ID: 1, URL: "https://a.example/f"}
	okFeed := news.Feed{ID: 2, URL: "https://b.example/f", State: news.FeedOK}
	lost := news.Feed{ID: 3, URL: "https://c.example/f", State: news.FeedUnreachable}
	late := news.Feed{ID: 4, URL: "https://d.example/f", State: news.FeedTimeout}
	cases := []struct {
		name    string
		feeds   []news.Feed
		status  news.Status
		front   string
		offline bool
		refresh bool
	}{
		{"no feeds", nil, news.Status{}, "No feeds yet", false, false},
		{"polling", []news.Feed{waitingFeed, okFeed, lost}, news.Status{}, "Polling 3 feeds: 1 read, 1 failed", false, true},
		{"settling", []news.Feed{okFeed}, news.Status{Unsettled: 12}, "12 articles are being sorted", false, true},
		{"nothing in them", []news.Feed{okFeed}, news.Status{}, "No stories yet", false, false},
		{"only notices", []news.Feed{okFeed}, news.Status{Articles: 3}, "No news among what came", false, false},
		{"offline", []news.Feed{lost, late}, news.Status{}, "Nothing can be reached", true, false},
		{"offline so far", []news.Feed{lost, waitingFeed}, news.Status{}, "Nothing can be reached", true, true},
		{"one of two lost", []news.Feed{lost, okFeed}, news.Status{}, "", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := handler(&fake{feeds: c.feeds, status: c.status})
			page := get(t, h, "/").Body.String()
			if !strings.Contains(words(t, page), c.front) {
				t.Errorf("the front page does not say %q", c.front)
			}
			if got := strings.Contains(page, `http-equiv="refresh"`); got != c.refresh {
				t.Errorf("refresh %v, want %v", got, c.refresh)
			}
			said := strings.Contains(words(t, get(t, h, "/feeds").Body.String()), "Nothing can be reached")
			if said != c.offline {
				t.Errorf("the feeds page says that nothing can be reached: %v, want %v", said, c.offline)
			}
		})
	}
}

func TestFailureIsAPage(t *testing.T) {
	f := edition()
	f.broken = errors.New("database is on fire")
	h := handler(f)
	for _, path := range []string{"/", "/story/1", "/article/1", "/search?q=ferry", "/topics", "/topic/Mining", "/feeds", "/outlets", "/outlet/forty.example", "/feeds/all.atom"} {
		w := get(t, h, path)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Something went wrong") {
			t.Errorf("%s: status %d", path, w.Code)
		}
		if strings.Contains(w.Body.String(), "fire") {
			t.Errorf("%s tells readers the details of a failure", path)
		}
	}
}

// While the index is built, nothing that is searched looks as if nothing were found.
func TestIndexIsBuilt(t *testing.T) {
	f := edition()
	h := handler(f)
	f.broken = &search.BuildingError{Indexed: 120, Missing: 4321}
	for _, path := range []string{"/search?q=ferry", "/topic/Mining", "/feeds/search.atom?q=ferry", "/feeds/topic/Mining.rss"} {
		t.Run(path, func(t *testing.T) {
			w := get(t, h, path)
			text := words(t, w.Body.String())
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
				!strings.Contains(text, "being built: 120 articles are in it, 4321 are still to come") || strings.Contains(text, "0 stories") {
				t.Errorf("%d, %v:\n%s", w.Code, w.Header(), text)
			}
		})
	}
}

func TestTopicForms(t *testing.T) {
	cases := []struct {
		name, query string
		status      int
		want        string // Location or text
	}{
		{"Whales", "whale", 303, "/topic/Whales"},
		{"", `"red tide"`, 303, "/topic/%22red%20tide%22"},
		{"Wale & Fjord?", "wal", 303, "/topic/Wale%20&%20Fjord%3F"},
		{"Mining", "other", 409, `There is a topic "Mining" already`},
		{"Broken", `"red`, 400, "quotation mark is open"},
		{"Empty", " ", 400, "topic needs a search"},
		{"a/b", "x", 400, "leave out slashes"},
		{"..", "x", 400, "leave out slashes"},
		{"tab\x01", "x", 400, "leave out slashes"},
		{strings.Repeat("n", 81), "x", 400, "longer than 80"},
	}
	h := handler(edition())
	for _, c := range cases {
		t.Run(c.name+c.query, func(t *testing.T) {
			w := post(t, h, "/topics", url.Values{"name": {c.name}, "query": {c.query}})
			got := w.Header().Get("Location")
			if got == "" {
				got = words(t, w.Body.String())
			}
			if w.Code != c.status || !strings.Contains(got, c.want) {
				t.Fatalf("%d %s, want %d %s", w.Code, got, c.status, c.want)
			}
			if w.Code == 303 && get(t, h, w.Header().Get("Location")).Code != 200 {
				t.Error("the topic's page cannot be reached")
			}
		})
	}
	if w := post(t, h, "/topic/Whales/remove", nil); w.Code != 303 || get(t, h, "/topic/Whales").Code != 404 {
		t.Errorf("the topic is still there after removing it (%d)", w.Code)
	}
	if w := post(t, h, "/topic/Whales/remove", nil); w.Code != 404 {
		t.Errorf("removing it twice: %d", w.Code)
	}
}

// TestChangeTopic changes a topic by its form, and has it refused what cannot be.
func TestChangeTopic(t *testing.T) {
	f := edition()
	for i := range f.topics {
		f.topics[i].ID = int64(i + 1)
	}
	f.topics[1].New = 3
	h := handler(f)
	if body := get(t, h, "/topics").Body.String(); !strings.Contains(body, "3 new") {
		t.Error("the list does not say what is new")
	}
	for _, tt := range []struct {
		path, form string
		status     int
		says       string
	}{
		{"/topic/Mining", "name=Mining&query=%22&outlets=2", 400, "Mining"},
		{"/topic/Mining", "name=Ferries+%26+boats&query=mine", 409, "There is a topic"},
		{"/topic/Mining", "name=Mining&query=mine&outlets=many", 400, "no number of outlets"},
		{"/topic/Mining", "name=Coal&query=coal&outlets=2&langs=en,+de&muted=The+Sun&originals=1", 303, ""},
		{"/topic/Coal/seen", "", 303, ""},
		{"/topic/Coal/secret", "", 303, ""},
		{"/topic/Nothing/seen", "", 404, ""},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		w := post(t, h, tt.path, form)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %s: %d %s", tt.path, tt.form, w.Code, w.Body)
		}
	}
	got := f.topics[1]
	want := news.TopicOptions{Originals: true, MinOutlets: 2, Langs: []string{"en", "de"}, Muted: []string{"The Sun"}}
	if got.Name != "Coal" || got.Query != "coal" || !got.Options.Equal(want) || got.New != 0 || got.Secret == "" {
		t.Errorf("%+v", got)
	}
	if body := get(t, h, "/topic/Coal").Body.String(); !strings.Contains(body, "/feeds/t/"+got.Secret+".atom") {
		t.Error("the page does not show the secret address")
	}
	if w := post(t, h, "/topic/Coal/revoke", nil); w.Code != 303 || f.topics[1].Secret != "" {
		t.Errorf("revoke: %d, secret %q", w.Code, f.topics[1].Secret)
	}
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find gives the elements of a name; "" gives all.
func find(root *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf is the text of an element with a space where a reader sees a gap.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.TextNode:
			b.WriteString(d.Data)
		case d.Type == html.ElementNode && strings.Contains(" p h1 h2 h3 li td th dt dd ul ol div section a option ", " "+d.Data+" "):
			b.WriteString(" ")
		}
	}
	return b.String()
}

// TestUndoForms takes back one marking or several: each number must be one, and a day old at most.
func TestUndoForms(t *testing.T) {
	at := func(ago time.Duration) string { return strconv.FormatInt(now.Add(-ago).UnixMilli(), 10) }
	for name, tt := range map[string]struct {
		undo []string
		want int
	}{
		"none":        {nil, http.StatusBadRequest},
		"no number":   {[]string{at(0), "x"}, http.StatusBadRequest},
		"zero":        {[]string{"0"}, http.StatusBadRequest},
		"one":         {[]string{at(time.Hour)}, http.StatusSeeOther},
		"several":     {[]string{at(time.Hour), at(time.Minute)}, http.StatusSeeOther},
		"one too old": {[]string{at(time.Minute), at(25 * time.Hour)}, http.StatusGone},
		"too many":    {slices.Repeat([]string{at(0)}, 201), http.StatusBadRequest},
	} {
		f := edition()
		if w := post(t, handler(f), "/marks/undo", url.Values{"undo": tt.undo, "back": {"/unread"}}); w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
		want := 0
		if tt.want == http.StatusSeeOther {
			want = len(tt.undo)
		}
		if len(f.reading.undone) != want {
			t.Errorf("%s: %v are taken back", name, f.reading.undone)
		}
	}
}
