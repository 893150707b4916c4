package origin

import (
	_ "embed"
	"net/url"
	"strings"

	"headwater/internal/news"
)

//go:embed forms.txt
var formLines string

// media are the parts of addresses below which films, recordings, pictures and letters stand, each with its name.
var media = readForms(formLines)

func readForms(lines string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(lines) {
		name, parts, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, part := range strings.Fields(parts) {
			out[part] = strings.TrimSpace(name)
		}
	}
	return out
}

// formOf names what an item is that is no written article, by its address: "video". It is "" for an article.
func formOf(a news.Article) string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.ToLower(strings.Trim(u.Path, "/")), "/")
	for _, part := range parts[:len(parts)-1] {
		if name := media[part]; name != "" {
			return name
		}
	}
	return ""
}

// articled gives the outlets, by key, that have a written article among the members. Of an aggregator's listing the address
// does not tell: it is an article's unless a film or letter of its outlet has the same headline.
func articled(members []Candidate) map[string]bool {
	type item struct {
		outlet   string
		headline uint64
	}
	other := map[item]bool{}
	for _, m := range members {
		if formOf(m.Article) != "" {
			other[item{m.Article.Outlet.Key(), m.Print.Headline}] = true
		}
	}
	out := map[string]bool{}
	if len(other) == 0 {
		return out
	}
	for _, m := range members {
		key := m.Article.Outlet.Key()
		if formOf(m.Article) == "" && (dated(m.Article) || !other[item{key, m.Print.Headline}]) {
			out[key] = true
		}
	}
	return out
}

// releaseForm is what forms.txt calls the items that an agency passes on for companies.
const releaseForm = "press release"

// passesRelease says that an article is a press release that an agency passes on.
func passesRelease(a news.Article) bool { return a.Outlet.Agency && formOf(a) == releaseForm }

// form counts against a film or a letter that its outlet has an article: the article is where they took it from.
func (c *contender) form(f *field) {
	a := f.members[c.member].Article
	switch name := formOf(a); {
	case passesRelease(a):
		c.unfit = true
		c.weigh("form", -weightListing, "it is a press release that %s passes on", c.outlet.Name)
	case name != "" && name != releaseForm && f.articled[c.outlet.Key()]:
		c.weigh("form", -weightMedia, "it is a %s, and %s has an article, too", name, c.outlet.Name)
	}
	if a.Promotional() {
		c.unfit = true
		c.weigh("advertisement", -weightListing, "it says itself that it is an advertisement")
	}
}
