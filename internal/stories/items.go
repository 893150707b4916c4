// Package stories turns articles into stories. It has the steps between cleaning and storing that the pipeline and the
// streaming grouper share. Preparer turns an article into the form that grouping compares (items.go). Weigh turns a group of
// articles into a news.Story with its origin (weigh.go). The steps themselves are packages below: prints, group, origin,
// outlets, embed. Package stream runs them all over a stream that is not stored.
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
	// Round is the maximum number of articles that are settled together. All are added to the statistics before the first is
	// compared.
	Round = 8192

	citeStrength = .3 // minimum strength of a claim whose link counts as an address that the article cites
)

// Workers is the number of goroutines that prepare articles.
var Workers = runtime.GOMAXPROCS(0)

// Preparer turns articles into the form that grouping compares.
type Preparer struct {
	Cleaner *clean.Cleaner
	Credits *origin.Reader
}

// Item returns an article with its print, its claims and the addresses that it cites, without the texts. An advertisement has
// none of these, so it is similar to nothing.
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

// Cites returns the canonical URLs to which the stronger claims link. A link to a part of a page also cites the page.
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
