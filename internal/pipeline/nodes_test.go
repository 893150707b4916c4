package pipeline_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store/pgtest"
)

// within waits until ask returns the wanted value, for at most 20 s. It says how long it took.
func within[T comparable](t *testing.T, what string, want T, ask func() (T, error)) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		got, err := ask()
		must(t, err)
		if got == want {
			t.Logf("%s after %s", what, time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
}

// TestNodes: what one node polls, settles, is told or ages out, the others show. Node a polls and settles, b and c serve
// readers.
func TestNodes(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	p := newPublisher()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	cluster := pipelinetest.NewCluster(t, pipelinetest.ClusterOptions{})
	a := cluster.Node(func(o *pipelinetest.Options) { o.Roles = pipeline.Roles{Poll: true, Settle: true} })
	readers := map[string]*pipelinetest.Room{}
	for _, name := range []string{"b", "c"} {
		readers[name] = cluster.Node(func(o *pipelinetest.Options) { o.Roles = pipeline.Roles{Web: true} })
	}
	b, c := readers["b"], readers["c"]
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	for _, n := range []*pipelinetest.Room{a, b, c} {
		go func() { ended <- n.Pipeline.Serve(ctx, "@every 24h") }()
	}
	t.Cleanup(func() {
		cancel()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})

	poll := func() {
		t.Helper()
		_, err := a.Pipeline.Pass(ctx, pipeline.PassOptions{CollectOnly: true, Force: true})
		must(t, err)
	}
	total := func(n *pipelinetest.Room, r search.Request) func() (int, error) {
		return func() (int, error) {
			found, err := n.Stories.Search(ctx, r)
			return found.Total, err
		}
	}
	must(t, a.Store.AddUser(ctx, news.User{Name: "anna"}, "x"))
	user, _, err := a.Store.User(ctx, "anna")
	must(t, err)

	// A feed that is added on b is polled by a, and its article is found on b and c and has a page there.
	flood := item{guid: "1", title: "River floods Aldermere", text: "The river rose overnight and flooded the lower town of Aldermere, the mayor said.", at: time.Now().Add(-time.Hour)}
	p.set("herald", flood)
	_, err = b.Store.AddFeed(ctx, news.Feed{URL: srv.URL + "/herald"})
	must(t, err)
	poll()
	for name, n := range readers {
		within(t, "the article is found on "+name, 1, total(n, search.Request{Query: "river"}))
		within(t, "its role in its story is known on "+name, 1, total(n, search.Request{Query: "river is:original"}))
		found, err := n.Stories.Search(ctx, search.Request{Query: "river"})
		must(t, err)
		if s, err := n.Stories.StoryOf(ctx, found.Articles[0].ID); err != nil || len(s.Members) != 1 || s.ID != found.Articles[0].Story {
			t.Errorf("its story on %s is %+v, %v", name, s, err)
		}
	}

	// A topic that is added on b is matched by a, and shown by c.
	topic, err := b.Topics.AddTopic(ctx, news.Topic{Name: "Comets", Query: "comet"})
	must(t, err)
	comet := item{guid: "2", title: "Gardener finds a comet", text: "An amateur astronomer found a comet that nobody had seen before, in her garden.", at: time.Now().Add(-time.Minute)}
	p.set("herald", comet, flood)
	poll()
	within(t, "the topic has a new story on c", 1, func() (int, error) {
		topic, err := c.Store.TopicByID(ctx, topic.ID)
		return topic.New, err
	})
	within(t, "the topic's feed has it on c", 1, func() (int, error) {
		e, err := c.Stories.Edition(ctx, news.EditionQuery{Topic: topic})
		return len(e.Stories), err
	})

	// A mark that is set on one node holds on the others at once.
	all, err := a.Store.Log(ctx, 0, 10)
	must(t, err)
	for i := range 6 {
		marker := []*pipelinetest.Room{a, b, c}[i%3]
		m := news.Marking{Articles: []int64{all[0].ID}, Read: i%2 == 0, Unread: i%2 == 1}
		_, err = marker.Store.MarkItems(ctx, user.ID, m)
		must(t, err)
		for name, n := range readers {
			if got, err := total(n, search.Request{Query: "is:unread river", User: user.ID})(); err != nil || got != i%2 {
				t.Errorf("mark %d: %d are unread on %s, %v", i, got, name, err)
			}
		}
	}

	// What is aged out leaves each index.
	later := time.Now().Add(time.Hour)
	for {
		closing, err := a.Store.Closable(ctx, later, 10)
		must(t, err)
		if len(closing) == 0 {
			break
		}
		must(t, a.Store.CloseStories(ctx, closing))
	}
	out, err := a.Store.AgeOut(ctx, later, later, 10)
	must(t, err)
	if len(out.Articles) != 2 {
		t.Fatalf("%+v was aged out", out)
	}
	for name, n := range readers {
		within(t, "nothing is left in the index of "+name, 0, func() (int, error) {
			count, err := n.Index.Count()
			return int(count), err
		})
		within(t, "nothing is found on "+name, 0, total(n, search.Request{Query: "river OR comet"}))
	}
}
