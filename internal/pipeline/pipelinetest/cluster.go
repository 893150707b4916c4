package pipelinetest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
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
// Process that a test may stop and kill. On SQLite a cluster has one node.
type Cluster struct {
	tb testing.TB
	o  ClusterOptions
}

// ClusterOptions are the options of all nodes of a Cluster. Child processes get them as JSON.
type ClusterOptions struct {
	Database string         // "" makes one, on the engine of the tests
	Press    string         // the address of a Press, which all requests go to; "" means none
	Pause    time.Duration  // between two requests to one host
	Lease    time.Duration  // 0 means 30 s
	Interval time.Duration  // between two polls of a feed; 0 means an hour
	Steady   bool           // poll each feed at Interval, whatever its rhythm
	Workers  int            // 0 means 4
	FullText string         // see pipeline.Options
	Roles    pipeline.Roles // none means all
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
	room, closeRoom, err := openNode(c.tb.Context(), c.tb.TempDir(), c.o, slog.New(slog.DiscardHandler), configure)
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

// openNode opens a node and returns what closes it.
func openNode(ctx context.Context, dir string, o ClusterOptions, log *slog.Logger, configure func(*Options)) (_ *Room, closeNode func() error, err error) {
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
	db, err := store.Open(ctx, dir, store.Options{Database: o.Database, Lease: o.Lease, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, db.Close)
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
	all := Options{Search: index, Batch: 500, Sender: notify.NewSender(notify.SenderOptions{Send: client.Send}), Options: pipeline.Options{
		Store: db, Fetch: client, Outlets: registry, Logger: log, Workers: cmp.Or(o.Workers, 4), PerHost: 1, FullText: o.FullText,
		Roles: o.Roles,
	}}
	interval := cmp.Or(o.Interval, time.Hour)
	all.Pace = poll.Pace{Interval: interval, Min: interval, Max: max(24*time.Hour, interval)}
	if o.Steady {
		all.Pace.Max = interval
	}
	if configure != nil {
		configure(&all)
	}
	room := New(all)
	closers = append(closers, func() error { room.Pipeline.Close(); return nil })
	return room, closeNode, nil
}
