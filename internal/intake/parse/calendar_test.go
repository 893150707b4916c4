package parse

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCalendar looks for mistakes in the tables: whoever mends them should hear of a slip at once.
func TestCalendar(t *testing.T) {
	c, err := readCalendar(cldrNames, moreNames, zoneNames)
	if err != nil {
		t.Fatal(err)
	}
	if c.languages[0] != "en" {
		t.Errorf("the first language is %s; AM and PM count everywhere as the first language's", c.languages[0])
	}
	numbered := []string{"ja", "ko", "vi", "mn"} // their months are numbers
	for i, lang := range c.languages {
		named, days := map[int]bool{}, map[int]bool{}
		for _, meanings := range c.words {
			for _, m := range meanings {
				if m.langs.has(i) && m.kind == monthName {
					named[m.value] = true
				}
				if m.langs.has(i) && m.kind == weekdayName {
					days[m.value] = true
				}
			}
		}
		if len(named) != 12 && !slices.Contains(numbered, lang) || len(days) != 7 {
			t.Errorf("%s has names for %d months and %d weekdays", lang, len(named), len(days))
		}
	}
	for name, meanings := range c.zones {
		for _, m := range meanings {
			if m.ianaName != "" && loadZone(m.ianaName) == nil {
				t.Errorf("zones.txt: %s: no zone is called %q", name, m.ianaName)
			}
		}
		if name != strings.ToUpper(name) {
			t.Errorf("zones.txt: %s is not in capitals", name)
		}
	}
}

func TestCalendarMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"[en]\nmonths: a | b":            `calendar/more.txt:2: "months" with 2 parts is no line of a calendar`,
		"[en]\nmoons: a":                 `calendar/more.txt:2: "moons" with 1 parts is no line of a calendar`,
		"[order]\nbackwards: en":         `calendar/more.txt:2: "backwards" is no order of dates`,
		"# a remark\n\n[th]\nera: x = y": `calendar/more.txt:4: the era "x" has no number of years`,
	} {
		if _, err := readCalendar("", in, ""); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	for in, want := range map[string]string{
		"CET":          `calendar/zones.txt:1: "CET" has no zone`,
		"CET +1000000": `calendar/zones.txt:1: "+1000000" is no offset`,
	} {
		if _, err := readCalendar("", "", in); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

// TestSolar turns days of the Persian calendar into ours, leap years and ends of years among them.
func TestSolar(t *testing.T) {
	for _, day := range []struct {
		year, month, day int
		want             string
	}{
		{1400, 1, 1, "2021-03-21"},
		{1399, 12, 30, "2021-03-20"},
		{1403, 12, 30, "2025-03-20"},
		{1404, 1, 1, "2025-03-21"},
		{1401, 9, 3, "2022-11-24"},
		{1357, 11, 22, "1979-02-11"},
		{1405, 7, 30, "2026-10-22"},
		{1400, 12, 30, ""},
		{1400, 7, 31, ""},
		{1400, 13, 1, ""},
		{1200, 1, 1, ""},
	} {
		got := ""
		if y, m, d := solarToGregorian(day.year, day.month, day.day); y > 0 {
			got = time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		}
		if got != day.want {
			t.Errorf("%d-%d-%d is %q, want %q", day.year, day.month, day.day, got, day.want)
		}
	}
}
