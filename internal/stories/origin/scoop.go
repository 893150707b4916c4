package origin

import (
	"cmp"
	"slices"

	"headwater/internal/news"
)

// leastScoop is the weight of the credits from which an outlet had the news first.
const leastScoop = 1.5

// leastReport is the strength of a credit to a report that is told at the opening.
const leastReport = .5

// scoopOf says who had the news first where that is another outlet than the one that wrote the text: whom members say to
// have been first, and whose report the origin's article tells.
func (f *field) scoopOf(best contender) news.Scoop {
	votes := map[string]float64{}
	words := map[string]news.Scoop{}
	for i, m := range f.members {
		for _, c := range m.Claims {
			o := c.Credited()
			w := creditWeights[news.ClaimScoop] * c.Strength
			if c.Kind == news.ClaimScoop { // wherever it stands
				w = creditWeights[news.ClaimScoop] * strengths[news.ClaimScoop]
			}
			if c.Kind != news.ClaimScoop && (i != best.member || c.Kind != news.ClaimReport || c.Strength < leastReport) {
				continue
			}
			if o.Key() == best.outlet.Key() || o.Key() == m.Article.Outlet.Key() {
				continue
			}
			votes[o.Key()] += w
			if words[o.Key()].By == "" {
				words[o.Key()] = news.Scoop{Outlet: o, URL: c.URL, By: m.Article.Outlet.Name, Text: c.Text}
			}
		}
	}
	first := ""
	for key, w := range votes {
		if w >= leastScoop && (first == "" || cmp.Or(cmp.Compare(w, votes[first]), cmp.Compare(first, key)) > 0) {
			first = key
		}
	}
	s := words[first]
	if i := slices.IndexFunc(f.members, func(m Candidate) bool { return m.Article.Outlet.Key() == first }); first != "" && i >= 0 {
		a := f.members[i].Article
		s.Outlet, s.Article, s.URL = a.Outlet, a.ID, a.URL
	}
	return s
}
