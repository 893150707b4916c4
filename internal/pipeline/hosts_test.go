package pipeline_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/pgtest"
)

// TestCloseHandsHostsBack closes a pipeline while a request of its client is under way.
func TestCloseHandsHostsBack(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node, which holds no leases")
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-answer
	}))
	t.Cleanup(srv.Close)
	cluster := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{})
	nodes := cluster.Nodes(2)
	fetched := make(chan error, 1)
	go func() {
		_, err := nodes[0].Options.Fetch.Get(t.Context(), fetch.Request{URL: srv.URL})
		fetched <- err
	}()
	<-asked
	free := func() bool {
		t.Helper()
		hosts, err := nodes[1].Store.AcquireHosts(t.Context(), []string{"127.0.0.1"}, time.Now())
		must(t, err)
		return len(hosts) == 1
	}
	if free() {
		t.Error("the other node may ask the host during the request")
	}
	closed := make(chan struct{})
	go func() {
		nodes[0].Pipeline.Close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("the pipeline was closed during the request")
	case <-time.After(300 * time.Millisecond): // three rounds of the goroutine that hands back
	}
	close(answer)
	must(t, <-fetched)
	<-closed
	if !free() {
		t.Error("the host was not handed back when the pipeline had closed")
	}
}
