package group

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"headwater/internal/intake/clean"
)

// Each line of pairs.tsv says whether two items at two addresses are one story, in either order and after a restart.
func TestAddresses(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/addresses/items.txtar")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range ar.Files {
		texts[f.Name] = string(f.Data)
	}
	data, err := os.ReadFile("testdata/addresses/pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 || f[0] != "one" && f[0] != "several" {
			t.Fatalf("%q is no case", line)
		}
		n++
		var items []Item
		for i, name := range []string{f[2], f[4]} {
			text, ok := texts[name]
			if !ok {
				t.Fatalf("there is no item %q", name)
			}
			title, body, _ := strings.Cut(text, "\n\n")
			it := articleAt(int64(i+1), "town.example", strings.TrimSpace(title), paragraphs(body))
			it.Article.Canonical = clean.CanonicalURL(f[1+2*i])
			items = append(items, it)
		}
		for _, order := range [][]int{{0, 1}, {1, 0}} {
			arrived, _ := arrive(items, order)
			g, s := New(Options{}), newStoreState()
			s.settle(t, g, arrived)
			if (s.of[1] == s.of[2]) != (f[0] == "one") {
				t.Errorf("%v: want %s: %v", f[1:], f[0], s.edges)
			}
			known := map[int64]Item{1: arrived[0], 2: arrived[1]}
			again := s.restart(g, known)
			s.settle(t, again, []Item{articleAt(3, "town.example", "Snow on Sunday", "It will snow in the county on Sunday, and in the hills on Monday too.")})
			if (s.of[1] == s.of[2]) != (f[0] == "one") {
				t.Errorf("%v: want %s after a restart", f[1:], f[0])
			}
		}
	}
	if n < 50 {
		t.Errorf("%d cases", n)
	}
}
