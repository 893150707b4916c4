package clean

import (
	"testing"
	"time"

	"headwater/internal/news"
)

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
