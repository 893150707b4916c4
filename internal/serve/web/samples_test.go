package web_test

import (
	"fmt"
	"strings"
	"time"

	"headwater/internal/news"
)

// now is the clock of the tests.
var now = time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)

func ago(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }

// outlet makes an invented outlet's domain of its name.
func outlet(name string) news.Outlet {
	domain := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "The "), " ", "")) + ".example"
	return news.Outlet{Name: name, Domain: domain}
}

func article(id int64, o news.Outlet, title, summary string, minutes int) news.Article {
	return news.Article{
		ID: id, Title: title, Outlet: o, Lang: "en", Summary: summary, Text: summary,
		URL: fmt.Sprintf("https://www.%s/news/%d", o.Domain, id), Published: ago(minutes), Seen: ago(minutes - 1),
	}
}

// version is a member that derives from another.
func version(id int64, role news.Role, name, title string, share float64, minutes int) news.Member {
	return news.Member{
		Role: role, Share: share,
		Article: article(id, outlet(name), title, title+", according to a report.", minutes),
		Evidence: []news.Evidence{
			{Kind: "prose", Detail: fmt.Sprintf("%.0f%% of its own prose stands in the original", share*100), Weight: share * 4},
		},
	}
}

// story makes a story whose first member is its original.
func story(id, event int64, members ...news.Member) news.Story {
	first := members[0].Article
	st := news.Story{
		ID: id, Event: event, Title: first.Title, Members: members, Outlets: len(members),
		Origin: news.Origin{
			Outlet: first.Outlet, Article: first.ID, URL: first.URL, Level: news.LevelOriginal, Confidence: 0.94,
			Evidence: []news.Evidence{
				{Kind: "byline", Detail: "3 of the others credit it by name", Weight: 3.1},
				{Kind: "time", Detail: "It came out 22 minutes before the next version", Weight: 0.9},
				{Kind: "direction", Detail: "Another version is longer and holds all of its text", Weight: -0.8},
			},
		},
		First: first.Time(), Latest: members[len(members)-1].Article.Time(),
	}
	st.Changed = st.Latest
	return st
}

func original(id int64, name, title, summary string, minutes int) news.Member {
	return news.Member{Role: news.RoleOriginal, Share: 1, Article: article(id, outlet(name), title, summary, minutes)}
}

// edition is a newsroom on a busy day, all invented.
func edition() *fake {
	ferry := story(1, 1,
		original(1, "Harbour Post", "Ferry with 340 aboard runs aground in fog off Skarholm, all passengers brought ashore by fishing boats",
			"The ferry Anna Marit struck a shoal at 4:12 a.m. on Tuesday, half a mile from the pier where it should have docked. Fishermen who heard the horn reached it first. Nobody was seriously hurt, the coast guard said, though eleven people were treated for cold.", 190),
		version(2, news.RoleCopy, "Coastline Daily", "Ferry with 340 aboard runs aground off Skarholm", 0.98, 150),
		version(3, news.RoleCopy, "Nordlys Wire", "Ferry with 340 aboard runs aground", 0.96, 140),
		version(4, news.RoleCopy, "Capital Herald", "Fishing boats rescue 340 from grounded ferry", 0.91, 120),
		version(5, news.RoleCopy, "Island Times", "All safe after ferry grounding", 0.9, 118),
		version(6, news.RoleRewrite, "The Evening Lantern", "How fishermen saved a ferry in the fog", 0.41, 90),
		version(7, news.RoleRewrite, "Voyage Blog", "Skarholm ferry: what we know", 0.28, 60),
		version(8, news.RoleExcerpt, "Morning Digest", "The day in five stories", 0.12, 31),
	)
	ferry.Members[5].Claims = []news.Claim{
		{Kind: news.ClaimScoop, Outlet: "Harbour Post", Domain: "harbourpost.example", URL: "https://harbourpost.example/news/1", Text: "first reported by the Harbour Post", Strength: 0.9},
	}
	inquiry := story(2, 1,
		original(10, "Capital Herald", "Minister orders inquiry into coastal radar after grounding", "The radar station above the strait had been switched off for repairs since Friday.", 45),
		version(11, news.RoleCopy, "Coastline Daily", "Minister orders radar inquiry", 0.95, 20),
	)
	captain := story(3, 1, original(12, "Island Times", "“I steered by the church bell”: the captain speaks", "An interview.", 15))
	mine := story(4, 4,
		version(20, news.RoleRewrite, "Valley Observer", "Last copper mine of the valley to close by spring, paper says", 0, 80),
		version(21, news.RoleRewrite, "Metal Week", "Report: Garnet mine to shut", 0.22, 70),
	)
	mine.Origin = news.Origin{
		Outlet: news.Outlet{Name: "The Northern Ledger", Domain: "northernledger.example"}, Level: news.LevelLikely, Confidence: 0.81,
		Title:    "Ledger investigation: <b>mine</b> to shut",
		Evidence: []news.Evidence{{Kind: "report", Detail: "Both versions credit a report by The Northern Ledger", Weight: 2.4}},
	}
	mine.Members[0].Claims = []news.Claim{
		{Kind: news.ClaimReport, Outlet: "The Northern Ledger", Domain: "northernledger.example", Text: "according to reporting by The Northern Ledger", Start: 0, End: 9, Strength: 0.8},
		{Kind: news.ClaimTold, Outlet: "Metal Week", Domain: "metalweek.example", Text: "told Metal Week", Strength: 0.2},
	}
	japanese := story(5, 5, original(30, "Minato Shimbun", "港町の灯台、百年ぶりに点灯 住民が見守る", "灯台は一九二六年に消灯した。", 200))
	japanese.Members[0].Article.Lang = "ja"
	japanese.Origin.Level, japanese.Origin.Evidence = news.LevelEarliest, nil
	f := &fake{
		outlets: sampleOutlets(),
		stories: []news.Story{ferry, inquiry, captain, mine, japanese},
		moved:   map[int64]int64{99: 1},
		topics:  []news.Topic{{Name: "Ferries & boats", Secret: "s3cret", Query: "ferry", Added: ago(3000)}, {Name: "Mining", Query: "mine", Added: ago(9000)}},
		status:  news.Status{Feeds: 6, Articles: 214, Stories: 61, Events: 50},
		feeds:   subscriptions(),
	}
	f.rules.list = sampleRules()
	f.stories = append(f.stories, filler()...)
	f.articles = map[int64]news.Article{1: whole(ferry.Members[0].Article)}
	return f
}

// whole gives an article the text that lists leave out.
func whole(a news.Article) news.Article {
	a.Authors = []string{"Ingrid Vale", "Tom Ashe"}
	a.Text = "SKARHOLM — The ferry Anna Marit struck a shoal at 4:12 a.m. on Tuesday.\n\n“We heard the horn and then nothing,” said Per Holt, who was hauling nets, as the Coastline Daily first reported."
	a.HTML = `<p>SKARHOLM — The ferry <em>Anna Marit</em> struck a shoal at 4:12 a.m. on Tuesday.</p>` +
		`<img src="https://pictures.example/ferry.jpg" alt="The ferry on the shoal">` +
		`<p>“We heard the horn and then nothing,” said <a href="https://holt.example/">Per Holt</a>, who was hauling nets, as the Coastline Daily first reported.</p>`
	return a
}

// sampleRules are rules of the admin, with what is long: a query, a label and a folder in one word, and reasons why a rule does nothing.
func sampleRules() []news.UserRule {
	word := strings.Repeat("Überschwemmungsgebiet", 4)
	return []news.UserRule{
		{ID: 1, User: 1, Query: `title:"live blog" OR title:` + word, Folder: word, Action: news.RuleLabel, Label: word, Acted: 1204, Last: now, Applied: 3},
		{ID: 2, User: 1, Query: "horoscope", Feed: 1, Action: news.RuleHide, Paused: true},
		{ID: 3, User: 1, Query: "ferry", Feed: 99, Action: news.RuleStar, Idle: news.RuleNoFeed},
		{ID: 4, User: 1, Query: "mine", Action: news.RuleTopic, Idle: news.RuleNoTopic},
	}
}

func filler() []news.Story {
	titles := []string{
		"Central bank holds rates and hints at a cut in autumn", "Swarm of small quakes worries villages under the volcano",
		"Chess prodigy, 12, beats two grandmasters in one afternoon", "Rail strike called off hours before the morning trains",
		"New bat species found in the roof of a concert hall", "Wheat prices fall as rain reaches the eastern plains",
		"Old film studio to become housing for 900 families",
	}
	var all []news.Story
	for i, title := range titles {
		id := int64(100 + 10*i)
		members := []news.Member{original(id, "The Evening Lantern", title, title+". Officials confirmed it on Tuesday.", 60*i+100)}
		for j := range i % 4 {
			members = append(members, version(id+int64(j)+1, news.RoleCopy, []string{"Capital Herald", "Coastline Daily", "Island Times"}[j], title, 0.9, 60*i+50))
		}
		st := story(id, id, members...)
		st.Origin.Level = []string{news.LevelOriginal, news.LevelLikely, news.LevelEarliest}[i%3]
		all = append(all, st)
	}
	return all
}

func subscriptions() []news.Feed {
	feed := func(id int64, title, folder string, state news.FeedState, problem string, articles int) news.Feed {
		o := outlet(title)
		return news.Feed{
			ID: id, Title: title, URL: "https://" + o.Domain + "/feed.xml", Site: "https://" + o.Domain + "/", Folder: folder,
			State: state, Problem: problem, Articles: articles, Checked: ago(12), Due: now.Add(48 * time.Minute), Rule: "cache",
		}
	}
	gone := feed(6, "Old Almanac", "World", news.FeedGone, "The server says that the feed is gone for good (410). Remove it or give its new address.", 4)
	fresh := feed(5, "Metal Week", "Business", news.FeedWaiting, "", 0)
	fresh.Checked, fresh.Due = time.Time{}, time.Time{}
	return []news.Feed{
		feed(1, "Harbour Post", "World", news.FeedOK, "", 88),
		feed(2, "Coastline Daily", "World", news.FeedRepaired, "", 61),
		feed(3, "Capital Herald", "World", news.FeedUnreachable, "No connection to capitalherald.example: no such host. Check the address, or wait: it is tried again.", 40),
		feed(4, "Minato Shimbun", "日本語", news.FeedEmpty, "", 0),
		fresh, gone,
	}
}
