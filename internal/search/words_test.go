package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{" -- !? \n\n\t*", ""},
		{"The Markets ROSE 1.5%, to 12,345.67 points.", "the market rose 1.5 to 12345.67 point"},
		{"1,2,3 and 10,20", "1 2 3 and 10 20"},
		{"U.S. and U.N.-backed e.g. J.K. Rowling; a.b.c.", "us and un backed eg jk rowling abc"},
		{"end.Begin example.com www.x.org", "end begin example com www x org"},
		{"China's isn’t O'Brien’s l'Élysée 90's", "china isn t o brien l elysee 90"},
		{"COVID-19 state-run", "covid 19 state run"},
		{"Café CAFÉ cafe\u0301 naïve Ångström", "cafe cafe cafe naive angstrom"},
		{"Straße Æon Łódź Øre", "strasse aeon lodz ore"},
		{"Ёлка ёлка ЕЛКА Άθήνα ὈΔΥΣΣΕΎΣ", "елка елка елка αθηνα οδυσσευσ"},
		{"كِتَاب कीमत", "كتاب कीमत"},
		{"ﬁnance Ｆｕｌｌ１ x² ½", "finance full1 x2 12"},
		{"soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"},
		{
			"elections parties taxes crashes losses news crisis virus bus gas shoes heroes series",
			"election party tax crash loss news crisis virus bus gas shoe hero sery",
		},
		{"全人代が開幕", "全人 人代 代が が開 開幕 幕"},
		{"G7サミット 米", "g7 サミ ミッ ット ト 米"},
		{"ｽﾄ・スト・ガス カス", "スト ト スト ト ガス ス カス ス"},
		{"서울시는", "서울 울시 시는 는"},
		{"ข่าว", "ข\u0e48 \u0e48า าว ว"},
		{"\xff\xfebad\xffutf8\xc3", "bad utf8"},
		{strings.Repeat("x", 100), strings.Repeat("x", 64)},
		{strings.Repeat("é", 100) + strings.Repeat("ж", 40), strings.Repeat("e", 64)},
		{"жжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжж", strings.Repeat("ж", 32)},
	}
	for _, tt := range tests {
		if got := strings.Join(cutTerms(tt.text), " "); got != tt.want {
			t.Errorf("%q:\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func TestWordOffsets(t *testing.T) {
	var w words
	text := "Élysée’s U.S. 全人代"
	w.add(text)
	w.keepMostSpecific(true)
	var got []string
	for _, t := range w.list {
		got = append(got, text[t.start:t.end])
	}
	equal(t, []string{"Élysée", "U.S", "全人", "人代", "代"}, got)
}

// Whatever the text, terms are valid, short, without capitals or marks to fold, and stand where they say, in order.
func TestWordsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkWords(t, rapid.String().Draw(t, "text")) })
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"U.S. 1,234.5's", "全人代a\u0301", "\xc3(", "ﷺ ǅ İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkWords(t, s) })
}

func checkWords(t interface{ Fatalf(string, ...any) }, text string) {
	var w words
	w.add(text)
	start, pos := int32(0), int32(0)
	for _, x := range w.list {
		if x.spelling != noSpelling {
			if term := w.term(x); len(term) > maxTerm+4 || !isVariant(term) || utf8.ValidString(text) && !utf8.ValidString(term) ||
				x.start < 0 || x.end <= x.start || int(x.end) > len(text) || x.pos < 1 || int(x.pos) > w.count {
				t.Fatalf("%q: %q at %d to %d, position %d", text, term, x.start, x.end, x.pos)
			}
			continue
		}
		term := w.term(x)
		if term == "" || len(term) > maxTerm || utf8.ValidString(text) && !utf8.ValidString(term) {
			t.Fatalf("%q: term %q", text, term)
		}
		if x.start < start || x.end <= x.start || int(x.end) > len(text) || x.pos <= pos {
			t.Fatalf("%q: %q at %d to %d, position %d", text, term, x.start, x.end, x.pos)
		}
		if isVariant(w.term(x)) || x.pos != pos+1 {
			t.Fatalf("%q: %q at position %d", text, w.term(x), x.pos)
		}
		start, pos = x.start, x.pos
	}
	if w.count != int(pos) {
		t.Fatalf("%q: %d words, counted %d", text, pos, w.count)
	}
}

// Capitals make no difference, which no table could hold for every letter.
func TestWordsCapitals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([A-Za-z0-9À-ÿа-яΑ-Ωα-ω]{1,12}[ ,.'-]){1,8}`).Draw(t, "text")
		if lower, upper := cutTerms(text), cutTerms(strings.ToUpper(text)); !slices.Equal(lower, upper) {
			t.Fatalf("%q gives %q, in capitals %q", text, lower, upper)
		}
	})
}

func FuzzFold(f *testing.F) {
	f.Add("é")
	f.Fuzz(func(t *testing.T, s string) {
		for i, r := range s {
			if r == utf8.RuneError {
				continue
			}
			if out := fold(nil, r, s[i:i+utf8.RuneLen(r)]); !utf8.Valid(out) {
				t.Fatalf("%q folds to %q", r, out)
			}
		}
	})
}
