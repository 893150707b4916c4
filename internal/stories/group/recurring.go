package group

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"headwater/internal/text"
)

// recurringFile lists the headlines of reports that come again every day.
//
//go:embed recurring.txt
var recurringFile string

// recurring are the series of recurringFile.
var recurring = mustReadSeries(recurringFile)

// oneSession is the event probability of two reports of one market and day.
const oneSession = .95

// edition is which report of a recurring series an article is. The zero value is none.
type edition struct {
	series int16 // in recurring.series, from 1
	day    int32 // since 1970, local
}

// seriesSet are recurring series, and the words that stand beside the day of a date.
type seriesSet struct {
	series []series
	months map[string]bool
}

// series is reports that come again every day.
type series struct {
	name     string
	ahead    time.Duration // of UTC
	market   bool
	patterns [][][]alternative // of each pattern its words
}

// alternative is one of the words of which one must stand in a headline.
type alternative struct {
	text     string
	open     bool // any end may follow
	anywhere bool // its script has no spaces between words
}

func mustReadSeries(file string) *seriesSet {
	s, err := readSeries(file)
	if err != nil {
		panic("recurring.txt (built in): " + err.Error())
	}
	return s
}

// readSeries reads a file of series in the form that the head of recurring.txt describes.
func readSeries(file string) (*seriesSet, error) {
	out := &seriesSet{months: map[string]bool{}}
	for i, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if months, ok := strings.CutPrefix(line, "months:"); ok {
			for _, m := range strings.Split(strings.TrimSpace(months), "/") {
				out.months[folded(m)] = true
			}
			continue
		}
		if name, hours, ok := strings.Cut(line, "="); ok {
			ahead, err := strconv.Atoi(strings.TrimSpace(hours))
			if err != nil || ahead < -12 || ahead > 14 {
				return nil, fmt.Errorf("line %d: %q is no number of hours from -12 to 14", i+1, strings.TrimSpace(hours))
			}
			name = strings.TrimSpace(name)
			out.series = append(out.series, series{name: name, ahead: time.Duration(ahead) * time.Hour, market: strings.HasPrefix(name, "market")})
			continue
		}
		if len(out.series) == 0 {
			return nil, fmt.Errorf("line %d: %q stands before any series", i+1, line)
		}
		var pattern [][]alternative
		for _, word := range strings.Fields(folded(line)) {
			pattern = append(pattern, alternativesOf(word))
		}
		last := &out.series[len(out.series)-1]
		last.patterns = append(last.patterns, pattern)
	}
	return out, nil
}

// folded makes headlines and patterns comparable: compatible forms of letters and figures are one, and so are capitals and others.
func folded(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

func alternativesOf(word string) []alternative {
	var out []alternative
	for _, alt := range strings.Split(word, "/") {
		if strings.ContainsFunc(alt, func(r rune) bool { return text.ScriptOf(r).Unspaced() }) {
			out = append(out, alternative{text: alt, anywhere: true})
			continue
		}
		start, open := strings.CutSuffix(alt, "*")
		out = append(out, alternative{text: start, open: open})
	}
	return out
}

// editionOf gives the report of a series that a headline announces. Hardly any has the letters of a pattern, so that words are looked
// for last.
func (s *seriesSet) editionOf(headline string, published time.Time) edition {
	title := folded(headline)
	var words []string
	for i, x := range s.series {
		for _, pattern := range x.patterns {
			if !stands(pattern, func(a alternative) bool { return strings.Contains(title, a.text) }) {
				continue
			}
			if words == nil {
				words = wordsOf(title)
			}
			if stands(pattern, func(a alternative) bool { return a.anywhere && strings.Contains(title, a.text) || a.isOne(words) }) {
				return edition{int16(i + 1), s.dayOf(words, published.Add(x.ahead))}
			}
		}
	}
	return edition{}
}

func wordsOf(title string) []string {
	return strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' })
}

// stands says whether an alternative for each word of a pattern does.
func stands(pattern [][]alternative, does func(alternative) bool) bool {
	for _, word := range pattern {
		if !slices.ContainsFunc(word, does) {
			return false
		}
	}
	return true
}

// isOne says whether one of some words is this.
func (a alternative) isOne(words []string) bool {
	return !a.anywhere && slices.ContainsFunc(words, func(w string) bool { return w == a.text || a.open && strings.HasPrefix(w, a.text) })
}

// dayOf gives the day that a headline names, which is the one nearest to its time that has this number in its month, else the
// day of its time.
func (s *seriesSet) dayOf(words []string, at time.Time) int32 {
	today := int32(at.Unix() / secondsADay)
	number := 0
	for i, w := range words {
		switch {
		case strings.HasSuffix(w, "日"):
			number = monthDay(lastFigures(strings.TrimSuffix(w, "日")))
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
			if time.Unix(int64(day)*secondsADay, 0).UTC().Day() == number {
				return day
			}
		}
	}
	return today
}

// monthDay gives a number from 1 to 31, or 0.
func monthDay(s string) int {
	n, err := strconv.Atoi(strings.TrimRight(s, "stndrh"))
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	return n
}

// lastFigures gives the figures that a word ends with: 18 of 8月18.
func lastFigures(s string) string {
	return s[len(strings.TrimRightFunc(s, unicode.IsDigit)):]
}

// apart says whether two reports are of different days.
func (e edition) apart(other edition) bool {
	return e.series != 0 && other.series != 0 && e.day != other.day
}

// sameSession says whether two reports are of one market and day.
func (e edition) sameSession(other edition) bool {
	return e.series != 0 && e == other && recurring.series[e.series-1].market
}
