package origin

import (
	"fmt"

	"headwater/internal/news"
)

// translatedProse is the share of prose in common from which two articles are in one language, whatever was read from their words.
const translatedProse = .1

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
func (c *contender) language(f *field) {
	first, ok := f.languages[c.outlet.Key()]
	m := f.members[c.member].Article
	if !ok || m.Lang == "" || m.Lang == f.members[first].Article.Lang || !f.times.of[c.member].After(f.times.of[first]) {
		return
	}
	c.weigh("translation", -weightLanguage, "%s had the report in another language before (%s, here %s)", c.outlet.Name, f.members[first].Article.Lang, m.Lang)
}

// translated says that a member is in another language than a text that came out before and that it goes back to: no words of it
// can stand there.
func translated(m, text Candidate) bool {
	a, b := m.Article.Lang, text.Article.Lang
	return a != b && !m.Article.Time().Before(text.Article.Time()) && a != "" && b != "" && m.Print.Headline != text.Print.Headline && m.Print.Coverage(text.Print) < translatedProse
}

// translation gives the role of a member that is in another language than the text it goes back to. Nothing is shared, so
// that Member.Share is 0.
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
