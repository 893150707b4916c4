// Package view has the JSON shapes of stories, articles, topics and feeds, which the command line and the REST API share.
// Their tags become descriptions in OpenAPI, their type names become names of its schemas. A list is never null.
//
// In go types of news and search, out come shapes: story.go has those of stories and their corrections, search.go of
// results, topic.go of topics, alerts and feeds. view.go has what they share.
package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time is null where t is zero.
func Time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// All converts each item of a list. Nil gives an empty list.
func All[T, V any](list []T, show func(T) V) []V {
	out := make([]V, 0, len(list))
	for _, one := range list {
		out = append(out, show(one))
	}
	return out
}

// ParseSince reads a time from which on something is asked for: an RFC 3339 time, a day as 2026-08-18, or a stretch before
// now as 90m, 24h, 7d or 2w.
func ParseSince(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	for unit, long := range units {
		number, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.ParseUint(number, 10, 20); ok && err == nil {
			return now.Add(-time.Duration(n) * long), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; give one as 2026-08-18T06:00:00Z, a day as 2026-08-18, or a stretch as 24h or 7d", s)
}
