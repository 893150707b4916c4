package prints

import (
	"slices"
	"testing"

	"headwater/internal/news"
)

// A headline is the same with an agency's slug before it, whose words still count.
func TestHeadlineWithASlug(t *testing.T) {
	plain, slugged := "Ferries sink Harbour United", "Soccer-Ferries sink Harbour United"
	p, q := Make(news.Article{Title: plain, Lang: "en"}, plain), Make(news.Article{Title: slugged, Lang: "en"}, slugged)
	if p.Headline == 0 || p.Headline != q.Headline {
		t.Errorf("headlines %x and %x, want the same", p.Headline, q.Headline)
	}
	if slices.Equal(p.Title, q.Title) {
		t.Error("the slug is no word of the title")
	}
	other := "Soccer - Ferries sink Harbour United"
	if r := Make(news.Article{Title: other, Lang: "en"}, other); r.Headline == p.Headline {
		t.Error("what stands before a dash with spaces is no slug")
	}
}
