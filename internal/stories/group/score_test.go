package group

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

// The stories of several languages do not depend on the order in which their articles come.
func TestTranslationsInAnyOrder(t *testing.T) {
	for _, file := range []string{"testdata/translations.txtar", "testdata/translations-near-misses.txtar", "testdata/translations-pictures.txtar"} {
		c := readCase(t, file)
		rapid.Check(t, func(rt *rapid.T) {
			items, names := arrive(c.items, rapid.Permutation(indexesOf(c.items)).Draw(rt, "order"))
			of := map[string]string{}
			for i, it := range c.items {
				of[it.Article.GUID] = c.names[int64(i+1)]
			}
			s := settleAll(t, items)
			got := parts(s.of, func(id int64) string { return of[names[id]] })
			if diff := gocmp.Diff(c.stories, got); diff != "" {
				rt.Fatalf("%s: stories (-want +got):\n%s", file, diff)
			}
		})
	}
}

// A translation that comes when the story is settled joins it, and a story that was restored keeps it.
func TestTranslationsOneByOne(t *testing.T) {
	c := readCase(t, "testdata/translations.txtar")
	g, s := New(Options{}), newStoreState()
	for i := range c.items {
		s.settle(t, g, c.items[i:i+1])
	}
	if diff := gocmp.Diff(c.stories, parts(s.of, lookup(c.names))); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	again := New(Options{})
	for i, it := range c.items {
		it.Story, it.Event = s.of[int64(i+1)], s.events[s.of[int64(i+1)]]
		again.Restore(it)
	}
	for _, e := range s.edges {
		again.RestoreEdge(e)
	}
	extra := readCase(t, "testdata/translations-near-misses.txtar").items[:1]
	extra[0].Article.ID = 100
	again.Add(extra[0])
	for _, ch := range again.Settle().Changed {
		if len(ch.Members) != 1 || ch.Members[0] != 100 {
			t.Errorf("after a restart story %d has the articles %v", ch.Story, ch.Members)
		}
	}
}

// Two stories of three copies each, of which only the agency's own articles are sure translations.
func TestTranslatedStories(t *testing.T) {
	c := readCase(t, "testdata/translations.txtar")
	byName := map[string]Item{}
	for i, it := range c.items {
		byName[c.names[int64(i+1)]] = it
	}
	var items []Item
	add := func(name, outlet string) {
		it := byName[name]
		it.Article.ID = int64(len(items) + 1)
		it.Article.GUID = fmt.Sprint("copy-", len(items))
		if outlet != "" {
			it.Article.Outlet = outletOf(outlet)
			it.Article.Title = outlet + " carries it"
			it.Print.Headline = stringHash(outlet)
		}
		items = append(items, it)
	}
	add("english", "")
	add("japanese", "")
	for _, outlet := range []string{"one.example", "two.example"} { // that do not say whose text it is
		add("english", outlet)
		add("japanese", outlet)
	}
	if got := parts(settleAll(t, items).of, func(id int64) string { return fmt.Sprint(id) }); !gocmp.Equal(got, []string{"1 2 3 4 5 6"}) {
		t.Errorf("stories %q, want one", got)
	}
}

func TestTranslationReasons(t *testing.T) {
	c := readCase(t, "testdata/translations.txtar")
	s := settleAll(t, c.items)
	for _, pair := range [][2]string{{"english", "japanese"}, {"english", "spanish"}} {
		var reasons []news.Evidence
		for ids, e := range s.edges {
			if c.names[ids[0]] == pair[0] && c.names[ids[1]] == pair[1] {
				reasons = e.Reasons
			}
		}
		var told []string
		for _, r := range reasons {
			told = append(told, r.Detail)
		}
		all := strings.Join(told, "; ")
		if !strings.Contains(all, "names agree") || !strings.Contains(all, "the same agency") || !strings.Contains(all, "60 minutes apart") {
			t.Errorf("%v: the reasons are %q", pair, all)
		}
	}
}

func TestMayTranslate(t *testing.T) {
	node := func(change func(*news.Article, *[]news.Claim)) *node {
		a := news.Article{Lang: "en", Title: "Ferry aground", Outlet: news.Outlet{Name: "A", Domain: "agency.example", Agency: true}, Published: noon}
		var claims []news.Claim
		change(&a, &claims)
		it := itemOf(a)
		it.Claims = claims
		return newNode(it)
	}
	none := func(*news.Article, *[]news.Claim) {}
	spanish := func(a *news.Article) { a.Lang, a.Title = "es", "Transbordador encallado" }
	for what, tt := range map[string]struct {
		want   bool
		change func(*news.Article, *[]news.Claim)
	}{
		"the agency's in another language": {true, func(a *news.Article, _ *[]news.Claim) { spanish(a) }},
		"one that credits the agency": {true, func(a *news.Article, claims *[]news.Claim) {
			spanish(a)
			a.Outlet = outletOf("paper.example")
			*claims = []news.Claim{{Kind: news.ClaimDateline, Outlet: "A", Domain: "agency.example", Strength: 1}}
		}},
		"one that credits nobody":    {false, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Outlet = outletOf("paper.example") }},
		"in the same language":       {false, func(a *news.Article, _ *[]news.Claim) { a.Title = "Vessel stuck" }},
		"in an unknown language":     {false, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Lang = "" }},
		"under the same headline":    {false, func(a *news.Article, _ *[]news.Claim) { a.Lang = "es" }},
		"a page of many happenings":  {false, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Roundup = true }},
		"of the day before":          {false, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Published = noon.AddDate(0, 0, -1) }},
		"by another agency":          {false, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Outlet.Domain = "other.example" }},
		"half a day before, no more": {true, func(a *news.Article, _ *[]news.Claim) { spanish(a); a.Published = noon.Add(-translationSeconds * 1e9) }},
	} {
		a, b := node(none), node(tt.change)
		if mayTranslate(a, b) != tt.want || mayTranslate(b, a) != tt.want {
			t.Errorf("%s: %v, want %v", what, !tt.want, tt.want)
		}
	}
}

// Without their pictures the versions in three scripts have too little in common to be one story; with them the reasons name the picture.
func TestPictureOfATranslation(t *testing.T) {
	c := readCase(t, "testdata/translations-pictures.txtar")
	told := 0
	for _, e := range settleAll(t, c.items).edges {
		for _, r := range e.Reasons {
			if strings.Contains(r.Detail, "same picture") && r.Weight == weightSharedPicture {
				told++
			}
		}
	}
	if told < 2 {
		t.Errorf("%d edges tell of a picture, want 2 at least", told)
	}
	for i := range c.items {
		c.items[i].Print.Pictures = nil
	}
	if s := settleAll(t, c.items); len(s.stories) != len(c.items) {
		t.Errorf("without pictures %d articles are %d stories", len(c.items), len(s.stories))
	}
}
