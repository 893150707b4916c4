package pipeline_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
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
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
)

// settleParts is in how many parts the reports are stored and settled.
const settleParts = 12

// allReports are in the order of their times.
func allReports(t *testing.T) []report {
	t.Helper()
	reports := append(reportsOf(t, "independent.jsonl"), reportsOf(t, "languages.jsonl")...)
	slices.SortStableFunc(reports, func(a, b report) int { return a.Published.Compare(b.Published) })
	return reports
}

// reportsRoom is a room at the time of the reports, in which nothing closes.
func reportsRoom(t *testing.T, database string, roles pipeline.Roles) *pipelinetest.Room {
	t.Helper()
	return open(t, t.TempDir(), settings{database: database, now: func() time.Time { return reportsDay }, window: 365 * 24 * time.Hour, roles: roles})
}

// wantSameStories compares the stories of two databases, with their ids.
func wantSameStories(t *testing.T, one map[string]settled, ids map[string]news.Grouping, room *pipelinetest.Room) {
	t.Helper()
	if diff := gocmp.Diff(one, shape(t, room)); diff != "" {
		t.Errorf("settled by one node and by several (-one +several):\n%.4000s", diff)
	}
	if diff := gocmp.Diff(ids, idsOf(t, room)); diff != "" {
		t.Errorf("ids of stories and events, settled by one node and by several (-one +several):\n%.2000s", diff)
	}
	must(t, room.Store.Check(t.Context()))
}

// idsOf returns the ids of the story and event of each article.
func idsOf(t *testing.T, room *pipelinetest.Room) map[string]news.Grouping {
	t.Helper()
	ids := map[string]news.Grouping{}
	for key, p := range membership(t, room) {
		ids[key] = news.Grouping{Story: p.story.ID, Event: p.story.Event}
	}
	return ids
}

// settledByOne returns what one process makes of the reports, part by part.
func settledByOne(t *testing.T, reports []report) (map[string]settled, map[string]news.Grouping) {
	t.Helper()
	room := reportsRoom(t, "", pipeline.Roles{})
	for i := range settleParts {
		collectPart(t, room, reports, i, settleParts)
		_, err := room.Pipeline.Settler.Settle(t.Context(), nil)
		must(t, err)
	}
	return shape(t, room), idsOf(t, room)
}

// TestLeadersTakeTurns lets three nodes settle in turns. Each loads the window that the others have left.
func TestLeadersTakeTurns(t *testing.T) {
	reports := allReports(t)
	one, ids := settledByOne(t, reports)
	database := storetest.Database(t, t.TempDir())
	rooms := make([]*pipelinetest.Room, 3)
	rooms[0] = reportsRoom(t, database, pipeline.Roles{})
	for i := 1; i < len(rooms); i++ {
		if pgtest.OnPostgreSQL() {
			rooms[i] = reportsRoom(t, database, pipeline.Roles{})
		} else {
			rooms[i] = pipelinetest.New(rooms[0].Options)
		}
	}
	for i := range settleParts {
		room, before := rooms[i%len(rooms)], rooms[(i+len(rooms)-1)%len(rooms)]
		collectPart(t, before, reports, i, settleParts)
		if i == 1 {
			passElsewhere(t, pipelinetest.New(before.Options))
		}
		must(t, before.Pipeline.Resign(t.Context()))
		_, err := room.Pipeline.Settler.Settle(t.Context(), nil)
		must(t, err)
	}
	wantSameStories(t, one, ids, rooms[0])
}

// passElsewhere lets a pass end without settling, while another process leads.
func passElsewhere(t *testing.T, room *pipelinetest.Room) {
	t.Helper()
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{CreditedPages: time.Second, Alerts: time.Second, Retain: time.Second})
	if err != nil || !sum.Elsewhere || sum.Settled > 0 || sum.Indexed == 0 {
		t.Errorf("a pass beside the leader: %+v, %v", sum, err)
	}
	if status, err := room.Stories.Status(t.Context()); err != nil || status.Unsettled == 0 {
		t.Errorf("%d wait to be settled after it, %v", status.Unsettled, err)
	}
	if _, err := room.Pipeline.Settler.Settle(t.Context(), nil); !errors.Is(err, pipeline.ErrElsewhere) {
		t.Errorf("settled beside the leader: %v", err)
	}
}

// For a child process that settles.
const (
	settlerFolder   = "HEADWATER_TEST_SETTLER"
	settlerDatabase = "HEADWATER_TEST_SETTLER_DATABASE"
	settlerRuns     = "HEADWATER_SETTLER_RUNS" // how often TestSettlersFail repeats all
)

func TestSettlerChild(t *testing.T) {
	dir := os.Getenv(settlerFolder)
	if dir == "" {
		t.Skip("only as the child of TestSettlersFail")
	}
	room := open(t, dir, settings{
		database: os.Getenv(settlerDatabase), now: func() time.Time { return reportsDay }, window: 365 * 24 * time.Hour,
		roles: pipeline.Roles{Settle: true},
	})
	fmt.Println(room.Store.Node())
	must(t, room.Pipeline.Serve(t.Context(), "@every 1m"))
}

// settlers are processes that settle.
type settlers struct {
	database string
	byNode   map[string]*exec.Cmd
	paused   map[string]bool
}

func (s *settlers) start(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSettlerChild$")
	cmd.Env = append(os.Environ(), settlerFolder+"="+t.TempDir(), settlerDatabase+"="+s.database)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	node, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	s.byNode[strings.TrimSpace(node)] = cmd
}

func (s *settlers) kill(t *testing.T, node string) {
	t.Helper()
	cmd := s.byNode[node]
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	delete(s.byNode, node)
	delete(s.paused, node)
}

// pause stops a process until goOn.
func (s *settlers) pause(t *testing.T, node string) {
	t.Helper()
	must(t, s.byNode[node].Process.Signal(syscall.SIGSTOP))
	s.paused[node] = true
}

func (s *settlers) goOn(t *testing.T) {
	t.Helper()
	for node := range s.paused {
		must(t, s.byNode[node].Process.Signal(syscall.SIGCONT))
	}
	clear(s.paused)
}

// TestSettlersFail kills, pauses and cuts off the leader of three processes at a random moment of each part that they
// settle. The stories are those of one process that nothing happens to.
func TestSettlersFail(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	reports := allReports(t)
	one, ids := settledByOne(t, reports)
	runs := 1
	if n, err := strconv.Atoi(os.Getenv(settlerRuns)); err == nil {
		runs = n
	}
	took := map[string][]time.Duration{}
	for run := range runs {
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			failSettlers(t, rand.New(rand.NewPCG(seed, 0)), reports, one, ids, took)
		})
	}
	for what, all := range took {
		slices.Sort(all)
		t.Logf("%s, %d times: another leads and all is settled after %s (median), %s at most", what, len(all), all[len(all)/2].Round(10*time.Millisecond), all[len(all)-1].Round(10*time.Millisecond))
	}
}

// cutLeader ends the connection that holds the lead of the database of a folder.
func cutLeader(t *testing.T, dir string) {
	t.Helper()
	storetest.Exec(t, dir, `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

func failSettlers(t *testing.T, random *rand.Rand, reports []report, one map[string]settled, ids map[string]news.Grouping, took map[string][]time.Duration) {
	dir := t.TempDir()
	room := reportsRoom(t, storetest.Database(t, dir), pipeline.Roles{})
	s := &settlers{database: storetest.Database(t, dir), byNode: map[string]*exec.Cmd{}, paused: map[string]bool{}}
	for range 3 {
		s.start(t)
	}
	t.Cleanup(func() {
		for node := range s.byNode {
			s.kill(t, node)
		}
	})
	for i := range settleParts {
		began := time.Now()
		collectPart(t, room, reports, i, settleParts)
		s.goOn(t)                                                               // beside the one that has taken over
		time.Sleep(time.Duration(random.Int64N(int64(250 * time.Millisecond)))) // the random moment
		leader, err := room.Store.Leader(t.Context(), "settle")
		must(t, err)
		what, happened := "nothing", time.Now()
		if s.byNode[leader.Node] != nil {
			switch n := random.IntN(10); {
			case n < 4:
				what = "kill"
				s.kill(t, leader.Node)
			case n < 6:
				what = "pause"
				s.pause(t, leader.Node)
			case n < 9:
				what = "cut off"
				cutLeader(t, dir)
			}
		}
		end, err := room.Store.LastSeq(t.Context())
		must(t, err)
		for {
			mark, err := room.Store.Watermark(t.Context(), "settle")
			must(t, err)
			now, err := room.Store.Leader(t.Context(), "settle")
			must(t, err)
			if mark == end && (what == "nothing" || now.Epoch > leader.Epoch) {
				break
			}
			if time.Since(began) > time.Minute {
				t.Fatalf("part %d, %s: after a minute %d of %d are settled, and the leader was %+v and is %+v", i, what, mark, end, leader, now)
			}
			time.Sleep(10 * time.Millisecond)
		}
		took[what] = append(took[what], time.Since(happened))
		for len(s.byNode) < 3 {
			s.start(t)
		}
	}
	s.goOn(t) // and write nothing more
	wantSameStories(t, one, ids, room)
}

// serve runs what the roles of a room say until the returned function is called.
func serve(t *testing.T, room *pipelinetest.Room) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.Serve(ctx, "@every 1h") }()
	return func() {
		t.Helper()
		cancel()
		must(t, <-ended)
	}
}

// TestCorrectionsElsewhere makes corrections in processes that do not lead.
func TestCorrectionsElsewhere(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	database := storetest.Database(t, t.TempDir())
	leader := reportsRoom(t, database, pipeline.Roles{Settle: true})
	asker := reportsRoom(t, database, pipeline.Roles{Web: true})
	command := reportsRoom(t, database, pipeline.Roles{}) // does not serve
	collectPart(t, leader, allReports(t), 0, 1)
	_, err := leader.Pipeline.Settler.Settle(t.Context(), nil)
	must(t, err)
	before, shapeBefore := idsOf(t, leader), shape(t, leader)
	stopLeader, stopAsker := serve(t, leader), serve(t, asker)
	defer func() { stopAsker() }()

	all, err := asker.Stories.Stories(t.Context(), news.StoryList{Newest: true, Limit: 3})
	must(t, err)
	if len(all) < 3 {
		t.Fatalf("%d stories", len(all))
	}
	a, b, c := all[0], all[1], all[2]
	corrected := func(room *pipelinetest.Room, do func(*pipeline.Settler) (news.Corrected, error), stories int) news.Corrected {
		t.Helper()
		done, err := do(room.Pipeline.Settler)
		must(t, err)
		if done.Correction.ID == 0 || len(done.Stories) != stories {
			t.Fatalf("correction %+v with %d stories, want %d", done.Correction, len(done.Stories), stories)
		}
		return done
	}
	merge := func(ids ...int64) func(*pipeline.Settler) (news.Corrected, error) {
		return func(s *pipeline.Settler) (news.Corrected, error) { return s.Merge(t.Context(), ids) }
	}
	forget := func(id int64) func(*pipeline.Settler) (news.Corrected, error) {
		return func(s *pipeline.Settler) (news.Corrected, error) { return s.Forget(t.Context(), id) }
	}
	first := corrected(asker, merge(a.ID, b.ID), 1)
	second := corrected(command, merge(a.ID, c.ID), 1)
	article := c.Members[0].Article.ID
	third := corrected(asker, func(s *pipeline.Settler) (news.Corrected, error) {
		return s.Split(t.Context(), second.Stories[0].ID, []int64{article})
	}, 2)
	if kept, err := leader.Store.Corrections(t.Context()); err != nil || len(kept) != 3 {
		t.Errorf("%d corrections are stored, %v", len(kept), err)
	}
	for what, do := range map[string]func(*pipeline.Settler) (news.Corrected, error){
		"a story with itself": merge(a.ID, b.ID), "a story that does not exist": merge(a.ID, 1<<40), "a correction that does not exist": forget(1 << 40),
	} {
		_, err := do(asker.Pipeline.Settler)
		var refused *news.RefusedError
		if !errors.As(err, &refused) || errors.Is(err, news.ErrNotFound) != strings.Contains(what, "not exist") {
			t.Errorf("%s: %v", what, err)
		}
	}
	named := corrected(asker, func(s *pipeline.Settler) (news.Corrected, error) {
		return s.SetOrigin(t.Context(), second.Stories[0].ID, 0, "The Kestrel Clarion")
	}, 1)
	if o := named.Stories[0].Origin; o.Name != "The Kestrel Clarion" || named.Correction.Origin.Name != o.Name {
		t.Errorf("the leader was asked for an origin, and made %+v", o)
	}
	corrected(command, forget(named.Correction.ID), 1)
	corrected(asker, forget(third.Correction.ID), 1)
	corrected(command, forget(second.Correction.ID), 2)
	corrected(asker, forget(first.Correction.ID), 2)
	wantSameStories(t, shapeBefore, before, leader)

	stopLeader()
	hasty, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := asker.Pipeline.Settler.Merge(hasty, []int64{a.ID, b.ID}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody settles: %v", err)
	}
	stopLeader = serve(t, leader)
	corrected(asker, merge(b.ID, c.ID), 1) // the leader has seen all requests now
	stopLeader()
	if kept, err := leader.Store.Corrections(t.Context()); err != nil || len(kept) != 1 {
		t.Errorf("what was withdrawn was made: %d corrections, %v", len(kept), err)
	}
	if waiting, err := leader.Store.CorrectionRequests(t.Context()); err != nil || len(waiting) > 0 {
		t.Errorf("requests that wait: %+v, %v", waiting, err)
	}
}

// TestCorrectionBeforeTheLead asks a process that serves for a correction before it leads. The correction is made once it does.
func TestCorrectionBeforeTheLead(t *testing.T) {
	room := reportsRoom(t, storetest.Database(t, t.TempDir()), pipeline.Roles{Settle: true, Web: true})
	collectPart(t, room, allReports(t), 0, 1)
	_, err := room.Pipeline.Settler.Settle(t.Context(), nil)
	must(t, err)
	must(t, room.Pipeline.Resign(t.Context()))
	all, err := room.Stories.Stories(t.Context(), news.StoryList{Newest: true, Limit: 2})
	must(t, err)
	other, err := room.Store.Lead(t.Context(), "settle")
	must(t, err)
	stop := serve(t, room)
	defer stop()
	asked := make(chan error, 1)
	go func() {
		_, err := room.Pipeline.Settler.Merge(t.Context(), []int64{all[0].ID, all[1].ID})
		asked <- err
	}()
	within(t, "requests that wait for who leads", 1, func() (int, error) {
		waiting, err := room.Store.CorrectionRequests(t.Context())
		return len(waiting), err
	})
	other.Close()
	must(t, <-asked)
}

// TestServeEndsAtOnce ends a process before it has begun, and just after.
func TestServeEndsAtOnce(t *testing.T) {
	room := reportsRoom(t, storetest.Database(t, t.TempDir()), pipeline.Roles{Poll: true, Settle: true, Web: true})
	for i := range 40 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond/4)
		if i == 0 {
			cancel()
		}
		if err := room.Pipeline.Serve(ctx, "@every 1h"); err != nil {
			t.Errorf("ended after %d quarters of a millisecond: %v", i, err)
		}
		cancel()
	}
}
