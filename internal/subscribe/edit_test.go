package subscribe_test

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// What people set is stored in its normal form, or refused with words for them.
func TestFeedEdits(t *testing.T) {
	room := open(t)
	_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: "https://a.example/"})
	must(t, err)
	text := func(s string) *string { return &s }
	for _, tt := range []struct {
		edit    news.FeedEdit
		want    string // title, folder, site, full text, pictures and language
		refused string
	}{
		{news.FeedEdit{Title: text("  The \n Post "), Folder: text("/ World // Asia /")}, "The Post|World/Asia||||", ""},
		{news.FeedEdit{Title: text("\u202eevil"), Folder: text("العالم/" + strings.Repeat("ш", 200))}, "\u202eevil|العالم/" + strings.Repeat("ш", 200) + "||||", ""},
		{news.FeedEdit{Site: text(" https://a.example/x "), FullText: text("never"), Pictures: text("hide"), Lang: text("pt-BR")}, "||https://a.example/x|never|hide|pt", ""},
		{news.FeedEdit{Title: text(""), Folder: text(""), Site: text(""), FullText: text(""), Pictures: text(""), Lang: text("")}, "|||||", ""},
		{news.FeedEdit{Title: text(strings.Repeat("x", 301))}, "", "the title has 301 characters"},
		{news.FeedEdit{Folder: text(strings.Repeat("ж", 301))}, "", "the folder has 301 characters"},
		{news.FeedEdit{Folder: text("a/..")}, "", "take that for another address"},
		{news.FeedEdit{Folder: text("a\x00b")}, "", "control character"},
		{news.FeedEdit{Site: text("javascript:alert(1)")}, "", "no address of a site"},
		{news.FeedEdit{FullText: text("often")}, "", "auto, always and never"},
		{news.FeedEdit{Pictures: text("round")}, "", "proxy, direct and hide"},
		{news.FeedEdit{Lang: text("Klingon!")}, "", "is no language"},
	} {
		empty := ""
		must(t, room.Store.ChangeFeed(t.Context(), 1, news.FeedEdit{Title: &empty, Folder: &empty, Site: &empty, FullText: &empty, Pictures: &empty, Lang: &empty}))
		err := room.Feeds.ChangeFeed(t.Context(), 1, tt.edit)
		var refused *news.RefusedError
		if tt.refused != "" {
			if !errors.As(err, &refused) || !strings.Contains(refused.Text, tt.refused) {
				t.Errorf("%q: %v, want %s", tt.want, err, tt.refused)
			}
			continue
		}
		f, errRead := room.Store.Feed(t.Context(), 1)
		must(t, errors.Join(err, errRead))
		if got := strings.Join([]string{f.Title, f.Folder, f.Site, f.FullText, f.Pictures, f.Lang}, "|"); got != tt.want {
			t.Errorf("stored as %q, want %q", got, tt.want)
		}
	}
	for from, to := range map[string]string{"News": "News/World", "": "World", "News ": ".."} {
		var refused *news.RefusedError
		if _, err := room.Feeds.MoveFolder(t.Context(), from, to); !errors.As(err, &refused) {
			t.Errorf("%q to %q: %v", from, to, err)
		}
	}
}

// A refresh waits for the last poll to be some minutes old, and as long as the host wants.
func TestRefreshIsPolite(t *testing.T) {
	room := open(t)
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	feeds := *room.Feeds
	feeds.Now = func() time.Time { return now }
	set := func(host string, change func(*news.Feed)) int64 {
		t.Helper()
		f, err := room.Store.AddFeed(t.Context(), news.Feed{URL: "https://" + host + "/"})
		must(t, err)
		f.Checked, f.Due, f.State = now.Add(-time.Hour), now.Add(3*time.Hour), news.FeedOK
		change(&f)
		_, err = room.Store.Collect(t.Context(), []store.Poll{{Feed: f}})
		must(t, err)
		return f.ID
	}
	want := map[int64]time.Time{
		set("old.example", func(*news.Feed) {}):                                                   now,
		set("fresh.example", func(f *news.Feed) { f.Checked = now.Add(-time.Minute) }):            now.Add(4 * time.Minute),
		set("ahead.example", func(f *news.Feed) { f.Checked = now.Add(time.Hour) }):               now,
		set("rests.example", func(*news.Feed) {}):                                                 now.Add(time.Hour),
		set("Rests.example:443", func(*news.Feed) {}):                                             now.Add(time.Hour),
		set("asked.example", func(f *news.Feed) { f.Rule = "retry after" }):                       now.Add(3 * time.Hour),
		set("ended.example", func(f *news.Feed) { f.State, f.Rule = news.FeedGone, "gone" }):      now,
		set("failed.example", func(f *news.Feed) { f.Rule, f.State = "back-off", "unreachable" }): now,
	}
	paused := set("paused.example", func(*news.Feed) {})
	yes := true
	must(t, room.Store.ChangeFeed(t.Context(), paused, news.FeedEdit{Paused: &yes}))
	must(t, room.Store.SaveRest(t.Context(), news.Rest{Host: "rests.example", Until: now.Add(time.Hour)}, now))
	got, err := feeds.RefreshFeeds(t.Context(), append(slices.Collect(maps.Keys(want)), paused, 99))
	must(t, err)
	if !maps.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("refreshed at %v, want %v", got, want)
	}
	for id, at := range want {
		f, err := room.Store.Feed(t.Context(), id)
		must(t, err)
		if !f.Due.Equal(at) || f.State == news.FeedGone {
			t.Errorf("%s is due at %s as %s, want %s", f.URL, f.Due, f.State, at)
		}
	}
}

// Spellings of one address in a list are one feed, and one that is there already is not added again.
func TestAddingSpellingsOfOneAddress(t *testing.T) {
	room := open(t)
	_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: "https://a.example/feed"})
	must(t, err)
	var list []news.Feed
	for _, address := range []string{"http://www.A.example:80/feed/", "https://a.example/feed#top", "https://b.example/x", "http://b.example/x/", "https://b.example/X"} {
		list = append(list, news.Feed{URL: address})
	}
	added, err := room.Feeds.AddFeeds(t.Context(), list)
	must(t, err)
	var urls []string
	for _, f := range added {
		urls = append(urls, f.URL)
	}
	if want := []string{"https://b.example/x", "https://b.example/X"}; !slices.Equal(urls, want) {
		t.Errorf("added %q, want %q", urls, want)
	}
	for _, f := range list { // one by one, too
		if have, err := room.Feeds.AddFeed(t.Context(), f); !errors.Is(err, news.ErrExists) || have.ID == 0 {
			t.Errorf("%s was added again: %+v, %v", f.URL, have, err)
		}
	}
}

// A feed that is found is shown with what it has, and what fails is named by its kind.
func TestFindingsHaveItemsAndKinds(t *testing.T) {
	room := open(t, netip.MustParsePrefix("127.0.0.0/8"))
	var items strings.Builder
	for i := range 30 {
		fmt.Fprintf(&items, `<item><title>Item %d</title><guid>%d</guid><pubDate>Tue, 01 Dec 2026 10:00:00 GMT</pubDate></item>`, i, i)
	}
	s := newSite(t, map[string]string{"/feed": `<rss version="2.0"><channel><title>A</title><link>https://a.example/</link><language>de</language>` + items.String() + `</channel></rss>`})
	found, err := room.Feeds.FindFeeds(t.Context(), s.URL+"/feed")
	must(t, err)
	if len(found.Feeds) != 1 || len(found.Feeds[0].Items) != 20 || found.Feeds[0].Items[0].Title != "Item 0" || found.Feeds[0].Items[0].Published.IsZero() || found.Feeds[0].Site != "https://a.example/" {
		t.Errorf("found %+v", found)
	}
	for address, want := range map[string]news.Finding{
		s.URL + "/none":          {State: news.FeedNotFound, Cause: "404"},
		"http://127.0.0.1:1/":    {State: news.FeedUnreachable, Cause: news.CauseRefused},
		"http://nowhere.invalid": {State: news.FeedUnreachable, Cause: news.CauseNameUnknown},
		"http://10.0.0.1/":       {State: news.FeedPrivate},
	} {
		found, err := room.Feeds.FindFeeds(t.Context(), address)
		must(t, err)
		if strings.Contains(address, ".invalid") && found.Cause == news.CauseNoNameServer {
			continue // a machine without a name server
		}
		if found.State != want.State || found.Cause != want.Cause || found.At == "" || news.TroubleOf(found.State, found.Cause).What == "" {
			t.Errorf("%s: %+v, want %s, %s", address, found, want.State, want.Cause)
		}
	}
}
