package pipeline_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

func total(t *testing.T, room *pipelinetest.Room, s search.Request) int {
	t.Helper()
	found, err := room.Stories.Search(t.Context(), s)
	must(t, err)
	return found.Total
}

// Searches by story see what settlements and corrections changed, also in a new index.
func TestSearchFollowsStories(t *testing.T) {
	room, _, _, _ := library(t)
	want := func(when, query string, n int) {
		t.Helper()
		if got := total(t, room, search.Request{Query: query}); got != n {
			t.Errorf("%s: %s: %d found, want %d", when, query, got, n)
		}
	}
	want("settled", "outlets:3", 3)
	want("settled", "gymnasium is:copy copies:2", 2)
	if n := total(t, room, search.Request{Query: "gymnasium", Stories: true}); n != 1 {
		t.Errorf("%d stories of the flood, want 1", n)
	}
	found, err := room.Stories.Search(t.Context(), search.Request{Query: "gymnasium is:copy", Limit: 1})
	must(t, err)
	copied := found.Articles[0]
	_, err = room.Pipeline.Settler.Split(t.Context(), copied.Story, []int64{copied.ID})
	must(t, err)
	want("split", "outlets:3", 0)
	want("split", "gymnasium outlets:2 copies:1", 2)
	want("split", "gymnasium outlets:1 is:original", 1)
	x := fresh(t, room)
	_, err = room.Pipeline.Reindex(t.Context(), opened(x), nil)
	must(t, err)
	want("indexed anew", "gymnasium outlets:2 copies:1", 2)
	again := pipelinetest.New(pipelinetest.Options{Search: x, Options: pipeline.Options{Store: room.Store, Now: room.Now}})
	if n := total(t, again, search.Request{Query: "gymnasium outlets:2 copies:1"}); n != 2 {
		t.Errorf("after a start from the store: %d found, want 2", n)
	}
}

// A page that an article credits may change the story's origin long after the story was settled and indexed. Searches see
// the change.
func TestSearchFollowsSources(t *testing.T) {
	site, url := newWeb(t)
	site.set("/2026/pier", html("The Quill Courier", `<link rel="canonical" href="https://northernwire.example/2026/pier-closed">`, pier...))
	p := newPublisher()
	p.set("blog", blogPost(url+"/2026/pier"))
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press, sources: true})
	add(t, room, srv.URL, "blog")
	_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
	must(t, err)
	want := func(when, query string, n int) {
		t.Helper()
		if got := total(t, room, search.Request{Query: query}); got != n {
			t.Errorf("%s: %s: %d found, want %d", when, query, got, n)
		}
	}
	want("settled", `origin:"quill courier"`, 1)
	want("settled", `origin:"northern wire"`, 0)
	_, err = room.Pipeline.CreditedPages.Read(t.Context(), time.Minute)
	must(t, err)
	want("page read", `origin:"quill courier"`, 0)
	want("page read", `origin:"northern wire" ferries`, 1)
}
