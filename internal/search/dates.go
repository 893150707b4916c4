package search

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/search/query"
)

const daySeconds = 24 * 60 * 60

// daysNode is date:, after: and before:, and since: with a date. Its days are in the form of dayTerm, and both are included. ""
// means no limit.
type daysNode struct{ from, to string }

// parseDays reads date:, after: and before:.
func parseDays(p *parser, v fieldValue) (node, error) {
	value := strings.TrimSpace(v.text)
	from, to, isRange := strings.Cut(value, "..")
	if v.field != "date" && isRange {
		return nil, p.fail(v.at, v.field+": takes one date, not a range", "write date:"+value)
	}
	if !isRange {
		to = from
	} else if from == "" && to == "" {
		return nil, p.fail(v.at, "this range has neither beginning nor end", "write "+v.example)
	}
	first, _, err := parsePeriod(p, from, v)
	if err != nil {
		return nil, err
	}
	end := v
	end.at += utf8.RuneCountInString(value) - utf8.RuneCountInString(to)
	_, last, err := parsePeriod(p, to, end)
	if err != nil {
		return nil, err
	}
	switch v.field {
	case "after":
		return daysNode{from: dayTerm(first)}, nil
	case "before":
		return daysNode{to: dayTerm(first.AddDate(0, 0, -1))}, nil
	}
	var d daysNode
	if from != "" {
		d.from = dayTerm(first)
	}
	if to != "" {
		d.to = dayTerm(last)
	}
	if d.from != "" && d.to != "" && d.from > d.to {
		return nil, p.fail(v.at, "this range ends before it begins", fmt.Sprintf("write date:%s..%s", to, from))
	}
	return d, nil
}

// parsePeriod returns the first and the last day of a year, a month or a day. For "" both are zero.
func parsePeriod(p *parser, s string, v fieldValue) (first, last time.Time, err error) {
	if s == "" {
		return first, last, nil
	}
	periods := []struct {
		layout              string
		years, months, days int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}}
	for _, period := range periods {
		if first, err = time.Parse(period.layout, s); err == nil {
			return first, first.AddDate(period.years, period.months, period.days).AddDate(0, 0, -1), nil
		}
	}
	return first, last, p.fail(v.at, fmt.Sprintf("%q is no date", s), "write year, month and day, as in "+v.example)
}

func (n daysNode) compile(*compiler) query.Query {
	from, to := n.bounds()
	yes := true
	q := query.NewTermRangeInclusiveQuery(from, to, &yes, &yes)
	q.SetField(fieldKey)
	return unscored{q}
}

func (n daysNode) match(v *docView) answer {
	from, to := n.bounds()
	for key := range v.keys {
		if key >= from && key <= to {
			return always
		}
	}
	return never
}

func (n daysNode) anchors() (anchors, bool) { return anchors{}, false }

// bounds returns the keys of the first and the last day.
func (n daysNode) bounds() (from, to string) {
	if n.to == "" {
		return keyDay + n.from, keyDay + "9999~"
	}
	return keyDay + n.from, keyDay + n.to
}

// timeFilter returns the same condition as a filter on times. It returns nil for dates before 1970 and after 2106, which the
// times in the columns do not cover.
func (n daysNode) timeFilter() rowFilter {
	first, err := time.Parse(dayLayout, n.from)
	if err != nil || first.Unix() <= 0 || first.Unix() >= math.MaxUint32 {
		return nil
	}
	from, to := first.Unix(), int64(math.MaxInt64)
	if n.to != "" {
		last, err := time.Parse(dayLayout, n.to)
		if to = last.Unix() + daySeconds; err != nil || to > math.MaxUint32 {
			return nil
		}
	}
	return func(r row) bool { return int64(r.time) >= from && int64(r.time) < to }
}

// sinceNode is since: with an age.
type sinceNode struct{ age time.Duration }

// maxAge is the limit of since:, in hours: a century, which fits into a Duration.
const maxAge = 100 * 365 * 24

// parseSince reads an age such as 24h, or a date.
func parseSince(p *parser, v fieldValue) (node, error) {
	value := strings.TrimSpace(v.text)
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	if n := len(value) - 1; n > 0 && units[strings.ToLower(value[n:])] > 0 {
		unit := units[strings.ToLower(value[n:])]
		count, err := strconv.ParseUint(value[:n], 10, 32)
		if err == nil && count <= maxAge*uint64(time.Hour)/uint64(unit) {
			return sinceNode{time.Duration(count) * unit}, nil
		}
	}
	first, _, err := parsePeriod(p, value, v)
	if err != nil || value == "" {
		return nil, p.fail(v.at, fmt.Sprintf("%q is no age and no date", value), "write a number with m, h, d or w, as in since:24h, or a day, as in since:2026-08-18")
	}
	return daysNode{from: dayTerm(first)}, nil
}

func (n sinceNode) filter(q *queryContext) rowFilter {
	from := q.now.Add(-n.age).Unix()
	return func(r row) bool { return r.time > 0 && int64(r.time) >= from }
}

func (n sinceNode) dependsOnStory() bool { return false }
