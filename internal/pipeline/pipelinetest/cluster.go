package pipelinetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/notify"
	"headwater/internal/pipeline"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/outlets"
)

// Cluster is a number of nodes over one database, each with a data folder of its own. A node is a Room in this process, or a
// process that a test may stop and kill. On SQLite a cluster has one node.
type Cluster struct {
	tb testing.TB
	o  ClusterOptions
}

// ClusterOptions are the options of all nodes of a Cluster. Child processes get them as JSON.
type ClusterOptions struct {
	Database string        // "" makes one, on the engine of the tests
	Press    string        // the address of a Press, which all requests go to; "" means none
	Pause    time.Duration // between two requests to one host
	Lease    time.Duration // 0 means 30 s
	Interval time.Duration // between two polls of a feed; 0 means an hour
	Steady   bool          // poll each feed at Interval, whatever its rhythm
	Workers  int           // 0 means 4
	FullText string        // see pipeline.Options
}

// NewCluster returns a cluster without nodes.
func NewCluster(tb testing.TB, o ClusterOptions) *Cluster {
	tb.Helper()
	if o.Database == "" {
		o.Database = storetest.Database(tb, tb.TempDir())
	}
	return &Cluster{tb: tb, o: o}
}

// Node opens one more node in this process. It is closed when the test ends. On SQLite a data folder
// has one process, so a test opens one node only. Configure changes its options before it is wired; it may be nil.
func (c *Cluster) Node(configure func(*Options)) *Room {
	c.tb.Helper()
	room, closeRoom, err := openNode(c.tb.Context(), c.tb.TempDir(), c.o, configure)
	Must(c.tb, err)
	c.tb.Cleanup(func() {
		if err := closeRoom(); err != nil {
			c.tb.Error(err)
		}
	})
	return room
}

// Nodes opens n nodes in this process, or one on SQLite.
func (c *Cluster) Nodes(n int) []*Room {
	c.tb.Helper()
	if !pgtest.OnPostgreSQL() {
		n = 1
	}
	all := make([]*Room, n)
	for i := range all {
		all[i] = c.Node(nil)
	}
	return all
}

// nodeVariable has the options of a node that is a process of its own.
const nodeVariable = "HEADWATER_TEST_NODE"

// nodeOptions are those of a node that is a process of its own.
type nodeOptions struct {
	ClusterOptions
	Dir string
}

// Process starts one more node as a process that serves until it is killed. It polls each second. The process is the test
// binary, whose TestMain calls ServeNode. It is for PostgreSQL.
func (c *Cluster) Process() *exec.Cmd {
	c.tb.Helper()
	o, err := json.Marshal(nodeOptions{c.o, c.tb.TempDir()})
	Must(c.tb, err)
	cmd := exec.Command(os.Args[0]) //nolint:gosec,noctx // the test binary itself; the test kills it
	cmd.Env = append(os.Environ(), nodeVariable+"="+string(o))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	Must(c.tb, cmd.Start())
	c.tb.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()         // as killed
		}
	})
	return cmd
}

// ServeNode serves where this process is one of Cluster.Process, and does not return then. TestMain calls it first.
func ServeNode() {
	value := os.Getenv(nodeVariable)
	if value == "" {
		return
	}
	if err := serveNode(context.Background(), value); err != nil {
		fmt.Fprintln(os.Stderr, "node of a cluster:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveNode(ctx context.Context, value string) error {
	var o nodeOptions
	if err := json.Unmarshal([]byte(value), &o); err != nil {
		return err
	}
	room, closeRoom, err := openNode(ctx, o.Dir, o.ClusterOptions, nil)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	return errors.Join(room.Pipeline.Serve(ctx, "@every 1s"), closeRoom())
}

// openNode opens a node and returns what closes it.
func openNode(ctx context.Context, dir string, o ClusterOptions, configure func(*Options)) (_ *Room, closeNode func() error, err error) {
	var closers []func() error
	closeNode = func() error {
		var errs []error
		for i := len(closers) - 1; i >= 0; i-- {
			errs = append(errs, closers[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeNode())
		}
	}()
	db, err := store.Open(ctx, dir, store.Options{Database: o.Database, Lease: o.Lease})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, db.Close)
	log := slog.New(slog.DiscardHandler)
	index, err := search.Open(ctx, dir, search.Options{Log: db, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, index.Close)
	f := fetch.Options{PerHost: 1, Pause: o.Pause, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if o.Press != "" {
		if f.Proxy, err = url.Parse(o.Press); err != nil {
			return nil, nil, err
		}
	}
	client, err := fetch.New(f)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, func() error { client.Close(); return nil })
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		return nil, nil, err
	}
	all := Options{Search: index, Sender: notify.NewSender(notify.SenderOptions{Post: client.Post}), Options: pipeline.Options{
		Store: db, Fetch: client, Outlets: registry, Logger: log, Workers: cmp.Or(o.Workers, 4), PerHost: 1, FullText: o.FullText,
	}}
	interval := cmp.Or(o.Interval, time.Hour)
	all.Pace = poll.Pace{Interval: interval, Min: interval, Max: max(24*time.Hour, interval)}
	if o.Steady {
		all.Pace.Max = interval
	}
	if configure != nil {
		configure(&all)
	}
	return New(all), closeNode, nil
}
