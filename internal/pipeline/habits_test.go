package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
)

// TestHabits: a paper carries an agency's stories until those are closed. In the next story this habit supports the
// agency. It has no effect on the stories that were open together, whose order must not matter.
func TestHabits(t *testing.T) {
	now := pipelinetest.NewClock()
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	agency := []outlets.Entry{{Name: "Wire Service", Domains: []string{"wire.example"}, Aliases: []string{"Wirepress"}, Agency: true}}
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8"), now: now.Now, extra: agency})
	for _, name := range []string{"wire", "paper"} {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name})
		must(t, err)
	}
	var wire, paper []item
	for i, text := range ferries {
		guid, title := fmt.Sprint("g", i), "Ferries, chapter "+strings.Repeat("and more ", i)
		wire = append(wire, item{guid, title + "told by us", text, now.Now().Add(-time.Hour)})
		paper = append(paper, item{guid, title + "told here", "PORT ELLERY (Wirepress) - " + text + "", now.Now()})
	}
	last := len(ferries) - 1
	p.set("wire", wire[:last]...)
	p.set("paper", paper[:last]...)
	pass(t, room)
	for key, at := range membership(t, room) {
		if strings.Contains(reasons(at.story), "earlier stories") {
			t.Errorf("%s: a habit, of stories that are open:\n%s", key, reasons(at.story))
		}
	}
	now.Advance(5 * 24 * time.Hour)
	wire[last].at, paper[last].at = now.Now().Add(-time.Hour), now.Now()
	p.set("wire", wire[last:]...)
	p.set("paper", paper[last:]...)
	pass(t, room)
	story := membership(t, room)[srv.URL+"/wire g"+fmt.Sprint(last)].story
	if len(story.Members) != 2 || !strings.Contains(reasons(story), "others carried its texts in 3 earlier stories, and it carried others' in 0") {
		t.Errorf("a story of %d:\n%s", len(story.Members), reasons(story))
	}
}

// ferries are four texts about different events.
var ferries = []string{
	"The harbour authority closed both ferry berths on Tuesday after engineers found cracks in the northern pier, stranding about four " +
		"hundred commuters who had been due to cross the sound before nightfall, and sent them home by bus along the coast road.",
	"Divers who went down below the water line in the morning counted eleven rotten piles, the harbour master wrote in a notice to " +
		"shipping; the berths, built in 1971, were last strengthened with money that had been meant for the school's new roof.",
	"Shopkeepers on the quay fear for the weeks before Christmas, when every second customer comes by boat, and have asked the county for " +
		"a launch, a loan and a date, of which the council has so far promised them the second only, at six per cent a year.",
	"A tug that rammed the breakwater in thick fog two winters ago has been sold to a museum in the next county, which will show it in a " +
		"dry dock beside the lightship, with its logbook open at the page of that night and the captain's cap on the wheel.",
}
