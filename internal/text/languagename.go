package text

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// LanguageCode returns the code of a language as articles have it (ISO 639-1, or ISO 639-3 where it has none). A language is
// given by its code, by a tag such as pt-BR, or by its name in English or in itself. The error says what is known.
func LanguageCode(name string) (string, error) {
	typed := strings.ToLower(strings.TrimSpace(name))
	first, _, _ := strings.Cut(strings.ReplaceAll(typed, "_", "-"), "-")
	if base, err := language.ParseBase(first); err == nil && LanguageName(base.String()) != "" {
		return base.String(), nil
	}
	if code, ok := codesByName()[typed]; ok {
		return code, nil
	}
	var known []string
	for _, code := range slices.Sorted(maps.Keys(Languages)) {
		known = append(known, fmt.Sprintf("%s (%s)", code, LanguageName(code)))
	}
	return "", fmt.Errorf("it is not known; give the code or the name of a language, such as %s", strings.Join(known, ", "))
}

// LanguageName returns the English name of a language by its code, or "".
func LanguageName(code string) string {
	base, err := language.ParseBase(code)
	if err != nil {
		return ""
	}
	return display.English.Languages().Name(base)
}

// codesByName returns the codes of languages by their names in lower case, in English and in themselves.
var codesByName = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	for _, base := range display.Supported.BaseLanguages() {
		tag, err := language.Compose(base)
		if err != nil {
			continue // it has no tag, so articles do not have it
		}
		for _, name := range []string{display.Self.Name(tag), display.English.Languages().Name(base)} {
			if name != "" {
				codes[strings.ToLower(name)] = base.String()
			}
		}
	}
	return codes
})
