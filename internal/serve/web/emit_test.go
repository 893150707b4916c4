package web_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/web"
)

type atomFeed struct {
	ID    string `xml:"id"`
	Title string `xml:"title"`
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID      string    `xml:"id"`
		Updated time.Time `xml:"updated"`
	} `xml:"entry"`
}

func readAtom(t *testing.T, body []byte) atomFeed {
	t.Helper()
	var f atomFeed
	if err := xml.Unmarshal(body, &f); err != nil {
		t.Fatalf("not well-formed: %v\n%s", err, body)
	}
	return f
}

func (f atomFeed) link(rel string) string {
	for _, l := range f.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

func TestFeedsOut(t *testing.T) {
	h := handler(edition())
	cases := []struct {
		path, title, home string
		entries           int
	}{
		{"/feeds/all.atom", "Headwater", "http://news.example/", 12},
		{"/feeds/topic/Ferries%20&%20boats.atom", "Ferries & boats - Headwater", "http://news.example/topic/Ferries%20&%20boats", 1},
		{"/feeds/t/s3cret.atom", "Ferries & boats - Headwater", "http://news.example/topic/Ferries%20&%20boats", 1},
		{"/feeds/search.atom?q=radar", "radar - Headwater", "http://news.example/search?q=radar", 1},
		{"/feeds/search.atom?q=nosuch", "nosuch - Headwater", "http://news.example/search?q=nosuch", 0},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			w := get(t, h, c.path)
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
				t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
			}
			f := readAtom(t, w.Body.Bytes())
			if f.Title != c.title || f.link("alternate") != c.home || f.link("self") != "http://news.example"+c.path {
				t.Errorf("title %q, home %s, self %s", f.Title, f.link("alternate"), f.link("self"))
			}
			if len(f.Entries) != c.entries {
				t.Errorf("%d entries, want %d", len(f.Entries), c.entries)
			}
			for i := 1; i < len(f.Entries); i++ {
				if f.Entries[i].Updated.After(f.Entries[i-1].Updated) {
					t.Error("the entries are not newest first")
				}
			}
		})
	}
}

func TestOtherFormats(t *testing.T) {
	h := handler(edition())
	w := get(t, h, "/feeds/all.json")
	var feed struct {
		Self  string `json:"feed_url"`
		Items []any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &feed); err != nil || len(feed.Items) != 12 || feed.Self != "http://news.example/feeds/all.json" {
		t.Errorf("JSON: %v, %d items, %s", err, len(feed.Items), feed.Self)
	}
	w = get(t, h, "/feeds/all.rss")
	var rss struct {
		Items []struct {
			GUID string `xml:"guid"`
		} `xml:"channel>item"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &rss); err != nil || len(rss.Items) != 12 || rss.Items[0].GUID == "" {
		t.Errorf("RSS: %v, %d items", err, len(rss.Items))
	}
}

func TestFeedErrors(t *testing.T) {
	h := handler(edition())
	for path, want := range map[string]int{
		"/feeds/all.xml": 404, "/feeds/all": 404, "/feeds/.atom": 404, "/feeds/other.atom": 404, "/feeds/topic/None.atom": 404,
		"/feeds/topic/Mining": 404, "/feeds/t/guess.atom": 404, "/feeds/t/.atom": 404, "/feeds/folder/None.atom": 404, "/feeds/search.atom": 400,
		"/feeds/all.atom?limit=0": 400, "/feeds/all.atom?limit=501": 400, "/feeds/all.atom?limit=many": 400, "/feeds/all.atom?since=yesterday": 400,
		"/feeds/all.atom?full=maybe": 400, "/feeds/all.atom?cursor=elsewhere": 400, "/feeds/search.rss?q=%22": 400,
	} {
		if got := get(t, h, path).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// TestValidators asks again as a feed reader does, before and after the story grew.
func TestValidators(t *testing.T) {
	f := edition()
	h := handler(f)
	for _, path := range []string{"/feeds/all.atom", "/feeds/all.rss", "/feeds/all.json", "/feeds/topic/Mining.atom", "/feeds/search.atom?q=ferry"} {
		first := get(t, h, path).Header()
		if first.Get("ETag") == "" || first.Get("Last-Modified") == "" {
			t.Fatalf("%s has no validators: %v", path, first)
		}
		for key, value := range map[string]string{"If-None-Match": first.Get("ETag"), "If-Modified-Since": first.Get("Last-Modified")} {
			read := f.editionsRead
			if w := again(t, h, path, key, value); w.Code != http.StatusNotModified || w.Body.Len() != 0 || f.editionsRead != read {
				t.Errorf("%s with %s: %d, %d bytes; stories were read: %v", path, key, w.Code, w.Body.Len(), f.editionsRead != read)
			}
		}
	}
	path := "/feeds/all.atom"
	before := get(t, h, path)
	st := &f.stories[0]
	st.Members = append(st.Members, version(77, news.RoleCopy, "Late Edition", "Ferry again", 0.9, 1))
	st.Changed = now
	for key, value := range map[string]string{"If-None-Match": before.Header().Get("ETag"), "If-Modified-Since": before.Header().Get("Last-Modified")} {
		if w := again(t, h, path, key, value); w.Code != http.StatusOK {
			t.Errorf("after the story grew, with %s: %d", key, w.Code)
		}
	}
	grown := get(t, h, path).Header().Get("ETag")
	st.Members, st.Aged = st.Members[:len(st.Members)-1], 1
	if w := again(t, h, path, "If-None-Match", grown); w.Code != http.StatusOK {
		t.Errorf("after an article was aged out: %d", w.Code)
	}
	old, young := readAtom(t, before.Body.Bytes()), readAtom(t, get(t, h, path).Body.Bytes())
	ids := map[string]bool{}
	for _, e := range old.Entries {
		ids[e.ID] = true
	}
	for _, e := range young.Entries {
		if !ids[e.ID] {
			t.Errorf("id %s is new though no story is", e.ID)
		}
	}
}

func again(t *testing.T, h http.Handler, path, key, value string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set(key, value)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestReplacedTopic removes a topic and follows another search under its name: what readers keep must not look newer.
func TestReplacedTopic(t *testing.T) {
	f := edition()
	h := handler(f)
	since := get(t, h, "/feeds/topic/Mining.atom").Header().Get("Last-Modified")
	f.topics[1] = news.Topic{Name: "Mining", Query: "lighthouse", Added: now}
	if w := again(t, h, "/feeds/topic/Mining.atom", "If-Modified-Since", since); w.Code != http.StatusOK {
		t.Errorf("%d, want the new topic's feed", w.Code)
	}
}

func TestLinksWithoutPublicURL(t *testing.T) {
	h := web.New(web.Options{Backend: edition().backend(), Access: everybody, Now: func() time.Time { return now }})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://192.0.2.7:8080/feeds/all.atom", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if f := readAtom(t, w.Body.Bytes()); f.link("self") != "http://192.0.2.7:8080/feeds/all.atom" {
		t.Errorf("self is %s", f.link("self"))
	}
}

func TestHostileFeedsOut(t *testing.T) {
	for _, v := range vectors {
		f := hostile(v)
		f.topics = append(f.topics, news.Topic{Name: "t", Query: v})
		h := handler(f)
		for _, path := range []string{"/feeds/all.atom", "/feeds/topic/t.atom", "/feeds/search.atom?q=" + url.QueryEscape(v)} {
			w := get(t, h, path)
			if w.Code == http.StatusBadRequest && strings.Contains(path, "search") {
				continue // the query itself is refused
			}
			readAtom(t, w.Body.Bytes())
		}
	}
}

// TestParts walks a feed part by part, as RFC 5005 links them: each story comes once, and every part says where it stands.
func TestParts(t *testing.T) {
	h := handler(edition())
	seen := map[string]bool{}
	path := "/feeds/all.atom?limit=5"
	for range 3 {
		f := readAtom(t, get(t, h, path).Body.Bytes())
		if f.link("self") != "http://news.example"+path || f.link("first") != "http://news.example/feeds/all.atom?limit=5" {
			t.Errorf("%s: self %s, first %s", path, f.link("self"), f.link("first"))
		}
		for _, e := range f.Entries {
			if seen[e.ID] {
				t.Errorf("%s comes twice", e.ID)
			}
			seen[e.ID] = true
		}
		path = strings.TrimPrefix(f.link("next"), "http://news.example")
	}
	if path != "" || len(seen) != 12 {
		t.Errorf("%d stories, and then %q", len(seen), path)
	}
	var feed struct {
		Next string `json:"next_url"`
	}
	if err := json.Unmarshal(get(t, h, "/feeds/all.json?limit=5").Body.Bytes(), &feed); err != nil || feed.Next != "http://news.example/feeds/all.json?cursor=5&limit=5" {
		t.Errorf("next_url %q, %v", feed.Next, err)
	}
	if whole := readAtom(t, get(t, h, "/feeds/all.atom").Body.Bytes()); whole.link("first")+whole.link("next") != "" {
		t.Error("a feed of one part links to others")
	}
}

func TestSince(t *testing.T) {
	h := handler(edition())
	all := readAtom(t, get(t, h, "/feeds/all.atom").Body.Bytes()).Entries
	some := all[4].Updated
	got := readAtom(t, get(t, h, "/feeds/all.atom?since="+url.QueryEscape(some.Format(time.RFC3339))).Body.Bytes())
	if n := len(got.Entries); n < 5 || n == len(all) || got.Entries[n-1].Updated.Before(some) {
		t.Errorf("%d of %d stories since %s", n, len(all), some)
	}
}

// TestSecretFeed keeps a feed that is read by its secret out of search engines and referrers.
func TestSecretFeed(t *testing.T) {
	h := handler(edition())
	w := get(t, h, "/feeds/t/s3cret.atom")
	if w.Header().Get("X-Robots-Tag") != "noindex, nofollow" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", w.Header())
	}
}

// TestHubLinks names the hub where it is told of changes, and nowhere else.
func TestHubLinks(t *testing.T) {
	h := web.New(web.Options{Backend: edition().backend(), Access: everybody, PublicURL: "http://news.example", Hub: "https://hub.example/", Now: func() time.Time { return now }})
	w := get(t, h, "/feeds/all.atom")
	if got := w.Header().Values("Link"); len(got) != 2 || got[0] != `<https://hub.example/>; rel="hub"` || got[1] != `<http://news.example/feeds/all.atom>; rel="self"` {
		t.Errorf("%q", got)
	}
	if f := readAtom(t, w.Body.Bytes()); f.link("hub") != "https://hub.example/" {
		t.Errorf("hub %q", f.link("hub"))
	}
	if !strings.Contains(get(t, h, "/feeds/all.json").Body.String(), `"hubs": [`) || !strings.Contains(get(t, h, "/feeds/all.rss").Body.String(), `rel="hub"`) {
		t.Error("JSON or RSS does not name the hub")
	}
	if w := get(t, h, "/feeds/search.atom?q=radar"); strings.Contains(w.Body.String(), "hub.example") || len(w.Header().Values("Link")) > 0 {
		t.Error("a search names a hub that is not told of it")
	}
}
