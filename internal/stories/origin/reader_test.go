package origin

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// Whom a name means that two agencies have is told by what the article links to, whose it is, and where it stands. Where nothing
// tells it, the credit is to the name.
func TestClaimsToNamesakes(t *testing.T) {
	r, err := outlets.Load(feeds.Agencies(),
		outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.fi"}, Agency: true},
		outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.cl"}, Agency: true})
	if err != nil {
		t.Fatal(err)
	}
	paper := func(domain string) news.Outlet { return news.Outlet{Name: "The Post", Domain: domain} }
	link := news.Mark{Kind: news.MarkLink, URL: "https://www.harbourpress.cl/2026/08/18/the-quay-closed", Text: "a report", Start: 13, End: 21}
	both := []news.Mark{link, {Kind: news.MarkLink, URL: "https://harbourpress.fi/uutiset/laituri-suljettiin", Text: "closed", Start: 30, End: 36}}
	for name, tt := range map[string]struct {
		a    news.Article
		want string // whom the text credits: domains, "-" for the name alone, "" for nobody
	}{
		"country":          {news.Article{Outlet: paper("turku-post.fi")}, "harbourpress.fi"},
		"another country":  {news.Article{Outlet: paper("valparaiso-post.cl")}, "harbourpress.cl"},
		"neither":          {news.Article{Outlet: paper("valley-post.example")}, "-"},
		"a link":           {news.Article{Outlet: paper("turku-post.fi"), Marks: []news.Mark{link}}, "harbourpress.cl"},
		"links to both":    {news.Article{Outlet: paper("valley-post.example"), Marks: both}, "-"},
		"its own":          {news.Article{Outlet: news.Outlet{Name: "Harbour Press", Domain: "harbourpress.fi", Agency: true}}, "harbourpress.fi"},
		"credit by a link": {news.Article{Outlet: news.Outlet{Name: "Harbour Press", Domain: "harbourpress.fi", Agency: true}, Marks: []news.Mark{link}}, "harbourpress.cl"},
	} {
		t.Run(name, func(t *testing.T) {
			for form, text := range map[string]string{
				"dateline": "VALDOR (Harbour Press) — The quay at the mouth of the river was closed on Tuesday after a storm.",
				"report":   "The quay was closed on Tuesday, Harbour Press reported. Ships wait in the roads until the wind turns.",
				"byline":   "The quay was closed on Tuesday. Ships wait in the roads until the wind turns.",
			} {
				a := tt.a
				a.Title, a.Text, a.Lang = "Quay closed after storm", text, "en"
				if form == "byline" {
					a.Authors = []string{"Harbour Press"}
				}
				var got []string
				for _, c := range NewReader(r).Claims(a) {
					if who := cmp.Or(c.Domain, "-"); c.Kind != news.ClaimLink && !slices.Contains(got, who) {
						got = append(got, who)
					}
				}
				want := tt.want
				if name == "its own" && form != "dateline" {
					want = "" // who writes under its own name credits nobody
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: credits %q, want %q", form, got, want)
				}
			}
		})
	}
}
