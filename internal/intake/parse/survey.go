package parse

import (
	"slices"
	"time"
)

// itemSelection chooses the newest items of a document that has more than max. The first pass keeps the first max items
// and records a date of each item. If later items are newer, a second pass keeps the newest by those dates.
type itemSelection struct {
	max   int
	keep  []bool  // of each item of the document in order; nil in the first walk
	dates []int64 // of each item, in Unix seconds; 0 means none
	dated bool    // at least one date is not 0
}

// lacksDates reports whether the first 2*max items have no date, so that the first pass can stop.
func (s *itemSelection) lacksDates() bool {
	return s.keep == nil && !s.dated && len(s.dates) >= 2*s.max
}

// keepsNext reports whether the item that begins is kept.
func (s *itemSelection) keepsNext() bool {
	n := len(s.dates)
	if s.keep == nil {
		return n < s.max
	}
	return n < len(s.keep) && s.keep[n]
}

// add records the item that has ended. A zero date means that the date is not known yet.
func (s *itemSelection) add(t time.Time) {
	s.dates = append(s.dates, 0)
	s.setDate(len(s.dates)-1, t)
}

func (s *itemSelection) setDate(i int, t time.Time) {
	if !t.IsZero() {
		s.dates[i], s.dated = t.Unix(), true
	}
}

// needsSecondPass reports whether later items are newer than the first max, and prepares the selection for the second pass.
func (s *itemSelection) needsSecondPass() bool {
	if s.keep != nil || len(s.dates) <= s.max {
		return false
	}
	keep := selectNewest(s.dates, s.max)
	if !slices.Contains(keep[s.max:], true) {
		return false
	}
	s.keep, s.dates = keep, s.dates[:0]
	return true
}

// selectNewest chooses limit items by their dates. An item without a date gets the date of its neighbour. Among equal dates,
// items at the newer end of the document win. The newer end is the beginning, unless most dates rise.
func selectNewest(dates []int64, limit int) []bool {
	dates = slices.Clone(dates)
	rising, last := 0, int64(0)
	for _, at := range dates {
		if at != 0 && last != 0 {
			switch {
			case at > last:
				rising++
			case at < last:
				rising--
			}
		}
		if at != 0 {
			last = at
		}
	}
	fillDates(dates)
	slices.Reverse(dates)
	fillDates(dates)
	slices.Reverse(dates)

	keep := make([]bool, len(dates))
	sorted := slices.Sorted(slices.Values(dates))
	oldest := sorted[len(sorted)-limit] // among the kept items
	left := limit
	for i, at := range dates {
		if at > oldest {
			keep[i] = true
			left--
		}
	}
	for i := range dates {
		if rising > 0 {
			i = len(dates) - 1 - i
		}
		if dates[i] == oldest && left > 0 {
			keep[i] = true
			left--
		}
	}
	return keep
}

// fillDates replaces a missing date by the date of the item before.
func fillDates(dates []int64) {
	for i := 1; i < len(dates); i++ {
		if dates[i] == 0 {
			dates[i] = dates[i-1]
		}
	}
}
