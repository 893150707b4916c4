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

func TestSlug(t *testing.T) {
	for title, want := range map[string][2]string{
		"Soccer-Ferries sink Harbour United":    {"Reuters", "Ferries sink Harbour United"},
		"Rugby union-Ferries to tour Castelmar": {"Reuters", "Ferries to tour Castelmar"},
		"Explainer-‘Quay tax’: who has to pay":  {"Reuters", "‘Quay tax’: who has to pay"},
		"Analysis-214 berths and no ship":       {"Reuters", "214 berths and no ship"},
		"Golf-mad captain loses licence":        {"", "Golf-mad captain loses licence"},
		"Tennis - a guide to the harbour club":  {"", "Tennis - a guide to the harbour club"},
		"soccer-Ferries sink Harbour United":    {"", "soccer-Ferries sink Harbour United"},
		"US-Castelmar talks fail":               {"", "US-Castelmar talks fail"},
		"Ferries sink Harbour United":           {"", "Ferries sink Harbour United"},
		"Soccer-":                               {"", "Soccer-"},
		"":                                      {"", ""},
	} {
		if agency, headline := Slug(title); agency != want[0] || headline != want[1] {
			t.Errorf("Slug(%q) = %q, %q; want %q", title, agency, headline, want)
		}
	}
}
