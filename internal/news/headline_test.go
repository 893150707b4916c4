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

func TestPromotional(t *testing.T) {
	tests := []struct {
		name string
		a    Article
		want bool
	}{
		{"a category", Article{Title: "Ten ways to a quiet home", Categories: []string{"Home", "Sponsored Content"}}, true},
		{"a category in another language", Article{Title: "Heizen mit Holz", Categories: []string{"Anzeige"}}, true},
		{"brackets before", Article{Title: "[PR] Shoes that walk by themselves"}, true},
		{"brackets behind", Article{Title: "歩く靴、ついに発売【広告】"}, true},
		{"round brackets", Article{Title: "So schlafen Sie besser (Anzeige)"}, true},
		{"a colon", Article{Title: "Advertorial: a bank that listens"}, true},
		{"a bar before", Article{Title: "Contenido patrocinado | Un banco que escucha"}, true},
		{"a bar behind", Article{Title: "Un banco que escucha | Publirreportaje"}, true},
		{"a dash, in capitals", Article{Title: "SPONSORED – A bank that listens"}, true},
		{"a section", Article{Title: "A bank that listens", URL: "https://paper.example/sponsored-content/2026/a-bank?x=1"}, true},
		{"an escaped section", Article{Title: "Банк", URL: "https://paper.example/partner%2Dcontent/bank"}, true},

		{"nothing", Article{Title: "Bank fined over adverts", URL: "https://paper.example/business/bank-fined", Categories: []string{"Business"}}, false},
		{"a subject", Article{Title: "Ad spending falls", Categories: []string{"Advertising", "Werbung", "PR", "Deals"}}, false},
		{"the state of Paraná", Article{Title: "Acidente deixa dois feridos em Curitiba (PR)"}, false},
		{"a word of the headline", Article{Title: "Sponsored walk raises 3,000 crowns for the pier"}, false},
		{"promoted, of a club", Article{Title: "Promoted: Ellery Rovers go up at last"}, false},
		{"an article about it", Article{Title: "Regulator warns", URL: "https://paper.example/media/sponsored-content"}, false},
		{"deals", Article{Title: "Dairy buys dairy", URL: "https://paper.example/markets/deals/dairy-buys-dairy"}, false},
		{"a label's length of another script", Article{Title: "[" + strings.Repeat("広", 400) + "] x"}, false},
		{"no address", Article{Title: "x", URL: "sponsored"}, false},
		{"empty", Article{}, false},
	}
	for _, tt := range tests {
		if got := tt.a.Promotional(); got != tt.want {
			t.Errorf("%s: %q %v %s: %v, want %v", tt.name, tt.a.Title, tt.a.Categories, tt.a.URL, got, tt.want)
		}
	}
}

func TestPromotionalStory(t *testing.T) {
	ad, article := Member{Article: Article{Title: "[PR] Shoes"}}, Member{Article: Article{Title: "Shoes"}}
	for _, tt := range []struct {
		members []Member
		want    bool
	}{{nil, false}, {[]Member{ad}, true}, {[]Member{ad, article}, false}} {
		if got := (Story{Members: tt.members}).Promotional(); got != tt.want {
			t.Errorf("%d members: %v", len(tt.members), got)
		}
	}
}

func TestPromotionalSections(t *testing.T) {
	for section := range promotional.sections {
		if strings.ContainsAny(section, " /") {
			t.Errorf("promotional.txt: %q is no part of an address", section)
		}
	}
}
