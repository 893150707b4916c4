package origin

import (
	"headwater/internal/news"
)

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
	return a.Outlet.Agency && a.Outlet.Domain != "" && hostOf(a.URL, a.Outlet.Domain)
}
