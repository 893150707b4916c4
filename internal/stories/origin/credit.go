package origin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// creditsOf returns, for each credited outlet, the strongest credit that each other outlet gives to it.
func creditsOf(members []Candidate) map[string][]outletCredit {
	type pair struct{ to, by string }
	strongest := map[pair]outletCredit{}
	for _, m := range members {
		by := m.Article.Outlet.Key()
		for _, cl := range m.Claims {
			p := pair{cl.Credited().Key(), by}
			if w := creditWeights[cl.Kind] * cl.Strength; p.to != by && w > strongest[p].weight {
				strongest[p] = outletCredit{weight: w, claim: cl, by: m.Article.Outlet.Name, byKey: by}
			}
		}
	}
	out := map[string][]outletCredit{}
	for p, x := range strongest {
		out[p.to] = append(out[p.to], x)
	}
	for _, all := range out {
		sortCredits(all)
	}
	return out
}

// namedOutlets returns the outlets that members credit and that have no member, by key.
func namedOutlets(members []Candidate) []news.Outlet {
	own := map[string]bool{}
	for _, m := range members {
		own[m.Article.Outlet.Key()] = true
	}
	found := map[string]news.Outlet{}
	var keys []string
	for _, m := range members {
		for _, cl := range m.Claims {
			o := cl.Credited()
			if k := o.Key(); !own[k] && found[k].Name == "" && creditWeights[cl.Kind] > 0 {
				found[k] = o
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	out := make([]news.Outlet, len(keys))
	for i, k := range keys {
		out[i] = found[k]
	}
	return out
}

func sortCredits(all []outletCredit) {
	slices.SortFunc(all, func(a, b outletCredit) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.by, b.by), cmp.Compare(a.claim.Text, b.claim.Text),
			cmp.Compare(a.claim.URL, b.claim.URL), cmp.Compare(a.byKey, b.byKey), cmp.Compare(a.note, b.note))
	})
}

// maxCredits is the number of halvings after which a further credit adds nothing to a score.
const maxCredits = 64

// credits adds the credits that independent outlets give to the contender's outlet. Each outlet counts once, with its strongest
// credit. Each further outlet counts half as much as the one before.
func (c *contender) credits(all []outletCredit) {
	factor := 1.0
	for _, x := range all[:min(len(all), maxCredits)] {
		if x.byHeadline {
			c.weigh("headline", x.weight*factor, "the item of %s bears its headline: “%s”%s", x.by, x.claim.Text, x.note)
		} else {
			c.weigh("credit", x.weight*factor, "%s %s%s", x.by, creditText(x.claim, c.outlet.Name), x.note)
		}
		factor /= 2
	}
	if len(all) > 0 && all[0].weight >= 1 {
		c.credited = true
	}
}

// creditVerbs say what a claim of each kind does, with the outlet's name.
var creditVerbs = map[news.ClaimKind]string{
	news.ClaimDateline: "prints the dateline of %s", news.ClaimByline: "has %s in its byline", news.ClaimSource: "names %s as its source",
	news.ClaimCanonical: "gives an address of %s as its canonical one", news.ClaimScoop: "credits the news to %s",
	news.ClaimReport: "credits a report by %s", news.ClaimTold: "quotes what was told to %s", news.ClaimLink: "links to %s at its start",
	news.ClaimRights: "carries a copyright line of %s",
}

// creditText says in words what a claim says of an outlet, and quotes it where it is more than the outlet's name.
func creditText(c news.Claim, outlet string) string {
	text := fmt.Sprintf(cmp.Or(creditVerbs[c.Kind], "credits %s"), outlet)
	if strings.EqualFold(c.Text, outlet) || strings.EqualFold(c.Text, c.Outlet) || c.Text == "" {
		return text
	}
	return text + ": “" + c.Text + "”"
}

// ownCredits subtracts the strongest credit that a member gives to another outlet.
func (c *contender) ownCredits(m Candidate) {
	var worst news.Claim
	weight := 0.0
	for _, cl := range m.Claims {
		if cl.Credited().Key() == c.outlet.Key() {
			continue
		}
		if w := creditWeights[cl.Kind] * cl.Strength; w > weight {
			worst, weight = cl, w
		}
	}
	if weight > 0 {
		c.weigh("own credit", -weight, "it %s", creditText(worst, worst.Outlet))
	}
}

// addCredit adds a credit, unless the same outlet gives a stronger one.
func (f *weighing) addCredit(to news.Outlet, x outletCredit) {
	all := f.credits[to.Key()]
	i := slices.IndexFunc(all, func(y outletCredit) bool { return y.by == x.by })
	switch {
	case i < 0:
		f.credits[to.Key()] = append(all, x)
	case all[i].weight < x.weight:
		all[i] = x
	}
}

// In a chain, a blog credits a local paper whose text an agency wrote. The agency at the end wrote the text, so the credits to
// the paper are passed on to the agency.

const (
	passedPart    = .9 // factor of a credit for the outlet to which it is passed on
	remainingPart = .3 // factor of the credit for the outlet that passes it on
)

// passCredits passes credits on. An outlet that names the writer of its text passes its credits on to that writer.
func (f *weighing) passCredits() {
	writers := f.writers()
	var from []string
	for key := range writers {
		if len(f.credits[key]) > 0 {
			from = append(from, key)
		}
	}
	slices.Sort(from)
	for _, key := range from {
		head := chainEnd(writers, key)
		if head.Credited().Key() == key { // a cycle
			continue
		}
		for i, x := range f.credits[key] {
			if x.byKey == head.Credited().Key() {
				continue
			}
			on := x
			on.weight, on.note = x.weight*passedPart, fmt.Sprintf("; and that text is credited to %s: “%s”", head.Outlet, head.Text)
			f.addCredit(head.Credited(), on)
			f.credits[key][i].weight, f.credits[key][i].note = x.weight*remainingPart, "; but that text is credited to "+head.Outlet
		}
	}
	for key := range f.credits {
		sortCredits(f.credits[key])
	}
}

// chainEnd follows a chain to its end. In a cycle it ends where it began.
func chainEnd(writers map[string]news.Claim, key string) news.Claim {
	at := writers[key]
	for range writers {
		next, ok := writers[at.Credited().Key()]
		if !ok || at.Credited().Key() == key {
			break
		}
		at = next
	}
	return at
}

// writers returns, by outlet key, the outlet that all members of an outlet name as the writer of their text. An outlet with a
// text of its own, or with texts of several writers, has no entry.
func (f *weighing) writers() map[string]news.Claim {
	out := map[string]news.Claim{}
	own := map[string]bool{}
	for _, m := range f.members {
		key := m.Article.Outlet.Key()
		c, ok := writer(m.Article.Outlet, m.Claims)
		if old, known := out[key]; !ok || known && old.Credited().Key() != c.Credited().Key() {
			own[key] = true
		}
		if _, known := out[key]; ok && !known {
			out[key] = c
		}
	}
	for key := range own {
		delete(out, key)
	}
	return out
}

// A site that reruns an agency often does not say so. It may have more of the text and an earlier date than the agency's own
// item, which can be only a headline. The headline then shows whose text it is, because agencies word their own headlines.

const (
	minHeadline  = 4  // words of a headline, without stop words, below which two may be equal by chance
	sameHeadline = .8 // minimum share of the longer headline's words in two equal headlines; they may differ in "UPDATE 2-", "Analysis-"
	maxHeadlines = 64 // headlines of agencies with which each member's is compared
)

// creditHeadlines finds the members that have the headline of an agency's own item, and credits the agency. A headline that two
// agencies have counts for neither. If the agency's item credits the member's outlet with the report, the headline is that
// outlet's.
func (f *weighing) creditHeadlines() {
	own := f.agencyHeadlines()
	if len(own) == 0 {
		return
	}
	found := map[uint64]int{} // by headline
	for i, m := range f.members {
		if m.Article.Outlet.Agency || m.Print.Headline == 0 || len(m.Print.Title) < minHeadline {
			continue
		}
		at, known := found[m.Print.Headline]
		if !known {
			at = f.sameHeadline(m.Print, own)
			found[m.Print.Headline] = at
		}
		if at < 0 || slices.ContainsFunc(f.members[at].Claims, func(c news.Claim) bool {
			return same(c.Credited(), m.Article.Outlet) && creditWeights[c.Kind]*c.Strength >= minRetold
		}) {
			continue
		}
		f.reruns[i] = at
		a := f.members[at].Article
		f.addCredit(a.Outlet, outletCredit{
			weight: weightHeadline, by: m.Article.Outlet.Name, byKey: m.Article.Outlet.Key(),
			claim:      news.Claim{Kind: news.ClaimByline, Outlet: a.Outlet.Name, Domain: a.Outlet.Domain, Text: a.Title},
			byHeadline: true,
		})
	}
	for key := range f.credits {
		sortCredits(f.credits[key])
	}
}

// agencyHeadlines returns the indices of agencies' own items, one for each headline.
func (f *weighing) agencyHeadlines() []int {
	var out []int
	type headline struct {
		outlet string
		hash   uint64
	}
	known := map[headline]bool{}
	for i, m := range f.members {
		h := headline{m.Article.Outlet.Key(), m.Print.Headline}
		if !m.Article.Outlet.Agency || h.hash == 0 || known[h] || m.Article.Promotional() || passesRelease(m.Article) || len(out) == maxHeadlines {
			continue
		}
		known[h] = true
		out = append(out, i)
	}
	return out
}

// sameHeadline returns the index of the agency's item with the same headline, or -1 if there is none or two agencies have one.
func (f *weighing) sameHeadline(p prints.Print, own []int) int {
	best := -1
	for _, i := range own {
		q := f.members[i].Print
		if p.Headline != q.Headline && float64(prints.Shared(p.Title, q.Title)) < sameHeadline*float64(max(len(p.Title), len(q.Title))) {
			continue
		}
		if best >= 0 && !same(f.members[best].Article.Outlet, f.members[i].Article.Outlet) {
			return -1
		}
		if best < 0 {
			best = i
		}
	}
	return best
}

// minRetold is the minimum weight of a credit by which an agency retells another outlet's report.
const minRetold = .9

// headlineOf subtracts the weight of an agency's headline from a member, less the weight of the member's own credits.
func (c *contender) headlineOf(f *weighing) {
	at, ok := f.reruns[c.member]
	if !ok {
		return
	}
	credited := 0.0 // by the member's own words
	for _, cl := range f.members[c.member].Claims {
		if !same(cl.Credited(), c.outlet) {
			credited = max(credited, creditWeights[cl.Kind]*cl.Strength)
		}
	}
	if credited < weightHeadline {
		c.weigh("own credit", credited-weightHeadline, "it bears the headline of %s's own item", f.members[at].Article.Outlet.Name)
	}
}

// An agency sends a running report several times, with new headlines. Sites rerun one of these versions under the version's
// headline. A member with a version's headline is a copy of that version, and not of the version that is the story's origin.

// versions records in carries the version that a member copies, if that is not the origin. A member with the headline of an
// agency's own item copies that item. Three kinds of items are originals of their own, or copy the first item with the same
// headline: an agency's own item with another headline than the origin's, its translation, and another agency's own text.
func (f *weighing) versions(carries []int, origin int) {
	if origin < 0 {
		return
	}
	own := f.agencyHeadlines()
	for i, m := range f.members {
		h := m.Print.Headline
		if i == origin || carries[i] >= 0 || h == 0 || len(m.Print.Title) < minHeadline || h == f.members[origin].Print.Headline {
			continue
		}
		if p, q := m.Print, f.members[origin].Print; min(p.Words, q.Words) >= shortProse && max(p.Coverage(q), q.Coverage(p)) >= copyShare {
			continue
		}
		at, rerun := f.reruns[i]
		if !rerun {
			first := f.members[origin].Article
			written := same(m.Article.Outlet, first.Outlet) && m.Article.Lang == first.Lang && m.Print.Words >= shortProse
			if !m.Article.Outlet.Agency || written { // the same report, in a longer version
				continue
			}
			at = i // another version, or another agency's own text
		}
		for _, j := range own {
			if f.members[j].Print.Headline == h && same(f.members[j].Article.Outlet, f.members[at].Article.Outlet) {
				at = j
			}
		}
		if at != origin {
			carries[i] = at
		}
	}
}
