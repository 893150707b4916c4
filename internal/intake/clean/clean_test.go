package clean

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

var now = time.Date(2026, 8, 19, 12, 0, 0, 0, time.UTC)

// TestText compares testdata/NAME.html with NAME.txt: the text, and below a line of dashes the marks that are no
// quotations as "kind | words | URL" and the quotations as they stand in the text.
func TestText(t *testing.T) {
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".html"), func(t *testing.T) {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(f, ".html") + ".txt"
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			got := render(textOf(string(src)))
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func render(text string, marks []news.Mark) string {
	var b strings.Builder
	b.WriteString(text + "\n----\n")
	for _, m := range marks {
		words := m.Text
		if m.Kind == news.MarkQuote {
			words = text[m.Start:m.End]
		}
		place := "out"
		if m.End > 0 {
			place = "in"
		}
		b.WriteString(place + " " + string(m.Kind) + " | " + words)
		if m.URL != "" {
			b.WriteString(" | " + m.URL)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func entry(title, content string) news.Entry {
	return news.Entry{Title: title, URL: "https://paper.example/a/1", GUID: "1", Content: content}
}

var paper = news.Feed{ID: 7, URL: "https://paper.example/feed", Site: "https://www.paper.example/", Title: "The Paper"}

func TestArticleFields(t *testing.T) {
	e := news.Entry{
		Title: "  Council \n votes ", URL: "http://www.paper.example/council/?utm_source=rss#top",
		Authors: []string{"Jane Doe", "Jane Doe", "https://paper.example/jane"}, Rights: "© The Paper",
		Content:   "<p>The council voted on Tuesday to close the old bridge for good.</p>",
		Published: now.Add(-time.Hour), Updated: now.Add(time.Hour),
		Links: []news.Link{{Rel: "via", URL: "https://wire.example/1"}, {Rel: "edit", URL: "https://paper.example/e"}},
	}
	got := New(Options{}).Article(e, paper, now)
	want := news.Article{
		FeedID: 7, URL: e.URL, Canonical: "https://paper.example/council", Title: "Council votes",
		Authors: []string{"Jane Doe"}, Outlet: news.Outlet{Name: "The Paper", Domain: "paper.example"}, Lang: "en",
		Published: e.Published, Seen: now,
		HTML: "<p>The council voted on Tuesday to close the old bridge for good.</p>",
		Text: "The council voted on Tuesday to close the old bridge for good.",
		Marks: []news.Mark{
			{Kind: news.MarkAuthor, Text: "Jane Doe"},
			{Kind: news.MarkRights, Text: "© The Paper"},
			{Kind: news.MarkVia, URL: "https://wire.example/1"},
		},
		Hash: got.Hash, Keys: news.ItemKeys{Address: "paper.example/council", Text: got.Keys.Text},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(got.Hash) != 32 {
		t.Errorf("hash %q", got.Hash)
	}
}

func TestSummaryAndText(t *testing.T) {
	long := strings.Repeat("The river rose again overnight and the lower streets were closed to traffic. ", 9)
	paras := "<p>" + long[:240] + "end.</p><p>" + long[:240] + "close.</p>"
	for name, c := range map[string]struct {
		e             news.Entry
		text, summary bool
	}{
		"content only":             {news.Entry{Title: "Flood", Content: "<p>" + long + "</p>"}, true, false},
		"content and teaser":       {news.Entry{Title: "Flood", Content: "<p>" + long + "</p>", Summary: "The river rose again. [&#8230;]"}, true, true},
		"teaser only":              {news.Entry{Title: "Flood", Summary: "The river rose again overnight."}, false, true},
		"long summary":             {news.Entry{Title: "Flood", Summary: long}, true, false},
		"summary of two":           {news.Entry{Title: "Flood", Summary: paras}, true, true},
		"content says less":        {news.Entry{Title: "Flood", Content: "<p>Photos here.</p>", Summary: "The river rose again overnight."}, false, true},
		"title and outlet again":   {news.Entry{Title: "Flood in the lower town - The Paper", Source: news.Reference{Title: "The Paper"}, Summary: "<a href='https://n.example/x'>Flood in the lower town</a>&nbsp;&nbsp;<font>The Paper</font>"}, false, false},
		"title as plain text":      {news.Entry{Title: "Flood in town - The Paper", Source: news.Reference{Title: "The Paper"}, Summary: "Flood in town    The Paper"}, false, false},
		"content repeats headline": {news.Entry{Title: "FLOOD WARNING FOR THE LOWER TOWN", Content: "<p>FLOOD WARNING FOR THE LOWER TOWN</p>", Summary: "FLOOD WARNING FOR THE LOWER TOWN"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := New(Options{}).Article(c.e, paper, now)
			if (a.Text != "") != c.text || (a.Summary != "") != c.summary {
				t.Errorf("text %q, summary %q", a.Text, a.Summary)
			}
		})
	}
}

func TestGUIDAndHash(t *testing.T) {
	c := New(Options{})
	e := entry("A title", "<p>Some words about the harbour and its new crane.</p>")
	a := c.Article(e, paper, now)
	if a.GUID != "1" {
		t.Errorf("GUID %q", a.GUID)
	}
	e.GUID, e.URL = "", ""
	if b := c.Article(e, paper, now); b.GUID != "" || b.Hash != a.Hash || b.Keys.Text != a.Keys.Text {
		t.Errorf("GUID %q, hash %q, before %q", b.GUID, b.Hash, a.Hash)
	}
	e.Content += "<p>A second paragraph says more about it.</p>"
	if b := c.Article(e, paper, now.Add(time.Hour)); b.Hash == a.Hash || b.Keys.Text == a.Keys.Text {
		t.Error("another text, the same hash")
	}
}

// What the other items repeat must not make a revision of an item that stayed as it was.
func TestHashDoesNotDependOnTheOtherItems(t *testing.T) {
	c := New(Options{})
	doc := news.Document{}
	for _, w := range []string{"harbour", "bridge", "school", "market"} {
		doc.Entries = append(doc.Entries, entry("On the "+w, "<p>The council discussed the "+w+
			" on Monday and will vote within the month.</p><p>Our best stories wait for you at the gate every day.</p>"))
		doc.Entries[len(doc.Entries)-1].Summary = "<p>The " + w + ".</p><p>Get the paper.</p>"
	}
	all := c.Articles(doc, paper, now)
	one := c.Article(doc.Entries[0], paper, now)
	if strings.Contains(all[0].Text, "at the gate") {
		t.Errorf("furniture in %q", all[0].Text)
	}
	if !strings.Contains(one.Text, "at the gate") {
		t.Errorf("learnt from one item: %q", one.Text)
	}
	if all[0].Hash != one.Hash {
		t.Error("the hash depends on the other items")
	}
}

// TestSilentContent: an item whose content is a player or a picture shows that, and what its summary says.
func TestSilentContent(t *testing.T) {
	const frame, link = `<iframe src="https://charts.example/1/"></iframe>`, `<p><a href="https://charts.example/1/" rel="nofollow noreferrer noopener" target="_blank">Embedded page: charts.example</a></p>`
	for _, test := range []struct{ content, summary, want string }{
		{frame, "", link},
		{frame, "What prices did since the spring, month by month, in all towns of the coast.", link + "<p>What prices did since the spring, month by month, in all towns of the coast.</p>"},
		{"", frame, link},
		{frame, frame + "<p>Prices</p>", link + "<p>Prices</p>"},
		{"<p>Prices</p>" + frame, "Prices", "<p>Prices</p>" + link},
	} {
		a := New(Options{}).Article(news.Entry{Title: "Prices", Content: test.content, Summary: test.summary}, paper, now)
		if a.HTML != test.want {
			t.Errorf("%q and %q show %q, want %q", test.content, test.summary, a.HTML, test.want)
		}
	}
}

// TestUntitled: a post without a title keeps none, and lists can show something of it, which have neither text nor HTML.
func TestUntitled(t *testing.T) {
	for name, tt := range map[string]struct {
		entry news.Entry
		want  string // its headline in lists
	}{
		"a description":      {news.Entry{Summary: "<p>Two herons at the mill.</p>"}, "Two herons at the mill."},
		"content":            {news.Entry{Content: "<p>Two herons at the mill.</p><p>They fished.</p>"}, "Two herons at the mill. They fished."},
		"a picture":          {news.Entry{Content: `<img src="https://social.example/1.jpg" alt="Two herons &amp; a weir">`}, "Two herons & a weir"},
		"a picture's file":   {news.Entry{Content: `<img src="https://social.example/1.jpg">`, Enclosures: []news.Enclosure{{URL: "https://social.example/1.jpg", Type: "image/jpeg"}}}, "1.jpg"},
		"an address":         {news.Entry{URL: "https://social.example/@ann/1"}, "social.example/@ann/1"},
		"a title of its own": {news.Entry{Title: "Herons", Content: "<p>Two herons at the mill.</p>"}, "Herons"},
	} {
		c := New(Options{})
		a := c.Article(tt.entry, news.Feed{URL: "https://social.example/feed"}, time.Now())
		if a.Title != tt.entry.Title {
			t.Errorf("%s: title %q", name, a.Title)
		}
		a.Text, a.HTML, a.Marks = "", "", nil
		if got := a.Headline(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
