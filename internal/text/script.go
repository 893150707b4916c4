// Package text holds the common rules of all stages for splitting texts into words and comparing words: how a script separates
// words, which marks are accents, where a text may be cut, and the stems and stop words of languages. It does not depend on
// articles.
//
// script.go has the scripts, fold.go accents and cutting, language.go stems and stop words.
package text

// Script is the way in which a group of scripts separates words.
type Script uint8

// The groups of scripts. Those from Katakana on are written without spaces between words.
//
// Hangul is written with spaces, but particles follow a word without a space. Code that counts or compares words uses Hangul
// words as they are. Code that searches for a word also finds it inside other words, see Unbounded.
const (
	Spaced         Script = iota // separate words: Latin, Cyrillic, Devanagari, digits; also everything that is not a letter
	Arabic                       // separate words, except for particles before them
	Hangul                       // separate words, except for particles after them
	Katakana                     // no spaces; a run is one word
	Ideographs                   // no spaces: Han and Hiragana
	SouthEastAsian               // no spaces; letters of an alphabet: Thai, Lao, Khmer, Burmese
)

// ScriptOf returns the script of a letter, mark or digit.
func ScriptOf(r rune) Script {
	switch {
	case r < 0x600:
	case r <= 0x6ff, r >= 0x750 && r <= 0x77f, r >= 0x870 && r <= 0x8ff, r >= 0xfb50 && r <= 0xfdff, r >= 0xfe70 && r <= 0xfefc:
		return Arabic
	case r < 0xe01:
	case r <= 0xeff, // Thai and Lao
		r >= 0x1000 && r <= 0x109f, // Burmese
		r >= 0x1780 && r <= 0x17ff: // Khmer
		return SouthEastAsian
	case r >= 0x1100 && r <= 0x11ff, r >= 0xac00 && r <= 0xd7a3:
		return Hangul
	case r >= 0x30a1 && r <= 0x30fa, r >= 0x30fc && r <= 0x30ff, // with the long vowel mark, without the middle dot
		r >= 0xff66 && r <= 0xff9f: // half width
		return Katakana
	case r >= 0x3005 && r <= 0x3007, r >= 0x3041 && r <= 0x30a0,
		r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff,
		r >= 0x20000 && r <= 0x3ffff:
		return Ideographs
	}
	return Spaced
}

// Unspaced reports whether the script is written without spaces between words.
func (s Script) Unspaced() bool { return s >= Katakana }

// Unbounded reports whether words of the script must be searched anywhere in a run of letters. In scripts without spaces
// nothing marks the ends of words, and in Hangul particles hide them.
func (s Script) Unbounded() bool { return s >= Hangul }
