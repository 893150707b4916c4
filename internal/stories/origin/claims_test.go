package origin

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

var registry *outlets.Registry

func TestMain(m *testing.M) {
	r, err := outlets.Load(feeds.Agencies())
	if err != nil {
		panic(err)
	}
	registry = r
	os.Exit(m.Run())
}

var blog = news.Outlet{Name: "valley-post.example", Domain: "valley-post.example"}

// brief writes a claim as "kind domain", with its address if it has one, and with "weak" where it speaks for less than
// its kind does.
func brief(c news.Claim) string {
	s := fmt.Sprintf("%s %s", c.Kind, c.Domain)
	if c.URL != "" {
		s += " " + c.URL
	}
	if c.Strength < strengths[c.Kind] {
		s += " weak"
	}
	return s
}

func briefs(a news.Article) []string {
	if a.Outlet.Domain == "" {
		a.Outlet = blog
	}
	var out []string
	for _, c := range NewReader(registry).Claims(a) {
		out = append(out, brief(c))
	}
	slices.Sort(out)
	return out
}

// marked is a text with a mark of a kind on the words between brackets: "He said [“so”] at noon."
func marked(kind news.MarkKind, text, url string) news.Article {
	before, rest, _ := strings.Cut(text, "⟦")
	in, after, _ := strings.Cut(rest, "⟧")
	a := news.Article{Text: before + in + after}
	a.Marks = []news.Mark{{Kind: kind, Text: in, URL: url, Start: len(before), End: len(before) + len(in)}}
	return a
}

func outside(kind news.MarkKind, text, url string) news.Article {
	return news.Article{Text: "Four boats lie in the harbour.", Marks: []news.Mark{{Kind: kind, Text: text, URL: url}}}
}

const far = "A line about the weather in the valley that credits nobody at all, however long one reads it. "

func TestClaims(t *testing.T) {
	text := func(s string) news.Article { return news.Article{Text: s} }
	link := "https://www.nytimes.com/2026/11/20/world/harbour-tolls.html"
	tests := map[string]struct {
		article news.Article
		want    []string
	}{
		"dateline":                  {text("HELSINKI (Reuters) - Ice closed the port on Monday."), []string{"dateline reuters.com"}},
		"dateline in Japanese":      {text("［東京　１８日　ロイター］ - 港は月曜に閉鎖された。"), []string{"dateline reuters.com"}},
		"dateline of a summary":     {news.Article{Summary: "OSLO (AP) — Ice closed the port."}, []string{"dateline apnews.com"}},
		"author":                    {news.Article{Text: "Ice.", Authors: []string{"Reuters"}}, []string{"byline reuters.com"}},
		"author with agency":        {news.Article{Text: "Ice.", Authors: []string{"Ann Low, Associated Press"}}, []string{"byline apnews.com"}},
		"byline":                    {outside(news.MarkByline, "Reporting by Ann Low in Oslo for Reuters", ""), []string{"byline reuters.com"}},
		"an agency's slug":          {news.Article{Title: "Soccer-Ferries sink Harbour United"}, []string{"byline reuters.com weak"}},
		"its own slug":              {news.Article{Title: "Soccer-Ferries sink Harbour United", Outlet: news.Outlet{Name: "Reuters", Domain: "reuters.com", Agency: true}}, nil},
		"no slug":                   {news.Article{Title: "Soccer - Ferries sink Harbour United"}, nil},
		"title in brackets":         {news.Article{Title: "港が閉鎖（ロイター）"}, []string{"byline reuters.com"}},
		"source element":            {outside(news.MarkSource, "The New York Times", "https://www.nytimes.com"), []string{"source nytimes.com https://www.nytimes.com"}},
		"original source":           {outside(news.MarkSource, "Original Source", link), []string{"source nytimes.com " + link}},
		"source by name only":       {outside(news.MarkSource, "via The Washington Post", ""), []string{"source washingtonpost.com"}},
		"via":                       {outside(news.MarkVia, "", "https://www.bbc.co.uk/news/123"), []string{"source bbc.com https://www.bbc.co.uk/news/123"}},
		"aggregated":                {news.Article{Outlet: news.Outlet{Name: "Reuters", Domain: "reuters.com"}, Marks: outside(news.MarkSource, "Reuters", "https://reuters.com").Marks}, []string{"publisher reuters.com"}},
		"canonical":                 {outside(news.MarkCanonical, "", link), []string{"canonical nytimes.com " + link}},
		"rights":                    {outside(news.MarkRights, "© 2026 Agence France-Presse", ""), []string{"rights afp.com"}},
		"contributed":               {text(far + "The Associated Press contributed to this report."), []string{"part apnews.com"}},
		"contributed, as a line":    {outside(news.MarkByline, "The Associated Press contributed to this report", ""), []string{"part apnews.com"}},
		"scoop":                     {text("The sale was first reported by The Wall Street Journal."), []string{"scoop wsj.com"}},
		"was first to report":       {text("The Financial Times was first to report the sale."), []string{"scoop ft.com"}},
		"scoop in Spanish":          {text("La venta, según adelantó El País, se cerrará en marzo."), []string{"scoop elpais.com"}},
		"scoop far down":            {text(strings.Repeat(far, 9) + "The sale was first reported by Bloomberg."), []string{"scoop bloomberg.com"}},
		"report":                    {text("The port will close, according to reporting by The New York Times."), []string{"report nytimes.com"}},
		"X reported":                {text("The port will close, the Washington Post reported on Monday."), []string{"report washingtonpost.com"}},
		"as X points out":           {text("As Bloomberg points out, ice is rare there."), []string{"report bloomberg.com"}},
		"citing":                    {text("The port will close, said a local station, citing AFP."), []string{"report afp.com"}},
		"report in Japanese":        {text("港は閉鎖されるとロイター通信が報じた。"), []string{"report reuters.com"}},
		"report in German":          {text("Der Hafen schließt laut Reuters am Montag."), []string{"report reuters.com"}},
		"report far down":           {text(strings.Repeat(far, 9) + "Ice is rare, Reuters reported."), []string{"report reuters.com weak"}},
		"report in a summary":       {news.Article{Text: "Ice.", Summary: "The port will close, Reuters reported."}, []string{"report reuters.com"}},
		"told":                      {text("“We are cold,” the master told Reuters."), []string{"told reuters.com"}},
		"interview":                 {text("He was tired, he said in an interview with CNN."), []string{"told cnn.com"}},
		"originally appeared":       {text("This story originally appeared on ProPublica."), []string{"source propublica.org"}},
		"link in the opening":       {marked(news.MarkLink, "Ice closed ⟦the port⟧ on Monday.", link), []string{"link nytimes.com " + link}},
		"link further down":         {marked(news.MarkLink, strings.Repeat(far, 9)+"See ⟦there⟧.", link), []string{"link nytimes.com " + link + " weak"}},
		"link on a credit":          {marked(news.MarkLink, "Ice closed the port, The New York Times ⟦reported⟧.", link), []string{"link nytimes.com " + link, "report nytimes.com " + link}},
		"link to an unknown host":   {marked(news.MarkLink, "Ice closed ⟦the port⟧.", "https://news.harbour.example/2026/ice-in-port"), []string{"link harbour.example https://news.harbour.example/2026/ice-in-port"}},
		"two outlets":               {text("Reuters reported it, and the AP reported more."), []string{"report apnews.com", "report reuters.com"}},
		"twice the same":            {text("Reuters reported it. Reuters reported it again."), []string{"report reuters.com"}},
		"an agency signs its own":   {news.Article{Outlet: news.Outlet{Name: "Reuters", Domain: "reuters.com"}, Text: "OSLO (Reuters) - Ice."}, []string{"dateline reuters.com"}},
		"photo credit":              {outside(news.MarkCaption, "A boat in the ice. (AP Photo/Ann Low)", ""), nil},
		"photo credit in the text":  {text("Boats in the ice. Photo: Reuters. The master waits."), nil},
		"photo credit as a caption": {outside(news.MarkCaption, "Ice. Image: Bloomberg via Getty Images", ""), nil},
		"own name":                  {news.Article{Outlet: news.Outlet{Name: "CNN", Domain: "cnn.com"}, Text: "He told CNN that ice is rare. CNN reported it first."}, nil},
		"own name as author":        {news.Article{Outlet: news.Outlet{Name: "CNN", Domain: "cnn.com"}, Text: "Ice.", Authors: []string{"CNN"}}, nil},
		"declined to comment":       {text("The master declined to comment to Reuters on Monday."), nil},
		"did not respond":           {text("The office did not respond to the New York Times."), nil},
		"could not verify":          {text("Reuters could not verify the video."), nil},
		"has not reported":          {text("Reuters has not reported the sale."), nil},
		"only a name":               {text("Shares of the New York Times rose by two percent."), nil},
		"a common word":             {text("Time is short, the hill reported losses and the sun told nobody."), nil},
		"in a quotation":            {marked(news.MarkQuote, "The master said: ⟦“Go and read it, Reuters reported all of it last week.”⟧", ""), nil},
		"quoted in a summary":       {news.Article{Summary: "The master said: “Go and read it, Reuters reported all of it last week.”"}, nil},
		"after a quoted summary":    {news.Article{Summary: "“Ice is rare,” Reuters reported."}, []string{"report reuters.com"}},
		"link in the navigation":    {outside(news.MarkLink, "World news", link), nil},
		"link to a front page":      {marked(news.MarkLink, "Ice closed ⟦the port⟧.", "https://www.nytimes.com/"), nil},
		"link to its own":           {marked(news.MarkLink, "Ice closed ⟦the port⟧.", "https://www.valley-post.example/2026/ice-in-port"), nil},
		"related":                   {outside(news.MarkRelated, "More", link), nil},
		"canonical of its own":      {outside(news.MarkCanonical, "", "https://www.valley-post.example/2026/ice"), nil},
		"canonical to a front page": {outside(news.MarkCanonical, "", "https://www.nytimes.com/"), nil},
		"canonical without a host":  {outside(news.MarkCanonical, "", "/2026/ice"), nil},
		"a source nobody knows":     {outside(news.MarkSource, "the harbour master's notice", ""), nil},
		"empty":                     {news.Article{}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, briefs(tt.article)); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

// The span of a claim in the text is the outlet's name, its words are the sentence, and the strongest comes first.
func TestClaimsSpanTheText(t *testing.T) {
	a := news.Article{Outlet: blog, Text: "OSLO (AFP) - Ice closed the port.\n\nThe master told Reuters that boats wait. The sale was first reported by Bloomberg."}
	claims := NewReader(registry).Claims(a)
	want := map[news.ClaimKind][2]string{
		news.ClaimDateline: {"AFP", "OSLO (AFP)"},
		news.ClaimTold:     {"Reuters", "The master told Reuters that boats wait"},
		news.ClaimScoop:    {"Bloomberg", "The sale was first reported by Bloomberg"},
	}
	if len(claims) != len(want) {
		t.Fatalf("claims %+v", claims)
	}
	for i, c := range claims {
		if got := [2]string{a.Text[c.Start:c.End], c.Text}; got != want[c.Kind] {
			t.Errorf("%s: %q, want %q", c.Kind, got, want[c.Kind])
		}
		if i > 0 && c.Strength > claims[i-1].Strength {
			t.Errorf("%s is stronger than the claim before it", c.Kind)
		}
	}
}

// What the summary says has no place in the text.
func TestClaimsOfTheSummaryHaveNoSpan(t *testing.T) {
	a := news.Article{Outlet: blog, Text: "Ice.", Summary: "OSLO (AFP) - The port will close, Reuters reported."}
	claims := NewReader(registry).Claims(a)
	if len(claims) != 2 {
		t.Fatalf("claims %+v", claims)
	}
	for _, c := range claims {
		if c.Start != 0 || c.End != 0 {
			t.Errorf("%s at %d to %d of a text of four bytes", c.Kind, c.Start, c.End)
		}
	}
}

func TestClip(t *testing.T) {
	long := clip(strings.Repeat("ひとつの長い文", 200))
	if len(long) > maxClaim+len(" …") || !strings.HasSuffix(long, "…") || strings.ContainsRune(long, '\uFFFD') {
		t.Errorf("%d bytes: %q", len(long), long)
	}
	if got := clip("  two\n words "); got != "two words" {
		t.Errorf("%q", got)
	}
}

// A text that names an outlet in every other word, without a full stop, gives few claims of bounded length.
func TestClaimsOfALongText(t *testing.T) {
	long := strings.Repeat("Reuters reported AFP told ", 20000)
	claims := NewReader(registry).Claims(news.Article{Outlet: blog, Text: long, Summary: long})
	if mentions := len(registry.Mentions(long)); mentions < 40000 || len(claims) == 0 || len(claims) > 4 {
		t.Fatalf("%d mentions, %d claims", mentions, len(claims))
	}
	for _, c := range claims {
		if len(c.Text) > 500 {
			t.Errorf("%s: %d bytes of words", c.Kind, len(c.Text))
		}
	}
}

// The words of a claim are its sentence, of a very long one the part around the name.
func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"One. Reuters told it! Two.": "Reuters told it",
		"一つ。ロイターが報じた。二つ。":            "ロイターが報じた",
		"Reuters": "Reuters",
		"One. It rose 3.75% to 4.2, Reuters wrote on example.com. Two.":            "It rose 3.75% to 4.2, Reuters wrote on example.com",
		"One. Mr. J. Doe told Reuters in the U.S. on Monday, St. Louis time. Two.": "Mr. J. Doe told Reuters in the U.S. on Monday, St. Louis time",
		"Eins. Das sagte er Reuters am 18. August in Bonn. Zwei.":                  "Das sagte er Reuters am 18. August in Bonn",
		"It stood there in 2016. Reuters has it":                                   "Reuters has it",
		"a b\nc Reuters d\ne":                                                      "c Reuters d",
		strings.Repeat("é", 1000) + " Reuters.":                                    strings.Repeat("é", 199) + " Reuters",
	} {
		m := registry.Mentions(text)
		if len(m) != 1 {
			t.Fatalf("%q: %v", text, m)
		}
		if got := strings.TrimSpace(sentence(text, m[0])); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Nothing that stands in a feed may end the program or give a span outside the text.
func FuzzClaims(f *testing.F) {
	for _, s := range []string{"OSLO (AP) — Ice", "Reuters reported", "“said Reuters”", "ロイター通信によると", "first reported by\xff The New York Times", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, title, text string) {
		a := news.Article{Title: title, Text: text, Authors: []string{title}, Summary: title, Outlet: blog}
		for _, c := range NewReader(registry).Claims(a) {
			if c.Start < 0 || c.End < c.Start || c.End > max(len(text), len(title)) || c.Strength <= 0 || c.Strength > 1 {
				t.Errorf("claim %+v", c)
			}
		}
	})
}

func TestListed(t *testing.T) {
	text := "The harbour authority closed both berths on Tuesday after engineers found cracks in the northern pier, and sent some four hundred " +
		"commuters home by bus along the coast road."
	for title, tt := range map[string]struct {
		text   string
		outlet news.Outlet
		want   []string
	}{
		"Ferries stop at Port Ellery - Reuters":          {"", blog, []string{"source reuters.com"}},
		"Ferries stop at Port Ellery | AP News":          {"Ferries stop at Port Ellery", blog, []string{"source apnews.com"}},
		"Ferries stop at Port Ellery – reuters.com":      {"", blog, []string{"source reuters.com"}},
		"Harbour in talks with lenders - Bloomberg News": {text, blog, []string{"report bloomberg.com"}},
		"Ferries stop at Port Ellery - Reuters ":         {"", news.Outlet{Name: "Reuters", Domain: "reuters.com"}, nil},
		"Reuters - a history of the pier":                {"", blog, nil},
		"The pier that Reuters was shown - a history":    {"", blog, nil},
		" - Reuters":                            {"", blog, nil},
		"Ferries stop - a pier, and no Reuters": {"", blog, nil},
	} {
		got := briefs(news.Article{Title: title, Text: tt.text, Outlet: tt.outlet})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", title, diff)
		}
	}
}

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
