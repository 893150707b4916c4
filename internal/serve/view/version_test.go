package view

import (
	"encoding/json"
	"testing"

	"headwater/internal/news"
)

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
