package prints

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

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
