package newsroom_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestCreditedReport is the case that Headwater was begun for: a post that retells a report which no feed of ours
// carries, with photo credits of an agency that is no source.
func TestCreditedReport(t *testing.T) {
	file := shared(t, "cases/troops-in-mexico.xml")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }))
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: netip.MustParsePrefix("127.0.0.0/8")})
	_, err := room.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/feed"})
	must(t, err)
	pass(t, room)
	stories, err := room.Stories(t.Context(), news.StoryList{})
	must(t, err)
	if len(stories) != 1 || len(stories[0].Members) != 1 {
		t.Fatalf("%d stories, want one of one article", len(stories))
	}
	o, m := stories[0].Origin, stories[0].Members[0]
	if o.Domain != "nytimes.com" || !o.Named() || m.Role != news.RoleRewrite {
		t.Errorf("origin %s (named only: %v), role %s; want a rewrite of nytimes.com, named only", o.Domain, o.Named(), m.Role)
	}
	a, err := room.Article(t.Context(), m.Article.ID)
	must(t, err)
	for _, chrome := range []string{"Subscribe now", "AP Photo", "About Post Author", "Original Source"} {
		if strings.Contains(a.Text, chrome) {
			t.Errorf("the text holds %q, which is no prose", chrome)
		}
	}
	claims, err := room.Claims(t.Context(), a.ID)
	must(t, err)
	for _, c := range claims {
		if c.Domain == "apnews.com" {
			t.Errorf("a photo credit became a claim: %+v", c)
		}
	}
}
