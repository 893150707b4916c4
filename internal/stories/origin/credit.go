package origin

import (
	"cmp"
	"fmt"
	"slices"

	"headwater/internal/news"
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
			c.weigh("credit", x.weight*factor, "%s credits %s: “%s”%s", x.by, c.outlet.Name, x.claim.Text, x.note)
		}
		factor /= 2
	}
	if len(all) > 0 && all[0].weight >= 1 {
		c.credited = true
	}
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
		c.weigh("own credit", -weight, "it credits %s itself: “%s”", worst.Outlet, worst.Text)
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
	minWriter     = 2.4 // minimum weight of a member's credit to the writer of its text
	passedPart    = .9  // factor of a credit for the outlet to which it is passed on
	remainingPart = .3  // factor of the credit for the outlet that passes it on
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
		c, ok := writer(m)
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
