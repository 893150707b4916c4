package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Words write a schedule for a reader.
type Words struct {
	Text  func(format string, values ...any) string // gives a text in the reader's language
	Clock func(Clock) string                        // gives a time of day
}

// english writes what Parse reads.
var english = Words{Text: fmt.Sprintf, Clock: Clock.String}

// String returns the schedule in English words, or as a cron spec. Parse reads it back.
func (s Schedule) String() string {
	if s.Cron != "" {
		return s.Cron
	}
	return s.In(english)
}

// In returns the schedule in a reader's words. A cron spec that no words say is "at times of its own".
func (s Schedule) In(w Words) string {
	var text string
	switch {
	case s.Cron != "":
		return w.Text("at times of its own")
	case len(s.At) > 0:
		times := make([]string, len(s.At))
		for i, c := range s.At {
			times[i] = w.Clock(c)
		}
		return w.Text("%s at %s", s.Days.In(w), w.list(times))
	case s.Every == time.Hour:
		text = w.Text("every hour")
	case s.Every > 0 && s.Every%time.Hour == 0:
		text = w.Text("every %d hours", int(s.Every/time.Hour))
	case s.Every > 0:
		text = w.Text("every %d minutes", int(s.Every/time.Minute))
	default:
		text = w.Text("at once")
	}
	if s.Quiet.Any() {
		text = w.Text("%s, not from %s to %s", text, w.Clock(s.Quiet.From), w.Clock(s.Quiet.To))
	}
	return text
}

// In returns the days in a reader's words.
func (d Days) In(w Words) string {
	switch d {
	case EveryDay:
		return w.Text("every day")
	case Weekdays:
		return w.Text("weekdays")
	case Weekend:
		return w.Text("weekends")
	}
	var names []string
	for _, one := range []struct {
		day  time.Weekday
		name string
	}{
		{time.Monday, w.Text("Mondays")},
		{time.Tuesday, w.Text("Tuesdays")},
		{time.Wednesday, w.Text("Wednesdays")},
		{time.Thursday, w.Text("Thursdays")},
		{time.Friday, w.Text("Fridays")},
		{time.Saturday, w.Text("Saturdays")},
		{time.Sunday, w.Text("Sundays")},
	} {
		if d.Has(one.day) {
			names = append(names, one.name)
		}
	}
	return w.list(names)
}

// String returns the days in English words. Parse reads them back.
func (d Days) String() string { return d.In(english) }

// list joins names by commas and an "and".
func (w Words) list(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return w.Text("%s and %s", strings.Join(names[:last], ", "), names[last])
}
