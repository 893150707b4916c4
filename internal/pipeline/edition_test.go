package pipeline_test

import (
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

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
