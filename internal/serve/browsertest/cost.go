package browsertest

import (
	_ "embed"
	"fmt"
)

//go:embed cost.js
var costScript string

// Cost is what the page costs its reader since it was opened.
type Cost struct {
	Page    int     // bytes of bodies as they were sent, without pictures; what the browser had kept counts as well
	Scripts int     // those of them that are scripts
	Shift   float64 // how much of what was shown has moved by itself, as browsers count it (cumulative layout shift)
	Shifted string  // what moved
	Paint   float64 // milliseconds from the request until something was shown (first contentful paint)
}

// Limits of what a page may cost.
const (
	maxScripts = 30_000
	maxPage    = 60_000
)

// Cost says what the page has cost so far. A service worker hides how much was sent.
func (tab *Tab) Cost() Cost {
	tab.t.Helper()
	return Eval[Cost](tab, costScript)
}

// Faults says which limits the cost is beyond. Nothing that is shown may move by itself.
func (c Cost) Faults() (faults []string) {
	for _, limit := range []struct {
		what      string
		cost, max int
	}{{"scripts", c.Scripts, maxScripts}, {"the page without pictures", c.Page, maxPage}} {
		if limit.cost > limit.max {
			faults = append(faults, fmt.Sprintf("%s: %d bytes, at most %d", limit.what, limit.cost, limit.max))
		}
	}
	if c.Page == 0 || c.Scripts == 0 || c.Paint == 0 {
		faults = append(faults, fmt.Sprintf("the browser does not say what the page costs: %+v", c))
	}
	if c.Shift > 0 {
		faults = append(faults, fmt.Sprintf("what is shown moves by itself, by %.4f: %s", c.Shift, c.Shifted))
	}
	return faults
}
