package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
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
	if accent(r) {
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

// accent says whether a mark may be left out when words are compared: accents of Latin, Greek and Cyrillic, the vowel
// signs of Arabic and Hebrew. Those of Indian scripts stay: they are the word's vowels.
func accent(r rune) bool {
	return r >= 0x0300 && r <= 0x036f || r >= 0x0591 && r <= 0x05c7 || r >= 0x064b && r <= 0x065f || r == 0x0670 || r == 0x0640
}

// invisible says whether a rune may stand inside a word unseen: soft hyphen, joiners, byte order mark.
func invisible(r rune) bool {
	return r == 0x00ad || r >= 0x200b && r <= 0x200d || r == 0x2060 || r == 0xfeff
}

// unspaced says whether a rune belongs to a script that writes words without spaces between them: Chinese, Japanese, Thai,
// Lao, Khmer, Burmese; and Korean, whose spaces part phrases rather than words.
func unspaced(r rune) bool {
	if r < 0x0e01 {
		return false
	}
	switch {
	case r <= 0x0eff, // Thai and Lao
		r >= 0x1000 && r <= 0x109f, // Burmese
		r >= 0x1100 && r <= 0x11ff, // Hangul letters
		r >= 0x1780 && r <= 0x17ff, // Khmer
		r >= 0x3005 && r <= 0x3007,
		r >= 0x3041 && r <= 0x30fa, r >= 0x30fc && r <= 0x30ff, // kana, without the middle dot
		r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff,
		r >= 0xac00 && r <= 0xd7a3,
		r >= 0xff66 && r <= 0xff9f, // half-width kana
		r >= 0x20000 && r <= 0x3ffff:
		return true
	}
	return false
}

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
