package pipeline_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/serve/publish"
)

// wantEditions writes the combined feed in its three formats and reads each as another program would. Each story is in it
// once, with a unique id and address. A story with an original links to that.
func wantEditions(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	e, err := room.Stories.Edition(t.Context(), news.EditionQuery{Limit: 100_000})
	must(t, err)
	status, err := room.Stories.Status(t.Context())
	must(t, err)
	if len(e.Stories) != status.Stories || e.Next != "" {
		t.Fatalf("%d of %d stories, next %q", len(e.Stories), status.Stories, e.Next)
	}
	site := publish.Site{URL: "https://news.example", Instance: "test"}
	channel := publish.Channel{ID: site.ChannelID("all"), Title: "All", Home: site.URL + "/", Self: site.URL + "/feeds/all", Items: site.Items(e.Stories)}
	for format, write := range map[string]func(io.Writer, publish.Channel) error{"atom": publish.Atom, "rss": publish.RSS, "json": publish.JSON} {
		var b bytes.Buffer
		must(t, write(&b, channel))
		doc, err := parse.Parse(t.Context(), b.Bytes(), parse.Options{URL: channel.Self, MaxItems: 100_000, Timeout: time.Minute})
		must(t, err)
		if len(doc.Entries) != len(e.Stories) || len(doc.Repaired) > 0 {
			t.Errorf("%s: %d entries of %d stories, mended: %q", format, len(doc.Entries), len(e.Stories), doc.Repaired)
		}
		byID := make(map[string]news.Entry, len(doc.Entries))
		for _, entry := range doc.Entries {
			if _, twice := byID[entry.GUID]; twice {
				t.Errorf("%s: %s comes twice", format, entry.GUID)
			}
			byID[entry.GUID] = entry
		}
		wantLeads(t, format, site, e.Stories, byID)
	}
}

func wantLeads(t *testing.T, format string, site publish.Site, stories []news.Story, byID map[string]news.Entry) {
	t.Helper()
	originals, leads := 0, 0
	for _, s := range stories {
		entry, ok := byID[site.StoryID(s.ID)]
		if !ok {
			t.Errorf("%s: story %d is missing", format, s.ID)
		}
		want := publish.Absolute(s.Origin.URL)
		if want == "" { // its item has no address to link to
			continue
		}
		originals++
		// The newest version of the original may be the link too, if it is on the same site.
		if current := s.Current().Article; entry.URL == want || s.Origin.Article != 0 && current.Outlet.Key() == s.Origin.Key() && entry.URL == publish.Absolute(current.URL) {
			leads++
		} else {
			t.Errorf("%s: story %d leads to %s and not to its original, %s", format, s.ID, entry.URL, want)
		}
	}
	if originals == 0 {
		t.Errorf("%s: no story has an original", format)
	}
	t.Logf("%s: %d stories, %d with an original to link to, %d lead there", format, len(stories), originals, leads)
}
