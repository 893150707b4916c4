package group

import (
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Each file of moulds has notices of one outlet that one template made, or, where its name begins with "ok", versions of one article.
// They are told apart whether two come or all, and in whatever order.
func TestMoulds(t *testing.T) {
	files, err := filepath.Glob("testdata/moulds/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d case files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			for i := range c.items {
				c.items[i].Article.GUID = c.names[int64(i+1)]
			}
			all := settleAll(t, c.items)
			if diff := gocmp.Diff(c.stories, parts(all.of, lookup(c.names))); diff != "" {
				t.Errorf("stories (-want +got):\n%s", diff)
				for _, e := range all.edges {
					t.Logf("%s - %s: story %.2f, event %.2f %v", c.names[e.A], c.names[e.B], e.Story, e.Event, e.Reasons)
				}
			}
			two := settleAll(t, c.items[:2])
			if one := len(c.stories) == 1; (two.of[1] == two.of[2]) != one {
				t.Errorf("the first two are one story: %v", !one)
			}
			rapid.Check(t, func(rt *rapid.T) {
				arrived, names := arrive(c.items, rapid.Permutation(indexesOf(c.items)).Draw(rt, "order"))
				if diff := gocmp.Diff(c.stories, parts(settleAll(t, arrived).of, lookup(names))); diff != "" {
					rt.Errorf("stories in another order (-want +got):\n%s", diff)
				}
			})
		})
	}
}
