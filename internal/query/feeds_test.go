package query_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// A part of the feeds is filtered, sorted and counted. What people change is in it at once.
func TestFeedPage(t *testing.T) {
	l := openLibrary(t)
	for i, folder := range []string{"papers", "Zeitungen", "Papers"} {
		f, err := l.store.AddFeed(t.Context(), news.Feed{URL: fmt.Sprintf("https://more%d.example/", i), Title: fmt.Sprintf("Éclair %d", i), Folder: folder})
		must(t, err)
		f.Checked, f.State = l.clock.Now().Add(-time.Hour), news.FeedOK
		if i == 0 {
			f.State, f.Cause, f.Failures, f.Failing = news.FeedUnreachable, news.CauseRefused, 9, l.clock.Now().Add(-news.DeadAfter)
		}
		_, err = l.store.Collect(t.Context(), []store.Poll{{Feed: f}})
		must(t, err)
	}
	papers, none := "Papers", ""
	ask := func(q news.FeedQuery) (titles []string, page news.FeedPage) {
		t.Helper()
		q.Limit = 10
		page, err := l.FeedPage(t.Context(), q)
		must(t, err)
		for _, f := range page.Feeds {
			titles = append(titles, f.Title)
		}
		return titles, page
	}
	for _, tt := range []struct {
		name string
		q    news.FeedQuery
		want []string
	}{
		{"by folder", news.FeedQuery{}, []string{"Gazette", "Éclair 2", "Éclair 0", "Éclair 1", "Herald", "Tribune"}},
		{"by name", news.FeedQuery{Sort: news.FeedsByName}, []string{"Gazette", "Herald", "Tribune", "Éclair 0", "Éclair 1", "Éclair 2"}},
		{"by trouble", news.FeedQuery{Sort: news.FeedsByTrouble, Offset: 0}, []string{"Éclair 0", "Éclair 1", "Éclair 2", "Gazette", "Herald", "Tribune"}},
		{"by age", news.FeedQuery{Sort: news.FeedsByAdded, Text: "éCLAIR"}, []string{"Éclair 2", "Éclair 1", "Éclair 0"}},
		{"dead", news.FeedQuery{Health: news.HealthDead}, []string{"Éclair 0"}},
		{"of a folder", news.FeedQuery{Folder: &papers}, []string{"Gazette", "Éclair 2"}},
		{"of no folder", news.FeedQuery{Folder: &none}, []string{"Herald", "Tribune"}},
		{"words of name and folder", news.FeedQuery{Text: "papers 2"}, []string{"Éclair 2"}},
		{"a part", news.FeedQuery{Offset: 5}, []string{"Tribune"}},
		{"past the end", news.FeedQuery{Offset: 50}, nil},
	} {
		if got, _ := ask(tt.q); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	_, page := ask(news.FeedQuery{Health: news.HealthDead})
	if page.All != 6 || page.Total != 1 || page.Health[news.HealthDead] != 1 || page.Health[news.HealthNever] != 2 || page.Offline || len(page.Folders) != 4 {
		t.Errorf("the whole is %+v", page)
	}
	if last := page.Folders[3]; last.Name != "" || last.Feeds != 2 || page.Folders[1].Sick != 1 {
		t.Errorf("folders are %+v", page.Folders)
	}
	must(t, l.store.RemoveFeed(t.Context(), page.Feeds[0].ID))
	if got, page := ask(news.FeedQuery{Health: news.HealthDead}); len(got) != 0 || page.All != 5 {
		t.Errorf("after the removal: %q of %d", got, page.All)
	}
}
