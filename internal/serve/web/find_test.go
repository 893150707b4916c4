package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/web"
)

// checked is a handler that reads searches as the program does.
func checked(f *fake) http.Handler {
	return web.New(web.Options{Backend: f.backend(), Access: everybody, PublicURL: "http://news.example", Now: func() time.Time { return now }, CheckQuery: search.Validate, CheckTopic: search.CheckTopic})
}

// links gives the links of a page with a text, by that text.
func links(t *testing.T, page, class string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, n := range find(parse(t, page), "") {
		if !strings.Contains(" "+attr(n, "class")+" ", " "+class+" ") {
			continue
		}
		for _, a := range find(n, "a") {
			found[strings.Join(strings.Fields(textOf(a)), " ")] = attr(a, "href")
		}
	}
	return found
}

// TestQueryFaults says what is wrong with a search where it is.
func TestQueryFaults(t *testing.T) {
	h := checked(edition())
	for _, tt := range []struct{ query, says, marked string }{
		{`storm "ferry`, `This search cannot be read: this quotation mark is never closed. Put a " at the end of the phrase, or remove it.`, `"ferry`},
		{`storm (ferry OR`, "OR has nothing on its right.", "OR"},
		{`titel:storm ferry`, "nothing can be searched by titel:. Did you mean title:?", "titel:storm"},
		{`港 date:soon`, `"soon" is no date.`, "soon"},
		{`<b>)`, "this ) closes nothing.", ")"},
		{strings.Repeat("a", 2001), "the search has 2001 characters; at most 2000 are read.", ""},
	} {
		w := get(t, h, "/search?q="+url.QueryEscape(tt.query))
		if text := words(t, w.Body.String()); w.Code != http.StatusBadRequest || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d without %q: %s", tt.query, w.Code, tt.says, text)
		}
		marked := ""
		for _, n := range find(parse(t, w.Body.String()), "mark") {
			marked += textOf(n)
		}
		if strings.TrimSpace(marked) != tt.marked {
			t.Errorf("%s: %q is marked, want %q", tt.query, marked, tt.marked)
		}
		for _, term := range []string{"operand", "token", "syntax", "parse", "query", "node", "field"} {
			if alert := find(parse(t, w.Body.String()), "main")[0]; strings.Contains(strings.Split(textOf(alert), "How to search")[0], term) {
				t.Errorf("%s: the page speaks of a %s", tt.query, term)
			}
		}
	}
}

// TestHelpExamples tries every example of the help. Those of an article's own words, outlet and days find it.
func TestHelpExamples(t *testing.T) {
	for _, a := range []news.Article{
		{ID: 7, Title: "“Harbour: Ferry sinks off Skarholm", Text: "The harbour ferry sinks. A storm.", Lang: "en", Outlet: outlet("Harbour Post"), Published: ago(60), Seen: ago(50)},
		{ID: 7, Title: "Élection présidentielle: décision", Text: "Élection présidentielle.", Lang: "fr-FR", Outlet: news.Outlet{Name: `Le "Journal"`}, Published: ago(60), Seen: ago(50)},
		{ID: 7, Title: "全人代が開幕", Text: "北京。", Lang: "ja", Outlet: news.Outlet{Name: "港新聞", Domain: "minato.jp"}, Published: ago(60), Seen: ago(50)},
		{ID: 7, Title: strings.Repeat("storm ", 400), Text: "storm storm", Undated: true},
	} {
		x, err := search.Open(t.Context(), t.TempDir(), search.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := x.Put(t.Context(), []news.Article{a}, 1); err != nil {
			t.Fatal(err)
		}
		f := &fake{stories: []news.Story{story(1, 0, news.Member{Article: a, Role: news.RoleOriginal})}}
		stories := &search.StoryTable{}
		stories.Set([]news.Placement{{Story: 1, Origin: a.Outlet, Outlets: 2, Members: map[int64]news.Role{7: news.RoleOriginal}}})
		x.SetStories(stories)
		examples := links(t, get(t, checked(f), "/search").Body.String(), "syntax")
		if len(examples) < 25 {
			t.Errorf("%q: only %d examples", a.Title, len(examples))
		}
		found := 0
		for example, link := range examples {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			query := u.Query().Get("q")
			if err := search.Validate(query); err != nil || query != example {
				t.Errorf("%q: the example %q leads to %q: %v", a.Title, example, query, err)
				continue
			}
			if strings.HasPrefix(query, "feed:") {
				continue
			}
			hits, err := x.Search(t.Context(), search.Request{Query: query}, now)
			if err != nil {
				t.Errorf("%q: %v", query, err)
			}
			found += hits.Total
			for _, own := range []string{"outlet:", "source:", "origin:", "lang:", "date:", "after:", "title:"} {
				if strings.HasPrefix(query, own) && hits.Total == 0 && a.Outlet.Name != "" && (own != "title:" || a.Lang != "ja") {
					t.Errorf("%q: %s finds nothing", a.Title, query)
				}
			}
		}
		if found == 0 {
			t.Errorf("%q: no example finds anything", a.Title)
		}
	}
}

// TestFacets narrows a search down, and takes that back.
func TestFacets(t *testing.T) {
	f := edition()
	f.facets = []search.Facet{
		{Field: "outlet", Values: []search.FacetValue{{Name: "BBC News", Query: "(outlet:bbc.co.uk OR outlet:bbc.com)", Count: 50000}, {Name: "港新聞", Query: "outlet:minato.jp", Count: 1}}},
		{Field: "origin", Values: []search.FacetValue{{Name: "AP", Query: "origin:apnews.com", Count: 3}}}, // nothing to choose from
		{Field: "lang", Values: []search.FacetValue{{Name: "en", Query: "lang:en", Count: 4}, {Name: "zh-hant", Query: "lang:zh-hant", Count: 2}, {Name: "xx", Query: "lang:xx", Count: 1}}},
		{Field: "day", Values: []search.FacetValue{{Name: "2026-08-18", Query: "date:2026-08-18", Count: 4}, {Name: "2026-08-17", Query: "date:2026-08-17", Count: 2}}},
	}
	page := get(t, checked(f), "/search?q=ferry&sort=newest").Body.String()
	for name, want := range map[string]string{
		"BBC News": "/search?q=" + url.QueryEscape("ferry (outlet:bbc.co.uk OR outlet:bbc.com)") + "&sort=newest",
		"English":  "/search?q=ferry+lang%3Aen&sort=newest", "Traditional Chinese": "/search?q=ferry+lang%3Azh-hant&sort=newest", "xx": "/search?q=ferry+lang%3Axx&sort=newest",
		"Tue 18 Aug 2026": "/search?q=ferry+date%3A2026-08-18&sort=newest",
	} {
		if got := links(t, page, "facets")[name]; got != want {
			t.Errorf("%s leads to %q, want %q", name, got, want)
		}
	}
	if text := words(t, page); !strings.Contains(text, "50,000") || strings.Contains(text, "Told first by") {
		t.Errorf("the facets: %s", text)
	}
	f.broken = nil
	query := "ferry (outlet:bbc.co.uk OR outlet:bbc.com) lang:en"
	page = get(t, checked(f), "/search?q="+url.QueryEscape(query)).Body.String()
	want := map[string]string{"BBC News × (remove)": "/search?q=ferry+lang%3Aen", "English × (remove)": "/search?q=" + url.QueryEscape("ferry (outlet:bbc.co.uk OR outlet:bbc.com)")}
	if got := links(t, page, "narrowed"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("narrowed: %v, want %v", got, want)
	}
}

func TestSuggestions(t *testing.T) {
	f := edition()
	f.completions = map[string][]search.Completion{"tit fer": {
		{Kind: search.CompleteTopic, Name: "Ferries & boats", Value: "ferry"},
		{Kind: search.CompleteOutlet, Name: "Ferry News", Before: "tit ", Value: "outlet:ferry.example", Articles: 1},
		{Kind: search.CompleteWord, Name: "ferry", Before: "tit ", Value: "ferry", Articles: 1204},
	}}
	h := checked(f)
	w := get(t, h, "/suggest?q=tit+fer")
	want := `{"suggestions":[{"name":"Ferries \u0026 boats","kind":"topic","query":"ferry","url":"/topic/Ferries%20\u0026%20boats"},` +
		`{"name":"tit Ferry News","kind":"outlet","count":"1 article","query":"tit outlet:ferry.example","url":"/search?q=tit+outlet%3Aferry.example"},` +
		`{"name":"tit ferry","kind":"","count":"1,204 headlines","query":"tit ferry","url":"/search?q=tit+ferry"}]}`
	if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for _, q := range []string{"", " ", "nothing", "\xff", strings.Repeat("a", 5000)} {
		var got struct{ Suggestions []any }
		w := get(t, h, "/suggest?q="+url.QueryEscape(q))
		if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil || got.Suggestions == nil || len(got.Suggestions) > 0 {
			t.Errorf("%.20q: %d %s", q, w.Code, w.Body)
		}
	}
	if w := post(t, h, "/suggest", url.Values{"q": {"fer"}}); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a post: %d", w.Code)
	}
}

// TestTopicPage has topics of no story, of few and of very many.
func TestTopicPage(t *testing.T) {
	f := edition()
	f.topics = append(f.topics, news.Topic{ID: 3, Name: "Empty", Query: "zeppelin", Added: ago(60)},
		news.Topic{ID: 4, Name: "Busy", Query: "the", New: 50_000, Options: news.TopicOptions{Langs: []string{"en", "es"}, Muted: []string{"The Sun"}, MinOutlets: 2}, Added: ago(60)})
	h := checked(f)
	empty := get(t, h, "/topic/Empty")
	if text := words(t, empty.Body.String()); empty.Code != http.StatusOK || !strings.Contains(text, "No story matches yet") || strings.Contains(empty.Body.String(), "<figure") || strings.Contains(text, "new since") {
		t.Errorf("%d: %s", empty.Code, text)
	}
	f.facets = []search.Facet{
		{Field: "outlet", Values: []search.FacetValue{{Name: "Harbour Post", Query: "outlet:harbourpost.example", Count: 30_000}, {Name: "AP", Query: "outlet:apnews.com", Count: 2}}},
		{Field: "origin", Values: []search.FacetValue{{Name: "Harbour Post", Query: "origin:harbourpost.example", Count: 20_000}, {Name: "AP", Query: "origin:apnews.com", Count: 2}}},
		{Field: "lang", Values: []search.FacetValue{{Name: "en", Query: "lang:en", Count: 4}, {Name: "es", Query: "lang:es", Count: 2}}},
		{Field: "day", Values: []search.FacetValue{{Name: "2026-08-18", Query: "date:2026-08-18", Count: 50_000}, {Name: "2026-08-16", Query: "date:2026-08-16", Count: 1}}},
	}
	page := get(t, h, "/topic/Busy").Body.String()
	text := words(t, page)
	for _, want := range []string{
		"only in English and Spanish", "50,000 new since you last looked", "Mark as seen", "49,99", "more",
		"Stories a day (UTC) from 20 July to 18 August 2026: 50,000 stories on the busiest day, 18 August.", "Sun 16 Aug 2026 1 story",
		"Outlets Harbour Post 30,000", "Told first by Harbour Post 20,000", "Mentioned in passing",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	scope := `the outlets:>=2 (lang:en OR lang:es) -outlet:"The Sun"`
	if err := search.Validate(scope); err != nil {
		t.Fatal(err)
	}
	if got, want := links(t, page, "facets")["Harbour Post"], "/search?q="+url.QueryEscape(scope+" origin:harbourpost.example"); got != want {
		t.Errorf("an outlet leads to %q, want %q", got, want)
	}
	if got, want := links(t, page, "days")["Sun 16 Aug 2026"], "/search?q="+url.QueryEscape(scope+" date:2026-08-16")+"&sort=newest"; got != want {
		t.Errorf("a day leads to %q, want %q", got, want)
	}
	var heights []string
	for _, rect := range find(parse(t, page), "rect") {
		heights = append(heights, attr(rect, "height"))
	}
	if !slices.Equal(heights, []string{"3", "100"}) { // one story is seen beside 50,000
		t.Errorf("bars of %v", heights)
	}
}

// TestChartOfOldNews has a topic without news for a year, with a day to come, and without any date.
func TestChartOfOldNews(t *testing.T) {
	f := edition()
	for _, tt := range []struct {
		days []search.FacetValue
		want string
	}{
		{[]search.FacetValue{{Name: "2025-03-02", Query: "date:2025-03-02", Count: 2}}, "Stories a day (UTC) from 1 February to 2 March 2025: 2 stories on the busiest day, 2 March. There was none since."},
		{[]search.FacetValue{{Name: "2026-08-20", Count: 1}, {Name: "2026-08-18", Count: 1}}, "Stories a day (UTC) from 22 July to 20 August 2026: 1 story on the busiest day, 20 August."},
		{nil, "Stories a day (UTC) from 20 July to 18 August 2026: none, since none has a known date."},
	} {
		f.facets = []search.Facet{{Field: "day", Values: tt.days}}
		if text := words(t, get(t, checked(f), "/topic/Mining").Body.String()); !strings.Contains(text, tt.want) {
			t.Errorf("the page does not say %q: %s", tt.want, text)
		}
	}
}

// TestSearchPageWithBadInput has titles of 2,000 characters and none, and an outlet without a name.
func TestSearchPageWithBadInput(t *testing.T) {
	long := strings.Repeat("Ferry ", 333)
	f := &fake{stories: []news.Story{
		story(1, 0, original(1, "Harbour Post", long, "The ferry.", 30)),
		story(2, 0, news.Member{Role: news.RoleOriginal, Article: news.Article{ID: 2, Text: "A ferry without a headline.", Undated: true}}),
		story(3, 0, news.Member{Role: news.RoleOriginal, Article: news.Article{ID: 3, Title: "العبارة ferry", Lang: "ar", Text: "ferry", Outlet: news.Outlet{Name: strings.Repeat("a name ", 40)}, Published: ago(9), Seen: ago(9)}}),
	}, topics: []news.Topic{{ID: 1, Name: "Ferry", Query: "ferry", New: 3}}}
	for _, path := range []string{"/search?q=ferry", "/topic/Ferry"} {
		w := httptest.NewRecorder()
		checked(f).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if text := words(t, w.Body.String()); w.Code != http.StatusOK || !strings.Contains(text, "العبارة") || !strings.Contains(text, "A ferry without a headline") {
			t.Errorf("%s: %d %s", path, w.Code, text)
		}
	}
}
