package pipeline_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
)

// TestEditedOutletIsWeighedAgain: two papers print a text with the dateline of an outlet that is no agency, which says nothing.
// Once somebody says that it is one, their story goes back to it. When that is taken back, it does no longer.
func TestEditedOutletIsWeighedAgain(t *testing.T) {
	now := pipelinetest.NewClock()
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{
		allow: netip.MustParsePrefix("127.0.0.0/8"), now: now.Now,
		extra: []outlets.Entry{{Name: "Wire Service", Domains: []string{"wire.example"}, Aliases: []string{"Wirepress"}}},
	})
	for _, name := range []string{"one", "two", "three"} {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name, Title: name})
		must(t, err)
	}
	const signed = "PORT ELLERY (Wirepress) - "
	p.set("one", item{"a", "Ferry berths closed", signed + ferries[0], now.Now().Add(-2 * time.Hour)})
	p.set("two", item{"b", "Ferry berths are closed", signed + ferries[0], now.Now().Add(-time.Hour)})
	p.set("three", item{"c", "A museum buys a tug", ferries[3], now.Now().Add(-time.Hour)})
	pass(t, room)
	story := func() news.Story { return membership(t, room)[srv.URL+"/one a"].story }
	before := story()
	if before.Origin.Domain == "wire.example" || len(before.Members) != 2 {
		t.Fatalf("a story of %d goes back to %+v before", len(before.Members), before.Origin)
	}
	d, err := room.Stories.Outlet(t.Context(), "wire.example")
	must(t, err)
	_, err = room.Stories.EditOutlet(t.Context(), news.OutletEdit{Outlet: d.Key(), Name: d.Name, Agency: true, Aliases: d.Aliases, Domains: d.Domains})
	must(t, err)
	pass(t, room)
	after := story()
	if after.Origin.Domain != "wire.example" || !after.Origin.Agency {
		t.Errorf("the story goes back to %+v:\n%s", after.Origin, reasons(after))
	}
	_, err = room.Stories.RestoreOutlet(t.Context(), "wire.example")
	must(t, err)
	pass(t, room)
	if again := story(); again.Origin.Outlet != before.Origin.Outlet || again.Origin.Level != before.Origin.Level {
		t.Errorf("after it was taken back the story goes back to %+v, before to %+v", again.Origin, before.Origin)
	}
}
