package group

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Each file has notices of one outlet that one template made, or, where its name begins with "ok", versions of one article.
// The result is the same for two of them and for all, in every order.
func TestSameTemplate(t *testing.T) {
	files, err := filepath.Glob("testdata/notices/*.txtar")
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

// bulletins are items of one outlet that tell of a strike under one frame, and others that show that it is a template's.
func bulletins() []Item {
	const strike = "The pilots of Belmora walked out at noon, and twelve ships wait off Tarvos."
	items := []Item{
		articleAt(1, "harbour.example", "Harbour tonight: pilots walk out", strike+" With Ingrid Saltner of Nordvik Lines and Marek Dolvan of"+
			" the union. Then the ferry timetable for the winter, the price of herring, and a look at the new lamps along the quay."),
		articleAt(2, "harbour.example", "Harbour tonight: twelve ships off Tarvos", strike),
		articleAt(3, "harbour.example", "Harbour tonight: divers at pier four", "They look at the piles until Friday."),
		articleAt(4, "harbour.example", "Harbour tonight: a whale in the inner basin", "Nobody knows how it passed the lock."),
	}
	for i := range items {
		items[i].Article.Seen = items[i].Article.Published
	}
	return items
}

// Two items that were one story by what was known of their titles are two once a third title shows that a template made them, in every
// order, one by one or together, and with a restart after any of them.
func TestTemplateFoundLater(t *testing.T) {
	items := bulletins()
	byID := map[int64]Item{}
	for _, it := range items {
		byID[it.Article.ID] = it
	}
	if early := settleAll(t, items[:2]); len(early.stories) != 1 {
		t.Fatalf("the first two are %v: they show nothing", early.stories)
	}
	rapid.Check(t, func(rt *rapid.T) {
		g, s := New(Options{}), newStoreState()
		order := rapid.Permutation(indexesOf(items)).Draw(rt, "order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(rt, "together")
			var batch []Item
			for _, i := range order[:n] {
				batch = append(batch, items[i])
			}
			order = order[n:]
			s.settle(t, g, batch)
			if rapid.Bool().Draw(rt, "restart") {
				g = s.restart(g, byID)
			}
		}
		id := func(id int64) string { return items[id-1].Article.Title }
		if diff := gocmp.Diff(parts(map[int64]int64{1: 1, 2: 2, 3: 3, 4: 4}, id), parts(s.of, id)); diff != "" {
			rt.Errorf("stories (-want +got):\n%s", diff)
		}
		if len(parts(s.eventOf(), id)) != len(items) {
			rt.Errorf("events: %v", s.events)
		}
	})
}

// A frame that becomes a template's has the articles compared that were there before, once.
func TestTemplateIsFoundOnce(t *testing.T) {
	items, g := bulletins(), New(Options{})
	for i, want := range []int{0, 0, 1, 0} { // frames found by each
		g.Add(items[i])
		if got := len(g.index.newTemplates); got != want {
			t.Errorf("with title %d on %d frames are found, want %d", i+1, got, want)
		}
		g.Settle()
		if len(g.index.newTemplates) != 0 {
			t.Error("what was found waits after settling")
		}
	}
	if r := g.Settle(); len(r.Edges)+len(r.Changed) != 0 {
		t.Errorf("settling nothing gives %+v", r)
	}
}

// Each file of templates has articles of one outlet. Which of them are made by a template comes out alike in every order, one by
// one or all at once, and an article that turns out to be is reported once, unless it was so from the beginning.
func TestTemplates(t *testing.T) {
	files, err := filepath.Glob("testdata/templates/*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d case files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			if c.templates == nil {
				t.Fatal("the file does not say which articles a template made")
			}
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
				got := []string{}
				for name, is := range known {
					if is {
						got = append(got, name)
					}
				}
				slices.Sort(got)
				if diff := gocmp.Diff(c.templates, got); diff != "" {
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
	if n := len(g.index.marks.first); n != 0 {
		t.Errorf("%d frames are left of articles that went", n)
	}
	if New(Options{}).Templated(1) || g.Templated(99) {
		t.Error("an article that is not in the window, or that nobody looked at, is marked")
	}
}
