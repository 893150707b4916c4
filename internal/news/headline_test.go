package news

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestHeadline(t *testing.T) {
	mp3 := []Enclosure{{URL: "https://pod.example/files/episode%201.mp3?x=1", Type: "audio/mpeg"}}
	at := time.Date(2026, 11, 30, 8, 5, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		article Article
		want    string
	}{
		"a title":                {Article{Title: "Herons  at the mill", Summary: "x"}, "Herons at the mill"},
		"a short post":           {Article{Text: "Two herons at the mill today."}, "Two herons at the mill today."},
		"a summary before text":  {Article{Summary: "A summary.", Text: "The text"}, "A summary."},
		"lines":                  {Article{Text: "One\n\ntwo\tthree"}, "One two three"},
		"a long post":            {Article{Text: "Just walked past the old mill and saw two herons standing in the weir; the water was so low that they fished"}, "Just walked past the old mill and saw two herons standing in the weir; the water was so…"},
		"cut behind a comma":     {Article{Text: strings.Repeat("word ", 16) + "at last, and then it goes on and on"}, strings.Repeat("word ", 16) + "at last…"},
		"one long word":          {Article{Text: strings.Repeat("x", 200)}, strings.Repeat("x", 90) + "…"},
		"Japanese":               {Article{Text: strings.Repeat("潮", 60)}, strings.Repeat("潮", 45) + "…"},
		"Thai":                   {Article{Text: strings.Repeat("ที่", 100)}, strings.Repeat("ที่", 90) + "…"},
		"a recording's title":    {Article{Enclosures: []Enclosure{{URL: "https://pod.example/1.mp3", Title: "Salt"}}}, "Salt"},
		"a recording's file":     {Article{Enclosures: mp3, URL: "https://pod.example/1"}, "episode 1.mp3"},
		"an address":             {Article{URL: "https://www.social.example/@ann/0/"}, "social.example/@ann/0"},
		"outlet and date":        {Article{Outlet: Outlet{Name: "Ann"}, Published: at, Seen: at}, "Ann, 30 November 2026, 08:05"},
		"nothing":                {Article{}, ""},
		"white space":            {Article{Title: " \n", Text: "\n\n"}, ""},
		"just as long as it may": {Article{Text: strings.Repeat("abcd ", 17) + "abcde"}, strings.Repeat("abcd ", 17) + "abcde"},
	} {
		if got := tt.article.Headline(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	story := Story{Members: []Member{{Article: Article{ID: 1, Text: "Two herons."}}}}
	if got := story.Headline(); got != "Two herons." {
		t.Errorf("a story without a title: %q", got)
	}
	story.Title = "Herons"
	if got := story.Headline(); got != "Herons" || (Story{}).Headline() != "" {
		t.Errorf("a story with a title: %q", got)
	}
}

func FuzzOpening(f *testing.F) {
	for _, s := range []string{"", "a", strings.Repeat("e\u0301", 200), strings.Repeat("👩‍👩‍👧", 60), "\xff\xfe", strings.Repeat(" ", 2000), strings.Repeat("潮 ", 80)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Opening(s)
		if utf8.ValidString(s) && !utf8.ValidString(got) || strings.ContainsAny(got, "\n\t") {
			t.Errorf("%q of %q", got, s)
		}
		if body := strings.TrimSuffix(got, "…"); utf8.ValidString(s) && len(s) < 1<<10 && !strings.HasPrefix(oneLine(s), body) {
			t.Errorf("%q does not begin %q", got, s)
		}
	})
}
