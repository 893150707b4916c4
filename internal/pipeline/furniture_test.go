package pipeline_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
)

// The notices of a publisher, each a paragraph of its own in all of its papers.
var notices = []string{
	"Our reporters walk the valley from end to end so that nobody has to read of it in the papers of the city.",
	"Members of the valley club receive the almanac, two tickets for the summer fair and the thanks of the whole house.",
	"Letters to the house are read aloud on the first Monday of the month in the hall behind the old mill.",
	"Whoever finds a mistake in these columns is given a jar of honey from the hives on the roof of the house.",
}

// drip serves feeds with few items at once. Each item has words of its own and the publisher's notices.
type drip struct {
	mu    sync.Mutex
	items map[string][]int // by path
	bare  map[string]bool  // paths whose items lack one notice
}

func (d *drip) show(path string, items ...int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.items[path] = items
}

func (d *drip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Content-Type", "application/rss+xml")
	path := strings.TrimPrefix(r.URL.Path, "/")
	var out strings.Builder
	fmt.Fprintf(&out, `<rss version="2.0"><channel><title>%s</title><link>https://%s.example/</link>`, path, path)
	for _, i := range d.items[path] {
		seed := uint64(i)
		for _, c := range path {
			seed = seed*1000 + uint64(c)
		}
		fmt.Fprintf(&out, `<item><title>%s</title><guid>%s-%d</guid><link>https://%s.example/%d</link><description><![CDATA[`, prose(seed, 5), path, i, path, i)
		for part := range uint64(2) {
			fmt.Fprintf(&out, "<p>%s.</p>", prose(seed+part*7919, 12))
		}
		if !d.bare[path] || i >= 100 {
			fmt.Fprintf(&out, "<p>%s</p>", strings.Join(notices, "</p><p>"))
		}
		out.WriteString("]]></description></item>")
	}
	out.WriteString("</channel></rss>")
	if _, err := io.WriteString(w, out.String()); err != nil {
		panic(err) // no poll here hangs up
	}
}

func holdsNotice(text string) bool {
	for _, n := range notices {
		if strings.Contains(text, n) {
			return true
		}
	}
	return false
}

// TestFurnitureFromPollToPoll polls feeds with one item at a time. The program restarts before each poll, so only stored
// furniture is remembered.
func TestFurnitureFromPollToPoll(t *testing.T) {
	d := &drip{items: map[string][]int{}, bare: map[string]bool{"other": true}}
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	papers := []string{"north", "south"}
	polled := func(name string, check func(*testing.T, *pipelinetest.Room, pipeline.Summary)) {
		t.Run(name, func(t *testing.T) {
			room := open(t, dir, settings{allow: loopback})
			if name == "poll 1" {
				add(t, room, srv.URL, append(papers, "other")...)
			}
			check(t, room, pass(t, room))
		})
	}
	text := func(t *testing.T, room *pipelinetest.Room, path string, i int) string {
		p, ok := membership(t, room)[fmt.Sprintf("%s/%s %s-%d", srv.URL, path, path, i)]
		if !ok {
			t.Fatalf("item %d of %s is nowhere", i, path)
		}
		a, err := room.Store.Article(t.Context(), p.Article.ID)
		must(t, err)
		return a.Text
	}
	for i := 1; i <= 6; i++ {
		other := i
		if i == 6 {
			other = 100 // for the first time with the notices of the others
		}
		for _, p := range papers {
			d.show(p, i)
		}
		d.show("other", other)
		polled(fmt.Sprint("poll ", i), func(t *testing.T, room *pipelinetest.Room, sum pipeline.Summary) {
			if sum.New != 3 || sum.Revised != 0 {
				t.Errorf("%d new and %d revised", sum.New, sum.Revised)
			}
			for _, p := range papers {
				if got := text(t, room, p, i); holdsNotice(got) != (i < 3) || !strings.Contains(got, "\n\n") {
					t.Errorf("%s, item %d: %q", p, i, got)
				}
			}
			if got := text(t, room, "other", other); holdsNotice(got) != (i == 6) {
				t.Errorf("a feed learnt from others: %q", got)
			}
		})
	}
	for _, p := range papers {
		d.show(p, 6, 5, 4, 3, 2, 1)
	}
	polled("all again", func(t *testing.T, room *pipelinetest.Room, sum pipeline.Summary) {
		if sum.Revised != 0 || sum.New != 0 || sum.Same != 2*6+1 {
			t.Errorf("furniture learnt later made revisions: %+v", sum)
		}
		stories, early := map[int64]string{}, map[int64]int{}
		for key, p := range membership(t, room) {
			if strings.HasSuffix(key, "-1") || strings.HasSuffix(key, "-2") || strings.Contains(key, "other") {
				early[p.story.ID]++ // before anything was learnt, except by the other feed
				continue
			}
			if was := stories[p.story.ID]; was != "" {
				t.Errorf("strangers in one story: %s and %s", was, key)
			}
			stories[p.story.ID] = key
		}
		if len(stories) != 2*4 {
			t.Errorf("%d stories", len(stories))
		}
		if len(early) == 2*2+6 {
			t.Error("the notices bridge nothing where they stay, so that the test shows nothing")
		}
	})
}

// A feed that returns the same item at each poll reveals no furniture.
func TestOneItemPolledOftenTeachesNothing(t *testing.T) {
	d := &drip{items: map[string][]int{"north": {1}}}
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	room := open(t, t.TempDir(), settings{allow: loopback})
	add(t, room, srv.URL, "north")
	for range 6 {
		pass(t, room)
	}
	f := feedOf(t, room, srv.URL+"/north")
	got, err := room.Store.Furniture(t.Context(), f.ID)
	must(t, err)
	if len(got.Blocks) != 0 || len(got.Items) != 1 {
		t.Errorf("learnt %d blocks of %d items", len(got.Blocks), len(got.Items))
	}
	report, err := room.Pipeline.Check(t.Context(), f.URL)
	must(t, err)
	if len(report.Items) != 1 || !holdsNotice(report.Items[0].Article.Text) {
		t.Errorf("checked without storing: %+v", report.Items)
	}
}

// prose returns made-up words, always the same for one seed.
func prose(seed uint64, words int) string {
	syllables := strings.Fields("ba ko ri ten mo sul har vex lin dor pa que zi gron fel tas um wie jor neth")
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]string, words)
	for i := range out {
		for range 3 {
			out[i] += syllables[r.IntN(len(syllables))]
		}
	}
	return strings.Join(out, " ")
}
