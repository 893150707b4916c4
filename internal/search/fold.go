package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	texts "headwater/internal/text"
)

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
