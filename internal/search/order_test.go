package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestProminent has one word in headlines, in leads and far down in texts. Age and frequency speak for the passing mentions.
func TestProminent(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	words := func(n int) string { return strings.Repeat("filler ", n) }
	old := now.AddDate(-1, 0, 0)
	put(t, x, 9,
		news.Article{ID: 1, Title: "Harbour", Text: words(61) + "ferry ferry ferry ferry storm", Lang: "en", Seen: now},
		news.Article{ID: 2, Title: "Harbour", Text: words(59) + "ferry " + words(200) + "storm", Lang: "en", Seen: old},
		news.Article{ID: 3, Title: "Ferry late", Text: words(200) + "storm", Lang: "en", Seen: old},
		news.Article{ID: 4, Title: "Storm stops ferry", Text: words(50), Lang: "en", Seen: old},
		news.Article{ID: 5, Title: "Harbour", Text: words(100) + "ferries storm", Lang: "en", Seen: now},
		news.Article{ID: 6, Title: "港", Text: strings.Repeat("北京", 35) + "渡轮", Lang: "zh", Seen: now},
		news.Article{ID: 7, Title: "港", Text: "渡轮" + strings.Repeat("北京", 35), Lang: "zh", Seen: old},
		news.Article{ID: 8, Title: "Storm", Text: words(30) + "the late ferry and " + words(60) + " late ferry", Lang: "en", Seen: old},
		news.Article{ID: 9, Title: "Harbour", Text: words(70) + "late ferry", Lang: "en", Seen: now},
	)
	for _, tt := range []struct {
		query           string
		prominent, rest []int64
	}{
		{"ferry", []int64{2, 3, 4, 8}, []int64{1, 5, 9}},
		{"ferr*", []int64{2, 3, 4, 8}, []int64{1, 5, 9}},
		{"ferry storm", []int64{4, 8}, []int64{1, 2, 3, 5}}, // both must be there, in headline or lead
		{"ferry OR storm", []int64{2, 3, 4, 8}, []int64{1, 5, 9}},
		{`"late ferry"`, []int64{8}, []int64{9}},
		{"text:ferry", []int64{2, 8}, []int64{1, 5, 9}},
		{"title:ferry", []int64{3, 4}, nil},
		{"ferry -storm", nil, []int64{9}}, // what must not occur may occur nowhere
		{"ferry lang:en since:1d", nil, []int64{1, 5, 9}},
		{"(ferry title:storm) OR 渡轮", []int64{4, 7, 8}, []int64{6}},
		{"渡轮", []int64{7}, []int64{6}},
		{"lang:zh", []int64{6, 7}, nil},
		{"since:1d", []int64{1, 5, 6, 9}, nil},
		{"ferrx~", []int64{3, 4}, []int64{1, 2, 5, 8, 9}}, // of similar words, headlines
	} {
		for _, s := range []Request{{}, {Newest: true, Prominent: true}, {Coverage: true, Prominent: true}} {
			s.Query = tt.query
			hits := find1(t, x, s)
			var got [2][]int64
			for i, h := range hits.Hits {
				if h.Passing != (i >= hits.Prominent) {
					t.Errorf("%s: the hits are not in order: %+v of %d", tt.query, hits.Hits, hits.Prominent)
				}
				n := 0
				if h.Passing {
					n = 1
				}
				got[n] = append(got[n], h.ID)
			}
			slices.Sort(got[0])
			slices.Sort(got[1])
			if fmt.Sprint(got) != fmt.Sprint([2][]int64{tt.prominent, tt.rest}) {
				t.Errorf("%+v: %v, want %v and in passing %v", s, got, tt.prominent, tt.rest)
			}
		}
		if hits := find1(t, x, Request{Query: tt.query, Newest: true}); hits.Prominent != 0 || len(hits.Hits) > 0 && hits.Hits[0].Passing {
			t.Errorf("%s by time alone: %+v", tt.query, hits)
		}
	}
}

// TestOriginalsFirst has a story with an original and later copies of one text, and a story whose original is not found.
func TestOriginalsFirst(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var articles []news.Article
	for id := int64(1); id <= 8; id++ {
		a := news.Article{ID: id, Title: "Ferry late", Text: "The ferry was late.", Seen: now.Add(time.Duration(id-24) * time.Hour), Outlet: outlet("paper")}
		switch id {
		case 5: // the original of the second story
			a.Title, a.Text = "Boat late", "The boat was late."
		case 7: // the original of the third story, which mentions it in passing
			a.Title, a.Text = "Harbour", strings.Repeat("filler ", 80)+"ferry"
		}
		articles = append(articles, a)
	}
	put(t, x, 8, articles...)
	stories := &StoryTable{}
	x.SetStories(stories)
	stories.Set([]news.Placement{
		{Story: 10, Outlets: 4, Members: map[int64]news.Role{1: news.RoleOriginal, 2: news.RoleCopy, 3: news.RoleCopy, 4: news.RoleCopy}},
		{Story: 11, Outlets: 4, Members: map[int64]news.Role{5: news.RoleOriginal, 6: news.RoleCopy}},
		{Story: 12, Outlets: 4, Members: map[int64]news.Role{7: news.RoleOriginal, 8: news.RoleCopy}},
	})
	for _, tt := range []struct {
		name    string
		request Request
		want    []int64
	}{
		{"articles", Request{}, []int64{1, 8, 6, 4, 3, 2, 7}},
		{"the original stands for its story, and leads where it is found", Request{Stories: true}, []int64{8, 1, 6}}, // 8 stands for 7, whose mention is in passing
		{"equally many outlets", Request{Stories: true, Coverage: true}, []int64{7, 1, 6}},
		{"by time the newest stands for its story", Request{Stories: true, Newest: true}, []int64{8, 6, 4}},
	} {
		tt.request.Query = "ferry"
		if got := found(t, x, tt.request); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	// A clearly better match comes before an original.
	put(t, x, 9, news.Article{ID: 9, Title: "Ferry ferry", Text: "Ferry, ferry, ferry and the ferry.", Seen: now})
	if got := found(t, x, Request{Query: "ferry"}); got[0] != 9 {
		t.Errorf("a better match: %v", got)
	}
}

// TestOneOutletOneFacet has outlets under several names and domains, which the registry knows or not.
func TestOneOutletOneFacet(t *testing.T) {
	bbc := news.Outlet{Name: "BBC News", Domain: "bbc.co.uk"}
	x := open(t, t.TempDir(), Options{Outlet: func(o news.Outlet) (news.Outlet, bool) {
		switch {
		case o.Domain == "bbc.co.uk" || o.Domain == "bbc.com" || o.Name == "BBC Online":
			return bbc, true
		case o.Domain == "thetimes.co.uk" || o.Domain == "timesofmalta.com":
			return o, true
		}
		return news.Outlet{}, false
	}})
	outlets := []news.Outlet{
		bbc,
		{Name: "BBC", Domain: "bbc.com"},
		{Name: "BBC Online"},
		{Name: "BBC News", Domain: "bbc.com"},
		{Name: "Harbour Post", Domain: "harbour.example"},
		{Name: "harbour post", Domain: "harbourpost.example"},
		{Name: "The Times", Domain: "thetimes.co.uk"},
		{Name: "The Times", Domain: "timesofmalta.com"},
		{Domain: "nameless.example"},
		{},
	}
	var articles []news.Article
	stories, placements := &StoryTable{}, []news.Placement{}
	for i, o := range outlets {
		for k := range int64(2) {
			id := int64(2*i) + k + 1
			articles = append(articles, news.Article{ID: id, Title: "Comet", Outlet: o, Seen: now})
			placements = append(placements, news.Placement{Story: id/3 + 1, Origin: o, Outlets: 1, Members: map[int64]news.Role{id: news.RoleOriginal}})
		}
	}
	put(t, x, 1, articles...)
	for i := range placements { // three articles to a story
		for j := range placements {
			if placements[j].Story == placements[i].Story {
				for id, role := range placements[j].Members {
					placements[i].Members[id] = role
				}
			}
		}
	}
	x.SetStories(stories)
	stories.Set(placements)
	for _, folded := range []bool{false, true} {
		for _, f := range find1(t, x, Request{Query: "comet", Facets: true, Stories: folded}).Facets[:2] {
			names := map[string]bool{}
			for _, v := range f.Values {
				if names[v.Name] {
					t.Errorf("%s: two values are called %q: %+v", f.Field, v.Name, f.Values)
				}
				names[v.Name] = true
				if got := find1(t, x, Request{Query: "comet " + v.Query, Stories: folded}).Total; got != v.Count {
					t.Errorf("%s %q counts %d, and %s finds %d", f.Field, v.Name, v.Count, v.Query, got)
				}
			}
			if f.Field == "outlet" {
				for _, want := range []string{"BBC News", "Harbour Post", "The Times (thetimes.co.uk)", "The Times (timesofmalta.com)", "nameless.example"} {
					if !names[want] || len(names) != 5 {
						t.Errorf("no value %q, or others: %+v", want, f.Values)
					}
				}
			}
		}
	}
}
