// Package stories turns articles into stories: what both the pipeline and the streaming grouper do between cleaning and
// storing. Preparer makes of an article what grouping compares (items.go); Weigh makes of a group of articles a news.Story
// with its origin (weigh.go). The steps themselves are packages below: prints, group, origin, outlets, embed. Package stream
// runs them all over a stream that is stored nowhere.
package stories

import (
	"runtime"
	"slices"
	"strings"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/prints"
)

const (
	// Round is how many articles are settled together at most. All are learnt before the first is compared.
	Round = 8192

	citeStrength = .3 // of a claim whose link counts as an address that the article cites
)

// Workers is how many goroutines prepare articles.
var Workers = runtime.GOMAXPROCS(0)

// Preparer makes of articles what grouping compares.
type Preparer struct {
	Cleaner *clean.Cleaner
	Credits *origin.Reader
}

// Item gives the print of an article, its claims and the addresses that it cites, without the texts. An advertisement has
// none of these, so that it resembles nothing.
func (p Preparer) Item(a news.Article) group.Item {
	if a.Promotional() {
		a.HTML, a.Text, a.Summary, a.Marks, a.Enclosures = "", "", "", nil, nil
		return group.Item{Article: a}
	}
	claims := p.Credits.Claims(a)
	print := prints.Make(a, p.Cleaner.Title(a.Title, a.Outlet.Name))
	a.HTML, a.Text, a.Summary, a.Marks, a.Enclosures, a.Categories = "", "", "", nil, nil, nil
	for i, c := range claims { // a substring would keep the whole text in memory
		claims[i].Text, claims[i].URL = strings.Clone(c.Text), strings.Clone(c.URL)
	}
	return group.Item{Article: a, Print: print, Claims: claims, Cites: Cites(a, claims)}
}

// Cites gives the canonical addresses that the stronger claims link to. A link to a part of a page cites the page too.
func Cites(a news.Article, claims []news.Claim) []string {
	var out []string
	for _, c := range claims {
		if c.URL == "" || c.Strength < citeStrength {
			continue
		}
		for _, u := range [...]string{clean.CanonicalURL(c.URL), clean.PageURL(c.URL)} {
			if u != "" && u != a.Canonical && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out
}
