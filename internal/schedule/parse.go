package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is how long a schedule may be, in bytes.
const maxText = 200

// intervals are those that divide a day, so that each day has the same times.
var intervals = []time.Duration{
	5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 8 * time.Hour, 12 * time.Hour,
}

// Intervals returns the intervals that a schedule may have, the shortest first.
func Intervals() []time.Duration { return slices.Clone(intervals) }

// Error is what is wrong with a schedule, or with a part of it.
type Error struct {
	Text    string // the part that is wrong
	Problem string
	Example string // a right schedule, or a right name of a zone

	zone bool // Text is no schedule but the name of a zone
}

// Error implements error.
func (e *Error) Error() string {
	what := "schedule"
	if e.zone {
		what = "time zone"
	}
	text := e.Text
	if len(text) > maxText {
		text = text[:maxText]
	}
	return fmt.Sprintf("%s %q: %s; write it as %q", what, strings.ToValidUTF8(text, "?"), e.Problem, e.Example)
}

var (
	quietHours = regexp.MustCompile(`^(.*?),? *(?:but )?(?:not|except|quiet) (?:from|between) (.+?) (?:to|until|till|and) (.+)$`)
	interval   = regexp.MustCompile(`^(?:every|each) (?:(\S+) ?)??(hours?|h|minutes?|mins?)$`)
	timesOfDay = regexp.MustCompile(`^(?:(.+) )?at (.+)$`)
	clockText  = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{1,2}))? ?(am|pm|a\.m\.|p\.m\.|o'clock)?$`)
)

// Parse reads a schedule in English words, such as Schedule.String writes, or a cron spec. Upper and lower case are the same.
// Its errors are of type *Error.
func Parse(text string) (Schedule, error) {
	spec := strings.Join(strings.Fields(text), " ")
	if len(spec) > maxText || !utf8.ValidString(spec) {
		return Schedule{}, &Error{Text: spec, Problem: fmt.Sprintf("it is no text of at most %d bytes", maxText), Example: "every day at 07:00"}
	}
	if isCron.MatchString(spec) {
		return parseCron(spec)
	}
	rest := strings.TrimSuffix(strings.ToLower(spec), ".")
	if rest == "" {
		return Schedule{}, &Error{Text: text, Problem: "it is empty", Example: "every day at 07:00"}
	}
	var quiet Quiet
	if m := quietHours.FindStringSubmatch(rest); m != nil {
		const example = "at once, not from 22:00 to 07:00"
		var err error
		if quiet.From, err = parseClock(m[2], "", example); err != nil {
			return Schedule{}, err
		}
		if quiet.To, err = parseClock(m[3], "", example); err != nil {
			return Schedule{}, err
		}
		if !quiet.Any() {
			return Schedule{}, &Error{Text: text, Problem: "quiet hours that begin when they end leave no time", Example: example}
		}
		rest = strings.TrimSpace(m[1])
		if rest == "" {
			rest = "at once"
		}
	}
	s, err := parseWhen(rest, text)
	if err != nil {
		return Schedule{}, err
	}
	if quiet.Any() && len(s.At) > 0 {
		return Schedule{}, &Error{Text: text, Problem: "times of day need no quiet hours", Example: s.String()}
	}
	s.Quiet = quiet
	return s, nil
}

// parseWhen reads a schedule without quiet hours, in lower case. Text is as it was written.
func parseWhen(rest, text string) (Schedule, error) {
	switch rest {
	case "at once", "each", "immediately", "instantly":
		return Schedule{}, nil
	case "hourly":
		return Schedule{Every: time.Hour}, nil
	}
	if m := interval.FindStringSubmatch(rest); m != nil {
		return parseInterval(m[1], m[2], text)
	}
	m := timesOfDay.FindStringSubmatch(rest)
	if m == nil {
		if days, _, ok := parseDays(strings.TrimSuffix(rest, " at")); ok {
			return Schedule{}, &Error{Text: text, Problem: "it has no time of day", Example: Schedule{Days: days, At: []Clock{7 * 60}}.String()}
		}
		return Schedule{}, &Error{Text: text, Problem: "it is neither days with a time, nor an interval, nor at once", Example: "weekdays at 18:30"}
	}
	days, part, ok := parseDays(m[1])
	if !ok {
		return Schedule{}, &Error{Text: m[1], Problem: "these are no days of the week", Example: "Mondays and Thursdays at 09:00"}
	}
	s := Schedule{Days: days}
	for _, one := range listed(m[2]) {
		c, err := parseClock(one, part, "every day at 18:30")
		if err != nil {
			return Schedule{}, err
		}
		s.At = append(s.At, c)
	}
	slices.Sort(s.At)
	if s.At = slices.Compact(s.At); len(s.At) > maxTimes {
		return Schedule{}, &Error{Text: text, Problem: fmt.Sprintf("it has %d times of day, and %d are the most", len(s.At), maxTimes), Example: "every 4 hours, not from 22:00 to 07:00"}
	}
	return s, nil
}

// counts are the numbers that people write as words.
var counts = map[string]int{"": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30}

func parseInterval(count, unit, text string) (Schedule, error) {
	n, ok := counts[count]
	if !ok {
		var err error
		if n, err = strconv.Atoi(count); err != nil || n > day {
			n = 0
		}
	}
	every, allowed, example := time.Duration(n)*time.Hour, "1, 2, 3, 4, 6, 8 or 12 hours", "every 2 hours"
	if unit[0] == 'm' {
		every, allowed, example = time.Duration(n)*time.Minute, "5, 10, 15, 20 or 30 minutes", "every 30 minutes"
	}
	if !slices.Contains(intervals, every) {
		return Schedule{}, &Error{Text: text, Problem: "an interval has to divide the day or the hour: " + allowed, Example: example}
	}
	return Schedule{Every: every}, nil
}

// dayNames are the days by the beginnings of their names.
var dayNames = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// parseDays reads days of the week, in lower case, "" for every day. It returns also the part of the day that it names:
// morning, afternoon, evening or "".
func parseDays(text string) (days Days, part string, ok bool) {
	text = strings.TrimPrefix(text, "on ")
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "every "), "each "))
	switch strings.TrimSuffix(name, "s") {
	case "", "day", "daily":
		return EveryDay, "", true
	case "morning", "afternoon", "evening":
		return EveryDay, strings.TrimSuffix(name, "s"), true
	case "weekday", "working day", "workday":
		return Weekdays, "", true
	case "weekend":
		return Weekend, "", true
	}
	for _, one := range listed(name) {
		first, last, isRange := strings.Cut(strings.ReplaceAll(one, " to ", "-"), "-")
		from, known := parseDay(first)
		to := from
		if isRange {
			var knownTo bool
			to, knownTo = parseDay(last)
			known = known && knownTo
		}
		if !known {
			return 0, "", false
		}
		for d := from; ; d = (d + 1) % 7 {
			days |= 1 << d
			if d == to {
				break
			}
		}
	}
	return days, "", days != 0
}

func parseDay(name string) (time.Weekday, bool) {
	name = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(name, "every ")), ".")
	if len(name) < 3 {
		return 0, false
	}
	d, ok := dayNames[name[:3]]
	return d, ok && strings.HasPrefix(strings.ToLower(d.String())+"s", name)
}

// listed splits "a, b and c".
func listed(text string) []string {
	parts := strings.FieldsFunc(strings.ReplaceAll(strings.ReplaceAll(text, " and ", ","), "&", ","), func(r rune) bool { return r == ',' })
	var out []string
	for _, one := range parts {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// parseClock reads a time of day in lower case. Part is the part of the day in which it is, or "".
func parseClock(text, part, example string) (Clock, error) {
	text = strings.TrimSpace(text)
	wrong := func(problem string) error { return &Error{Text: text, Problem: problem, Example: example} }
	switch text {
	case "noon":
		return day / 2, nil
	case "midnight":
		return 0, nil
	}
	m := clockText.FindStringSubmatch(text)
	if m == nil {
		return 0, wrong("it is no time of day")
	}
	hour, _ := strconv.Atoi(m[1])   // two digits at most
	minute, _ := strconv.Atoi(m[2]) // likewise, or ""
	switch {
	case m[2] != "" && len(m[2]) != 2:
		return 0, wrong("minutes have two digits")
	case minute > 59:
		return 0, wrong("minutes go from 00 to 59")
	case hour > 23:
		return 0, wrong("hours go from 0 to 23")
	}
	if half := strings.ReplaceAll(m[3], ".", ""); half == "am" || half == "pm" {
		if hour < 1 || hour > 12 {
			return 0, wrong("hours with am or pm go from 1 to 12")
		}
		hour %= 12
		if half == "pm" {
			hour += 12
		}
	} else if (part == "afternoon" || part == "evening") && hour > 0 && hour < 12 {
		hour += 12
	}
	c := Clock(hour*60 + minute)
	if part == "morning" && c >= day/2 || part == "afternoon" && (c < day/2 || c >= 18*60) || part == "evening" && c < 17*60 {
		return 0, wrong("it is not in the " + part)
	}
	return c, nil
}
