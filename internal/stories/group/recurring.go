package group

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"headwater/feeds/words"
	"headwater/internal/text"
)

// Market, weather and fixture reports and briefings appear every day with nearly the same headline and many of the same words.
// Their headlines are patterns in recurring.txt. An article's edition is its series and its day. The day is the one that the
// headline names, or else the local day of publication. The day of a story is the first day of its members. Stories of two days
// are never one event, whatever links them; each cluster of stories has its day (graph.days). Two reports of one market and day
// are one event (sessionEvent). Two briefings of one day are compared like other articles.

// recurring holds the series of recurring.txt: reports that are published every day. The head of the file describes its format.
var recurring = mustReadSeries(words.Recurring())

// Recurring reports whether a headline is that of a report which is published every day: of markets, weather or fixtures, or a
// briefing.
func Recurring(headline string) bool { return recurring.editionOf(headline, time.Time{}).series != 0 }

const secondsPerDay = 24 * 60 * 60

// sessionEvent is the event probability of two reports of one market and day.
const sessionEvent = .95

// edition identifies a report of a recurring series. The zero value means no such report.
type edition struct {
	series int16 // index in recurring.series, from 1
	day    int32 // local day, counted from 1970
}

// otherDay reports whether two reports are of different days.
func (e edition) otherDay(other edition) bool {
	return e.series != 0 && other.series != 0 && e.day != other.day
}

// sameSession reports whether two reports are of one market and day.
func (e edition) sameSession(other edition) bool {
	return e.series != 0 && e == other && recurring.series[e.series-1].market
}

// seriesSet holds recurring series, and the words that accompany the day of the month in a date.
type seriesSet struct {
	series []series
	months map[string]bool
}

// series is a series of reports that are published every day.
type series struct {
	name     string
	offset   time.Duration // of local time from UTC
	market   bool
	patterns [][]anyOf // patterns, each a list of words that a headline must all have
}

// anyOf are the alternatives for one word of a pattern.
type anyOf []alternative

type alternative struct {
	text     string
	prefix   bool // text is the beginning of a word
	anywhere bool // the script has no spaces between words
}

func mustReadSeries(file string) *seriesSet {
	s, err := readSeries(file)
	if err != nil {
		panic("recurring.txt (built in): " + err.Error())
	}
	return s
}

func readSeries(file string) (*seriesSet, error) {
	out := &seriesSet{months: map[string]bool{}}
	for i, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if months, ok := strings.CutPrefix(line, "months:"); ok {
			for _, m := range strings.Split(strings.TrimSpace(months), "/") {
				out.months[fold(m)] = true
			}
			continue
		}
		if name, hours, ok := strings.Cut(line, "="); ok {
			offset, err := strconv.Atoi(strings.TrimSpace(hours))
			if err != nil || offset < -12 || offset > 14 {
				return nil, fmt.Errorf("line %d: %q is no number of hours from -12 to 14", i+1, strings.TrimSpace(hours))
			}
			name = strings.TrimSpace(name)
			out.series = append(out.series, series{name: name, offset: time.Duration(offset) * time.Hour, market: strings.HasPrefix(name, "market")})
			continue
		}
		if len(out.series) == 0 {
			return nil, fmt.Errorf("line %d: %q stands before any series", i+1, line)
		}
		var pattern []anyOf
		for _, word := range strings.Fields(fold(line)) {
			var alternatives anyOf
			for _, alt := range strings.Split(word, "/") {
				a := alternative{text: alt}
				if a.anywhere = strings.ContainsFunc(alt, func(r rune) bool { return text.ScriptOf(r).Unspaced() }); !a.anywhere {
					a.text, a.prefix = strings.CutSuffix(alt, "*")
				}
				alternatives = append(alternatives, a)
			}
			pattern = append(pattern, alternatives)
		}
		last := &out.series[len(out.series)-1]
		last.patterns = append(last.patterns, pattern)
	}
	return out, nil
}

// fold normalises headlines and patterns for comparison: compatibility forms of letters and figures, and capitals.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// editionOf finds the edition that a headline announces.
func (s *seriesSet) editionOf(headline string, published time.Time) edition {
	title := fold(headline)
	contained := func(a alternative) bool { return strings.Contains(title, a.text) }
	var words []string
	matches := func(a alternative) bool {
		if a.anywhere {
			return strings.Contains(title, a.text)
		}
		return slices.ContainsFunc(words, func(w string) bool { return w == a.text || a.prefix && strings.HasPrefix(w, a.text) })
	}
	for i, x := range s.series {
		for _, pattern := range x.patterns {
			// Few titles contain the letters of a pattern, so the words are split only for those.
			if slices.ContainsFunc(pattern, func(word anyOf) bool { return !slices.ContainsFunc(word, contained) }) {
				continue
			}
			if words == nil {
				words = strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' })
			}
			if !slices.ContainsFunc(pattern, func(word anyOf) bool { return !slices.ContainsFunc(word, matches) }) {
				return edition{int16(i + 1), s.dayOf(words, published.Add(x.offset))}
			}
		}
	}
	return edition{}
}

// dayOf returns the day whose number in the month the headline names, nearest to the article's time, or else the day of the
// article's time.
func (s *seriesSet) dayOf(words []string, at time.Time) int32 {
	today := int32(at.Unix() / secondsPerDay)
	number := 0
	for i, w := range words {
		switch {
		case strings.HasSuffix(w, "日"): // 8月18日
			w = strings.TrimSuffix(w, "日")
			number = monthDay(w[len(strings.TrimRightFunc(w, unicode.IsDigit)):])
		case s.months[w] && i+1 < len(words) && monthDay(words[i+1]) > 0:
			number = monthDay(words[i+1])
		case s.months[w] && i > 0:
			number = monthDay(words[i-1])
		}
		if number > 0 {
			break
		}
	}
	if number == 0 {
		return today
	}
	for away := range int32(16) {
		for _, day := range [...]int32{today - away, today + away} {
			if time.Unix(int64(day)*secondsPerDay, 0).UTC().Day() == number {
				return day
			}
		}
	}
	return today
}

// monthDay parses a number from 1 to 31, possibly with an English ordinal suffix. It returns 0 for anything else.
func monthDay(s string) int {
	n, err := strconv.Atoi(strings.TrimRight(s, "stndrh"))
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	return n
}
