package origin

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestMisleadingCredits reads what looks like a credit and is none, or none to whom it seems.
func TestMisleadingCredits(t *testing.T) {
	link := func(kind news.MarkKind, url string) news.Article {
		return news.Article{Text: "The berths stay closed.", Marks: []news.Mark{{Kind: kind, URL: url, Text: "Original Source"}}}
	}
	quote := marked(news.MarkQuote, "The mayor said: ⟦“according to The New York Times I am a fool.”⟧ She left.", "")
	for name, tt := range map[string]struct {
		article news.Article
		want    string
	}{
		"a credit in a quotation":            {quote, ""},
		"a canonical that is a home page":    {link(news.MarkCanonical, "https://www.nytimes.com/"), ""},
		"a canonical that is itself":         {link(news.MarkCanonical, "https://valley-post.example/berths-stay-closed"), ""},
		"a canonical at a subdomain of it":   {link(news.MarkCanonical, "https://amp.valley-post.example/berths-stay-closed"), ""},
		"a source line with its own address": {link(news.MarkSource, "https://valley-post.example/berths-stay-closed"), "publisher valley-post.example"},
		"a photo credit in brackets":         {news.Article{Text: "The berths stay closed. (AP Photo/Jane Doe)"}, ""},
		"a photographer's line":              {marked(news.MarkByline, "⟦(Photo: Jane Doe, AP)⟧", ""), ""},
		"a source of one item":               {marked(news.MarkByline, "⟦[Reuters]⟧", ""), "part reuters.com"},
		"a topic's page":                     {marked(news.MarkLink, "The ⟦governor⟧ left.", "https://www.latimes.com/topic/politics/jane-doe-00123"), ""},
		"declined to comment":                {news.Article{Text: "The harbour declined to comment to Reuters on the berths."}, ""},
		"a common word":                      {news.Article{Text: "Time will tell. Nature took its course, and the sun shone."}, ""},
		"a shortened address":                {link(news.MarkSource, "https://bit.ly/3xYz"), ""},
		"a private address":                  {link(news.MarkSource, "http://10.0.0.1/2026/berths-stay-closed"), ""},
		"a local name":                       {link(news.MarkVia, "http://localhost/2026/berths-stay-closed"), ""},
		"no web address":                     {link(news.MarkCanonical, "ftp://files.nytimes.com/2026/berths-stay-closed"), ""},
		"a common word that is none":         {news.Article{Text: "It was a variety of time and nature that the sun told."}, ""},
		"a Japanese outlet in the title":     {news.Article{Title: "岸壁が閉鎖（ロイター）", Text: "岸壁は閉鎖された。"}, "byline reuters.com"},
		"an address that is no address":      {link(news.MarkSource, "http://[::1/%zz"), ""},
		"a negation":                         {news.Article{Text: "The harbour was closed, which Reuters could not confirm."}, ""},
		"credited by an outlet in its own name": {news.Article{
			Outlet: news.Outlet{Name: "Reuters", Domain: "reuters.com", Agency: true}, Text: "The harbour is closed, Reuters reported.",
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(briefs(tt.article), ", "); got != tt.want {
				t.Errorf("%s, want %q", got, tt.want)
			}
		})
	}
}

// A page that credits forty outlets names none of them for more than its share, and a title of a megabyte is no headline.
func TestPageThatCreditsFortyOutlets(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		b.WriteString("The quay will close, the Harbour" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + " Gazette reported. ")
	}
	a := news.Article{Outlet: blog, Text: b.String(), Title: strings.Repeat("Quay to close, Reuters reports ", 40_000)}
	claims := NewReader(registry).Claims(a)
	if len(claims) != 40 {
		t.Fatalf("%d claims", len(claims))
	}
	for _, c := range claims {
		if c.Part > .03 || c.Strength >= .5 {
			t.Errorf("%s: part %.2f, strength %.2f", c.Outlet, c.Part, c.Strength)
		}
	}
}

// A text of a hundred thousand short names that count only at home is read in a moment, on their hosts too.
func TestManyShortNamesAtHome(t *testing.T) {
	a := news.Article{Outlet: news.Outlet{Name: "Wiener Post", Domain: "wiener-post.at"}, Text: strings.Repeat("APA meldet, ", 100_000)}
	claims := NewReader(registry).Claims(a)
	if len(claims) != 1 || claims[0].Domain != "apa.at" {
		t.Errorf("%d claims", len(claims))
	}
}
