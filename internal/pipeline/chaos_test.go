package pipeline_test

import (
	"database/sql"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
)

// network is what stands between one node and the database. It can be cut, and it can drop what passes without an error.
type network struct {
	url string // of the database, through it

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	drop  chan struct{} // what passes waits until it is closed; nil while everything passes
}

// newNetwork returns a network to a database.
func newNetwork(t *testing.T, database string) *network {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	q := u.Query()
	family, address := "tcp", u.Host
	if dir := q.Get("host"); dir != "" {
		family, address = "unix", dir+"/.s.PGSQL."+q.Get("port")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	n := &network{conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		n.cut()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			out, err := new(net.Dialer).DialContext(t.Context(), family, address)
			if err != nil {
				_ = in.Close() // the other end sees it
				continue
			}
			n.mu.Lock()
			n.conns[in], n.conns[out] = true, true
			n.mu.Unlock()
			go n.pass(in, out)
			go n.pass(out, in)
		}
	}()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	n.url = u.String()
	return n
}

func (n *network) pass(from io.ReadCloser, to io.WriteCloser) {
	buffer := make([]byte, 32<<10)
	for {
		read, err := from.Read(buffer)
		n.mu.Lock()
		drop := n.drop
		n.mu.Unlock()
		if drop != nil {
			<-drop
		}
		if err == nil {
			_, err = to.Write(buffer[:read])
		}
		if err != nil {
			_, _ = from.Close(), to.Close() // one of them is closed already
			return
		}
	}
}

// cut closes all connections.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close() // it may be closed already
	}
	clear(n.conns)
}

// hold lets nothing pass, and no error arise, until the returned function is called.
func (n *network) hold() (end func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	drop := make(chan struct{})
	n.drop = drop
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.drop = nil
		close(drop)
	}
}

// logActivity logs what the connections of a database do.
func logActivity(t *testing.T, database string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `SELECT concat_ws(' ', pid, state, wait_event, date_trunc('second', now() - state_change), 'blocked by', pg_blocking_pids(pid)::text, left(query, 200))
		FROM pg_stat_activity WHERE datname = current_database() ORDER BY state_change`)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		t.Log(line)
	}
	must(t, rows.Err())
}

// TestChaos runs three nodes, each with all roles, over one database, while the feeds grow. In each round one of them, at random,
// is killed and replaced, stopped and continued, or loses its connections, with an error or without one. After each round all
// items are stored and settled.
func TestChaos(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	if testing.Short() {
		t.Skip("takes some seconds a round")
	}
	rounds, err := strconv.Atoi(os.Getenv("HEADWATER_TEST_CHAOS"))
	if err != nil {
		rounds = 3
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	const hosts, each = 6, 2
	press := pipelinetest.NewPress(t, 10*time.Millisecond)
	database := storetest.Database(t, t.TempDir())
	o := pipelinetest.ClusterOptions{
		Database: database, Press: press.URL.String(), Pause: clusterPause, Workers: 3, Lease: 3 * time.Second, Interval: 2 * time.Second, Steady: true,
	}
	room := pipelinetest.NewCluster(t, o).Node(nil) // looks on
	_, err = room.Store.AddFeeds(t.Context(), press.Feeds(hosts, each))
	must(t, err)
	topic, err := room.Topics.AddTopic(t.Context(), news.Topic{Name: "all", Query: "item"})
	must(t, err)
	_, err = room.Alerts.AddAlert(t.Context(), news.Alert{Topic: topic.ID, Kind: news.AlertWebhook, Target: "http://receiver.example/hook"})
	must(t, err)

	type node struct {
		net     *network
		process *exec.Cmd
	}
	start := func(n *network) node {
		own := o
		own.Database = n.url
		return node{n, pipelinetest.NewCluster(t, own).Process()}
	}
	var nodes [3]node
	for i := range nodes {
		nodes[i] = start(newNetwork(t, database))
	}
	settled := func(items int) func() bool {
		return func() bool {
			s, err := room.Stories.Status(t.Context())
			must(t, err)
			return s.Articles == hosts*each*items && s.Unsettled == 0
		}
	}
	eventually(t, "the nodes store and settle", settled(1))
	var longest time.Duration
	for round := range rounds {
		i := random.IntN(len(nodes))
		n, end := nodes[i], func() {}
		what := [...]string{"killed", "stopped", "cut off", "held up"}[random.IntN(4)]
		began := time.Now()
		switch what {
		case "killed":
			must(t, n.process.Process.Kill())
			_ = n.process.Wait() // as killed
			end = func() { nodes[i] = start(n.net) }
		case "stopped":
			must(t, n.process.Process.Signal(syscall.SIGSTOP))
			end = func() { must(t, n.process.Process.Signal(syscall.SIGCONT)) }
		case "cut off":
			n.net.cut()
		case "held up":
			end = n.net.hold()
		}
		press.Grow()
		deadline := time.Now().Add(time.Minute)
		for !settled(round + 2)() {
			if time.Now().After(deadline) {
				s, err := room.Stories.Status(t.Context())
				logActivity(t, database)
				t.Fatalf("round %d: a minute after node %d was %s: %+v, want %d articles, settled (%v)", round, i, what, s, hosts*each*(round+2), err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		took := time.Since(began)
		longest = max(longest, took)
		t.Logf("round %d: node %d %s: all stored and settled after %s", round, i, what, took.Round(10*time.Millisecond))
		end()
	}
	eventually(t, "all alerts are sent", func() bool {
		due, err := room.Store.DueAlerts(t.Context(), time.Now().Add(time.Hour))
		must(t, err)
		return len(due) == 0
	})
	t.Logf("%d rounds, at most %s until all was stored and settled", rounds, longest)
	wantItemsOnce(t, room, hosts*each, rounds+1)
	for host, a := range press.Asked() {
		if a.AtOnce > 1 {
			t.Errorf("%s had %d requests at once", host, a.AtOnce)
		}
	}
	ids := map[pipelinetest.Told]string{} // by story and reason
	for _, told := range press.Told() {
		key := pipelinetest.Told{Reason: told.Reason, Story: told.Story}
		if id, ok := ids[key]; ok && id != told.ID {
			t.Errorf("story %d was told of twice: %s and %s", told.Story, id, told.ID)
		}
		ids[key] = told.ID
	}
	if len(ids) == 0 {
		t.Error("nobody was told of anything")
	}
	t.Logf("%d stories were told of", len(ids))
}
