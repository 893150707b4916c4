package pipeline_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// TestClockJumps polls once, or not at all, with a wrong clock, and then continues with the right one.
func TestClockJumps(t *testing.T) {
	for _, tt := range []struct {
		name string
		jump func(now time.Time) time.Time
	}{
		{"an hour ahead", func(now time.Time) time.Time { return now.Add(time.Hour) }},
		{"a year ahead", func(now time.Time) time.Time { return now.AddDate(1, 0, 0) }},
		{"a century ahead", func(now time.Time) time.Time { return now.AddDate(100, 0, 0) }},
		{"an hour behind", func(now time.Time) time.Time { return now.Add(-time.Hour) }},
		{"1970", func(time.Time) time.Time { return time.Unix(60, 0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := pipelinetest.NewClock()
			p := newPublisher()
			srv := httptest.NewServer(p)
			defer srv.Close()
			dir := t.TempDir()
			room := open(t, dir, settings{allow: loopback, now: c.Now})
			for _, name := range []string{"steady", "broken", "waiting"} {
				p.set(name, stock(name, 3)...)
			}
			p.fail("broken", pipelinetest.Answer(404, ""))
			add(t, room, srv.URL, "steady", "broken", "waiting")
			duePass(t, room)

			right := c.Now()
			c.Advance(tt.jump(right).Sub(right))
			p.fail("waiting", pipelinetest.Answer(429, "", "Retry-After", "3600"))
			p.fail("fresh", pipelinetest.Answer(200, undatedFeed))
			add(t, room, srv.URL, "fresh")
			_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
			must(t, err)
			c.Advance(right.Sub(c.Now()))
			p.fail("waiting", nil)
			p.fail("broken", nil)

			asked := map[string]int{}
			for i := range 26 * 6 {
				c.Advance(10 * time.Minute)
				if i == 60 {
					p.set("steady", append(stock("steady", 3), item{guid: "new", title: "The newest report", text: "Of a ferry that ran aground at dawn.", at: c.Now()})...)
				}
				duePass(t, room)
				for _, name := range []string{"steady", "broken", "waiting", "fresh"} {
					if p.header(name) != nil {
						asked[srv.URL+"/"+name]++
					}
				}
				p.forget()
			}
			feeds, err := room.Store.Feeds(t.Context())
			must(t, err)
			for _, f := range feeds {
				if asked[f.URL] < 2 || f.Due.After(c.Now().Add(25*time.Hour)) || f.State != news.FeedOK {
					t.Errorf("%s was asked %d times in 26 hours, is %s, due in %s", f.URL, asked[f.URL], f.State, f.Due.Sub(c.Now()))
				}
				runs, err := room.Store.FeedHistory(t.Context(), f.ID)
				must(t, err)
				if len(runs) == 0 || !runs[0].Last.Equal(f.Checked) || runs[0].Last.After(c.Now()) || runs[0].Last.Before(runs[0].First) {
					t.Errorf("%s was read last at %s; its history says %+v", f.URL, f.Checked, runs)
				}
			}
			for _, newest := range []bool{false, true} {
				stories, err := room.Stories.Stories(t.Context(), news.StoryList{Newest: newest})
				must(t, err)
				if len(stories) == 0 || stories[0].Title != "The newest report" {
					t.Fatalf("newest %t: the first of %d stories is %+v", newest, len(stories), stories[0])
				}
				for _, s := range stories {
					if s.Changed.After(c.Now()) || s.Latest.After(c.Now()) {
						t.Errorf("%s is of %s, changed %s; it is %s", s.Title, s.Latest, s.Changed, c.Now())
					}
				}
			}
			found, err := room.Stories.Search(t.Context(), search.Request{Query: "report OR harbour", Newest: true})
			must(t, err)
			if len(found.Articles) == 0 || found.Articles[0].Article.Title != "The newest report" {
				t.Errorf("the newest that is found: %+v", found.Articles)
			}
		})
	}
}

const undatedFeed = `<rss version="2.0"><channel><title>Harbour</title><link>https://harbour.example/</link>
<item><title>Harbour closes</title><link>https://harbour.example/1</link><description>The harbour closes for the winter, its master says.</description></item>
</channel></rss>`
