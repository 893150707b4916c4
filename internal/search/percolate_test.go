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
