package pipeline_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// matched returns the names of the topics that each story matches, by its headline.
func matched(t *testing.T, room *pipelinetest.Room) map[string][]string {
	t.Helper()
	topics, err := room.Store.Topics(t.Context(), 0)
	must(t, err)
	names := map[int64]string{}
	for _, topic := range topics {
		names[topic.ID] = topic.Name
	}
	stories, err := room.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	out := map[string][]string{}
	for _, s := range stories {
		of, err := room.Store.MatchesOf(t.Context(), []int64{s.ID})
		must(t, err)
		for _, id := range of[s.ID] {
			out[s.Title] = append(out[s.Title], names[id])
		}
		slices.Sort(out[s.Title])
	}
	return out
}

func follow(t *testing.T, room *pipelinetest.Room, name, query string, o news.TopicOptions) {
	t.Helper()
	_, err := room.Topics.AddTopic(t.Context(), news.Topic{Name: name, Query: query, Options: o})
	must(t, err)
}

func newOf(t *testing.T, room *pipelinetest.Room, name string) int {
	t.Helper()
	topic, err := room.Store.Topic(t.Context(), 0, name)
	must(t, err)
	return topic.New
}

// TestMatchTopics adds and grows stories while topics exist. Stories from before a topic are not new to it. Later ones
// are new once. A topic that asks for outlets matches when they have joined.
func TestMatchTopics(t *testing.T) {
	room, p, _, c := library(t)
	ctx := t.Context()
	follow(t, room, "water", "river OR flooded", news.TopicOptions{})
	follow(t, room, "sky", "comet", news.TopicOptions{})
	follow(t, room, "wide sky", "comet", news.TopicOptions{MinOutlets: 2})
	must(t, room.Pipeline.Matcher.Match(ctx))
	got := matched(t, room)
	if !slices.Equal(got[floodTitle], []string{"water"}) || !slices.Equal(got[cometTitle], []string{"sky"}) || got[strikeTitle] != nil {
		t.Errorf("at first: %v", got)
	}
	if n := newOf(t, room, "water") + newOf(t, room, "sky"); n != 0 {
		t.Errorf("%d stories from before are new", n)
	}

	c.Advance(time.Hour)
	p.set("gazette", item{"comet", cometTitle, cometText, c.Now()}, item{"storm", "Storm takes roofs in Port Ellis", "A storm took the roofs off nine houses by the river in Port Ellis on Tuesday.", c.Now()})
	pass(t, room)
	got = matched(t, room)
	if !slices.Equal(got[cometTitle], []string{"sky", "wide sky"}) || !slices.Equal(got["Storm takes roofs in Port Ellis"], []string{"water"}) {
		t.Errorf("then: %v", got)
	}
	for name, want := range map[string]int{"water": 1, "sky": 0, "wide sky": 1} {
		if n := newOf(t, room, name); n != want {
			t.Errorf("%s has %d new stories, want %d", name, n, want)
		}
	}

	water, err := room.Store.Topic(ctx, 0, "water")
	must(t, err)
	must(t, room.Topics.SeeTopic(ctx, water, 0))
	if n := newOf(t, room, "water"); n != 0 {
		t.Errorf("%d new stories after they were seen", n)
	}
	water.Query = "zeppelin"
	must(t, room.Topics.ChangeTopic(ctx, water))
	must(t, room.Pipeline.Matcher.Match(ctx))
	if got = matched(t, room); len(got[floodTitle]) > 0 {
		t.Errorf("a topic with another query keeps its matches: %v", got)
	}
}

// TestMatchesEnd revises an article, and splits a story. A match that depends on either ends.
func TestMatchesEnd(t *testing.T) {
	room, p, _, c := library(t)
	follow(t, room, "bread", "bakers", news.TopicOptions{})
	follow(t, room, "wide", "flooded", news.TopicOptions{MinOutlets: 3})
	must(t, room.Pipeline.Matcher.Match(t.Context()))
	if got := matched(t, room); !slices.Equal(got[strikeTitle], []string{"bread"}) || !slices.Equal(got[floodTitle], []string{"wide"}) {
		t.Fatalf("at first: %v", got)
	}
	c.Advance(time.Hour)
	p.set("tribune", item{"strike", "Tailors strike in the south", "Tailors in the south laid down work on Monday and want longer breaks, said their union.", c.Now()})
	pass(t, room)
	if got := matched(t, room); got["Tailors strike in the south"] != nil {
		t.Errorf("the revised article still matches: %v", got)
	}
	places := membership(t, room)
	var flood []int64
	for _, pl := range places {
		if pl.Article.Title == floodTitle {
			flood = append(flood, pl.Article.ID)
		}
	}
	slices.Sort(flood)
	_, err := room.Pipeline.Settler.Split(t.Context(), places[keyOf(places, flood[0])].story.ID, flood[1:2])
	must(t, err)
	must(t, room.Pipeline.Matcher.Match(t.Context()))
	if got := matched(t, room); got[floodTitle] != nil {
		t.Errorf("a story of two outlets still matches: %v", got)
	}
}

func keyOf(places map[string]place, article int64) string {
	for key, pl := range places {
		if pl.Article.ID == article {
			return key
		}
	}
	return ""
}

// TestBrokenTopic has a topic whose query only another version of the program can parse. The other topics still match.
func TestBrokenTopic(t *testing.T) {
	room, p, _, c := library(t)
	_, err := room.Store.AddTopic(t.Context(), news.Topic{Name: "broken", Query: `"never closed`})
	must(t, err)
	follow(t, room, "sky", "comet", news.TopicOptions{})
	must(t, room.Pipeline.Matcher.Match(t.Context()))
	c.Advance(time.Hour)
	p.set("gazette", item{"comet2", "Second comet seen over Port Ellis", "A second comet was seen over Port Ellis by the night watch of the harbour on Tuesday.", c.Now()})
	pass(t, room)
	if n := newOf(t, room, "sky"); n != 1 {
		t.Errorf("%d new stories beside a broken topic", n)
	}
	if topics, err := room.Store.Topics(t.Context(), 0); err != nil || len(topics) != 2 {
		t.Errorf("%v, %v", topics, err)
	}
}

// TestTopicThatCannotBeFilled makes searches time out. New topics are matched nevertheless, next to the others, and
// filled when searches work again.
func TestTopicThatCannotBeFilled(t *testing.T) {
	dir := t.TempDir()
	l := openLineage(t, dir, io.Discard)
	l.grow(t, "tides", 3)
	follow(t, l.Room, "early", "report", news.TopicOptions{})
	settleAndMatch(t, l)
	l.close(t)

	var log strings.Builder
	l = openLineage(t, dir, &log, func(o *search.Options) { o.Timeout = time.Nanosecond })
	follow(t, l.Room, "late", "report", news.TopicOptions{})
	l.grow(t, "ferry", 2)
	settleAndMatch(t, l)
	settleAndMatch(t, l)
	if early, late := matchesOf(t, l, "early"), matchesOf(t, l, "late"); early != 5 || late != 2 {
		t.Errorf("%d stories of the topic from before, %d of the one that cannot be filled; want 5 and 2", early, late)
	}
	if n := strings.Count(log.String(), "cannot be found; it is tried again"); n != 1 || !strings.Contains(log.String(), "topic=late") {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
	l.close(t)

	l = openLineage(t, dir, io.Discard)
	defer l.close(t)
	settleAndMatch(t, l)
	if late := matchesOf(t, l, "late"); late != 5 {
		t.Errorf("%d stories when it can be filled, want 5", late)
	}
	if n := newOf(t, l.Room, "late"); n != 2 {
		t.Errorf("%d of them are new, want 2", n)
	}
}

func settleAndMatch(t *testing.T, l *lineage) {
	t.Helper()
	_, err := l.Pipeline.Settler.Settle(t.Context(), nil)
	must(t, err)
	must(t, l.Pipeline.Matcher.Match(t.Context()))
}

// matchesOf counts the stories that match a topic.
func matchesOf(t *testing.T, l *lineage, name string) (n int) {
	t.Helper()
	topic, err := l.Store.Topic(t.Context(), 0, name)
	must(t, err)
	stories, err := l.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	for _, s := range stories {
		of, err := l.Store.MatchesOf(t.Context(), []int64{s.ID})
		must(t, err)
		if slices.Contains(of[s.ID], topic.ID) {
			n++
		}
	}
	return n
}
