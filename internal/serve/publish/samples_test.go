package publish_test

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

var noon = time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func member(id int64, role news.Role, outlet, title string) news.Member {
	return news.Member{Role: role, Share: 0.8, Article: news.Article{
		ID: id, Title: title, Lang: "en",
		URL:     "https://" + outlet + "/" + string(role),
		Outlet:  news.Outlet{Name: outlet, Domain: outlet},
		Summary: "Summary of " + title + ".",
		Seen:    at(int(id)),
	}}
}

// owned is a story whose original is among the feeds.
func owned() news.Story {
	return news.Story{
		ID: 7, Event: 3, Title: "Ferry <Anna> runs aground & is refloated",
		Origin: news.Origin{
			Outlet:  news.Outlet{Name: "Harbour Post", Domain: "harbour.example"},
			Article: 1, URL: "https://harbour.example/ferry?a=1&b=2", Level: news.LevelOriginal,
		},
		Members: []news.Member{
			member(1, news.RoleOriginal, "harbour.example", "Ferry <Anna> runs aground & is refloated"),
			member(2, news.RoleCopy, "copyist.example", "Ferry runs aground"),
			member(3, news.RoleExcerpt, "digest.example", "The day in brief"),
		},
		First: at(1), Latest: at(3), Changed: at(4),
	}
}

// named is a story whose original is credited by its members only.
func named() news.Story {
	return news.Story{
		ID: 8, Event: 4, Title: "Mine to close, paper says",
		Origin: news.Origin{Outlet: news.Outlet{Name: "Northern Ledger", Domain: "ledger.example"}, Level: news.LevelLikely},
		Members: []news.Member{
			member(4, news.RoleRewrite, "blog.example", "Mine to close, paper says"),
			member(5, news.RoleCopy, "second.example", "Mine to close"),
		},
		First: at(10), Latest: at(11), Changed: at(12),
	}
}

// unknown is a story of one article that credits nobody.
func unknown() news.Story {
	m := member(6, news.RoleOriginal, "solo.example", "日本語の見出し")
	m.Article.Lang = "ja"
	m.Article.Summary = ""
	return news.Story{
		ID: 9, Title: m.Article.Title,
		Origin:  news.Origin{Outlet: m.Article.Outlet, Article: 6, URL: m.Article.URL, Level: news.LevelEarliest},
		Members: []news.Member{m}, First: at(20), Latest: at(20), Changed: at(20),
	}
}

func channel(stories ...news.Story) publish.Channel {
	s := publish.Site{URL: "http://news.example:8080", Instance: "test"}
	return publish.Channel{
		ID: s.ChannelID("all"), Title: "Headwater", Description: "All stories",
		Home: "http://news.example:8080/", Self: "http://news.example:8080/feeds/all.atom",
		Items: s.Items(stories),
	}
}
