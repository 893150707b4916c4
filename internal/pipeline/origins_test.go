package pipeline_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
)

const (
	cracks = "Port Ellery closes both ferry berths after cracks in pier"
	quay   = "Shopkeepers on the quay at Port Ellery ask the county for a launch"
)

var wireService = []outlets.Entry{{Name: "Wire Service", Domains: []string{"wire.example"}, Aliases: []string{"Wirepress"}, Agency: true}}

// originRoom subscribes to feeds of a publisher with these names.
func originRoom(t *testing.T, p *publisher, now *pipelinetest.Clock, names ...string) (*httptest.Server, func() map[string]place) {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8"), now: now.Now, extra: wireService})
	for _, name := range names {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name})
		must(t, err)
	}
	return srv, func() map[string]place {
		pass(t, room)
		return membership(t, room)
	}
}

// TestAgencysBareHeadline: a paper carries an agency's text without naming it, with an earlier date. The agency's feed
// has only the headline.
func TestAgencysBareHeadline(t *testing.T) {
	p, now := newPublisher(), pipelinetest.NewClock()
	srv, poll := originRoom(t, p, now, "paper", "wire")
	p.set("paper", item{"a", cracks, ferries[0], now.Now().Add(-9 * time.Hour)})
	p.set("wire", item{"b", cracks, "", now.Now().Add(-time.Hour)})
	got := poll()
	story := got[srv.URL+"/paper a"].story
	if story.ID != got[srv.URL+"/wire b"].story.ID || story.Origin.Domain != "wire.example" || story.Origin.Level != news.LevelOriginal {
		t.Errorf("%s (%s) of %d members:\n%s", story.Origin.Name, story.Origin.Level, len(story.Members), reasons(story))
	}
}

// TestAgencySendsThirtyTimes: an agency sends one story thirty times within an hour, and a paper carries it.
func TestAgencySendsThirtyTimes(t *testing.T) {
	p, now := newPublisher(), pipelinetest.NewClock()
	srv, poll := originRoom(t, p, now, "paper", "wire")
	var sent []item
	for i := range 30 {
		sent = append(sent, item{fmt.Sprint("b", i), cracks, ferries[0], now.Now().Add(-time.Duration(100-2*i) * time.Minute)})
	}
	p.set("wire", sent...)
	p.set("paper", item{"a", cracks, "PORT ELLERY (Wirepress) - " + ferries[0], now.Now().Add(-3 * time.Hour)})
	got := poll()
	story := got[srv.URL+"/paper a"].story
	if len(story.Members) != 31 || story.Outlets != 2 || story.Origin.Named() || story.Origin.Domain != "wire.example" || story.Origin.Level != news.LevelOriginal {
		t.Errorf("%s (%s, named only: %v) of %d members, %d outlets:\n%s",
			story.Origin.Name, story.Origin.Level, story.Origin.Named(), len(story.Members), story.Outlets, reasons(story))
	}
}

// TestAdvertisements has two advertisements, one of them for the subject of a news story. Neither is in a story with
// another article.
func TestAdvertisements(t *testing.T) {
	p, now := newPublisher(), pipelinetest.NewClock()
	srv, poll := originRoom(t, p, now, "paper", "wire", "third")
	at := now.Now().Add(-time.Hour)
	p.set("wire", item{"a", cracks, ferries[0], at})
	p.set("paper", item{"b", "Sponsored: " + cracks, ferries[0], at.Add(-time.Hour)})
	p.set("third", item{"c", "Anzeige: " + cracks, ferries[0], at.Add(-time.Hour)})
	for range 2 { // as settled, and as loaded after a restart
		got := poll()
		for _, key := range []string{"/wire a", "/paper b", "/third c"} {
			at := got[srv.URL+key]
			if len(at.story.Members) != 1 {
				t.Errorf("%s is in a story of %d", key, len(at.story.Members))
			}
			if ad := key != "/wire a"; at.story.Promotional() != ad || ad && at.story.Origin.Level != news.LevelEarliest {
				t.Errorf("%s: promotional %v, %s", key, at.story.Promotional(), at.story.Origin.Level)
			}
		}
		p.set("wire", item{"a", cracks, ferries[0] + " It opens again on Friday.", at})
	}
}

// TestClockBehind: a paper with a clock five hours behind carries another's text an hour later. From the next day on its
// clock is known.
func TestClockBehind(t *testing.T) {
	p, now := newPublisher(), pipelinetest.NewClock()
	now.Advance(now.Now().Truncate(24 * time.Hour).Add(34 * time.Hour).Sub(now.Now())) // ten in the morning
	srv, poll := originRoom(t, p, now, "late", "first")
	var late, first []item
	carry := func(i int, text string) place {
		title := strings.Join(strings.Fields(text)[:8], " ")
		first = append(first, item{fmt.Sprint("f", i), title, text, now.Now().Add(-10 * time.Minute)})
		p.set("first", first...)
		poll()
		now.Advance(time.Hour)
		late = append(late, item{fmt.Sprint("l", i), title + " again", text, now.Now().Add(-5*time.Hour - 10*time.Minute)})
		p.set("late", late...)
		return poll()[srv.URL+"/late l"+fmt.Sprint(i)]
	}
	p.set("late", item{"l", "Nothing yet", "", now.Now()})
	p.set("first", item{"f", "Nothing so far", "", now.Now()})
	poll()
	if at := carry(0, ferries[0]); at.story.Origin.Domain != "late.example" {
		t.Fatalf("%s is the origin by its date: this tests nothing:\n%s", at.story.Origin.Name, reasons(at.story))
	}
	for i := range 9 {
		now.Advance(30 * time.Minute)
		late = append(late, item{fmt.Sprint("x", i), fmt.Sprintf("Notice %d of the %s office", i*i, strings.Repeat("r", i+3)), "", now.Now().Add(-5*time.Hour - 10*time.Minute)})
		p.set("late", late...)
		poll()
	}
	now.Advance(20 * time.Hour)
	if at := carry(1, ferries[1]); at.story.Origin.Domain != "first.example" || len(at.story.Members) != 2 {
		t.Errorf("%s is the origin of %d members:\n%s", at.story.Origin.Name, len(at.story.Members), reasons(at.story))
	}
}

// TestClockAhead has a feed whose clock is a day ahead. It is the origin where it is first, and not where another is.
func TestClockAhead(t *testing.T) {
	for _, order := range [][]string{{"ahead", "paper"}, {"paper", "ahead"}} {
		p, now := newPublisher(), pipelinetest.NewClock()
		srv, poll := originRoom(t, p, now, order...)
		for _, name := range order {
			at := now.Now().Add(-5 * time.Minute)
			if name == "ahead" {
				at = at.Add(24 * time.Hour)
			}
			p.set(name, item{"a", quay, ferries[2], at})
			poll()
			now.Advance(3 * time.Hour)
		}
		if at := poll()[srv.URL+"/"+order[1]+" a"]; len(at.story.Members) != 2 || at.story.Origin.Domain != order[0]+".example" {
			t.Errorf("%s is the origin of %d members, want %s:\n%s", at.story.Origin.Name, len(at.story.Members), order[0], reasons(at.story))
		}
	}
}

// TestNamedThoughListed: an aggregator's feed brings items of an agency, and a paper credits the agency with another. The
// agency has no feed here, and still is not called unknown.
func TestNamedThoughListed(t *testing.T) {
	p, now := newPublisher(), pipelinetest.NewClock()
	p.fail("list", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><title>Headlines</title><link>https://news.google.com/</link><item><title>%s - Wire Service</title>`+
			`<link>https://news.google.com/rss/articles/x</link><guid>x</guid><source url="https://wire.example/">Wire Service</source></item></channel></rss>`, quay) // a client that has gone is no matter
	})
	srv, poll := originRoom(t, p, now, "paper", "list")
	p.set("paper", item{"a", cracks, "PORT ELLERY (Wirepress) - " + ferries[0], now.Now().Add(-time.Hour)})
	for range 2 {
		o := poll()[srv.URL+"/paper a"].story.Origin
		if !o.Named() || o.Domain != "wire.example" || o.Absence() != "its own article is not in your feeds" {
			t.Errorf("%s, named only: %v: %q", o.Domain, o.Named(), o.Absence())
		}
	}
	p.set("paper", item{"b", cracks, "PORT ELLERY (Reuters) - " + ferries[1], now.Now().Add(-time.Hour)})
	if o := poll()[srv.URL+"/paper b"].story.Origin; o.Domain != "reuters.com" || o.Absence() != "not among your feeds" {
		t.Errorf("%s: %q", o.Domain, o.Absence())
	}
}
