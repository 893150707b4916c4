package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

// drawQuery makes a query of words and fields that the articles below have, and some that they nearly have.
func drawQuery(t *rapid.T, depth int) string {
	word := rapid.SampledFrom([]string{
		"comet", "comets", "election", "elections", "electing", "elected", "the", "and", "die", "der", "wahl", "wahlen", "return", "returned",
		"returns", "U.S.", "1,500", "COVID-19", "全人代", "人", "開幕", "zzz", "news", "policies", "policy", "élection",
		"c", "C#", "C++", ".NET", "net", "AT&T", "at", "t", "A/B", "#comet", "#全人代", "@comet", "US", "us", "50%", "node.js", "it",
	})
	leaf := func() string {
		switch rapid.IntRange(0, 14).Draw(t, "kind") {
		case 0:
			return `"` + word.Draw(t, "w") + " " + word.Draw(t, "w") + `"`
		case 1:
			return rapid.SampledFrom([]string{"com*", "elect*", "ret*", "wah*", "polici*", "COVID-1*", "全*", ".net*", "#com*", "c++*", "#全*", "U.S.*", "at&tel*", "electing#com*"}).Draw(t, "prefix")
		case 2:
			return rapid.SampledFrom([]string{"comer~", "eletion~2", "retturn~", "wahlem~1", "#comte~", ".nett~"}).Draw(t, "fuzzy")
		case 3:
			return "title:" + word.Draw(t, "w")
		case 4:
			return "text:" + word.Draw(t, "w")
		case 5:
			return rapid.SampledFrom([]string{"source:ap", "source:apnews", "source:\"associated press\"", "outlet:paper", "outlet:pap*", "source:paper.example", "outlet:\"the paper\""}).Draw(t, "source")
		case 6:
			return rapid.SampledFrom([]string{"lang:en", "lang:de", "lang:ja", "feed:1", "feed:2", "tag:sky", "tag:\"deep space\"", "tag:c#", "tag:c", "url:sky", "author:lee"}).Draw(t, "key")
		case 7:
			return rapid.SampledFrom([]string{"is:original", "is:copy", "copies:1", "copies:>1", "outlets:>=2", "outlets:1", "independent:>1", "origin:ap", "origin:\"associated press\""}).Draw(t, "fact")
		case 8:
			return rapid.SampledFrom([]string{"since:5h", "since:2d", "date:2026-08-18", "after:2026-08-19", "before:2026-08", "date:2026-08-17..2026-08-18"}).Draw(t, "time")
		}
		if rapid.IntRange(0, 3).Draw(t, "quoted") == 0 {
			return `"` + word.Draw(t, "w") + `"`
		}
		return word.Draw(t, "w")
	}
	if depth == 0 {
		return leaf()
	}
	var parts []string
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		part := leaf()
		if rapid.IntRange(0, 4).Draw(t, "group") == 0 {
			part = "(" + drawQuery(t, depth-1) + ")"
		}
		if rapid.IntRange(0, 5).Draw(t, "not") == 0 {
			part = "-" + part
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, rapid.SampledFrom([]string{" ", " ", " OR "}).Draw(t, "between"))
}

// shownAsHTML takes an article's HTML for what is shown beside its body.
func shownAsHTML(a news.Article) string { return a.HTML }

func drawArticle(t *rapid.T, id int64) news.Article {
	sentence := rapid.SliceOfN(rapid.SampledFrom([]string{
		"comet", "Comets", "election", "elections", "elect", "electing", "the", "and", "die", "Wahlen", "Wahl", "returned", "return", "U.S.", "1,500",
		"COVID-19", "全人代が開幕", "news", "policies", "policy", "Élection", "come",
		"C", "C#", "C++", ".NET", "Net", "AT&T", "At", "T", "A/B", "#comets", "#全人代", "@comet", "US", "us", "50%", "50", "Node.js", "IT", "it", "\n",
	}), 1, 8)
	return news.Article{
		ID: id, FeedID: rapid.Int64Range(1, 2).Draw(t, "feed"),
		Title: strings.Join(sentence.Draw(t, "title"), " "), Text: strings.Join(sentence.Draw(t, "text"), " "),
		HTML:       strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"comet", "list", "returned", "全人代"}), 0, 2).Draw(t, "shown"), " "),
		Lang:       rapid.SampledFrom([]string{"", "en", "de", "ja", "pt-br"}).Draw(t, "lang"),
		Authors:    rapid.SampledFrom([][]string{nil, {"Ann Lee"}, {"Bob", "Lee Ann"}}).Draw(t, "authors"),
		Outlet:     rapid.SampledFrom([]news.Outlet{{Name: "The Paper", Domain: "paper.example"}, {Name: "Associated Press", Domain: "apnews.com"}, {}}).Draw(t, "outlet"),
		Categories: rapid.SampledFrom([][]string{nil, {"Sky"}, {"Deep Space", "sky"}, {"C#"}, {"C"}}).Draw(t, "tags"),
		URL:        rapid.SampledFrom([]string{"", "https://paper.example/sky/1"}).Draw(t, "url"),
		Seen:       now.Add(-time.Duration(rapid.IntRange(0, 72).Draw(t, "age")) * time.Hour),
		Undated:    rapid.Bool().Draw(t, "undated"),
	}
}

// TestPercolatorIsASearch holds what topics match against what their queries find in an index of the same articles.
func TestPercolatorIsASearch(t *testing.T) {
	x := open(t, t.TempDir(), Options{Shown: shownAsHTML, Credits: func(a news.Article) []news.Outlet {
		if a.FeedID == 2 {
			return []news.Outlet{{Name: "Associated Press", Domain: "apnews.com"}}
		}
		return nil
	}})
	next := int64(1)
	rapid.Check(t, func(rt *rapid.T) {
		places := &StoryTable{}
		x.SetStories(places)
		first := next
		var articles []news.Article
		for range 4 {
			articles = append(articles, drawArticle(rt, next))
			next++
		}
		put(t, x, next, articles...)
		places.Set([]news.Placement{
			{Story: first, Event: 1, Origin: news.Outlet{Name: "Associated Press", Domain: "apnews.com"}, Outlets: 2, Members: map[int64]news.Role{first: news.RoleOriginal, first + 1: news.RoleCopy}},
			{Story: first + 2, Event: rapid.Int64Range(0, 1).Draw(rt, "event"), Origin: outlet("paper"), Outlets: 1, Members: map[int64]news.Role{first + 2: news.RoleRewrite}},
		})
		var topics []news.Topic
		for id := range int64(6) {
			topics = append(topics, news.Topic{ID: id + 1, Query: drawQuery(rt, 2), Options: news.TopicOptions{
				Originals: rapid.IntRange(0, 9).Draw(rt, "originals") == 0, MinOutlets: rapid.IntRange(0, 2).Draw(rt, "outlets"),
			}})
		}
		p := x.Percolator(topics)
		for _, topic := range topics {
			if CheckTopic(topic) != nil {
				if p.Invalid()[topic.ID] == nil {
					rt.Fatalf("%q is taken", topic.Query)
				}
				continue
			}
			hits, err := x.Search(t.Context(), Request{Query: topic.Query, Only: topic.Options, Limit: 1 << 20}, now)
			if err != nil {
				rt.Fatal(err)
			}
			for _, a := range articles {
				found := slices.ContainsFunc(hits.Hits, func(h Hit) bool { return h.ID == a.ID })
				sure, maybe := p.Match(a, places, now)
				if matched := slices.Contains(sure, topic.ID); matched != found {
					rt.Fatalf("%q with %+v: found %v, matched %v: %+v", topic.Query, topic.Options, found, matched, a)
				}
				if still := len(p.Rematch(a, places, now, []int64{topic.ID})) == 1; still != found {
					rt.Fatalf("%q: found %v, still %v", topic.Query, found, still)
				}
				if parsed, _ := parseWithOptions(topic.Query, topic.Options); found && dependsOnStory(parsed) && !slices.Contains(maybe, topic.ID) {
					rt.Fatalf("%q depends on the story and is not asked again", topic.Query)
				}
			}
		}
	})
}

func TestPercolatorInvalid(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	p := x.Percolator([]news.Topic{{ID: 1, Query: `"never closed`}, {ID: 2, Query: "comet"}, {ID: 3, Query: "is:unread"}})
	if len(p.Invalid()) != 2 || p.Invalid()[1] == nil || p.Invalid()[3] == nil {
		t.Errorf("broken: %v", p.Invalid())
	}
	sure, _ := p.Match(news.Article{ID: 1, Title: "Comet found"}, &StoryTable{}, now)
	if fmt.Sprint(sure) != "[2]" {
		t.Errorf("matches %v", sure)
	}
}

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
