package group

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"
)

// templatesOf reads which articles of a case file are made by a template.
func templatesOf(t *testing.T, file string) []string {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(ar.Comment)) {
		if names, ok := strings.CutPrefix(line, "templates:"); ok {
			return slices.Sorted(slices.Values(strings.Fields(names)))
		}
	}
	t.Fatalf("%s does not say which are templates", file)
	return nil
}

// Each file of templates has articles of one outlet. Which of them are made by a template comes out alike in every order, one by
// one or all at once, and an article that turns out to be is told of once, unless it was so from the beginning.
func TestTemplates(t *testing.T) {
	files, err := filepath.Glob("testdata/templates/*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d case files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c, want := readCase(t, file), templatesOf(t, file)
			for i := range c.items {
				c.items[i].Article.GUID = c.names[int64(i+1)]
			}
			rapid.Check(t, func(rt *rapid.T) {
				arrived, names := arrive(c.items, rapid.Permutation(indexesOf(c.items)).Draw(rt, "order"))
				g := New(Options{Templates: true})
				known, all := map[string]bool{}, rapid.Bool().Draw(rt, "all at once")
				for _, it := range arrived {
					g.Add(it)
					if all && it.Article.ID != arrived[len(arrived)-1].Article.ID {
						continue
					}
					r := g.Settle()
					for _, id := range r.Templated {
						if known[names[id]] {
							rt.Errorf("%s is told of twice", names[id])
						}
						known[names[id]] = true
					}
					for _, ch := range r.Changed {
						for _, id := range ch.Members {
							known[names[id]] = known[names[id]] || g.Templated(id)
						}
					}
				}
				var got []string
				for name, is := range known {
					if is {
						got = append(got, name)
					}
				}
				slices.Sort(got)
				if diff := gocmp.Diff(want, got); diff != "" {
					rt.Errorf("made by a template (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestTemplatesStayMarked(t *testing.T) {
	c := readCase(t, "testdata/templates/programmes.txtar")
	g := New(Options{Templates: true})
	for _, it := range c.items {
		it.Article.Seen = noon
		g.Add(it)
	}
	g.Settle()
	if h := g.Reopen(noon.Add(time.Hour)); !h.Templated(1) || !h.Templated(2) || h.Templated(5) {
		t.Error("what was marked is not so in the window made anew")
	}
	it, _ := g.Item(1)
	it.Article.Title = "Harbour office moves"
	it = itemOf(it.Article)
	g.Add(it)
	g.Settle()
	if g.Templated(1) || !g.Templated(2) {
		t.Error("a revision keeps the mark of the title that it had, or the others lose theirs")
	}
	for _, id := range []int64{1, 2, 3, 4, 5} {
		it, _ := g.Item(id)
		g.Forget([]int64{it.Story})
	}
	if n := len(g.index.moulds.frames); n != 0 {
		t.Errorf("%d frames are left of articles that went", n)
	}
	if New(Options{}).Templated(1) || g.Templated(99) {
		t.Error("an article that is not in the window, or that nobody looked at, is marked")
	}
}
