package pipeline_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestCreditedReport is the case that Headwater was begun for: a post that retells a report which no feed of ours
// carries, with photo credits of an agency that is not its source.
func TestCreditedReport(t *testing.T) {
	file := shared(t, "cases/troops-in-mexico.xml")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }))
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
	_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/feed"})
	must(t, err)
	pass(t, room)
	stories, err := room.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	if len(stories) != 1 || len(stories[0].Members) != 1 {
		t.Fatalf("%d stories, want one of one article", len(stories))
	}
	o, m := stories[0].Origin, stories[0].Members[0]
	if o.Domain != "nytimes.com" || !o.Named() || m.Role != news.RoleRewrite {
		t.Errorf("origin %s (named only: %v), role %s; want a rewrite of nytimes.com, named only", o.Domain, o.Named(), m.Role)
	}
	a, err := room.Store.Article(t.Context(), m.Article.ID)
	must(t, err)
	for _, chrome := range []string{"Subscribe now", "AP Photo", "About Post Author", "Original Source"} {
		if strings.Contains(a.Text, chrome) {
			t.Errorf("the text holds %q, which is no prose", chrome)
		}
	}
	claims, err := room.Store.Claims(t.Context(), []int64{a.ID})
	must(t, err)
	for _, c := range claims[a.ID] {
		if c.Domain == "apnews.com" {
			t.Errorf("a photo credit became a claim: %+v", c)
		}
	}
}

// TestNamedThoughFollowed adds a feed of the credited paper with items about other events. The paper is among the feeds,
// its article is not.
func TestNamedThoughFollowed(t *testing.T) {
	file := shared(t, "cases/troops-in-mexico.xml")
	for site, want := range map[string]bool{"https://www.nytimes.com/": true, "https://paper.example/": false} {
		paper := rss("paper", "", []item{{"water", "Texas Waits for Its Water", "Farmers on both sides of the border read a treaty of 1944 anew.", time.Now()}})
		paper = bytes.ReplaceAll(paper, []byte("https://paper.example/"), []byte(site))
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/paper" {
				_, _ = w.Write(paper) // a client that has gone is no matter
				return
			}
			http.ServeFile(w, r, file)
		}))
		defer srv.Close()
		room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
		for _, name := range []string{"post", "paper"} {
			_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name})
			must(t, err)
		}
		pass(t, room)
		story := membership(t, room)[srv.URL+"/post https://newsbeyonddetroit.example/?p=1"].story
		if o := story.Origin; !o.Named() || o.Domain != "nytimes.com" || o.Followed != want {
			t.Errorf("%s: origin %s, named only: %v, followed: %v", site, o.Name, o.Named(), o.Followed)
		}
	}
}

// TestCreditedTeaser adds the credited paper's feed, which has title and one sentence of its report. Then that item is
// the origin, whether it arrives before or after the post that retells it. Other items of the paper are not.
func TestCreditedTeaser(t *testing.T) {
	file := shared(t, "cases/troops-in-mexico.xml")
	at := time.Date(2026, 1, 16, 10, 0, 0, 0, time.UTC)
	paper := rss("paper", "", []item{
		{"report", "U.S. Leans on Mexico to Let American Troops Join Cartel Raids", "Washington wants Special Operations troops or C.I.A. " +
			"officers beside Mexican soldiers when they raid suspected fentanyl labs.", at},
		{"water", "Mexico Falls Behind on Water That It Owes to Texas", "Farmers on both sides of the border read a treaty of 1944 anew.", at},
		{"film", "A Director From Guadalajara Takes On a Ghost Story", "Her fourth film was shot in three weeks, in one house.", at},
	})
	paper = bytes.ReplaceAll(paper, []byte("https://paper.example/"), []byte("https://www.nytimes.com/"))
	for _, order := range [][]string{{"post", "paper"}, {"paper", "post"}} {
		t.Run(order[0]+" first", func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/paper" {
					_, _ = w.Write(paper) // a client that has gone is no matter
					return
				}
				http.ServeFile(w, r, file)
			}))
			defer srv.Close()
			room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
			for _, name := range order {
				_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name})
				must(t, err)
				pass(t, room)
			}
			got := membership(t, room)
			post, report := got[srv.URL+"/post https://newsbeyonddetroit.example/?p=1"], got[srv.URL+"/paper report"]
			if o := post.story.Origin; o.Article != report.Article.ID || post.Role != news.RoleRewrite || len(post.story.Members) != 2 {
				t.Errorf("the post is a %s of %s (article %d) in a story of %d; want a rewrite of article %d\n%s",
					post.Role, o.Name, o.Article, len(post.story.Members), report.Article.ID, reasons(post.story))
			}
		})
	}
}

// TestTwoRetellings: two posts retell a report that no feed carries, and a third retells another report of the same
// paper.
func TestTwoRetellings(t *testing.T) {
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	at := time.Now().Add(-time.Hour)
	p.set("one", item{"a", "Port Ellery sells its ferry terminal to Oslo fund", "According to reporting by The New York Times, the county of Port Ellery " +
		"has agreed to sell its ferry terminal to a pension fund in Oslo for 41 million crowns. The paper cites two officials who saw the contract. " +
		"Under it, fares may rise by nine per cent a year from 2028, and the fund can close the night boat. The harbour master, Ines Rokov, has told " +
		"the council that she will resign if it signs, the report says. Opponents plan a march on Saturday.", at})
	p.set("two", item{"b", "Norwegian fund buys ferry terminal in Port Ellery", "Port Ellery's ferry terminal is to go to Norwegian owners, The New York " +
		"Times reports. A pension fund from Oslo is paying 41 million crowns for the terminal, and will be free to raise fares nine per cent every year " +
		"from 2028 on and to stop the night boat, according to the contract that two county officials have seen. Ines Rokov, who runs the harbour, " +
		"wants to step down should the council sign. A protest march is announced for Saturday.", at})
	p.set("three", item{"c", "Mayor hires his cousins for parking advice", "According to reporting by The New York Times, the mayor of Stonebridge has hired " +
		"three of his cousins as advisers on parking. The cousins earn 90,000 crowns a year each, the paper writes, and none of them drives a car. " +
		"The council will look into the matter in March.", at})
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
	for _, name := range []string{"one", "two", "three"} {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name})
		must(t, err)
	}
	pass(t, room)
	got := membership(t, room)
	one, two, three := got[srv.URL+"/one a"], got[srv.URL+"/two b"], got[srv.URL+"/three c"]
	if one.story.ID != two.story.ID || one.story.ID == three.story.ID {
		t.Errorf("stories %d, %d and %d; want the first two in one", one.story.ID, two.story.ID, three.story.ID)
	}
	for _, at := range []place{one, two, three} {
		if o := at.story.Origin; !o.Named() || o.Domain != "nytimes.com" || at.Role != news.RoleRewrite {
			t.Errorf("%s: a %s of %s", at.Article.Title, at.Role, o.Name)
		}
	}
}
