package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// library has a few stories to read: one in three papers, and two in one.
func library(t *testing.T) (*pipelinetest.Room, *publisher, string, *pipelinetest.Clock) {
	t.Helper()
	c, p := pipelinetest.NewClock(), newPublisher()
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now})
	address, _ := serveAt(t, "", p)
	url := "http://" + address
	at := c.Now().Add(-5 * time.Hour)
	p.set("herald",
		item{"flood", floodTitle, floodText, at},
		item{"comet", cometTitle, cometText, at.Add(2 * time.Hour)})
	p.set("gazette", item{"flood", floodTitle, floodText, at.Add(time.Hour)})
	p.set("tribune",
		item{"flood", floodTitle, floodText, at.Add(2 * time.Hour)},
		item{"strike", strikeTitle, strikeText, at.Add(time.Hour)})
	add(t, room, url, "herald", "gazette", "tribune")
	pass(t, room)
	return room, p, url, c
}

// TestSearchFindsWhatIsShown finds words that grouping ignores, highlights them, and matches a topic with them.
func TestSearchFindsWhatIsShown(t *testing.T) {
	room, p, url, _ := library(t)
	ctx := t.Context()
	_, err := room.Topics.AddTopic(ctx, news.Topic{Name: "singers", Query: "quintero"})
	must(t, err)
	p.set("ledger", item{
		"festival", "Festival names its singers",
		"<p>" + cometText + "</p><ul><li>Marisol Quintero</li><li>Dagny Halvorsen</li></ul><table><tr><td>Stage</td><td>Sumac</td></tr></table>", p.feeds["herald"][0].at,
	})
	add(t, room, url, "ledger")
	pass(t, room)
	for query, word := range map[string]string{"quintero": "Quintero", "dagny": "Dagny", "sumac": "Sumac"} {
		found, err := room.Stories.Search(ctx, search.Request{Query: query})
		must(t, err)
		if len(found.Articles) != 1 || len(found.Articles[0].Body) != 1 {
			t.Fatalf("%s finds %+v", query, found.Articles)
		}
		f := found.Articles[0]
		if span := f.Body[0]; f.Text()[span.Start:span.End] != word || strings.Contains(f.Article.Body(), word) {
			t.Errorf("%s: marked is %v of %q", query, span, f.Text())
		}
	}
	must(t, room.Pipeline.Matcher.Match(ctx))
	topic, err := room.Store.Topic(ctx, 0, "singers")
	must(t, err)
	if stories, _, err := room.Stories.TopicStories(ctx, topic, 10, 0); err != nil || len(stories) != 1 {
		t.Errorf("the topic has %d stories (%v)", len(stories), err)
	}
}

func titles(stories []news.Story) []string {
	var out []string
	for _, s := range stories {
		out = append(out, s.Title)
	}
	return out
}

func wantTitles(t *testing.T, what string, stories []news.Story, want ...string) {
	t.Helper()
	if got := titles(stories); !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const (
	floodTitle  = "River floods lower town of Aldermere"
	cometTitle  = "Gardener finds a comet"
	strikeTitle = "Bakers strike in the north"
)

func TestTopics(t *testing.T) {
	room, p, url, c := library(t)
	ctx := t.Context()
	_, err := room.Topics.AddTopic(ctx, news.Topic{Name: "weather", Query: "flooded OR river OR houses"})
	must(t, err)
	if _, err := room.Topics.AddTopic(ctx, news.Topic{Name: "weather", Query: "rain"}); !errors.Is(err, news.ErrExists) {
		t.Errorf("a second topic of one name: %v", err)
	}
	if _, err := room.Topics.AddTopic(ctx, news.Topic{Name: "broken", Query: `"no end`}); err == nil {
		t.Error("a topic with a malformed query was taken")
	}
	topic, err := room.Store.Topic(ctx, 0, "weather")
	must(t, err)
	if !topic.Added.Equal(c.Now()) || topic.Query != "flooded OR river OR houses" {
		t.Errorf("%+v", topic)
	}
	stories, total, err := room.Stories.TopicStories(ctx, topic, 10, 0)
	must(t, err)
	if total != 1 {
		t.Errorf("%d stories, want 1", total)
	}
	wantTitles(t, "before the storm", stories, floodTitle)

	p.set("gazette", item{
		"storm", "Storm takes roofs in Port Ellis", "A storm took the roofs off nine houses in Port Ellis on Tuesday and put out the light of the old pier.",
		c.Now(),
	})
	c.Advance(time.Minute)
	pass(t, room)
	stories, total, err = room.Stories.TopicStories(ctx, topic, 10, 0)
	must(t, err)
	if total != 2 {
		t.Errorf("%d stories, want 2", total)
	}
	wantTitles(t, "the newest first", stories, "Storm takes roofs in Port Ellis", floodTitle)
	must(t, room.Store.RemoveTopic(ctx, 0, "weather"))
	if _, err := room.Store.Topic(ctx, 0, "weather"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a topic that is no more: %v", err)
	}
	if topics, err := room.Store.Topics(ctx, 0); err != nil || len(topics) != 0 {
		t.Errorf("topics %v, %v", topics, err)
	}
	if f := feedOf(t, room, url+"/gazette"); f.Articles != 2 {
		t.Errorf("%d articles", f.Articles)
	}
}

// TestEdition checks the order of the combined feed: the latest change is first.
func TestEdition(t *testing.T) {
	room, p, _, c := library(t)
	ctx := t.Context()
	for _, add := range []item{ // each makes an older story grow, which changes it
		{"late-comet", cometTitle, "An amateur with a telescope in her garden found a comet that nobody had seen before, the observatory confirmed. It will be visible to the naked eye in spring and come back in eleven thousand years.", c.Now()},
		{"late-strike", strikeTitle, "Bakers in the north laid down work on Monday to demand longer breaks, and bread ran out by noon in most of the shops along the coast. Their union wants twenty minutes more for every shift, which the owners refuse.", c.Now()},
	} {
		c.Advance(time.Hour)
		p.set("gazette", add)
		if sum := pass(t, room); sum.New != 1 {
			t.Fatalf("%+v", sum)
		}
	}
	for _, tt := range []struct {
		query string
		limit int
		want  []string
	}{
		{"", 10, []string{strikeTitle, cometTitle, floodTitle}},
		{"", 1, []string{strikeTitle}},
		{"comet OR bakers", 10, []string{strikeTitle, cometTitle}},
		{"comet OR gymnasium", 10, []string{cometTitle, floodTitle}},
		{"zeppelin", 10, nil},
	} {
		e, err := room.Stories.Edition(ctx, news.EditionQuery{Topic: news.Topic{Query: tt.query}, Limit: tt.limit})
		must(t, err)
		wantTitles(t, fmt.Sprintf("%+v", tt), e.Stories, tt.want...)
	}
}

// fresh creates the index that a reindex fills.
func fresh(t *testing.T, room *pipelinetest.Room) *search.Index {
	t.Helper()
	x, err := search.NewRebuild(t.Context(), room.Store.Dir(), search.Options{Log: room.Store})
	must(t, err)
	t.Cleanup(func() { must(t, x.Close()) })
	return x
}

// opened returns an open function for a given index.
func opened(x *search.Index) func(context.Context) (*search.Index, error) {
	return func(context.Context) (*search.Index, error) { return x, nil }
}

func wantFound(t *testing.T, room *pipelinetest.Room, query string, want int) {
	t.Helper()
	found, err := room.Stories.Search(t.Context(), search.Request{Query: query})
	must(t, err)
	status, err := room.Stories.Status(t.Context())
	must(t, err)
	if found.Total != want || status.Unindexed != 0 {
		t.Errorf("%s: %d found, %d unindexed; want %d and none", query, found.Total, status.Unindexed, want)
	}
}

// TestReindex searches while the index is rebuilt and swapped.
func TestReindex(t *testing.T) {
	room, p, _, c := library(t)
	var over atomic.Bool
	var searches sync.WaitGroup
	searches.Go(func() {
		for !over.Load() {
			found, err := room.Stories.Search(t.Context(), search.Request{Query: "gymnasium"})
			if err != nil || found.Total != 3 {
				t.Errorf("in the middle of a reindex: %d found, %v", found.Total, err)
				return
			}
			if _, err := room.Stories.Status(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		last := 0
		n, err := room.Pipeline.Reindex(t.Context(), opened(fresh(t, room)), func(done, total int) { last = done*100 + total })
		must(t, err)
		if n != 5 || last != 505 {
			t.Errorf("%d articles were indexed and %d told, want 5", n, last)
		}
	}
	over.Store(true)
	searches.Wait()
	wantFound(t, room, "gymnasium", 3)
	p.set("gazette", item{"new", "Zeppelin over Aldermere", "A zeppelin was seen over Aldermere.", c.Now()})
	pass(t, room) // its articles go into the new index
	wantFound(t, room, "zeppelin", 1)
	if n, err := room.Index.Count(); err != nil || n != 6 {
		t.Errorf("%d articles in the index, %v", n, err)
	}
}

// TestReindexCancelled keeps the old index.
func TestReindexCancelled(t *testing.T) {
	room, p, _, c := library(t)
	room.Options.Batch = 2
	room = restart(t, room)
	old := room.Options.Search // closed when another replaces it
	ctx, cancel := context.WithCancel(t.Context())
	n, err := room.Pipeline.Reindex(ctx, opened(fresh(t, room)), func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("%d articles, %v; want 2 and context.Canceled", n, err)
	}
	if _, err := old.Count(); err != nil {
		t.Error("half an index took the place of the old one")
	}
	wantFound(t, room, "gymnasium", 3)
	p.set("gazette", item{"new", "Zeppelin over Aldermere", "A zeppelin was seen over Aldermere.", c.Now()})
	pass(t, room)
	wantFound(t, room, "zeppelin", 1)
	n, err = room.Pipeline.Reindex(t.Context(), opened(fresh(t, room)), nil) // and once without interruption
	must(t, err)
	if _, err := old.Count(); n != 6 || err == nil {
		t.Errorf("%d articles indexed; the old index: %v", n, err)
	}
	wantFound(t, room, "zeppelin", 1)
}

// A pass waits for the one that runs, reports that, and stops waiting when its context ends.
func TestPassWaitsForPass(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		_, _ = w.Write(rss("slow", "", []item{{"1", "One", "Text.", time.Now()}}))
	}))
	t.Cleanup(slow.Close)
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
	_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: slow.URL})
	must(t, err)
	first := make(chan pipeline.Summary)
	go func() {
		sum, err := room.Pipeline.Pass(context.WithoutCancel(t.Context()), pipeline.PassOptions{Force: true})
		if err != nil {
			t.Error(err)
		}
		first <- sum
	}()
	<-asked
	ctx, leave := context.WithCancel(t.Context())
	said := ""
	_, err = room.Pipeline.Pass(ctx, pipeline.PassOptions{Progress: func(stage string, _, _ int) {
		said = stage
		leave()
	}})
	if !errors.Is(err, context.Canceled) || said != "wait for the pass that runs" {
		t.Errorf("a pass that left gives %v, having said %q", err, said)
	}
	second := make(chan pipeline.Summary)
	go func() {
		sum, err := room.Pipeline.Pass(context.WithoutCancel(t.Context()), pipeline.PassOptions{})
		if err != nil {
			t.Error(err)
		}
		second <- sum
	}()
	close(release)
	if one, two := <-first, <-second; one.Read != 1 || one.Settled != 1 || two.Feeds != 0 {
		t.Errorf("the first pass: %+v; the second: %+v", one, two)
	}
}
