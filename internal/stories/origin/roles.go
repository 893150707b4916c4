package origin

import (
	"cmp"
	"fmt"

	"headwater/internal/news"
)

// The limits for the roles, as shares of a member's own prose unless stated otherwise.
const (
	copyShare    = .6 // from which it is the same text
	excerptWords = .6 // share of the origin's length below which a copy is an excerpt
	shortProse   = 25 // words below which there is too little prose to compare
)

// roles returns the role of each member with regard to the origin or to the text that the member carries. The origin comes
// first.
func roles(o news.Origin, origin contender, members []Candidate, carries []int) []news.Member {
	reference := origin.member
	if reference < 0 {
		reference = longest(members)
	}
	out := make([]news.Member, 0, len(members))
	for i, m := range members {
		member := news.Member{Article: m.Article, Claims: m.Claims}
		switch text := carries[i]; {
		case (text < 0 || text == i) && i != reference && translated(m, members[reference]):
			member.Role, member.Evidence = translation(m, members[reference])
			if text == i {
				member.Carries = m.Article.ID // reruns of this member go back to this text
			}
		case text >= 0:
			member.Carries = members[text].Article.ID
			member.Role, member.Share = roleByText(m, members[text])
			member.Evidence = []news.Evidence{{
				Kind: "carries", Weight: member.Share,
				Detail: fmt.Sprintf("it carries the text of %s: %.0f%% of its own prose stands there", members[text].Article.Outlet.Name, 100*member.Share),
			}}
		case i == origin.member:
			member.Role, member.Share = news.RoleOriginal, 1
		case origin.member < 0 && i == reference:
			member.Role, member.Evidence = roleByCredit(m, o.Outlet)
		default:
			member.Role, member.Share = roleByText(m, members[reference])
			member.Evidence = []news.Evidence{{
				Kind: "share", Detail: fmt.Sprintf("%.0f%% of its own prose stands in the origin", 100*member.Share), Weight: member.Share,
			}}
			if m.Print.Words < shortProse {
				member.Evidence = []news.Evidence{{Kind: "headline", Detail: "it gives little more than a headline", Weight: 0}}
			}
		}
		if i == origin.member {
			out = append([]news.Member{member}, out...)
		} else {
			out = append(out, member)
		}
	}
	return out
}

// longest returns the member with the most words of prose.
func longest(members []Candidate) int {
	best := 0
	for i, m := range members {
		if m.Print.Words > members[best].Print.Words {
			best = i
		}
	}
	return best
}

// roleByCredit returns the role of a member with regard to a text that the story does not include. The first of the member's
// credits to it decides.
func roleByCredit(m Candidate, o news.Outlet) (role news.Role, evidence []news.Evidence) {
	for _, c := range m.Claims {
		if c.Credited().Key() != o.Key() {
			continue
		}
		switch {
		case role != "":
		case c.Kind == news.ClaimScoop, c.Kind == news.ClaimReport, c.Kind == news.ClaimLink, c.Kind == news.ClaimTold:
			role = news.RoleRewrite
		default:
			role = news.RoleCopy
		}
		if w := creditWeights[c.Kind] * c.Strength; w > 0 {
			evidence = append(evidence, news.Evidence{Kind: string(c.Kind), Detail: fmt.Sprintf("it credits %s: “%s”", c.Outlet, c.Text), Weight: w})
		}
	}
	return cmp.Or(role, news.RoleRewrite), evidence
}

// roleByText compares a member with the text that stands for the origin.
func roleByText(m, ref Candidate) (news.Role, float64) {
	share := m.Print.Coverage(ref.Print)
	words, full := m.Print.Words, ref.Print.Words
	switch {
	case words < shortProse && full < shortProse, m.Print.Body != 0 && m.Print.Body == ref.Print.Body:
		return news.RoleCopy, max(share, 1)
	case words < shortProse:
		return news.RoleExcerpt, share
	case share >= copyShare && float64(words) < excerptWords*float64(full):
		return news.RoleExcerpt, share
	case share >= copyShare, ref.Print.Coverage(m.Print) >= copyShare:
		return news.RoleCopy, share
	}
	return news.RoleRewrite, share
}

// translated reports whether a member is in another language than an earlier text to which it goes back. Then they share no
// words.
func translated(m, text Candidate) bool {
	a, b := m.Article.Lang, text.Article.Lang
	return a != b && !m.Article.Time().Before(text.Article.Time()) && a != "" && b != "" && m.Print.Headline != text.Print.Headline && m.Print.Coverage(text.Print) < translatedProse
}

// translation returns the role of a member that is in another language than the text to which it goes back. They share no
// words, so Member.Share is 0.
func translation(m, text Candidate) (news.Role, []news.Evidence) {
	role := news.RoleRewrite
	if m.Print.Words < shortProse {
		role = news.RoleExcerpt
	}
	return role, []news.Evidence{{
		Kind:   "translation",
		Detail: fmt.Sprintf("it is a translation of the text of %s, from %s to %s", text.Article.Outlet.Name, text.Article.Lang, m.Article.Lang),
	}}
}

// translatedProse is the share of common prose from which two articles count as being in one language, whatever language was
// detected.
const translatedProse = .1
