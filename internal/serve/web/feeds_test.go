package web_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/web"
)

// A feed is looked for, shown with what it has, and added by the form of that page.
func TestFindAndAddFeeds(t *testing.T) {
	ours := news.FoundFeed{URL: "https://harbourpost.example/feed.xml", Title: "Posts", Known: 1}
	room := edition()
	room.found = map[string]news.Finding{
		"https://one.example/": {Feeds: []news.FoundFeed{{
			URL: "https://one.example/feed", Title: "One & only", Items: []news.FoundItem{{Title: "First <b>", Published: now.Add(-time.Hour)}, {Title: ""}},
		}}},
		"https://known.example/": {Feeds: []news.FoundFeed{ours}},
		"https://two.example/":   {Feeds: []news.FoundFeed{{URL: "https://two.example/news", Title: "News <b>"}, ours}},
		"https://page.example/":  {Address: "https://page.example/", Problem: "https://page.example/ is a page, with no link to a feed"},
		"https://lost.example/": {
			Address: "https://lost.example/", Problem: "dial tcp 10.1.1.1:443: connect: connection refused", State: news.FeedUnreachable, Cause: news.CauseRefused,
			At: "https://lost.example/feed",
		},
	}
	h := handler(room)
	for _, c := range []struct {
		url    string
		status int
		want   []string
	}{
		{"https://one.example/", 200, []string{"One & only", "https://one.example/feed", "First <b> 11:00 Untitled no date", "Add this feed"}},
		{"https://known.example/", 409, []string{"Harbour Post is among the feeds already."}},
		{"https://two.example/", 200, []string{"There are 2 feeds. Which one? Look at it News <b> https://two.example/news Posts is among the feeds already"}},
		{"https://page.example/", 422, []string{"is a page, with no link to a feed.", "It is not added. Add it all the same https://page.example/"}},
		{"https://lost.example/", 422, []string{"https://lost.example/feed: Nothing answers at this address. Check the address"}},
		{"", 400, []string{"The address is empty; give one such as https://"}},
		{"javascript:alert(1)//", 400, []string{"is no feed address"}},
		{"file:///etc/passwd", 400, []string{"is no feed address"}},
		{"anna@example.org", 400, []string{"is a mail address"}},
	} {
		w := post(t, h, "/feeds", url.Values{"url": {c.url}})
		got := words(t, w.Body.String())
		for _, want := range c.want {
			if w.Code != c.status || !strings.Contains(got, want) {
				t.Errorf("%s: %d %s, want %d %s", c.url, w.Code, got, c.status, want)
			}
		}
		if strings.Contains(got, "dial tcp") {
			t.Errorf("%s: an error of Go is shown: %s", c.url, got)
		}
	}
	options := url.Values{"url": {"https://one.example/feed"}, "found": {"true"}, "title": {"Mine"}, "folder": {"World"}, "full_text": {"never"}, "pictures": {"hide"}, "lang": {"de"}}
	if w := post(t, h, "/feeds", options); w.Code != 303 || w.Header().Get("Location") != "/feed/7?done=added" {
		t.Errorf("added: %d %s", w.Code, w.Header().Get("Location"))
	}
	if f := room.feeds[6]; f.Title != "Mine" || f.Folder != "World" || f.FullText != "never" || f.Pictures != "hide" || f.Lang != "de" {
		t.Errorf("added as %+v", f)
	}
	if w := post(t, h, "/feeds", options); w.Code != 409 || !strings.Contains(words(t, w.Body.String()), "Mine is among the feeds already") {
		t.Errorf("added twice: %d", w.Code)
	}
	room.refused = &news.RefusedError{Text: "the folder has 301 characters; give at most 300"}
	options.Set("url", "https://other.example/feed")
	if w := post(t, h, "/feeds", options); w.Code != 422 || !strings.Contains(w.Body.String(), `value="Mine"`) || !strings.Contains(words(t, w.Body.String()), "The folder has 301 characters") {
		t.Errorf("refused: %d %s", w.Code, words(t, w.Body.String()))
	}
}

// What is chosen in the list is changed, and the page after it says what was done. Removal offers to undo it.
func TestChangeManyFeeds(t *testing.T) {
	room := edition()
	h := handler(room)
	change := func(action string, ids ...string) string {
		t.Helper()
		w := post(t, h, "/feeds/change", url.Values{"id": ids, "action": {action}, "folder": {"New"}, "back": {"/feeds?sort=name"}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", action, w.Code, words(t, w.Body.String()))
		}
		return words(t, get(t, h, w.Header().Get("Location")).Body.String())
	}
	for _, c := range []struct {
		action string
		ids    []string
		want   string
	}{
		{"move", []string{"1", "2"}, "2 feeds moved."},
		{"pause", []string{"1"}, "1 feed is paused. It is not read until it is resumed."},
		{"resume", []string{"1"}, "1 feed is resumed."},
		{"refresh", []string{"1", "2", "99"}, "2 feeds are read as soon as their sites may be asked."},
		{"move", nil, "No feed was chosen"},
		{"remove", []string{"99"}, "No feed was chosen, or those that were chosen are gone."},
		{"remove", []string{"1", "2"}, "2 feeds are removed. Their articles stay. Undo"},
		{"restore", []string{"1", "2"}, "2 feeds are back, with all that was set and marked."},
		{"restore", []string{"1"}, "The removal cannot be undone any more."},
	} {
		if got := change(c.action, c.ids...); !strings.Contains(got, c.want) {
			t.Errorf("%s %v: the page says %s; want %s", c.action, c.ids, got, c.want)
		}
	}
	if room.feeds[len(room.feeds)-1].Folder != "New" {
		t.Errorf("feeds are %+v", room.feeds)
	}
	for _, c := range []struct {
		form   url.Values
		status int
	}{
		{url.Values{"id": {"x"}, "action": {"pause"}}, 400},
		{url.Values{"id": {"1"}, "action": {"burn"}}, 400},
		{url.Values{"id": slices.Repeat([]string{"3"}, 5001), "action": {"pause"}}, 400},
	} {
		if w := post(t, h, "/feeds/change", c.form); w.Code != c.status {
			t.Errorf("%.60v: %d, want %d", c.form, w.Code, c.status)
		}
	}
	for _, back := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "evil"} {
		w := post(t, h, "/feeds/change", url.Values{"id": {"3"}, "action": {"pause"}, "back": {back}})
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/feeds?") {
			t.Errorf("back=%s leads to %s", back, to)
		}
	}
	many := url.Values{"action": {"pause"}}
	for i := range 2000 {
		many.Add("id", fmt.Sprint(100000+i))
	}
	many.Add("id", "4")
	if w := post(t, h, "/feeds/change", many); w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "done=paused&n=1") {
		t.Errorf("2,001 feeds: %d %s", w.Code, w.Header().Get("Location"))
	}
}

// The page of a feed has its health in words, its history and its options. Two tabs that remove it both lead to the undoing.
func TestFeedPage(t *testing.T) {
	room := edition()
	room.runs = []news.PollRun{
		{First: now.Add(-3 * time.Hour), Last: now.Add(-time.Hour), Polls: 4, State: news.FeedHTTPError, Cause: "503", Problem: "503: raw words"},
		{First: now.Add(-9 * time.Hour), Last: now.Add(-9 * time.Hour), Polls: 1, State: news.FeedOK, Articles: 3},
	}
	room.days = []news.DayCount{{Day: now.Truncate(24 * time.Hour), Articles: 2}, {Day: now.AddDate(0, 0, -40), Articles: 9}}
	h := handler(room)
	page := get(t, h, "/feed/1").Body.String()
	got := words(t, page)
	for _, want := range []string{
		"Harbour Post", "The server has a problem of its own. Status 503 09:00 – 11:00, 4 polls", "Read without faults. 03:00, 3 new articles",
		"2 articles in the last 30 days, at most 2 a day", "Read now", "Options",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q: %s", want, got)
		}
	}
	if strings.Contains(got, "raw words") || !strings.Contains(page, "/feeds/feed/1.atom") {
		t.Error("the page shows an error as it was stored, or has no feed of its own")
	}
	if w := post(t, h, "/feed/1", url.Values{"title": {"\u202eevil\u202c"}, "folder": {"A/B"}, "site": {"https://x.example/"}, "pictures": {"hide"}}); w.Code != 303 {
		t.Errorf("options: %d", w.Code)
	}
	if f, err := room.Feed(t.Context(), 1); err != nil || f.Folder != "A/B" || f.Pictures != "hide" {
		t.Errorf("the feed is %+v (%v)", f, err)
	}
	for path, want := range map[string]string{"refresh": "done=refreshed", "pause": "done=paused", "resume": "done=resumed"} {
		if w := post(t, h, "/feed/1/"+path, nil); w.Code != 303 || !strings.Contains(w.Header().Get("Location"), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	for range 2 {
		w := post(t, h, "/feed/1/remove", nil)
		if to := w.Header().Get("Location"); w.Code != 303 || !strings.Contains(words(t, get(t, h, to).Body.String()), "is removed. Its articles stay. Undo") {
			t.Errorf("removed: %d %s", w.Code, to)
		}
	}
	if w := post(t, h, "/feed/1", url.Values{"title": {"late"}}); w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "done=removed&id=1") {
		t.Errorf("options of a removed feed: %d %s", w.Code, w.Header().Get("Location"))
	}
	room.removed = nil
	for _, path := range []string{"/feed/1", "/feed/99", "/feed/x"} {
		if w := get(t, h, path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A password in the address of a feed is on no page.
func TestPasswordsOfFeedsAreNotShown(t *testing.T) {
	moved := news.Move{To: "https://anna:sesame@a.example/feed.xml"}
	h := handler(&fake{feeds: []news.Feed{{ID: 1, URL: "https://anna:sesame@a.example/feed", State: news.FeedOK, Moved: moved}}})
	for _, path := range []string{"/feeds", "/feed/1", "/feed/1?by=article"} {
		if page := get(t, h, path).Body.String(); strings.Contains(page, "sesame") || !strings.Contains(page, "a.example/feed") {
			t.Errorf("%s shows a password, or no address", path)
		}
	}
}

// A folder is renamed, becomes one with another, and is removed without its feeds.
func TestFolders(t *testing.T) {
	const rtl = "الأخبار/日本 & <b>"
	room := &fake{feeds: []news.Feed{{ID: 1, URL: "https://a.example/", Folder: rtl, State: news.FeedOK}, {ID: 2, URL: "https://b.example/", Folder: "World"}}}
	h := handler(room)
	path := "/folder/" + url.PathEscape(rtl)
	if w := get(t, h, path); w.Code != 200 || !strings.Contains(words(t, w.Body.String()), rtl+" 1 feed") || !strings.Contains(html.UnescapeString(w.Body.String()), "/feeds/folder/"+url.PathEscape(rtl)+".atom") {
		t.Errorf("%d %s", w.Code, words(t, w.Body.String()))
	}
	if w := get(t, h, "/feeds/folder/"+url.PathEscape(rtl)+".atom"); w.Code != 200 {
		t.Errorf("its feed: %d", w.Code)
	}
	if w := post(t, h, path, url.Values{"to": {"  "}}); w.Code != 422 || !strings.Contains(words(t, w.Body.String()), "Give the folder a name") {
		t.Errorf("renamed to nothing: %d", w.Code)
	}
	room.refused = &news.RefusedError{Text: "the folder has 400 characters; give at most 300"}
	if w := post(t, h, path, url.Values{"to": {strings.Repeat("ш", 400)}}); w.Code != 422 || !strings.Contains(words(t, w.Body.String()), "The folder has 400 characters") {
		t.Errorf("a long name: %d", w.Code)
	}
	room.refused = nil
	if w := post(t, h, path, url.Values{"to": {"World"}}); w.Code != 303 || w.Header().Get("Location") != "/folder/World?done=merged" {
		t.Errorf("merged: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := post(t, h, path, url.Values{"to": {"Again"}}); w.Code != 404 {
		t.Errorf("renamed in another tab too: %d", w.Code)
	}
	if w := post(t, h, "/folder/World/remove", nil); w.Code != 303 || room.feeds[0].Folder+room.feeds[1].Folder != "" {
		t.Errorf("removed: %d, feeds %+v", w.Code, room.feeds)
	}
}

// A list comes in by a file or by its text. The report says what was left out.
func TestImportLists(t *testing.T) {
	room := &fake{imported: news.Imported{
		Feeds: 2, KnownFeeds: 1, Folders: []string{"World/Asia"},
		Notes: []news.ImportNote{{Line: 7, Text: `"x" has no xmlUrl`}, {Line: 9, Text: "a bare &", Mended: true}},
	}}
	h := handler(room)
	send := func(field, content string) *httptest.ResponseRecorder {
		t.Helper()
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, err := form.CreateFormFile(field, "list.opml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/feeds/opml", &b)
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w := send("file", "<opml/>")
	got := words(t, w.Body.String())
	for _, want := range []string{"2 feeds added 1 was there already", "New folders: World/Asia", `1 left out line 7 "x" has no xmlUrl.`, "1 taken after a repair line 9 A bare &."} {
		if w.Code != 200 || !strings.Contains(got, want) {
			t.Errorf("%d %s; want %s", w.Code, got, want)
		}
	}
	if room.list != "<opml/>" {
		t.Errorf("the list is %q", room.list)
	}
	if w := send("file", strings.Repeat("x", 10<<20)); w.Code != 200 || len(room.list) != 10<<20 {
		t.Errorf("10 MB: %d, %d bytes", w.Code, len(room.list))
	}
	if w := send("file", strings.Repeat("x", 21<<20)); w.Code != 413 || !strings.Contains(words(t, w.Body.String()), "larger than 20 MB") {
		t.Errorf("21 MB: %d", w.Code)
	}
	if w := post(t, h, "/feeds/opml", url.Values{"text": {"<opml>&amp;</opml>"}}); w.Code != 200 || room.list != "<opml>&amp;</opml>" {
		t.Errorf("by text: %d %q", w.Code, room.list)
	}
	if w := post(t, h, "/feeds/opml", url.Values{"text": {" "}}); w.Code != 422 {
		t.Errorf("nothing: %d", w.Code)
	}
	room.refused = &news.RefusedError{Text: "the file is an HTML page, not an OPML list"}
	if w := post(t, h, "/feeds/opml", url.Values{"text": {"<html>kept</html>"}}); w.Code != 422 || !strings.Contains(words(t, w.Body.String()), "The file is an HTML page") || !strings.Contains(w.Body.String(), "kept") {
		t.Errorf("no list: %d", w.Code)
	}
	if w := get(t, h, "/feeds/opml"); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "<opml>") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("export: %d %v", w.Code, w.Header())
	}
}

// An instance without feeds begins with lists, or with some feeds of them.
func TestStarterLists(t *testing.T) {
	room := &fake{}
	h := handler(room)
	if got := words(t, get(t, h, "/feeds").Body.String()); !strings.Contains(got, "No feeds yet") {
		t.Errorf("without feeds the page says %s", got)
	}
	page := get(t, h, "/feeds/start").Body.String()
	found := regexp.MustCompile(`name="feed" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(found) < 200 || !strings.Contains(words(t, page), "By language") || !strings.Contains(page, `name="list" value="ja"`) {
		t.Fatalf("%d feeds to begin with: %s", len(found), words(t, page))
	}
	if w := post(t, h, "/feeds/start", nil); w.Code != 422 {
		t.Errorf("nothing chosen: %d", w.Code)
	}
	if w := post(t, h, "/feeds/start", url.Values{"list": {"ja", "nosuch"}, "feed": {"https://evil.example/"}}); w.Code != 303 || len(room.feeds) != 20 || room.feeds[0].Folder != "日本語" {
		t.Errorf("a list: %d, %d feeds", w.Code, len(room.feeds))
	}
	if page = get(t, h, "/feeds/start").Body.String(); !strings.Contains(words(t, page), "20 feeds, all added") {
		t.Error("what is added can be chosen again")
	}
	room.feeds[0].URL = "http://www." + strings.TrimPrefix(strings.TrimPrefix(room.feeds[0].URL, "https://"), "www.") + "/"
	if page = get(t, h, "/feeds/start").Body.String(); !strings.Contains(words(t, page), "20 feeds, all added") {
		t.Error("what is added under another spelling of its address can be chosen again")
	}
}

func TestManyFeedsArePaged(t *testing.T) {
	f := &fake{}
	for i := range 120 {
		f.feeds = append(f.feeds, news.Feed{ID: int64(i + 1), URL: "https://a.example/" + strings.Repeat("x", i), State: news.FeedOK})
	}
	h := handler(f)
	for path, want := range map[string]int{"/feeds": 50, "/feeds?page=3": 20, "/feeds?page=4": 0} {
		if n := strings.Count(get(t, h, path).Body.String(), `name="id"`); n != want {
			t.Errorf("%s shows %d feeds, want %d", path, n, want)
		}
	}
}

// Every failure of a poll has words in each language, and none of them is what a program wrote.
func TestTroublesAreInWords(t *testing.T) {
	causes := []news.Cause{"", "401", "402", "403", "407", "418", "429", "451", "500", "503"}
	data, err := os.ReadFile("../../news/feed.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Cause\w+ +Cause += "([^"]+)"`).FindAllStringSubmatch(string(data), -1) {
		causes = append(causes, news.Cause(m[1]))
	}
	states := []news.FeedState{
		news.FeedNotAFeed, news.FeedBroken, news.FeedNotFound, news.FeedGone, news.FeedHTTPError, news.FeedUnreachable, news.FeedTimeout, news.FeedPrivate,
		news.FeedTooLarge, news.FeedTooDeep,
	}
	if len(causes) < 20 {
		t.Fatalf("only the causes %v were found", causes)
	}
	room := &fake{}
	h := handler(room)
	for _, state := range states {
		for _, cause := range causes {
			room.feeds = []news.Feed{{ID: 1, URL: "https://a.example/", State: state, Cause: cause, Problem: "dial tcp: lookup", Failures: 2, Failing: now.Add(-time.Hour), Checked: now}}
			english := words(t, get(t, h, "/feed/1").Body.String())
			trouble := news.TroubleOf(state, cause)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/feed/1", nil)
			r.Header.Set("Accept-Language", "de")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			german := words(t, w.Body.String())
			if trouble.What == "" || !strings.Contains(english, trouble.What) || strings.Contains(english, "dial tcp") {
				t.Errorf("%s, %s: %s", state, cause, english)
			}
			if strings.Contains(german, trouble.What) || trouble.Do != "" && strings.Contains(german, trouble.Do) {
				t.Errorf("%s, %s: no German for %+v", state, cause, trouble)
			}
		}
	}
}

// Pictures in the articles of a feed are shown as is set for it, and where nothing is set as for all.
func TestPicturesOfFeeds(t *testing.T) {
	const picture = "https://pictures.example/a.png"
	room := &fake{
		feeds:    []news.Feed{{ID: 3, URL: "https://a.example/"}},
		articles: map[int64]news.Article{1: {ID: 1, FeedID: 3, Title: "A", HTML: `<p>x <img src="` + picture + `"></p>`}},
	}
	h := showing(room, web.Pictures{Mode: web.PicturesProxy, Key: bytes.Repeat([]byte("k"), 32), Fetch: onePicture})
	for mode, want := range map[string]struct {
		element string
		direct  bool
	}{
		"": {`src="/media/`, false}, "proxy": {`src="/media/`, false}, "direct": {`<img src="` + picture, true}, "hide": {`class="media" href="` + picture, false},
	} {
		room.feeds[0].Pictures = mode
		w := get(t, h, "/article/1")
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(w.Body.String(), want.element) || strings.Contains(policy, "img-src 'self' data: http: https:") != want.direct {
			t.Errorf("%q: no %s in the page, or another policy than it needs: %s\n%s", mode, want.element, policy, w.Body)
		}
	}
	room.feeds = nil // removed; its articles stay
	if w := get(t, h, "/article/1"); w.Code != 200 || !strings.Contains(w.Body.String(), `src="/media/`) {
		t.Errorf("of a removed feed: %d", w.Code)
	}
}
