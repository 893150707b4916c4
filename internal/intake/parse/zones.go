package parse

import (
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a machine without a zone database reads "Europe/Berlin" as well
	"unicode"
	"unicode/utf8"
)

// zone is what a date says of its time zone. An offset counts before a place, and a place before an abbreviation.
type zone struct {
	offset    int // seconds
	hasOffset bool
	place     *time.Location
	name      string // an abbreviation
}

// location is the zone in a feed of that language, or UTC where the date has none.
func (z zone) location(c *calendar, lang string) *time.Location {
	switch {
	case z.hasOffset:
		return time.FixedZone("", z.offset)
	case z.place != nil:
		return z.place
	case z.name == "":
		return time.UTC
	}
	var found *zoneMeaning
	for i, m := range c.zones[z.name] {
		base, _, _ := strings.Cut(lang, "-")
		own := slices.ContainsFunc(m.langs, func(l string) bool { return strings.EqualFold(l, lang) || strings.EqualFold(l, base) })
		if found == nil && len(m.langs) == 0 || own {
			found = &c.zones[z.name][i]
		}
	}
	switch {
	case found == nil:
		return time.UTC
	case found.place != "":
		return locate(found.place)
	}
	return time.FixedZone(z.name, found.offset)
}

// findZone finds a zone behind the clock, or behind the date where there is no clock.
func (w *written) findZone(c *calendar) {
	from := w.clockEnd
	if w.clockAt < 0 {
		from = 0
		for i, l := range w.lexemes {
			if l.used && l.kind == digits {
				from = i + 1
			}
		}
	}
	for i := from; i < len(w.lexemes); i++ {
		l := w.lexemes[i]
		switch {
		case l.used:
		case (l.is("+") || l.is("-")) && !w.zone.hasOffset:
			next := w.at(i + 1)
			if next.kind != digits || next.used || len(next.text) > 4 {
				continue
			}
			// A minus may be a dash between other parts. Of an offset no space stands behind it, and before it stands the
			// clock, a zone's name, a bracket or a space.
			before := w.at(i - 1)
			if l.is("+") || !next.spaced && (i == from || l.spaced || before.is("(") || before.kind == letters && before.used) {
				w.readOffset(i)
			}
		case l.kind == letters && w.zone.name == "":
			w.readZoneName(i, from, c)
		}
	}
}

func (w *written) readOffset(i int) {
	text, end := w.at(i+1).text, i+2
	if m := w.at(end + 1); len(text) <= 2 && (w.at(end).is(":") || w.at(end).is(".")) && m.kind == digits && len(m.text) == 2 && !m.spaced {
		text += m.text
		end += 2
	}
	offset, ok := offsetOf(w.at(i).text[0], text)
	if !ok {
		return
	}
	w.zone.offset, w.zone.hasOffset = offset, true
	if w.at(end).is(":") { // "+01:00:00"
		end += 2
	}
	w.use(i, end)
}

// offsetOf reads 1, 01, 130, 0130 and 013000, in seconds east of Greenwich.
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

// readZoneName takes an abbreviation, or a name of several words. In small letters an abbreviation counts only behind the
// clock or an offset, as "est" is French.
func (w *written) readZoneName(i, from int, c *calendar) {
	l := w.at(i)
	name := strings.ToUpper(l.text)
	for words, end := name, i+1; end < i+4 && w.at(end).kind == letters; end++ {
		words += "_" + strings.ToUpper(w.at(end).text)
		if c.zones[words] != nil {
			w.zone.name = words
			w.use(i, end+1)
			return
		}
	}
	if c.zones[name] == nil || l.text != name && (i != from || len(name) == 2 && name != "UT") {
		return
	}
	w.zone.name = name
	w.use(i, i+1)
}

// cutPlace finds the name of a zone of the IANA database, and gives the text without it. It looks one name up at most, as
// looking up may open files.
func cutPlace(text string) (*time.Location, string) {
	slash := strings.IndexByte(text, '/')
	for slash >= 0 {
		from := strings.LastIndexFunc(text[:slash], func(r rune) bool { return !unicode.IsLetter(r) }) + 1
		end := slash + 1 + span(text[slash+1:], func(r rune) bool {
			return r < utf8.RuneSelf && (isNameByte(byte(r)) && r != ':' && r != '.' || r == '+' || r == '/')
		})
		if slices.Contains(areas, strings.ToLower(text[from:slash])) {
			if loc := locate(text[from:end]); loc != nil {
				return loc, text[:from] + " " + text[end:]
			}
			// "America/New York"
			city, rest, _ := strings.Cut(text[min(end+1, len(text)):], " ")
			if loc := locate(text[from:end] + "_" + strings.TrimRight(city, ")],;.")); loc != nil {
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
			return locate(name), before + " " + after
		}
	}
	return nil, text
}

// areas are what the names of the IANA database begin with.
var areas = []string{
	"africa", "america", "antarctica", "arctic", "asia", "atlantic", "australia", "brazil", "canada", "chile", "etc", "europe", "indian",
	"mexico", "pacific", "us",
}

var places sync.Map // of *time.Location by name; holds no more than the database

// locate gives a zone of the IANA database, or nil.
func locate(name string) *time.Location {
	if known, ok := places.Load(name); ok {
		loc, _ := known.(*time.Location)
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		places.Store(name, loc)
		return loc
	}
	cased := []byte(strings.ToLower(name)) // "america/new_york" as the database writes it
	for i, b := range cased {
		if b >= 'a' && b <= 'z' && (i == 0 || cased[i-1] == '/' || cased[i-1] == '_' || cased[i-1] == '-') {
			cased[i] = b - 'a' + 'A'
		}
	}
	loc, _ = time.LoadLocation(string(cased))
	return loc
}
