package origin

import (
	"fmt"
	"time"
)

// Clock is whose dates are meant: an outlet's, as one feed gives them. Two feeds of one outlet may come from two systems.
type Clock struct {
	Feed   int64
	Outlet string // key
}

// times is when the members came out, by dates that are put right where the clock behind them is known to be wrong.
type times struct {
	of            []time.Time
	off           []time.Duration // by which each was put right, 0 for most
	first, second int             // numbers of the earliest and the next; the same where there is one member
}

// timesOf gives the times of members, which are in the order of their dates.
func timesOf(members []Candidate, clocks map[Clock]time.Duration) times {
	t := times{of: make([]time.Time, len(members)), off: make([]time.Duration, len(members))}
	for i, m := range members {
		a := m.Article
		t.of[i] = a.Time()
		off, known := clocks[Clock{a.FeedID, a.Outlet.Key()}]
		if !known || a.Published.IsZero() || !dated(a) {
			continue
		}
		right := a.Published.Add(-off)
		if right.After(a.Seen) && !a.Seen.IsZero() {
			right = a.Seen
		}
		if !right.Equal(t.of[i]) {
			t.of[i], t.off[i] = right, off
		}
	}
	for i := range members {
		switch {
		case i == 0:
		case t.of[i].Before(t.of[t.first]):
			t.first, t.second = i, t.first
		case t.second == t.first || t.of[i].Before(t.of[t.second]):
			t.second = i
		}
	}
	return t
}

// wrong says in words how a clock is wrong.
func wrong(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("%s behind", (-off).Round(time.Minute))
	}
	return fmt.Sprintf("%s ahead", off.Round(time.Minute))
}
