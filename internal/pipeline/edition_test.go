package pipeline_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

// TestEditionParts walks the feed of all stories while one story moves to its front. No story is returned twice, and the
// moved one is first for a new walk.
func TestEditionParts(t *testing.T) {
	room, p, _, c := library(t)
	ctx := t.Context()
	part := func(cursor string) news.Edition {
		t.Helper()
		e, err := room.Stories.Edition(ctx, news.EditionQuery{Limit: 1, Cursor: cursor})
		must(t, err)
		if len(e.Stories) != 1 {
			t.Fatalf("%d stories after %q", len(e.Stories), cursor)
		}
		return e
	}
	all, err := room.Stories.Edition(ctx, news.EditionQuery{})
	must(t, err)
	if len(all.Stories) != 3 || all.Next != "" {
		t.Fatalf("%d stories, next %q", len(all.Stories), all.Next)
	}
	first := part("")
	if first.Stories[0].ID != all.Stories[0].ID {
		t.Errorf("the first is %q", first.Stories[0].Title)
	}
	moved := all.Stories[2] // it grows
	c.Advance(time.Hour)
	text := map[string]string{floodTitle: floodText, cometTitle: cometText, strikeTitle: strikeText}[moved.Title]
	p.set("gazette", item{"late", moved.Title, text, c.Now()})
	if sum := pass(t, room); sum.New != 1 {
		t.Fatalf("%+v", sum)
	}
	second := part(first.Next)
	if second.Stories[0].ID != all.Stories[1].ID || second.Next != "" {
		t.Errorf("the second is %q, and then %q", second.Stories[0].Title, second.Next)
	}
	if again := part(""); again.Stories[0].ID != moved.ID {
		t.Errorf("who begins again has %q first, want %q", again.Stories[0].Title, moved.Title)
	}
	since, err := room.Stories.Edition(ctx, news.EditionQuery{Since: c.Now().Add(-time.Minute)})
	must(t, err)
	wantTitles(t, "since a minute", since.Stories, moved.Title)

	for _, cursor := range []string{"elsewhere", "1.", ".1", "1.0", "1.-1"} {
		if _, err := room.Stories.Edition(ctx, news.EditionQuery{Cursor: cursor}); !errors.Is(err, news.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	if _, err := room.Stories.Edition(ctx, news.EditionQuery{Topic: news.Topic{Query: "comet"}, Cursor: first.Next}); !errors.Is(err, news.ErrCursor) {
		t.Errorf("the cursor of another feed: %v", err)
	}
}

func TestEditionOfFolder(t *testing.T) {
	room, _, url, _ := library(t)
	ctx := t.Context()
	f := feedOf(t, room, url+"/gazette")
	must(t, room.Store.EditFeed(ctx, f.ID, f.Title, "Papers"))
	e, err := room.Stories.Edition(ctx, news.EditionQuery{Folder: "Papers", Full: true})
	must(t, err)
	if len(e.Stories) == 0 {
		t.Fatal("no story")
	}
	for _, s := range e.Stories {
		ours := false
		for _, m := range s.Members {
			ours = ours || m.Article.FeedID == f.ID
		}
		if !ours || s.Lead().Article.HTML == "" {
			t.Errorf("%q is of the folder: %v, with a text: %v", s.Title, ours, s.Lead().Article.HTML != "")
		}
	}
	if e, err = room.Stories.Edition(ctx, news.EditionQuery{Folder: "None"}); err != nil || len(e.Stories) > 0 {
		t.Errorf("%d stories of no folder, %v", len(e.Stories), err)
	}
}

// TestEditionOfOnePass: a new feed's stories are ordered by age and then as in the document, however long the pass takes.
func TestEditionOfOnePass(t *testing.T) {
	now, p := pipelinetest.NewClock().Now(), newPublisher()
	var mu sync.Mutex
	room := open(t, t.TempDir(), settings{allow: loopback, now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}})
	address, _ := serveAt(t, "", p)
	at := now.Add(-5 * time.Hour)
	p.set("herald",
		item{"strike", strikeTitle, strikeText, at.Add(time.Hour)},
		item{"flood", floodTitle, floodText, at},
		item{"comet", cometTitle, cometText, at})
	add(t, room, "http://"+address, "herald")
	pass(t, room)
	e, err := room.Stories.Edition(t.Context(), news.EditionQuery{})
	must(t, err)
	wantTitles(t, "one pass", e.Stories, strikeTitle, floodTitle, cometTitle)
	for _, s := range e.Stories {
		if !s.Changed.Equal(e.Stories[0].Changed) {
			t.Errorf("%q changed at %v, %q at %v", s.Title, s.Changed, e.Stories[0].Title, e.Stories[0].Changed)
		}
	}
}

// TestDateSomeHoursAhead: an item with a wrong clock or zone is new, not undated.
func TestDateSomeHoursAhead(t *testing.T) {
	room, p, url, c := library(t)
	p.set("ledger", item{"comet", "Ledger opens", strikeText, c.Now().Add(2 * time.Hour)})
	add(t, room, url, "ledger")
	pass(t, room)
	articles, err := room.Store.Articles(t.Context(), news.ArticleList{FeedID: feedOf(t, room, url+"/ledger").ID})
	must(t, err)
	if len(articles) != 1 || articles[0].Undated || !articles[0].Time().Equal(articles[0].Seen) {
		t.Errorf("%+v", articles)
	}
}
