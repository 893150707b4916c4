package publish

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/weburl"
)

// Line gives s as one line of text that XML, JSON and HTML can all carry: no control characters, no bytes that are not
// UTF-8, white space folded.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !printable(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// printable leaves out control characters and the code points that XML 1.0 forbids.
func printable(r rune) bool {
	return !unicode.IsControl(r) && r&0xFFFE != 0xFFFE && r != utf8.RuneError
}

// Absolute gives an address as an absolute http or https URL, encoded, or "" where it is none.
func Absolute(address string) string {
	u, err := weburl.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// Cut shortens s to at most n characters at the end of a word, with an ellipsis.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)[:n]
	for i := len(runes) - 1; i > n/2; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRightFunc(string(runes), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r)
	}) + "…"
}

// languageTag gives tags of letters, digits and hyphens only: xml:lang takes nothing else.
func languageTag(tag string) string {
	for _, r := range tag {
		if r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return ""
		}
	}
	return tag
}
