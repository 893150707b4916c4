package group

import (
	"fmt"
	"strings"
	"testing"
)

func many(n int, one func(id int64) Item) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = one(int64(i + 1))
	}
	return items
}

// identicalItems are n times one text, without printing it n times.
func identicalItems(n int) []Item {
	first := articleAt(1, "a.example", "Tolls at the harbour rise in spring", join10(newProse(9), 20))
	return many(n, func(id int64) Item {
		it := first
		it.Article.ID, it.Article.GUID, it.Article.Outlet = id, fmt.Sprint("g", id), outletOf(fmt.Sprintf("outlet%d.example", id%500))
		return it
	})
}

func TestIdenticalArticlesAreOneStory(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 2000
	}
	items := identicalItems(n)
	g := New(Options{})
	for _, it := range items[:n/2] {
		g.Add(it)
	}
	r := g.Settle()
	if len(r.Changed) != 1 || len(r.Changed[0].Members) != n/2 || len(r.Edges) != 0 {
		t.Fatalf("%d stories, %d edges: want one story and no comparison", len(r.Changed), len(r.Edges))
	}
	for _, it := range items[n/2:] {
		g.Add(it)
	}
	r = g.Settle()
	if len(r.Changed) != 1 || len(r.Changed[0].Members) != n || len(r.Edges) != 0 || r.Changed[0].Story != 1 {
		t.Errorf("%d stories, %d edges: want the one story grown and no comparison", len(r.Changed), len(r.Edges))
	}
}

// One feed puts one article into a thousand items, each with its own address and guid, with other titles or without text.
func TestOneArticleInAThousandItems(t *testing.T) {
	text := join10(newProse(10), 20)
	tests := map[string]func(id int64) Item{
		"same title": func(id int64) Item { return articleAt(id, "a.example", "Tolls at the harbour rise in spring", text) },
		"title only": func(id int64) Item { return articleAt(id, "a.example", "Tolls at the harbour rise in spring", "") },
	}
	for name, one := range tests {
		t.Run(name, func(t *testing.T) {
			g := New(Options{})
			for _, it := range many(1000, one) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != 1 || len(r.Edges) > 1000 {
				t.Errorf("%d stories and %d edges, want one story and at most an edge each", len(r.Changed), len(r.Edges))
			}
		})
	}
}

// The same with a number in each title: no twins, yet one text.
func TestOneTextUnderManyTitles(t *testing.T) {
	text := join10(newProse(11), 20)
	for _, n := range []int{50, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			g := New(Options{})
			for _, it := range many(n, func(id int64) Item {
				return articleAt(id, fmt.Sprintf("outlet%d.example", id), fmt.Sprintf("Version %d of the harbour tolls", id), text)
			}) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != 1 {
				t.Errorf("%d stories, want one", len(r.Changed))
			}
			if len(r.Edges) > n*(2*maxByPrints+maxByTerms) {
				t.Errorf("%d edges for %d articles: not bounded", len(r.Edges), n)
			}
		})
	}
}

// Articles that say nothing stay apart, and none takes long.
func TestNothingToCompare(t *testing.T) {
	tests := map[string]func(id int64) (title, text string){
		"empty":            func(int64) (string, string) { return "", "" },
		"blank":            func(int64) (string, string) { return " \t", "\n\n" },
		"emoji":            func(int64) (string, string) { return "🎉", strings.Repeat("😀 ", 50) },
		"one word":         func(int64) (string, string) { return "Photos", "Photos" },
		"one word each":    func(id int64) (string, string) { return "Update", fmt.Sprint("word", id) },
		"a repeated word":  func(id int64) (string, string) { return "", strings.Repeat(fmt.Sprint("word", id, " "), 3000) },
		"text, no title":   func(id int64) (string, string) { return "", join10(newProse(uint64(id)), 10) },
		"a general title":  func(id int64) (string, string) { return "Morning briefing", join10(newProse(uint64(id)), 10) },
		"right to left":    func(id int64) (string, string) { return "\u202e" + fmt.Sprint(id), "\u202e\u202d\u200f" },
		"a label as title": func(int64) (string, string) { return "Live news", "" },
	}
	for name, what := range tests {
		t.Run(name, func(t *testing.T) {
			const n = 300
			g := New(Options{})
			for _, it := range many(n, func(id int64) Item {
				title, text := what(id)
				return articleAt(id, fmt.Sprintf("outlet%d.example", id%7), title, text)
			}) {
				g.Add(it)
			}
			r := g.Settle()
			if len(r.Changed) != n {
				t.Errorf("%d stories of %d strangers", len(r.Changed), n)
			}
			if len(r.Edges) > n*(maxByPrints+maxByTerms) {
				t.Errorf("%d edges: not bounded", len(r.Edges))
			}
		})
	}
}
