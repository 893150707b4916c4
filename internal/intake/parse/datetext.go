package parse

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxDate is the maximum length of a date's text, in bytes.
const maxDate = 200

type lexemeKind uint8

const (
	digits  lexemeKind = iota // of any script, as ASCII
	letters                   // a word, or a name of several words in the calendar
	sign                      // any other character
)

// lexeme is a token of a date's text.
type lexeme struct {
	kind     lexemeKind
	text     string
	meanings []meaning
	exact    bool // the calendar has the word in this form
	spaced   bool // white space stands before it
	used     bool // part of the date was read from this lexeme
}

func (l lexeme) is(text string) bool { return l.kind == sign && l.text == text }

// n returns the number in a lexeme of digits, or -1 if there are none or too many.
func (l lexeme) n() int {
	if l.kind != digits {
		return -1
	}
	return number(l.text)
}

// means returns the value of the first meaning of that kind.
func (l lexeme) means(kind wordKind) (int, bool) {
	for _, m := range l.meanings {
		if m.kind == kind {
			return m.value, true
		}
	}
	return 0, false
}

// lex splits a date's text into lexemes.
func lex(text string, c *calendar) []lexeme {
	if strings.Contains(text, "&") {
		text = html.UnescapeString(text)
	}
	if !isPlainASCII(text) {
		text = norm.NFKC.String(text)
	}
	all := make([]lexeme, 0, 16)
	spaced := false
	add := func(kind lexemeKind, text string) {
		all = append(all, lexeme{kind: kind, text: text, spaced: spaced})
		spaced = false
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch end := i + size; {
		case unicode.IsDigit(r):
			end = i + span(text[i:], unicode.IsDigit)
			add(digits, strings.Map(asciiDigit, text[i:end]))
			i = end
		case unicode.IsLetter(r):
			end = i + span(text[i:], isWordRune)
			afterDigits := len(all) > 0 && all[len(all)-1].kind == digits
			for _, word := range c.segment(strings.TrimRight(text[i:end], "'’"), afterDigits, spaced) {
				if word[0] >= '0' && word[0] <= '9' {
					add(digits, word)
				} else {
					add(letters, word)
				}
			}
			i = end
		case unicode.IsSpace(r) || r == '_':
			spaced = true
			i = end
		case unicode.Is(unicode.Cf, r) || unicode.IsMark(r) || r == utf8.RuneError:
			i = end
		case unicode.Is(unicode.Pd, r) || r == '−':
			add(sign, "-")
			i = end
		case r == '∶' || r == '٬':
			add(sign, ":")
			i = end
		case r == '॰' || r == '。' || r == '·':
			add(sign, ".")
			i = end
		case r == '،' || r == '、' || r == '٫':
			add(sign, ",")
			i = end
		default:
			add(sign, text[i:end])
			i = end
		}
	}
	return c.attachMeanings(all)
}

// isWordRune reports whether a character occurs in words: letters, their marks, apostrophes and joiners.
func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || strings.ContainsRune("'’ʼ׳״\"\u200c\u200d", r)
}

// asciiDigit returns a digit of any script as an ASCII digit.
func asciiDigit(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	d := rune(0)
	for d < 9 && unicode.IsDigit(r-d-1) {
		d++
	}
	return '0' + d
}

// dateMarks follow the numbers of East Asian dates.
const dateMarks = "年月日号號時时点點分秒년월일시분초"

// segment splits the words of a script without spaces: the mark after a number, numbers written in words, names in the
// calendar.
func (c *calendar) segment(text string, afterDigits, spaced bool) []string {
	if first, _ := utf8.DecodeRuneInString(text); !unicode.In(first, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
		return []string{text}
	}
	var out []string
	rest := []rune(text)
	for len(rest) > 0 {
		if afterDigits && strings.ContainsRune(dateMarks, rest[0]) && (!spaced || len(rest) == 1) {
			out, rest, afterDigits = append(out, string(rest[:1])), rest[1:], false
			continue
		}
		afterDigits, spaced = false, false
		if n, written := hanNumber(rest); n > 0 {
			out, rest, afterDigits = append(out, written), rest[n:], true
			continue
		}
		n := min(len(rest), 8)
		for ; n > 1; n-- {
			if _, ok := c.words[fold(string(rest[:n]))]; ok {
				break
			}
		}
		out, rest = append(out, string(rest[:n])), rest[n:]
	}
	return out
}

// hanNumber reads a number in Chinese characters before one of dateMarks. It returns its length and its digits.
func hanNumber(text []rune) (n int, written string) {
	value, tens := 0, 0
	for n < len(text) && n < 8 {
		r := text[n]
		d := strings.IndexRune("〇一二三四五六七八九", r)
		switch {
		case r == '元' && n == 0:
			value = 1
		case r == '零':
			value *= 10
		case d >= 0:
			value = value*10 + d/len("一")
		case r == '十' && tens == 0:
			tens, value = max(value, 1)*10, 0
		case r == '廿':
			tens = 20
		case r == '卅':
			tens = 30
		default:
			if n == 0 || !strings.ContainsRune(dateMarks, r) {
				return 0, ""
			}
			return n, strconv.Itoa(tens + value)
		}
		n++
	}
	return 0, ""
}

// attachMeanings looks up the words. A name of several words becomes one lexeme, and the dot after a word is dropped.
func (c *calendar) attachMeanings(all []lexeme) []lexeme {
	out := all[:0]
	for i := 0; i < len(all); {
		l := all[i]
		if l.kind != letters {
			out = append(out, l)
			i++
			continue
		}
		var n int
		if l.meanings, l.exact, n = c.longestName(all[i:]); n == 0 {
			l.meanings, l.exact = c.lookUp(fold(l.text))
			n = 1
		}
		next := i + n
		for _, more := range all[i+1 : next] {
			if more.kind == letters {
				l.text += more.text
			}
		}
		for next < len(all) && all[next].is(".") && !all[next].spaced {
			next++
		}
		out = append(out, l)
		i = next
	}
	return out
}

// longestName finds the longest name of up to four words, with dots between them, that the calendar has in this form.
func (c *calendar) longestName(all []lexeme) (meanings []meaning, exact bool, n int) {
	key := ""
	for i, words := 0, 0; i < len(all) && words < 4; i++ {
		switch l := all[i]; {
		case l.kind == letters:
			key += fold(l.text)
			words++
			if known, ok := c.words[key]; ok {
				meanings, exact, n = known, true, i+1
			}
		case l.is(".") && !l.spaced:
		case l.is("-") && !l.spaced:
		default:
			return meanings, exact, n
		}
	}
	return meanings, exact, n
}

// dateText holds the lexemes of a date's text and the parts that they show by themselves. A missing part is -1.
type dateText struct {
	lexemes []lexeme

	// numbers are the numbers of a numeric date, in text order. The order of the date says which of them is the year.
	numbers   [3]string
	shape     shape
	separator string // between the numbers: ".", "-" ...

	year, month, day int
	months           []meaning // possible meanings of the month's name
	monthAt          int       // index of the month's name in lexemes
	solar            bool      // the date is in the Persian calendar
	thai             bool      // years are in the Buddhist calendar, short ones too
	weekday          []meaning
	langs            []languages // languages of each name of a month or weekday

	hour, minute, second int
	nanos                int
	clockAt, clockEnd    int // range of the clock in lexemes, or -1
	zone                 zone
}

// at returns the lexeme at index i, or an empty sign if there is none.
func (w *dateText) at(i int) lexeme {
	if i < 0 || i >= len(w.lexemes) {
		return lexeme{kind: sign}
	}
	return w.lexemes[i]
}

func (w *dateText) markUsed(from, to int) {
	for i := max(from, 0); i < min(to, len(w.lexemes)); i++ {
		w.lexemes[i].used = true
	}
}

// attached reports whether no white space precedes the lexeme at i.
func (w *dateText) attached(i int) bool {
	l := w.at(i)
	return i > 0 && i < len(w.lexemes) && !l.spaced
}

// hasDate reports whether the date is known, so that the remaining numbers belong to a clock.
func (w *dateText) hasDate() bool {
	return w.shape != noNumbers || w.year >= 0 && w.month >= 0 && w.day >= 0
}

// readClockDigits reads the digits of a clock: 09, 0905, 090500, 090500123.
func (w *dateText) readClockDigits(t string) bool {
	switch len(t) {
	case 9:
		w.nanos = number(t[6:]) * 1e6
		fallthrough
	case 6:
		w.second = number(t[4:6])
		fallthrough
	case 4:
		w.minute = number(t[2:4])
		fallthrough
	case 2:
		w.hour = number(t[:2])
		return true
	}
	return false
}

func (w *dateText) setClock(from, to, hour, minute, second int) bool {
	w.hour, w.minute, w.second = hour, minute, second
	w.clockAt, w.clockEnd = from, to
	w.markUsed(from, to)
	return true
}

// hasPair reports whether a sign and a number of one or two digits follow the lexeme at i.
func (w *dateText) hasPair(i int, sign string) bool {
	next := w.at(i + 2)
	return w.at(i+1).is(sign) && next.kind == digits && len(next.text) <= 2 && !next.used
}

// fullYear reads a year of two or four digits. 70 to 99 are in the last century.
func fullYear(text string) int {
	n := number(text)
	switch {
	case n < 0 || len(text) > 4 || len(text) == 3:
		return -1
	case len(text) > 2:
		return n
	case n >= 70:
		return 1900 + n
	}
	return 2000 + n
}
