package schedule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// isCron matches what is written as a cron spec, right or wrong.
var isCron = regexp.MustCompile(`^(@\S+.*|[0-9*?/,-]+ [0-9*?/,-]+ \S+ \S+ \S+|(?i:cron_)?(?i:tz)=.*)$`)

// parseCron reads a cron spec of the standard syntax (robfig/cron). What words say as well becomes these.
func parseCron(spec string) (Schedule, error) {
	const example = "weekdays at 07:00"
	if strings.Contains(strings.ToUpper(spec), "TZ=") { // cron panics at some of these
		return Schedule{}, &Error{Text: spec, Problem: "it names a time zone, which is given apart from the schedule", Example: example}
	}
	if s, ok := wordsOfCron(spec); ok {
		return s, nil
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return Schedule{}, &Error{Text: spec, Problem: "it is neither words nor a cron spec", Example: example}
	}
	if parsed.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, &Error{Text: spec, Problem: "it never fires", Example: example}
	}
	return Schedule{Cron: spec}, nil
}

// wordsOfCron returns the schedule of a cron spec that words say too.
func wordsOfCron(spec string) (Schedule, bool) {
	switch spec {
	case "@hourly":
		spec = "0 * * * *"
	case "@daily", "@midnight":
		spec = "0 0 * * *"
	case "@weekly":
		spec = "0 0 * * 0"
	}
	f := strings.Fields(spec)
	anyOf := func(field string) bool { return field == "*" || field == "?" }
	if len(f) != 5 || !anyOf(f[2]) || !anyOf(f[3]) {
		return Schedule{}, false
	}
	number := func(text string, below int) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= 0 && n < below && text[0] != '+'
	}
	interval := func(text string, unit time.Duration) (Schedule, bool) {
		n, ok := number(text, day)
		every := time.Duration(n) * unit
		return Schedule{Every: every}, ok && slices.Contains(intervals, every)
	}
	if n, ok := strings.CutPrefix(f[0], "*/"); ok && f[1] == "*" && anyOf(f[4]) {
		return interval(n, time.Minute)
	}
	if f[0] == "0" && f[1] == "*" && anyOf(f[4]) {
		return interval("1", time.Hour)
	}
	if n, ok := strings.CutPrefix(f[1], "*/"); ok && f[0] == "0" && anyOf(f[4]) {
		return interval(n, time.Hour)
	}
	minute, ok := number(f[0], 60)
	if !ok {
		return Schedule{}, false
	}
	s := Schedule{Days: EveryDay}
	for text := range strings.SplitSeq(f[1], ",") {
		hour, ok := number(text, 24)
		if !ok {
			return Schedule{}, false
		}
		s.At = append(s.At, Clock(hour*60+minute))
	}
	slices.Sort(s.At)
	s.At = slices.Compact(s.At)
	if anyOf(f[4]) {
		return s, len(s.At) <= maxTimes
	}
	s.Days = 0
	for text := range strings.SplitSeq(f[4], ",") {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		from, ok1 := number(first, 7)
		to, ok2 := number(last, 7)
		if !ok1 || !ok2 || from > to {
			return Schedule{}, false
		}
		for d := from; d <= to; d++ {
			s.Days |= 1 << d
		}
	}
	return s, len(s.At) <= maxTimes
}
