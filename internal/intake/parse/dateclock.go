package parse

import (
	"strings"
	_ "time/tzdata"
	"unicode"
)

// findClock finds the time of day by its colons, after a "T", by its dot, by marks (9h05, 9시 5분), or as an hour next to a word
// for a half of the day. Then it looks for such a word.
func (w *dateText) findClock(c *calendar, lang int) {
	spoken := w.knownLanguages(lang)
	hourAlone := func(i int) bool {
		l := w.at(i)
		beside := w.dayHalf(c, i-1, spoken) >= 0 || w.dayHalf(c, i+1, spoken) >= 0
		return len(l.text) <= 2 && l.n() <= 12 && beside && w.setClock(i, i+1, l.n(), 0, 0)
	}
	for _, clockAt := range []func(int) bool{w.colonClock, w.basicClock, w.dottedClock, w.markedClock, hourAlone} {
		for i := 0; i < len(w.lexemes) && w.clockAt < 0; i++ {
			if l := w.at(i); l.kind == digits && !l.used && clockAt(i) {
				break
			}
		}
	}
	if w.clockAt >= 0 {
		w.findHalf(c, spoken)
	}
}

// findHalf moves the hour into the half of the day that a word after or before the clock names.
func (w *dateText) findHalf(c *calendar, spoken languages) {
	if _, ok := w.at(w.clockEnd).means(hourMark); ok && len(w.at(w.clockEnd).text) > 1 { // "09:05 Uhr"
		w.markUsed(w.clockEnd, w.clockEnd+1)
		w.clockEnd++
	}
	before, after := w.clockAt-1, w.clockEnd
	for w.at(before).is(",") || w.at(before).is(".") || w.at(before).is("-") {
		before--
	}
	if _, ok := w.at(before).means(clockMark); ok && !w.at(before).used { // "kl. 9"
		before--
	}
	if w.at(after).is("(") || w.at(after).is(",") {
		after++
	}
	if half := w.dayHalf(c, after, spoken); half >= 0 {
		w.hour = hour24(w.hour, half)
		w.markUsed(after, after+1)
		w.clockEnd = after + 1
	} else if half := w.dayHalf(c, before, spoken); half >= 0 {
		w.hour = hour24(w.hour, half)
		w.markUsed(before, before+1)
	}
}

// colonClock reads 15:04, 15:04:05, 15:04:05.999 and 15:04:05:999. Digits after a plus are a zone offset, and so are those
// after a minus that is not separated from a date by a space.
func (w *dateText) colonClock(i int) bool {
	if len(w.at(i).text) > 2 || !w.hasPair(i, ":") || w.at(i-1).is("+") || w.at(i-1).is("-") && w.attached(i) && w.attached(i-1) && w.shape == yearFirst && !w.hasPair(i+2, ":") {
		return false
	}
	end, second := i+3, 0
	if w.hasPair(i+2, ":") {
		end, second = i+5, w.at(i+4).n()
	}
	w.setClock(i, end, w.at(i).n(), w.at(i+2).n(), second)
	w.fraction(end)
	return true
}

// fraction reads the digits after a dot, comma or colon behind the clock as a fraction of a second, or as the seconds.
func (w *dateText) fraction(end int) {
	l, part := w.at(end), w.at(end+1)
	if !l.is(".") && !l.is(",") && !l.is(":") || part.kind != digits || part.used || part.spaced || l.spaced {
		return
	}
	if end-w.clockAt == 3 && len(part.text) <= 2 {
		w.second = part.n()
	} else if n := number((part.text + "000000000")[:9]); n > 0 {
		w.nanos = n
	}
	w.markUsed(end, end+2)
	w.clockEnd = end + 2
}

// basicClock reads T15, T1504 and T150405.
func (w *dateText) basicClock(i int) bool {
	t := w.at(i - 1)
	isHour := len(w.at(i).text) == 2 && w.at(i+1).is(".") // "T09.05"
	if t.kind != letters || !strings.EqualFold(t.text, "T") || !w.attached(i) || isHour || !w.readClockDigits(w.at(i).text) {
		return false
	}
	w.setClock(i, i+1, w.hour, w.minute, w.second)
	if len(w.at(i).text) == 6 && (w.at(i+1).is(".") || w.at(i+1).is(",")) && w.at(i+2).kind == digits {
		w.nanos = max(number((w.at(i+2).text + "000000000")[:9]), 0)
		w.markUsed(i+1, i+3)
		w.clockEnd = i + 3
	}
	return true
}

// dottedClock reads 9.05, 09.05.30 and 09-05-30 if the date is complete without these numbers.
func (w *dateText) dottedClock(i int) bool {
	hour, minute := w.at(i), w.at(i+2)
	if w.hasDate() && w.hasPair(i, "-") && w.hasPair(i+2, "-") && hour.n() <= 24 && minute.n() <= 59 {
		return w.setClock(i, i+5, hour.n(), minute.n(), w.at(i+4).n())
	}
	if len(hour.text) > 2 || hour.n() > 24 || !w.hasPair(i, ".") || !w.attached(i+1) || !w.attached(i+2) || len(minute.text) != 2 || minute.n() > 59 {
		return false
	}
	if w.at(i-1).is(".") && w.at(i-2).kind == digits && !w.at(i-2).used {
		return false
	}
	end, second := i+3, 0
	if w.hasPair(i+2, ".") && w.attached(i+3) && w.attached(i+4) {
		end, second = i+5, w.at(i+4).n()
	}
	left := 0
	for _, l := range w.lexemes {
		if l.kind == digits && !l.used {
			left++
		}
	}
	if !w.hasDate() && left-(end-i+1)/2 < 2 {
		return false
	}
	return w.setClock(i, end, hour.n(), minute.n(), second)
}

// markedClock reads 9h, 9h05, 9 h 05 min 30 s, 0905h, 9시 5분, 午後3時5分, kl. 9.
func (w *dateText) markedClock(i int) bool {
	l, mark := w.at(i), w.at(i+1)
	if _, ok := w.at(i - 1).means(clockMark); ok && w.at(i-1).exact && len(l.text) <= 2 && !w.at(i-1).used {
		return w.setClock(i, i+1, l.n(), 0, 0)
	}
	_, ok := mark.means(hourMark)
	isLetter := len(mark.text) == 1
	switch {
	case !ok || !mark.exact, isLetter && mark.spaced && !strings.EqualFold(mark.text, "h"):
		return false
	case len(l.text) == 4:
		return w.setClock(i, i+2, number(l.text[:2]), number(l.text[2:]), 0)
	case len(l.text) > 2 || w.at(i-1).is(":") || l.n() > 24:
		return false
	}
	end, minute, second := i+2, 0, 0
	if m := w.at(end); m.kind == digits && len(m.text) <= 2 && !m.used && !w.at(end+1).is(".") {
		minute = m.n()
		end++
		if _, ok := w.at(end).means(minuteMark); ok {
			end++
			_, marked := w.at(end + 1).means(secondMark)
			if s := w.at(end); s.kind == digits && len(s.text) <= 2 && (marked || strings.EqualFold(w.at(end+1).text, "s")) {
				second = s.n()
				end += 2
			}
		} else if w.hasPair(end-1, ":") {
			second = w.at(end + 1).n()
			end += 2
		}
	}
	return w.setClock(i, end, l.n(), minute, second)
}

// knownLanguages returns the languages of the document and of the names in the text.
func (w *dateText) knownLanguages(lang int) languages {
	var all languages
	if lang >= 0 {
		all[lang/64] |= 1 << (lang % 64)
	}
	for _, l := range w.langs {
		all = all.or(l)
	}
	return all
}

// dayHalf returns the half of the day that the lexeme at i names, or -1. A word with other meanings in other languages counts
// only in a document of its language. English words also count in capitals, or if the language is unknown.
func (w *dateText) dayHalf(c *calendar, i int, spoken languages) int {
	l := w.at(i)
	if l.kind != letters || l.used {
		return -1
	}
	if !l.spaced && i == w.clockEnd && i > 0 {
		switch l.text {
		case "a", "A":
			return halfAM
		case "p", "P":
			return halfPM
		}
	}
	half := -1
	risky := c.ambiguousHalves[fold(l.text)] || len(l.text) == 1
	capitals := !strings.ContainsFunc(l.text, func(r rune) bool { return !unicode.IsUpper(r) })
	for _, m := range l.meanings {
		if m.kind != halfDay || !l.exact {
			continue
		}
		english := m.langs.has(0)
		if risky && m.langs.and(spoken) == (languages{}) && !(english && (capitals || spoken == (languages{}))) {
			continue
		}
		if half < 0 || m.value == halfNoon {
			half = m.value
		}
	}
	return half
}

// hour24 converts an hour of a twelve-hour clock and a half of the day to 24 hours.
func hour24(hour, half int) int {
	switch {
	case hour > 12 || hour < 0:
		return hour
	case half == halfAM, half == halfEvening && hour == 12, half == halfNight && (hour < 6 || hour == 12):
		return hour % 12
	case half == halfNoon && hour >= 10:
		return hour
	}
	return hour%12 + 12
}

// findZone finds a zone after the clock, or after the date if there is no clock.
func (w *dateText) findZone(c *calendar) {
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
			// A minus may be a dash between other parts. The minus of an offset has no space after it, and before it is the
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

func (w *dateText) readOffset(i int) {
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
	w.markUsed(i, end)
}

// readZoneName reads an abbreviation, or a name of several words. An abbreviation in lower case counts only after the clock or
// an offset, since "est" is a French word.
func (w *dateText) readZoneName(i, from int, c *calendar) {
	l := w.at(i)
	name := strings.ToUpper(l.text)
	for words, end := name, i+1; end < i+4 && w.at(end).kind == letters; end++ {
		words += "_" + strings.ToUpper(w.at(end).text)
		if c.zones[words] != nil {
			w.zone.name = words
			w.markUsed(i, end+1)
			return
		}
	}
	if c.zones[name] == nil || l.text != name && (i != from || len(name) == 2 && name != "UT") {
		return
	}
	w.zone.name = name
	w.markUsed(i, i+1)
}
