package pipeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

// TestSettledInParts settles the same articles at once and in parts. A comparison of two articles depends on how rare
// their words are at that time, and its result is kept. So the stories may differ a little. They do not differ when all
// articles are compared again.
func TestSettledInParts(t *testing.T) {
	reports := append(reportsOf(t, "independent.jsonl"), reportsOf(t, "languages.jsonl")...)
	slices.SortStableFunc(reports, func(a, b report) int { return a.Published.Compare(b.Published) })
	dir := t.TempDir()
	var once, inParts, anew map[string]settled
	t.Run("once", func(t *testing.T) { once = settledIn(t, t.TempDir(), reports, 1) })
	t.Run("in parts", func(t *testing.T) { inParts = settledIn(t, dir, reports, 12) })
	t.Run("anew", func(t *testing.T) {
		compareAnew(t, dir)
		anew = settledIn(t, dir, nil, 1)
	})
	if diff := gocmp.Diff(once, anew); diff != "" {
		t.Errorf("once and compared anew (-once +anew):\n%.4000s", diff)
	}
	story, event := alike(once, inParts)
	if story < .98 || event < .88 {
		t.Errorf("once and in parts are alike by %.4f on stories and %.4f on events, want .98 and .88", story, event)
	}
}

// settledIn collects reports in parts, settles each part, and returns the stories of the articles.
func settledIn(t *testing.T, dir string, reports []report, parts int) map[string]settled {
	t.Helper()
	last := reportsDay
	// Nothing is closed, since outlets' habits are computed from closed stories when the program starts.
	room := open(t, dir, settings{now: func() time.Time { return last }, window: 365 * 24 * time.Hour})
	for i := range parts {
		collectPart(t, room, reports, i, parts)
		_, err := room.Pipeline.Settler.Settle(t.Context(), nil)
		must(t, err)
	}
	return shape(t, room)
}

// collectPart stores the reports of part i, in one transaction.
func collectPart(t *testing.T, room *pipelinetest.Room, reports []report, i, parts int) {
	t.Helper()
	var polls []store.Poll
	for _, r := range reports[len(reports)*i/parts : len(reports)*(i+1)/parts] {
		f, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: "https://" + r.Feed + ".example/feed"})
		if !errors.Is(err, news.ErrExists) {
			must(t, err)
		}
		f.Checked = reportsDay
		polls = append(polls, store.Poll{Feed: f, Articles: []news.Article{{
			GUID: r.ID, Title: r.Title, Hash: r.ID, Text: r.Text, Summary: r.Summary, URL: r.URL, Lang: r.Lang, Seen: reportsDay, Published: r.Published,
			Outlet: news.Outlet{Name: r.Feed, Domain: r.Feed + ".example"},
		}}})
	}
	_, err := room.Store.Collect(t.Context(), polls)
	must(t, err)
}

var reportsDay = time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC)

// compareAnew makes the next settlement print and compare a closed folder's articles again, like those of another
// version. One of them waits to be settled.
func compareAnew(t *testing.T, dir string) {
	t.Helper()
	storetest.Exec(t, dir, `UPDATE prints SET print = ? || substr(print, 2)`, []byte{0})
	storetest.Exec(t, dir, `DELETE FROM edges`)
	storetest.Exec(t, dir, `UPDATE marks SET value = value - 1 WHERE name = 'settle'`)
}

// alike returns the adjusted Rand index of two results, for stories and for events.
func alike(a, b map[string]settled) (story, event float64) {
	var stories, events [2][]string
	for _, key := range slices.Sorted(maps.Keys(a)) {
		for i, s := range []settled{a[key], b[key]} {
			stories[i], events[i] = append(stories[i], s.Story), append(events[i], s.Event)
		}
	}
	return pipelinetest.AdjustedRand(stories[0], stories[1]), pipelinetest.AdjustedRand(events[0], events[1])
}

// report is a made-up article of the testdata of package stream.
type report struct {
	ID, Title, Text, Summary, Feed, URL, Lang string
	Published                                 time.Time
}

func reportsOf(t *testing.T, file string) (all []report) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "stories", "stream", "testdata", file))
	must(t, err)
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var r report
		must(t, d.Decode(&r))
		all = append(all, r)
	}
	return all
}
