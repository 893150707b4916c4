package origin

import "headwater/internal/news"

// A story may hold several texts: an agency tells in its own words what another had first, and others carry what the agency
// wrote. The story goes back to the head of the chain, and a member to the text that it carries.

// carriesMore is by how much more of a member's prose must stand in an agency's text than in the origin's.
const carriesMore = .1

// carrying gives for each member the number of the agency's own article whose text it carries where that is not the
// origin's; -1 for the others.
func (p prose) carrying(members []Candidate, origin int) []int {
	out := make([]int, len(members))
	agencies := ownAgencies(members, origin)
	known := map[int]int{} // by text
	for i, m := range members {
		out[i] = -1
		t := p.of[i]
		if i == origin || t < 0 || ownAgency(m.Article) {
			continue
		}
		at, ok := known[t]
		if !ok {
			at = p.carriedBy(t, agencies, members, origin)
			known[t] = at
		}
		out[i] = at
	}
	return out
}

// carriedBy gives the agency's article in which most of a text stands, -1 where that is not enough.
func (p prose) carriedBy(t int, agencies []int, members []Candidate, origin int) int {
	text, best, least := p.texts[t].print, -1, copyShare
	if origin >= 0 {
		least = max(least, text.Coverage(members[origin].Print)+carriesMore)
	}
	for _, i := range agencies {
		if share := text.Coverage(members[i].Print); share > least || best < 0 && share == least {
			best, least = i, share
		}
	}
	return best
}

// ownAgencies gives the numbers of agencies' own articles, the earliest of each outlet's text first, as far as there are not
// too many to compare with.
func ownAgencies(members []Candidate, origin int) []int {
	var out []int
	for i, m := range members {
		if i != origin && ownAgency(m.Article) && len(m.Print.Shingles) > 0 {
			out = append(out, i)
		}
	}
	return out[:min(len(out), maxTexts)]
}

// ownAgency says whether an article is an agency's own, at its own address.
func ownAgency(a news.Article) bool {
	return a.Outlet.Agency && a.Outlet.Domain != "" && hostOf(a.URL, a.Outlet.Domain)
}
