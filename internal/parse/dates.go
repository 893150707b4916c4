package parse

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// date reads a date as feeds write them, in UTC. It returns the zero time for what is no date, for dates before 1970
// and for those more than a day after now: a date in the future is a mistake or a trick to stay on top.
func date(text string, now time.Time) time.Time {
	t, ok := readDate(text)
	if !ok || t.After(now.Add(24*time.Hour)) || t.Before(time.Unix(24*3600, 0)) {
		return time.Time{}
	}
	return t.UTC()
}

func readDate(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 100 {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123Z} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	if strings.HasSuffix(text, " GMT") {
		if t, err := time.Parse(time.RFC1123, text); err == nil {
			return t, true
		}
	}
	if t, ok := unixDate(text); ok {
		return t, true
	}
	if t, ok := isoDate(text); ok {
		return t, true
	}
	return wordDate(text)
}

// unixDate reads seconds or milliseconds since 1970, of ten or thirteen digits.
func unixDate(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, false
	case len(text) == 10:
		return time.Unix(n, 0), true
	case len(text) == 13:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

// clock is a date and time in the making; -1 marks what was not found.
type clock struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	zone                 *time.Location
	pm, am               bool
}

func newClock() clock {
	return clock{year: -1, month: -1, day: -1, hour: -1, zone: time.UTC}
}

// time puts the parts together. Days and months out of range are no date; a second of 60 is a leap second, and an
// hour of 24 is midnight.
func (c clock) time() (time.Time, bool) {
	if c.hour < 0 {
		c.hour = 0
	}
	if c.pm && c.hour < 12 {
		c.hour += 12
	}
	if c.am && c.hour == 12 {
		c.hour = 0
	}
	switch {
	case c.year < 0, c.month < 1 || c.month > 12, c.day < 1 || c.day > daysIn(c.year, c.month):
		return time.Time{}, false
	case c.hour > 24 || c.minute > 59 || c.second > 61:
		return time.Time{}, false
	}
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nanos, c.zone), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// isoDate reads ISO 8601 and its profiles: years, months, ordinal days, basic forms, "T" or a space, zones.
func isoDate(text string) (time.Time, bool) {
	c := newClock()
	day, rest := cutISO(text)
	switch digits := strings.Count(day, "-"); {
	case digits > 0 && !c.dashed(day), digits == 0 && !c.basic(day):
		return time.Time{}, false
	}
	if rest = strings.TrimSpace(rest); rest != "" && !c.clockTime(rest) {
		return time.Time{}, false
	}
	return c.time()
}

// cutISO splits the day from the time, at a "T", a space or a zone that follows the day at once.
func cutISO(text string) (day, rest string) {
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9' || r == '-':
		case r == 'T' || r == 't' || r == ' ':
			return text[:i], text[i+1:]
		default:
			return text[:i], text[i:]
		}
	}
	return text, ""
}

func (c *clock) dashed(day string) bool {
	parts := strings.Split(day, "-")
	if len(parts) > 3 || len(parts[0]) != 4 && len(parts[0]) != 2 {
		return false
	}
	c.year = fullYear(parts[0])
	if len(parts) == 2 && len(parts[1]) == 3 {
		return c.ordinal(parts[1])
	}
	c.month, c.day = number(parts[1]), 1
	if len(parts) == 3 {
		c.day = number(parts[2])
	}
	return c.year >= 0
}

func (c *clock) basic(day string) bool {
	switch len(day) {
	case 4:
		c.year, c.month, c.day = number(day), 1, 1
	case 7:
		c.year = number(day[:4])
		return c.ordinal(day[4:])
	case 8:
		c.year, c.month, c.day = number(day[:4]), number(day[4:6]), number(day[6:])
	default:
		return false
	}
	return c.year >= 1900
}

func (c *clock) ordinal(day string) bool {
	n := number(day)
	if n < 1 || n > 366 {
		return false
	}
	t := time.Date(c.year, 1, n, 0, 0, 0, 0, time.UTC)
	c.month, c.day = int(t.Month()), t.Day()
	return true
}

// clockTime reads "15:04:05.999 +01:00" and its shorter forms.
func (c *clock) clockTime(text string) bool {
	i := 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == ':' || text[i] == '.' || text[i] == ',') {
		i++
	}
	if i > 0 && !c.hours(strings.Trim(text[:i], ":.,")) {
		return false
	}
	for _, word := range strings.Fields(text[i:]) {
		if !c.meridiem(word) && !c.zoneName(word) && i == 0 {
			return false
		}
	}
	return true
}

// hours reads "15:04", "15:04:05.9" and "1504".
func (c *clock) hours(text string) bool {
	text, fraction, _ := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	parts := strings.Split(text, ":")
	if len(parts) == 1 && (len(text) == 4 || len(text) == 6) {
		parts = []string{text[:2], text[2:4], text[4:]}
	}
	if len(parts) > 4 {
		return false
	}
	c.hour = number(parts[0])
	if len(parts) > 1 {
		c.minute = number(parts[1])
	}
	if len(parts) > 2 && parts[2] != "" {
		c.second = number(parts[2])
	}
	if n := number((fraction + "000000000")[:9]); n > 0 {
		c.nanos = n
	}
	return c.hour >= 0 && c.minute >= 0 && c.second >= 0
}

func (c *clock) meridiem(word string) bool {
	switch strings.ToLower(strings.ReplaceAll(word, ".", "")) {
	case "pm":
		c.pm = true
	case "am":
		c.am = true
	default:
		return false
	}
	return true
}

// wordDate reads dates with the month as a word, in whatever order, and numeric ones with the year at the end.
func wordDate(text string) (time.Time, bool) {
	c := newClock()
	var numbers []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' || r == '|' }) {
		if !c.word(word, &numbers) {
			return time.Time{}, false
		}
	}
	if !c.numbers(numbers) {
		return time.Time{}, false
	}
	return c.time()
}

// word takes one word of a date into account. Weekdays and other words are passed over.
func (c *clock) word(word string, numbers *[]string) bool {
	first := word[0]
	switch {
	case strings.Contains(word, ":"):
		return c.timeWord(word)
	case first == '+' || first == '-' && c.hour >= 0:
		c.offset(word)
	case first >= '0' && first <= '9':
		return c.numberWord(word, numbers)
	default:
		if m := month(word); m > 0 && c.month < 0 {
			c.month = m
		} else if !c.meridiem(word) {
			c.zoneName(word)
		}
	}
	return true
}

// timeWord reads "15:04:05", with a zone or "pm" attached to it or not.
func (c *clock) timeWord(word string) bool {
	if word[0] == '+' || word[0] == '-' {
		return c.offset(word)
	}
	if i := strings.IndexByte(word, 'T'); i >= 8 {
		t, ok := isoDate(word)
		if ok {
			c.year, c.month, c.day = t.Year(), int(t.Month()), t.Day()
			c.hour, c.minute, c.second, c.zone = t.Hour(), t.Minute(), t.Second(), t.Location()
		}
		return ok
	}
	if word[0] < '0' || word[0] > '9' {
		c.zoneName(word)
		return true
	}
	if c.hour >= 0 {
		return true
	}
	i := strings.IndexFunc(word, func(r rune) bool { return (r < '0' || r > '9') && r != ':' && r != '.' })
	if i < 0 {
		return c.hours(word)
	}
	if !c.meridiem(word[i:]) {
		c.zoneName(word[i:])
	}
	return c.hours(word[:i])
}

// numberWord reads a day, a year, "2.1.2006", "1/2/2006", "2-Jan-06", "2nd", and "2010년".
func (c *clock) numberWord(word string, numbers *[]string) bool {
	parts := strings.FieldsFunc(word, func(r rune) bool {
		return r == '/' || r == '-' || r == '.' || r == '年' || r == '月' || r == '日' || r == '년' || r == '월' || r == '일'
	})
	if m := strings.TrimRight(word, "월月"); m != word && len(parts) == 1 {
		c.month = number(m)
		return true
	}
	if len(parts) == 1 && c.hour < 0 && c.month > 0 && len(*numbers) == 2 && number(parts[0]) < 24 && number(parts[0]) >= 0 {
		c.hour = number(parts[0]) // "02 Jan 2006 15 -0700"
		return true
	}
	for _, p := range parts {
		if m := month(p); m > 0 {
			c.month = m
			continue
		}
		digits := strings.TrimRightFunc(p, unicode.IsLetter)
		if number(digits) < 0 {
			return false
		}
		*numbers = append(*numbers, digits)
	}
	if len(parts) == 3 && c.month < 0 {
		*numbers = c.numeric(*numbers, strings.Contains(word, "."))
	}
	return true
}

// numeric tells day and month apart: the one over 12 is the day; with dots the day comes first, else the month.
func (c *clock) numeric(n []string, dots bool) []string {
	if len(n) != 3 {
		return n
	}
	if len(n[0]) == 4 {
		c.month = number(n[1])
		return []string{n[2], n[0]}
	}
	first, second := number(n[0]), number(n[1])
	if dots || first > 12 {
		c.month = second
		return []string{n[0], n[2]}
	}
	c.month = first
	return []string{n[1], n[2]}
}

// numbers takes day and year from what is left: the day first, unless the first can only be a year.
func (c *clock) numbers(n []string) bool {
	if c.year >= 0 {
		return true
	}
	if len(n) < 2 || c.month < 0 {
		return false
	}
	day, year := n[0], n[1]
	if len(day) == 4 || number(day) > 31 {
		day, year = year, day
	}
	c.day, c.year = number(day), fullYear(year)
	return true
}

// fullYear reads a year of two or four digits: 70 to 99 are of the last century.
func fullYear(text string) int {
	n := number(text)
	switch {
	case n < 0 || len(text) > 4:
		return -1
	case len(text) > 2:
		return n
	case n >= 70:
		return 1900 + n
	}
	return 2000 + n
}

func number(text string) int {
	if text == "" || len(text) > 9 {
		return -1
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}
