package config

import (
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// checkSchedule takes the cron specs that can be run in UTC.
func checkSchedule(spec string) error {
	if wrong := scheduleFault(spec); wrong != "" {
		return faultf(likelySchedule(spec), "%q %s", spec, wrong)
	}
	return nil
}

// scheduleFault says what is wrong with a cron spec, or "": cron.ParseStandard must take it, it must name no time zone
// (some that do make ParseStandard panic), and it must fire.
func scheduleFault(spec string) string {
	if namesZone(spec) {
		return "names a time zone, and schedules run in UTC"
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return "is not a cron spec"
	}
	if every, ok := strings.CutPrefix(spec, "@every "); ok {
		// cron.Every takes anything below a second, even less than nothing, for a second.
		if d, err := time.ParseDuration(every); err != nil || d < time.Second {
			return "is shorter than a second"
		}
	}
	// A fixed day: what is valid today stays valid. 2024 has a 29 February, and Next gives up after five years.
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if next := schedule.Next(start); next.IsZero() || next.After(start.AddDate(5, 0, 0)) {
		return "never fires"
	}
	return ""
}

func namesZone(spec string) bool { return strings.Contains(strings.ToUpper(spec), "TZ=") }

// spoken matches an interval as people write it: "every 5m", "5 minutes", "each 2 hours".
var spoken = regexp.MustCompile(`(?i)^@?(?:every|each)?\s*([1-9]\d{0,3})\s*(s|m|h)(?:ec|econd|in|inute|our)?s?$`)

// likelySchedule guesses what a broken spec meant. What it returns is always a right one.
func likelySchedule(spec string) string {
	spec = strings.TrimSpace(spec)
	if zone, rest, ok := strings.Cut(spec, " "); ok && namesZone(zone) {
		spec = strings.TrimSpace(rest)
	}
	guesses := []string{spec, "@" + strings.TrimLeft(strings.ToLower(spec), "@")}
	if m := spoken.FindStringSubmatch(spec); m != nil {
		guesses = append(guesses, "@every "+m[1]+strings.ToLower(m[2]))
	}
	if fields := strings.Fields(spec); len(fields) == 6 { // with seconds, or with a year
		guesses = append(guesses, strings.Join(fields[1:], " "), strings.Join(fields[:5], " "))
	}
	for _, guess := range guesses {
		if scheduleFault(guess) == "" {
			return guess
		}
	}
	return "@every 1m"
}
