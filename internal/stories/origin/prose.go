package origin

import (
	"headwater/internal/stories/prints"
)

// maxTexts is with how many different texts of a story each of them is compared. Of more a sample is taken, evenly by time.
const maxTexts = 512

// prose is the different texts of a story's members.
type prose struct {
	texts []text
	of    []int // text of each member, -1 for one that has no prose of its own
	all   int   // members with prose
}

type text struct {
	print  prints.Print
	copies int
	lean   float64
}

// proseOf gathers the texts of members in the order of time. A million copies are one text.
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
			p.texts = append(p.texts, text{print: m.Print})
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

// compare finds how far each text leans to containing the others and not the other way round, from -1 to 1 on average.
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

// lean gives how far a member leans to containing the others' prose, false where there is none to compare.
func (p prose) lean(member int) (float64, bool) {
	if p.of[member] < 0 || p.all < 2 {
		return 0, false
	}
	return p.texts[p.of[member]].lean, true
}
