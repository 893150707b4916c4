package parse

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata"
	"unicode"
	"unicode/utf8"
)

// zone is the time zone in a date's text. An offset takes precedence over a zone of the IANA database, and the latter over an
// abbreviation.
type zone struct {
	offset    int // seconds
	hasOffset bool
	iana      *time.Location
	name      string // an abbreviation
}

// offsetOf reads 1, 01, 130, 0130 and 013000. It returns seconds east of Greenwich.
func offsetOf(sign byte, text string) (int, bool) {
	if len(text) == 1 || len(text) == 3 {
		text = "0" + text
	}
	if len(text) == 2 {
		text += "00"
	}
	if len(text) < 4 || len(text) > 6 {
		return 0, false
	}
	hours, minutes := number(text[:2]), number(text[2:4])
	if hours < 0 || hours > 15 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	seconds := hours*3600 + minutes*60
	if sign == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// cutZoneName finds the name of a zone of the IANA database, and returns the text without it. It looks up at most one name,
// because a look-up may open files.
func cutZoneName(text string) (*time.Location, string) {
	slash := strings.IndexByte(text, '/')
	for slash >= 0 {
		from := strings.LastIndexFunc(text[:slash], func(r rune) bool { return !unicode.IsLetter(r) }) + 1
		end := slash + 1 + span(text[slash+1:], func(r rune) bool {
			return r < utf8.RuneSelf && (isNameByte(byte(r)) && r != ':' && r != '.' || r == '+' || r == '/')
		})
		if slices.Contains(areas, strings.ToLower(text[from:slash])) {
			if loc := loadZone(text[from:end]); loc != nil {
				return loc, text[:from] + " " + text[end:]
			}
			// "America/New York"
			city, rest, _ := strings.Cut(text[min(end+1, len(text)):], " ")
			if loc := loadZone(text[from:end] + "_" + strings.TrimRight(city, ")],;.")); loc != nil {
				return loc, text[:from] + " " + rest
			}
			break
		}
		next := strings.IndexByte(text[slash+1:], '/')
		if next < 0 {
			break
		}
		slash += 1 + next
	}
	for _, name := range [...]string{"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"} {
		if before, after, ok := strings.Cut(text, name); ok {
			return loadZone(name), before + " " + after
		}
	}
	return nil, text
}

// areas are the first parts of the names in the IANA database.
var areas = []string{
	"africa", "america", "antarctica", "arctic", "asia", "atlantic", "australia", "brazil", "canada", "chile", "etc", "europe", "indian",
	"mexico", "pacific", "us",
}

var zoneCache sync.Map // of *time.Location by name; no larger than the database

// loadZone returns a zone of the IANA database, or nil.
func loadZone(name string) *time.Location {
	if known, ok := zoneCache.Load(name); ok {
		loc, _ := known.(*time.Location)
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		zoneCache.Store(name, loc)
		return loc
	}
	cased := []byte(strings.ToLower(name)) // "america/new_york" in the spelling of the database
	for i, b := range cased {
		if b >= 'a' && b <= 'z' && (i == 0 || cased[i-1] == '/' || cased[i-1] == '_' || cased[i-1] == '-') {
			cased[i] = b - 'a' + 'A'
		}
	}
	loc, _ = time.LoadLocation(string(cased))
	return loc
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

func span(text string, holds func(rune) bool) int {
	if n := strings.IndexFunc(text, func(r rune) bool { return !holds(r) }); n >= 0 {
		return n
	}
	return len(text)
}
