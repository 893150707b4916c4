package parse

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	//go:embed calendar/cldr.txt
	cldrNames string
	//go:embed calendar/more.txt
	moreNames string
	//go:embed calendar/zones.txt
	zoneNames string
)

// wordKind is the kind of name that a word of a date can be.
type wordKind uint8

const (
	monthName   wordKind = iota // 1 to 12
	solarMonth                  // 1 to 12, of the Persian calendar
	weekdayName                 // time.Weekday
	halfDay                     // one of the halves
	clockMark                   // precedes an hour
	hourMark                    // this and the following marks come after their numbers
	minuteMark
	secondMark
	eraName // its value is the year before the first year of the era
)

// The halves of the day, and other parts of the day that decide in which half an hour is.
const (
	halfAM      = iota
	halfPM      // 12 is noon
	halfNoon    // 11 and 12 stay; later hours are in the afternoon
	halfEvening // 12 is midnight
	halfNight   // from 6 on it is before midnight, otherwise after midnight
)

// languages is a set of languages, by their index in calendar.languages. English has index 0.
type languages [2]uint64

func (l languages) has(i int) bool { return i >= 0 && l[i/64]&(1<<(i%64)) != 0 }

func (l languages) or(m languages) languages { return languages{l[0] | m[0], l[1] | m[1]} }

func (l languages) and(m languages) languages { return languages{l[0] & m[0], l[1] & m[1]} }

// meaning is one of the meanings of a word, with the languages in which the word has this meaning.
type meaning struct {
	kind  wordKind
	value int
	langs languages
}

// calendar holds the tables of the folder calendar: cldr.txt is generated, more.txt and zones.txt are edited by hand.
type calendar struct {
	languages       []string
	words           map[string][]meaning // by folded name
	sorted          []string             // the names of months
	ambiguousHalves map[string]bool      // words that are no half of the day if the language is unknown
	orders          map[string]order     // by language or locale
	zones           map[string][]zoneMeaning
}

// zoneMeaning is the meaning of a zone's abbreviation.
type zoneMeaning struct {
	offset   int    // seconds; used if ianaName is ""
	ianaName string // in the IANA database
	langs    []string
}

// loadCalendar reads the tables when the first date needs them.
var loadCalendar = sync.OnceValue(func() *calendar {
	c, err := readCalendar(cldrNames, moreNames, zoneNames)
	if err != nil {
		panic(err) // a test reads the tables, so this cannot happen
	}
	return c
})

func readCalendar(cldr, more, zones string) (*calendar, error) {
	c := &calendar{words: map[string][]meaning{}, ambiguousHalves: map[string]bool{}, orders: map[string]order{}, zones: map[string][]zoneMeaning{}}
	for _, file := range []struct{ name, text string }{{"cldr.txt", cldr}, {"more.txt", more}} {
		section := ""
		for n, line := range strings.Split(file.text, "\n") {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			if line[0] == '[' {
				section = strings.Trim(line, "[]")
				continue
			}
			kind, names, _ := strings.Cut(line, ":")
			if err := c.add(section, kind, names); err != nil {
				return nil, fmt.Errorf("calendar/%s:%d: %w", file.name, n+1, err)
			}
		}
	}
	for key, meanings := range c.words {
		if slices.ContainsFunc(meanings, func(m meaning) bool { return m.kind == monthName }) {
			c.sorted = append(c.sorted, key)
		}
	}
	slices.Sort(c.sorted)
	return c, c.addZones(zones)
}

var kindsOfNames = map[string]struct {
	kind   wordKind
	parts  int // number of names; 0 is one list
	offset int // value of the first name
}{
	"months": {monthName, 12, 1}, "solar months": {solarMonth, 12, 1}, "weekdays": {weekdayName, 7, 0},
	"am": {halfDay, 0, halfAM}, "pm": {halfDay, 0, halfPM}, "noon": {halfDay, 0, halfNoon}, "evening": {halfDay, 0, halfEvening}, "night": {halfDay, 0, halfNight},
	"clock": {clockMark, 0, 0}, "hour": {hourMark, 0, 0}, "minute": {minuteMark, 0, 0}, "second": {secondMark, 0, 0},
}

// add adds one line of a table.
func (c *calendar) add(section, kind, names string) error {
	switch section {
	case "order":
		o, known := map[string]order{"month first": mdy, "year first": ymd, "either": anyOrder}[kind]
		if !known {
			return fmt.Errorf("%q is no order of dates", kind)
		}
		for _, tag := range strings.Fields(names) {
			c.orders[strings.ToLower(tag)] = o
		}
		return nil
	case "no half":
		for _, word := range strings.Split(names, ",") {
			c.ambiguousHalves[fold(word)] = true
		}
		return nil
	}
	lang := c.language(section)
	if lang < 0 {
		c.languages = append(c.languages, section)
		lang = len(c.languages) - 1
	}
	if lang >= 128 {
		return fmt.Errorf("%s is one language too many", section)
	}
	parts := strings.Split(names, "|")
	if kind == "era" {
		for _, part := range parts {
			name, year, _ := strings.Cut(part, "=")
			n, err := strconv.Atoi(strings.TrimSpace(year))
			if err != nil {
				return fmt.Errorf("the era %q has no number of years", strings.TrimSpace(name))
			}
			c.addName(name, eraName, n, lang)
		}
		return nil
	}
	k, known := kindsOfNames[kind]
	if !known || k.parts > 0 && len(parts) != k.parts {
		return fmt.Errorf("%q with %d parts is no line of a calendar", kind, len(parts))
	}
	for i, part := range parts {
		value := k.offset
		if k.parts > 0 {
			value += i
		}
		for _, name := range strings.Split(part, ",") {
			c.addName(name, k.kind, value, lang)
		}
	}
	return nil
}

func (c *calendar) addName(name string, kind wordKind, value, lang int) {
	key := fold(name)
	if key == "" {
		return
	}
	var set languages
	set[lang/64] = 1 << (lang % 64)
	for i, m := range c.words[key] {
		if m.kind == kind && m.value == value {
			c.words[key][i].langs = m.langs.or(set)
			return
		}
	}
	c.words[key] = append(c.words[key], meaning{kind, value, set})
}

// language returns the index of the language of a language tag in the tables, or -1.
func (c *calendar) language(tag string) int {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	switch base {
	case "nb", "nn":
		base = "no"
	case "iw":
		base = "he"
	case "in":
		base = "id"
	case "tl":
		base = "fil"
	case "sh":
		base = "hr"
	}
	return slices.Index(c.languages, base)
}

func (c *calendar) addZones(table string) error {
	for n, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if len(fields) == 1 {
			return fmt.Errorf("calendar/zones.txt:%d: %q has no zone", n+1, line)
		}
		z := zoneMeaning{langs: fields[2:]}
		if sign := fields[1][0]; sign == '+' || sign == '-' {
			offset, ok := offsetOf(sign, strings.ReplaceAll(fields[1][1:], ":", ""))
			if !ok {
				return fmt.Errorf("calendar/zones.txt:%d: %q is no offset", n+1, fields[1])
			}
			z.offset = offset
		} else {
			z.ianaName = fields[1]
		}
		c.zones[fields[0]] = append(c.zones[fields[0]], z)
	}
	return nil
}

// lookUp returns the meanings of a folded word. A word of three or more letters may also be the beginning of a month's name, or
// a month's name with an ending. exact is false for those.
func (c *calendar) lookUp(key string) (meanings []meaning, exact bool) {
	if known, ok := c.words[key]; ok {
		return known, true
	}
	letters := []rune(key)
	for cut := 0; cut <= 4; cut++ {
		n := len(letters) - cut
		if n < 3 || cut > 0 && n < 5 || n > 30 {
			break
		}
		stem := string(letters[:n])
		if known := months(c.words[stem]); known != nil {
			return known, false
		}
		i, _ := slices.BinarySearch(c.sorted, stem)
		for ; i < len(c.sorted) && strings.HasPrefix(c.sorted[i], stem); i++ {
			for _, m := range months(c.words[c.sorted[i]]) {
				same := func(old meaning) bool { return old.kind == m.kind && old.value == m.value }
				if at := slices.IndexFunc(meanings, same); at >= 0 {
					meanings[at].langs = meanings[at].langs.or(m.langs)
				} else {
					meanings = append(meanings, m)
				}
			}
		}
		if meanings != nil {
			return meanings, false
		}
	}
	if rest, ok := strings.CutPrefix(key, "ב"); ok { // Hebrew writes the preposition "in" as a prefix of the month
		return months(c.words[rest]), true
	}
	return nil, false
}

func months(meanings []meaning) (out []meaning) {
	for _, m := range meanings {
		if m.kind == monthName {
			out = append(out, m)
		}
	}
	return out
}

// fold returns the letters of a name in lower case, without accents and other marks that are often left out.
func fold(name string) string {
	ascii := isPlainASCII(name)
	if !ascii {
		name = norm.NFKD.String(name)
	}
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < 0x80:
			if r |= 0x20; r >= 'a' && r <= 'z' {
				b.WriteByte(byte(r))
			}
		case isAccent(r), !unicode.IsLetter(r) && !unicode.IsMark(r):
		default:
			r = unicode.ToLower(r)
			if plain, ok := plainLetters[r]; ok {
				b.WriteString(plain)
			} else {
				b.WriteRune(r)
			}
		}
	}
	if ascii {
		return b.String()
	}
	return norm.NFC.String(b.String())
}

// isAccent reports whether publishers leave a mark out: accents, Hebrew points, Arabic vowel signs and hamza, the dot of Indic
// letters. The vowels of Indic and Thai words are marks too, but are never left out.
func isAccent(r rune) bool {
	return r >= 0x300 && r < 0x370 || r >= 0x591 && r < 0x5c8 || r >= 0x610 && r < 0x61b || r == 0x640 ||
		r >= 0x64b && r < 0x660 || r == 0x670 || r == 0x93c || r == 0x9bc || r == 0xa3c
}

var plainLetters = map[rune]string{
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ə': "e", 'ς': "σ",
	'ى': "ي", 'ی': "ي", 'ک': "ك", 'ة': "ه", 'ۀ': "ه", 'ہ': "ه", 'ھ': "ه",
}

// order is the order of day, month and year in a date in numbers.
type order uint8

// parts returns year, month and day from three numbers in order o.
func (o order) parts(n [3]string) (year, month, day string) {
	switch o {
	case dmy:
		return n[2], n[1], n[0]
	case mdy:
		return n[2], n[0], n[1]
	case ydm:
		return n[0], n[2], n[1]
	}
	return n[0], n[1], n[2]
}

// usualOrders returns the orders that three numbers may have, the commonest first.
func usualOrders(s shape, parting string) []order {
	switch {
	case s == yearFirst:
		return []order{ymd, ydm}
	case s == yearLast && (parting == "/" || parting == ""):
		return []order{mdy, dmy}
	case s == yearLast:
		return []order{dmy, mdy}
	case parting == "/" || parting == "":
		return []order{mdy, dmy, ymd, ydm}
	case parting == ".":
		return []order{dmy, ymd, mdy, ydm}
	}
	return []order{ymd, dmy, mdy, ydm}
}

// shape records which of three numbers is the year by its length.
type shape uint8

const (
	noNumbers shape = iota
	yearFirst
	yearLast
	short // none is
)

func isPlainASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
