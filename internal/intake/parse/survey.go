package parse

import (
	"slices"
	"time"
)

// A document of more items than are read is walked to its end, so that the newest can be told from the others. The first
// walk notes a date an item and keeps the first items only; where others are newer, a second walk keeps those.

// itemSelection is what the first walk notes, and what the second goes by.
type itemSelection struct {
	max   int
	keep  []bool  // of each item of the document, in its order; nil in the first walk
	dates []int64 // of each item, in Unix seconds; 0 is none
	dated bool    // one of them is not 0
}

// lacksDates says that twice as many items as are kept have no date, so that the first walk need not go on.
func (s *itemSelection) lacksDates() bool {
	return s.keep == nil && !s.dated && len(s.dates) >= 2*s.max
}

// keepsNext says whether the item that begins is kept.
func (s *itemSelection) keepsNext() bool {
	n := len(s.dates)
	if s.keep == nil {
		return n < s.max
	}
	return n < len(s.keep) && s.keep[n]
}

// add notes the item that has ended; its date is zero where it is not known yet.
func (s *itemSelection) add(t time.Time) {
	s.dates = append(s.dates, 0)
	s.setDate(len(s.dates)-1, t)
}

func (s *itemSelection) setDate(i int, t time.Time) {
	if !t.IsZero() {
		s.dates[i], s.dated = t.Unix(), true
	}
}

// needsSecondPass says that other items than the first are newer, and makes the survey ready for the walk that keeps them.
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

// selectNewest chooses so many items by their dates. One without a date is as old as its neighbour. Of equal ones those count
// as newer that stand where the document has its newer items: at its beginning where nothing says otherwise.
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
	oldest := sorted[len(sorted)-limit] // of those that are kept
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

// fillDates gives items without a date that of the one before.
func fillDates(dates []int64) {
	for i := 1; i < len(dates); i++ {
		if dates[i] == 0 {
			dates[i] = dates[i-1]
		}
	}
}
