package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	texts "headwater/internal/text"
)

// fold appends the form of a rune that is compared: lower case, without accents, compatibility forms undone (NFKD), and
// the letters of Latin that no decomposition opens written out. text holds the rune.
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

// invisible says whether a rune may stand inside a word unseen: soft hyphen, joiners, byte order mark.
func invisible(r rune) bool {
	return r == 0x00ad || r >= 0x200b && r <= 0x200d || r == 0x2060 || r == 0xfeff
}

// unspaced says whether a rune belongs to a script in which every part of a run of letters has to be found: one that writes
// words without spaces, or Hangul, whose particles stick to words.
func unspaced(r rune) bool { return texts.ScriptOf(r).Unbounded() }

// foldUnspaced folds half-width kana and the compatibility ideographs. Voiced kana keep their mark: it makes another
// sound, not an accent.
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
