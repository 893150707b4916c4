package front

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/text"
)

const (
	shortDek      = 30 // characters; less says nothing beside a headline
	shortUnspaced = 12 // the same where words are not parted by spaces
	maxOpenings   = 2  // a note on the version, a dateline
	maxNameWords  = 8  // of a line of writers
)

var (
	// opening is a dateline of a place, a date or both, and what stands in brackets at the beginning: "LONDON, Aug 19 -",
	// "Aug 19 :", "SINGAPORE:", "[Berlin 18 August Reuters] -".
	opening = regexp.MustCompile(`^(?:[\[［【(（][^\]］】)）\n]{2,90}[\]］】)）]\s*[-–—:：]?|` +
		`(?:[\p{Lu}][\p{L} .,'’/-]{1,40}[,，] ?)?(?:\p{Lu}\p{L}{2,8}\.? \d{1,2}|\d{1,2}\.? \p{Lu}\p{L}{2,8})(?:, \d{4})?\s*(?:\(\)\s*)?[-–—:]+|` +
		`\p{Lu}[\p{Lu} .,'’/-]{2,40}(?:, \p{Lu}\p{Ll}+\.)?\s+[-–—]+|\p{Lu}[\p{Lu} '’/-]{4,40}:)\s*`)
	byline = regexp.MustCompile(`^(?:By|Por|Par|Von|Di|Door|Av) \p{Lu}[\p{L}'’-]+ `)
	code   = regexp.MustCompile(`(?i)\s*(?:<[A-Z0-9.=]+>|\([A-Z]{1,6}\.[A-Z]{1,3}\)|\((?:reporting|editing|writing) by [^)]*\)?)`)
)

// Dek returns what an article's summary says besides its headline, in one line: without dateline, codes of agencies and the
// words of the headline. It is "" where that is nothing.
func Dek(a news.Article, registry *outlets.Registry) string {
	line := strings.Join(strings.Fields(a.Summary), " ")
	if m, ok := registry.Dateline(line); ok {
		line = strings.TrimLeftFunc(line[m.End:], func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsPunct(r) && !strings.ContainsRune(`"'“‘«„¿¡「『(`, r)
		})
	}
	for range maxOpenings {
		line = opening.ReplaceAllString(line, "")
	}
	line = strings.TrimSpace(code.ReplaceAllString(line, ""))
	for _, title := range []string{strings.Join(strings.Fields(a.Title), " "), a.Headline()} {
		if rest, ok := strings.CutPrefix(line, title); ok && title != "" {
			line = strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".-–—:|", r) })
		}
	}
	short := shortDek
	if first, _ := utf8.DecodeRuneInString(line); text.ScriptOf(first).Unspaced() {
		short = shortUnspaced
	}
	if byline.MatchString(line) || areNames(line) || strings.HasSuffix(line, ":") || utf8.RuneCountInString(line) < short {
		return ""
	}
	return line
}

// areNames reports whether a line is a few words that all begin with a capital: names of writers.
func areNames(line string) bool {
	words := strings.Fields(line)
	return len(words) <= maxNameWords && !slices.ContainsFunc(words, func(w string) bool {
		first, _ := utf8.DecodeRuneInString(w)
		return !unicode.IsUpper(first)
	})
}
