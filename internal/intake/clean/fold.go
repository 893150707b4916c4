package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"headwater/internal/text"
)

type folding uint8

const (
	foldKeep folding = iota
	foldSpace
	foldDrop
)

// foldRune decides how a rune outside ASCII is folded. White space becomes a space. Soft hyphens, byte order marks, zero width
// spaces, direction marks and controls are removed. Joiners stay, because Persian, Indic scripts and emoji need them.
func foldRune(r rune) folding {
	switch {
	case r == 0xad, r == 0xfeff, r == 0x200b, r == 0x2060, r == 0x200e, r == 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return foldDrop
	case unicode.IsSpace(r):
		return foldSpace
	case r < 0xa0:
		return foldDrop
	}
	return foldKeep
}

func isASCIISpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

// foldLine folds a title or a name to one line of NFC.
func foldLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && (r <= ' ' || r == 0x7f), r >= utf8.RuneSelf && foldRune(r) == foldSpace:
			space = space || r == 0x7f || r >= utf8.RuneSelf || isASCIISpace(byte(r))
			continue
		case r >= utf8.RuneSelf && foldRune(r) == foldDrop:
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// foldKey returns a key for comparing texts: only the letters and digits, in lower case.
func foldKey(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if c := foldKeyASCII[r]; c != 0 {
				b = append(b, c)
			}
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return string(b)
}

// foldKeyASCII maps ASCII letters and digits to lower case, and all other ASCII characters to 0.
var foldKeyASCII = func() (out [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'A' && c <= 'Z':
			out[c] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			out[c] = c
		}
	}
	return out
}()

// clipMark cuts the words of a mark to their maximum length.
func clipMark(s string) string { return cutAt(s, maxMarked) }

// cutAt cuts a text to at most n bytes at a rune boundary and removes trailing white space.
func cutAt(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.TrimRight(text.Cut(s, n), " \n")
}

func firstLetter(t string) rune {
	for _, r := range t {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}
