package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
)

// wantFollowed brings the window of a node that stands by up to date, and compares it with one that is loaded anew.
func wantFollowed(t *testing.T, room *pipelinetest.Room, what string) {
	t.Helper()
	wantWindow(t, room, what, func(string) bool { return true })
}

// wantFollowedByLeader is wantFollowed for a node that has led, which goes on with its window. Where an article took the place
// of its duplicate twice, the store still has edges from the first time, which the window of a leader has not.
func wantFollowedByLeader(t *testing.T, room *pipelinetest.Room, what string) {
	t.Helper()
	wantWindow(t, room, what, func(difference string) bool { return !strings.Contains(difference, ": edges: ") })
}

func wantWindow(t *testing.T, room *pipelinetest.Room, what string, matters func(string) bool) {
	t.Helper()
	must(t, room.Pipeline.Settler.StandBy(t.Context()))
	differ, err := room.Pipeline.Settler.WindowDifferences(t.Context())
	must(t, err)
	differ = slices.DeleteFunc(differ, func(d string) bool { return !matters(d) })
	if len(differ) > 0 {
		t.Fatalf("%s: the window that was followed and one that is loaded anew differ:\n%s", what, strings.Join(differ, "\n"))
	}
}

// windowChanger changes the window of a node that leads, at random.
type windowChanger struct {
	t       *testing.T
	dir     string // whose database it is
	random  *rand.Rand
	room    *pipelinetest.Room
	clock   *pipelinetest.Clock
	reports []report       // still to come
	items   []news.Article // those that came, with their feeds
	made    int
	closed  int
	aged    int
}

const windowTest = 24 * time.Hour // group.window of TestStandByFollows

// collect stores articles, new ones and revised ones.
func (c *windowChanger) collect(articles ...news.Article) {
	c.t.Helper()
	var polls []store.Poll
	for _, a := range articles {
		polls = append(polls, store.Poll{Feed: news.Feed{ID: a.FeedID, State: news.FeedOK, Checked: c.clock.Now(), Due: c.clock.Now().Add(time.Hour)}, Articles: []news.Article{a}})
	}
	_, err := c.room.Store.Collect(c.t.Context(), polls)
	must(c.t, err)
}

// article adds an article of an outlet to the items.
func (c *windowChanger) article(outlet, lang, title, text string, at time.Time) news.Article {
	c.t.Helper()
	f, err := c.room.Feeds.AddFeed(c.t.Context(), news.Feed{URL: "https://" + outlet + ".example/feed"})
	if f.ID == 0 {
		must(c.t, err)
	}
	c.made++
	id := fmt.Sprint(outlet, "-", c.made)
	a := news.Article{
		FeedID: f.ID, GUID: id, Title: title, Hash: id, Text: text, URL: "https://" + outlet + ".example/" + id, Lang: lang, Seen: c.clock.Now(), Published: at,
		Outlet: news.Outlet{Name: outlet, Domain: outlet + ".example"},
	}
	c.items = append(c.items, a)
	return a
}

// take takes the next reports.
func (c *windowChanger) take(n int) (articles []news.Article) {
	n = min(n, len(c.reports))
	for _, r := range c.reports[:n] {
		text := r.Text
		if text == "" {
			text = r.Summary
		}
		articles = append(articles, c.article(r.Feed, r.Lang, r.Title, text, c.clock.Now().Add(-time.Duration(c.random.IntN(300))*time.Minute)))
	}
	c.reports = c.reports[n:]
	return articles
}

// some returns an item that came within the window.
func (c *windowChanger) some() *news.Article {
	return &c.items[len(c.items)-1-c.random.IntN(min(len(c.items), 60))]
}

func (c *windowChanger) settle() {
	c.t.Helper()
	_, err := c.room.Pipeline.Settler.Settle(c.t.Context(), nil)
	must(c.t, err)
}

// step changes something and says what.
func (c *windowChanger) step() string {
	t, settler := c.t, c.room.Pipeline.Settler
	t.Helper()
	switch n := c.random.IntN(20); {
	case n < 5:
		c.collect(c.take(1 + c.random.IntN(8))...)
		c.settle()
		return "articles"
	case n < 7: // an earlier time makes a copy the representative
		of := *c.some()
		for i := range 1 + c.random.IntN(3) {
			c.collect(c.article(fmt.Sprint("copier", c.random.IntN(5)), of.Lang, of.Title, of.Text, of.Published.Add(time.Duration(c.random.IntN(120)-60)*time.Minute+time.Duration(i)*time.Second)))
		}
		c.settle()
		return "copies"
	case n < 10:
		revised := c.some()
		words := strings.Fields(revised.Text)
		switch c.random.IntN(3) {
		case 0:
			revised.Title += " again"
		case 1:
			revised.Text = strings.Join(words[:len(words)*2/3], " ")
		default:
			revised.Text += " " + c.some().Text
		}
		revised.Hash += "+"
		c.collect(*revised)
		if c.random.IntN(2) == 0 { // others come before it is settled
			c.collect(c.take(2)...)
		}
		c.settle()
		return "a revision"
	case n < 12: // the third title shows the template of the first two
		frame, names := c.random.IntN(4), []string{"pilots", "ships", "divers", "lamps", "herring", "piles", "ferries", "cranes", "nets"}
		for range 1 + c.random.IntN(2) {
			name := names[c.random.IntN(len(names))]
			c.collect(c.article(fmt.Sprint("quay", frame), "en", fmt.Sprintf("Harbour %d tonight: %s at pier %d", frame, name, c.random.IntN(99)),
				"The "+name+" of Belmora are at the quay until Friday, and twelve ships wait off Tarvos. Then the ferry timetable for the winter, and a look at the new lamps.", c.clock.Now()))
		}
		c.settle()
		return "notices"
	case n < 15:
		all, err := c.room.Stories.Stories(t.Context(), news.StoryList{Newest: true, Limit: 30})
		must(t, err)
		if len(all) < 2 {
			return "nothing"
		}
		c.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		at := slices.IndexFunc(all, func(s news.Story) bool { return len(s.Members) > 1 })
		if at < 0 || c.random.IntN(2) == 0 {
			_, err = settler.Merge(t.Context(), []int64{all[0].ID, all[1].ID})
			must(t, err)
			return "a merge"
		}
		_, err = settler.Split(t.Context(), all[at].ID, []int64{all[at].Members[c.random.IntN(len(all[at].Members))].Article.ID})
		must(t, err)
		return "a split"
	case n < 17:
		all, err := c.room.Store.Corrections(t.Context())
		must(t, err)
		if len(all) == 0 {
			return "nothing"
		}
		_, err = settler.Forget(t.Context(), all[c.random.IntN(len(all))].ID)
		must(t, err)
		return "a correction taken back"
	case n < 18: // weighed again with a page that an article credits
		storetest.Exec(t, c.dir, `INSERT INTO sources (address, link, host, credited) VALUES (?, '', '', 0)`, fmt.Sprint("page ", c.made))
		c.made++
		storetest.Exec(t, c.dir, `INSERT INTO citing (article_id, source_id, weighed) SELECT max(m.article_id), (SELECT max(id) FROM sources), 2 FROM members AS m`)
		must(t, settler.Reweigh(t.Context()))
		return "weighing again"
	default:
		c.clock.Advance(time.Duration(1+c.random.IntN(16)) * time.Hour)
		closed, err := settler.CloseStories(t.Context(), c.clock.Now().Add(-windowTest))
		must(t, err)
		c.closed += closed
		removed, err := c.room.Pipeline.Retention.Remove(t.Context(), time.Minute)
		must(t, err)
		c.aged += removed.Articles
		return "closing and ageing out"
	}
}

// standByRounds is how many rounds TestStandByFollows has, each with another leader.
const standByRounds = "HEADWATER_STANDBY_ROUNDS"

// TestStandByFollows changes the window of a leader at random. Two nodes stand by: one looks after each step, the other, which
// led in the round before, now and then. Their windows are those that are loaded anew.
func TestStandByFollows(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir, clock := t.TempDir(), pipelinetest.NewClock()
	database := storetest.Database(t, dir)
	rooms := make([]*pipelinetest.Room, 3)
	for i := range rooms {
		rooms[i] = open(t, t.TempDir(), settings{database: database, now: clock.Now, window: windowTest, keep: 3 * windowTest, roles: pipeline.Roles{Settle: true}})
	}
	all := allReports(t)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	c := &windowChanger{t: t, dir: dir, random: random, clock: clock, reports: slices.Clone(all)}
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv(standByRounds)); err == nil {
		rounds = n
	}
	did := map[string]int{}
	for round := range rounds {
		if len(c.reports) < 100 {
			c.reports = append(c.reports, all...)
		}
		next := (round + 1) % len(rooms)
		rooms[next] = restart(t, rooms[next])
		c.room = rooms[round%len(rooms)]
		often, seldom := rooms[next], rooms[(round+2)%len(rooms)] // which has led before
		c.collect(c.take(20)...)
		c.settle() // takes the lead
		for i := range 25 {
			what := c.step()
			did[what]++
			wantFollowed(t, often, fmt.Sprintf("round %d, step %d, %s", round, i, what))
			if random.IntN(8) == 0 {
				wantFollowedByLeader(t, seldom, fmt.Sprintf("round %d, step %d, after several", round, i))
			}
		}
		must(t, c.room.Pipeline.Resign(t.Context()))
		wantFollowedByLeader(t, c.room, fmt.Sprintf("round %d, the node that led", round))
	}
	t.Logf("%v; %d stories closed, %d articles aged out", did, c.closed, c.aged)
	must(t, rooms[0].Store.Check(t.Context()))
}

// TestStandByWithoutDatabase stops the database while a node stands by. The node keeps its window and goes on after.
func TestStandByWithoutDatabase(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	server := pgtest.Start(t, pgtest.Options{Host: "127.0.0.1"})
	database := server.Database(t)
	leader, other := reportsRoom(t, database, pipeline.Roles{Settle: true}), reportsRoom(t, database, pipeline.Roles{Settle: true})
	reports := allReports(t)
	part := func(i int) {
		t.Helper()
		collectPart(t, leader, reports, i, settleParts)
		_, err := leader.Pipeline.Settler.Settle(t.Context(), nil)
		must(t, err)
	}
	must(t, other.Pipeline.Settler.StandBy(t.Context()))
	if n, err := other.Pipeline.Settler.WindowLen(t.Context()); err != nil || n > 0 {
		t.Errorf("before anything is settled the window has %d articles, %v", n, err)
	}
	part(0)
	wantFollowed(t, other, "the first part")
	part(1)
	must(t, server.Stop(true))
	if err := other.Pipeline.Settler.StandBy(t.Context()); !errors.Is(err, news.ErrUnavailable) {
		t.Errorf("without a database: %v", err)
	}
	held, err := other.Pipeline.Settler.WindowLen(t.Context())
	must(t, err)
	if held == 0 {
		t.Error("the window was let go of while the database was away")
	}
	must(t, server.Start())
	works := func(what string, do func(context.Context) error) { // connections from before fail once
		t.Helper()
		within(t, what, true, func() (bool, error) {
			err := do(t.Context())
			if errors.Is(err, news.ErrUnavailable) {
				return false, nil
			}
			return true, err
		})
	}
	works("the node follows again", other.Pipeline.Settler.StandBy)
	works("the differences are read", func(ctx context.Context) error {
		_, err := other.Pipeline.Settler.WindowDifferences(ctx)
		return err
	})
	wantFollowed(t, other, "after an outage")
	after, err := other.Pipeline.Settler.WindowLen(t.Context())
	must(t, err)
	if after <= held {
		t.Errorf("%d articles after the outage, %d before it", after, held)
	}

	works("the checks", leader.Store.Check)
}

// TestStandByFarBehind loses the log of the window. Who stands by and who takes over loads the window anew.
func TestStandByFarBehind(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	reports := allReports(t)
	one, ids := settledByOne(t, reports)
	dir := t.TempDir()
	database := storetest.Database(t, dir)
	rooms := []*pipelinetest.Room{reportsRoom(t, database, pipeline.Roles{Settle: true}), reportsRoom(t, database, pipeline.Roles{Settle: true})}
	for i := range settleParts {
		leader, other := rooms[i/3%2], rooms[(i/3+1)%2]
		collectPart(t, leader, reports, i, settleParts)
		_, err := leader.Pipeline.Settler.Settle(t.Context(), nil)
		must(t, err)
		switch i % 3 {
		case 0:
			wantFollowed(t, other, "with a log")
		case 1:
			storetest.Exec(t, dir, `DELETE FROM window_log WHERE seq < (SELECT max(seq) FROM window_log)`)
			wantFollowed(t, other, "without the entries that it has read")
			storetest.Exec(t, dir, `DELETE FROM window_log`)
			must(t, other.Pipeline.Settler.StandBy(t.Context()))
			if n, err := other.Pipeline.Settler.WindowLen(t.Context()); err != nil || n > 0 {
				t.Errorf("with nothing to follow the window has %d articles, %v", n, err)
			}
		case 2:
			wantFollowed(t, other, "with a new log")
			storetest.Exec(t, dir, `UPDATE window_log SET tag = tag + 1`) // as in another database
			must(t, leader.Pipeline.Resign(t.Context()))
		}
	}
	wantSameStories(t, one, ids, rooms[0])
}

// TestStandByServes lets two nodes serve. The one that does not lead holds the window that the other settles. It takes over,
// and the other stands by with the window in turn. The stories are those of one node.
func TestStandByServes(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	reports := allReports(t)
	one, ids := settledByOne(t, reports)
	dir := t.TempDir()
	database := storetest.Database(t, dir)
	poller := reportsRoom(t, database, pipeline.Roles{Poll: true})
	rooms := []*pipelinetest.Room{reportsRoom(t, database, pipeline.Roles{Settle: true}), reportsRoom(t, database, pipeline.Roles{Settle: true})}
	for _, room := range rooms {
		defer serve(t, room)()
	}
	for i := range settleParts {
		collectPart(t, poller, reports, i, settleParts)
		end, err := poller.Store.LastSeq(t.Context())
		must(t, err)
		within(t, "all is settled", end, func() (int64, error) { return poller.Store.Watermark(t.Context(), "settle") })
		stored, err := poller.Store.CountArticles(t.Context())
		must(t, err)
		for n, room := range rooms {
			within(t, fmt.Sprintf("node %d holds the window", n), stored, func() (int, error) { return room.Pipeline.Settler.WindowLen(t.Context()) })
		}
		if i%4 != 3 {
			continue
		}
		leader, err := poller.Store.Leader(t.Context(), "settle")
		must(t, err)
		cutLeader(t, dir)
		within(t, "another leads", true, func() (bool, error) {
			now, err := poller.Store.Leader(t.Context(), "settle")
			return now.Epoch > leader.Epoch, err
		})
	}
	wantSameStories(t, one, ids, poller)
}
