package origin

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

const filler = "The weather in the valley was mild, and the boats lay where they had lain for most of a long and quiet winter."

// paragraphs makes a text of so many paragraphs of one length, and puts words into some of them.
func textOf(n int, words map[int]string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = filler
		if w := words[i]; w != "" {
			all[i] = w + filler[len(w):]
		}
	}
	return strings.Join(all, "\n\n")
}

// A credit in the lead speaks for what follows it until another source does, one below the lead for its paragraph.
func TestPartOfATextThatACreditSpeaksFor(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		outlet string
		part   float64
		at     news.ClaimPosition
	}{
		"lead, nothing else":       {textOf(10, map[int]string{0: "The quay will close, Reuters reported. "}), "reuters.com", 1, news.PositionLead},
		"ninth paragraph":          {textOf(10, map[int]string{8: "The quay will close, Reuters reported. "}), "reuters.com", .1, news.PositionLater},
		"lead, then another":       {textOf(10, map[int]string{0: "The quay will close, Reuters reported. ", 4: "It sinks, AFP reported. "}), "reuters.com", .4, news.PositionLead},
		"that other":               {textOf(10, map[int]string{0: "The quay will close, Reuters reported. ", 4: "It sinks, AFP reported. "}), "afp.com", .1, news.PositionLater},
		"lead, then own reporting": {textOf(10, map[int]string{0: "The quay will close, Reuters reported. ", 2: "The master told reporters so. "}), "reuters.com", .2, news.PositionLead},
		"two in the lead":          {textOf(10, map[int]string{0: "The quay will close, Reuters and AFP reported. "}), "reuters.com", .5, news.PositionLead},
		"twice":                    {textOf(10, map[int]string{7: "It will close, Reuters reported. ", 9: "It sinks, Reuters reported. "}), "reuters.com", .2, news.PositionLater},
	} {
		claims := NewReader(registry).Claims(news.Article{Outlet: blog, Text: tt.text})
		i := slices.IndexFunc(claims, func(c news.Claim) bool { return c.Kind == news.ClaimReport && c.Domain == tt.outlet })
		if i < 0 {
			t.Errorf("%s: no claim for %s", name, tt.outlet)
			continue
		}
		if c := claims[i]; math.Abs(c.Part-tt.part) > .011 || c.Position != tt.at {
			t.Errorf("%s: %.2f at %q, want %.2f at %q", name, c.Part, c.Position, tt.part, tt.at)
		}
	}
}

// What names who wrote a text shares it out.
func TestPartOfATextThatABylineSpeaksFor(t *testing.T) {
	for author, want := range map[string]string{
		"AFP":                    "byline afp.com 1.00",
		"AFP and Reuters":        "byline afp.com 0.50, byline reuters.com 0.50",
		"AP, AFP, Reuters":       "byline afp.com 0.33, byline apnews.com 0.33, byline reuters.com 0.33",
		"Jane Doe and AP":        "byline apnews.com 0.50",
		"Jane Doe, AP":           "byline apnews.com 1.00",
		"Staff and AP":           "byline apnews.com 0.50",
		"Jane Doe with AP":       "part apnews.com 0.20",
		"valley-post.example/AP": "byline apnews.com 1.00",
	} {
		var got []string
		for _, c := range NewReader(registry).Claims(news.Article{Outlet: blog, Text: "Ice.", Authors: []string{author}}) {
			got = append(got, fmt.Sprintf("%s %s %.2f", c.Kind, c.Domain, c.Part))
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %s, want %s", author, s, want)
		}
	}
}

// The more a credit speaks for and the higher it stands, the stronger it is.
func TestStrengthByPlace(t *testing.T) {
	credit := func(n, at int, rest string) float64 {
		text := textOf(n, map[int]string{at: "The quay will close, Reuters reported. ", at + 1: rest})
		for _, c := range NewReader(registry).Claims(news.Article{Outlet: blog, Text: text}) {
			if c.Domain == "reuters.com" {
				return c.Strength
			}
		}
		return 0
	}
	const own = "The master told reporters that the quay stays. "
	order := []float64{
		NewReader(registry).Claims(news.Article{Outlet: blog, Title: "Quay to close, Reuters reports"})[0].Strength,
		credit(10, 0, own), credit(10, 8, ""),
	}
	if !slices.IsSortedFunc(order, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) || order[2] == 0 {
		t.Errorf("strengths of a headline's, a lead's for a tenth and a ninth paragraph's credit: %v", order)
	}
	if whole, part := credit(10, 0, ""), credit(10, 0, own); whole < .7 || part >= .5 {
		t.Errorf("a lead that speaks for all has %.2f, for a tenth %.2f; want .7 at least, and less than .5", whole, part)
	}
}

func TestLeadEnd(t *testing.T) {
	for text, want := range map[string]int{
		strings.Repeat("word ", 100): 5*leadWords - 1,
		strings.Repeat("港", 200):     3 * (2*leadWords - 1),
		"few words":                  len("few words"),
		"":                           0,
	} {
		if got := leadEnd(text); got != want {
			t.Errorf("%.20q: %d, want %d", text, got, want)
		}
	}
}

// A text of ten thousand paragraphs that credit a thousand outlets is read in a moment.
func TestScopeOfALongText(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "The quay will close, the Harbour%c%c%c Gazette reported.\n\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
	}
	claims := NewReader(registry).Claims(news.Article{Outlet: blog, Text: b.String()})
	if len(claims) < 500 || len(claims) > maxMentions {
		t.Fatalf("%d claims", len(claims))
	}
	sum := 0.0
	for _, c := range claims {
		sum += c.Part
	}
	if sum > 1.01 {
		t.Errorf("the parts of all claims are %.2f of the text", sum)
	}
}
