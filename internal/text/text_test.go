package text_test

import (
	"testing"
	"unicode"

	"headwater/internal/text"
)

func TestScriptOf(t *testing.T) {
	tests := []struct {
		letters             string
		want                text.Script
		unspaced, unbounded bool
	}{
		{"aÉяक0७ -", text.Spaced, false, false},
		{"عپ", text.Arabic, false, false},
		{"한국", text.Hangul, false, true},
		{"カーｶ", text.Katakana, true, true},
		{"漢の々𠮷", text.Ideographs, true, true},
		{"ไทยລາວខ្មែរမြန်မာ", text.SouthEastAsian, true, true},
	}
	for _, tt := range tests {
		for _, r := range tt.letters {
			if got := text.ScriptOf(r); got != tt.want || got.Unspaced() != tt.unspaced || got.Unbounded() != tt.unbounded {
				t.Errorf("ScriptOf(%q) = %d, unspaced %v, unbounded %v; want %d, %v, %v",
					r, got, got.Unspaced(), got.Unbounded(), tt.want, tt.unspaced, tt.unbounded)
			}
		}
	}
}

// The ranges are written out for speed. They must hold all letters that Unicode's tables have in common use.
func TestScriptsAgreeWithUnicode(t *testing.T) {
	tables := []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}
	for r := rune(0); r < 0x16000; r++ {
		if r >= 0x31f0 && r <= 0x31ff || r >= 0xa9e0 && r <= 0xa9fe || r >= 0xaa60 && r <= 0xaa7f || r >= 0x303b && r <= 0x303c {
			continue // small katakana of Ainu, letters of Shan and Mon, marks of vertical text: rare
		}
		if got, want := text.ScriptOf(r).Unspaced(), unicode.In(r, tables...); got != want && unicode.In(r, unicode.Letter, unicode.Nd) &&
			!unicode.Is(unicode.Common, r) {
			t.Errorf("%q (%U): unspaced %v, want %v", r, r, got, want)
		}
	}
}

func TestWithoutAccents(t *testing.T) {
	for in, want := range map[string]string{
		"Évora": "Evora", "plain": "plain", "Ёлка": "Елка", "ガザ": "ガザ", "हिन्दी": "हिन्दी", "한국": "한국", "مُحَمَّد": "محمد",
	} {
		if got := text.WithoutAccents(in); got != want {
			t.Errorf("WithoutAccents(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		s    string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"日本", 5, "日"}, {"日本", 2, ""}, {"abc", -1, ""}, {"", 0, ""},
	}
	for _, tt := range tests {
		if got := text.Cut(tt.s, tt.n); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.s, tt.n, got, tt.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	tests := []struct{ lang, word, stem string }{
		{"en", "tariffs", "tariff"}, {"de", "zölle", "zoll"}, {"es", "aranceles", "arancel"}, {"hu", "vámokat", "vám"},
	}
	for _, tt := range tests {
		if got := text.Languages[tt.lang].Stem(tt.word); got != tt.stem {
			t.Errorf("%s: the stem of %q is %q, want %q", tt.lang, tt.word, got, tt.stem)
		}
	}
	for lang, l := range text.Languages {
		if len(l.StopWords) < 50 {
			t.Errorf("%s has %d stop words", lang, len(l.StopWords))
		}
	}
	if en := text.Languages["en"].StopWords; !en["the"] || en["tariff"] || en[""] {
		t.Error("the stop words of English are not read right")
	}
}
