// Package text holds what all stages agree on when they cut texts into words and compare words: how the words of a script
// stand in a text, which marks are accents, where a text may be cut, and the stems and stop words of languages. It knows
// nothing of articles.
//
// script.go has the scripts, fold.go accents and cutting, language.go stems and stop words.
package text

// Script is how the words of a script stand in a text.
type Script uint8

// The scripts, as far as cutting words goes. Those from Katakana on are written without spaces between words.
//
// Hangul is written with spaces, but particles follow a word without one. What counts or compares words takes those of
// Hangul as they stand. What looks for a word also takes it inside of others, see Unbounded.
const (
	Spaced         Script = iota // words stand apart: Latin, Cyrillic, Devanagari, digits; also all that is no letter
	Arabic                       // words stand apart, but for particles in front of them
	Hangul                       // words stand apart, but for particles behind them
	Katakana                     // no spaces; a run of it is one word
	Ideographs                   // no spaces: Han and Hiragana
	SouthEastAsian               // no spaces, letters of an alphabet: Thai, Lao, Khmer, Burmese
)

// ScriptOf gives the script that a letter, mark or digit belongs to.
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
	case r >= 0x30a1 && r <= 0x30fa, r >= 0x30fc && r <= 0x30ff, // with the mark of a long vowel, without the middle dot
		r >= 0xff66 && r <= 0xff9f: // half width
		return Katakana
	case r >= 0x3005 && r <= 0x3007, r >= 0x3041 && r <= 0x30a0,
		r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff,
		r >= 0x20000 && r <= 0x3ffff:
		return Ideographs
	}
	return Spaced
}

// Unspaced says whether the script is written without spaces between words.
func (s Script) Unspaced() bool { return s >= Katakana }

// Unbounded says whether words of the script have to be looked for anywhere in a run of letters: nothing marks their ends
// in scripts without spaces, and in Hangul particles hide them.
func (s Script) Unbounded() bool { return s >= Hangul }
