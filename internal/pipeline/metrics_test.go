package pipeline_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
)

// measured returns the values of some series, such as `headwater_feeds{state="ok"}`. Of a histogram it is how often it was observed.
func measured(t *testing.T, room *pipelinetest.Room, series ...string) map[string]string {
	t.Helper()
	families, err := room.Metrics.Gatherer().Gather()
	must(t, err)
	all := map[string]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			name := f.GetName()
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			all[name] = fmt.Sprint(m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount()))
		}
	}
	got := map[string]string{}
	for _, s := range series {
		got[s] = all[s]
	}
	return got
}

func wantMeasured(t *testing.T, room *pipelinetest.Room, want map[string]string) {
	t.Helper()
	var series []string
	for s := range want {
		series = append(series, s)
	}
	if diff := cmp.Diff(want, measured(t, room, series...)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// TestMetrics counts what a pass did, and what is left to do in a process that begins after feeds were polled but not settled.
func TestMetrics(t *testing.T) {
	room, p, url, clock := library(t)
	wantMeasured(t, room, map[string]string{
		`headwater_polls_total{outcome="read"}`: "3", `headwater_polls_total{outcome="failed"}`: "0", "headwater_poll_duration_seconds": "3",
		"headwater_pass_duration_seconds": "1", `headwater_items_total{kind="new"}`: "5", "headwater_settled_articles_total": "5",
		`headwater_feeds{state="ok"}`: "3", `headwater_feeds{state="paused"}`: "0", "headwater_feeds_due": "0", "headwater_poll_lag_seconds": "0",
		"headwater_index_articles": "5", "headwater_window_articles": "5", "headwater_leader": "1",
		`headwater_stage_lag_entries{stage="settle"}`: "0", `headwater_stage_lag_entries{stage="index"}`: "0",
	})

	p.set("ledger", item{"harvest", "Harvest is late", "The harvest is late this year in all of the valley.", clock.Now()})
	add(t, room, url, "ledger")
	_, err := room.Feeds.AddFeeds(t.Context(), []news.Feed{{URL: "http://127.0.0.1:1/refused"}})
	must(t, err)
	next := restart(t, room)
	if _, err := next.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(30 * 24 * time.Hour)
	feeds, err := next.Store.Feeds(t.Context())
	must(t, err)
	yes := true
	must(t, next.Store.ChangeFeed(t.Context(), feeds[0].ID, news.FeedEdit{Paused: &yes}))
	wantMeasured(t, next, map[string]string{
		`headwater_polls_total{outcome="read"}`: "1", `headwater_polls_total{outcome="failed"}`: "1", `headwater_items_total{kind="new"}`: "1",
		"headwater_settled_articles_total": "0",
		`headwater_feeds{state="ok"}`:      "3", `headwater_feeds{state="unreachable"}`: "1", `headwater_feeds{state="paused"}`: "1", "headwater_feeds_due": "4",
		"headwater_leader": "0", "headwater_window_articles": "0",
		`headwater_stage_lag_entries{stage="settle"}`: "1", `headwater_stage_lag_entries{stage="index"}`: "1", `headwater_stage_lag_entries{stage="topics"}`: "0",
	})
}

// TestPassIsLogged: a server writes one line for a pass that polled something, and none for one that found nothing due.
func TestPassIsLogged(t *testing.T) {
	var log bytes.Buffer
	c, p := pipelinetest.NewClock(), newPublisher()
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now, log: &log})
	address, _ := serveAt(t, "", p)
	p.set("herald", item{"flood", floodTitle, floodText, c.Now()})
	add(t, room, "http://"+address, "herald")
	_, err := room.Feeds.AddFeeds(t.Context(), []news.Feed{{URL: "http://127.0.0.1:1/refused"}})
	must(t, err)
	for range 2 {
		_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true})
		must(t, err)
	}
	var lines []string
	for line := range strings.Lines(log.String()) {
		if _, text, ok := strings.Cut(line, `msg="feeds were polled" `); ok {
			text, _, _ = strings.Cut(text, " took=")
			lines = append(lines, text)
		}
	}
	if want := []string{"feeds=2 read=1 not_modified=0 failed=1 resting=0 new=1 revised=0"}; !slices.Equal(lines, want) {
		t.Errorf("the log has %q, want %q:\n%s", lines, want, log.String())
	}
}
