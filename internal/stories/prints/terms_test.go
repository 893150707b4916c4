package prints

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// Each line is one name in several scripts.
func TestConsonants(t *testing.T) {
	for want, names := range map[string][]string{
		"NDBK":   {"Nordvik", "Nórdvík", "ノルドビク", "Нордвик"},
		"KSTM":   {"Castelmar", "カステルマール", "Кастелмар"},
		"SKBG":   {"Zuckerberg", "ザッカーバーグ"},
		"TRNP":   {"Trump", "トランプ", "Трамп"},
		"GTRS":   {"Guterres", "グテレス", "Гутеррес"},
		"MKRSHT": {"Microsoft", "マイクロソフト", "Микрософт"},
		"NSRPK":  {"Anthropic", "アンソロピック"},
		"BNM":    {"Burnham", "バーナム"},
		"GRBH":   {"Ghalibaf", "ガリバフ"},
		"":       {"Aoi", "アオイ", "1998", "東京"},
	} {
		for _, name := range names {
			var buf [64]byte
			if got := string(consonantsOf(nil, fold(buf[:0], name))); got != want {
				t.Errorf("%s has the consonants %s, want %s", name, got, want)
			}
		}
	}
}

func TestNamesMeetAcrossLanguages(t *testing.T) {
	english := news.Article{Lang: "en", Text: "The ferry of Nordvik Lines ran aground near Castelmar, said Captain José Álvarez of the ICC."}
	for _, tt := range []struct {
		what          string
		a             news.Article
		spelled, said int // names in common
	}{
		{"itself", english, 7, 5},
		{"Spanish, without an accent", news.Article{Lang: "es", Text: "El transbordador de Nordvik Lines encalló cerca de Castelmar, dijo el capitán José Alvarez."}, 5, 4},
		{"Japanese", news.Article{Lang: "ja", Text: "ノルドビク・ラインズの旅客船がカステルマール沖で座礁したと、ICCのアルバレス船長が述べた。"}, 1, 4},
		{"Russian", news.Article{Lang: "ru", Text: "Паром компании «Нордвик» сел на мель у города Кастелмар, сообщил капитан и ICC."}, 1, 2},
		{"another subject", news.Article{Lang: "es", Text: "La bolsa de Belmora cerró con un alza del 1% gracias a Banco Serrano."}, 0, 0},
	} {
		p, q := Make(english, ""), Make(tt.a, "")
		spelled, said := 0, 0
		for _, h := range p.Names {
			switch {
			case !slices.Contains(q.Names, h):
			case NameBySound(h):
				said++
			default:
				spelled++
			}
		}
		if spelled != tt.spelled || said != tt.said {
			t.Errorf("%s: %d names as spelled and %d by their consonants, want %d and %d", tt.what, spelled, said, tt.spelled, tt.said)
		}
	}
}

// oneHash finds two made-up words of one hash that have different stems, as there are in any hundred thousand words.
func oneHash(t *testing.T) (string, string) {
	t.Helper()
	const letters = "abcdefghijklmnopqrstuvwxyz"
	seen := map[uint32]string{}
	for i := range 1 << 19 {
		w := make([]byte, 0, 10)
		for n := mix64(uint64(i)); len(w) < 10; n /= uint64(len(letters)) {
			w = append(w, letters[n%uint64(len(letters))])
		}
		word := string(w) + "ings"
		h := hash32([]byte(word))
		if other := seen[h]; other != "" {
			return other, word
		}
		seen[h] = word
	}
	t.Fatal("no two words have one hash")
	return "", ""
}

// What a print is depends on its article alone, not on which other was read before: here on one with a word of the same hash.
func TestStemsOfWordsWithOneHash(t *testing.T) {
	a, b := oneHash(t)
	printOf := func(word string) Print {
		title := "Harbour " + word + " at Orling"
		return Make(news.Article{Title: title, Lang: "en"}, title)
	}
	first := printOf(a)
	second := printOf(b)
	if slices.Equal(first.Terms, second.Terms) {
		t.Errorf("%q has the stem of %q", b, a)
	}
	if diff := gocmp.Diff(second, printOf(b)); diff != "" {
		t.Errorf("%q read again gives another print (-before +after):\n%s", b, diff)
	}
	if diff := gocmp.Diff(first, printOf(a)); diff != "" {
		t.Errorf("%q behind %q gives another print (-before +after):\n%s", a, b, diff)
	}
}
