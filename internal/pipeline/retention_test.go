package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/serve/compare"
	"headwater/internal/store"
)

const days = 24 * time.Hour

// storyOfItem returns the story of a feed's item.
func storyOfItem(t *testing.T, room *pipelinetest.Room, key string) news.Story {
	t.Helper()
	p, ok := membership(t, room)[key]
	if !ok {
		t.Fatalf("%s is in no story", key)
	}
	return p.story
}

// shows is what a story's page is made of.
type shows struct {
	Story    news.Story
	Compared map[int64]news.Comparison
	Reports  []news.Report
}

func shown(t *testing.T, room *pipelinetest.Room, id int64) (s shows) {
	t.Helper()
	var err error
	s.Story, err = room.Stories.Story(t.Context(), id)
	must(t, err)
	s.Compared, err = compare.New(room.Store).Comparisons(t.Context(), s.Story)
	must(t, err)
	s.Reports, err = compare.New(room.Store).Reports(t.Context(), s.Story)
	must(t, err)
	return s
}

func retain(t *testing.T, room *pipelinetest.Room) pipeline.Removed {
	t.Helper()
	gone, err := room.Pipeline.Retention.Remove(t.Context(), time.Minute)
	must(t, err)
	must(t, room.Store.Check(t.Context()))
	return gone
}

// withPrints counts the stored prints.
func withPrints(t *testing.T, room *pipelinetest.Room, articles []int64) int {
	t.Helper()
	n := 0
	must(t, room.Store.WindowOf(t.Context(), articles, func(r store.WindowRow) error {
		if r.PrintErr == nil && slices.Contains(articles, r.Article.ID) {
			n++
		}
		return nil
	}))
	return n
}

// wireDesk has a story of three outlets that reword one text, a story of two that carry another text, and a story of one
// article.
func wireDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	at := d.clock.Now().Add(-5 * time.Hour)
	d.items = map[string][]item{
		"herald":  {{"pier", "Ferry berths closed after cracks are found", wireText, at}, {"comet", cometTitle, cometText, at.Add(2 * time.Hour)}},
		"gazette": {{"pier", "Commuters take the bus as the pier cracks", wireText + " Nobody was hurt.", at.Add(time.Hour)}},
		"tribune": {
			{"pier", "Cracks in the pier stop the ferries", strings.ReplaceAll(wireText, "four hundred", "some 400") + " The mayor called it a long winter.", at.Add(2 * time.Hour)},
			{"strike", strikeTitle, strikeText, at.Add(time.Hour)},
		},
		"courier": {{"strike", strikeTitle, strikeText, at.Add(3 * time.Hour)}},
	}
	return d
}

// TestClosedStoriesShowTheSame, although their prints and edges are deleted. A correction opens them again.
func TestClosedStoriesShowTheSame(t *testing.T) {
	d := wireDesk(t)
	var pier, strike, comet news.Story
	before := map[int64]shows{}
	d.run(t, "settled", func(t *testing.T, room *pipelinetest.Room) {
		pier, strike = storyOfItem(t, room, d.url+"/herald pier"), storyOfItem(t, room, d.url+"/tribune strike")
		comet = storyOfItem(t, room, d.url+"/herald comet")
		if len(pier.Members) != 3 || len(strike.Members) != 2 {
			t.Fatalf("stories of %d and %d", len(pier.Members), len(strike.Members))
		}
		for _, s := range []news.Story{pier, strike, comet} {
			before[s.ID] = shown(t, room, s.ID)
		}
		reasons := 0
		for _, k := range before[pier.ID].Compared {
			reasons += len(k.Reasons)
		}
		if reasons == 0 {
			t.Fatal("no edge has a reason to begin with")
		}
		if gone := retain(t, room); gone != (pipeline.Removed{}) {
			t.Errorf("of open stories %+v went", gone)
		}
		d.clock.Advance(80 * time.Hour)
		if gone := retain(t, room); gone != (pipeline.Removed{}) {
			t.Errorf("%+v went when the clock was far ahead of the last look", gone)
		}
		d.clock.Advance(-80 * time.Hour)
		if gone := retain(t, room); gone != (pipeline.Removed{}) {
			t.Errorf("%+v went when the clock was right again", gone)
		}
		d.clock.Advance(80 * time.Hour)
		retain(t, room)
		d.clock.Advance(time.Hour)
		if gone := retain(t, room); gone.Closed != 3 || gone.Articles != 0 {
			t.Errorf("%+v", gone)
		}
		if n := withPrints(t, room, articleIDs(pier, strike, comet)); n != 0 {
			t.Errorf("%d prints are left", n)
		}
		for id, was := range before {
			if diff := gocmp.Diff(was, shown(t, room, id)); diff != "" {
				t.Errorf("story %d is shown otherwise (-before +after):\n%s", id, diff)
			}
		}
		// New articles are not compared with closed stories.
		d.items["courier"] = append(d.items["courier"], item{"late", "Ferry berths closed after cracks are found", wireText, d.clock.Now()})
		d.poll(t, room)
		if late := storyOfItem(t, room, d.url+"/courier late"); late.ID == pier.ID {
			t.Error("a closed story took an article")
		}
	})
	d.run(t, "merged in another run", func(t *testing.T, room *pipelinetest.Room) {
		made, err := room.Pipeline.Settler.Merge(t.Context(), []int64{pier.ID, comet.ID})
		must(t, err)
		if len(made.Stories) != 1 || len(made.Stories[0].Members) != 5 { // the late one is compared with it now that it is open
			t.Errorf("merged into %+v", made.Stories)
		}
		if n := withPrints(t, room, articleIDs(pier, comet)); n != 4 {
			t.Errorf("%d of 4 have prints again", n)
		}
		must(t, room.Store.Check(t.Context()))
		_, err = room.Pipeline.Settler.Forget(t.Context(), made.Correction.ID)
		must(t, err)
		after := storyOfItem(t, room, d.url+"/herald pier")
		if after.ID != pier.ID || len(after.Members) != 4 || storyOfItem(t, room, d.url+"/herald comet").ID != comet.ID {
			t.Errorf("taken back, the story is %d of %d", after.ID, len(after.Members))
		}
		d.clock.Advance(80 * time.Hour)
		retain(t, room)
		d.clock.Advance(time.Hour)
		retain(t, room)
		if n := withPrints(t, room, articleIDs(pier, strike, comet)); n != 0 {
			t.Errorf("%d prints are left", n)
		}
	})
	d.run(t, "revised when closed", func(t *testing.T, room *pipelinetest.Room) {
		d.items["gazette"][0].text += " The bus company sent more drivers in the afternoon."
		d.poll(t, room)
		after := storyOfItem(t, room, d.url+"/gazette pier")
		if after.ID != pier.ID || len(after.Members) != 4 {
			t.Errorf("the revised article is in story %d of %d, want %d", after.ID, len(after.Members), pier.ID)
		}
	})
}

func articleIDs(stories ...news.Story) (ids []int64) {
	for _, s := range stories {
		for _, m := range s.Members {
			ids = append(ids, m.Article.ID)
		}
	}
	return ids
}

// TestKeep ages out articles that nobody keeps, after the announcement. None of them comes back.
func TestKeep(t *testing.T) {
	d := wireDesk(t)
	var log bytes.Buffer
	start := func(t *testing.T) *pipelinetest.Room {
		t.Helper()
		return open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: 30 * days, log: &log})
	}
	var pier, strike, comet news.Story
	t.Run("announced", func(t *testing.T) {
		room := start(t)
		d.poll(t, room)
		pier, strike = storyOfItem(t, room, d.url+"/herald pier"), storyOfItem(t, room, d.url+"/tribune strike")
		comet = storyOfItem(t, room, d.url+"/herald comet")
		must(t, room.Accounts.AddUser(t.Context(), "anna", "anna-anna"))
		user, _, err := room.Store.User(t.Context(), "anna")
		must(t, err)
		_, err = room.Store.MarkItems(t.Context(), user.ID, news.Marking{Articles: []int64{comet.Members[0].Article.ID}, AddLabels: []string{""}})
		must(t, err)
		found, err := room.Stories.Search(t.Context(), search.Request{Query: "harbour", Limit: 10})
		if err != nil || found.Total != 3 {
			t.Fatalf("%d found (%v)", found.Total, err)
		}
		d.clock.Advance(31 * days)
		if gone := retain(t, room); gone.Articles != 0 {
			t.Errorf("%+v went unannounced", gone)
		}
		wantSaid(t, &log, "keep=30d articles=5 of=6 stories=3")
		part, err := room.Pipeline.Retention.KeepWouldTake(t.Context())
		if err != nil || part.Articles != 5 || part.Stories != 3 || part.Of != 6 || !part.Large() || part.Bytes == 0 || !part.Until.Equal(d.clock.Now().Add(time.Hour)) {
			t.Errorf("keep would take %+v (%v)", part, err)
		}
	})
	t.Run("a restart neither resets nor skips the wait", func(t *testing.T) {
		room := start(t)
		d.clock.Advance(59 * time.Minute)
		if gone := retain(t, room); gone.Articles != 0 {
			t.Errorf("%+v went early", gone)
		}
		wantSaid(t, &log, "keep=30d articles=5")
		d.clock.Advance(time.Minute)
		if gone := retain(t, room); gone.Articles != 5 || gone.Stories != 2 {
			t.Errorf("%+v went", gone)
		}
		wantSaid(t, &log, "")
		if n, err := room.Index.Count(); n != 1 || err != nil {
			t.Errorf("%d articles are in the index (%v)", n, err)
		}
		found, err := room.Stories.Search(t.Context(), search.Request{Query: "harbour", Limit: 10})
		if err != nil || found.Total != 0 {
			t.Errorf("%d are found (%v)", found.Total, err)
		}
		for _, was := range []news.Story{pier, strike} {
			s, err := room.Stories.Story(t.Context(), was.ID)
			if err != nil || len(s.Members) != 0 || s.Aged != len(was.Members) || s.Title != was.Title || s.Outlets != was.Outlets || s.Origin.Name != was.Origin.Name {
				t.Errorf("story %d is %+v (%v)", was.ID, s, err)
			}
			if k, err := compare.New(room.Store).Comparisons(t.Context(), s); err != nil || len(k) != 0 {
				t.Errorf("comparisons %v (%v)", k, err)
			}
			if r, err := compare.New(room.Store).Reports(t.Context(), s); err != nil || len(r) != 0 {
				t.Errorf("reports %v (%v)", r, err)
			}
		}
		if _, err := room.Pipeline.Settler.Merge(t.Context(), []int64{pier.ID, comet.ID}); err == nil || !strings.Contains(err.Error(), "aged out") {
			t.Errorf("merging an aged-out story gave %v", err)
		}
		e, err := room.Stories.Edition(t.Context(), news.EditionQuery{})
		if err != nil || len(e.Stories) != 1 || e.Stories[0].ID != comet.ID {
			t.Errorf("the combined feed has %+v (%v)", e, err)
		}
	})
	t.Run("still listed", func(t *testing.T) {
		room := start(t)
		d.items["gazette"][0].text += " The bus company sent more drivers in the afternoon."
		d.items["courier"] = append(d.items["courier"], item{"goat", "A goat wins the county fair", "A goat of seven years has won the county fair.", d.clock.Now()})
		for name, items := range d.items {
			d.press.set(name, items...)
		}
		if sum := pass(t, room); sum.New != 1 || sum.Revised != 0 {
			t.Errorf("%d new, %d revised; only the goat is news", sum.New, sum.Revised)
		}
		must(t, room.Store.Check(t.Context()))
		d.clock.Advance(days) // the usual amount of a day is not announced
		if gone := retain(t, room); gone.Articles != 0 {
			t.Errorf("%+v went", gone)
		}
		d.clock.Advance(30 * days)
		for range 3 { // the goat is half of all articles
			retain(t, room)
			d.clock.Advance(30 * time.Minute)
		}
		if s, err := room.Store.CountArticles(t.Context()); s != 1 || err != nil {
			t.Errorf("%d articles are left (%v)", s, err)
		}
		if sum := pass(t, room); sum.New != 0 {
			t.Errorf("%d are new", sum.New)
		}
	})
}

// wantSaid checks that the log has this warning since the last check, or none.
func wantSaid(t *testing.T, log *bytes.Buffer, want string) {
	t.Helper()
	var warned []string
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "level=WARN") {
			warned = append(warned, line)
		}
	}
	log.Reset()
	if want == "" && len(warned) > 0 || want != "" && (len(warned) != 1 || !strings.Contains(warned[0], want)) {
		t.Errorf("the log warned %q, want %q once", warned, want)
	}
}

// TestAnnouncementEndsWithItsSetting, so that the same mistake is announced again later.
func TestAnnouncementEndsWithItsSetting(t *testing.T) {
	d := wireDesk(t)
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now})
	d.poll(t, room)
	d.clock.Advance(20 * days)
	for i, step := range []struct {
		keep time.Duration
		pass time.Duration // before the check
		gone int
	}{
		{10 * days, 0, 0}, {0, 2 * time.Hour, 0}, // announced, and the setting taken back
		{10 * days, time.Hour, 0}, {40 * days, 2 * time.Hour, 0}, // announced, and nothing is that old
		{10 * days, time.Hour, 0}, {15 * days, 30 * time.Minute, 0}, {10 * days, 31 * time.Minute, 0}, // less, and then more again
		{10 * days, 59 * time.Minute, 0}, {10 * days, time.Minute, 6},
	} {
		room.Pipeline.Retention.SetKeep(step.keep)
		d.clock.Advance(step.pass)
		if gone := retain(t, room); gone.Articles != step.gone {
			t.Errorf("step %d: %+v went, want %d articles", i, gone, step.gone)
		}
	}
}

// TestKeepOfADay takes effect within the window: stories close as early.
func TestKeepOfADay(t *testing.T) {
	d := wireDesk(t)
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: days})
	d.poll(t, room)
	d.clock.Advance(2 * days)
	retain(t, room)
	d.clock.Advance(2 * time.Hour)
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Retain: time.Minute}) // as `headwater poll` does
	if err != nil || sum.AgedOut != 6 || sum.New != 0 {
		t.Errorf("%+v went (%v)", sum, err)
	}
	must(t, room.Store.Check(t.Context()))
	d.items = map[string][]item{"courier": {{"goat", "A goat wins the county fair", wireText, d.clock.Now()}}}
	d.poll(t, room) // settling goes on without them
	if s := storyOfItem(t, room, d.url+"/courier goat"); len(s.Members) != 1 {
		t.Errorf("%+v", s)
	}
}

// TestSearchesWhereAllWasAgedOut rebuilds the index after the last entries of the log were aged out. It is complete.
func TestSearchesWhereAllWasAgedOut(t *testing.T) {
	d := wireDesk(t)
	t.Run("aged out", func(t *testing.T) {
		room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: days})
		d.poll(t, room)
		d.clock.Advance(2 * days)
		retain(t, room)
		d.clock.Advance(2 * time.Hour)
		if gone := retain(t, room); gone.Articles != 6 {
			t.Fatalf("%+v went", gone)
		}
	})
	must(t, os.RemoveAll(filepath.Join(d.dir, "index.bleve")))
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: days})
	_, err := room.Index.CatchUp(t.Context(), nil)
	must(t, err)
	if found, err := room.Stories.Search(t.Context(), search.Request{Query: "pier"}); err != nil || found.Total != 0 {
		t.Errorf("%d are found (%v)", found.Total, err)
	}
}

// TestClockAheadKeepsArticles for an hour, in which a person can correct the clock.
func TestClockAheadKeepsArticles(t *testing.T) {
	d := wireDesk(t)
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: 30 * days})
	d.poll(t, room)
	d.clock.Advance(365 * days)
	retain(t, room)
	d.clock.Advance(-364 * days)
	for range 4 {
		if gone := retain(t, room); gone.Articles != 0 {
			t.Errorf("%+v went", gone)
		}
		d.clock.Advance(30 * time.Minute)
	}
	d.clock.Advance(40 * days) // an announcement made with the wrong clock is made again, and waits at most an hour
	retain(t, room)
	d.clock.Advance(61 * time.Minute)
	if gone := retain(t, room); gone.Articles != 6 {
		t.Errorf("%+v went", gone)
	}
}

// TestServersContradictTheClock, which is a year ahead for days. Nothing closes and nothing is aged out until an hour after
// they agree. A restart changes nothing.
func TestServersContradictTheClock(t *testing.T) {
	d := wireDesk(t)
	var log bytes.Buffer
	start := func(t *testing.T) *pipelinetest.Room {
		t.Helper()
		return open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: 30 * days, log: &log})
	}
	stays := func(t *testing.T, room *pipelinetest.Room) {
		t.Helper()
		if gone := retain(t, room); gone.Articles+gone.Closed != 0 {
			t.Errorf("%+v went", gone)
		}
	}
	t.Run("contradicted", func(t *testing.T) {
		room := start(t)
		d.poll(t, room)
		stays(t, room)
		d.ahead = 365 * days
		d.clock.Advance(d.ahead)
		for range 6 {
			d.clock.Advance(20 * time.Hour)
			d.poll(t, room)
			stays(t, room)
		}
	})
	room := start(t)
	stays(t, room)
	if n := strings.Count(log.String(), "the clock of this machine is ahead"); n != 1 {
		t.Errorf("the log warned %d times that the clock is ahead, want once", n)
	}
	d.ahead = 0 // the servers are put right, not the clock
	d.poll(t, room)
	stays(t, room)
	d.clock.Advance(time.Hour)
	if gone := retain(t, room); gone.Articles != 6 {
		t.Errorf("%+v went, want all articles", gone)
	}
}

// TestClockAheadForAMoment ages out little enough that it is not announced, but only once the clock has been ahead for an hour.
func TestClockAheadForAMoment(t *testing.T) {
	d := wireDesk(t)
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: 30 * days})
	d.items = map[string][]item{"herald": {{"comet", cometTitle, cometText, d.clock.Now()}}}
	d.poll(t, room)
	d.clock.Advance(25 * days)
	late := []item{{"comet", cometTitle, cometText, d.clock.Now()}}
	for i := range 20 {
		late = append(late, item{fmt.Sprint("late ", i), fmt.Sprintf("Report %d of the day", i), fmt.Sprintf("Nothing is known of number %d.", i), d.clock.Now()})
	}
	d.items["herald"] = late
	d.poll(t, room)
	retain(t, room)
	d.clock.Advance(10 * days)
	for range 2 {
		if gone := retain(t, room); gone.Articles != 0 {
			t.Errorf("%+v went", gone)
		}
		d.clock.Advance(30 * time.Minute)
	}
	if gone := retain(t, room); gone.Articles != 1 {
		t.Errorf("%+v went, want one article", gone)
	}
}

// TestServeRetains works in steps, next to settling and searching, until its context ends.
func TestServeRetains(t *testing.T) {
	d := wireDesk(t)
	room := open(t, d.dir, settings{allow: loopback, now: d.clock.Now, keep: 30 * days})
	d.poll(t, room)
	ids := articleIDs(storyOfItem(t, room, d.url+"/herald pier"), storyOfItem(t, room, d.url+"/herald comet"))
	d.clock.Advance(80 * time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		room.Pipeline.KeepRetaining(ctx)
	}()
	for deadline := time.Now().Add(20 * time.Second); withPrints(t, room, ids) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stories did not close")
		}
		if _, err := room.Pipeline.Settler.Settle(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-ended
	must(t, room.Store.Check(t.Context()))
}

// monthArticles, if set, is how many articles TestMonth stores in a day. It then keeps 30 days, instead of 20 articles a
// day and 10 days.
const monthArticles = "NEWSROOM_TEST_MONTH"

// TestMonth keeps the second half of a period. Database and index take at most a fifth more than that half takes by
// itself.
func TestMonth(t *testing.T) {
	perDay, keepDays := 20, 10
	if n, err := strconv.Atoi(os.Getenv(monthArticles)); err == nil {
		perDay, keepDays = n, 30
	}
	run := func(first, last int, keep time.Duration) *pipelinetest.Room {
		c := pipelinetest.NewClock()
		began := c.Now()
		room := open(t, t.TempDir(), settings{now: c.Now, keep: keep})
		feeds, err := room.Feeds.AddFeeds(t.Context(), []news.Feed{{URL: "https://a.example/feed"}, {URL: "https://b.example/feed"}})
		must(t, err)
		c.Advance(time.Duration(first) * days)
		for day := first; day < last; day++ {
			collectDay(t, room, feeds, began.Add(time.Duration(day)*days), day, perDay)
			c.Advance(days)
			if _, err := room.Pipeline.Settler.Settle(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := room.Index.CatchUp(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := room.Pipeline.Retention.Remove(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		return room
	}
	kept := run(0, 2*keepDays, time.Duration(keepDays)*days)
	must(t, kept.Store.Check(t.Context()))
	alone := run(keepDays, 2*keepDays, 0)
	got, want := roomOf(t, kept), roomOf(t, alone)
	articles, err := kept.Store.CountArticles(t.Context())
	must(t, err)
	t.Logf("%d articles a day, %d kept: database %d KiB where %d days take %d, index %d KiB where they take %d",
		perDay, articles, got[0]>>10, keepDays, want[0]>>10, got[1]>>10, want[1]>>10)
	if float64(got[0]) > 1.2*float64(want[0]) {
		t.Errorf("the database has %d bytes, by themselves they take %d", got[0], want[0])
	}
	if articles < (keepDays-1)*perDay || articles > (keepDays+2)*perDay {
		t.Errorf("%d articles are kept, of %d a day", articles, perDay)
	}
}

// collectDay stores and prints a day's articles. Every fourth is a copy.
func collectDay(t *testing.T, room *pipelinetest.Room, feeds []news.Feed, at time.Time, day, n int) {
	t.Helper()
	polls := make([]store.Poll, len(feeds))
	for i, f := range feeds {
		polls[i].Feed = f
		polls[i].Feed.State, polls[i].Feed.Checked = news.FeedOK, at
	}
	for i := range n {
		w := writer{rand.New(rand.NewPCG(uint64(day), uint64(i/4)))}
		if i%4 != 3 {
			w = writer{rand.New(rand.NewPCG(uint64(day), uint64(1000+i)))}
		}
		guid := fmt.Sprintf("%d-%d", day, i)
		title, text := w.words(9), w.words(250)
		p := &polls[i%len(polls)]
		p.Articles = append(p.Articles, news.Article{
			GUID: guid, URL: "https://a.example/" + guid, Canonical: "a.example/" + guid, Title: title, Text: text, HTML: "<p>" + text + "</p>", Hash: guid,
			Keys: news.ItemKeys{ID: guid, Address: "a.example/" + guid, Text: text}, Lang: "en", Published: at, Seen: at,
			Outlet: news.Outlet{Name: fmt.Sprint("Outlet ", i%len(polls)), Domain: fmt.Sprintf("outlet%d.example", i%len(polls))},
		})
	}
	_, err := room.Store.Collect(t.Context(), polls)
	must(t, err)
}

// roomOf returns the size of database and index in bytes.
func roomOf(t *testing.T, room *pipelinetest.Room) [2]int64 {
	t.Helper()
	u, err := room.Store.Usage(t.Context())
	must(t, err)
	size, err := room.Index.Size()
	must(t, err)
	return [2]int64{u.File, size}
}
