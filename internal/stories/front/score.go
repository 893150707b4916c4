package front

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

const (
	halfLife   = 24 * time.Hour
	reachShare = .4 // of log2 of the outlets of a story, and of the reports of an affair
	langShare  = .2 // of log2 of the languages of an affair
	otherLang  = .3 // factor of a story that is not told in one of the reader's languages
)

// weigh sets the score and the counts of an event, and orders its stories.
func (e *Event) weigh() {
	byOrigin := map[string][]float64{}
	outlets := map[string]bool{}
	for _, s := range e.Stories {
		byOrigin[s.Origin] = append(byOrigin[s.Origin], s.worth)
		for _, m := range s.Members {
			outlets[m.Outlet] = true
		}
	}
	e.Score, e.Outlets, e.Independent = 0, len(outlets), len(byOrigin)
	if byOrigin[""] != nil {
		e.Independent-- // nobody is known
	}
	for _, origin := range slices.Sorted(maps.Keys(byOrigin)) { // in one order, since sums of floats depend on it
		for n, w := range descending(byOrigin[origin]) {
			e.Score += w / float64(n+1)
		}
	}
	slices.SortFunc(e.Stories, func(a, b Story) int {
		return cmp.Or(cmp.Compare(b.worth, a.worth), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
}

// breadth is the factor of an affair's score for how often it is told, and in how many languages. A report is a story by an
// outlet that carries it. What one outlet alone tells is one report.
func (e Event) breadth() float64 {
	reports, langs := 0, map[string]bool{}
	for _, s := range e.Stories {
		reports += s.reach
		for _, m := range s.Members {
			if m.Lang != "" {
				langs[m.Lang] = true
			}
		}
	}
	if e.Outlets == 1 {
		reports = 1
	}
	return (1 + reachShare*math.Log2(float64(reports))) * (1 + langShare*math.Log2(float64(max(len(langs), 1))))
}

func descending(ws []float64) []float64 {
	slices.SortFunc(ws, func(a, b float64) int { return cmp.Compare(b, a) })
	return ws
}

func reachOf(s Story) int {
	outlets := map[string]bool{}
	for _, m := range s.Members {
		outlets[m.Outlet] = true
	}
	return len(outlets)
}

// worthOf is what a story adds to the score of its event; see the comment of the package.
func worthOf(s Story, at time.Time, r Reader) float64 {
	w := (1 + reachShare*math.Log2(float64(s.reach))) * math.Exp2(-max(at.Sub(s.First).Hours(), 0)/halfLife.Hours())
	if !slices.ContainsFunc(s.Members, func(m Member) bool { return r.reads(m.Lang) }) {
		w *= otherLang
	}
	return w
}

func (r Reader) reads(lang string) bool { return r.Langs == nil || lang == "" || r.Langs[lang] }
