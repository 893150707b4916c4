package origin

import (
	"cmp"
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

const (
	minPageWords = 50  // a shorter page does not show what its story is about
	minShared    = .02 // share of common prose from which two texts have the same subject
	minTermShare = .12 // share of common words of title and opening from which they have
	otherSubject = .3  // factor of a credit that links to a page about another subject
	weightLeads  = 1   // a link that leads to a member itself
	pageFactor   = .9  // factor of a credit from a page, compared with one from a member
)

// readPages weighs the pages that credits link to. A page about another subject weakens these credits. A link to a member
// counts for that member. Any other page is a contender with a text and a time of its own, and its credits are followed: a
// newspaper's page with an agency's dateline makes that agency a contender. If the page's outlet is the origin, the origin gets
// the address and headline of the page. A page that could not be fetched is not among pages, and does not influence the
// decision.
func (f *weighing) readPages(pages []Page) {
	pages = slices.Clone(pages)
	slices.SortFunc(pages, func(a, b Page) int { return cmp.Compare(a.Article.URL, b.Article.URL) })
	for _, p := range pages {
		r := readPage{Page: p, links: f.linksTo(p)}
		if len(r.links) == 0 {
			continue
		}
		if r.Article.Outlet.Key() == "" {
			r.Article.Outlet = r.links[0].claim.Credited()
		}
		switch {
		case p.Member != 0:
			f.countLeads(r)
		case !slices.ContainsFunc(r.links, func(l link) bool { return mayBeSameSubject(f.members[l.member], p) }):
			for _, l := range r.links {
				f.weaken(l, otherSubject, "; but the page it links to is about something else")
			}
		default:
			f.followPage(&r)
		}
	}
	for key := range f.credits {
		sortCredits(f.credits[key])
	}
}

// linksTo returns the credits that link to a page, the strongest first.
func (f *weighing) linksTo(p Page) []link {
	var out []link
	for i, m := range f.members {
		for _, c := range m.Claims {
			if c.URL != "" && creditWeights[c.Kind] > 0 && slices.Contains(p.Links, c.URL) {
				out = append(out, link{i, c})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b link) int {
		return cmp.Compare(creditWeights[b.claim.Kind]*b.claim.Strength, creditWeights[a.claim.Kind]*a.claim.Strength)
	})
	return out
}

// countLeads counts links to a member for that member, except for an outlet's links to itself.
func (f *weighing) countLeads(r readPage) {
	at := slices.IndexFunc(f.members, func(m Candidate) bool { return m.Article.ID == r.Member })
	for _, l := range r.links {
		switch {
		case at < 0:
		case f.members[l.member].Article.Outlet.Key() == f.members[at].Article.Outlet.Key():
			f.weaken(l, 0, "; but the link leads back to its own article")
		default:
			f.leadLinks[at] = append(f.leadLinks[at], l)
		}
	}
}

// leads adds weight to a member to which others link, whatever its address in the links. If the page behind the member's own
// link weakens a credit of the member, the weight that this credit took from the member is partly restored.
func (c *contender) leads(f *weighing) {
	factor := 1.0
	for _, l := range f.leadLinks[c.member][:min(len(f.leadLinks[c.member]), maxCredits)] {
		c.weigh("link", weightLeads*factor, "the link that %s gives leads to it", f.members[l.member].Article.Outlet.Name)
		factor /= 2
	}
	before, after := 0.0, 0.0
	for _, cl := range f.members[c.member].Claims {
		if cl.Credited().Key() == c.outlet.Key() {
			continue
		}
		w := creditWeights[cl.Kind] * cl.Strength
		before = max(before, w)
		if part, ok := f.weakened[weakLink{c.member, cl.URL}]; ok {
			w *= part
		}
		after = max(after, w)
	}
	if after < before {
		c.weigh("own credit", before-after, "the link of that credit leads to nothing of this story")
	}
}

// mayBeSameSubject reports whether a member and a page may have the same subject. It is true if too little is known. In the
// rumours set, 98.9% of the pairs about one claim share minTermShare of their words, and 3.2% of the pairs about two claims do.
func mayBeSameSubject(m Candidate, p Page) bool {
	a, b := m.Article.Lang, p.Article.Lang
	least := min(len(m.Print.Terms), len(p.Print.Terms))
	if a != "" && b != "" && a != b || p.Print.Words < minPageWords || least == 0 {
		return true
	}
	if max(m.Print.Coverage(p.Print), p.Print.Coverage(m.Print)) >= minShared {
		return true
	}
	shared := prints.Shared(m.Print.Terms, p.Print.Terms)
	return shared > 1 && float64(shared) >= minTermShare*float64(least)
}

// weaken multiplies a credit by part, and records the reason.
func (f *weighing) weaken(l link, part float64, why string) {
	f.weakened[weakLink{l.member, l.claim.URL}] = part
	all := f.credits[l.claim.Credited().Key()]
	for i, x := range all {
		if x.by == f.members[l.member].Article.Outlet.Name && x.claim.URL == l.claim.URL && x.note == "" {
			all[i].weight, all[i].note = x.weight*part, why
		}
	}
}

// followPage makes a page about the story a contender, and adds the page's credits.
func (f *weighing) followPage(r *readPage) {
	f.compare(r)
	own := r.Article.Outlet
	for _, l := range r.links[:1] {
		if l.claim.Credited().Key() != own.Key() { // the credit names another outlet than the page's own
			f.addCredit(own, outletCredit{
				weight: creditWeights[news.ClaimLink], claim: l.claim, by: f.members[l.member].Article.Outlet.Name,
				byKey: f.members[l.member].Article.Outlet.Key(), note: "; the link is to this page",
			})
		}
	}
	for _, c := range f.passedOn(*r) {
		w := creditWeights[c.Kind] * c.Strength * pageFactor
		f.addCredit(c.Credited(), outletCredit{
			weight: w, claim: c, by: own.Name, byKey: own.Key(), note: ", on the page that " + f.members[r.links[0].member].Article.Outlet.Name + " links to",
		})
		f.pageCredits = append(f.pageCredits, c.Credited())
		if old, ok := f.signed[c.Credited().Key()]; writes(c.Kind) && (!ok || r.lean > old.lean) {
			f.signed[c.Credited().Key()] = *r
		}
		if w > r.ownWeight {
			r.ownWeight, r.ownCredit = w, c
		}
	}
	if old, ok := f.pages[own.Key()]; !ok || r.lean > old.lean {
		f.pages[own.Key()] = *r
	}
}

// compare computes the share of the members' prose that is on a page, and the share of the page's prose that is in theirs.
func (f *weighing) compare(r *readPage) {
	copies, sum := 0, 0.0
	if len(r.Print.Shingles) == 0 {
		return
	}
	sample := max((len(f.prose.texts)+maxTexts-1)/maxTexts, 1)
	for i := 0; i < len(f.prose.texts); i += sample {
		t := f.prose.texts[i]
		copies += t.copies
		sum += float64(t.copies) * (t.print.Coverage(r.Print) - r.Print.Coverage(t.print))
	}
	r.hasProse = copies > 0
	r.lean = sum / float64(max(copies, 1))
	for _, l := range r.links[:min(len(r.links), maxTexts)] {
		m := f.members[l.member]
		if share := m.Print.Coverage(r.Print); r.byOutlet == "" || share > r.share {
			r.share, r.byOutlet = share, m.Article.Outlet.Name
		}
	}
}

// passedOn returns the credits of a page to outlets other than its own, the strongest for each outlet. A credit to an outlet
// that credits the page is a cycle and does not count. A page that names many writers counts as naming none.
func (f *weighing) passedOn(r readPage) []news.Claim {
	best := map[string]news.Claim{}
	writers := map[string]bool{}
	for _, c := range r.Claims {
		k := c.Credited().Key()
		if k == r.Article.Outlet.Key() || creditWeights[c.Kind] == 0 ||
			slices.ContainsFunc(r.links, func(l link) bool { return f.members[l.member].Article.Outlet.Key() == k }) {
			continue
		}
		if writes(c.Kind) || c.Kind == news.ClaimCanonical {
			writers[k] = true
		}
		if old, ok := best[k]; !ok || creditWeights[c.Kind]*c.Strength > creditWeights[old.Kind]*old.Strength {
			best[k] = c
		}
	}
	if len(writers) > maxWriters {
		return nil
	}
	var out []news.Claim
	for _, c := range best {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b news.Claim) int { return cmp.Compare(a.Credited().Key(), b.Credited().Key()) })
	return out
}

// withPages adds two kinds of outlets to those that are only named: the outlets of the pages, and the outlets that the pages
// credit.
func (f *weighing) withPages(named []news.Outlet) []news.Outlet {
	has := map[string]bool{}
	for _, m := range f.members {
		has[m.Article.Outlet.Key()] = true
	}
	for _, o := range named {
		has[o.Key()] = true
	}
	more := slices.Clone(f.pageCredits)
	for _, r := range f.pages {
		more = append(more, r.Article.Outlet)
	}
	slices.SortFunc(more, func(a, b news.Outlet) int {
		return cmp.Or(cmp.Compare(a.Key(), b.Key()), cmp.Compare(a.Name, b.Name))
	})
	for _, o := range more {
		if k := o.Key(); k != "" && !has[k] {
			has[k] = true
			named = append(named, o)
		}
	}
	return named
}

// page weighs the page of an outlet without members, and reports whether there is one. A page of another outlet that this
// outlet signed shows this outlet's text.
func (c *contender) page(f *weighing) bool {
	r, ok := f.pages[c.outlet.Key()]
	if s, signed := f.signed[c.outlet.Key()]; !ok && signed {
		c.url, c.title = s.Article.URL, s.Article.Title
		c.contains(s, ", and "+c.outlet.Name+" signed that")
	}
	if !ok {
		return false
	}
	c.url, c.title = r.Article.URL, r.Article.Title
	c.contains(r, "")
	if r.ownWeight > 0 {
		c.weigh("own credit", -r.ownWeight, "its page credits %s itself: “%s”", r.ownCredit.Outlet, r.ownCredit.Text)
	}
	c.pageTime(r.Article.Published, f)
	return true
}

// contains weighs the share of the members' prose that a page contains.
func (c *contender) contains(r readPage, more string) {
	if r.hasProse {
		c.weigh("containment", weightContain*r.lean, "%.0f%% of %s's text stands on the page it links to%s", 100*r.share, r.byOutlet, more)
	}
}
