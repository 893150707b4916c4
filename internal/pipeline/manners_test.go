package pipeline_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

// TestHostRests: one feed of a host gets a Retry-After. The host's other feeds wait too, and so does the next process.
func TestHostRests(t *testing.T) {
	c := pipelinetest.NewClock()
	dir := t.TempDir()
	p := newPublisher()
	at := apart(t, p)
	url := at("host")
	for _, name := range []string{"busy", "quiet", "elsewhere"} {
		p.set(name, stock(name, 2)...)
	}
	r := startReader(t, dir, c)
	add(t, r.Room, url, "busy", "quiet")
	add(t, r.Room, at("elsewhere"), "elsewhere")
	collect := func() map[string]int {
		t.Helper()
		sum, err := r.Pipeline.Collect(t.Context())
		must(t, err)
		return map[string]int{"asked": sum.Feeds, "failed": sum.Failed, "resting": sum.Resting}
	}
	p.fail("busy", pipelinetest.Answer(503, "", "Retry-After", "100000"))
	want(t, collect(), map[string]int{"asked": 2, "failed": 1, "resting": 1})
	until := c.Now().Add(100000 * time.Second)
	f := feedOf(t, r.Room, url+"/quiet")
	if !f.Due.Equal(until) || f.Rule != "host" || f.State != news.FeedWaiting || !f.Checked.IsZero() || f.Problem != "" {
		t.Errorf("the host's other feed: %+v", f)
	}
	p.fail("busy", nil)
	p.set("late", stock("late", 2)...)
	for range 2 {
		r.stop()
		r = startReader(t, dir, c)
		add(t, r.Room, url, "late"+c.Now().Format("1504")) // a new feed of the host is due at once
		if got := collect(); got["failed"] != 0 || got["resting"] != 1 {
			t.Errorf("after a restart: %v", got)
		}
		c.Advance(27 * time.Hour)
	}
	c.Advance(until.Sub(c.Now()))
	if got := collect(); got["resting"] != 0 || got["asked"] < 4 {
		t.Errorf("when its time is over: %v", got)
	}
	r.stop()
}

func want(t *testing.T, got, want map[string]int) {
	t.Helper()
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: %d, want %d", key, got[key], n)
		}
	}
}

// TestMoves has feeds that redirect in this many polls, some time apart.
func TestMoves(t *testing.T) {
	to := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.Replace(r.URL.Path, "old", "new", 1), status)
		}
	}
	for _, tt := range []struct {
		name  string
		polls []int // statuses, one a day; 0 means the document itself
		has   bool  // another feed has the new address
		gone  bool  // or had it before it was removed
		want  string
		says  string
	}{
		{name: "permanent", polls: []int{301, 308, 301, 308}, want: "/new-permanent"},
		{name: "too soon", polls: []int{301, 301, 301}, want: "/old-too-soon"},
		{name: "interrupted", polls: []int{301, 301, 0, 301, 301}, want: "/old-interrupted"},
		{name: "found", polls: []int{302, 302, 302, 302, 302}, want: "/old-found"},
		{name: "for now", polls: []int{307, 307, 307, 307, 307}, want: "/old-for-now"},
		{name: "taken", polls: []int{301, 301, 301, 301, 301}, has: true, want: "/old-taken", says: "which another feed has"},
		{name: "removed", polls: []int{301, 301, 301, 301, 301}, has: true, gone: true, want: "/old-removed", says: "one that was removed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := pipelinetest.NewClock()
			room, p, url := impatient(t, c)
			name := pathOf(tt.name)
			p.set("new-"+name, stock("new", 2)...)
			p.set("old-"+name, stock("new", 2)...)
			add(t, room, url, "old-"+name)
			id := feedOf(t, room, url+"/old-"+name).ID
			if tt.has {
				add(t, room, url, "new-"+name)
			}
			if tt.gone {
				must(t, room.Feeds.RemoveFeed(t.Context(), feedOf(t, room, url+"/new-"+name).ID))
			}
			for _, status := range tt.polls {
				p.fail("old-"+name, nil)
				if status != 0 {
					p.fail("old-"+name, to(status))
				}
				duePass(t, room)
				c.Advance(25 * time.Hour)
			}
			f, err := room.Feeds.FindFeed(t.Context(), id, "")
			must(t, err)
			if f.URL != url+tt.want || f.State != news.FeedOK || !strings.Contains(f.Problem, tt.says) || (tt.says == "") != (f.Problem == "") {
				t.Errorf("it is at %s, %s: %q", f.URL, f.State, f.Problem)
			}
			if f.Articles != 2 {
				t.Errorf("%d articles", f.Articles)
			}
		})
	}
}

// TestSkippedHours: a feed becomes due just before an hour that it skips, while nobody polls.
func TestSkippedHours(t *testing.T) {
	c := pipelinetest.NewClockAt(time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC))
	room, p, url := impatient(t, c)
	p.set("night", stock("night", 1)...)
	p.extra["night"] = "<skipHours><hour>22</hour><hour>23</hour></skipHours><skipDays><day>Tuesday</day></skipDays>"
	add(t, room, url, "night")
	duePass(t, room)
	c.Advance(2 * time.Hour)
	if sum := duePass(t, room); sum.Feeds != 0 {
		t.Errorf("asked at ten in the evening: %+v", sum)
	}
	f := feedOf(t, room, url+"/night")
	if wednesday := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC); f.Rule != "skip days" || f.Due.Before(wednesday) || f.Due.After(wednesday.Add(10*time.Minute)) {
		t.Errorf("due at %s by %q", f.Due, f.Rule)
	}
}
