package origin

import (
	"headwater/internal/news"
	"headwater/internal/weburl"
)

// articled gives the outlets, by key, that have a written article among the members. Of an aggregator's listing the address
// does not tell: it is an article's unless a film or letter of its outlet has the same headline.
func articled(members []Candidate) map[string]bool {
	type item struct {
		outlet   string
		headline uint64
	}
	other := map[item]bool{}
	for _, m := range members {
		if weburl.Form(m.Article.URL) != "" {
			other[item{m.Article.Outlet.Key(), m.Print.Headline}] = true
		}
	}
	out := map[string]bool{}
	if len(other) == 0 {
		return out
	}
	for _, m := range members {
		key := m.Article.Outlet.Key()
		if weburl.Form(m.Article.URL) == "" && (dated(m.Article) || !other[item{key, m.Print.Headline}]) {
			out[key] = true
		}
	}
	return out
}

// passesRelease says that an article is a press release that an agency passes on.
func passesRelease(a news.Article) bool {
	return a.Outlet.Agency && weburl.Form(a.URL) == weburl.FormRelease
}

// form counts against a film or a letter that its outlet has an article: the article is where they took it from.
func (c *contender) form(f *field) {
	a := f.members[c.member].Article
	switch name := weburl.Form(a.URL); {
	case passesRelease(a):
		c.unfit = true
		c.weigh("form", -weightListing, "it is a press release that %s passes on", c.outlet.Name)
	case name != "" && name != weburl.FormRelease && f.articled[c.outlet.Key()]:
		c.weigh("form", -weightMedia, "it is a %s, and %s has an article, too", name, c.outlet.Name)
	}
	if a.Promotional() {
		c.unfit = true
		c.weigh("advertisement", -weightListing, "it says itself that it is an advertisement")
	}
}
