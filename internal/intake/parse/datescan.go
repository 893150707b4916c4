package parse

import (
	"strings"
	"time"
)

// scanDate reads the parts of a date's text. It returns false if the text is no date in any order and language.
func scanDate(text string, c *calendar, lang int) (*dateText, bool) {
	w := &dateText{year: -1, month: -1, day: -1, hour: -1, clockAt: -1, clockEnd: -1}
	w.zone.iana, text = cutZoneName(text)
	w.lexemes = lex(text, c)
	w.findNames(c)
	if w.readCompact(); w.year < 0 {
		w.readMarked()
	}
	if w.year < 0 {
		w.readTriple()
	}
	if w.hasDate() {
		w.months = nil // a name next to numbers is a weekday: "mar 24/11/2022"
	}
	w.findClock(c, lang)
	w.findZone(c)
	if w.shape != noNumbers || w.year >= 0 && w.month >= 0 && w.day >= 0 {
		for i, l := range w.lexemes { // a number left next to a date is a clock: "20221124 0905"
			if w.hour < 0 && l.kind == digits && !l.used && (len(l.text) == 4 || len(l.text) == 6) && w.readClockDigits(l.text) {
				w.markUsed(i, i+1)
				w.clockAt, w.clockEnd = i, i+1
			}
		}
		return w, true
	}
	return w, w.readRest()
}

// findNames finds the month and the weekday. If several words may be the month, it prefers one without other meanings, then one
// next to a number: in Italian "mar" is both Tuesday and March.
func (w *dateText) findNames(c *calendar) {
	best, bestRank := -1, 0
	for i, l := range w.lexemes {
		if l.kind != letters || w.attached(i) && w.at(i-1).kind == digits && len(l.text) < 3 {
			continue
		}
		if next := w.at(i + 1); next.n() >= 1 && next.n() <= 12 { // Vietnamese months are numbers: "tháng 11", "thg 11" and "Th11"
			if word := fold(l.text); word == "thang" || word == "thg" || word == "th" && !next.spaced {
				w.month, w.months = next.n(), nil
				w.markUsed(i, i+2)
				return
			}
		}
		_, month := l.means(monthName)
		_, solar := l.means(solarMonth)
		if !month && !solar {
			continue
		}
		rank := 1
		if l.exact {
			rank += 4
		}
		if _, weekday := l.means(weekdayName); !weekday {
			rank += 2
		}
		if before := w.at(i - 1); before.kind == digits || before.is("-") || before.is("/") || before.is(".") {
			rank++
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
	}
	if best >= 0 {
		w.monthAt = best
		l := &w.lexemes[best]
		l.used = true
		if w.months = months(l.meanings); w.months == nil {
			w.months, w.solar = l.meanings, true
		}
		if l.exact {
			w.addLanguages(w.months)
			thai := languages{}
			if i := c.language("th"); i >= 0 {
				thai[i/64] = 1 << (i % 64)
			}
			w.thai = w.months[0].langs == thai
		}
	}
	for i, l := range w.lexemes {
		if _, weekday := l.means(weekdayName); !weekday || l.used || !l.exact || w.attached(i) && w.at(i-1).kind == digits {
			continue
		}
		for _, m := range l.meanings {
			if m.kind == weekdayName {
				w.weekday = append(w.weekday, m)
			}
		}
		w.addLanguages(w.weekday)
		break
	}
}

// addLanguages records the languages in which a name has these meanings.
func (w *dateText) addLanguages(meanings []meaning) {
	var all languages
	for _, m := range meanings {
		all = all.or(m.langs)
	}
	w.langs = append(w.langs, all)
}

// readCompact reads dates that are one number: 20221124, 202211240905, 20221124090500, 2022328. It also reads weeks.
func (w *dateText) readCompact() {
	for i, l := range w.lexemes {
		if l.kind != digits {
			continue
		}
		t := l.text
		if week := w.at(i + 2); len(t) == 4 && strings.EqualFold(week.text, "W") && w.at(i+1).is("-") {
			w.readWeek(i)
			return
		}
		switch alone := len(w.lexemes) == 1 || i == 0 && strings.EqualFold(w.at(1).text, "T") && w.attached(1); {
		case len(t) == 7 && alone:
			w.readOrdinal(t[:4], t[4:])
		case len(t) == 8, len(t) == 10, len(t) == 12, len(t) == 14, len(t) == 17:
			w.year, w.month, w.day = number(t[:4]), number(t[4:6]), number(t[6:8])
			w.readClockDigits(t[8:])
		default:
			continue
		}
		if w.year < 1900 || w.year > 2100 || w.month < 1 || w.month > 12 {
			w.year, w.month, w.day, w.hour = -1, -1, -1, -1
			continue
		}
		w.markUsed(i, i+1)
		if w.hour >= 0 {
			w.clockAt, w.clockEnd = i, i+1
		}
		return
	}
}

// readWeek reads 2022-W47 and 2022-W47-4, of ISO 8601.
func (w *dateText) readWeek(i int) {
	week, day, end := w.at(i+3).n(), 1, i+4
	if w.at(end).is("-") && len(w.at(end+1).text) == 1 && w.at(end+1).n() >= 0 {
		day, end = w.at(end+1).n(), end+2
	}
	if week < 1 || week > 53 || day < 1 || day > 7 {
		return
	}
	fourth := time.Date(w.at(i).n(), 1, 4, 0, 0, 0, 0, time.UTC) // 4 January is in the first week
	t := fourth.AddDate(0, 0, 7*(week-1)+day-1-(int(fourth.Weekday())+6)%7)
	w.year, w.month, w.day = t.Year(), int(t.Month()), t.Day()
	w.markUsed(i, end)
}

func (w *dateText) readOrdinal(year, day string) bool {
	y, n := number(year), number(day)
	if n < 1 || n > 366 || y < 0 {
		return false
	}
	t := time.Date(y, 1, n, 0, 0, 0, 0, time.UTC)
	w.year, w.month, w.day = y, int(t.Month()), t.Day()
	return true
}

// readMarked reads numbers with a mark for their meaning: 2022年11月24日, 2022년 11월 24일, 令和4年11月24日.
func (w *dateText) readMarked() {
	year, month, day := -1, -1, -1
	for i := 1; i < len(w.lexemes); i++ {
		number := w.at(i - 1)
		if number.kind != digits || number.used || w.lexemes[i].kind != letters {
			continue
		}
		switch w.lexemes[i].text {
		case "年", "년":
			year = i - 1
		case "月", "월":
			month = i - 1
		case "日", "号", "號", "일":
			day = i - 1
		default:
			continue
		}
	}
	if month < 0 || day < 0 {
		return
	}
	w.month, w.day = w.at(month).n(), w.at(day).n()
	w.markUsed(month, month+2)
	w.markUsed(day, day+2)
	if year >= 0 {
		w.year = w.fullYear(year)
		w.markUsed(year, year+2)
	}
}

// fullYear reads the year at lexeme i, which an era may precede.
func (w *dateText) fullYear(i int) int {
	for before := i - 1; before >= 0 && before >= i-2; before-- {
		if first, ok := w.at(before).means(eraName); ok && w.at(before).exact {
			w.markUsed(before, before+1)
			if n := w.at(i).n(); n >= 0 {
				return n + first
			}
			return -1
		}
	}
	text := w.at(i).text
	if len(text) == 2 && w.thai {
		return 2500 + number(text)
	}
	return fullYear(text)
}

// readTriple finds three numbers between equal separators. One of them may be a year of four digits. If none is, the numbers
// are a date only if there is no month name: next to a month name they may be a clock (09.05.30).
func (w *dateText) readTriple() {
	found := -1
	for i := 0; i+4 < len(w.lexemes); i++ {
		shape := noNumbers
		a, b, c, parting := w.at(i), w.at(i+2), w.at(i+4), w.at(i+1)
		if a.kind == digits && b.kind == digits && c.kind == digits && !a.used && !b.used && !c.used &&
			parting.kind == sign && w.at(i+3).is(parting.text) && !w.at(i-1).is(":") {
			shape = shapeOf(a.text, b.text, c.text, parting.text)
		}
		if shape == noNumbers || w.months != nil && w.at(i+1).is(":") || shape == short && (found >= 0 || w.months != nil || w.month >= 0) {
			continue
		}
		found, w.shape = i, shape
		if shape != short {
			break
		}
	}
	if found < 0 {
		return
	}
	w.numbers = [3]string{w.at(found).text, w.at(found + 2).text, w.at(found + 4).text}
	w.separator = w.at(found + 1).text
	w.markUsed(found, found+5)
	if w.shape == short && strings.EqualFold(w.at(found+5).text, "T") && w.attached(found+5) {
		w.shape = yearFirst // ISO 8601 with a short year
	}
}

func shapeOf(a, b, c, parting string) shape {
	if len(b) > 2 || len(a) == 3 || len(c) == 3 {
		return noNumbers
	}
	switch parting {
	case ":":
		if len(a) != 4 {
			return noNumbers // a clock
		}
	case "-", "/", ".", "":
	default:
		return noNumbers
	}
	switch {
	case len(a) == 4 && len(c) <= 2:
		return yearFirst
	case len(a) <= 2 && len(c) == 4:
		return yearLast
	case len(a) <= 2 && len(c) <= 2:
		return short
	}
	return noNumbers
}

// readRest reads a date from the numbers that are not part of the clock: day and year next to a month's name, or all three, or
// fewer.
func (w *dateText) readRest() bool {
	var left []int
	for i, l := range w.lexemes {
		if l.kind == digits && !l.used {
			left = append(left, i)
		}
	}
	if len(left) > 6 {
		return false
	}
	if w.months == nil && w.month < 0 {
		return w.readWithoutMonth(left)
	}
	if w.year < 0 {
		left = w.takeYear(left)
	}
	if w.year < 0 {
		return false
	}
	if w.day < 0 {
		w.day = 1
		if len(left) > 0 {
			w.day, left = w.at(left[0]).n(), left[1:]
		}
	}
	if w.hour < 0 && len(left) > 0 { // "02 Jan 2006 15 -0700"
		if l := w.at(left[0]); len(l.text) <= 2 && l.n() < 24 {
			w.hour = l.n()
		} else if len(l.text) == 4 || len(l.text) == 6 {
			w.readClockDigits(l.text)
		}
	}
	return true
}

// takeYear finds the year among the remaining numbers. It is the number with four digits, or with an apostrophe or an era
// before it. Otherwise it is the second of two, unless the first cannot be a day. takeYear returns the other numbers.
func (w *dateText) takeYear(left []int) []int {
	year := -1
	for k, i := range left {
		_, era := w.at(i - 1).means(eraName)
		before := w.at(i - 1).text
		if len(w.at(i).text) == 4 || era || before == "'" || before == "’" {
			year = k
			break
		}
	}
	if year < 0 && len(left) >= 2 && w.day < 0 && left[1] > w.monthAt { // not in "2 years, 11 months ago", which has an August
		year = 1
		if w.at(left[0]).n() > 31 {
			year = 0
		}
	}
	if year < 0 {
		return left
	}
	w.year = w.fullYear(left[year])
	return append(append([]int{}, left[:year]...), left[year+1:]...)
}

// readWithoutMonth reads "2022 11 24", "2022-11", "11/2022", "2022-328" and "2022".
func (w *dateText) readWithoutMonth(left []int) bool {
	text := func(k int) string { return w.at(left[k]).text }
	switch len(left) {
	case 3:
		if w.hour < 0 && left[2]-left[0] != 2 {
			return false
		}
		w.shape = shapeOf(text(0), text(1), text(2), "")
		w.numbers = [3]string{text(0), text(1), text(2)}
		return w.shape != noNumbers
	case 2:
		parting := w.at(left[0] + 1).text
		if left[1] != left[0]+2 || parting != "-" && parting != "/" && parting != "." {
			return false
		}
		w.day = 1
		switch a, b := text(0), text(1); {
		case len(a) == 4 && len(b) == 3:
			return w.readOrdinal(a, b)
		case len(a) == 4 && len(b) <= 2, len(a) == 2 && len(b) == 2 && parting == "-" && len(w.lexemes) == 3:
			w.year, w.month = fullYear(a), number(b)
			return true
		case len(a) <= 2 && len(b) == 4:
			w.year, w.month = number(b), number(a)
			return true
		}
	case 1:
		if len(text(0)) == 4 && len(w.lexemes) == 1 {
			w.year, w.month, w.day = number(text(0)), 1, 1
			return true
		}
	}
	return false
}
