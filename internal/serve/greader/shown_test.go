package greader

import (
	"testing"

	"headwater/internal/news"
)

// TestShown: an item's own picture leads a text that has none.
func TestShown(t *testing.T) {
	cover := []news.Enclosure{{URL: "https://pod.example/1.mp3", Type: "audio/mpeg"}, {URL: "https://pod.example/a&b.jpg", Type: "image/jpeg"}, {URL: "https://pod.example/2.jpg", Type: "image/jpeg"}}
	for name, tt := range map[string]struct {
		article news.Article
		want    string
	}{
		"HTML":           {news.Article{HTML: "<p>x</p>", Enclosures: cover}, `<p><img src="https://pod.example/a&amp;b.jpg" alt=""></p><p>x</p>`},
		"text":           {news.Article{Text: "a\n\n<b>", Enclosures: cover}, `<p><img src="https://pod.example/a&amp;b.jpg" alt=""></p><p>a</p><p>&lt;b&gt;</p>`},
		"a picture":      {news.Article{HTML: `<img src="https://pod.example/x.jpg">`, Enclosures: cover}, `<img src="https://pod.example/x.jpg">`},
		"no web address": {news.Article{HTML: "<p>x</p>", Enclosures: []news.Enclosure{{URL: "javascript:x", Type: "image/png"}}}, "<p>x</p>"},
		"no picture":     {news.Article{HTML: "<p>x</p>", Enclosures: cover[:1]}, "<p>x</p>"},
	} {
		if got := shown(tt.article); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if got := itemOf(news.Article{Summary: "Two herons at the mill."}, news.Feed{}, news.ItemState{}).Title; got != "Two herons at the mill." {
		t.Errorf("a post without a title is called %q", got)
	}
}
