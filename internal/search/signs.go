package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	texts "headwater/internal/text"
)

// A word with signs or in capitals has a second term at its position, a variant. Variants begin with variantPrefix, with which
// no folded word begins, so prefixes, stems and fuzzy words never find variants. They do not count for an article's length.
// They add 1.6% terms and 2.3% bytes for English news. Words, terms and kinds of variants are:
//
//	C# C++ 50%            c =c#       c =c++       50 =50%       signs after a word
//	.NET #tag @name $5    net =.net   tag =#tag    ...           a sign before it
//	AT&T TCP/IP node.js   at =at& t   tcp =tcp/ ip ...           a sign between two words, kept with the first
//	US USA's MPs U.S.     us =US      usa =USA     mp =MP        two to five capitals, or initials with full stops
//
// A query asks for the most specific term of each word (see words.keepMostSpecific). So C finds C#, and C# does not find C.
// This works with the index's own terms, so phrases, counts and highlights need no special handling. Hyphens, apostrophes,
// commas and colons are punctuation, and so are full stops and exclamation marks at a word's end. Punctuation only separates
// words.
const variantPrefix = '='

// spelling is the property that a variant has in addition to the letters and digits of its word. Later values are more
// specific.
type spelling uint8

const (
	noSpelling  spelling = iota
	nextToStop           // a full stop followed directly by another word, as in "ASP.Net" and "St.Pauli"
	inCapitals           // the word is in capitals
	asInitials           // the word is in capitals, with full stops between its letters
	signInFront          // the sign before it
	signsBehind          // the signs after it
	signsAround          // both
)

// signUse says at which side of a word a sign belongs to it.
type signUse uint8

const (
	signBefore  signUse = 1 << iota
	signBehind          // up to three of one sign
	signBetween         // letters or digits on both sides
	signAmount          // part of the number next to it, also with a space between: 50 %, € 5
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

// signOf returns a sign as it is in terms, with full-width forms as ASCII, and its uses. The uses are 0 if r is not a sign.
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

// hasSignNear reports whether a word may have signs: the byte before or after it, or the byte after a space there, is a sign or
// not ASCII.
func hasSignNear(text string, start, end int) bool {
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

// leadingSign returns the sign before a word at start, and the sign's offset. first is the word's first character.
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

// trailingSigns returns the signs after the word text[from:at] and the offset at which they end. dotted means that there are
// full stops between its letters.
func trailingSigns(text string, from, at int, dotted bool) (signs string, end int) {
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
		case !isWordRune(behind),
			s == '!' && !unicode.IsLetter(behind),
			// "No.5" and "J.Smith" lack a space.
			s == '.' && (dotted || size == at-from || !unicode.IsLetter(before) || !unicode.IsLetter(behind)):
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
		if after, _ := utf8.DecodeRuneInString(text[next+width:]); isWordRune(after) {
			return "&", next
		}
	case use&signBehind != 0 && use&signAmount != 0 && endsInDigit(text[:at]) && (s == '°' || !isWordRune(behind)):
		return string(s), next
	}
	return "", at
}

// signAt returns the sign at an offset and the offset after it.
func signAt(text string, at int) (sign rune, use signUse, next int) {
	r, size := utf8.DecodeRuneInString(text[at:])
	sign, use = signOf(r)
	return sign, use, at + size
}

// isTitleCase reports whether a text begins with a capital and a lower-case letter.
func isTitleCase(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(first) && unicode.IsLower(firstRune(s[size:]))
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// isSpace reports whether a character is a space that may be written between a number and its sign.
func isSpace(r rune) bool { return r == ' ' || r == 0x00a0 || r == 0x2009 || r == 0x202f }

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func endsInDigit(s string) bool { return s != "" && isDigit(s[len(s)-1]) }

// mayBeCapitals reports whether a word may be in capitals, judged by its first two bytes.
func mayBeCapitals(word string) bool {
	return len(word) > 1 && (word[0] >= utf8.RuneSelf || word[0]-'A' < 26 && (word[1] >= utf8.RuneSelf || word[1]-'A' < 26))
}

// isSmall reports whether a letter is not a capital. In scripts without capitals all letters are small.
func isSmall(r rune) bool { return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsTitle(r) }

// isVariant reports whether a term is a variant with signs or capitals.
func isVariant(term string) bool { return term != "" && term[0] == variantPrefix }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// fold appends a rune in the form used for comparison: lower case, without accents, in compatibility decomposition (NFKD), with
// Latin letters that have no decomposition written out. text holds the rune.
func fold(dst []byte, r rune, text string) []byte {
	decomposed := norm.NFKD.PropertiesString(text).Decomposition()
	if decomposed == nil {
		return appendFolded(dst, r)
	}
	for len(decomposed) > 0 {
		r, size := utf8.DecodeRune(decomposed)
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			dst = appendFolded(dst, r)
		}
		decomposed = decomposed[size:]
	}
	return dst
}

func appendFolded(dst []byte, r rune) []byte {
	if texts.Accent(r) {
		return dst
	}
	r = unicode.ToLower(r)
	switch r {
	case 'ß':
		return append(dst, "ss"...)
	case 'æ':
		return append(dst, "ae"...)
	case 'œ':
		return append(dst, "oe"...)
	case 'þ':
		return append(dst, "th"...)
	case 'ø':
		r = 'o'
	case 'đ', 'ð':
		r = 'd'
	case 'ł':
		r = 'l'
	case 'ı':
		r = 'i'
	case 'ς':
		r = 'σ'
	}
	return utf8.AppendRune(dst, r)
}

// invisible reports whether a rune is invisible inside a word: soft hyphen, joiners, byte order mark.
func invisible(r rune) bool {
	return r == 0x00ad || r >= 0x200b && r <= 0x200d || r == 0x2060 || r == 0xfeff
}

// unspaced reports whether every part of a run of letters must be searchable in the rune's script. This holds for scripts
// without spaces between words, and for Hangul, whose particles are attached to words.
func unspaced(r rune) bool { return texts.ScriptOf(r).Unbounded() }

// foldUnspaced folds half-width kana and the compatibility ideographs. Voiced kana keep their mark, since it makes another
// sound and is not an accent.
func foldUnspaced(dst []byte, r rune, text string) []byte {
	switch {
	case r >= 0xff66 && r <= 0xff9f:
		if wide := width.LookupRune(r).Wide(); wide != 0 {
			r = wide
		}
	case r >= 0xf900 && r <= 0xfaff:
		if d := norm.NFKD.PropertiesString(text).Decomposition(); d != nil {
			return append(dst, d...)
		}
	}
	return utf8.AppendRune(dst, r)
}
