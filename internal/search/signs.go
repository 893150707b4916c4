package search

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A word that is written with signs, or in capitals, has a second term at its place that says so. Each such term begins with
// writtenMark, which no folded word does, so that beginnings, stems and fuzzy words never meet it:
//
//	C# C++ 50%            c =c#       c =c++       50 =50%       signs behind a word
//	.NET #tag @name $5    net =.net   tag =#tag    ...           a sign before it
//	AT&T TCP/IP node.js   at =at& t   tcp =tcp/ ip ...           a sign between two, kept with the first
//	US USA's MPs U.S.     us =US      usa =USA     mp =MP        two to five capitals, or initials with full stops
//
// A query asks for the term that says the most of what it writes (see asked). So C finds C# and C# does not find C, by the
// index's own terms: phrases, counts and highlights need nothing else. Hyphens, apostrophes, commas and colons are
// punctuation, and so are full stops and exclamation marks at a word's end: they part words and say nothing.
const writtenMark = '='

// spelling is what a term says beside the letters and digits of its word. Later ones say more.
type spelling uint8

const (
	noSpelling  spelling = iota
	nextToStop           // a full stop that another word follows without a space, as in "ASP.Net" and "St.Pauli"
	inCapitals           // that the word is in capitals
	asInitials           // the same, by the full stops between its letters
	signInFront          // the sign before it
	signsBehind          // the signs behind it
	signsAround          // both
)

// maxSigned bounds the term of a word that gets a second one, in bytes; what is longer is no name.
const maxSigned = maxTerm - 8

// signUse says where a sign belongs to a word.
type signUse uint8

const (
	signBefore  signUse = 1 << iota
	signBehind          // up to three of one sign
	signBetween         // letters or digits on both sides
	signAmount          // of the number beside it, also where a space parts them: 50 %, € 5
)

var asciiSigns = [utf8.RuneSelf]signUse{
	'#': signBefore | signBehind,
	'$': signBefore | signBehind | signAmount,
	'%': signBefore | signBehind | signAmount,
	'+': signBehind,
	'.': signBefore | signBetween,
	'@': signBefore | signBetween,
	'&': signBetween, '/': signBetween, '_': signBetween, '=': signBetween, '!': signBetween,
}

// signOf gives a sign as terms have it, full-width forms as ASCII, and its uses: 0 for what is no sign.
func signOf(r rune) (rune, signUse) {
	switch {
	case r == '♯':
		r = '#'
	case r == '٪':
		r = '%'
	case r >= 0xff01 && r <= 0xff5e:
		r -= 0xff01 - '!'
	case r >= 0xfe50 && r <= 0xfe6b || r >= 0xffe0 && r <= 0xffe6: // small and wide forms
		r, _ = utf8.DecodeRuneInString(norm.NFKC.String(string(r)))
	}
	switch {
	case r < utf8.RuneSelf:
		return r, asciiSigns[r]
	case r == '‰' || r == '°':
		return r, signBehind | signAmount
	case unicode.Is(unicode.Sc, r):
		return r, signBefore | signBehind | signAmount
	}
	return r, 0
}

// nearSign says whether a word may have signs: a byte beside it, or behind the space beside it, is one or is not ASCII.
func nearSign(text string, start, end int) bool {
	if start > 0 && mayBeSign(text[start-1]) {
		return true
	}
	if start > 1 && text[start-1] == ' ' && isDigit(text[start]) && mayBeSign(text[start-2]) {
		return true
	}
	if end == len(text) {
		return false
	}
	return mayBeSign(text[end]) || text[end] == ' ' && end+1 < len(text) && mayBeSign(text[end+1])
}

func mayBeSign(c byte) bool { return c >= utf8.RuneSelf || asciiSigns[c] != 0 }

// addSigned adds the terms of a word with its signs.
func (w *words) addSigned(text string, word word, dotted bool) {
	if word.to-word.from > maxSigned {
		return
	}
	first, _ := utf8.DecodeRuneInString(text[word.start:])
	before, start := leadingSign(text, int(word.start), first)
	behind, end := trailingSigns(text, word, dotted)
	term := w.folded[word.from:word.to]
	if before != "" {
		w.second(word, signInFront, start, int(word.end), before, term, "")
	}
	how := signsBehind
	if behind == "." && titleCase(text[end:]) {
		how = nextToStop
	}
	if behind != "" {
		w.second(word, how, int(word.start), end, "", term, behind)
	}
	if before != "" && behind != "" && how == signsBehind {
		w.second(word, signsAround, start, end, before, term, behind)
	}
}

// addTagged adds the term of a run of a script without spaces with the sign before it: "#全人代" has one for #全人. It goes
// before the run, whose characters lie side by side in folded.
func (w *words) addTagged(text string, at int) {
	if at == 0 || !mayBeSign(text[at-1]) {
		return
	}
	first, size := utf8.DecodeRuneInString(text[at:])
	sign, start := leadingSign(text, at, first)
	if sign == "" {
		return
	}
	end, single := at+size, true
	term := foldUnspaced(nil, first, text[at:end])
	if r, size := utf8.DecodeRuneInString(text[end:]); unspaced(r) {
		term = foldUnspaced(term, r, text[end:end+size])
		end, single = end+size, false
	}
	w.second(word{pos: w.pos + 1, single: single}, signInFront, start, end, sign, term, "")
}

// second adds another term of a word.
func (w *words) second(of word, s spelling, start, end int, before string, term []byte, behind string) {
	from := len(w.folded)
	w.folded = append(append(w.folded, writtenMark), before...)
	w.folded = append(append(w.folded, term...), behind...)
	of.from, of.to, of.start, of.end, of.spelling = int32(from), int32(len(w.folded)), int32(start), int32(end), s
	w.list = append(w.list, of)
}

// leadingSign gives the sign before a word that begins with this character, and where it stands.
func leadingSign(text string, start int, first rune) (sign string, at int) {
	number := unicode.IsDigit(first)
	r, size := utf8.DecodeLastRuneInString(text[:start])
	at = start - size
	if number && isSpace(r) { // "€ 5", but not the € of "4 € 5"
		r, size = utf8.DecodeLastRuneInString(text[:at])
		at -= size
		if s, use := signOf(r); use&signAmount == 0 || s == '%' || endsInDigit(strings.TrimRight(text[:at], " \u00a0\u202f")) {
			return "", start
		}
	}
	s, use := signOf(r)
	if use&signBefore == 0 {
		return "", start
	}
	previous, _ := utf8.DecodeLastRuneInString(text[:at])
	apart := at == 0 || !(unicode.IsLetter(previous) || unicode.IsNumber(previous)) || unspaced(previous)
	switch {
	case s == '.':
		apart = apart && (at == 0 || previous != '.')
	case s == '#':
		apart = apart || !number
	case s == '%':
		apart = number
	case use&signAmount != 0:
		apart = apart || number // "US$5"
	}
	if !apart {
		return "", start
	}
	return string(s), at
}

// trailingSigns gives the signs behind a word and where they end. Dotted says that full stops stand between its letters.
func trailingSigns(text string, of word, dotted bool) (signs string, end int) {
	at := int(of.end)
	s, use, next := signAt(text, at)
	if use&signBehind != 0 {
		n := 1
		for ; n <= 3; n++ {
			same, _, end := signAt(text, next)
			if same != s {
				break
			}
			next = end
		}
		if n > 3 {
			return "", at
		}
		return strings.Repeat(string(s), n), next
	}
	if use&signBetween != 0 {
		behind, _ := utf8.DecodeRuneInString(text[next:])
		before, size := utf8.DecodeLastRuneInString(text[:at])
		switch {
		case !startsWord(behind),
			s == '!' && !unicode.IsLetter(behind),
			// "No.5" and "J.Smith" lack a space.
			s == '.' && (dotted || size == int(of.end-of.start) || !unicode.IsLetter(before) || !unicode.IsLetter(behind)):
			return "", at
		}
		return string(s), next
	}
	space, size := utf8.DecodeRuneInString(text[at:])
	if !isSpace(space) {
		return "", at
	}
	s, use, next = signAt(text, at+size)
	switch behind, width := utf8.DecodeRuneInString(text[next:]); {
	case s == '&' && isSpace(behind):
		if after, _ := utf8.DecodeRuneInString(text[next+width:]); startsWord(after) {
			return "&", next
		}
	case use&signBehind != 0 && use&signAmount != 0 && endsInDigit(text[:at]) && (s == '°' || !startsWord(behind)):
		return string(s), next
	}
	return "", at
}

// signAt gives the sign at a place and the place behind it.
func signAt(text string, at int) (sign rune, use signUse, next int) {
	r, size := utf8.DecodeRuneInString(text[at:])
	sign, use = signOf(r)
	return sign, use, at + size
}

// titleCase says whether a text begins with a capital and a small letter.
func titleCase(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(first) && unicode.IsLower(firstRune(s[size:]))
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// isSpace says whether a character is a space as it stands between a number and its sign.
func isSpace(r rune) bool { return r == ' ' || r == 0x00a0 || r == 0x2009 || r == 0x202f }

func startsWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func endsInDigit(s string) bool { return s != "" && isDigit(s[len(s)-1]) }

// mayBeCapitals says whether a word may be one in capitals, by its first two bytes.
func mayBeCapitals(word string) bool {
	return len(word) > 1 && (word[0] >= utf8.RuneSelf || word[0]-'A' < 26 && (word[1] >= utf8.RuneSelf || word[1]-'A' < 26))
}

// addCapitals adds the term of a word in capitals, if it is written so.
func (w *words) addCapitals(text string, of word, dotted bool) {
	written := text[of.start:of.end]
	if len(written) > 5*2*utf8.UTFMax {
		return
	}
	how, letters := asInitials, 0
	if !dotted {
		how, written = inCapitals, strings.TrimSuffix(written, "s") // "MPs"
		if strings.ContainsFunc(written, func(r rune) bool { return !unicode.IsUpper(r) }) {
			return
		}
	}
	var term []byte
	for i, r := range written {
		if unicode.IsLetter(r) {
			term = fold(term, r, written[i:i+utf8.RuneLen(r)])
			letters++
		}
	}
	if letters < 2 || letters > 5 || how == inCapitals && !w.mixed(text, int(of.start)) {
		return
	}
	w.second(of, how, int(of.start), int(of.end), "", bytes.ToUpper(term), "")
}

// mixed says whether capitals mean something in the line that a word stands in: another word of the line is in small
// letters, or there is none.
func (w *words) mixed(text string, at int) bool {
	if at < w.lineEnd {
		return w.lineMixed
	}
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	w.lineEnd = len(text)
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		w.lineEnd = at + n
	}
	w.lineMixed = !allCapitals(text[begin:w.lineEnd])
	return w.lineMixed
}

// allCapitals says whether a line has several words and none in small letters, of which the first may be a capital. What
// stands behind an apostrophe is no word.
func allCapitals(line string) bool {
	many, previous := 0, ' '
	for rest := line; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if !startsWord(r) {
			previous, rest = r, rest[size:]
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !startsWord(r) && !unicode.IsMark(r) })
		if end < 0 {
			end = len(rest)
		}
		first, more := rest[:size], rest[size:end]
		capital := strings.ContainsFunc(more, unicode.IsUpper)
		small := strings.ContainsFunc(more, isSmall) || more == "" && strings.ContainsFunc(first, isSmall)
		if apostrophe := previous == '\'' || previous == '’'; !apostrophe {
			if small && !capital {
				return false
			}
			many++
		}
		previous, rest = ' ', rest[end:]
	}
	return many > 1
}

// isSmall says whether a letter is no capital: in scripts without capitals all are small.
func isSmall(r rune) bool { return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsTitle(r) }

// asked leaves of a query's words one term each, the one that says most; capitals count where they are asked for. A full
// stop before what may be another sentence is taken for one in a query, as texts have St.Pauli and St. Pauli, but articles
// have its term: asp.net finds ASP.Net.
func (w *words) asked(capitals bool) {
	kept := w.list[:0]
	for _, t := range w.list {
		n := len(kept)
		switch {
		case t.spelling == inCapitals && !capitals, t.spelling == nextToStop:
		case n > 0 && kept[n-1].pos == t.pos:
			if t.spelling > kept[n-1].spelling {
				kept[n-1] = t
			}
		default:
			kept = append(kept, t)
		}
	}
	w.list = kept
}

// unsigned leaves of a query's words the terms without signs and capitals.
func (w *words) unsigned() {
	kept := w.list[:0]
	for _, t := range w.list {
		if t.spelling == noSpelling {
			kept = append(kept, t)
		}
	}
	w.list = kept
}

// isWritten says whether a term says signs or capitals.
func isWritten(term string) bool { return term != "" && term[0] == writtenMark }

// wholeWord gives the term of a word that a beginning is when nothing follows: it loses its plural s.
func wholeWord(beginning string) string {
	at := 0
	if isWritten(beginning) {
		at = max(strings.IndexFunc(beginning, startsWord), 0)
	}
	return beginning[:at] + string(singular([]byte(beginning[at:])))
}
