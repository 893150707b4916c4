package origin

import (
	"fmt"
	"math"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// timesOf returns the times of the members, which are in the order of their dates. This is the only place where the dates of
// wrong clocks are corrected.
func timesOf(members []Candidate, clocks map[Clock]time.Duration) memberTimes {
	t := memberTimes{of: make([]time.Time, len(members)), offsets: make([]time.Duration, len(members))}
	for i, m := range members {
		a := m.Article
		t.of[i] = a.Time()
		off, known := clocks[Clock{a.FeedID, a.Outlet.Key()}]
		if !known || a.Published.IsZero() || !dated(a) {
			continue
		}
		right := a.Published.Add(-off)
		if right.After(a.Seen) && !a.Seen.IsZero() {
			right = a.Seen
		}
		if !right.Equal(t.of[i]) {
			t.of[i], t.offsets[i] = right, off
		}
	}
	for i := range members {
		switch {
		case i == 0:
		case t.of[i].Before(t.of[t.first]):
			t.first, t.second = i, t.first
		case t.second == t.first || t.of[i].Before(t.of[t.second]):
			t.second = i
		}
	}
	return t
}

// clockError formats the error of a clock for readers.
func clockError(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("%s behind", (-off).Round(time.Minute))
	}
	return fmt.Sprintf("%s ahead", off.Round(time.Minute))
}

func (c *contender) time(f *weighing) {
	own, first := f.members[c.member], f.members[f.times.first]
	after := f.times.of[c.member].Sub(f.times.of[f.times.first])
	weight, said := 1.0, ""
	if own.onlyClaimed() || first.onlyClaimed() {
		weight, said = claimedTime, ", by a date from before its feed was read here"
	}
	if off := f.times.offsets[c.member]; off != 0 {
		said += fmt.Sprintf(", its clock, which is %s, put right", clockError(off))
	}
	switch {
	case len(f.members) == 1:
	case after > f.tie:
		c.weigh("time", -weight*min(weightEarliest, after.Hours()/24), "it came out %s after the earliest%s", after.Round(time.Minute), said)
	case c.member != f.times.first || f.times.of[f.times.second].Sub(f.times.of[f.times.first]) <= f.tie:
	default:
		c.weigh("time", weight*weightEarliest, "it is the earliest%s", said)
	}
}

// onlyClaimed reports whether the article's date is before its feed was first read, so that the date cannot be verified.
func (m Candidate) onlyClaimed() bool { return !m.Known.IsZero() && m.Article.Time().Before(m.Known) }

func (c *contender) pageTime(at time.Time, f *weighing) {
	if at.IsZero() {
		return
	}
	switch after := at.Sub(f.times.of[f.times.first]); {
	case after > f.tie:
		c.weigh("time", -min(weightEarliest, after.Hours()/24), "its page came out %s after the earliest here", after.Round(time.Minute))
	case -after > f.tie && -after < background:
		c.weigh("time", weightEarliest, "its page came out %s before the earliest here", (-after).Round(time.Minute))
	}
}

// identity weighs the traits of the article of a member, or of the page of an outlet without members. it names which.
func (c *contender) identity(it string, agency bool, url string, words int) {
	if agency {
		c.weigh("agency", weightAgency, "%s is an agency, whose text others carry", c.outlet.Name)
	}
	if c.outlet.Domain != "" && weburl.IsOn(url, c.outlet.Domain) {
		c.weigh("address", weightOwnPlace, "%s stands at %s's own address", it, c.outlet.Name)
	}
	if words > 25 {
		c.weigh("length", min(weightLength*math.Log2(float64(words)/25), 2), "%s gives %d words of text", it, words)
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

// maxTexts is the maximum number of texts of a story with which each text is compared. Of more texts a sample is used, spread
// evenly over time.
const maxTexts = 512

// proseOf collects the texts of members in the order of time. Identical copies, even a million, are one text.
func proseOf(members []Candidate) prose {
	p := prose{of: make([]int, len(members))}
	known := map[[2]uint64]int{}
	for i, m := range members {
		p.of[i] = -1
		if len(m.Print.Shingles) == 0 {
			continue
		}
		key := [2]uint64{digest(m.Print.Shingles), digest(m.Print.Quoted)}
		at, ok := known[key]
		if !ok {
			at = len(p.texts)
			known[key] = at
			p.texts = append(p.texts, distinctText{print: m.Print})
		}
		p.texts[at].copies++
		p.of[i] = at
		p.all++
	}
	p.compare()
	return p
}

func digest(hashes []uint32) uint64 {
	d := uint64(len(hashes)) + 1
	for _, h := range hashes {
		d = (d ^ uint64(h)) * 0x9e3779b97f4a7c15
		d ^= d >> 32
	}
	return d
}

// compare computes for each text how much more it contains of the others than they contain of it: the average, from -1 to 1.
func (p *prose) compare() {
	sample := max((len(p.texts)+maxTexts-1)/maxTexts, 1)
	for i := range p.texts {
		mine, others := &p.texts[i], p.texts[i].copies-1
		sum := 0.0
		for j := 0; j < len(p.texts); j += sample {
			if j == i {
				continue
			}
			other := &p.texts[j]
			sum += float64(other.copies) * (other.print.Coverage(mine.print) - mine.print.Coverage(other.print))
			others += other.copies
		}
		mine.lean = sum / float64(max(others, 1))
	}
}

// lean returns how much more a member contains of the others' prose than they of its own, or false if there is no prose to
// compare.
func (p prose) lean(member int) (float64, bool) {
	if p.of[member] < 0 || p.all < 2 {
		return 0, false
	}
	return p.texts[p.of[member]].lean, true
}

// containment weighs how much more of the others' prose is in the contender than the other way round.
func (c *contender) containment(p prose, member int) {
	lean, ok := p.lean(member)
	switch {
	case !ok:
	case lean > 0:
		c.weigh("containment", weightContain*lean, "more of the others' text stands in it than of its text in theirs")
	default:
		c.weigh("containment", weightContain*lean, "more of its text stands in the others than of theirs in it")
	}
}

// A story may hold several texts: an agency retells another outlet's report, and others carry the agency's text. The story's
// origin is the head of the chain, and each member goes back to the text that it carries.

// carriesMore is the difference by which an agency's text must contain more of a member's prose than the origin's text does.
const carriesMore = .1

// carrying returns for each member the index of the agency's own article whose text it carries, if that is not the origin's
// text, or -1.
func (p prose) carrying(members []Candidate, origin int) []int {
	var agencies []int // agencies' own articles, the earliest first
	for i, m := range members {
		if i != origin && ownAgency(m.Article) && len(m.Print.Shingles) > 0 && len(agencies) < maxTexts {
			agencies = append(agencies, i)
		}
	}
	out := make([]int, len(members))
	known := map[int]int{} // by text
	for i, m := range members {
		out[i] = -1
		t := p.of[i]
		if i == origin || t < 0 || ownAgency(m.Article) {
			continue
		}
		best, ok := known[t]
		if !ok {
			print, least := p.texts[t].print, copyShare
			if origin >= 0 {
				least = max(least, print.Coverage(members[origin].Print)+carriesMore)
			}
			best = -1
			for _, a := range agencies {
				if share := print.Coverage(members[a].Print); share > least || best < 0 && share == least {
					best, least = a, share
				}
			}
			known[t] = best
		}
		out[i] = best
	}
	return out
}

// ownAgency reports whether an article is an agency's own, at the agency's own address.
func ownAgency(a news.Article) bool {
	return a.Outlet.Agency && a.Outlet.Domain != "" && weburl.IsOn(a.URL, a.Outlet.Domain)
}
