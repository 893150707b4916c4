package greader

import (
	"fmt"
	"testing"

	"headwater/internal/news"
)

// TestItemHTML: an item's own picture leads a text that has none.
func TestItemHTML(t *testing.T) {
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
		if got := itemHTML(tt.article); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if got := itemOf(news.Article{Summary: "Two herons at the mill."}, news.Feed{}, news.ItemState{}).Title; got != "Two herons at the mill." {
		t.Errorf("a post without a title is called %q", got)
	}
}

func FuzzItemID(f *testing.F) {
	for _, s := range []string{"1", "-1", "000000000000000a", itemPrefix + "ffffffffffffffff", itemPrefix, "", "0x1", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := itemID(s)
		if err != nil {
			return
		}
		if again, err := itemID(fmt.Sprintf("%s%016x", itemPrefix, uint64(id))); err != nil || again != id {
			t.Errorf("%q is %d, which is read as %d (%v)", s, id, again, err)
		}
	})
}
