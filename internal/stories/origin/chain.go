package origin

import (
	"cmp"
	"fmt"
	"slices"

	"headwater/internal/news"
)

// A chain is a blog that credits a local paper, whose text an agency wrote. Its head wrote the text, so what the chain's
// middle is credited with goes on to the head.

const (
	leastWriter  = 2.4 // weight of a member's credit from which it says who wrote its text
	passedOnPart = .9  // what a credit is worth to the outlet that it is passed on to
	leftPart     = .3  // what of it is left to the outlet that passes it on
)

// pass gives the credits of outlets that say whose text they carry to those whose it is.
func (f *field) pass() {
	writers := f.writers()
	var from []string
	for key := range writers {
		if len(f.credits[key]) > 0 {
			from = append(from, key)
		}
	}
	slices.Sort(from)
	for _, key := range from {
		head := head(writers, key)
		if head.Credited().Key() == key { // a circle
			continue
		}
		for i, x := range f.credits[key] {
			if x.byKey == head.Credited().Key() {
				continue
			}
			on := x
			on.weight, on.note = x.weight*passedOnPart, fmt.Sprintf("; and that text is credited to %s: “%s”", head.Outlet, head.Text)
			f.addCredit(head.Credited(), on)
			f.credits[key][i].weight, f.credits[key][i].note = x.weight*leftPart, "; but that text is credited to "+head.Outlet
		}
	}
	for key := range f.credits {
		sortCredits(f.credits[key])
	}
}

// head follows a chain to its end; in a circle it comes back to where it began.
func head(writers map[string]news.Claim, key string) news.Claim {
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

// writers gives for the outlets that have members whom all of these name as the writer of their text, by key. An outlet
// that has a text of its own, or texts of several, is none.
func (f *field) writers() map[string]news.Claim {
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

// writer gives the strongest credit with which a member names another outlet as the writer of its text. One
// that names many names none.
func writer(m Candidate) (news.Claim, bool) {
	var best news.Claim
	weight := 0.0
	named := map[string]bool{}
	for _, c := range m.Claims {
		w := creditWeights[c.Kind] * c.Strength
		if !writes(c.Kind) && c.Kind != news.ClaimCanonical || w < leastWriter || same(c.Credited(), m.Article.Outlet) {
			continue
		}
		named[c.Credited().Key()] = true
		if cmp.Or(cmp.Compare(w, weight), cmp.Compare(best.Outlet, c.Outlet)) > 0 {
			best, weight = c, w
		}
	}
	return best, weight > 0 && len(named) <= maxWriters
}
