package parse

import (
	"strings"
	"time"
)

func (c *clock) offset(word string) bool {
	digits := strings.ReplaceAll(strings.TrimLeft(word, "+-"), ":", "")
	if len(digits) == 1 || len(digits) == 3 {
		digits = "0" + digits
	}
	if len(digits) == 2 {
		digits += "00"
	}
	if len(digits) < 4 {
		return false
	}
	hours, minutes := number(digits[:2]), number(digits[2:4])
	if hours < 0 || hours > 15 || minutes < 0 || minutes > 59 {
		return false
	}
	seconds := hours*3600 + minutes*60
	if word[0] == '-' && word != "--" {
		seconds = -seconds
	}
	c.zone = time.FixedZone("", seconds)
	return true
}

// zoneName reads "Z", "GMT", "EST", "+01:00", "-0800", "GMT+2". It returns false for words that are no zone.
func (c *clock) zoneName(word string) bool {
	word = strings.Trim(word, "()")
	if i := strings.IndexAny(word, "+-"); i > 0 {
		word = word[i:]
	}
	if word == "" {
		return false
	}
	if word[0] == '+' || word[0] == '-' {
		return c.offset(word)
	}
	seconds, ok := zoneSeconds(strings.ToUpper(word))
	if ok && c.zone == time.UTC {
		c.zone = time.FixedZone(word, seconds)
	}
	return ok
}

// zoneSeconds gives the offsets of the abbreviations that feeds use, in the reading that is commonest in news.
func zoneSeconds(name string) (int, bool) {
	const hour = 3600
	switch name {
	case "Z", "UT", "UTC", "GMT", "WET", "ETC/GMT":
		return 0, true
	case "CET", "MEZ", "BST", "WEST", "WAT":
		return hour, true
	case "CEST", "MESZ", "EET", "SAST", "CAT":
		return 2 * hour, true
	case "EEST", "MSK", "EAT":
		return 3 * hour, true
	case "PKT":
		return 5 * hour, true
	case "IST":
		return 5*hour + hour/2, true
	case "WIB", "ICT":
		return 7 * hour, true
	case "HKT", "SGT", "PHT", "AWST", "MYT":
		return 8 * hour, true
	case "JST", "KST":
		return 9 * hour, true
	case "AEST":
		return 10 * hour, true
	case "AEDT":
		return 11 * hour, true
	case "NZST":
		return 12 * hour, true
	case "NZDT":
		return 13 * hour, true
	case "BRT", "ART", "ADT":
		return -3 * hour, true
	case "EDT", "AST", "ET":
		return -4*hour + map[bool]int{true: -hour}[name == "ET"], true
	case "EST", "CDT":
		return -5 * hour, true
	case "CST", "MDT", "CT":
		return -6 * hour, true
	case "MST", "PDT", "MT":
		return -7 * hour, true
	case "PST", "AKDT", "PT":
		return -8 * hour, true
	case "AKST":
		return -9 * hour, true
	case "HST":
		return -10 * hour, true
	}
	return 0, false
}

// month gives the number of a month's name or abbreviation in the languages of the feed lists, or 0.
func month(word string) int {
	word = strings.ToLower(strings.TrimRight(word, ".,"))
	if len(word) < 3 {
		return 0
	}
	if i := strings.Index("jan feb mar apr may jun jul aug sep oct nov dec", word[:3]); len(word) == 3 && i >= 0 {
		return i/4 + 1
	}
	for i, names := range monthNames() {
		for _, name := range names {
			if word == name || len(name) > 3 && len(word) >= 3 && isASCIIWord(word) && strings.HasPrefix(name, word) {
				return i + 1
			}
		}
	}
	return 0
}

func isASCIIWord(word string) bool {
	for i := range len(word) {
		if word[i] >= 0x80 {
			return false
		}
	}
	return true
}

// monthNames are English, Spanish, French, German, Italian, Portuguese, Dutch, Hungarian, Greek and Russian.
func monthNames() [12][]string {
	return [12][]string{
		{"january", "enero", "ene", "janvier", "januar", "jänner", "gennaio", "gen", "janeiro", "januari", "január", "ιαν", "янв", "января"},
		{"february", "febrero", "février", "févr", "fév", "fevr", "fev", "februar", "febbraio", "fevereiro", "februari", "február", "φεβ", "фев", "февраля"},
		{"march", "marzo", "mars", "märz", "mär", "mrz", "março", "maart", "mrt", "március", "μάρ", "μαρ", "мар", "марта"},
		{"april", "abril", "abr", "avril", "avr", "aprile", "április", "ápr", "απρ", "апр", "апреля"},
		{"may", "mayo", "mai", "maggio", "mag", "maio", "mei", "május", "máj", "μάι", "μαϊ", "μαι", "май", "мая"},
		{"june", "junio", "juin", "juni", "giugno", "giu", "junho", "június", "jún", "ιούν", "ιον", "июн", "июня"},
		{"july", "julio", "juillet", "juil", "juli", "luglio", "lug", "julho", "július", "júl", "ιούλ", "ιολ", "июл", "июля"},
		{"august", "agosto", "ago", "août", "aou", "augustus", "augusztus", "αύγ", "αυγ", "авг", "августа"},
		{"september", "septiembre", "sept", "set", "setiembre", "septembre", "settembre", "setembro", "szeptember", "szept", "σεπ", "сен", "сентября"},
		{"october", "octubre", "octobre", "oktober", "okt", "ottobre", "ott", "outubro", "out", "október", "οκτ", "окт", "октября"},
		{"november", "noviembre", "novembre", "novembro", "νοέ", "νοε", "ноя", "ноября"},
		{"december", "diciembre", "dic", "décembre", "déc", "dezember", "dez", "dicembre", "dezembro", "δεκ", "дек", "декабря"},
	}
}
