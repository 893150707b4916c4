package config

import (
	"strconv"
	"strings"
	"time"
)

// Age is how old something may get; 0 is for ever. It is written forever, 30d, 1d12h, or as a time.Duration: 36h, 90m.
type Age time.Duration

// forever is the Age 0 as it is written.
const forever = "forever"

const day = 24 * time.Hour

// ParseAge reads an age as it is written in config.yaml.
func ParseAge(text string) (Age, error) {
	if text == forever {
		return 0, nil
	}
	rest, days := text, int64(0)
	if before, after, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseInt(before, 10, 32)
		if err != nil || n < 0 {
			return 0, faultf(likelyAge(text), "%q is not a length of time", text)
		}
		if rest, days = after, n; rest == "" {
			rest = "0s"
		}
	}
	d, err := time.ParseDuration(rest)
	if total := time.Duration(days)*day + d; err == nil && days <= maxDays && d >= 0 && total > 0 {
		return Age(total), nil
	}
	return 0, faultf(likelyAge(text), "%q is not a length of time", text)
}

// maxDays keeps an age within what a time.Duration holds.
const maxDays = 36_500

// likelyAge guesses what a broken age meant: a bare number is days.
func likelyAge(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil || n == 0 || n > 10_000 {
		return forever
	}
	unit := strings.TrimSpace(text[end:])
	switch {
	case strings.HasPrefix(unit, "w"):
		n *= 7
	case strings.HasPrefix(unit, "mo"):
		n *= 30
	case strings.HasPrefix(unit, "y"):
		n *= 365
	}
	return strconv.Itoa(n) + "d"
}

// String writes days as such.
func (a Age) String() string {
	d := time.Duration(a)
	if d == 0 {
		return forever
	}
	days, rest := int64(d/day), d%day
	switch {
	case days == 0:
		return show(rest)
	case rest == 0:
		return strconv.FormatInt(days, 10) + "d"
	}
	return strconv.FormatInt(days, 10) + "d" + show(rest)
}

// MarshalText is String, for YAML and JSON.
func (a Age) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is ParseAge, for flags, YAML and JSON.
func (a *Age) UnmarshalText(text []byte) error {
	age, err := ParseAge(string(text))
	if err != nil {
		return err
	}
	*a = age
	return nil
}
