package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// date reads date:, after: and before:.
func (p *parser) date(field, value string, at int) (node, error) {
	value = strings.TrimSpace(value)
	from, to, isRange := strings.Cut(value, "..")
	if field != "date" && isRange {
		return nil, p.fail(at, field+": takes one date, not a range", "write date:"+value)
	}
	if !isRange {
		to = from
	} else if from == "" && to == "" {
		return nil, p.fail(at, "this range has neither beginning nor end", "write "+example("date"))
	}
	first, _, err := p.period(from, field, at)
	if err != nil {
		return nil, err
	}
	_, last, err := p.period(to, field, at+utf8.RuneCountInString(value)-utf8.RuneCountInString(to))
	if err != nil {
		return nil, err
	}
	switch field {
	case "after":
		return days{from: dayTerm(first)}, nil
	case "before":
		return days{to: dayTerm(first.AddDate(0, 0, -1))}, nil
	}
	var d days
	if from != "" {
		d.from = dayTerm(first)
	}
	if to != "" {
		d.to = dayTerm(last)
	}
	if d.from != "" && d.to != "" && d.from > d.to {
		return nil, p.fail(at, "this range ends before it begins", fmt.Sprintf("write date:%s..%s", to, from))
	}
	return d, nil
}

// period gives the first and the last day of a year, a month or a day. "" is open: both zero.
func (p *parser) period(s, field string, at int) (first, last time.Time, err error) {
	if s == "" {
		return first, last, nil
	}
	spans := []struct {
		layout             string
		years, months, day int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}}
	for _, span := range spans {
		if first, err = time.Parse(span.layout, s); err == nil {
			return first, first.AddDate(span.years, span.months, span.day).AddDate(0, 0, -1), nil
		}
	}
	return first, last, p.fail(at, fmt.Sprintf("%q is no date", s), "write year, month and day, as in "+example(field))
}

// maxAge bounds since:, in hours: a century, which no Duration overflows.
const maxAge = 100 * 365 * 24

// since reads an age such as 24h, or a date.
func (p *parser) since(value string, at int) (node, error) {
	value = strings.TrimSpace(value)
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	if n := len(value) - 1; n > 0 && units[strings.ToLower(value[n:])] > 0 {
		unit := units[strings.ToLower(value[n:])]
		count, err := strconv.ParseUint(value[:n], 10, 32)
		if err == nil && count <= maxAge*uint64(time.Hour)/uint64(unit) {
			return since{time.Duration(count) * unit}, nil
		}
	}
	first, _, err := p.period(value, "since", at)
	if err != nil || value == "" {
		return nil, p.fail(at, fmt.Sprintf("%q is no age and no date", value), "write a number with m, h, d or w, as in since:24h, or a day, as in since:2026-08-18")
	}
	return days{from: dayTerm(first)}, nil
}
