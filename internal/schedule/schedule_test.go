package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/schedule"
)

// TestWords reads schedules as people write them, and writes each in one way.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"at once":                                "at once",
		"each":                                   "at once", // of older data
		" Immediately. ":                         "at once",
		"at once, not from 22:00 to 07:00":       "at once, not from 22:00 to 07:00",
		"at once but not between 10 pm and 7 am": "at once, not from 22:00 to 07:00",
		"quiet from 22 to 7":                     "at once, not from 22:00 to 07:00",
		"every hour":                             "every hour",
		"hourly":                                 "every hour",
		"every 1 hours":                          "every hour",
		"every 2 hours":                          "every 2 hours",
		"Every two hours, not from midnight to 6":    "every 2 hours, not from 00:00 to 06:00",
		"every 30 minutes":                           "every 30 minutes",
		"each 15min":                                 "every 15 minutes",
		"every 60 minutes":                           "every hour",
		"at 7":                                       "every day at 07:00",
		"daily at 7.30":                              "every day at 07:30",
		"every day at noon":                          "every day at 12:00",
		"every morning at 7":                         "every day at 07:00",
		"every evening at 7":                         "every day at 19:00",
		"every afternoon at 3:15 pm":                 "every day at 15:15",
		"every day at 12 am":                         "every day at 00:00",
		"every day at 12pm":                          "every day at 12:00",
		"every day at 19 and 7":                      "every day at 07:00 and 19:00",
		"weekdays at 18:30":                          "weekdays at 18:30",
		"on weekdays at 18:30":                       "weekdays at 18:30",
		"every weekend at 9":                         "weekends at 09:00",
		"Mondays at 9":                               "Mondays at 09:00",
		"every Monday at 9":                          "Mondays at 09:00",
		"every Mon, Wed and every Fri. at 9 o'clock": "Mondays, Wednesdays and Fridays at 09:00",
		"mon-fri at 8":                               "weekdays at 08:00",
		"Friday to Monday at 8":                      "Mondays, Fridays, Saturdays and Sundays at 08:00",
		"saturdays & sundays at 8":                   "weekends at 08:00",
		"0 7 * * *":                                  "every day at 07:00",
		"30 18 * * 1-5":                              "weekdays at 18:30",
		"0 9 * * 1":                                  "Mondays at 09:00",
		"0 7,19 * * 0,6":                             "weekends at 07:00 and 19:00",
		"0 */2 * * *":                                "every 2 hours",
		"*/15 * * * *":                               "every 15 minutes",
		"@daily":                                     "every day at 00:00",
		"@weekly":                                    "Sundays at 00:00",
		"0 7 1 * *":                                  "0 7 1 * *",
		"*/7 * * * *":                                "*/7 * * * *",
		"0 7 * * MON":                                "0 7 * * MON",
		"0 7,12,19 * * *":                            "0 7,12,19 * * *",
		"@every 5h":                                  "@every 5h",
	} {
		s, err := schedule.Parse(text)
		if err != nil || s.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, s, err, want)
		}
	}
}

// TestWrong says what is wrong with a schedule, and gives an example that is right.
func TestWrong(t *testing.T) {
	for text, says := range map[string]string{
		"":                                     "it is empty",
		"   ":                                  "it is empty",
		"sometimes":                            "it is neither days with a time, nor an interval, nor at once",
		"weekdays":                             `it has no time of day; write it as "weekdays at 07:00"`,
		"every morning":                        "it has no time of day",
		"Mondays and Fridays":                  `write it as "Mondays and Fridays at 07:00"`,
		"every day at 25:00":                   `schedule "25:00": hours go from 0 to 23`,
		"every day at 24:00":                   "hours go from 0 to 23",
		"every day at 7:60":                    "minutes go from 00 to 59",
		"every day at 7:5":                     "minutes have two digits",
		"every day at 13 pm":                   "hours with am or pm go from 1 to 12",
		"every day at seven":                   `"seven": it is no time of day`,
		"every day at":                         "it has no time of day",
		"every day at -7":                      "it is no time of day",
		"every morning at 19":                  "it is not in the morning",
		"every evening at 16:00":               "it is not in the evening",
		"every day at 7, 8 and 9":              "it has 3 times of day, and 2 are the most",
		"Blursdays at 9":                       `"blursdays": these are no days of the week`,
		"m at 9":                               "these are no days of the week",
		"every 5 hours":                        "an interval has to divide the day",
		"every 0 hours":                        "an interval has to divide the day",
		"every -2 hours":                       "an interval has to divide the day",
		"every 99999999999999999999 hours":     "an interval has to divide the day",
		"every 7 minutes":                      "5, 10, 15, 20 or 30 minutes",
		"every few hours":                      "an interval has to divide the day",
		"at once, not from 22:00 to 22:00":     "leave no time",
		"at once, not from 22:00 to 27":        "hours go from 0 to 23",
		"at 7, not from 22:00 to 07:00":        "times of day need no quiet hours",
		"0 25 * * *":                           "it is neither words nor a cron spec",
		"0 7 31 2 *":                           "it never fires",
		"CRON_TZ=UTC 0 7 * * *":                "it names a time zone",
		"TZ=":                                  "it names a time zone",
		"@sometimes":                           "it is neither words nor a cron spec",
		"every day at 7\xff":                   "it is no text",
		strings.Repeat("every day ", 30):       "it is no text of at most 200 bytes",
		"<script>alert(1)</script> at 7":       "these are no days of the week",
		"every day at 7; DROP TABLE alerts":    "it is no time of day",
		"\u202eevery day at 7":                 "these are no days of the week",
		"every day at ٧":                       "it is no time of day",
		"every day at 7 and 25 and 8 and 9:99": "hours go from 0 to 23",
	} {
		_, err := schedule.Parse(text)
		var wrong *schedule.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; want %q", text, err, says)
			continue
		}
		if _, err := schedule.Parse(wrong.Example); err != nil {
			t.Errorf("%q: the example is wrong as well: %v", text, err)
		}
	}
}

// schedules draws any schedule that words say.
func schedules(t *rapid.T) schedule.Schedule {
	clock := rapid.Map(rapid.IntRange(0, 24*60-1), func(m int) schedule.Clock { return schedule.Clock(m) })
	var s schedule.Schedule
	switch rapid.SampledFrom([]string{"once", "every", "at"}).Draw(t, "kind") {
	case "every":
		s.Every = rapid.SampledFrom(schedule.Intervals()).Draw(t, "every")
	case "at":
		s.Days = schedule.Days(rapid.IntRange(1, int(schedule.EveryDay)).Draw(t, "days"))
		s.At = []schedule.Clock{clock.Draw(t, "at")}
		if second := clock.Draw(t, "and at"); second > s.At[0] {
			s.At = append(s.At, second)
		}
		return s
	}
	if rapid.Bool().Draw(t, "quiet") {
		s.Quiet.From = clock.Draw(t, "from")
		s.Quiet.To = clock.Filter(func(c schedule.Clock) bool { return c != s.Quiet.From }).Draw(t, "to")
	}
	return s
}

// TestRoundTrip reads what is written.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := schedules(t)
		got, err := schedule.Parse(s.String())
		if diff := cmp.Diff(s, got); err != nil || diff != "" {
			t.Fatalf("%q: %v\n%s", s, err, diff)
		}
	})
}

// FuzzParse writes what it reads in a form that reads back as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"weekdays at 18:30", "every 2 hours, not from 22 to 7", "0 7 * * 1-5", "@every 1h", "at once"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.Parse(text)
		if err != nil {
			return
		}
		again, err := schedule.Parse(s.String())
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Fatalf("%q became %q: %v\n%s", text, s, err, diff)
		}
	})
}

// TestChangedClocks follows schedules over the days on which clocks are changed. Berlin's go from 02:00 to 03:00 on
// 29 March 2026 and from 03:00 to 02:00 on 25 October; Lord Howe's by half an hour; Beirut's at midnight.
func TestChangedClocks(t *testing.T) {
	for _, tt := range []struct {
		schedule, zone, after string
		want                  []string // in UTC
	}{
		{"every day at 07:00", "Europe/Berlin", "2026-03-28T00:00:00Z", []string{"2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z", "2026-03-30T05:00:00Z"}},
		{"every day at 07:00", "", "2026-03-28T00:00:00Z", []string{"2026-03-28T07:00:00Z", "2026-03-29T07:00:00Z"}},
		{"every day at 02:30", "Europe/Berlin", "2026-03-28T00:00:00Z", []string{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"every day at 02:30", "Europe/Berlin", "2026-10-24T00:00:00Z", []string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"every day at 02:30", "America/New_York", "2026-03-08T00:00:00Z", []string{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
		{"every day at 00:00", "Asia/Beirut", "2026-03-28T12:00:00Z", []string{"2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"}},
		{"every day at 02:10", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:10:00Z"}},
		{"every day at 07:00", "Pacific/Apia", "2011-12-29T17:30:00Z", []string{"2011-12-30T17:00:00Z", "2011-12-31T17:00:00Z"}}, // there was no 30 December
		{"every hour", "Europe/Berlin", "2026-03-29T00:30:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		{"every hour", "Europe/Berlin", "2026-10-24T23:30:00Z", []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
		{"every 2 hours", "Europe/Berlin", "2026-03-28T22:30:00Z", []string{"2026-03-28T23:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T04:00:00Z"}},
		{"every 2 hours, not from 22:00 to 07:00", "Europe/Berlin", "2026-06-01T17:00:00Z", []string{"2026-06-01T18:00:00Z", "2026-06-02T05:00:00Z", "2026-06-02T06:00:00Z"}},
		{"weekdays at 18:30", "Asia/Kolkata", "2026-12-04T12:00:00Z", []string{"2026-12-04T13:00:00Z", "2026-12-07T13:00:00Z"}},
		{"Mondays at 9 and 17", "Europe/Berlin", "2026-12-02T12:00:00Z", []string{"2026-12-07T08:00:00Z", "2026-12-07T16:00:00Z", "2026-12-14T08:00:00Z"}},
		{"0 7 1 * *", "Europe/Berlin", "2026-12-02T12:00:00Z", []string{"2027-01-01T06:00:00Z"}},
	} {
		s, err := schedule.Parse(tt.schedule)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := schedule.Zone(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := instant(t, tt.after)
		for i, want := range tt.want {
			at = s.Next(at, zone)
			if !at.Equal(instant(t, want)) {
				t.Errorf("%s in %s, time %d: %s, want %s", tt.schedule, tt.zone, i, at.UTC().Format(time.RFC3339), want)
				at = instant(t, want)
			}
		}
	}
}

// TestQuiet holds back what comes in quiet hours until their end.
func TestQuiet(t *testing.T) {
	for _, tt := range []struct{ schedule, zone, at, want string }{
		{"at once", "Europe/Berlin", "2026-06-01T21:00:00Z", "2026-06-01T21:00:00Z"},
		{"at once, not from 22:00 to 07:00", "Europe/Berlin", "2026-06-01T19:59:59Z", "2026-06-01T19:59:59Z"},
		{"at once, not from 22:00 to 07:00", "Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02T05:00:00Z"},
		{"at once, not from 22:00 to 07:00", "Europe/Berlin", "2026-06-02T04:59:59Z", "2026-06-02T05:00:00Z"},
		{"at once, not from 22:00 to 07:00", "Europe/Berlin", "2026-06-02T05:00:00Z", "2026-06-02T05:00:00Z"},
		{"at once, not from 12:00 to 13:30", "", "2026-06-02T12:10:00Z", "2026-06-02T13:30:00Z"},
		{"at once, not from 22:00 to 02:30", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z"}, // 02:30 is skipped
		{"at once, not from 22:00 to 02:30", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"},
		{"at once, not from 22:00 to 02:30", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T01:10:00Z"}, // 02:10 the second time
	} {
		s, err := schedule.Parse(tt.schedule)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Next(instant(t, tt.at), schedule.ZoneOf(tt.zone)); !got.Equal(instant(t, tt.want)) {
			t.Errorf("%s in %s at %s: %s, want %s", tt.schedule, tt.zone, tt.at, got.UTC().Format(time.RFC3339), tt.want)
		}
	}
}

// TestTimesOfDay compares the next time with what the clocks show minute by minute.
func TestTimesOfDay(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"}
	rapid.Check(t, func(t *rapid.T) {
		s := schedules(t)
		if len(s.At) == 0 {
			t.Skip("no times of day")
		}
		zone := schedule.ZoneOf(rapid.SampledFrom(zones).Draw(t, "zone"))
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		next := s.Next(from, zone)
		if !next.After(from) || next.Sub(from) > 8*24*time.Hour {
			t.Fatalf("%s after %s is %s", s, from, next)
		}
		shown := next.In(zone)
		if !s.Days.Has(shown.Weekday()) {
			t.Fatalf("%s fires on a %s", s, shown.Weekday())
		}
		exact := schedule.ClockOf(shown) == s.At[0] || schedule.ClockOf(shown) == s.At[len(s.At)-1]
		if start, _ := shown.ZoneBounds(); !exact && !shown.Equal(start) {
			t.Fatalf("%s fires at %s, which is none of its times and no change of the clocks", s, shown)
		}
		for at := from.Add(time.Minute).In(zone); at.Before(next); at = at.Add(time.Minute) {
			for _, c := range s.At {
				if schedule.ClockOf(at) != c || !s.Days.Has(at.Weekday()) {
					continue
				}
				// It may be left out only where the clocks show it the second time.
				start, _ := at.ZoneBounds()
				_, before := start.Add(-1).Zone()
				_, now := at.Zone()
				if earlier := at.Add(time.Duration(now-before) * time.Second); now >= before || !earlier.Before(start) {
					t.Fatalf("%s after %s leaves out %s and fires at %s", s, from, at, next)
				}
			}
		}
	})
}

// TestZones refuses zones that there are not, and uses UTC for those that are gone.
func TestZones(t *testing.T) {
	for _, name := range []string{"Mars/Olympus", "Local", "../etc/passwd", "\x00", "CEST+1", strings.Repeat("a", 1000)} {
		zone, err := schedule.Zone(name)
		if err == nil || zone != time.UTC || !strings.Contains(err.Error(), `write it as "Europe/Berlin"`) {
			t.Errorf("%.20q: %v, %v", name, zone, err)
		}
		if schedule.ZoneOf(name) != time.UTC {
			t.Errorf("%.20q is a zone", name)
		}
	}
	if zone, err := schedule.Zone(""); err != nil || zone != time.UTC {
		t.Errorf("none: %v, %v", zone, err)
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
