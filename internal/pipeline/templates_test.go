package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/pipeline/pipelinetest"
)

// Two items with one template are one story until a third title shows the template, even if the program was stopped in
// between. Then they are separate stories, and stay so after the next start.
func TestTemplateFoundAfterARestart(t *testing.T) {
	const strike = "The pilots of Belmora walked out at noon, and twelve ships wait off Tarvos."
	c := pipelinetest.NewClock()
	items := []item{
		{guid: "pilots", title: "Harbour tonight: pilots walk out", text: strike + " With Ingrid Saltner of Nordvik Lines and Marek Dolvan of" +
			" the union. Then the ferry timetable for the winter, the price of herring, and a look at the new lamps along the quay."},
		{guid: "ships", title: "Harbour tonight: twelve ships off Tarvos", text: strike},
		{guid: "divers", title: "Harbour tonight: divers at pier four", text: "They look at the piles until Friday."},
	}
	for i := range items {
		items[i].at = c.Now().Add(time.Duration(i-len(items)) * time.Minute)
	}
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	dir := t.TempDir()
	t.Run("begin", func(t *testing.T) { add(t, open(t, dir, settings{allow: loopback, now: c.Now}), srv.URL, "quay") })
	for n, want := range []int{1, 1, 3, 3} { // stories after each pass
		p.set("quay", items[:min(n+1, len(items))]...)
		t.Run(fmt.Sprint("pass ", n), func(t *testing.T) { // a room is closed with its test
			room := open(t, dir, settings{allow: loopback, now: c.Now})
			pass(t, room)
			stories, events := map[string]bool{}, map[string]bool{}
			for _, s := range shape(t, room) {
				stories[s.Story], events[s.Event] = true, true
			}
			if diff := gocmp.Diff([2]int{want, want}, [2]int{len(stories), len(events)}); diff != "" {
				t.Errorf("stories and events after item %d (-want +got):\n%s", n, diff)
			}
		})
		c.Advance(10 * time.Minute)
	}
}
