package prints

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// slugs are what agencies put before headlines, each with the agency's name.
var slugs = func() map[string]string {
	out := map[string]string{}
	for _, p := range words.Phrases("slugs.txt") {
		out[p.Text] = p.Section
	}
	return out
}()

// Slug gives the name of the agency whose slug stands before a headline, and the headline without it: "Soccer-Ferries sink United". The
// name is "" where there is none. "Golf-mad" and "Tennis - a guide" are no slugs.
func Slug(title string) (agency, headline string) {
	word, rest, ok := strings.Cut(title, "-")
	if !ok {
		return "", title
	}
	first, _ := utf8.DecodeRuneInString(rest)
	agency = slugs[strings.ToLower(word)]
	if begins, _ := utf8.DecodeRuneInString(word); agency == "" || !unicode.IsUpper(begins) || !unicode.IsUpper(first) && !unicode.IsDigit(first) && !strings.ContainsRune("'\"‘“", first) {
		return "", title
	}
	return agency, rest
}
