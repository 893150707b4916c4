package web

import (
	"time"

	"headwater/internal/locale"
	"headwater/internal/search"
)

// Sizes of a chart in units of its drawing, which is stretched to the width of the page.
const (
	chartDays   = 30
	chartStep   = 20 // from bar to bar
	chartHeight = 100
	barGap      = 4
	leastBar    = 3 // of a day with a story, so that it is seen
)

// chart is how many stories a topic had on each of the last days, in UTC.
type chart struct {
	Bars          []bar
	Width, Height int
	Most          string // of one day
	First, Last   string // days
	Words         string // what it shows, in a sentence
}

// bar is one day of a chart.
type bar struct {
	X, Y, Width, Height int
	Day                 string // "Tue 18 Aug 2026"
	Count               string // "12 stories"
	URL                 string // of the search for them; empty where there are none
}

// chartOf draws 30 days through today. Where the newest story is of a later day, or older than all of these, they end with it.
func chartOf(days []search.FacetValue, l *locale.Locale, link func(day string) string) *chart {
	utc := l.WithZone(time.UTC) // the index counts by days in UTC
	last := l.Now.UTC().Truncate(24 * time.Hour)
	counts := map[time.Time]int{}
	var newest time.Time
	for _, d := range days {
		day, err := time.Parse(time.DateOnly, d.Name)
		if err != nil {
			continue
		}
		counts[day] = d.Count
		if day.After(newest) {
			newest = day
		}
	}
	first := last.AddDate(0, 0, 1-chartDays)
	old := !newest.IsZero() && newest.Before(first)
	if old || newest.After(last) {
		last, first = newest, newest.AddDate(0, 0, 1-chartDays)
	}
	most, busiest := 0, first
	for day, n := range counts {
		if day.Before(first) {
			continue
		}
		if n > most || n == most && day.After(busiest) {
			most, busiest = n, day
		}
	}
	c := &chart{Width: chartDays * chartStep, Height: chartHeight, Most: l.Number(most), First: utc.Day(first), Last: utc.Day(last)}
	for i := range chartDays {
		day := first.AddDate(0, 0, i)
		n := counts[day]
		b := bar{X: i*chartStep + barGap/2, Width: chartStep - barGap, Day: utc.WeekdayYear(day), Count: l.Text("%d stories", n)}
		if n > 0 {
			b.Height = max(leastBar, n*chartHeight/most)
			b.URL = link(day.Format(time.DateOnly))
		}
		b.Y = chartHeight - b.Height
		c.Bars = append(c.Bars, b)
	}
	span := l.Text("Stories a day (UTC) from %s to %s", utc.Long(first), utc.LongYear(last))
	if newest.IsZero() {
		c.Words = l.Text("%s: none, since none has a known date.", span)
		return c
	}
	c.Words = l.Text("%s: %s on the busiest day, %s.", span, l.Text("%d stories", most), utc.Long(busiest))
	if old {
		c.Words += " " + l.Text("There was none since.")
	}
	return c
}
