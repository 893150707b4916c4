package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/store"
)

const (
	floodTitle  = "River floods lower town of Aldermere"
	cometTitle  = "Gardener finds a comet & names it <Aunt>"
	strikeTitle = "Bakers strike in the north"
)

// keys gives the keys of a JSON object in alphabetical order.
func keys(v any) string {
	o, _ := v.(object)
	return strings.Join(slices.Sorted(maps.Keys(o)), ",")
}

// TestKeys holds the keys of every shape: programs rely on them.
func TestKeys(t *testing.T) {
	d := filled(t)
	_, err := d.room.Topics.AddTopic(t.Context(), news.Topic{Name: "weather", Query: "river"})
	must(t, err)
	for _, tt := range []struct{ path, at, want string }{
		{"status", "", "articles,events,feeds,stories,unindexed,unsettled"},
		{"stories", "", "stories,total"},
		{"stories", "stories", "changed,event,first,id,latest,members,origin,outlets,title"},
		{"stories/1", "", "changed,event,first,id,latest,members,origin,outlets,title"},
		{"stories/1", "origin", "article,confidence,domain,evidence,level,name,url"},
		{"stories/1", "origin evidence", "detail,kind,weight"},
		{"stories/1", "members", "article,evidence,outlet,role,share,time,title,url"},
		{"stories/1", "members outlet", "agency,domain,name"},
		{"events", "", "events"},
		{"events", "events", "id,independent,latest,outlets,stories,title"},
		{"events/1", "", "first,id,independent,latest,newest,outlets,stories,title,total"},
		{"events/1", "first", "article,outlet,story,time,title,url"},
		{"events/1", "stories", "changed,event,first,id,latest,members,origin,outlets,title,told"},
		{"articles", "", "articles,total"},
		{"articles", "articles", "authors,enclosures,feed,id,lang,outlet,published,seen,summary,title,url"},
		{"articles", "articles outlet", "domain,name"},
		{"articles/1", "", "authors,claims,enclosures,feed,html,id,lang,outlet,published,seen,story,summary,text,title,url"},
		{"articles/1", "claims", "domain,end,kind,outlet,start,strength,text,url"},
		{"search?q=river&results=articles", "", "articles,total"},
		{"search?q=river&results=articles", "articles", "id,in_text,in_title,outlet,published,score,snippet,story,title,url"},
		{"search?q=river", "articles in_text", "end,start"},
		{"search?q=river&results=stories&facets=true&limit=1", "", "articles,facets,matches,total"},
		{"search?q=river", "articles", "id,in_text,in_title,others,outlet,published,score,snippet,story,title,url"},
		{"search?q=river&results=articles&limit=1", "", "articles,next,total"},
		{"search?q=river&facets=true", "facets values", "count,name,query"},
		{"search?q=rivver", "", "articles,suggestion,total"},
		{"feeds", "", "feeds,total"},
		{"feeds", "feeds", "address,articles,cause,checked,due,failing,folder,full_text,id,lang,paused,pictures,problem,rule,site,state,title,url"},
		{"feeds/1", "", "address,articles,cause,checked,due,failing,folder,full_text,id,lang,paused,pictures,problem,rule,site,state,title,url"},
		{"topics", "", "topics,total"},
		{"topics", "topics", "added,langs,min_outlets,muted,name,new,originals,query"},
		{"topics/weather", "", "added,langs,min_outlets,muted,name,new,originals,query,stories,total"},
		{"topics/weather?order=prominent&facets=true", "", "added,facets,langs,min_outlets,muted,name,new,originals,prominent,query,stories,total"},
		{"topics/weather?facets=true&limit=1", "", "added,facets,langs,min_outlets,muted,name,new,originals,query,stories,total"},
		{"topics/weather?facets=true", "facets values", "count,name,query"},
		{"topics/weather", "stories", "changed,event,first,id,latest,members,origin,outlets,title"},
		{"topics/sport", "", "detail,status,title"},
		{"stories/x", "", "detail,errors,status,title"},
		{"stories/x", "errors", "location,message,value"},
	} {
		var doc any
		d.ask(t, "GET", "/api/v1/"+tt.path, "").into(&doc)
		for name := range strings.FieldsSeq(tt.at) {
			one, _ := doc.(object)
			doc = first(one[name])
		}
		if got := keys(doc); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.path, tt.at, got, tt.want)
		}
	}
}

// first gives the first of a list, and anything else as it is.
func first(v any) any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return v
}

func TestStatus(t *testing.T) {
	d := filled(t)
	want := map[string]int{"feeds": 3, "articles": 4, "stories": 3, "events": 3, "unsettled": 0, "unindexed": 0}
	var got map[string]int // which takes whole numbers only
	d.get(t, "/api/v1/status", &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after a pass (-want +got):\n%s", diff)
	}
	d.collect(t, "late", "later")
	want["articles"], want["unsettled"], want["unindexed"] = 6, 2, 2
	d.get(t, "/api/v1/status", &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with two that wait (-want +got):\n%s", diff)
	}
}

// collect stores articles of the first feed and leaves them unsettled.
func (d *testServer) collect(t *testing.T, guids ...string) {
	t.Helper()
	f, err := d.room.Store.Feed(t.Context(), 1)
	must(t, err)
	p := store.Poll{Feed: f}
	for _, guid := range guids {
		p.Articles = append(p.Articles, news.Article{FeedID: f.ID, GUID: guid, Hash: guid, Title: "It is " + guid, Text: guid, Seen: now})
	}
	_, err = d.room.Store.Collect(t.Context(), []store.Poll{p})
	must(t, err)
}

// listed is any of the lists.
type listed struct {
	Total    *int
	Stories  []struct{ Title string }
	Articles []struct{ Title string }
}

func (l listed) titles() (out []string) {
	for _, s := range append(l.Stories, l.Articles...) {
		out = append(out, s.Title)
	}
	return out
}

// TestLists asks for parts of lists. A total of -1 is none.
func TestLists(t *testing.T) {
	d := filled(t)
	later, earlier := "2026-08-18T12:00:01Z", "2026-08-18T14:00:00%2B02:00" // after and at the poll
	for _, tt := range []struct {
		path  string
		total int
		want  []string
	}{
		{"stories", 3, []string{floodTitle, strikeTitle, cometTitle}}, // nobody knows how old the comet is
		{"stories?order=coverage&event=0", 3, []string{floodTitle, strikeTitle, cometTitle}},
		{"stories?order=newest", 3, []string{cometTitle, strikeTitle, floodTitle}}, // all changed at once: by id
		{"stories?limit=1&offset=1", 3, []string{strikeTitle}},
		{"stories?limit=2&offset=2", 3, []string{cometTitle}},
		{"stories?offset=3", 3, nil},
		{"stories?event=" + fmt.Sprint(d.event(t, strikeTitle)), 1, []string{strikeTitle}},
		{"stories?event=4711", 0, nil},
		{"stories?since=" + earlier + "&limit=1", 3, []string{floodTitle}},
		{"stories?since=" + later, 0, nil},
		{"articles", 4, []string{cometTitle, strikeTitle, floodTitle, floodTitle}},
		{"articles?limit=1&offset=1", 4, []string{strikeTitle}},
		{"articles?limit=2&offset=3", 4, []string{floodTitle}},
		{"articles?offset=1000000", 4, nil},
		{"articles?feed=2", 2, []string{strikeTitle, floodTitle}},
		{"articles?feed=2&limit=1", -1, []string{strikeTitle}},
		{"articles?feed=4711", 0, nil},
		{"articles?since=" + earlier + "&limit=1", -1, []string{cometTitle}},
		{"articles?since=" + later, 0, nil},
		{"search?q=river&results=articles", 2, []string{floodTitle, floodTitle}},
		{"search?q=comet+OR+bakers&order=newest", 2, []string{strikeTitle, cometTitle}},
		{"search?q=comet+OR+bakers&order=newest&limit=1&offset=1", 2, []string{cometTitle}},
		{"search?q=zeppelin", 0, nil},
		{"search?q=river", 1, []string{floodTitle}},
		{"search?q=comet+OR+bakers+OR+river&order=coverage&limit=1", 3, []string{floodTitle}},
		{"search?q=river+is:copy", 1, []string{floodTitle}},
		{"search?q=outlets:>1+origin:%22harbour+wire%22&results=articles", 2, []string{floodTitle, floodTitle}},
	} {
		var got listed
		d.get(t, "/api/v1/"+tt.path, &got)
		total := -1
		if got.Total != nil {
			total = *got.Total
		}
		if total != tt.total {
			t.Errorf("%s: a total of %d, want %d", tt.path, total, tt.total)
		}
		if !slices.Equal(got.titles(), tt.want) {
			t.Errorf("%s: %q, want %q", tt.path, got.titles(), tt.want)
		}
	}
}

func (d *testServer) event(t *testing.T, title string) int64 {
	t.Helper()
	s, err := d.room.Stories.Story(t.Context(), d.storyAbout(t, title))
	must(t, err)
	return s.Event
}

// TestEmptyLists wants lists, not null, where nothing is stored.
func TestEmptyLists(t *testing.T) {
	d := open(t)
	for path, want := range map[string]string{
		"stories":      `{"total":0,"stories":[]}`,
		"articles":     `{"total":0,"articles":[]}`,
		"search?q=any": `{"total":0,"articles":[]}`,
		"topics":       `{"total":0,"topics":[]}`,
		"feeds":        `{"total":0,"feeds":[]}`,
		"status":       `{"feeds":0,"articles":0,"stories":0,"events":0,"unsettled":0,"unindexed":0}`,
	} {
		a := d.ask(t, "GET", "/api/v1/"+path, "")
		a.is(200)
		if got := strings.TrimSpace(a.Body.String()); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestStory(t *testing.T) {
	d := filled(t)
	id := d.storyAbout(t, floodTitle)
	var got struct {
		ID, Event int64
		Title     string
		Outlets   int
		Origin    struct {
			Name, Domain, URL, Level string
			Article                  int64
			Evidence                 []object
		}
		First, Latest, Changed time.Time
		Members                []struct {
			Article  int64
			Role     string
			Outlet   object
			Time     time.Time
			Evidence []object
		}
	}
	a := d.ask(t, "GET", fmt.Sprintf("/api/v1/stories/%d", id), "")
	if kind := a.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("a story comes as %s", kind)
	}
	a.read(200, &got)
	if got.ID != id || got.Title != floodTitle || got.Outlets != 2 || len(got.Members) != 2 {
		t.Fatalf("story: %+v", got)
	}
	o := got.Origin
	if o.Name != "Harbour Wire" || o.Domain != "harbourwire.example" || o.URL != "https://harbourwire.example/flood" || o.Level != news.LevelOriginal || len(o.Evidence) == 0 {
		t.Errorf("origin: %+v", o)
	}
	first, copied := got.Members[0], got.Members[1]
	if first.Article != o.Article || first.Role != "original" || first.Outlet["agency"] != true || first.Evidence == nil {
		t.Errorf("the first member is not the original: %+v", first)
	}
	if copied.Role != "copy" || copied.Outlet["name"] != "Gull Point Paper" || len(copied.Evidence) == 0 {
		t.Errorf("the second member is no copy: %+v", copied)
	}
	if !got.First.Equal(first.Time) || !got.Latest.Equal(copied.Time) || !got.Changed.Equal(now) || copied.Time.Sub(first.Time) != time.Hour {
		t.Errorf("times: %+v", got)
	}
}

// TestMergedStory merges one story into another: its id leads there for good.
func TestMergedStory(t *testing.T) {
	d := filled(t)
	kept, gone := d.storyAbout(t, floodTitle), d.storyAbout(t, strikeTitle)
	story, err := d.room.Stories.Story(t.Context(), kept)
	must(t, err)
	moved, err := d.room.Stories.Story(t.Context(), gone)
	must(t, err)
	story.Members = append(story.Members, moved.Members...)
	must(t, d.room.Store.Settle(t.Context(), store.Settlement{Stories: []news.Story{story}, Moved: map[int64]int64{gone: kept}}))
	var got struct {
		ID      int64
		Members []any
	}
	a := d.ask(t, "GET", fmt.Sprintf("/api/v1/stories/%d", gone), "")
	a.read(301, &got)
	if want := fmt.Sprintf("/api/v1/stories/%d", kept); a.Header().Get("Location") != want {
		t.Errorf("story %d leads to %q, want %q", gone, a.Header().Get("Location"), want)
	}
	if got.ID != kept || len(got.Members) != 3 {
		t.Errorf("the answer holds %+v", got)
	}
	a = d.ask(t, "GET", fmt.Sprintf("/api/v1/stories/%d", kept), "")
	a.is(200)
	if to := a.Header().Get("Location"); to != "" {
		t.Errorf("story %d leads on to %s", kept, to)
	}
}

// TestEvent puts all stories into one event: it is given by independence and by time, in parts, and the ids of the events that
// it took in lead there for good.
func TestEvent(t *testing.T) {
	d := filled(t)
	var stories []news.Story
	var others []int64
	for _, title := range []string{floodTitle, strikeTitle, cometTitle} {
		st, err := d.room.Stories.Story(t.Context(), d.storyAbout(t, title))
		must(t, err)
		others, st.Event = append(others, st.Event), d.event(t, floodTitle)
		stories = append(stories, st)
	}
	stories[1].Origin.Outlet = stories[0].Origin.Outlet // the wire tells it twice
	must(t, d.room.Store.Settle(t.Context(), store.Settlement{Stories: stories}))
	flood, strike, comet := stories[0].ID, stories[1].ID, stories[2].ID
	type event struct {
		ID, Newest                  int64
		Total, Outlets, Independent int
		First                       struct {
			Story  int64
			Title  string
			Outlet struct{ Name string }
		}
		Stories []struct {
			ID    int64
			Told  *time.Time
			Again bool
		}
	}
	for query, want := range map[string][]int64{
		"": {flood, strike, comet}, "?order=time": {strike, flood, comet}, "?limit=1&offset=1": {strike}, "?offset=9": {},
	} {
		var got event
		d.ask(t, "GET", fmt.Sprintf("/api/v1/events/%d%s", others[0], query), "").read(200, &got)
		var ids []int64
		for _, st := range got.Stories {
			ids = append(ids, st.ID)
			if st.Again != (st.ID == strike) || (st.Told == nil) != (st.ID == comet) {
				t.Errorf("%s: story %d again %v, told %v", query, st.ID, st.Again, st.Told)
			}
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: stories %v, want %v", query, ids, want)
		}
		if got.Total != 3 || got.Outlets != 3 || got.Independent != 2 || got.Newest != strike {
			t.Errorf("%s: %+v", query, got)
		}
		if got.First.Story != flood || got.First.Title != floodTitle || got.First.Outlet.Name != "Harbour Wire" {
			t.Errorf("%s: first report %+v", query, got.First)
		}
	}
	var got event
	a := d.ask(t, "GET", fmt.Sprintf("/api/v1/events/%d", others[1]), "")
	a.read(301, &got)
	if want := fmt.Sprintf("/api/v1/events/%d", others[0]); a.Header().Get("Location") != want || got.ID != others[0] {
		t.Errorf("event %d leads to %q, want %q: %+v", others[1], a.Header().Get("Location"), want, got)
	}
}

// TestAgedOutStory keeps its headline, origin and counts, and nothing else fails where its articles were.
func TestAgedOutStory(t *testing.T) {
	d := filled(t)
	id := d.storyAbout(t, floodTitle)
	before, err := d.room.Stories.Story(t.Context(), id)
	must(t, err)
	later := time.Now().Add(time.Hour)
	closing, err := d.room.Store.Closable(t.Context(), later, 100)
	must(t, err)
	must(t, d.room.Store.CloseStories(t.Context(), closing))
	_, err = d.room.Store.AgeOut(t.Context(), later, later, 100)
	must(t, err)
	var got struct {
		ID, Outlets int
		Title       string
		AgedOut     int `json:"aged_out"`
		Origin      struct{ Name, Absence string }
		Members     []any
	}
	d.ask(t, "GET", fmt.Sprintf("/api/v1/stories/%d", id), "").read(200, &got)
	if int64(got.ID) != id || got.Title != floodTitle || got.AgedOut != len(before.Members) || got.Outlets != before.Outlets ||
		got.Origin.Name != before.Origin.Name || got.Origin.Absence != "its article was aged out" || got.Members == nil || len(got.Members) != 0 {
		t.Errorf("the story is %+v", got)
	}
	d.ask(t, "GET", fmt.Sprintf("/api/v1/articles/%d", before.Members[0].Article.ID), "").is(404)
	for _, path := range []string{"stories", "events", "articles", "outlets", "search?q=river", "status", "topics", "feeds"} {
		d.ask(t, "GET", "/api/v1/"+path, "").is(200)
	}
}

func TestArticle(t *testing.T) {
	d := filled(t)
	d.collect(t, "late")
	type article struct {
		ID, Story, Feed    int64
		Title, Text, HTML  string
		Authors            []string
		Published          *time.Time
		Seen               time.Time
		Claims             []struct{ Kind, Outlet, Domain, Text string }
		URL, Lang, Summary string
		Outlet             object
	}
	var got article
	d.get(t, fmt.Sprintf("/api/v1/articles/%d", d.articleAbout(t, floodTitle)), &got)
	if got.Story != d.storyAbout(t, floodTitle) || got.Feed != 1 || got.Title != floodTitle || got.Lang != "en" || !got.Seen.Equal(now) {
		t.Errorf("article: %+v", got)
	}
	if !strings.HasPrefix(got.HTML, "<p>ALDERMERE") || !strings.Contains(got.Summary, "forty houses") || !slices.Equal(got.Authors, []string{"Ann Reed"}) {
		t.Errorf("article: %+v", got)
	}
	if got.Published == nil || !got.Published.Equal(now.Add(-5*time.Hour)) {
		t.Errorf("published %v", got.Published)
	}
	if len(got.Claims) != 1 || got.Claims[0].Kind != "dateline" || got.Claims[0].Domain != "harbourwire.example" {
		t.Errorf("claims: %+v", got.Claims)
	}
	var waits object
	d.get(t, "/api/v1/articles/5", &waits)
	if _, settled := waits["story"]; settled || waits["title"] != "It is late" || waits["text"] != "late" {
		t.Errorf("an article that waits: %v", waits)
	}
	for key, want := range map[string]any{"authors": []any{}, "claims": []any{}, "published": nil} {
		if got, ok := waits[key]; !ok || !cmp.Equal(got, want) {
			t.Errorf("an article without %s: %v, want %v", key, got, want)
		}
	}
}

// TestFound holds the spans of a search against the text that they are in.
func TestFound(t *testing.T) {
	d := filled(t)
	type span struct{ Start, End int }
	var got struct {
		Total    int
		Articles []struct {
			ID, Story int64
			Title     string
			Score     float64
			InTitle   []span `json:"in_title"`
			InText    []span `json:"in_text"`
		}
	}
	var raw object
	d.get(t, "/api/v1/search?q=comet", &got)
	if got.Total != 1 || len(got.Articles) != 1 || got.Articles[0].Score <= 0 || got.Articles[0].Story != d.storyAbout(t, cometTitle) {
		t.Fatalf("found: %+v", got)
	}
	f := got.Articles[0]
	d.get(t, fmt.Sprintf("/api/v1/articles/%d", f.ID), &raw)
	summary, _ := raw["summary"].(string)
	if len(f.InTitle) != 1 || f.Title[f.InTitle[0].Start:f.InTitle[0].End] != "comet" {
		t.Errorf("in the title: %v", f.InTitle)
	}
	if len(f.InText) != 1 || summary[f.InText[0].Start:f.InText[0].End] != "comet" {
		t.Errorf("in the text: %v", f.InText)
	}
}

func TestFeed(t *testing.T) {
	d := filled(t)
	_, err := d.room.Feeds.AddFeed(t.Context(), news.Feed{URL: "https://new.example/feed"})
	must(t, err)
	var list struct{ Feeds []object }
	d.get(t, "/api/v1/feeds", &list)
	var one object
	d.get(t, "/api/v1/feeds/2", &one)
	if len(list.Feeds) != 4 || !cmp.Equal(list.Feeds[1], one) {
		t.Errorf("the list has %v, the feed is %v", list.Feeds, one)
	}
	if one["url"] != d.feeds+"/paper" || one["title"] != "Gull Point Paper" || one["state"] != "ok" || one["articles"] != 2.0 || one["folder"] != "Papers" ||
		one["checked"] != "2026-08-18T12:00:00Z" || one["due"] == nil {
		t.Errorf("feed 2: %v", one)
	}
	if fresh := list.Feeds[3]; fresh["state"] != "waiting" || fresh["checked"] != nil || fresh["due"] != nil {
		t.Errorf("a feed that was never polled: %v", fresh)
	}
}

// TestTextStandsAsItIs wants no HTML escapes in JSON, and titles whole.
func TestTextStandsAsItIs(t *testing.T) {
	d := filled(t)
	a := d.ask(t, "GET", "/api/v1/search?q="+url.QueryEscape("title:aunt"), "")
	if !strings.Contains(a.Body.String(), `"title":"`+cometTitle+`"`) {
		t.Errorf("the title is mangled: %s", a.Body)
	}
}
