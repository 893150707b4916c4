package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

func TestComplete(t *testing.T) {
	guardian := news.Outlet{Name: "The Guardian", Domain: "theguardian.com"}
	x := open(t, t.TempDir(), Options{Outlet: func(o news.Outlet) (news.Outlet, bool) {
		return guardian, strings.HasPrefix(o.Domain, "theguardian.")
	}})
	var articles []news.Article
	add := func(title, lang string, o news.Outlet) {
		id := int64(len(articles) + 1)
		articles = append(articles, news.Article{ID: id, Title: title, Text: "Gubernatorial words in a body are not suggested.", Lang: lang, Outlet: o, Seen: now})
	}
	add("Guards at the ferry", "en", guardian)
	add("Ferries collide", "en", news.Outlet{Name: "Guardian Online", Domain: "theguardian.co.uk"})
	add("Ferry, ferocious storm", "en", outlet("harbour"))
	add("Ferrovie: sciopero", "it", outlet("corriere"))
	add("Élection du président", "fr", news.Outlet{Name: "Le Monde", Domain: "lemonde.fr"})
	add("全人代が開幕", "ja", news.Outlet{Name: "港新聞", Domain: "minato.jp"})
	add("The theory of the thing", "en", guardian)
	put(t, x, 7, articles...)
	put(t, x, 8, news.Article{ID: 3, Title: "Feral cats", Lang: "en", Outlet: outlet("harbour"), Seen: now})
	for _, tt := range []struct{ typed, want string }{
		{"fe", "word ferry 2, word feral 1, word ferrovie 1"},
		{"FERR", "word ferry 2, word ferrovie 1"},
		{"storm fer", "storm|word ferry 2, storm|word feral 1, storm|word ferrovie 1"},
		{"(storm OR fer", "(storm OR|word ferry 2, (storm OR|word feral 1, (storm OR|word ferrovie 1"},
		{"-ferr", "-|word ferry 2, -|word ferrovie 1"},
		{"title:ferr", "title:|word ferry 2, title:|word ferrovie 1"},
		{`"the fer`, `"the|word ferry 2, "the|word feral 1, "the|word ferrovie 1`},
		{"gua", "outlet The Guardian 3, word guard 1"},
		{"guar", "outlet The Guardian 3, word guard 1"},
		{"elec", "word election 1"},
		{"mon", "outlet Le Monde 1"},
		{"storm outlet:gua", "storm|outlet The Guardian 3"},
		{"source:lem", "outlet Le Monde 1"},
		{"origin:港", "outlet 港新聞 1"},
		{"港", ""}, // too short for outlets, and no word
		{"lang:", "lang:|language en 4, lang:|language fr 1, lang:|language it 1, lang:|language ja 1"},
		{"is:o", "is:|role original 0"},
		{"date:20", ""},
		{"colour:re", ""},
		{"f", ""},
		{"fe ", ""},
		{"", ""},
		{"the", "word theory 1, word thing 1"},
		{"nowhere", ""},
		{"fer\xff", ""},
		{strings.Repeat("x", 9000), ""},
	} {
		list, err := x.Complete(t.Context(), tt.typed)
		if err != nil {
			t.Errorf("%s: %v", tt.typed, err)
		}
		var got []string
		for _, c := range list {
			before := ""
			if c.Before != "" {
				before = strings.TrimSpace(c.Before) + "|"
			}
			got = append(got, fmt.Sprintf("%s%s %s %d", before, c.Kind, c.Name, c.Articles))
			query := c.Before + c.Value + strings.Repeat(")", strings.Count(c.Before, "("))
			if strings.Count(query, `"`)%2 == 1 {
				query += `"`
			}
			if err := Validate(query); err != nil {
				t.Errorf("%s completes to %s: %v", tt.typed, query, err)
			}
			if c.Kind == CompleteWord {
				i := slices.IndexFunc(articles, func(a news.Article) bool { return a.ID == c.Article })
				if title := articles[i].Title; c.Article != 3 && !SameTerm(title[c.Span.Start:c.Span.End], c.Value) {
					t.Errorf("%s is not at %v of %q", c.Value, c.Span, title)
				}
			}
		}
		if list := strings.Join(got, ", "); tt.typed != "the" && list != tt.want || tt.typed == "the" && !strings.Contains(list, "theory") {
			t.Errorf("%s:\n got %s\nwant %s", tt.typed, list, tt.want)
		}
	}
	list, err := x.Complete(t.Context(), "outlet:guard")
	if err != nil || len(list) != 1 || find1(t, x, Request{Query: list[0].Value}).Total != list[0].Articles {
		t.Errorf("what is offered finds another number: %+v, %v", list, err)
	}
}
