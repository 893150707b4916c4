package pipeline_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
)

const (
	chaosHosts, chaosEach = 6, 2                   // hosts, and feeds of each
	chaosFeeds            = chaosHosts * chaosEach // in groups of four that have the same stories
	chaosSeries           = 30                     // rounds on one database
	chaosItems            = 1 + 3*chaosSeries      // items of a feed, at most
	chaosTakeover         = 15 * time.Second       // until one settles again
	chaosPatience         = 2 * time.Minute        // an alert that failed twice rests for one
	chaosQuery            = "chronicle"            // finds each item
	chaosTwo              = "two nodes"            // instead of what happened to one
)

// chaosSlow are the times after which wait logs what the connections do.
var chaosSlow = []time.Duration{10 * time.Second, 14 * time.Second, time.Minute}

// chaosWords are the words that find item i of a feed alone.
func chaosWords(feed string, i int) string {
	return fmt.Sprintf("%s number %d", strings.ReplaceAll(feed, "-", " "), i)
}

// chaosItem returns item i of a feed. Each story is written by one of four feeds, another one each time. A feed of another host
// each carries it as it is, under another headline, and with a paragraph of its own.
func chaosItem(start time.Time) func(feed string, i int) pipelinetest.Item {
	return func(feed string, i int) pipelinetest.Item {
		var host, n int
		if _, err := fmt.Sscanf(feed, "host%d-feed%d", &host, &n); err != nil {
			panic(err)
		}
		index := host*chaosEach + n
		story, place := index%(chaosFeeds/4), (index/(chaosFeeds/4)+i)%4
		shared, own := writer{rand.New(rand.NewPCG(uint64(i), uint64(story)))}, writer{rand.New(rand.NewPCG(uint64(i), uint64(1000+index)))}
		title, text := shared.words(9), shared.words(120)
		switch place {
		case 2:
			title = own.words(8)
		case 3:
			text += ". " + own.words(25)
		}
		at := start.Add(time.Duration(i)*5*time.Minute + time.Duration(place)*time.Minute)
		return pipelinetest.Item{Title: title, Text: fmt.Sprintf("%s. %s %s.", text, chaosQuery, chaosWords(feed, i)), At: at}
	}
}

// chaosLayout says which nodes there are.
type chaosLayout struct {
	name  string
	roles []pipeline.Roles
}

// chaosNode is a node that things happen to.
type chaosNode struct {
	id      string
	net     *network
	process *pipelinetest.Process
	roles   pipeline.Roles
}

func (n *chaosNode) String() string { return n.roles.String() + " " + n.id }

// chaos is a series of rounds on one database.
type chaos struct {
	*testing.T
	options pipelinetest.ClusterOptions
	press   *pipelinetest.Press
	room    *pipelinetest.Room // looks on
	nodes   []*chaosNode
	began   time.Time
	settled []chaosMark // one for each time that all was settled
	items   int         // of each feed
	found   int         // items of each feed that were looked for on web nodes
}

// chaosMark is a point in the log.
type chaosMark struct {
	seq int64
	at  time.Time
}

// chaosTimes are times that were measured, by fault.
type chaosTimes map[string][]time.Duration

func (c chaosTimes) log(t *testing.T, what string) {
	for _, fault := range slices.Sorted(maps.Keys(c)) {
		all := c[fault]
		slices.Sort(all)
		t.Logf("%s, %s: %d times, %s median, %s at most", what, fault, len(all), all[len(all)/2].Round(10*time.Millisecond), all[len(all)-1].Round(10*time.Millisecond))
	}
}

// TestChaos runs several nodes over one database, while the feeds grow: two of each role in two series of three, and three that
// have all roles in the third. In each round one or two of them, at random, are killed and started again, stopped and continued, or lose
// their connections, with an error or without one. After each round all items are stored and settled, and found on the web nodes. At the
// end of a series no host was asked by two nodes at once, each story was told of once, and the stories are those of one node.
func TestChaos(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	if testing.Short() {
		t.Skip("takes some seconds a round")
	}
	rounds, err := strconv.Atoi(os.Getenv("HEADWATER_TEST_CHAOS"))
	measured := err == nil
	if !measured {
		rounds = 2
	}
	poll, settle, web, all := pipeline.Roles{Poll: true}, pipeline.Roles{Settle: true}, pipeline.Roles{Web: true}, pipeline.Roles{Poll: true, Settle: true, Web: true}
	apart := chaosLayout{"two of each role", []pipeline.Roles{poll, poll, settle, settle, web, web}}
	layouts := []chaosLayout{apart, apart, {"all roles", []pipeline.Roles{all, all, all}}}
	took, takeovers := chaosTimes{}, chaosTimes{}
	for series, first := 0, rand.IntN(len(layouts)); series*chaosSeries < rounds; series++ {
		l := layouts[(first+series)%len(layouts)]
		t.Run(fmt.Sprint(series, " ", l.name), func(t *testing.T) {
			newChaos(t, l.roles).run(min(chaosSeries, rounds-series*chaosSeries), took, takeovers)
		})
	}
	took.log(t, "all stored and settled")
	takeovers.log(t, "the node that settles was hit, and one settles again")
	for fault, all := range takeovers { // each of two nodes that are stopped may keep the others from writing for 8 s
		if longest := slices.Max(all); measured && fault != chaosTwo && longest > chaosTakeover {
			t.Errorf("a node settled again %s after the one that settled was %s, want %s at most", longest, fault, chaosTakeover)
		}
	}
}

func newChaos(t *testing.T, roles []pipeline.Roles) *chaos {
	began := time.Now()
	press := pipelinetest.NewPressWith(t, 10*time.Millisecond, chaosItem(began.Add(-chaosItems*5*time.Minute)))
	database := storetest.Database(t, t.TempDir())
	c := &chaos{T: t, press: press, began: began, items: 1, options: pipelinetest.ClusterOptions{
		Database: database, Press: press.URL.String(), Pause: clusterPause, Workers: 3, Lease: 3 * time.Second, Interval: 2 * time.Second, Steady: true,
	}}
	c.room = pipelinetest.NewCluster(t, c.options).Node(nil)
	_, err := c.room.Store.AddFeeds(t.Context(), c.feeds())
	must(t, err)
	topic, err := c.room.Topics.AddTopic(t.Context(), news.Topic{Name: "all", Query: chaosQuery})
	must(t, err)
	_, err = c.room.Alerts.AddAlert(t.Context(), news.Alert{Topic: topic.ID, Kind: news.AlertWebhook, Target: "http://receiver.example/hook"})
	must(t, err)
	for _, r := range roles {
		n := &chaosNode{net: newNetwork(t, database), roles: r}
		c.start(n, t.TempDir())
		c.nodes = append(c.nodes, n)
	}
	return c
}

// feeds are those of a series, added at its beginning.
func (c *chaos) feeds() []news.Feed {
	feeds := c.press.Feeds(chaosHosts, chaosEach)
	for i := range feeds {
		feeds[i].Added = c.began
	}
	return feeds
}

// start starts a node and waits until it serves.
func (c *chaos) start(n *chaosNode, dir string) {
	o := c.options
	o.Database, o.Roles = n.net.url, n.roles
	n.process = pipelinetest.NewCluster(c.T, o).ProcessIn(dir)
	n.id = n.process.Node()
}

// grow adds an item to each feed.
func (c *chaos) grow() {
	c.press.Grow()
	c.items++
}

// wait waits for at most chaosPatience until done is true. It logs what the connections of the database do if that takes long.
func (c *chaos) wait(what string, done func() bool) {
	c.Helper()
	began, logged := time.Now(), 0
	for ; !done(); time.Sleep(20 * time.Millisecond) {
		if logged < len(chaosSlow) && time.Since(began) > chaosSlow[logged] {
			c.Logf("%s: after %s the connections do this", what, chaosSlow[logged])
			logActivity(c.T, c.options.Database)
			logged++
		}
		if time.Since(began) > chaosPatience {
			s, err := c.room.Stories.Status(c.Context())
			c.Fatalf("%s: it does not happen within %s: %+v, want %d articles, settled (%v)", what, chaosPatience, s, chaosFeeds*c.items, err)
		}
	}
}

// wholly reports whether all items are stored and settled.
func (c *chaos) wholly() bool {
	s, err := c.room.Stories.Status(c.Context())
	must(c.T, err)
	return s.Articles == chaosFeeds*c.items && s.Unsettled == 0
}

// mark notes that all is settled.
func (c *chaos) mark() {
	seq, err := c.room.Store.LastSeq(c.Context())
	must(c.T, err)
	c.settled = append(c.settled, chaosMark{seq, time.Now()})
}

func (c *chaos) run(rounds int, took, takeovers chaosTimes) {
	seed := rand.Uint64()
	c.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	c.wait("the nodes store and settle", c.wholly)
	c.mark()
	moment := func() { time.Sleep(time.Duration(random.Int64N(int64(c.options.Interval)))) } // of the time in which new items are polled
	for round := range rounds {
		leader, err := c.room.Store.Leader(c.Context(), "settle")
		must(c.T, err)
		hit := c.choose(leader.Node, random)
		c.grow()
		moment()
		var what []string
		var ends []func()
		for _, n := range hit {
			w, end := c.fault(n, random)
			what, ends = append(what, w), append(ends, end)
		}
		fault := what[0]
		if len(hit) > 1 {
			fault = chaosTwo
		}
		c.grow()
		began := time.Now()
		name := fmt.Sprintf("round %d: %v, %q", round, hit, what)
		settles := "" // after which time
		if slices.ContainsFunc(hit, func(n *chaosNode) bool { return n.id == leader.Node }) {
			c.wait(name+": a node settles again", func() bool {
				now, err := c.room.Store.Leader(c.Context(), "settle")
				must(c.T, err)
				return now.Epoch > leader.Epoch
			})
			took := time.Since(began)
			takeovers[fault] = append(takeovers[fault], took)
			settles = fmt.Sprintf("the node that settled is hit, one settles again after %s, ", took.Round(10*time.Millisecond))
		}
		c.wait(name+": the others store and settle", c.wholly)
		took[fault] = append(took[fault], time.Since(began))
		c.Logf("%s: %sall stored and settled after %s", name, settles, time.Since(began).Round(10*time.Millisecond))
		c.mark()
		c.wantShown(c.found, hit)
		c.found = c.items
		c.grow()
		moment()
		for _, end := range ends {
			end()
		}
	}
	c.wait("the nodes store and settle", c.wholly)
	c.mark()
	c.wantShown(0, nil)
	wantItemsOnce(c.T, c.room, chaosFeeds, c.items)
	for host, a := range c.press.Asked() {
		if a.AtOnce > 1 {
			c.Errorf("%s had %d requests at once", host, a.AtOnce)
		}
	}
	c.wantToldOnce()
	wantAlike(c.T, shape(c.T, c.settledByOne()), shape(c.T, c.room))
}

// choose returns one node, or two sometimes, to which something is to happen. Each role is left to another node.
func (c *chaos) choose(leader string, random *rand.Rand) []*chaosNode {
	nodes := slices.Clone(c.nodes)
	random.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	if i := slices.IndexFunc(nodes, func(n *chaosNode) bool { return n.id == leader }); i >= 0 && random.IntN(3) == 0 {
		nodes[0], nodes[i] = nodes[i], nodes[0] // more often than by chance
	}
	if random.IntN(4) > 0 {
		return nodes[:1]
	}
	if other := slices.IndexFunc(nodes, func(n *chaosNode) bool { return n.roles != nodes[0].roles }); other > 0 {
		nodes[1] = nodes[other]
	}
	return nodes[:2]
}

// fault lets something happen to a node. It returns what, and a function that brings the node back.
func (c *chaos) fault(n *chaosNode, random *rand.Rand) (what string, end func()) {
	switch random.IntN(4) {
	case 0:
		must(c.T, n.process.Process.Kill())
		_ = n.process.Wait() // as killed
		return "killed", func() { c.start(n, n.process.Dir) }
	case 1:
		must(c.T, n.process.Process.Signal(syscall.SIGSTOP))
		return "stopped", func() { must(c.T, n.process.Process.Signal(syscall.SIGCONT)) }
	case 2:
		n.net.cut()
		return "cut off", func() {}
	default:
		return "held up", n.net.hold()
	}
}

// wantShown requires that each web node, except for some, finds the items of the feeds from a number on, and shows the stories
// that are stored.
func (c *chaos) wantShown(from int, except []*chaosNode) {
	c.Helper()
	list := news.StoryList{Limit: chaosFeeds * c.items, Newest: true}
	stored, err := c.room.Stories.Stories(c.Context(), list)
	must(c.T, err)
	for _, n := range c.nodes {
		if !n.roles.Web || slices.Contains(except, n) {
			continue
		}
		// A node that was hit in the round before may still be on its way back.
		c.wait(fmt.Sprintf("%s finds all", n), func() bool {
			found, err := n.process.Search(c.Context(), search.Request{Query: chaosQuery, Stories: true, Settled: true})
			return err == nil && found.Matches == chaosFeeds*c.items && found.Total == len(stored)
		})
		var shown []news.Story
		c.wait(fmt.Sprintf("%s shows its stories", n), func() (ok bool) {
			shown, err = n.process.Stories(c.Context(), list)
			return err == nil
		})
		if diff := gocmp.Diff(stored, shown); diff != "" {
			c.Errorf("%s shows other stories (-stored +shown):\n%.4000s", n, diff)
		}
		for _, f := range c.press.Feeds(chaosHosts, chaosEach) {
			feed := strings.ReplaceAll(strings.TrimPrefix(f.URL, "http://"), ".example/", "-")
			for i := from; i < c.items; i++ {
				var found search.Found
				c.wait(fmt.Sprintf("%s answers", n), func() (ok bool) {
					found, err = n.process.Search(c.Context(), search.Request{Query: strconv.Quote(chaosWords(feed, i))})
					return err == nil
				})
				if want := fmt.Sprint(feed, " ", i); found.Total != 1 || found.Articles[0].Article.GUID != want {
					c.Errorf("%s finds %d articles for %s, want it alone", n, found.Total, want)
				}
			}
		}
	}
}

// wantToldOnce requires that each story is told of, once. A message that is sent again has the same id.
func (c *chaos) wantToldOnce() {
	stored, err := c.room.Stories.Stories(c.Context(), news.StoryList{Limit: chaosFeeds * c.items, Newest: true})
	must(c.T, err)
	told := map[int64]bool{} // by story
	c.wait("each story is told of, and no message waits", func() bool {
		for _, m := range c.press.Told() {
			told[m.Story] = true
		}
		due, err := c.room.Store.DueAlerts(c.Context(), time.Now().Add(time.Hour))
		must(c.T, err)
		return len(due) == 0 && !slices.ContainsFunc(stored, func(s news.Story) bool { return !told[s.ID] })
	})
	wantNoneTwice(c.T, c.press.Told())
	c.Logf("%d messages told of %d stories; there are %d", len(c.press.Told()), len(told), len(stored))
}

// settledByOne returns a node that got the same articles in the same order and settled them by itself, each time as many as there
// were when all was settled.
func (c *chaos) settledByOne() *pipelinetest.Room {
	ctx := c.Context()
	o, clock := c.options, pipelinetest.NewClockAt(c.began)
	o.Database = ""
	room := pipelinetest.NewCluster(c.T, o).Node(func(o *pipelinetest.Options) { o.Now = clock.Now })
	_, err := room.Store.AddFeeds(ctx, c.feeds())
	must(c.T, err)
	feeds := map[int64]news.Feed{}
	for _, f := range feedsOf(c.T, room.Store) {
		feeds[f.ID] = f
	}
	articles, err := c.room.Store.Log(ctx, 0, chaosFeeds*c.items)
	must(c.T, err)
	for _, m := range c.settled {
		var polls []store.Poll
		for len(articles) > 0 && articles[0].Seq <= m.seq {
			a := articles[0]
			a.Keys.ID = a.GUID
			polls, articles = append(polls, store.Poll{Feed: feeds[a.FeedID], Articles: []news.Article{a}}), articles[1:]
		}
		_, err := room.Store.Collect(ctx, polls)
		must(c.T, err)
		clock.Advance(m.at.Sub(clock.Now()))
		_, err = room.Pipeline.Settler.Settle(ctx, nil)
		must(c.T, err)
	}
	return room
}
