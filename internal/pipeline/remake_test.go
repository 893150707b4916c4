package pipeline_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/prints"
)

const wireText = "The harbour authority closed both ferry berths before dawn after divers found cracks in the northern pier, and " +
	"four hundred commuters had to take the bus round the head of the inlet, which leaves every ninety minutes. Engineers " +
	"will look at the piles below the water line on the next low tide, and the berths stay shut until they have reported."

// unread counts the stored prints that this version can't decode.
func unread(t *testing.T, room *pipelinetest.Room) (outdated, torn int) {
	t.Helper()
	must(t, room.Store.Window(t.Context(), time.Time{}, func(r store.WindowRow) error {
		switch {
		case errors.Is(r.PrintErr, prints.ErrVersion):
			outdated++
		case r.PrintErr != nil:
			torn++
		}
		return nil
	}))
	return outdated, torn
}

// otherVersion marks prints as those of another version, by the guid of their articles. It returns how many.
func otherVersion(t *testing.T, dir, guid string) int64 {
	t.Helper()
	return storetest.Exec(t, dir, "UPDATE prints SET print = ? || substr(print, 2) WHERE article_id IN (SELECT id FROM articles WHERE guid LIKE ?)", []byte{0xfe}, guid)
}

// twoPapers has two papers that carry one text. One of them carries another text too.
func twoPapers(t *testing.T) (room *pipelinetest.Room, p *publisher, dir, url string) {
	t.Helper()
	dir = t.TempDir()
	room = open(t, dir, settings{allow: loopback})
	p = newPublisher()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	at := time.Now().Add(-time.Hour)
	p.set("a", item{"a-1", "Ferry berths closed after cracks are found", wireText, at})
	p.set("b", item{"b-1", "Commuters take the bus as the pier cracks", wireText, at.Add(time.Minute)},
		item{"b-2", "A goat wins the county fair for the third time", "A goat of seven years has won the county fair for the third time in a row.", at})
	add(t, room, srv.URL, "a", "b", "c")
	pass(t, room)
	return room, p, dir, srv.URL
}

// TestPrintsOfAnotherVersion are made again once, and the results of the old ones are found again.
func TestPrintsOfAnotherVersion(t *testing.T) {
	room, p, dir, url := twoPapers(t)
	before := membership(t, room)
	if before[url+"/a a-1"].story.ID != before[url+"/b b-1"].story.ID {
		t.Fatal("the copies are no story to begin with")
	}
	if n := storetest.Exec(t, dir, "UPDATE edges SET story = 0.01, event = 0.01") + otherVersion(t, dir, "a-%"); n != 2 {
		t.Fatalf("%d rows changed, want an edge and a print", n)
	}
	if n, _ := unread(t, room); n != 1 {
		t.Fatalf("%d prints are of another version, want 1", n)
	}

	room = restart(t, room)
	p.set("c", item{"c-1", "Cracks in the northern pier stop the ferries", wireText + " Nobody was hurt.", time.Now()})
	pass(t, room)
	after := membership(t, room)
	story := after[url+"/c c-1"].story
	if story.ID != before[url+"/a a-1"].story.ID || len(story.Members) != 3 {
		t.Errorf("the third copy is in story %d of %d, want the one that the first two are in", story.ID, len(story.Members))
	}
	if goat := url + "/b b-2"; after[goat].story.ID != before[goat].story.ID || len(after[goat].story.Members) != 1 {
		t.Errorf("the goat moved to story %d of %d", after[goat].story.ID, len(after[goat].story.Members))
	}
	if n, torn := unread(t, room); n+torn != 0 {
		t.Errorf("%d prints are still of another version and %d torn", n, torn)
	}
	edges, err := room.Store.Edges(t.Context(), time.Time{})
	must(t, err)
	for _, e := range edges {
		if e.Story < .5 {
			t.Errorf("articles %d and %d were not compared anew: %+v", e.A, e.B, e)
		}
	}
}

// TestRemadeStoriesHoldTogether: nothing new arrives but an unrelated article, so the only edges are those compared
// again.
func TestRemadeStoriesHoldTogether(t *testing.T) {
	room, p, dir, url := twoPapers(t)
	before := membership(t, room)
	otherVersion(t, dir, "%")
	storetest.Exec(t, dir, "DELETE FROM edges")
	for _, name := range []string{"first", "second"} { // the second has no prints to make again
		room = restart(t, room)
		p.set("c", item{"c-" + name, "The " + name + " snow of the year", "Snow lay on the hills for the " + name + " time this year.", time.Now()})
		pass(t, room)
		after := membership(t, room)
		for key, was := range before {
			if after[key].story.ID != was.story.ID || len(after[key].story.Members) != len(was.story.Members) {
				t.Errorf("%s was in story %d, is in %d", key, was.story.ID, after[key].story.ID)
			}
		}
		if n, _ := unread(t, room); n != 0 {
			t.Errorf("%d prints are still of another version", n)
		}
	}
	if edges, err := room.Store.Edges(t.Context(), time.Time{}); err != nil || len(edges) == 0 {
		t.Errorf("no edge was stored again for %s (%v)", url, err)
	}
}

// TestTornPrint: a damaged print is reported.
func TestTornPrint(t *testing.T) {
	room, p, dir, _ := twoPapers(t)
	storetest.Exec(t, dir, "UPDATE prints SET print = substr(print, 1, 20)")
	room = restart(t, room)
	p.set("c", item{"c-1", "Snow on the hills", "Snow lay on the hills.", time.Now()})
	_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
	if err == nil || !strings.Contains(err.Error(), "print of article") {
		t.Errorf("a torn print gave %v", err)
	}
}
