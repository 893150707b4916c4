package origin

import (
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

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
