package origin

import (
	"math"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

func (c *contender) identity(members []Candidate) {
	a := members[c.member].Article
	if c.outlet.Agency {
		c.weigh("agency", weightAgency, "%s is an agency, whose text others carry", c.outlet.Name)
	}
	if a.Outlet.Domain != "" && hostOf(a.URL, a.Outlet.Domain) {
		c.weigh("address", weightOwnPlace, "it stands at %s's own address", c.outlet.Name)
	}
	if words := members[c.member].Print.Words; words > 25 && len(members) > 1 {
		c.weigh("length", min(weightLength*math.Log2(float64(words)/25), 2), "it gives %d words of text", words)
	}
}

// outletsWithArticle returns the keys of the outlets that have a written article among the members. The address of an
// aggregator's listing does not show its form: the listing is an article unless a film or letter of its outlet has the same
// headline.
func outletsWithArticle(members []Candidate) map[string]bool {
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

// passesRelease reports whether an article is a press release that an agency passes on.
func passesRelease(a news.Article) bool {
	return a.Outlet.Agency && weburl.Form(a.URL) == weburl.FormRelease
}

// form counts against a film or a letter if its outlet has an article, since the film or letter is made from the article.
func (c *contender) form(f *weighing) {
	a := f.members[c.member].Article
	switch name := weburl.Form(a.URL); {
	case passesRelease(a):
		c.ineligible = true
		c.weigh("form", -weightListing, "it is a press release that %s passes on", c.outlet.Name)
	case name != "" && name != weburl.FormRelease && f.writtenOutlets[c.outlet.Key()]:
		c.weigh("form", -weightMedia, "it is a %s, and %s has an article, too", name, c.outlet.Name)
	}
	if a.Promotional() {
		c.ineligible = true
		c.weigh("advertisement", -weightListing, "it says itself that it is an advertisement")
	}
}

// firstLanguages returns, by outlet key, the index of the first member of each outlet that has members in several languages.
// The members are in the order of time.
func firstLanguages(members []Candidate) map[string]int {
	first, several := map[string]int{}, map[string]int{}
	for i, m := range members {
		k := m.Article.Outlet.Key()
		switch at, ok := first[k]; {
		case m.Article.Lang == "":
		case !ok:
			first[k] = i
		case m.Article.Lang != members[at].Article.Lang:
			several[k] = at
		}
	}
	return several
}

// language counts against a member if its outlet published the report in another language first.
func (c *contender) language(f *weighing) {
	first, ok := f.languages[c.outlet.Key()]
	m := f.members[c.member].Article
	if !ok || m.Lang == "" || m.Lang == f.members[first].Article.Lang || !f.times.of[c.member].After(f.times.of[first]) {
		return
	}
	c.weigh("translation", -weightLanguage, "%s had the report in another language before (%s, here %s)", c.outlet.Name, f.members[first].Article.Lang, m.Lang)
}

// habit weighs whether others usually carry an outlet's texts or the outlet carries theirs.
func (c *contender) habit(habits map[string]Habit) {
	h, ok := habits[c.outlet.Key()]
	if !ok || h.Carried+h.Carries == 0 {
		return
	}
	lean := weightHabit * math.Log(float64(h.Carried+storyPrior)/float64(h.Carries+storyPrior))
	c.weigh("habit", min(max(lean, -maxHabit), maxHabit), "others carried its texts in %d earlier stories, and it carried others' in %d", h.Carried, h.Carries)
}

// listing weighs the share of an outlet's other items that are others' texts. An outlet that only lists such items is not an
// origin.
func (c *contender) listing(habits map[string]Habit) {
	h := habits[c.outlet.Key()]
	switch {
	case c.outlet.Agency:
	case h.Lists():
		c.ineligible = true
		c.weigh("listing", -weightListing, "%s lists what others publish: %d of its %d items name another outlet as their writer", c.outlet.Name, h.Passed, h.Items)
	case h.Passed > 0:
		share := float64(h.Passed) / float64(h.Items+minItems)
		c.weigh("listing", -weightPasses*share, "%d of the %d items of %s name another outlet as their writer", h.Passed, h.Items, c.outlet.Name)
	}
}
