package locale

import (
	"math"
	"strings"
	"time"
)

// Local gives a time in the reader's zone.
func (l *Locale) Local(t time.Time) time.Time { return t.In(l.Zone) }

// Day writes the day of a time: "18 Aug", with the year where it is not that of now.
func (l *Locale) Day(t time.Time) string {
	if t = l.Local(t); t.Year() != l.Local(l.Now).Year() {
		return l.date(l.Dates.DayYear, t)
	}
	return l.date(l.Dates.Day, t)
}

// Weekday writes "Tue 18 Aug".
func (l *Locale) Weekday(t time.Time) string { return l.date(l.Dates.Weekday, l.Local(t)) }

// WeekdayYear writes "Tue 18 Aug 2026".
func (l *Locale) WeekdayYear(t time.Time) string { return l.date(l.Dates.WeekdayYear, l.Local(t)) }

// Long writes "18 August".
func (l *Locale) Long(t time.Time) string { return l.date(l.Dates.Long, l.Local(t)) }

// LongYear writes "18 August 2026".
func (l *Locale) LongYear(t time.Time) string { return l.date(l.Dates.LongYear, l.Local(t)) }

// FullDay writes "Tuesday, 18 August 2026".
func (l *Locale) FullDay(t time.Time) string { return l.date(l.Dates.Full, l.Local(t)) }

// Hour writes the time of day: "15:04" or "3:04 pm".
func (l *Locale) Hour(t time.Time) string {
	if l.TwelveHours {
		return l.Local(t).Format(l.Dates.Time12)
	}
	return l.Local(t).Format(l.Dates.Time)
}

// Clock writes the time of day, with the day where it is not that of now: "15:04", "18 Aug, 15:04".
func (l *Locale) Clock(t time.Time) string {
	if l.SameDay(t, l.Now) {
		return l.Hour(t)
	}
	return l.dateTime(l.Day(t), l.Hour(t))
}

// Full writes "Tue 18 Aug 2026, 15:04 CEST".
func (l *Locale) Full(t time.Time) string {
	return l.dateTime(l.WeekdayYear(t), l.Hour(t)+" "+l.ZoneName(t))
}

// ZoneName is what the reader's zone is called at a time: "CEST".
func (l *Locale) ZoneName(t time.Time) string { return l.Local(t).Format("MST") }

// SameDay says whether two times are of the same day of the reader.
func (l *Locale) SameDay(a, b time.Time) bool {
	year, month, day := l.Local(a).Date()
	otherYear, otherMonth, otherDay := l.Local(b).Date()
	return year == otherYear && month == otherMonth && day == otherDay
}

// Midnight is the begin of the reader's day in which a time is.
func (l *Locale) Midnight(t time.Time) time.Time {
	year, month, day := l.Local(t).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, l.Zone)
}

func (l *Locale) dateTime(date, hour string) string {
	return strings.Replace(strings.Replace(l.Dates.DateTime, "TIME", hour, 1), "DATE", date, 1)
}

// date writes a layout of package time with the names of the language.
func (l *Locale) date(layout string, t time.Time) string {
	names := []struct{ token, name string }{
		{"Monday", l.Days[t.Weekday()]}, {"Mon", l.DaysShort[t.Weekday()]}, {"January", l.Months[t.Month()-1]}, {"Jan", l.MonthsShort[t.Month()-1]},
	}
	var b strings.Builder
	for layout != "" {
		at, next := len(layout), struct{ token, name string }{}
		for _, n := range names {
			if i := strings.Index(layout, n.token); i >= 0 && i < at { // of those at one place the longer one, which is first
				at, next = i, n
			}
		}
		b.WriteString(t.Format(layout[:at]))
		b.WriteString(next.name)
		layout = layout[at+len(next.token):]
	}
	return b.String()
}

// Ago writes how long ago a time is: "3 h ago", "in 5 min"; of what is a week ago the day.
func (l *Locale) Ago(t time.Time) string {
	age := l.Now.Sub(t)
	minutes, hours := int(age.Abs().Minutes()), int(age.Abs().Hours())
	past := age >= 0
	switch {
	case age.Abs() < time.Minute:
		return l.Text("just now")
	case age >= 7*24*time.Hour:
		return l.Day(t)
	case minutes < 60 && past:
		return l.Text("%d min ago", minutes)
	case minutes < 60:
		return l.Text("in %d min", minutes)
	case hours < 24 && past:
		return l.Text("%d h ago", hours)
	case hours < 24:
		return l.Text("in %d h", hours)
	case past:
		return l.Text("%d days ago", hours/24)
	}
	return l.Text("in %d days", hours/24)
}

// WithZone is the locale in another time zone, for days that are kept in it.
func (l *Locale) WithZone(zone *time.Location) *Locale {
	other := *l
	other.Zone = zone
	return &other
}

// Span writes a duration, rounded to half hours from one hour on: "40 min", "1.5 h".
func (l *Language) Span(d time.Duration) string {
	if d < 50*time.Minute {
		return l.Text("%d min", int(math.Round(d.Minutes())))
	}
	return l.Text("%s h", l.Decimal(math.Round(d.Hours()*2)/2, 1))
}

// Duration writes a duration to the minute: "2 h 10 min".
func (l *Language) Duration(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0 && hours > 0:
		return l.Text("%d d %d h", days, hours)
	case days > 0:
		return l.Text("%d d", days)
	case hours > 0 && minutes > 0:
		return l.Text("%d h %d min", hours, minutes)
	case hours > 0:
		return l.Text("%d h", hours)
	}
	return l.Text("%d min", minutes)
}
