package pipeline_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// TestClusterNotifiesTheHubOnce has two nodes see the same change at the same time.
func TestClusterNotifiesTheHubOnce(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	nodes := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{}).Nodes(2)
	feed, err := nodes[0].Store.AddFeed(t.Context(), news.Feed{URL: "https://paper.example/feed"})
	must(t, err)
	_, err = nodes[0].Store.Collect(t.Context(), []store.Poll{{Feed: feed, Articles: []news.Article{{GUID: "1", Title: "One", Hash: "1", Seen: time.Now()}}}})
	must(t, err)
	s := news.Story{ID: 1, Event: 1, Title: "One", Members: []news.Member{{Article: news.Article{ID: 1}, Role: news.RoleCopy}}}
	must(t, nodes[0].Store.Settle(t.Context(), store.Settlement{Through: 1, Stories: []news.Story{s}}))
	var asked atomic.Int64
	post := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a short form
		asked.Add(1)
		time.Sleep(100 * time.Millisecond)
		w.WriteHeader(http.StatusNoContent)
	})
	srv := httptest.NewServer(post)
	defer srv.Close()
	publish := func(r *pipelinetest.Room) error {
		p := &notify.Publisher{Hub: srv.URL, Feeds: []string{"https://news.example/feeds/all.atom"}, Store: r.Store, Post: r.Options.Fetch.Post}
		return p.Publish(t.Context())
	}
	for range 2 {
		for _, err := range eachNode(nodes, publish) {
			must(t, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the hub was notified %d times, want once", n)
	}
}
