package pipeline_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

const clusterPause = 120 * time.Millisecond

// wantPolite requires that no host was asked twice at once, or before its pause was over.
func wantPolite(t *testing.T, press *pipelinetest.Press) {
	t.Helper()
	for host, a := range press.Asked() {
		if a.AtOnce > 1 {
			t.Errorf("%s had %d requests at once", host, a.AtOnce)
		}
		if a.Gap < clusterPause*3/4 { // on a busy machine the publisher notes the end of an answer later than the poller
			t.Errorf("%s had a pause of %s only, want %s", host, a.Gap, clusterPause)
		}
	}
}

// wantItemsOnce requires that each item of the feeds is one article.
func wantItemsOnce(t *testing.T, room *pipelinetest.Room, feeds, items int) {
	t.Helper()
	all, err := room.Store.Log(t.Context(), 0, 100_000)
	must(t, err)
	seen := map[string]int{}
	for _, a := range all {
		seen[fmt.Sprint(a.FeedID, " ", a.GUID)]++
	}
	if len(all) != feeds*items || len(seen) != feeds*items {
		t.Errorf("%d articles with %d ids, want each of %d items once", len(all), len(seen), feeds*items)
	}
	must(t, room.Store.Check(t.Context()))
}

// eachNode runs fn for all nodes at once.
func eachNode[T any](nodes []*pipelinetest.Room, fn func(*pipelinetest.Room) T) []T {
	out := make([]T, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { out[i] = fn(n) })
	}
	wg.Wait()
	return out
}

// TestClusterPolls has one to three nodes poll the same feeds at the same time.
func TestClusterPolls(t *testing.T) {
	const hosts, each = 12, 3
	for _, n := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			if n > 1 && !pgtest.OnPostgreSQL() {
				t.Skip("SQLite has one node")
			}
			press := pipelinetest.NewPress(t, 20*time.Millisecond)
			c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: press.URL.String(), Pause: clusterPause, Workers: 2})
			nodes := c.Nodes(n)
			_, err := nodes[0].Store.AddFeeds(t.Context(), press.Feeds(hosts, each))
			must(t, err)
			sums := eachNode(nodes, func(r *pipelinetest.Room) pipeline.Summary {
				sum, err := r.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true})
				if err != nil {
					t.Error(err)
				}
				return sum
			})
			total := 0
			for i, s := range sums {
				if total += s.Feeds; s.Feeds == 0 || s.Failed > 0 || s.Resting > 0 {
					t.Errorf("node %d: %d feeds polled, %d failed, %d rest", i, s.Feeds, s.Failed, s.Resting)
				}
			}
			if total != hosts*each {
				t.Errorf("%d feeds polled in one pass of all nodes, want %d", total, hosts*each)
			}
			for address, n := range press.Requests() {
				if n != 1 {
					t.Errorf("%s was asked for %d times", address, n)
				}
			}
			wantPolite(t, press)
			wantItemsOnce(t, nodes[0], hosts*each, 1)

			press.Grow()
			for i, err := range eachNode(nodes, func(r *pipelinetest.Room) error {
				_, err := r.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true, Force: true})
				return err
			}) {
				if err != nil {
					t.Errorf("node %d, all feeds: %v", i, err)
				}
			}
			wantPolite(t, press)
			wantItemsOnce(t, nodes[0], hosts*each, 2)
		})
	}
}

// TestClusterReadsPages has two nodes poll feeds and read the pages of their items at the same time, from the same hosts.
func TestClusterReadsPages(t *testing.T) {
	const hosts, each = 6, 2
	press := pipelinetest.NewPress(t, 20*time.Millisecond)
	c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: press.URL.String(), Pause: clusterPause, FullText: pipeline.FullTextAlways})
	nodes := c.Nodes(2)
	_, err := nodes[0].Store.AddFeeds(t.Context(), press.Feeds(hosts, each))
	must(t, err)
	_, err = nodes[0].Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true})
	must(t, err)
	press.Grow()
	pages := eachNode(nodes, func(r *pipelinetest.Room) int {
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := r.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true, Force: true}); err != nil {
				t.Error(err)
			}
		})
		total := 0
		eventually(t, "all pages are read", func() bool {
			n, err := r.Pipeline.Pages.Read(t.Context(), time.Minute)
			if err != nil {
				t.Error(err)
			}
			total += n
			asked := 0
			for address := range press.Requests() {
				if strings.Contains(address, "/page") {
					asked++
				}
			}
			return asked == hosts*each*2
		})
		wg.Wait()
		return total
	})
	total := 0
	for _, n := range pages {
		total += n
	}
	for address, n := range press.Requests() {
		if n > 1 && strings.Contains(address, "/page") {
			t.Errorf("%s was read %d times", address, n)
		}
	}
	if total != hosts*each*2 {
		t.Errorf("%v pages read, want %d in all", pages, hosts*each*2)
	}
	wantPolite(t, press)
}

// TestClusterWaitsForAHost names a feed on one node while another asks its host.
func TestClusterWaitsForAHost(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	press := pipelinetest.NewPress(t, 20*time.Millisecond)
	nodes := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: press.URL.String(), Pause: clusterPause}).Nodes(2)
	feeds := press.Feeds(1, 8)
	_, err := nodes[0].Store.AddFeeds(t.Context(), feeds)
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := nodes[0].Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true}); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the first node asks the host", func() bool { return len(press.Requests()) > 0 })
	last := feeds[len(feeds)-1].URL
	sum, err := nodes[1].Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true, URLs: []string{last}})
	must(t, err)
	wg.Wait()
	if sum.Feeds != 1 || sum.Failed > 0 || press.Requests()[last] != 2 {
		t.Errorf("the named feed: %+v, asked for %d times", sum, press.Requests()[last])
	}
	wantPolite(t, press)
	wantItemsOnce(t, nodes[0], len(feeds), 1)
}

// TestClusterLosesANode has two processes poll. One is killed, or stopped for longer than its leases last.
func TestClusterLosesANode(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	const hosts, each = 6, 10
	for _, tt := range []struct {
		name   string
		signal []os.Signal // the second once the other process has polled all
	}{
		{"killed", []os.Signal{syscall.SIGKILL}},
		{"stopped", []os.Signal{syscall.SIGSTOP, syscall.SIGCONT}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			press := pipelinetest.NewPress(t, 20*time.Millisecond)
			c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: press.URL.String(), Pause: clusterPause, Workers: 2, Lease: 2 * time.Second})
			room := c.Node(nil)
			_, err := room.Store.AddFeeds(t.Context(), press.Feeds(hosts, each))
			must(t, err)
			unlucky := c.Process()
			eventually(t, "the first process polls", func() bool { return len(press.Requests()) >= 2 })
			c.Process()
			eventually(t, "both poll", func() bool { return len(press.Asked()) > 2 })
			must(t, unlucky.Process.Signal(tt.signal[0]))
			polled := func() bool {
				feeds, err := room.Store.Feeds(t.Context())
				must(t, err)
				now := time.Now()
				return !slices.ContainsFunc(feeds, func(f news.Feed) bool { return f.State != news.FeedGone && !f.Due.After(now) })
			}
			eventually(t, "the other process polls all", polled)
			for _, s := range tt.signal[1:] {
				must(t, unlucky.Process.Signal(s))
			}
			press.Grow()
			_, err = room.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true, Force: true})
			must(t, err)
			for host, a := range press.Asked() {
				if a.AtOnce > 1 {
					t.Errorf("%s had %d requests at once", host, a.AtOnce)
				}
			}
			wantItemsOnce(t, room, hosts*each, 2)
		})
	}
}

// TestClaimAtTheEnd ends a node between the commit of a claim and its answer. Its hosts are free long before the lease ends.
func TestClaimAtTheEnd(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: "http://127.0.0.1:9", Pause: clusterPause, Workers: 2, Lease: 10 * time.Minute})
	ending, other := c.Node(nil), c.Node(nil)
	must(t, ending.Pipeline.ClaimAtTheEnd(t.Context(), "host0.example"))
	eventually(t, "the host is free after its pause", func() bool {
		free, err := other.Store.AcquireHosts(t.Context(), []string{"host0.example"}, time.Now())
		must(t, err)
		return len(free) == 1
	})
}

// TestClusterHandsHostsBack ends a process while it polls. Its hosts are free at once, although leases last for minutes.
func TestClusterHandsHostsBack(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	press := pipelinetest.NewPress(t, 20*time.Millisecond)
	c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{Press: press.URL.String(), Pause: clusterPause, Workers: 2, Lease: 10 * time.Minute})
	room := c.Node(nil)
	feeds := press.Feeds(3, 40)
	_, err := room.Store.AddFeeds(t.Context(), feeds)
	must(t, err)
	node := c.Process()
	eventually(t, "the process polls", func() bool { return len(press.Asked()) >= 2 })
	hosts := []string{"host0.example", "host1.example", "host2.example"}
	taken, err := room.Store.AcquireHosts(t.Context(), hosts, time.Now())
	must(t, err)
	if len(taken) == len(hosts) {
		t.Fatal("the process has no lease")
	}
	must(t, room.Store.ReleaseHosts(t.Context(), time.Now(), store.HostRelease{Hosts: taken}))
	must(t, node.Process.Signal(syscall.SIGTERM))
	must(t, node.Wait())
	began := time.Now()
	var got []string // a host that was asked last becomes free after its pause
	eventually(t, "its hosts are free", func() bool {
		free, err := room.Store.AcquireHosts(t.Context(), hosts, time.Now())
		must(t, err)
		got = append(got, free...)
		slices.Sort(got)
		return slices.Equal(got, hosts)
	})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("its hosts were free after %s", took)
	}
	_, err = room.Pipeline.Pass(t.Context(), pipeline.PassOptions{CollectOnly: true})
	must(t, err)
	wantItemsOnce(t, room, len(feeds), 1)
	wantPolite(t, press)
}
