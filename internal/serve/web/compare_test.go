package web_test

import (
	"regexp"
	"strings"
	"testing"

	"headwater/internal/news"
)

// comparedEdition is the edition with what the members of stories 1 and 4 take from their origins.
func comparedEdition() *fake {
	f := edition()
	const text = "The ferry struck a shoal.\n\n\n\nNobody was “hurt <at> all” in it.\n\nThe sea was calm."
	at := func(from, to string, quoted bool) news.Passage {
		start := strings.Index(text, from)
		return news.Passage{Start: start, End: strings.Index(text, to) + len(to), Words: 5, Quoted: quoted}
	}
	reasons := []news.Evidence{{Kind: "likeness", Detail: "the headlines share their words", Weight: 1.5}}
	f.compared = map[int64]news.Comparison{
		6: {
			With: 1, Words: 40, Reused: 14, Share: .35, Longest: 9, Text: text, Like: 1, Reasons: reasons,
			Passages: []news.Passage{at("struck", "Nobody was", false), at("hurt", "all", true), at("in it", "calm", false)},
			Added:    3, Adds: []string{"The sea & the sky.", "A second one."},
		},
		7:  {With: 1, Words: 30, Note: "A retelling: none of its own words.", Retelling: true, Added: 1, Adds: []string{"One."}, Like: 6, Reasons: reasons},
		8:  {With: 1, Words: 1, Share: 1, Reused: 1, Longest: 1, Passages: []news.Passage{{End: 3, Words: 1}}, Text: strings.Repeat("sea ", 1<<17)},
		20: {Note: "The Northern Ledger's own article is not among those that your feeds brought."},
		21: {With: 20, StandIn: true, Words: 10, Reused: 8, Share: .8, Longest: 8, Passages: []news.Passage{{Start: 0, End: 4, Words: 8}}, Text: "Mine shut."},
	}
	return f
}

func TestComparedMembers(t *testing.T) {
	h := handler(comparedEdition())
	for path, wants := range map[string][]string{
		"/story/1": {
			"The Evening Lantern Rewrite", "35% of its text is in the original", "3 shared passages, up to 9 words in a row The ferry struck a shoal. Nobody was “hurt <at> all” in it. The sea was calm.",
			"Adds 3 sentences The sea & the sky. A second one.", "Why it is here speaks for it: the headlines share their words",
			"A retelling: none of its own words.", "Adds 1 sentence One.", "Why it is here, beside the version of The Evening Lantern",
			"1 shared passage, up to 1 word in a row; the text is too long to be shown here.",
		},
		"/story/4": {"The Northern Ledger's own article is not among those that your feeds brought.", "80% of its text is in the version of Valley Observer", "1 shared passage, up to 8 words in a row Mine shut."},
	} {
		text := words(t, get(t, h, path).Body.String())
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", path, want, text)
			}
		}
		if strings.Contains(text, "longest version") || strings.Contains(text, "41% of its text") {
			t.Errorf("%s says what settling guessed:\n%s", path, text)
		}
	}
}

// Passages are marked in every paragraph that they reach into, and those that are quoted are told apart.
func TestPassagesAreMarked(t *testing.T) {
	page := get(t, handler(comparedEdition()), "/story/1").Body.String()
	got := regexp.MustCompile(`(?s)<mark[^>]*>.*?</mark>`).FindAllString(page, -1)
	want := []string{
		"<mark>struck a shoal.</mark>", "<mark>Nobody was</mark>", `<mark class="quoted">hurt &lt;at&gt; all</mark>`,
		"<mark>in it.</mark>", "<mark>The sea was calm</mark>",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("marks\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(page, "<p></p>") {
		t.Error("an empty paragraph is shown")
	}
}

// One page shows no more text than a reader's browser carries with ease.
func TestMarkedTextIsBounded(t *testing.T) {
	f := comparedEdition()
	for id := range int64(8) {
		f.compared[id+1] = news.Comparison{With: 1, Words: 9, Passages: []news.Passage{{End: 3, Words: 5}}, Text: strings.Repeat("sea ", 1<<14)}
	}
	page := get(t, handler(f), "/story/1").Body.String()
	if n := strings.Count(page, "<mark>sea</mark>"); n != 4 || len(page) > 1<<19 {
		t.Errorf("%d texts of 64 KB are shown on a page of %d bytes", n, len(page))
	}
}
