package view

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

// TestShapes holds each shape against what programs rely on: every key, also where there is nothing to say.
func TestShapes(t *testing.T) {
	wire := news.Outlet{Name: "Harbour Wire", Domain: "harbourwire.example", Agency: true}
	article := news.Article{ID: 7, Title: "River floods", URL: "https://harbourwire.example/flood", Outlet: wire, Published: day.Add(-time.Hour), Seen: day}
	reason := []news.Evidence{{Kind: "time", Detail: "it is the earliest", Weight: .8}}
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{
			"alert", AlertOf("floods", news.Alert{
				ID: 4, Kind: news.AlertWebhook, Target: "https://hooks.example/", Secret: "whsec_x", AgainOutlets: 5, Added: day,
				Waiting: 2, Failures: 1, Failing: day, Problem: "no answer", Next: day.Add(time.Minute),
			}),
			`{"id":4,"topic":"floods","kind":"webhook","target":"https://hooks.example/","schedule":"at once","zone":"UTC","again_outlets":5,"again_original":false,
			"added":"2026-08-18T06:00:00Z","ended":false,"waiting":2,"failures":1,"failing":"2026-08-18T06:00:00Z","problem":"no answer",
			"next":"2026-08-18T06:01:00Z"}`,
		},
		{
			"story", StoryOf(news.Story{
				ID: 3, Event: 2, Title: "River floods", Outlets: 1, First: day, Latest: day.Add(time.Hour), Changed: day,
				Origin:  news.Origin{Outlet: wire, Article: 7, URL: article.URL, Level: news.LevelLikely, Confidence: .75, Evidence: reason},
				Members: []news.Member{{Article: article, Role: news.RoleOriginal, Share: 1, Evidence: reason}},
			}),
			`{"id":3,"event":2,"title":"River floods","origin":{"name":"Harbour Wire","domain":"harbourwire.example",
			"url":"https://harbourwire.example/flood","article":7,"level":"Likely original","confidence":0.75,
			"evidence":[{"kind":"time","detail":"it is the earliest","weight":0.8}]},
			"outlets":1,"first":"2026-08-18T06:00:00Z","latest":"2026-08-18T07:00:00Z",
			"members":[{"article":7,"title":"River floods","url":"https://harbourwire.example/flood",
			"outlet":{"name":"Harbour Wire","domain":"harbourwire.example","agency":true},
			"time":"2026-08-18T05:00:00Z","role":"original","share":1,
			"evidence":[{"kind":"time","detail":"it is the earliest","weight":0.8}]}]}`,
		},
		{
			"advertisements, of an origin that is only named", StoryOf(news.Story{
				Origin:  news.Origin{Outlet: news.Outlet{Name: "Harbour Wire"}, Level: news.LevelEarliest, Followed: true},
				Members: []news.Member{{Article: news.Article{Title: "Sponsored: River boats"}, Role: news.RoleCopy}},
			}),
			`{"id":0,"event":0,"title":"Sponsored: River boats","origin":{"name":"Harbour Wire","domain":"","url":"","article":0,"followed":true,
			"absence":"its own article is not in your feeds","level":"Earliest seen","confidence":0,"evidence":[]},
			"outlets":0,"first":"0001-01-01T00:00:00Z","latest":"0001-01-01T00:00:00Z",
			"members":[{"article":0,"title":"Sponsored: River boats","url":"","outlet":{"name":"","domain":""},"time":"0001-01-01T00:00:00Z",
			"role":"copy","share":0,"evidence":[]}],"promotional":true}`,
		},
		{
			"story without anything", StoryOf(news.Story{}),
			`{"id":0,"event":0,"title":"","origin":{"name":"","domain":"","url":"","article":0,"level":"","confidence":0,"evidence":[]},
			"outlets":0,"first":"0001-01-01T00:00:00Z","latest":"0001-01-01T00:00:00Z","members":[]}`,
		},
		{
			"claim", ClaimOf(news.Claim{Kind: news.ClaimScoop, Outlet: "Harbour Wire", Text: "first reported by", Start: 4, End: 21, Strength: .9}),
			`{"kind":"scoop","outlet":"Harbour Wire","domain":"","url":"","text":"first reported by"}`,
		},
		{
			"found", FoundOf(search.FoundArticle{Hit: search.Hit{ID: 7, Score: 1.5, Body: []news.Span{{Start: 0, End: 5}}}, Article: article, Story: 3}),
			`{"id":7,"story":3,"title":"River floods","url":"https://harbourwire.example/flood",
			"outlet":{"name":"Harbour Wire","domain":"harbourwire.example","agency":true},"published":"2026-08-18T05:00:00Z","score":1.5,"snippet":[]}`,
		},
		{
			"topic", TopicOf(news.Topic{Name: "weather", Query: "river", Added: day}),
			`{"name":"weather","query":"river","added":"2026-08-18T06:00:00Z","new":0,"originals":false,"min_outlets":0,"langs":[],"muted":[]}`,
		},
		{
			"feed", FeedOf(news.Feed{
				ID: 1, URL: "https://harbourwire.example/feed", Title: "Wire", Folder: "World", State: news.FeedNotFound, Problem: "it is gone", Rule: "back-off",
				Articles: 4, Checked: day, Due: day.Add(time.Hour), ETag: "kept to ourselves",
			}, "news.example.org"),
			`{"id":1,"url":"https://harbourwire.example/feed","address":"","title":"Wire","folder":"World","full_text":"","site":"","pictures":"","lang":"","paused":false,
			"state":"not found","problem":"it is gone","cause":"","failing":null,"articles":4,"checked":"2026-08-18T06:00:00Z","due":"2026-08-18T07:00:00Z","rule":"back-off"}`,
		},
		{
			"feed never polled", FeedOf(news.Feed{State: news.FeedWaiting}, ""),
			`{"id":0,"url":"","address":"","title":"","folder":"","full_text":"","site":"","pictures":"","lang":"","paused":false,"state":"waiting","problem":"","cause":"","failing":null,"articles":0,"checked":null,"due":null,"rule":""}`,
		},
		{
			"newsletter", FeedOf(news.Feed{ID: 2, URL: news.NewsletterURL("letter-secret"), Title: "Letter", State: news.FeedOK}, "news.example.org"),
			`{"id":2,"url":"newsletter:letter-secret","address":"letter-secret@news.example.org","title":"Letter","folder":"","full_text":"","site":"","pictures":"","lang":"","paused":false,"state":"ok","problem":"","cause":"","failing":null,"articles":0,"checked":null,"due":null,"rule":""}`,
		},
		{
			"newsletter without secrets", FeedOf(news.Feed{ID: 2, URL: news.NewsletterURL("letter-secret"), Title: "Letter", State: news.FeedOK}, "news.example.org").WithoutSecrets(),
			`{"id":2,"url":"newsletter:xxxxx","address":"","title":"Letter","folder":"","full_text":"","site":"","pictures":"","lang":"","paused":false,"state":"ok","problem":"","cause":"","failing":null,"articles":0,"checked":null,"due":null,"rule":""}`,
		},
		{"no list", All(nil, TopicOf), `[]`},
	} {
		got, err := json.Marshal(tt.v)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(tt.want)); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, want.Bytes())
		}
	}
}

func TestAddVersions(t *testing.T) {
	member := func(id int64, outlet, title string) news.Member {
		return news.Member{Article: news.Article{ID: id, Title: title, Outlet: news.Outlet{Name: outlet}, Published: day, Seen: day}, Role: news.RoleCopy}
	}
	first, again, newest, other := member(1, "Wire", "Quake, 3 dead"), member(2, "Wire", "Quake, 3 dead"), member(3, "Wire", "Quake, 12 dead"), member(4, "Post", "Quake")
	v := StoryOf(news.Story{Members: []news.Member{first, again, newest, other}})
	v.AddVersions([]news.Report{
		{Versions: []news.Version{
			{Member: newest, Changed: &news.Changes{
				Headline: &news.HeadlineChange{
					Before: "Quake, 3 dead", After: "Quake, 12 dead", Dropped: []news.Span{{Start: 7, End: 8}}, Added: []news.Span{{Start: 7, End: 9}},
				},
				Figures: []news.FigureChange{{Before: "3 dead", After: "12 dead"}}, Adds: 1, Added: []string{"More."},
			}},
			{Member: first, Again: []news.Member{again}},
		}},
		{Versions: []news.Version{{Member: other}}},
	})
	for i, want := range []string{
		`[3,null]`, `[3,null]`,
		`[0,[{"id":3,"url":"","title":"Quake, 12 dead","published":"2026-08-18T06:00:00Z","changed":{"headline":{"before":"Quake, 3 dead",` +
			`"after":"Quake, 12 dead","dropped":["3"],"added":["12"]},"figures":[{"before":"3 dead","after":"12 dead"}],"added":["More."],"dropped":[],` +
			`"adds":1,"drops":0}},{"id":1,"url":"","title":"Quake, 3 dead","published":"2026-08-18T06:00:00Z","again":[2]}]]`,
		`[0,null]`,
	} {
		got, err := json.Marshal([]any{v.Members[i].ReplacedBy, v.Members[i].Versions})
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("member %d: %s, want %s", i, got, want)
		}
	}
}
