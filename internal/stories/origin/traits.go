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

// outletsWithArticle gives the outlets, by key, that have a written article among the members. Of an aggregator's listing the address
// does not tell: it is an article's unless a film or letter of its outlet has the same headline.
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

// passesRelease says that an article is a press release that an agency passes on.
func passesRelease(a news.Article) bool {
	return a.Outlet.Agency && weburl.Form(a.URL) == weburl.FormRelease
}

// form counts against a film or a letter that its outlet has an article: that is what it is made from.
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

// firstLanguages gives the number of the first member of each outlet that has members in several languages, by the outlet's key. The
// members are in the order of time.
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

// language counts against a member that its outlet had the report in another language first.
func (c *contender) language(f *weighing) {
	first, ok := f.languages[c.outlet.Key()]
	m := f.members[c.member].Article
	if !ok || m.Lang == "" || m.Lang == f.members[first].Article.Lang || !f.times.of[c.member].After(f.times.of[first]) {
		return
	}
	c.weigh("translation", -weightLanguage, "%s had the report in another language before (%s, here %s)", c.outlet.Name, f.members[first].Article.Lang, m.Lang)
}

// habit weighs whether an outlet's texts are usually carried by others, or others' by it.
func (c *contender) habit(habits map[string]Habit) {
	h, ok := habits[c.outlet.Key()]
	if !ok || h.Carried+h.Carries == 0 {
		return
	}
	lean := weightHabit * math.Log(float64(h.Carried+storyPrior)/float64(h.Carries+storyPrior))
	c.weigh("habit", min(max(lean, -maxHabit), maxHabit), "others carried its texts in %d earlier stories, and it carried others' in %d", h.Carried, h.Carries)
}

// listing weighs how many of an outlet's other items are others' texts. One that lists them is no origin of anything.
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
