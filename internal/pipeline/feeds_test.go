package pipeline_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestPollSoon: while Serve waits for a tick that does not come, a feed is polled as soon as somebody adds it, resumes it or asks for it.
func TestPollSoon(t *testing.T) {
	room, p, url, _ := library(t)
	add(t, room, url, "paused")
	feeds, err := room.Store.Feeds(t.Context())
	must(t, err)
	paused, yes := feeds[3], true
	must(t, room.Store.ChangeFeed(t.Context(), paused.ID, news.FeedEdit{Paused: &yes}))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.Serve(ctx, "0 0 1 1 *") }()
	eventually(t, "the pass with which serving begins", func() bool {
		all, err := room.Store.Feeds(t.Context())
		must(t, err)
		return !slices.ContainsFunc(all, func(f news.Feed) bool { return f.ID != paused.ID && f.Checked.IsZero() })
	})
	p.set("ledger", item{"harvest", "Harvest is late", "The harvest is late this year in all of the valley.", time.Now()})
	add(t, room, url, "ledger")
	feeds, err = room.Store.Feeds(t.Context())
	must(t, err)
	ledger := feeds[4]
	eventually(t, "a poll of a feed that was added", func() bool {
		f, err := room.Store.Feed(t.Context(), ledger.ID)
		must(t, err)
		return f.Articles == 1
	})
	f, err := room.Store.Feed(t.Context(), paused.ID)
	must(t, err)
	if !f.Checked.IsZero() {
		t.Errorf("a paused feed was polled: %+v", f)
	}
	no := false
	must(t, room.Feeds.ChangeFeed(t.Context(), paused.ID, news.FeedEdit{Paused: &no}))
	_, err = room.Feeds.AddFeeds(t.Context(), []news.Feed{{URL: url + "/listed"}})
	must(t, err)
	eventually(t, "polls of a feed that was resumed and of one of a list", func() bool {
		all, err := room.Store.Feeds(t.Context())
		must(t, err)
		return !slices.ContainsFunc(all, func(f news.Feed) bool { return f.Checked.IsZero() })
	})
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFeedsTellTheirTroubles: a feed keeps why and since when it fails, until it is read again; what was set of its language holds.
func TestFeedsTellTheirTroubles(t *testing.T) {
	room, p, _, c := library(t)
	feeds, err := room.Store.Feeds(t.Context())
	must(t, err)
	id, lang := feeds[0].ID, "fr"
	must(t, room.Store.ChangeFeed(t.Context(), id, news.FeedEdit{Lang: &lang}))
	p.fail("herald", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "later", http.StatusServiceUnavailable) })
	c.Advance(time.Hour)
	first := c.Now()
	for range 3 {
		pass(t, room)
		c.Advance(25 * time.Hour)
	}
	f, err := room.Store.Feed(t.Context(), id)
	must(t, err)
	if f.Cause != "503" || !f.Failing.Equal(first) || f.Failures != 3 || f.Health(c.Now()) != news.HealthFailing || f.Health(first.Add(news.DeadAfter)) != news.HealthDead {
		t.Errorf("the feed is %+v, failing since %s", f, first)
	}
	p.fail("herald", nil)
	p.set("herald", item{"harvest", "Harvest is late", "The harvest is late this year in all of the valley.", c.Now()})
	pass(t, room)
	if f, err = room.Store.Feed(t.Context(), id); err != nil || f.Cause != "" || !f.Failing.IsZero() || f.Health(c.Now()) != news.HealthGood {
		t.Errorf("the feed is %+v (%v)", f, err)
	}
	articles, err := room.Store.Articles(t.Context(), news.ArticleList{FeedID: id, Limit: 1})
	must(t, err)
	if len(articles) != 1 || articles[0].Lang != lang {
		t.Errorf("its newest article is %+v", articles)
	}
	runs, err := room.Store.FeedHistory(t.Context(), id)
	must(t, err)
	if len(runs) != 3 || runs[1].Polls != 3 || runs[1].Cause != "503" {
		t.Errorf("its history is %+v", runs)
	}
}

// TestRemovalsOfFeedsEnd: what can be undone for a day is final afterwards.
func TestRemovalsOfFeedsEnd(t *testing.T) {
	room, _, _, c := library(t)
	must(t, room.Store.RemoveFeed(t.Context(), 1))
	for _, tt := range []struct {
		wait time.Duration
		left int
	}{{0, 1}, {news.UndoRemoval + time.Hour, 1}, {2 * time.Hour, 0}} { // a clock that jumps is believed after an hour
		c.Advance(tt.wait)
		_, err := room.Pipeline.Retention.Remove(t.Context(), time.Minute)
		must(t, err)
		removed, err := room.Store.RemovedFeeds(t.Context(), 10)
		must(t, err)
		if len(removed) != tt.left {
			t.Errorf("after %s %d removals can be undone, want %d", tt.wait, len(removed), tt.left)
		}
	}
}
