package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestAddingFeeds(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	want := news.Feed{URL: "https://a.example/feed", Title: "A", Site: "https://a.example/", Folder: "World", Added: day, State: news.FeedWaiting}
	got, err := db.AddFeed(ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	want.ID = 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := db.AddFeed(ctx, news.Feed{URL: want.URL, Title: "B"}); !errors.Is(err, news.ErrExists) || got.ID != 1 {
		t.Errorf("again: feed %d, %v", got.ID, err)
	}
	if got, err := db.FeedByURL(ctx, want.URL); err != nil || got.Title != "A" {
		t.Errorf("FeedByURL: %+v, %v", got, err)
	}
	added, err := db.AddFeeds(ctx, []news.Feed{{URL: want.URL}, {URL: "https://b.example/"}, {URL: "https://b.example/"}})
	if err != nil || len(added) != 1 || added[0].URL != "https://b.example/" || added[0].Added.IsZero() {
		t.Errorf("AddFeeds: %+v, %v", added, err)
	}
}

func TestRemovedFeedsComeBackWithTheirArticles(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	f := addFeeds(t, db, 1)[0]
	p := poll(f, article("g", "one"))
	p.Feed.ETag = "e1"
	store(t, db, p)
	if err := db.RemoveFeed(ctx, f.ID); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"remove twice": db.RemoveFeed(ctx, f.ID),
		"by id":        second(db.Feed(ctx, f.ID)),
		"by URL":       second(db.FeedByURL(ctx, f.URL)),
	} {
		if !errors.Is(err, news.ErrNotFound) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
	if feeds, err := db.Feeds(ctx); err != nil || len(feeds) != 0 {
		t.Errorf("Feeds: %+v, %v", feeds, err)
	}
	if all := logged(t, db, 0); len(all) != 1 {
		t.Errorf("%d articles left, want 1", len(all))
	}
	back, err := db.AddFeed(ctx, news.Feed{URL: f.URL, Added: day})
	if err != nil || back.ID != f.ID || back.Articles != 1 || back.ETag != "" || back.State != news.FeedWaiting {
		t.Errorf("revived: %+v, %v", back, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestDueFeeds(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 5)
	polls := make([]Poll, 4) // the fifth was never polled
	for i := range polls {
		polls[i] = poll(feeds[i])
		polls[i].Feed.Due = day.Add(time.Duration(i-2) * time.Hour)
	}
	polls[0].Feed.State = news.FeedGone
	store(t, db, polls...)
	if err := db.RemoveFeed(t.Context(), feeds[1].ID); err != nil {
		t.Fatal(err)
	}
	_, due, err := db.ClaimHosts(t.Context(), HostClaim{Due: day})
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, f := range due {
		ids = append(ids, f.ID)
	}
	if diff := cmp.Diff([]int64{5, 3}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestTopicsAndSettings(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	sea := news.Topic{Name: "sea", Query: "harbour OR ferry", Added: day}
	for _, topic := range []news.Topic{sea, {Name: "air", Query: "airport", Added: day}} {
		if _, err := db.AddTopic(ctx, topic); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.AddTopic(ctx, sea); !errors.Is(err, news.ErrExists) {
		t.Errorf("again: %v", err)
	}
	if got, err := db.Topic(ctx, 0, "sea"); err != nil || got.Name != "sea" || got.Query != sea.Query || !got.Added.Equal(day) {
		t.Errorf("Topic: %+v, %v", got, err)
	}
	if err := db.RemoveTopic(ctx, 0, "sea"); err != nil {
		t.Error(err)
	}
	if _, err := db.Topic(ctx, 0, "sea"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("removed topic: %v", err)
	}
	if err := db.RemoveTopic(ctx, 0, "sea"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if all, err := db.Topics(ctx, 0); err != nil || len(all) != 1 || all[0].Name != "air" {
		t.Errorf("Topics: %+v, %v", all, err)
	}
	for _, v := range []string{"", "one", "two"} {
		if v != "" {
			if err := db.SetSetting(ctx, "k", v); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := db.Setting(ctx, "k"); got != v || err != nil {
			t.Errorf("Setting: %q, %v; want %q", got, err, v)
		}
	}
}
