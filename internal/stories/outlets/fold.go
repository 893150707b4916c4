package outlets

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes names comparable: compatibility forms, case, accents of Latin letters, punctuation and a leading "The"
// do not matter. "The Wall Street Journal" and "wall street journal", ＡＦＰ and AFP are one.
func fold(name string) string {
	var b strings.Builder
	for _, r := range plain(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
			b.WriteRune(r)
		case strings.ContainsRune(".'’‘·・!", r): // U.S. News, Barron's, ニューヨーク・タイムズ, Yahoo!
		default:
			b.WriteByte(' ')
		}
	}
	folded := strings.Join(strings.Fields(b.String()), " ")
	return strings.TrimPrefix(folded, "the ")
}

// plain takes the accents off Latin letters. Other scripts keep their marks: ガ without one is カ.
func plain(s string) string {
	var b strings.Builder
	latin := false
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// script is how the letters of a script stand in a text, as far as finding the ends of words goes.
type script int

const (
	other    script = iota // punctuation and spaces
	spaced                 // words stand apart: Latin, Cyrillic, digits ...
	arabic                 // particles stick to the front of words
	hangul                 // particles stick to the end of words
	katakana               // a run of it is one word
	solid                  // no spaces at all: Han, Hiragana
)

func scriptOf(r rune) script {
	switch {
	case r < 0x80:
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' {
			return spaced
		}
		return other
	case unicode.Is(unicode.Katakana, r), r == 'ー':
		return katakana
	case unicode.In(r, unicode.Han, unicode.Hiragana):
		return solid
	case unicode.Is(unicode.Hangul, r):
		return hangul
	case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
		return arabic
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return spaced
	}
	return other
}

// begins says whether a word of script s may begin after a letter of script before.
func begins(s, before script) bool {
	return s != before || s == solid || s == arabic || s == other
}

// ends says whether a word of script s may end before a letter of script after.
func ends(s, after script) bool {
	return s != after || s == solid || s == hangul || s == other
}
