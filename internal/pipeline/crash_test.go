package pipeline_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store/storetest"
)

// Variables of the environment for the child of TestCrash.
const (
	crashDir      = "HEADWATER_TEST_CRASH_DIR"      // the data folder
	crashDatabase = "HEADWATER_TEST_CRASH_DATABASE" // the address of its database, "" for SQLite
	crashServer   = "HEADWATER_TEST_CRASH_SERVER"
	crashReceiver = "HEADWATER_TEST_CRASH_RECEIVER" // of alerts
	crashAgent    = "HEADWATER_TEST_CRASH_AGENT"    // the User-Agent of its requests
)

const (
	crashKills = 50
	crashFeeds = 12
	crashItems = crashKills // items of each feed: one more in each round
)

// pace is the time between the items of a feed of growingPress. All are of the last day: alerts tell of no older ones.
const pace = 25 * time.Minute

// TestCrash kills the program at 50 moments of a poll, or while it tells of a story. In between it restarts with what is
// left, while the feeds grow and revise their items.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("kills 50 processes")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	v, press := newVictim(t, random, 2*time.Millisecond)
	v.tells = true
	room := open(t, t.TempDir(), settings{allow: loopback}) // the run without crashes
	add(t, room, v.server, press.names...)

	midway := 0
	for round := range crashKills {
		press.grow(round)
		before := press.requests()
		v.kill(t)
		if press.requests() > before {
			midway++
		}
		wantSound(t, v.dir, press)
	}
	if midway < crashKills/4 {
		t.Errorf("only %d of %d children were killed when they had begun to ask", midway, crashKills)
	}
	press.grow(crashKills)
	survivor := open(t, v.dir, settings{allow: loopback, alerts: true, agent: v.agent()})
	pass(t, survivor)
	pass(t, room)
	wantWhole(t, survivor, press)
	wantAlike(t, shape(t, room), shape(t, survivor))
	v.wantTold(t, survivor)
	wantActed(t, survivor)
}

// wantAlike requires the stories, roles and origins of a run without crashes, and nearly its events. Events may depend a
// little on which articles were settled together.
func wantAlike(t *testing.T, undisturbed, killed map[string]settled) {
	t.Helper()
	var events [2][]string
	for _, key := range slices.Sorted(maps.Keys(undisturbed)) {
		for i, run := range []map[string]settled{undisturbed, killed} {
			s := run[key]
			events[i] = append(events[i], s.Event)
			s.Event = ""
			run[key] = s
		}
	}
	if diff := gocmp.Diff(undisturbed, killed); diff != "" {
		t.Errorf("the stories are not those of an undisturbed run (-undisturbed +killed):\n%.4000s", diff)
	}
	if ari := pipelinetest.AdjustedRand(events[0], events[1]); ari < .98 {
		t.Errorf("the events are not those of an undisturbed run: their adjusted Rand index is %.4f", ari)
	}
}

// TestCrashChild is no test of its own: it polls and tells of stories until it is killed.
func TestCrashChild(t *testing.T) {
	dir, server := os.Getenv(crashDir), os.Getenv(crashServer)
	if dir == "" {
		t.Skip("only as the child of TestCrash")
	}
	room := open(t, dir, settings{
		allow: loopback, database: os.Getenv(crashDatabase),
		lease:  300 * time.Millisecond, // the next child must not wait for those that this one leaves
		alerts: true, agent: os.Getenv(crashAgent), log: os.Stderr,
	})
	tellOfAll(t, room, os.Getenv(crashReceiver))
	ruleOfAll(t, room)
	var feeds []news.Feed
	for _, name := range crashNames() {
		feeds = append(feeds, news.Feed{URL: server + "/" + name})
	}
	_, err := room.Feeds.AddFeeds(t.Context(), feeds)
	must(t, err)
	fmt.Println("polling")
	go func() { // as serve does, until it is killed
		err := room.Pipeline.KeepUp(t.Context())
		fmt.Fprintln(os.Stderr, "the stages ended:", err)
		os.Exit(1)
	}()
	for {
		_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, Alerts: time.Second})
		must(t, err)
	}
}

// tellOfAll adds a webhook and an alert for ntfy that tell of all stories, unless an earlier process has. It has to be called
// before there are feeds: alerts do not tell of stories from before them.
func tellOfAll(t *testing.T, room *pipelinetest.Room, receiver string) {
	t.Helper()
	_, err := room.Topics.AddTopic(t.Context(), news.Topic{Name: "all", Query: "after:2000"})
	if !errors.Is(err, news.ErrExists) {
		must(t, err)
	}
	eventually(t, "the topic is filled", func() bool {
		topic, err := room.Store.Topic(t.Context(), 0, "all")
		must(t, err)
		if topic.Filled {
			return true
		}
		for target, kind := range map[string]news.AlertKind{"/hook": news.AlertWebhook, "/ntfy": news.AlertNtfy} {
			_, err := room.Alerts.AddAlert(t.Context(), news.Alert{Topic: topic.ID, Kind: kind, Target: receiver + target})
			if !errors.Is(err, news.ErrExists) {
				must(t, err)
			}
		}
		if err := room.Pipeline.Matcher.Match(t.Context()); !errors.Is(err, pipeline.ErrElsewhere) { // PostgreSQL may not have noticed that the last leader is dead
			must(t, err)
		}
		return false
	})
}

// victim is the program with one data folder, run and killed again and again. It is for one goroutine.
type victim struct {
	dir      string
	server   string // address of the publisher
	receiver *pipelinetest.Receiver
	receives string // address of the receiver
	tells    bool   // there are new stories before each kill, so that some kills can wait until it tells of one
	random   *rand.Rand
	runs     int
	left     map[string]bool // agents of processes that lost the lease of an alert while they lived
}

// newVictim returns a victim with a folder of its own and the publisher that it reads. Its receiver has a message for the given time.
func newVictim(t *testing.T, random *rand.Rand, latency time.Duration) (*victim, *growingPress) {
	t.Helper()
	press, receiver := newGrowingPress(random), pipelinetest.NewReceiver(latency)
	srv, receives := httptest.NewServer(press.publisher), httptest.NewServer(receiver)
	t.Cleanup(srv.Close)
	t.Cleanup(receives.Close)
	return &victim{dir: t.TempDir(), server: srv.URL, receiver: receiver, receives: receives.URL, random: random, left: map[string]bool{}}, press
}

// agent returns the User-Agent of the next process. Agents are in the order of the processes.
func (v *victim) agent() string { return fmt.Sprintf("Headwater/test %04d", v.runs) }

// kill starts the child and kills it: within the first passes, when it has just told of a story, or sometimes while it opens
// its files.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	agent := v.agent()
	v.runs++
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashDir+"="+v.dir, crashDatabase+"="+storetest.Database(t, v.dir), crashServer+"="+v.server,
		crashReceiver+"="+v.receives, crashAgent+"="+agent)
	var said strings.Builder
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = &said
	must(t, cmd.Start())
	lines := bufio.NewReader(out)
	line := "polling\n"
	told, within := v.receiver.Next(), 150*time.Millisecond
	early, telling := v.random.IntN(10) == 0, v.random.IntN(3) == 0
	if !early {
		line, err = lines.ReadString('\n')
	}
	if v.tells && telling && !early && err == nil {
		select {
		case <-told:
		case <-time.After(time.Minute):
			t.Error("the child tells of no story")
		}
		within = 6 * time.Millisecond
	}
	time.Sleep(time.Duration(v.random.Int64N(int64(within)))) // the random moment
	killed := cmd.Process.Kill()
	rest, _ := io.ReadAll(lines) // until the pipe breaks
	waited := cmd.Wait()
	if err != nil || line != "polling\n" || killed != nil || waited == nil || waited.Error() != "signal: killed" {
		t.Fatalf("the child was to poll until killed, and did not: %v, %v, %v\n%s%s%s", err, killed, waited, line, rest, &said)
	}
	v.left[agent] = strings.Contains(said.String(), "left to another node")
}

// wantTold delivers what waits, and requires that each story was told of. A message was sent again only if the process that
// sent it was killed on it, with the same id.
func (v *victim) wantTold(t *testing.T, survivor *pipelinetest.Room) {
	t.Helper()
	eventually(t, "all is told", func() bool {
		_, err := survivor.Queue.Deliver(t.Context(), time.Minute)
		must(t, err)
		alerts, err := survivor.Store.AllAlerts(t.Context())
		must(t, err)
		return len(alerts) == 2 && alerts[0].Waiting+alerts[1].Waiting == 0
	})
	told := v.receiver.Told()
	wantNoneTwice(t, told)
	repeats := v.wantRepeats(t, told)
	covered := map[string]map[int64]bool{"/hook": {}, "/ntfy": {}} // by target; the present ids of the stories told of
	for _, m := range told {
		s, err := survivor.Store.Story(t.Context(), m.Story)
		if !errors.Is(err, news.ErrNotFound) { // its articles have moved to other stories
			must(t, err)
			covered[m.Target][s.ID] = true
		}
	}
	for key, place := range membership(t, survivor) {
		for target, stories := range covered {
			if !stories[place.story.ID] {
				t.Errorf("%s was not told of story %d with %s", target, place.story.ID, key)
			}
		}
	}
	t.Logf("%d messages, %d of them again after a kill", len(told), repeats)
}

// wantRepeats requires that each process but the last that sent a message sent none after it, so that it was killed before it
// had stored that the message was accepted. A process that lost the lease of an alert may send a message again too. It returns
// how many messages were sent again.
func (v *victim) wantRepeats(t *testing.T, told []pipelinetest.Told) (repeats int) {
	t.Helper()
	type sender struct{ target, agent string }
	last := map[sender]string{}            // the id of the last message
	agents := map[string]map[string]bool{} // by id of the message
	for _, m := range told {
		from := sender{m.Target, m.Agent}
		if agents[m.ID] == nil {
			agents[m.ID] = map[string]bool{}
		}
		if agents[m.ID][m.Agent] && !(v.left[m.Agent] && last[from] == m.ID) {
			t.Errorf("%s sent %s to %s twice", m.Agent, m.ID, m.Target)
		}
		agents[m.ID][m.Agent], last[from] = true, m.ID
	}
	for _, m := range told {
		newest := slices.Max(slices.Collect(maps.Keys(agents[m.ID])))
		if m.Agent == newest {
			continue
		}
		repeats++
		if last[sender{m.Target, m.Agent}] != m.ID {
			t.Errorf("%s sent %s to %s and went on, and %s sent it again", m.Agent, m.ID, m.Target, newest)
		}
	}
	return repeats
}

// wantNoneTwice requires that no target was told of a story twice for the same reason, but with the same id, by which it
// knows a repeat.
func wantNoneTwice(t *testing.T, told []pipelinetest.Told) {
	t.Helper()
	ids := map[pipelinetest.Told]string{} // by target, reason and story
	for _, m := range told {
		key := pipelinetest.Told{Target: m.Target, Reason: m.Reason, Story: m.Story}
		if id, ok := ids[key]; ok && id != m.ID {
			t.Errorf("%s was told twice of story %d (%s): %s and %s", m.Target, m.Story, m.Reason, id, m.ID)
		}
		ids[key] = m.ID
	}
}

// growingPress serves feeds of invented news that other feeds copy and rewrite.
type growingPress struct {
	*publisher
	names []string
	all   map[string][]item // in their final state
	first map[string]string // texts by guid of items that are revised later
	shown map[string]int    // how many items a feed served with a validator
	last  string            // a word that only the newest item contains
}

func crashNames() []string {
	var out []string
	for i := range crashFeeds {
		out = append(out, fmt.Sprintf("paper%d", i))
	}
	return out
}

// newGrowingPress writes the news. Each round has three stories, each by one feed and carried by three others.
func newGrowingPress(random *rand.Rand) *growingPress {
	g := &growingPress{publisher: newPublisher(), names: crashNames(), all: map[string][]item{}, first: map[string]string{}, shown: map[string]int{}}
	start := time.Now().Add(-crashItems * pace).Truncate(time.Second)
	for round := range crashItems {
		for i, name := range g.names {
			w := writer{rand.New(rand.NewPCG(uint64(round), uint64(i/4)))} // the same words for the four feeds of a story
			title, text := w.words(9), w.words(120)
			at := start.Add(time.Duration(round)*pace + time.Duration(i)*time.Minute)
			switch i % 4 {
			case 2: // under another headline
				title = writer{random}.words(8)
			case 3: // with a paragraph of its own
				text += ". " + writer{random}.words(25)
			}
			it := item{guid: fmt.Sprintf("%s-%d", name, round), title: title, text: text + ".", at: at}
			if random.IntN(10) == 0 {
				g.first[it.guid] = writer{random}.words(100) + "."
			}
			g.all[name] = append(g.all[name], it)
		}
	}
	newest := &g.all[g.names[crashFeeds-1]][crashItems-1]
	g.last = "unmistakable"
	newest.text += " " + g.last
	g.told = func(name, etag string, n int) { g.shown[name+etag] = n }
	return g
}

// grow shows the items up to this round. Those of the last rounds may be revised later.
func (g *growingPress) grow(round int) {
	for _, name := range g.names {
		items := slices.Clone(g.all[name][:min(round+1, crashItems)])
		for i, it := range items {
			if text := g.first[it.guid]; text != "" && i > round-3 && round < crashKills {
				items[i].text = text
			}
		}
		g.set(name, items...)
	}
}

// showed returns how many items a feed served with a validator.
func (g *growingPress) showed(name, etag string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shown[name+etag]
}

// writer makes prose of invented words. There are so many words that unrelated texts share hardly any: in a nearly empty
// window, texts that share some are one event.
type writer struct{ *rand.Rand }

func (w writer) words(n int) string {
	const onsets, vowels, codas = "bdfghjklmnprstvz", "aeiou", "lmnrst"
	out := make([]string, n)
	for i := range out {
		for range 2 + w.IntN(3) {
			out[i] += string([]byte{onsets[w.IntN(len(onsets))], vowels[w.IntN(len(vowels))], codas[w.IntN(len(codas))]})
		}
	}
	return strings.Join(out, " ")
}

// wantSound checks what a killed process left: it is consistent and has every item that a stored validator stands for.
func wantSound(t *testing.T, dir string, press *growingPress) {
	t.Helper()
	db := storetest.Open(t, dir)
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	feeds, err := db.Feeds(t.Context())
	must(t, err)
	for _, f := range feeds {
		name := f.URL[strings.LastIndex(f.URL, "/")+1:]
		if want := press.showed(name, f.ETag); f.Articles < want || f.ETag != "" && want == 0 {
			t.Errorf("%s has %d articles, and a validator that stands for %d", name, f.Articles, want)
		}
	}
	must(t, db.Close())
}

// wantWhole counts everything: nothing is missing or doubled.
func wantWhole(t *testing.T, room *pipelinetest.Room, press *growingPress) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	const want = crashFeeds * crashItems
	status, err := room.Stories.Status(ctx)
	must(t, err)
	indexed, err := room.Index.Count()
	must(t, err)
	if status.Articles != want || indexed != want || status.Unsettled != 0 || status.Unindexed != 0 {
		t.Errorf("%d indexed, %+v; want %d articles, settled and indexed", indexed, status, want)
	}
	if n := len(membership(t, room)); n != want {
		t.Errorf("%d articles stand in stories, want %d", n, want)
	}
	articles, err := room.Store.Articles(ctx, news.ArticleList{Limit: 2 * want})
	must(t, err)
	stored := map[string]bool{}
	for _, a := range articles {
		if stored[a.GUID] {
			t.Errorf("%s is stored twice", a.GUID)
		}
		stored[a.GUID] = true
	}
	for name, items := range press.all {
		for _, it := range items {
			if !stored[it.guid] {
				t.Errorf("%s of %s is missing", it.guid, name)
			}
		}
	}
	found, err := room.Stories.Search(ctx, search.Request{Query: press.last})
	must(t, err)
	if found.Total != 1 || found.Articles[0].Article.GUID != fmt.Sprintf("%s-%d", press.names[crashFeeds-1], crashItems-1) {
		t.Errorf("search for the newest article found %d: %+v", found.Total, found.Articles)
	}
	if err := room.Store.Check(ctx); err != nil {
		t.Error(err)
	}
}
