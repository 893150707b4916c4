package query_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

func TestStory(t *testing.T) {
	l := openLibrary(t)
	l.ageOut(t, comet, heraldComet)
	for _, tt := range []struct {
		name     string
		id, want int64
		members  []int64
		aged     int
		err      error
	}{
		{"a story", flood, flood, []int64{heraldFlood, gazetteFlood, tribuneFlood}, 0, nil},
		{"merged into another", earlier, flood, []int64{heraldFlood, gazetteFlood, tribuneFlood}, 0, nil},
		{"aged out", comet, comet, nil, 1, nil},
		{"unknown", unknown, 0, nil, 0, news.ErrNotFound},
		{"no id", 0, 0, nil, 0, news.ErrNotFound},
	} {
		s, err := l.Story(t.Context(), tt.id)
		if !errors.Is(err, tt.err) || s.ID != tt.want || !slices.Equal(memberIDs(s), tt.members) || s.Aged != tt.aged {
			t.Errorf("%s: story %d of %v with %d aged out, %v; want %+v", tt.name, s.ID, memberIDs(s), s.Aged, err, tt)
		}
	}
}

func TestStories(t *testing.T) {
	l := openLibrary(t)
	for _, tt := range []struct {
		name string
		list news.StoryList
		want []int64
	}{
		{"by coverage", news.StoryList{Limit: 10}, []int64{flood, strike, comet}},
		{"the newest", news.StoryList{Limit: 10, Newest: true}, []int64{strike, comet, flood}},
		{"a page", news.StoryList{Limit: 1, Offset: 1, Newest: true}, []int64{comet}},
		{"beyond the end", news.StoryList{Limit: 1, Offset: 3, Newest: true}, nil},
		{"chosen, in that order", news.StoryList{IDs: news.Choose(strike, unknown, flood)}, []int64{strike, flood}},
		{"none chosen", news.StoryList{IDs: news.Choose()}, nil},
		{"of an event", news.StoryList{Limit: 10, Event: 2}, []int64{comet}},
		{"of a folder", news.StoryList{Limit: 10, Newest: true, Folder: "Papers"}, []int64{flood}},
		{"since", news.StoryList{Limit: 10, Newest: true, Since: day.Add(time.Duration(comet) * time.Hour)}, []int64{strike, comet}},
	} {
		got, err := l.Stories(t.Context(), tt.list)
		if err != nil || !slices.Equal(storyIDs(got), tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.name, storyIDs(got), err, tt.want)
		}
	}
}

// TestFullCoverage reads an event with its stories, also by the id of an event that went into it.
func TestFullCoverage(t *testing.T) {
	l := openLibrary(t)
	moved := story(comet, 3, heraldComet)
	l.settle(t, store.Settlement{Stories: []news.Story{moved}})
	for _, tt := range []struct {
		name    string
		id      int64
		want    int64
		stories []int64
		err     error
	}{
		{"its own id", 3, 3, []int64{strike, comet}, nil},
		{"went into it", 2, 3, []int64{strike, comet}, nil},
		{"another", 1, 1, []int64{flood}, nil},
		{"unknown", 4711, 0, nil, news.ErrNotFound},
	} {
		c, err := l.FullCoverage(t.Context(), tt.id)
		if !errors.Is(err, tt.err) || c.ID != tt.want || !slices.Equal(storyIDs(c.All), tt.stories) || c.Stories != len(tt.stories) {
			t.Errorf("%s: event %d of %v, %d in all, %v; want %+v", tt.name, c.ID, storyIDs(c.All), c.Stories, err, tt)
		}
	}
	if c, err := l.FullCoverage(t.Context(), 1); err != nil || c.Outlets != 3 {
		t.Errorf("%d outlets, %v", c.Outlets, err)
	}
}

func TestStoryOf(t *testing.T) {
	l := openLibrary(t)
	for _, tt := range []struct {
		name          string
		article, want int64
		err           error
	}{
		{"original", heraldFlood, flood, nil},
		{"copy", tribuneFlood, flood, nil},
		{"not settled", gazetteFair, 0, news.ErrNotFound},
		{"unknown", 4711, 0, news.ErrNotFound},
	} {
		if s, err := l.StoryOf(t.Context(), tt.article); s.ID != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: story %d, %v; want %+v", tt.name, s.ID, err, tt)
		}
	}
}

func TestStoriesLedBy(t *testing.T) {
	l := openLibrary(t)
	for _, tt := range []struct {
		name     string
		articles []int64
		want     []int64 // articles that lead a story
	}{
		{"original and copy", []int64{tribuneFlood, heraldFlood}, []int64{heraldFlood}},
		{"a copy only", []int64{tribuneFlood}, nil},
		{"the only member", []int64{tribuneStrike, heraldComet}, []int64{heraldComet, tribuneStrike}},
		{"not settled or unknown", []int64{gazetteFair, 4711}, nil},
		{"none", nil, nil},
	} {
		led, err := l.StoriesLedBy(t.Context(), tt.articles)
		if got := slices.Sorted(maps.Keys(led)); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: stories are led by %v, %v; want %v", tt.name, got, err, tt.want)
		}
		for article, s := range led {
			if s.Lead().Article.ID != article {
				t.Errorf("%s: story %d under article %d", tt.name, s.ID, article)
			}
		}
	}
}

// TestFollowed: an origin that is only named is followed if a feed is of that outlet or has brought an item of it. A new
// feed counts at once, the site that a poll finds a minute later at most.
func TestFollowed(t *testing.T) {
	l := openLibrary(t)
	follows := func(what string, origin news.Outlet, want bool) {
		t.Helper()
		s := story(strike, 3, tribuneStrike)
		s.Origin = news.Origin{Outlet: origin, Level: news.LevelLikely}
		l.settle(t, store.Settlement{Stories: []news.Story{s}})
		got, err := l.Story(t.Context(), strike)
		must(t, err)
		if got.Origin.Followed != want {
			t.Errorf("%s: followed is %v", what, got.Origin.Followed)
		}
	}
	wire := news.Outlet{Name: "Harbour Wire", Domain: "harbour-wire.example"}
	follows("an outlet of nobody", wire, false)
	follows("an outlet with an article", news.Outlet{Name: "Herald", Domain: "Herald.example"}, true)
	hills := news.Outlet{Name: "Hill Wire", Domain: "hill-wire.example"}
	_, err := l.store.AddFeed(t.Context(), news.Feed{URL: "https://feeds.example/1", Site: "https://www.harbour-wire.example/"})
	must(t, err)
	f, err := l.store.AddFeed(t.Context(), news.Feed{URL: "https://feeds.example/2"})
	must(t, err)
	follows("a feed that was just added", wire, true)
	follows("an outlet of no feed", hills, false)
	f.Site = "https://hill-wire.example/"
	_, err = l.store.Collect(t.Context(), []store.Poll{{Feed: f}})
	must(t, err)
	follows("a site that a poll has just found", hills, false)
	l.clock.Advance(61 * time.Second)
	follows("a site that a poll found", hills, true)

	all, err := l.Stories(t.Context(), news.StoryList{IDs: news.Choose(flood, strike)})
	must(t, err)
	if all[0].Origin.Followed {
		t.Error("an origin with an article of ours is not said to be followed")
	}
}

func TestStatus(t *testing.T) {
	l := openStored(t)
	want := news.Status{Feeds: 3, Articles: 6, Stories: 3, Events: 3, Unsettled: 1, Unindexed: 6}
	if got, err := l.Status(t.Context()); err != nil || got.IndexLag <= 0 || !got.Building {
		t.Errorf("before indexing: %+v, %v", got, err)
	} else if got.IndexLag, got.Building = 0, false; got != want {
		t.Errorf("before indexing: %+v, want %+v", got, want)
	}
	_, err := l.index.CatchUp(t.Context(), nil)
	must(t, err)
	want.Unindexed = 0
	if got, err := l.Status(t.Context()); err != nil || got != want {
		t.Errorf("after indexing: %+v, %v; want %+v", got, err, want)
	}
}
