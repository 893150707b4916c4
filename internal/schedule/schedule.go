// Package schedule decides when the messages of alerts go out, from words that people type and read: "every day at 07:00",
// "weekdays at 18:30", "every 2 hours, not from 22:00 to 07:00", "at once".
//
// Parse reads such words, and cron specs, which older data hold. Schedule.String and Schedule.In write them. Schedule.Next
// gives the times, in a time zone. parse.go has the grammar, words.go the texts, cron.go the specs.
//
// # Clocks that are changed
//
// Schedules follow the clocks of their zone. A time of day that the clocks skip (02:30 on a day when they go from 02:00 to
// 03:00) is taken as the moment of the change. One that they show twice counts the first time only. Intervals are counted
// from midnight, so that "every 2 hours" fires at even hours; where the clocks are changed one interval is longer, and none
// is shorter.
package schedule

import (
	"cmp"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"headwater/internal/locale"
)

// Schedule is when an alert tells of what is new. At most one of Every, At and Cron is set. The zero value tells at once.
type Schedule struct {
	Every time.Duration // the interval between digests, one of intervals
	Days  Days          // the days of the digests, with At
	At    []Clock       // the times of the digests, ascending; at most maxTimes
	Quiet Quiet         // when nothing is told; not with At or Cron
	Cron  string        // a cron spec that no words say
}

// maxTimes is how many times of day a schedule has at most. A page has a field for each.
const maxTimes = 2

// AtOnce reports whether each story is told as it comes, except in quiet hours.
func (s Schedule) AtOnce() bool { return s.Every == 0 && len(s.At) == 0 && s.Cron == "" }

// Clock is a time of day in minutes after midnight.
type Clock int

// day is how many minutes a day has.
const day = 24 * 60

// ClockOf returns the time of day at t, in the zone of t.
func ClockOf(t time.Time) Clock { return Clock(t.Hour()*60 + t.Minute()) }

// String returns the time of day as 07:00.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// Days is a set of weekdays: the bit of a day is 1 << its time.Weekday.
type Days uint8

// Sets of days.
const (
	EveryDay Days = 1<<7 - 1
	Weekend  Days = 1<<time.Saturday | 1<<time.Sunday
	Weekdays Days = EveryDay &^ Weekend
)

// Has reports whether a day is in the set.
func (d Days) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// Quiet are the hours of each day in which nothing is told. They include From and end before To, which may be on the next
// day. There are none where the two are equal.
type Quiet struct{ From, To Clock }

// Any reports whether there are quiet hours.
func (q Quiet) Any() bool { return q.From != q.To }

func (q Quiet) has(c Clock) bool {
	if q.From < q.To {
		return c >= q.From && c < q.To
	}
	return q.Any() && (c >= q.From || c < q.To)
}

// Next returns when what comes at a time goes out: then, or later. It is the zero time if a cron spec never fires again.
func (s Schedule) Next(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	switch {
	case s.Cron != "":
		spec, err := cron.ParseStandard(s.Cron)
		if err != nil {
			return time.Time{}
		}
		return spec.Next(local)
	case len(s.At) > 0:
		return s.nextTime(local)
	case s.Every > 0:
		return s.Quiet.release(nextInterval(local, s.Every))
	}
	return s.Quiet.release(local)
}

// release returns t, or the end of the quiet hours in which it is.
func (q Quiet) release(t time.Time) time.Time {
	c := ClockOf(t)
	if !q.has(c) {
		return t
	}
	on := t
	if c >= q.From && q.From > q.To {
		on = t.AddDate(0, 0, 1)
	}
	if end := q.To.on(on); end.After(t) {
		return end
	}
	return t // clocks were put back: the quiet hours have ended when these showed To the first time
}

// nextInterval returns the first time after t that is a multiple of every after midnight, by the clocks.
func nextInterval(t time.Time, every time.Duration) time.Time {
	step := Clock(every / time.Minute)
	t = t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	for {
		t = t.Add(time.Duration(step-ClockOf(t)%step) * time.Minute)
		if ClockOf(t)%step == 0 { // it is not where the clocks were changed in between
			return t
		}
	}
}

// nextTime returns the first of the times of At after t.
func (s Schedule) nextTime(t time.Time) time.Time {
	noon := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) // of t's date; UTC has each date once
	for ; ; noon = noon.AddDate(0, 0, 1) {
		if !s.Days.Has(noon.Weekday()) {
			continue
		}
		for _, c := range s.At {
			next := c.on(time.Date(noon.Year(), noon.Month(), noon.Day(), 12, 0, 0, 0, t.Location()))
			if next.After(t) && next.Day() == noon.Day() { // a zone that changes sides of the date line skips a day
				return next
			}
		}
	}
}

// on returns the first moment of t's day at which the clocks of t's zone show c, or have skipped it.
func (c Clock) on(t time.Time) time.Time {
	at := time.Date(t.Year(), t.Month(), t.Day(), 0, int(c), 0, 0, t.Location())
	from, until := at.ZoneBounds()
	switch shown := ClockOf(at); {
	case shown == c && !from.IsZero():
		// The clocks may have shown it before they were put back.
		_, before := from.Add(-1).Zone()
		_, now := at.Zone()
		if first := at.Add(time.Duration(now-before) * time.Second); first.Before(from) {
			return first
		}
	case shown == c:
	case time.Duration(shown-c+day)%day < day/2: // shown is later: at is after the change
		return from
	default:
		return until
	}
	return at
}

// Zone returns a time zone by its name in the IANA database, such as Europe/Berlin. "" is UTC.
func Zone(name string) (*time.Location, error) {
	zone := locale.Zone(name)
	if zone == nil && name != "" {
		return time.UTC, &Error{Text: name, Problem: "there is no such time zone", Example: "Europe/Berlin", zone: true}
	}
	return cmp.Or(zone, time.UTC), nil
}

// ZoneOf is Zone with UTC for a name that is not known any more.
func ZoneOf(name string) *time.Location {
	zone, _ := Zone(name)
	return zone
}
