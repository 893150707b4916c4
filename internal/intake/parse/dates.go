package parse

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"
	"unicode"
)

// dates reads the dates of one document. A date may be ambiguous by itself: 05/11 is in May or in November, and "lis" is a
// month of several languages. The document's language and its other dates decide. The forms of RFC 3339 and RFC 822 and Unix
// time are read here. datescan.go reads all other forms.
type dates struct {
	now  time.Time
	lang string // language that the document declares, in lower case; may be ""
	// all returns the texts of all dates of the document: first those of the feed, then those of each item. It is called at
	// most once, for the first ambiguous date.
	all    func() [][]string
	orders map[shape]order
	votes  map[int]int // number of month and weekday names in the document by index of their language
}

func newDates(now time.Time, lang string, all func() [][]string) *dates {
	return &dates{now: now, lang: strings.ToLower(strings.ReplaceAll(strings.TrimSpace(lang), "_", "-")), all: all}
}

// readLoneDate reads a date without other dates of its document.
func readLoneDate(text string, now time.Time) time.Time {
	return newDates(now, "", func() [][]string { return nil }).read(text)
}

// read reads a date in the forms that feeds use and returns it in UTC. It returns the zero time if text is no date, or if the
// date cannot be right: a day that its month lacks, a date before 2 January 1970 (software writes 1 January 1970 for no date),
// or more than a day after now (a mistake, or a trick to stay at the top).
func (d *dates) read(text string) time.Time {
	text = strings.TrimSpace(text)
	t, ok := commonDate(text)
	if !ok {
		t, ok = numberDate(text)
	}
	if !ok && len(text) <= maxDate && text != "" {
		c := loadCalendar()
		if w, scanned := scanDate(text, c, c.language(d.lang)); scanned {
			t, ok = d.resolve(w, c)
		}
	}
	if !ok || !d.inRange(t) {
		return time.Time{}
	}
	return t.UTC()
}

func (d *dates) inRange(t time.Time) bool {
	return !t.After(d.now.Add(24*time.Hour)) && !t.Before(time.Unix(24*3600, 0))
}

// commonDate reads the forms of RFC 3339 and RFC 822, which nearly all dates have.
func commonDate(text string) (time.Time, bool) {
	if len(text) < 20 || len(text) > 40 {
		return time.Time{}, false
	}
	layout := time.RFC1123Z
	switch {
	case text[0] >= '0' && text[0] <= '9':
		layout = time.RFC3339
	case strings.HasSuffix(text, " GMT"):
		layout = time.RFC1123
	case text[len(text)-1] < '0' || text[len(text)-1] > '9':
		return time.Time{}, false
	}
	t, err := time.Parse(layout, text)
	return t, err == nil
}

// numberDate reads the time since 1970 in seconds or, by its length, in milliseconds, microseconds or nanoseconds. It also
// reads .NET's form: "/Date(1669280700000)/".
func numberDate(text string) (time.Time, bool) {
	text, isNET := strings.CutPrefix(text, "/Date(")
	if isNET { // an offset after it changes nothing
		text = text[:span(text, unicode.IsDigit)]
	}
	if text == "" || text[0] < '0' || text[0] > '9' || strings.Trim(text, "0123456789.eE+") != "" {
		return time.Time{}, false
	}
	whole, _, fraction := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || fraction {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f < 1e8 || f >= 1e14 || len(text) > 30 {
			return time.Time{}, false
		}
		if f < 1e11 {
			f *= 1000
		}
		return time.UnixMilli(int64(f)), true
	}
	switch len(whole) {
	case 9:
		return time.Unix(n, 0), true
	case 10:
		// Ten digits such as 2022112409 are a date and an hour. As seconds they would be in the 2030s.
		year, month, day, hour := number(whole[:4]), number(whole[4:6]), number(whole[6:8]), number(whole[8:])
		if year >= 2000 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 {
			return time.Time{}, false
		}
		return time.Unix(n, 0), true
	case 13:
		return time.UnixMilli(n), true
	case 16:
		return time.UnixMicro(n), true
	case 19:
		return time.Unix(0, n), true
	}
	return time.Time{}, false
}

const (
	anyOrder order = iota
	dmy
	mdy
	ymd
	ydm
)

// resolve returns the time of a date in its document.
func (d *dates) resolve(w *dateText, c *calendar) (time.Time, bool) {
	if w.shape == noNumbers {
		if len(w.months) > 0 {
			w.month = d.chooseMonth(w, c)
		}
		return d.time(w, w.year, w.month, w.day, c)
	}
	readings := d.readings(w, c)
	if len(readings) > 1 {
		if onDay := slices.DeleteFunc(slices.Clone(readings), func(r reading) bool { return !w.matchesWeekday(r.time) }); len(onDay) == 1 {
			return onDay[0].time, true
		}
		chosen := d.chosenOrder(w.shape, c)
		for _, r := range readings {
			if r.order == chosen {
				return r.time, true
			}
		}
	}
	if len(readings) == 0 {
		return time.Time{}, false
	}
	return readings[0].time, true
}

// reading is a numeric date in one of its possible orders.
type reading struct {
	order order
	time  time.Time
}

// readings returns the readings that are days of the calendar, each day once, the most common order first.
func (d *dates) readings(w *dateText, c *calendar) (all []reading) {
	for _, o := range usualOrders(w.shape, w.separator) {
		y, m, day := o.parts(w.numbers)
		t, ok := d.time(w, d.fullYear(y), number(m), number(day), c)
		if !ok || slices.ContainsFunc(all, func(r reading) bool { return r.time.Equal(t) }) {
			continue
		}
		if o == ydm && w.shape == yearFirst && d.chosenOrder(w.shape, c) != ydm {
			continue // rare, so only if the document's other dates show this order
		}
		all = append(all, reading{o, t})
	}
	return all
}

// fullYear reads the year of a numeric date. Thai feeds shorten the years of the Buddhist calendar.
func (d *dates) fullYear(text string) int {
	if len(text) == 2 && strings.HasPrefix(d.lang, "th") {
		return 2500 + number(text)
	}
	return fullYear(text)
}

// time combines the parts. A day or month out of range gives no date. A second of 60 is a leap second, and an hour of 24 is
// midnight. Years of the Buddhist and Persian calendars are recognised by their value.
func (d *dates) time(w *dateText, year, month, day int, c *calendar) (time.Time, bool) {
	switch {
	case w.solar, year >= 1300 && year < 1500 && strings.HasPrefix(d.lang, "fa"):
		year, month, day = solarToGregorian(year, month, day)
	case year > 2400 && year < 2700:
		year -= 543
	}
	hour := max(w.hour, 0)
	switch {
	case year < 0, month < 1 || month > 12, day < 1 || day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day():
		return time.Time{}, false
	case hour > 24 || w.minute < 0 || w.minute > 59 || w.second < 0 || w.second > 60 || hour == 24 && w.minute+w.second > 0:
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, w.minute, w.second, w.nanos, w.zone.location(c, d.lang)), true
}

// solarToGregorian converts a day of the Persian calendar to the Gregorian calendar. Leap years follow the cycle of 33 years,
// which is exact from 1343 to 1473. The first day of 1400 was 21 March 2021.
func solarToGregorian(year, month, day int) (y, m, d int) {
	isLeap := func(year int) bool { return slices.Contains([]int{1, 5, 9, 13, 17, 22, 26, 30}, year%33) }
	if year < 1343 || year > 1473 || month < 1 || month > 12 || day < 1 || day > 31 || month > 6 && day > 30 || month == 12 && day > 29 && !isLeap(year) {
		return -1, -1, -1
	}
	days := 31*min(month-1, 6) + 30*max(month-7, 0) + day - 1
	for y := 1400; y < year; y++ {
		days += 365
		if isLeap(y) {
			days++
		}
	}
	for y := year; y < 1400; y++ {
		days -= 365
		if isLeap(y) {
			days--
		}
	}
	t := time.Date(2021, 3, 21+days, 0, 0, 0, 0, time.UTC)
	return t.Year(), int(t.Month()), t.Day()
}

// matchesWeekday reports whether t is on the weekday that the date names, in any language that has this name.
func (w *dateText) matchesWeekday(t time.Time) bool {
	return slices.ContainsFunc(w.weekday, func(m meaning) bool { return m.value == int(t.Weekday()) })
}

// chooseMonth chooses among the meanings of the month's name. The criteria are, in this order: the document's language, the
// weekday, the language of the weekday's name, and the language of the document's other dates. A date that cannot be right is
// chosen last.
func (d *dates) chooseMonth(w *dateText, c *calendar) int {
	if len(w.months) == 1 {
		return w.months[0].value
	}
	lang := c.language(d.lang)
	best, bestRank := 0, []int(nil)
	for _, m := range w.months {
		t, ok := d.time(w, w.year, m.value, w.day, c)
		ownDay := 0
		for _, day := range w.weekday {
			if day.langs.and(m.langs) != (languages{}) {
				ownDay = max(ownDay, 1)
				if ok && day.value == int(t.Weekday()) {
					ownDay = 2
				}
			}
		}
		rank := []int{boolInt(m.langs.has(lang)), boolInt(ok && w.matchesWeekday(t)), ownDay, 0, boolInt(ok && d.inRange(t))}
		if rank[0] == 0 && d.all != nil {
			if d.votes == nil {
				d.analyse(c)
			}
			for i := range c.languages {
				if m.langs.has(i) {
					rank[3] = max(rank[3], d.votes[i])
				}
			}
		}
		if best == 0 || slices.Compare(rank, bestRank) > 0 {
			best, bestRank = m.value, rank
		}
	}
	return best
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// chosenOrder returns the order of the document's dates of this shape.
func (d *dates) chosenOrder(s shape, c *calendar) order {
	if d.orders == nil {
		d.analyse(c)
	}
	return d.orders[s]
}

// maxAnalysed is the maximum number of a document's texts that are read to find the order of its dates.
const maxAnalysed = 4000

// itemDates holds the dates of one item.
type itemDates struct {
	known []time.Time // dates that are not numeric
	open  []*dateText // numeric dates
}

// analyse reads all dates of the document in all orders and chooses an order for each shape.
func (d *dates) analyse(c *calendar) {
	d.orders, d.votes = map[shape]order{}, map[int]int{}
	if d.all == nil {
		return
	}
	var items []itemDates
	texts := 0
	for _, item := range d.all() {
		var s itemDates
		for _, text := range item {
			text = strings.TrimSpace(text)
			if texts++; texts > maxAnalysed || text == "" || len(text) > maxDate {
				continue
			}
			if t, ok := commonDate(text); ok {
				s.known = append(s.known, t)
				continue
			}
			w, ok := scanDate(text, c, c.language(d.lang))
			if !ok {
				continue
			}
			for _, l := range w.langs {
				for i := range c.languages {
					if l.has(i) {
						d.votes[i]++
					}
				}
			}
			if w.shape != noNumbers {
				s.open = append(s.open, w)
			} else if t, ok := d.time(w, w.year, w.month, w.day, c); ok {
				s.known = append(s.known, t)
			}
		}
		items = append(items, s)
	}
	for _, s := range []shape{yearFirst, yearLast, short} {
		d.orders[s] = d.chooseOrder(s, items, c)
	}
}

// chooseOrder compares the possible orders of dates of a shape. The criteria are, in this order: the fewest impossible dates,
// agreement with weekdays, with other dates of the same item or feed, with the order of the items, with dates whose years have
// four digits, with the document's language, the shortest time between items, and the most common order.
func (d *dates) chooseOrder(s shape, items []itemDates, c *calendar) order {
	parting := ""
	for _, item := range items {
		for _, w := range item.open {
			if w.shape == s && parting == "" {
				parting = w.separator
			}
		}
	}
	if parting == "" {
		return anyOrder
	}
	best, bestCost := anyOrder, []int64(nil)
	for place, o := range usualOrders(s, parting) {
		cost := append(d.orderCosts(o, s, items, c), int64(place))
		if s == yearFirst && o == ydm && bestCost[0] < 2 {
			continue
		}
		if best == anyOrder || slices.Compare(cost, bestCost) < 0 {
			best, bestCost = o, cost
		}
	}
	return best
}

// orderCosts returns the costs of an order for chooseOrder, the most important first.
func (d *dates) orderCosts(o order, s shape, items []itemDates, c *calendar) []int64 {
	const near = 36 * time.Hour
	var impossible, otherDay, agreed int64
	var sequence []time.Time
	for n, item := range items {
		var first time.Time
		for _, w := range item.open {
			if w.shape != s {
				continue
			}
			y, m, day := o.parts(w.numbers)
			t, ok := d.time(w, d.fullYear(y), number(m), number(day), c)
			if !ok || !d.inRange(t) {
				impossible++
				continue
			}
			if len(w.weekday) > 0 && !w.matchesWeekday(t) {
				otherDay++
			}
			for _, known := range slices.Concat(item.known, items[0].known) {
				if t.Sub(known).Abs() < near {
					agreed++
					break
				}
			}
			if first.IsZero() {
				first = t
			}
		}
		if first.IsZero() && len(item.known) > 0 {
			first = item.known[0]
		}
		if n > 0 && !first.IsZero() { // the dates of the feed itself come before those of the items
			sequence = append(sequence, first)
		}
	}
	var up, down int64
	var apart time.Duration
	for i := 1; i < len(sequence); i++ {
		switch step := sequence[i].Sub(sequence[i-1]); {
		case step > 0:
			up++
			apart += step
		case step < 0:
			down++
			apart -= step
		}
	}
	unlike := s == short && d.orders[yearLast] != anyOrder && o != d.orders[yearLast]
	return []int64{impossible, otherDay, -agreed, min(up, down), int64(boolInt(unlike)), int64(boolInt(!d.isLanguageOrder(o, s, c))), int64(apart)}
}

// isLanguageOrder reports whether o is the order of the document's language. It is true for all orders if the language is
// unknown.
func (d *dates) isLanguageOrder(o order, s shape, c *calendar) bool {
	base, _, _ := strings.Cut(d.lang, "-")
	own, known := c.orders[d.lang]
	if !known && base != d.lang && base != "en" {
		own, known = c.orders[base]
	}
	switch {
	case d.lang == "" || d.lang == "en" || known && own == anyOrder || !known && c.language(base) < 0:
		return true
	case !known:
		own = dmy
	case own == ymd && s == yearLast:
		own = dmy
		if base == "zh" || base == "ja" || base == "ko" {
			return true
		}
	}
	if s == yearFirst {
		return o == ymd
	}
	return o == own
}

// location returns the time zone in a feed of that language, or UTC if the date has no zone.
func (z zone) location(c *calendar, lang string) *time.Location {
	switch {
	case z.hasOffset:
		return time.FixedZone("", z.offset)
	case z.iana != nil:
		return z.iana
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
	case found.ianaName != "":
		return loadZone(found.ianaName)
	}
	return time.FixedZone(z.name, found.offset)
}
