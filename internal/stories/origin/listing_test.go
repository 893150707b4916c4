package origin

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

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
