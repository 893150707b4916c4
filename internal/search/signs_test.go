package search

import (
	"os"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

// signCase is a query with texts of which it finds some.
type signCase struct {
	query    string
	texts    []string
	wanted   []bool
	articles []news.Article // two for each text
}

// TestSigns holds searches and topics against testdata/signs.txt, with each text once as a title and once as a body.
func TestSigns(t *testing.T) {
	data, err := os.ReadFile("testdata/signs.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []signCase
	for line := range strings.Lines(string(data)) {
		kind, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		switch kind {
		case "?":
			cases = append(cases, signCase{query: rest})
		case "+", "-":
			c := &cases[len(cases)-1]
			c.texts, c.wanted = append(c.texts, rest), append(c.wanted, kind == "+")
		}
	}
	x := open(t, t.TempDir(), Options{})
	var all []news.Article
	for i := range cases {
		for _, text := range cases[i].texts {
			id := int64(len(all) + 1)
			title, body := news.Article{ID: id, Title: text, Seen: now}, news.Article{ID: id + 1, Title: "Ω", Text: "Other words.\n\n" + text, Seen: now}
			cases[i].articles = append(cases[i].articles, title, body)
			all = append(all, title, body)
		}
	}
	put(t, x, 1, all...)
	for _, c := range cases {
		found := found(t, x, Request{Query: c.query, Limit: len(all), Newest: true})
		topic := x.Percolator([]news.Topic{{ID: 1, Query: c.query}})
		for i, a := range c.articles {
			want := c.wanted[i/2]
			if got := slices.Contains(found, a.ID); got != want {
				t.Errorf("%s: found in %q (body %v): %v", c.query, c.texts[i/2], a.Text != "", got)
			}
			if sure, _ := topic.Match(a, &StoryTable{}, now); (len(sure) == 1) != want {
				t.Errorf("topic %s: matches %q (body %v): %v", c.query, c.texts[i/2], a.Text != "", len(sure) == 1)
			}
		}
	}
}

func signArticles() []news.Article {
	return []news.Article{
		{ID: 1, Title: "C# 15 and AT&T", Text: "The US says #MeToo is up 50 %.", Categories: []string{"C#", "Oil & Gas"}, Authors: []string{"Team C++"}, Seen: now},
		{ID: 2, Title: "Vitamin C at T junction", Text: "They told us 50 times: C# it is.", Categories: []string{"C", "Oil, gas"}, Authors: []string{"C. Lee"}, Seen: now},
		{ID: 3, Title: "Pythons", Text: "Python# pythons sleep, as fortune tells.", Outlet: news.Outlet{Name: "A&E News", Domain: "ae.example"}, Seen: now},
		{ID: 4, Title: "Nothing", Text: "At all.", Outlet: news.Outlet{Name: "A E News", Domain: "other.example"}, Seen: now},
	}
}

// Signs mean the same in each field, and capitals where texts are asked for.
func TestSignsInFields(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 4, signArticles()...)
	tests := []struct {
		query string
		want  []int64
	}{
		{"C#", []int64{1, 2}},
		{"title:C#", []int64{1}},
		{"-title:C#", []int64{2, 3, 4}},
		{"text:C#", []int64{2}},
		{"title:c", []int64{1, 2}},
		{`title:"at&t"`, []int64{1}},
		{"author:C++", []int64{1}},
		{"author:c", []int64{1, 2}},
		{`text:"US"`, []int64{1}},
		{`author:"C"`, []int64{1, 2}},
		{`author:"LEE"`, []int64{2}},
		{`author:"TEAM C++"`, []int64{1}},
		{"tag:C#", []int64{1}},
		{"tag:c", []int64{1, 2}},
		{`tag:"oil & gas"`, []int64{1}},
		{`tag:"oil gas"`, []int64{1, 2}},
		{`outlet:"a&e news"`, []int64{3}},
		{"source:A&E", []int64{3}},
		{`source:"a e news"`, []int64{3, 4}},
		{"feed:9 OR #metoo", []int64{1}},
		{"is:original OR 50%", []int64{1}},
		{"pyth*", []int64{3}},
		{"python#~", []int64{3}},
		{"it -C#", nil},
	}
	for _, tt := range tests {
		got := found(t, x, Request{Query: tt.query, Newest: true})
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.query, got, tt.want)
		}
	}
}

// A word with signs is marked with them, and neither is one suggested nor another in its place.
func TestSignsAreMarked(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 4, signArticles()...)
	tests := []struct{ query, title, body string }{
		{"C#", "[C#] 15 and AT&T", "The US says #MeToo is up 50 %."},
		{"c", "[C]# 15 and AT&T", "The US says #MeToo is up 50 %."},
		{`"C# 15" #metoo`, "[C#] [15] and AT&T", "The US says [#MeToo] is up 50 %."},
		{`at&t "US" 50%`, "C# 15 and [AT&T]", "The [US] says #MeToo is up [50 %]."},
		{"#met*", "C# 15 and AT&T", "The US says [#MeToo] is up 50 %."},
	}
	for _, tt := range tests {
		hits := find1(t, x, Request{Query: tt.query, Newest: true}).Hits
		i := slices.IndexFunc(hits, func(h Hit) bool { return h.ID == 1 })
		if i < 0 {
			t.Errorf("%s: not found", tt.query)
			continue
		}
		a := signArticles()[0]
		equal(t, []string{tt.title, tt.body}, []string{bracketed(a.Title, hits[i].Title), bracketed(a.Text, hits[i].Body)})
	}
	for query, want := range map[string]string{"pythno": "python", "pyton#": "", "fortunex": "fortune", "C#x": "", "#metto": ""} {
		if got := find1(t, x, Request{Query: query}).Suggestion; got != want {
			t.Errorf("%s: suggested %q, want %q", query, got, want)
		}
	}
}

func bracketed(s string, spans []news.Span) string {
	for _, sp := range slices.Backward(spans) {
		s = s[:sp.Start] + "[" + s[sp.Start:sp.End] + "]" + s[sp.End:]
	}
	return s
}
