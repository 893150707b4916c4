package stream_test

import (
	"bufio"
	"encoding/json"
	"iter"
	"os"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// report is a made-up article, a line of testdata/*.jsonl, and what it belongs to (cluster): an event in independent.jsonl,
// which has three reports of each by reporters of their own, and a story in languages.jsonl.
type report struct {
	ID, Title, Text, Summary, Feed, URL, Lang, Cluster string
	Published                                          time.Time
}

func reportsOf(t *testing.T, file string) []report {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var out []report
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var r report
		if err := json.Unmarshal(scan.Bytes(), &r); err != nil {
			t.Fatalf("line %d: %v", len(out)+1, err)
		}
		out = append(out, r)
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// grouped runs articles through a grouper and gives each one's place.
func grouped(t *testing.T, reports []report) []stream.Placed {
	t.Helper()
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	placed := make([]stream.Placed, len(reports))
	b := stream.New(stream.Options{Outlets: registry, Print: func(ps iter.Seq[stream.Placed]) error {
		for p := range ps {
			placed[p.Article-1] = p
		}
		return nil
	}})
	for _, r := range reports {
		e := news.Entry{
			GUID: r.ID, Title: r.Title, Content: r.Text, Summary: r.Summary, URL: r.URL, Published: r.Published, Language: r.Lang,
			Source: news.Reference{Title: r.Feed},
		}
		if err := b.Add(e, r.Feed, r.Published); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return placed
}

// TestIndependentReports holds grouping to the difference between a story and an event: reporters at one happening share
// names, figures and quotations, and no text. Nothing is fitted to these reports.
func TestIndependentReports(t *testing.T) {
	reports := reportsOf(t, "testdata/independent.jsonl")
	placed := grouped(t, reports)
	pairs, oneStory, oneEvent, strangers := 0, 0, 0, 0
	for i, p := range placed {
		for j, q := range placed[:i] {
			sameEvent := p.Story.Event == q.Story.Event
			if reports[i].Cluster != reports[j].Cluster {
				if sameEvent {
					strangers++
					t.Logf("%s and %s tell of two events, and stand in one", reports[i].ID, reports[j].ID)
				}
				continue
			}
			pairs++
			if p.Story.ID == q.Story.ID {
				oneStory++
				t.Logf("%s and %s are one story", reports[i].ID, reports[j].ID)
			}
			if sameEvent {
				oneEvent++
			} else {
				t.Logf("%s and %s stand in two events", reports[i].ID, reports[j].ID)
			}
		}
	}
	t.Logf("of %d pairs %d are in one story, %d in one event; %d pairs of strangers are in one event", pairs, oneStory, oneEvent, strangers)
	if oneStory*100 > pairs {
		t.Errorf("%d of %d pairs are in one story, at most one in a hundred may", oneStory, pairs)
	}
	if oneEvent*100 < 85*pairs {
		t.Errorf("%d of %d pairs are in one event, at least 85 of a hundred must", oneEvent, pairs)
	}
}
