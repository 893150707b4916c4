package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Accent reports whether a mark is ignored when words are compared: accents of Latin, Greek and Cyrillic, the vowel signs of
// Arabic and Hebrew, and the Arabic tatweel. The marks of kana and of Indian scripts are kept, since they change the sound.
func Accent(r rune) bool {
	return r >= 0x0300 && r <= 0x036f || r >= 0x0591 && r <= 0x05c7 || r >= 0x064b && r <= 0x065f || r == 0x0670 || r == 0x0640
}

// WithoutAccents removes the accents of letters: "Évora" becomes "Evora".
func WithoutAccents(s string) string {
	if ASCII(s) {
		return s
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if Accent(r) {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// ASCII reports whether a text has only ASCII bytes.
func ASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Cut shortens a text to at most n bytes without splitting a character. A negative n gives "".
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)]
}
