package pipeline_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/search"
)

// The stages index and settle what a pass only stores, including what was left from before they began.
func TestKeepUp(t *testing.T) {
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press})
	add(t, room, srv.URL, "blog", "paper")
	collect := func(name, title string) {
		t.Helper()
		p.set(name, item{guid: title, title: title, text: "The comet returns to the evening sky above the harbour."})
		sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true, CollectOnly: true})
		must(t, err)
		if sum.New != 1 || sum.Settled != 0 || sum.Indexed != 0 {
			t.Errorf("a pass that only collects brought %d, settled %d and indexed %d", sum.New, sum.Settled, sum.Indexed)
		}
	}
	collect("blog", "before")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.KeepUp(ctx) }()
	settled := func(title string) func() bool {
		return func() bool {
			found, err := room.Stories.Search(t.Context(), search.Request{Query: "title:" + title})
			must(t, err)
			return len(found.Articles) == 1 && found.Articles[0].Story != 0
		}
	}
	eventually(t, "what was there before is found in a story", settled("before"))
	collect("paper", "after")
	eventually(t, "what comes is found in a story", settled("after"))
	stop()
	must(t, <-ended)
}

func TestSearchOfAUser(t *testing.T) {
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, extra: press})
	add(t, room, srv.URL, "blog")
	p.set("blog", item{guid: "1", title: "Comet", text: "The comet returns."}, item{guid: "2", title: "Harbour", text: "Boats leave at dawn."})
	pass(t, room)
	must(t, room.Accounts.AddUser(t.Context(), "ann", "correct horse"))
	must(t, room.Accounts.AddUser(t.Context(), "bob", "battery staple"))
	ann, _, err := room.Store.User(t.Context(), "ann")
	must(t, err)
	bob, _, err := room.Store.User(t.Context(), "bob")
	must(t, err)
	all, err := room.Store.Articles(t.Context(), news.ArticleList{Limit: 10})
	must(t, err)
	comet := all[0]
	if comet.Title != "Comet" {
		comet = all[1]
	}
	_, err = room.Store.MarkItems(t.Context(), ann.ID, news.Marking{Articles: []int64{comet.ID}, Read: true, AddLabels: []string{""}})
	must(t, err)
	_, err = room.Store.MarkItems(t.Context(), ann.ID, news.Marking{Articles: []int64{comet.ID}, AddLabels: []string{"sky"}})
	must(t, err)
	for _, tt := range []struct {
		user        int64
		query, want string
	}{
		{ann.ID, "is:unread", "Harbour"},
		{ann.ID, "is:starred", "Comet"},
		{ann.ID, "comet -is:unread", "Comet"},
		{bob.ID, "comet is:unread", "Comet"},
		{bob.ID, "is:starred", ""},
	} {
		found, err := room.Stories.Search(t.Context(), search.Request{Query: tt.query, User: tt.user})
		must(t, err)
		got := ""
		for _, a := range found.Articles {
			got += a.Article.Title
		}
		if got != tt.want {
			t.Errorf("%s of user %d: got %q, want %q", tt.query, tt.user, got, tt.want)
		}
	}
}
