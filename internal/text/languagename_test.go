package text_test

import (
	"strings"
	"testing"

	"headwater/internal/text"
)

// TestLanguageCode takes languages by code, tag and name, and refuses what is none with examples.
func TestLanguageCode(t *testing.T) {
	for name, want := range map[string]string{
		"en": "en", " EN ": "en", "eng": "en", "pt-BR": "pt", "de_AT": "de", "English": "en", "german": "de", "Deutsch": "de",
		"Español": "es", "日本語": "ja", "zh": "zh", "Swahili": "sw",
	} {
		if got, err := text.LanguageCode(name); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "xx", "klingonish", "e", "<b>", "\x00", "en;de", strings.Repeat("e", 10_000)} {
		if got, err := text.LanguageCode(name); err == nil || !strings.Contains(err.Error(), "en (English)") {
			t.Errorf("%.20q: %q, %v", name, got, err)
		}
	}
}
