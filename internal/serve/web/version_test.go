package web_test

import (
	"strings"
	"testing"

	"headwater/internal/news"
)

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
			"Sound Agency Original", "Twelve missing after ferry sinks", "30 missing → 12 missing 2 boats → 5 boats a → 1 2 earlier versions Tue 18 Aug 2026, 11:00 UTC",
			"Headline before: Ferry Meridian sinks: 30 missing", "Headline since: Twelve missing after ferry sinks",
			"b → 2 Adds 3 sentences A fleet <from> Tarn came. Drops 1 sentence Nobody knew.",
			"Listed again: Ferry Meridian sinks, 30 missing", "40 missing → 30 missing", "Ferry Meridian sinks, 40 missing",
		},
		{"Valley Observer Rewrite", "Ferry sinks, 30 <missing>", "50% of its text is in the original", "1 earlier version", "Ferry sinks, 40 missing"},
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
		`<a href="/article/95">Text as we have it</a>`, `<del>Ferry Meridian sinks: 30</del> missing`, `<ins>Twelve</ins> missing <ins>after ferry sinks</ins>`,
		`<details class="earlier"><summary>2 earlier versions</summary>`, `<strong>1 rewrite</strong>: <span dir="auto">Valley Observer</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page, "copies") || strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Error("versions of one outlet are counted as copies, or the page has a script or a style of its own")
	}
}

func TestVersionsOnLists(t *testing.T) {
	h := handler(running())
	front := get(t, h, "/").Body.String()
	for _, want := range []string{">Twelve missing after ferry sinks</a>", `href="https://www.soundagency.example/news/95"`, "<strong>1 rewrite</strong>"} {
		if !strings.Contains(front, want) {
			t.Errorf("the front page has no %s", want)
		}
	}
	if got := strings.Count(front, "<circle"); got != 2 {
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
