package pipeline_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/pgtest"
)

// TestNodesSayThatTheyWork, warn once of other settings, and leave at their end.
func TestNodesSayThatTheyWork(t *testing.T) {
	c := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{})
	var log notes
	var nodes []*pipelinetest.Room
	for _, interval := range []string{"1", "2"} {
		if len(nodes) == 1 && !pgtest.OnPostgreSQL() {
			break
		}
		nodes = append(nodes, c.Node(func(o *pipelinetest.Options) {
			o.Settings = map[string]string{"title": "3", "poll.interval": interval}
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() {
			if err := n.Pipeline.Serve(ctx, "@every 1h"); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	working := func(want int) func() bool {
		return func() bool {
			got, err := nodes[0].Store.Nodes(t.Context())
			must(t, err)
			for _, n := range got {
				if !n.Works() || n.Roles != "poll,settle,web" {
					t.Errorf("node %+v", n)
				}
			}
			return len(got) == want
		}
	}
	eventually(t, "all nodes say that they work", working(len(nodes)))
	if len(nodes) > 1 {
		eventually(t, "the log warns of the settings", func() bool { return strings.Contains(log.String(), "settings=poll.interval") })
	}
	cancel()
	wg.Wait()
	eventually(t, "all nodes have left", working(0))
	if strings.Contains(log.String(), "settings=title") {
		t.Errorf("the log warns of equal settings: %s", &log)
	}
}
