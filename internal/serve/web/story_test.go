package web_test

import (
	"net/http"
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
			"Adds 3 sentences The sea & the sky. A second one.", "Why it is here The headlines share their words. (fair)",
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

// running is a newsroom whose story 9 is a running report: three versions by its origin, one of them listed twice, and two by a paper.
func running() *fake {
	st := story(9, 9,
		original(90, "Sound Agency", "Ferry Meridian sinks, 40 missing", "The ferry Meridian sank off Kestrel Sound.", 180),
		version(91, news.RoleCopy, "Valley Observer", "Ferry sinks, 40 missing", .9, 170),
		version(92, news.RoleCopy, "Sound Agency", "Ferry Meridian sinks, 30 missing", .8, 120),
		version(93, news.RoleCopy, "Sound Agency", "Ferry Meridian sinks: 30 missing", .8, 110),
		version(94, news.RoleRewrite, "Valley Observer", "Ferry sinks, 30 <missing>", .5, 100),
		version(95, news.RoleRewrite, "Sound Agency", "Twelve missing after ferry sinks", .3, 60),
	)
	st.Title, st.Outlets = "Twelve missing after ferry sinks", 2
	return &fake{
		stories: []news.Story{st},
		compared: map[int64]news.Comparison{
			94: {With: 90, Words: 40, Reused: 20, Share: .5, Longest: 9, Passages: []news.Passage{{End: 3, Words: 9}}, Text: "The ferry."},
			95: {With: 90, Words: 40, Reused: 20, Share: .33, Longest: 9, Passages: []news.Passage{{End: 3, Words: 9}}, Text: "The ferry."},
		},
		changed: map[int64]*news.Changes{
			95: {
				Headline: &news.HeadlineChange{
					Before: "Ferry Meridian sinks: 30 missing", After: "Twelve missing after ferry sinks",
					Dropped: []news.Span{{Start: 0, End: 24}}, Added: []news.Span{{Start: 0, End: 6}, {Start: 15, End: 32}},
				},
				Figures: []news.FigureChange{{Before: "30 missing", After: "12 missing"}, {Before: "2 boats", After: "5 boats"}, {Before: "a", After: "1"}, {Before: "b", After: "2"}},
				Adds:    3, Added: []string{"A fleet <from> Tarn came."}, Drops: 1, Dropped: []string{"Nobody knew."},
			},
			93: {Figures: []news.FigureChange{{Before: "40 missing", After: "30 missing"}}},
			94: {},
		},
	}
}

func TestVersionsFold(t *testing.T) {
	h := handler(running())
	page := get(t, h, "/story/9").Body.String()
	root := parse(t, page)
	var stream []string
	for _, li := range find(root, "li") {
		if c := attr(li.Parent, "class"); c == "stream" {
			stream = append(stream, strings.Join(strings.Fields(textOf(li)), " "))
		}
	}
	if len(stream) != 2 {
		t.Fatalf("%d reports, want one an outlet: %q", len(stream), stream)
	}
	for i, wants := range [][]string{
		{
			"Sound Agency Original", "Twelve missing after ferry sinks", "3 versions, newest first: 11:00 (new headline, 30 missing → 12 missing, 2 boats → 5 boats, a → 1, adds 3 sentences, drops 1 sentence); 10:10 (40 missing → 30 missing); 09:00 What each version changed 11:00",
			"Headline before: Ferry Meridian sinks: 30 missing", "Headline since: Twelve missing after ferry sinks",
			"b → 2 Adds 3 sentences A fleet <from> Tarn came. Drops 1 sentence Nobody knew.",
			"Listed again: 10:00 “Ferry Meridian sinks, 30 missing”", "40 missing → 30 missing", "Ferry Meridian sinks, 40 missing",
		},
		{"Valley Observer Rewrite", "Ferry sinks, 30 <missing>", "50% of its text is in the original", "2 versions, newest first: 10:20 (the same words); 09:10", "Ferry sinks, 40 missing"},
	} {
		rest := stream[i]
		for _, want := range wants {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("report %d does not say %q next:\n%s", i, want, rest)
			}
			rest = after
		}
	}
	if strings.Contains(stream[0], "of its text is in") {
		t.Errorf("a newer version of the original is compared with it as a copy is: %s", stream[0])
	}
	for _, want := range []string{
		`<h1 dir="auto" lang="en">Twelve missing after ferry sinks</h1>`, `<a class="out" href="https://www.soundagency.example/news/95"`,
		`<a href="/article/95">Stored text</a>`, `<del>Ferry Meridian sinks: 30</del> missing`, `<ins>Twelve</ins> missing <ins>after ferry sinks</ins>`,
		`<details class="earlier"><summary>What each version changed</summary>`, `<strong>1 rewrite</strong>: <span dir="auto">Valley Observer</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	words := strings.Join(strings.Fields(textOf(root)), " ")
	for _, want := range []string{"Original: Sound Agency, 09:00 (newest version 11:00).", "lags count from the first version of the original."} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q: %s", want, words)
		}
	}
	if strings.Contains(page, "copies") || strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Error("versions of one outlet are counted as copies, or the page has a script or a style of its own")
	}
}

func TestVersionsOnLists(t *testing.T) {
	h := handler(running())
	list := get(t, h, "/latest").Body.String()
	for _, want := range []string{">Twelve missing after ferry sinks</a>", `href="https://www.soundagency.example/news/95"`, "<strong>1 rewrite</strong>"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list of all stories has no %s", want)
		}
	}
	if got := strings.Count(list, "<circle"); got != 2 {
		t.Errorf("%d dots, want one an outlet", got)
	}
	for article, newer := range map[string]string{"90": "95", "93": "95", "91": "94", "92": "95"} {
		if page := get(t, h, "/article/"+article).Body.String(); !strings.Contains(page, `Newer version by the same outlet: <a href="/article/`+newer+`"`) {
			t.Errorf("article %s does not lead to %s, its newest version", article, newer)
		}
	}
	if page := get(t, h, "/article/95").Body.String(); strings.Contains(page, "Newer version") {
		t.Error("the newest version leads to a newer one")
	}
}

// TestAgedOutStory says what is left of it, also where an old id leads there.
func TestAgedOutStory(t *testing.T) {
	gone := news.Story{
		ID: 70, Title: "Ferry <berths> closed", Outlets: 2, Aged: 3, First: now.AddDate(0, -2, 0), Latest: now.AddDate(0, -2, 1),
		Origin: news.Origin{Outlet: news.Outlet{Name: "The Herald", Domain: "herald.example"}, URL: "https://herald.example/pier", Aged: true, Level: news.LevelLikely},
	}
	h := handler(&fake{stories: []news.Story{gone}, moved: map[int64]int64{71: 70}})
	w := get(t, h, "/story/70")
	for _, want := range []string{"Ferry &lt;berths&gt; closed", "The Herald", "https://herald.example/pier", "it had 3 articles at 2 outlets"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("status %d, without %q:\n%s", w.Code, want, w.Body)
		}
	}
	if w := get(t, h, "/story/71"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/story/70" {
		t.Errorf("its old id gave %d %s", w.Code, w.Header().Get("Location"))
	}
}

// TestPartlyAgedOutStory says how much is gone, and that the original is.
func TestPartlyAgedOutStory(t *testing.T) {
	f := edition()
	st := &f.stories[0]
	st.Aged, st.Members = 1, st.Members[1:]
	st.Origin.Article, st.Origin.Aged = 0, true
	w := get(t, handler(f), "/story/1")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	for want, there := range map[string]bool{"1 of its 8 articles was aged out": true, "its article was aged out": true, "No feed of yours": false} {
		if strings.Contains(w.Body.String(), want) != there {
			t.Errorf("%q stands there: %v, want %v:\n%s", want, !there, there, w.Body)
		}
	}
}
