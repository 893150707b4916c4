package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

func outlet(name string) news.Outlet { return news.Outlet{Name: name, Domain: name + ".example"} }

// room puts six articles into two stories of one event, and one into none.
func room(t *testing.T) (*Index, *StoryTable) {
	t.Helper()
	x := open(t, t.TempDir(), Options{})
	var articles []news.Article
	for id := int64(1); id <= 7; id++ {
		articles = append(articles, news.Article{
			ID: id, Title: fmt.Sprintf("Comet %d", id), Text: "The comet returns.", Lang: []string{"en", "fi"}[id%2],
			URL: fmt.Sprintf("https://paper.example/sky/%d", id), Categories: []string{"Deep Space"},
			Outlet: outlet(fmt.Sprintf("paper%d", id)), Seen: now.Add(time.Duration(id-10) * time.Hour),
		})
	}
	put(t, x, 7, articles...)
	p := &StoryTable{}
	x.SetStories(p)
	p.Set([]news.Placement{
		{Story: 10, Event: 1, Origin: news.Outlet{Name: "Associated Press", Domain: "apnews.com"}, Outlets: 4, Members: map[int64]news.Role{
			1: news.RoleCopy, 2: news.RoleCopy, 3: news.RoleRewrite, 4: news.RoleExcerpt,
		}},
		{Story: 11, Event: 1, Origin: outlet("paper5"), Outlets: 2, Members: map[int64]news.Role{5: news.RoleOriginal, 6: news.RoleCopy}},
	})
	return x, p
}

func TestFacts(t *testing.T) {
	x, _ := room(t)
	tests := []struct {
		query string
		want  []int64
	}{
		{"is:original", []int64{5}},
		{"is:copy", []int64{6, 2, 1}},
		{"comet -is:copy", []int64{7, 5, 4, 3}},
		{"is:rewrite OR is:excerpt", []int64{4, 3}},
		{"origin:ap", nil},
		{"origin:apnews", []int64{4, 3, 2, 1}},
		{"origin:apn*", []int64{4, 3, 2, 1}},
		{`origin:"associated press"`, []int64{4, 3, 2, 1}},
		{"origin:press comet", []int64{4, 3, 2, 1}},
		{"origin:paper5.example", []int64{6, 5}},
		{"copies:2", []int64{4, 3, 2, 1}},
		{"copies:<2", []int64{6, 5}},
		{"outlets:>=2 outlets:<4", []int64{6, 5}},
		{"independent:2", []int64{6, 5, 4, 3, 2, 1}},
		{"independent:>2", nil},
		{"since:5h", []int64{7, 6, 5}},
		{"outlet:paper3", []int64{3}},
		{"outlet:paper", nil},
		{"tag:\"deep space\" comet since:4h", []int64{7, 6}},
		{"tag:space", nil},
		{"url:sky/4", []int64{4}},
	}
	for _, tt := range tests {
		equal(t, tt.want, found(t, x, Request{Query: tt.query, Newest: true}))
	}
}

// A story that changes changes what is found, though no article is indexed anew.
func TestFollow(t *testing.T) {
	x, p := room(t)
	p.Set([]news.Placement{{Story: 10, Event: 2, Origin: outlet("paper5"), Outlets: 6, Members: map[int64]news.Role{
		1: news.RoleCopy, 2: news.RoleCopy, 3: news.RoleCopy, 4: news.RoleExcerpt, 5: news.RoleOriginal, 6: news.RoleCopy,
	}}})
	equal(t, []int64{6, 5, 4, 3, 2, 1}, found(t, x, Request{Query: "copies:4 origin:paper5 independent:1", Newest: true}))
	equal(t, 1, find1(t, x, Request{Query: "comet -comet2", Stories: true, Settled: true}).Total)
	p.Set([]news.Placement{{Story: 12, Event: 2, Outlets: 1, Members: map[int64]news.Role{6: news.RoleOriginal}}})
	equal(t, []int64{6}, found(t, x, Request{Query: "outlets:1 independent:2"}))
}

func TestFold(t *testing.T) {
	x, _ := room(t)
	hits := find1(t, x, Request{Query: "comet", Newest: true, Stories: true})
	var got [][2]int64
	for _, h := range hits.Hits {
		got = append(got, [2]int64{h.ID, int64(h.Others)})
	}
	equal(t, [][2]int64{{7, 0}, {6, 1}, {4, 3}}, got)
	equal(t, [2]int{3, 7}, [2]int{hits.Total, hits.Matches})
	equal(t, []int64{4, 5, 7}, found(t, x, Request{Query: "comet", Coverage: true, Stories: true})) // 5 is the original of 6
	equal(t, []int64{6, 4}, found(t, x, Request{Query: "comet", Newest: true, Stories: true, Settled: true}))
	equal(t, []int64{3}, found(t, x, Request{Query: "comet is:rewrite", Stories: true}))
}

func TestFacets(t *testing.T) {
	x, _ := room(t)
	for _, tt := range []struct {
		stories                         bool
		finnish, english, ap, five, day int
	}{
		{false, 4, 3, 4, 2, 7},
		{true, 3, 2, 1, 1, 3}, // a story with articles in two languages counts under both
	} {
		byField := map[string][]FacetValue{}
		for _, f := range find1(t, x, Request{Query: "comet", Facets: true, Stories: tt.stories, Limit: 1}).Facets {
			byField[f.Field] = f.Values
		}
		equal(t, []FacetValue{{Name: "fi", Query: "lang:fi", Count: tt.finnish}, {Name: "en", Query: "lang:en", Count: tt.english}}, byField["lang"])
		equal(t, []FacetValue{
			{Name: "Associated Press", Query: "origin:apnews.com", Count: tt.ap}, {Name: "paper5", Query: "origin:paper5.example", Count: tt.five},
		}, byField["origin"])
		equal(t, []FacetValue{{Name: "2026-08-20", Query: "date:2026-08-20", Count: tt.day}}, byField["day"])
		for _, values := range byField {
			for _, v := range values { // what a facet offers finds what it counts
				equal(t, v.Count, find1(t, x, Request{Query: "(comet) " + v.Query, Stories: tt.stories}).Total)
			}
		}
	}
}

func TestMarks(t *testing.T) {
	x, _ := room(t)
	marks := &news.Marks{Read: news.IDsOf(1, 2, 5), Starred: news.IDsOf(2, 7)}
	for _, tt := range []struct {
		query string
		want  []int64
	}{
		{"is:unread", []int64{7, 6, 4, 3}},
		{"is:starred", []int64{7, 2}},
		{"comet -is:unread", []int64{5, 2, 1}},
		{"is:starred is:copy", []int64{2}},
		{"is:starred OR is:original", []int64{7, 5, 2}},
	} {
		equal(t, tt.want, found(t, x, Request{Query: tt.query, Newest: true, User: 3, Marks: marks}))
		marks, feeds := Needs(tt.query)
		equal(t, [2]bool{true, false}, [2]bool{marks, feeds})
		if err := ValidateForUser(tt.query); err != nil {
			t.Errorf("%s: %v", tt.query, err)
		}
		var q *QueryError
		if _, err := x.Search(t.Context(), Request{Query: tt.query}, now); !errors.As(err, &q) || !strings.Contains(q.Problem, "this search is nobody's") {
			t.Errorf("%s of nobody: %v", tt.query, err)
		}
		if err := CheckTopic(news.Topic{Query: tt.query}); !errors.As(err, &q) || !strings.Contains(q.Problem, "a topic is nobody's") {
			t.Errorf("%s as a topic: %v", tt.query, err)
		}
	}
	equal(t, []int64{7, 6, 5, 4, 3, 2, 1}, found(t, x, Request{Query: "is:unread", Newest: true, User: 3}))
}

// TestHidden searches as a user from whom something is hidden, with kept results and without.
func TestHidden(t *testing.T) {
	x, _ := room(t)
	x.kept.from = 1
	hidden, fewer := news.IDsOf(5, 7), news.IDsOf(7)
	for _, tt := range []struct {
		query  string
		hidden news.IDSet
		want   []int64
	}{
		{"comet", nil, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"comet", hidden, []int64{6, 4, 3, 2, 1}},
		{"comet", fewer, []int64{6, 5, 4, 3, 2, 1}},
		{"comet", hidden, []int64{6, 4, 3, 2, 1}},
		{"is:hidden", hidden, []int64{7, 5}},
		{"is:hidden", nil, nil},
		{"comet -is:hidden", hidden, []int64{6, 4, 3, 2, 1}},
		{"comet is:hidden OR is:original", hidden, []int64{7, 5}},
		{"after:1970", hidden, []int64{6, 4, 3, 2, 1}},
		{"comet", nil, []int64{7, 6, 5, 4, 3, 2, 1}},
	} {
		s := Request{Query: tt.query, Newest: true, User: 3, Hidden: tt.hidden, Facets: true}
		equal(t, tt.want, found(t, x, s))
		hits := find1(t, x, s)
		days := 0
		for _, v := range hits.Facets[3].Values {
			days += v.Count
		}
		equal(t, [2]int{len(tt.want), len(tt.want)}, [2]int{hits.Total, days})
	}
	var q *QueryError
	for _, err := range []error{Validate("is:hidden"), CheckTopic(news.Topic{Query: "is:hidden"}), CheckRule("is:hidden")} {
		if !errors.As(err, &q) || !strings.Contains(q.Problem, "is:hidden") {
			t.Errorf("is:hidden: %v", err)
		}
	}
}

func TestFeedsByName(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 3, news.Article{ID: 1, Title: "Comet", FeedID: 11, Seen: now}, news.Article{ID: 2, Title: "Comet", FeedID: 12, Seen: now}, news.Article{ID: 3, Title: "Comet", FeedID: 13, Seen: now})
	feeds := []news.Feed{
		{ID: 11, Title: "BBC News - World", URL: "https://feeds.bbci.example/world.xml", Site: "https://www.bbc.example.uk/news"},
		{ID: 12, Title: "The Harbour Post", URL: "https://harbour.example/feed"},
		{ID: 13, URL: "://"},
	}
	for _, tt := range []struct {
		query string
		want  []int64
	}{
		{"feed:bbc", []int64{1}},
		{"feed:bbc.example.uk", []int64{1}},
		{"feed:\"news world\"", []int64{1}},
		{"feed:harb*", []int64{2}},
		{"feed:post comet", []int64{2}},
		{"comet -feed:bbc", []int64{3, 2}},
		{"feed:12 OR feed:bbc", []int64{2, 1}},
		{"feed:gazette", nil},
	} {
		equal(t, tt.want, found(t, x, Request{Query: tt.query, Newest: true, Feeds: feeds}))
	}
	for query, want := range map[string]bool{"comet -feed:bbc": true, "feed:12": false, "(": false} {
		marks, feeds := Needs(query)
		equal(t, [2]bool{false, want}, [2]bool{marks, feeds})
	}
	var q *QueryError
	if err := CheckTopic(news.Topic{Query: "comet feed:bbc"}); !errors.As(err, &q) || q.At != 12 || !strings.Contains(q.Advice, "feed:12") {
		t.Errorf("a topic that names a feed: %v", err)
	}
}

// Pages go on where they ended, though news arrives that would push everything down.
func TestCursor(t *testing.T) {
	for _, s := range []Request{{Newest: true}, {}, {Coverage: true}, {Stories: true}, {Stories: true, Newest: true}} {
		x, _ := room(t)
		s.Query, s.Limit = "comet", 100
		want := found(t, x, s)
		s.Limit = 2
		var got []int64
		for n := int64(0); n < 10; n++ {
			hits := find1(t, x, s)
			for _, h := range hits.Hits {
				got = append(got, h.ID)
			}
			put(t, x, 100+n, news.Article{ID: 100 + n, Title: "Comet comet", Text: "Comet", Seen: now}, news.Article{ID: 200 + n, Title: "Comet", Seen: now.Add(-72 * time.Hour)})
			if s.Cursor = hits.Next; s.Cursor == "" {
				break
			}
		}
		equal(t, want, got)
	}
}

func TestCursorFromElsewhere(t *testing.T) {
	x, _ := room(t)
	next := find1(t, x, Request{Query: "comet", Limit: 2}).Next
	for _, s := range []Request{
		{Query: "comet", Cursor: "elsewhere"},
		{Query: "comet", Cursor: next + "AA"},
		{Query: "comets", Cursor: next},
		{Query: "comet", Newest: true, Cursor: next},
		{Query: "comet", Stories: true, Cursor: next},
	} {
		if _, err := x.Search(t.Context(), s, now); !errors.Is(err, news.ErrCursor) {
			t.Errorf("%+v: %v, want ErrCursor", s, err)
		}
	}
}

func TestForms(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 5,
		news.Article{ID: 1, Title: "Running for office", Text: "She was elected by the members.", Lang: "en", Seen: now},
		news.Article{ID: 2, Title: "A run", Text: "They elect a member.", Lang: "en", Seen: now},
		news.Article{ID: 3, Title: "Wahlen", Text: "Die Häuser der Stadt.", Lang: "de", Seen: now},
		news.Article{ID: 4, Title: "Talo", Text: "the", Lang: "fi", Seen: now},
		news.Article{ID: 5, Title: "Statement", Text: "Talo government running", Lang: "xx", Seen: now},
	)
	tests := []struct {
		query string
		want  []int64
	}{
		{"election", []int64{1, 2}},
		{"electing", []int64{1, 2}},
		{"elects", []int64{1, 2}},
		{"running", []int64{1, 2, 5}},
		{`"elects"`, []int64{2}},
		{"runs", []int64{1, 2}}, // article 5 has another form, but is not in English
		{"title:runs", []int64{1, 2}},
		{"hausern", []int64{3}},
		{"governm*", []int64{5}},
		{"goverment~", []int64{5}},
		{"the elected office", []int64{1}},
		{"the run", []int64{1, 2}}, // article 5 is not in English, and has no "the"
		{"the", []int64{1, 4}},
		{"the talo", []int64{4}},
	}
	for _, tt := range tests {
		got := map[int64]bool{}
		for _, id := range found(t, x, Request{Query: tt.query}) {
			got[id] = true
		}
		want := map[int64]bool{}
		for _, id := range tt.want {
			want[id] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", tt.query, got, want)
		}
	}
}

// Nothing that people have typed to break programs gives anything but an answer or a syntax error.
func TestNaughtyQueries(t *testing.T) {
	data, err := os.ReadFile("../../../shared/hostile/naughty_strings.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the naughty strings are not beside this checkout: ../shared/hostile/naughty_strings.json")
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	x, _ := room(t)
	for _, s := range list {
		for _, query := range []string{s, "title:" + s, "origin:" + s, `"` + s + `"`, "(" + s + ") OR comet"} {
			checkQuery(t, query)
			var syntax *QueryError
			if _, err := x.Search(t.Context(), Request{Query: query, Facets: true, Stories: true}, now); err != nil && !errors.As(err, &syntax) {
				t.Errorf("%q: %v", query, err)
			}
		}
	}
}

// A story whose articles went where nobody says is no longer known for sure.
func TestPlacesSayWhenToReadAgain(t *testing.T) {
	copies := func(ids ...int64) map[int64]news.Role {
		m := map[int64]news.Role{}
		for _, id := range ids {
			m[id] = news.RoleCopy
		}
		return m
	}
	tests := []struct {
		name    string
		stories []news.Placement
		gone    []int64
		whole   bool
	}{
		{"one more", []news.Placement{{Story: 11, Members: copies(5, 6, 7)}}, nil, true},
		{"merged", []news.Placement{{Story: 10, Members: copies(1, 2, 3, 4, 5, 6)}}, []int64{11}, true},
		{"one moved", []news.Placement{{Story: 11, Members: copies(5, 6, 4)}, {Story: 10, Members: copies(1, 2, 3)}}, nil, true},
		{"one left out", []news.Placement{{Story: 11, Members: copies(5)}}, nil, false},
		{"merged but for one", []news.Placement{{Story: 10, Members: copies(1, 2, 3, 4, 5)}}, []int64{11}, false},
	}
	for _, tt := range tests {
		_, p := room(t)
		if got := p.Set(tt.stories, tt.gone...); got != tt.whole {
			t.Errorf("%s: whole %t, want %t", tt.name, got, tt.whole)
		}
	}
}

// A page of any length and place is no more than there is.
func TestLongPages(t *testing.T) {
	x, _ := room(t)
	for _, s := range []Request{{Limit: math.MaxInt}, {Limit: math.MaxInt, Stories: true}, {Offset: math.MaxInt}, {Offset: math.MaxInt, Limit: math.MaxInt}} {
		s.Query = "comet"
		hits, err := x.Search(t.Context(), s, now)
		if want := max(hits.Total-s.Offset, 0); err != nil || len(hits.Hits) != want || hits.Next != "" {
			t.Errorf("limit %d, offset %d: %d hits, want %d, next %q, %v", s.Limit, s.Offset, len(hits.Hits), want, hits.Next, err)
		}
	}
}

// Stories change while they are searched for: each search sees them before or after, never in between.
func TestSearchWhileStoriesChange(t *testing.T) {
	x, p := room(t)
	flip := [][]news.Placement{
		{{Story: 10, Event: 1, Outlets: 4, Members: map[int64]news.Role{1: "", 2: "", 3: ""}}, {Story: 11, Event: 1, Outlets: 2, Members: map[int64]news.Role{4: "", 5: "", 6: ""}}},
		{{Story: 10, Event: 1, Outlets: 4, Members: map[int64]news.Role{1: "", 2: "", 3: "", 4: ""}}, {Story: 11, Event: 1, Outlets: 2, Members: map[int64]news.Role{5: "", 6: ""}}},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := range 500 {
			p.Set(flip[i%2])
		}
	}()
	for changing := true; changing; {
		select {
		case <-ended:
			changing = false
		default:
		}
		hits, err := x.Search(t.Context(), Request{Query: "comet outlets:>1", Stories: true, Facets: true}, now)
		if err != nil || hits.Total != 2 || hits.Matches != 6 {
			t.Fatalf("%d stories, %d articles, want 2 and 6; %v", hits.Total, hits.Matches, err)
		}
	}
}

// Whatever is changed in a draft, the table that it began as stays as it was.
func TestTableStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now pagedArray[int]
		want := map[int64]int{}
		type moment struct {
			pagedArray[int]
			want map[int64]int
		}
		var before []moment
		for range rapid.IntRange(1, 8).Draw(t, "drafts") {
			d := now.draft()
			for _, i := range rapid.SliceOfN(rapid.Int64Range(0, 4*pageSize), 0, 20).Draw(t, "places") {
				*d.edit(i)++
				want[i]++
			}
			now = d.pagedArray
			before = append(before, moment{now, maps.Clone(want)})
		}
		for n, m := range before {
			for i := int64(-1); i < 5*pageSize; i++ {
				if m.at(i) != m.want[i] {
					t.Fatalf("after draft %d element %d is %d, want %d", n, i, m.at(i), m.want[i])
				}
			}
		}
	})
}

// A search sees the stories of its beginning, and holds up nobody who changes them.
func TestStandingStays(t *testing.T) {
	_, p := room(t)
	before := p.snapshot()
	if !p.Set([]news.Placement{{Story: 10, Event: 2, Outlets: 9, Members: map[int64]news.Role{1: news.RoleOriginal, 2: news.RoleCopy, 3: news.RoleCopy, 4: news.RoleCopy}}}) {
		t.Fatal("nothing was left open")
	}
	after := p.snapshot()
	slot := before.of(1).slot
	equal(t, [2]int{4, 9}, [2]int{before.count("outlets", slot), after.count("outlets", slot)})
	equal(t, [2]int{2, 3}, [2]int{before.count("copies", slot), after.count("copies", slot)})
	equal(t, [2]int{2, 1}, [2]int{before.count("independent", slot), after.count("independent", slot)})
	equal(t, [2]uint8{roleNumber(news.RoleCopy), roleNumber(news.RoleOriginal)}, [2]uint8{before.of(1).role, after.of(1).role})
}
