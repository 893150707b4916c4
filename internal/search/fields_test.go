package search

import (
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestFieldsOnBothReaders asks for each field in a search of the index and in the match of a single article. Both must give the
// same, for some articles and not for all. A new field needs a line here.
func TestFieldsOnBothReaders(t *testing.T) {
	tests := map[string][]string{
		"":            {"comet", "comets", "returning", `"comet returns"`, "ret*", "commet~", "the comet", "comet OR harbour", "-comet", "C#", `"US"`, "全", "京都", "comet-ret*"},
		"title":       {"title:comet", `title:"comet returns"`, "title:com*", "title:commet~"},
		"text":        {"text:astronomer", `text:"an astronomer"`, "text:astro*"},
		"author":      {"author:lee", `author:"ann lee"`, "author:moss*"},
		"source":      {"source:reuters", "source:reuters.com", "source:reut*", `source:"the paper"`, "source:reuter~"},
		"outlet":      {"outlet:reuters", "outlet:paper", "outlet:pap*", `outlet:"the paper"`},
		"origin":      {"origin:apnews", "origin:apn*", `origin:"associated press"`},
		"lang":        {"lang:en", "lang:ja", "lang:pt-br"},
		"feed":        {"feed:1", "feed:2"},
		"tag":         {"tag:sky", `tag:"deep space"`, "tag:c#", "tag:c"},
		"url":         {"url:sky", "url:2026/08"},
		"date":        {"date:2026-08-18", "date:2026-08-18..2026-08-19", "date:..2026-08-18", "comet date:2026-08-18", "date:1969", "comet date:..2026-08-19", "comet date:2110", "comet date:2026..2100"},
		"after":       {"after:2026-08-19", "comet after:2026-08-19", "comet after:2107"},
		"before":      {"before:2026-08-19", "comet before:2026-08-20"},
		"since":       {"since:30h", "since:2026-08-19"},
		"is":          {"is:original", "is:copy", "is:rewrite"},
		"copies":      {"copies:1", "copies:0", "copies:>0", "copies:<1"},
		"outlets":     {"outlets:>=2", "outlets:<=1"},
		"independent": {"independent:>1", "independent:1"},
	}
	x := open(t, t.TempDir(), Options{Credits: func(a news.Article) []news.Outlet {
		if a.ID == 2 {
			return []news.Outlet{{Name: "Reuters", Domain: "reuters.com"}}
		}
		return nil
	}})
	paper, reuters := news.Outlet{Name: "The Paper", Domain: "paper.example"}, news.Outlet{Name: "Reuters", Domain: "reuters.com"}
	articles := []news.Article{
		{ID: 1, FeedID: 1, Title: "Comet returns", Text: "An astronomer saw it.", Lang: "en", Authors: []string{"Ann Lee"}, Outlet: reuters, Categories: []string{"Sky", "C#"}, URL: "https://reuters.com/sky/1", Published: at(18, 9), Seen: at(18, 10)},
		{ID: 2, FeedID: 2, Title: "The comets and the US", Text: "They returned, COVID-19 or not.", Lang: "en", Authors: []string{"Bo Moss"}, Outlet: paper, Categories: []string{"Deep Space"}, URL: "https://paper.example/2026/08/comets", Published: at(19, 9), Seen: at(19, 10)},
		{ID: 3, FeedID: 2, Title: "Harbour open", Text: "C# and .NET for us", Lang: "pt-BR", Outlet: paper, Categories: []string{"C"}, Published: at(20, 9), Seen: at(20, 10)},
		{ID: 4, FeedID: 3, Title: "京都の全人代", Text: "全国", Lang: "ja", Seen: at(20, 11), Undated: true},
		{ID: 5, FeedID: 3, Title: "From the archive", Published: time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC), Seen: at(20, 11)},
		{ID: 6, FeedID: 4, Title: "An event of two stories", Published: at(17, 1), Seen: at(17, 1)},
		{ID: 7, Title: "Comet, foretold", Published: time.Date(2110, 1, 1, 0, 0, 0, 0, time.UTC), Seen: at(20, 11)}, // seconds since 1970 take more than 32 bits
	}
	put(t, x, 7, articles...)
	stories := &StoryTable{}
	x.SetStories(stories)
	stories.Set([]news.Placement{
		{Story: 10, Event: 1, Origin: news.Outlet{Name: "Associated Press", Domain: "apnews.com"}, Outlets: 2, Members: map[int64]news.Role{1: news.RoleOriginal, 2: news.RoleCopy}},
		{Story: 11, Origin: paper, Outlets: 1, Members: map[int64]news.Role{3: news.RoleRewrite}},
		{Story: 12, Event: 1, Origin: paper, Outlets: 1, Members: map[int64]news.Role{6: news.RoleOriginal}},
	})
	for _, f := range queryFields {
		queries := tests[f.name]
		delete(tests, f.name)
		if !slices.ContainsFunc(queries, func(q string) bool { return strings.Contains(q, f.name+":") }) {
			t.Errorf("%s: has no query here", f.name)
		}
		checkBothReaders(t, x, stories, articles, queries)
	}
	checkBothReaders(t, x, stories, articles, tests[""])
	if delete(tests, ""); len(tests) > 0 {
		t.Errorf("queries of fields that there are not: %v", tests)
	}
}

func checkBothReaders(t *testing.T, x *Index, stories *StoryTable, articles []news.Article, queries []string) {
	t.Helper()
	matched := false
	for _, q := range queries {
		ids := found(t, x, Request{Query: q})
		slices.Sort(ids)
		p := x.Percolator([]news.Topic{{ID: 1, Query: q}})
		var matches []int64
		for _, a := range articles {
			if sure, _ := p.Match(a, stories, now); len(sure) == 1 {
				matches = append(matches, a.ID)
			}
		}
		if !slices.Equal(ids, matches) || len(ids) == len(articles) {
			t.Errorf("%s: the search finds %v, and the percolator %v of %d articles", q, ids, matches, len(articles))
		}
		matched = matched || len(ids) > 0
	}
	if !matched {
		t.Errorf("none of %q finds anything", queries)
	}
}
