package clean

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"headwater/internal/news"
)

// A rewrite in the shape of a WordPress feed with a single item: nothing can be learnt from other items here.
func TestTroopsInMexico(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "cases/troops-in-mexico.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Title   string `xml:"channel>title"`
		Link    string `xml:"channel>link"`
		Title2  string `xml:"channel>item>title"`
		URL     string `xml:"channel>item>link"`
		Summary string `xml:"channel>item>description"`
		Content string `xml:"channel>item>encoded"`
	}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	e := news.Entry{Title: doc.Title2, URL: doc.URL, Summary: doc.Summary, Content: doc.Content}
	a := New(Options{}).Article(e, news.Feed{URL: doc.Link + "feed", Site: doc.Link}, now)

	paras := strings.Split(a.Text, "\n\n")
	if want := strings.Count(doc.Content, "<p>") - 5; len(paras) != want { // less title, source line and three of chrome
		t.Errorf("%d paragraphs, want %d:\n%s", len(paras), want, a.Text)
	}
	for _, p := range paras {
		if len(p) < 150 || !strings.HasSuffix(p, ".") || !strings.Contains(doc.Content, p) {
			t.Errorf("no paragraph of the article: %q", p)
		}
	}
	for _, gone := range []string{"Original Source", "AP Photo", "Subscribe", "Discover", "About Post", "Report: US"} {
		if strings.Contains(a.Text, gone) {
			t.Errorf("%q is in the text", gone)
		}
	}
	captions, sources := 0, 0
	for _, m := range a.Marks {
		switch m.Kind {
		case news.MarkCaption:
			captions++
			if !strings.Contains(m.Text, "(AP Photo/") {
				t.Errorf("caption %q", m.Text)
			}
		case news.MarkSource:
			sources++
			if m.Text != "Original Source" {
				t.Errorf("source %q", m.Text)
			}
		}
	}
	if captions != 2 || sources != 1 {
		t.Errorf("%d captions and %d sources in %+v", captions, sources, a.Marks)
	}
	if a.Outlet.Domain != "newsbeyonddetroit.example" || a.Lang != "en" || a.Roundup || !strings.HasPrefix(a.Summary, "The United States is increasing") {
		t.Errorf("outlet %+v, language %q, hub %v, summary %q", a.Outlet, a.Lang, a.Roundup, a.Summary)
	}
}

// textOf reads HTML as articles are read that nobody shows.
func textOf(html string) (string, []news.Mark) {
	p, _ := walk(html, true, false)
	p.classify(itemContext{})
	p.prune(itemContext{})
	return p.assemble()
}
