package origin

import (
	"fmt"
	"time"
)

// timesOf returns the times of the members, which are in the order of their dates. This is the only place where the dates of
// wrong clocks are corrected.
func timesOf(members []Candidate, clocks map[Clock]time.Duration) memberTimes {
	t := memberTimes{of: make([]time.Time, len(members)), offsets: make([]time.Duration, len(members))}
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
			t.of[i], t.offsets[i] = right, off
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

// clockError formats the error of a clock for readers.
func clockError(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("%s behind", (-off).Round(time.Minute))
	}
	return fmt.Sprintf("%s ahead", off.Round(time.Minute))
}

func (c *contender) time(f *weighing) {
	own, first := f.members[c.member], f.members[f.times.first]
	after := f.times.of[c.member].Sub(f.times.of[f.times.first])
	weight, said := 1.0, ""
	if own.onlyClaimed() || first.onlyClaimed() {
		weight, said = claimedTime, ", by a date from before its feed was read here"
	}
	if off := f.times.offsets[c.member]; off != 0 {
		said += fmt.Sprintf(", its clock, which is %s, put right", clockError(off))
	}
	switch {
	case len(f.members) == 1:
	case after > f.tie:
		c.weigh("time", -weight*min(weightEarliest, after.Hours()/24), "it came out %s after the earliest%s", after.Round(time.Minute), said)
	case c.member != f.times.first || f.times.of[f.times.second].Sub(f.times.of[f.times.first]) <= f.tie:
	default:
		c.weigh("time", weight*weightEarliest, "it is the earliest%s", said)
	}
}

// onlyClaimed reports whether the article's date is before its feed was first read, so that the date cannot be verified.
func (m Candidate) onlyClaimed() bool { return !m.Known.IsZero() && m.Article.Time().Before(m.Known) }

func (c *contender) pageTime(at time.Time, f *weighing) {
	if at.IsZero() {
		return
	}
	switch after := at.Sub(f.times.of[f.times.first]); {
	case after > f.tie:
		c.weigh("time", -min(weightEarliest, after.Hours()/24), "its page came out %s after the earliest here", after.Round(time.Minute))
	case -after > f.tie && -after < background:
		c.weigh("time", weightEarliest, "its page came out %s before the earliest here", (-after).Round(time.Minute))
	}
}
