package outlets

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"headwater/internal/text"
)

// fold normalises names for comparison. It ignores compatibility forms, case, accents, punctuation and a leading "The". "The
// Wall Street Journal" and "wall street journal" become equal, and so do ＡＦＰ and AFP.
func fold(name string) string {
	var b strings.Builder
	for _, r := range text.WithoutAccents(strings.ToLower(norm.NFKC.String(name))) {
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

// isWord reports whether a rune belongs to a word: a letter or a digit.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// spacedWord reports whether a rune belongs to a word of a script with spaces and without particles.
func spacedWord(r rune) bool { return isWord(r) && text.ScriptOf(r) == text.Spaced }

// begins reports whether a word may begin with a rune right after another rune.
func begins(first, before rune) bool {
	s := text.ScriptOf(first)
	return s == text.Arabic || s > text.Katakana || !isWord(first) || !isWord(before) || s != text.ScriptOf(before)
}

// ends reports whether a word may end with a rune right before another rune.
func ends(last, after rune) bool {
	s := text.ScriptOf(last)
	return s == text.Hangul || s > text.Katakana || !isWord(last) || !isWord(after) || s != text.ScriptOf(after)
}

// signKey normalises signs for comparison: only width and a leading article are ignored.
func signKey(s string) string {
	s = norm.NFKC.String(s)
	if len(s) > 4 && strings.EqualFold(s[:4], "the ") {
		return s[4:]
	}
	return s
}

func startsUpper(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

func wordEnd(s string) int {
	if i := strings.IndexFunc(s, func(r rune) bool { return !isWord(r) }); i >= 0 {
		return i
	}
	return len(s)
}

func wordStart(s string) int {
	i := strings.LastIndexFunc(s, func(r rune) bool { return !isWord(r) })
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return i + size
}

// opensSentence reports whether a sentence begins after text.
func opensSentence(text string) bool {
	text = strings.TrimRight(text, " ")
	r, _ := utf8.DecodeLastRuneInString(text)
	return text == "" || strings.ContainsRune(".!?:;\n\"“”‘’(—–", r)
}
