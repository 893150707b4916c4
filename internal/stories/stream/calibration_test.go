package stream_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strings"
	"testing"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// TestCalibration counts how often an origin is right of which each level is shown, over all labelled origins. Twice: as the
// articles are, and without the originals, as a reader sees them who subscribes to the sites that rerun and not to the
// agency. It prints the table of docs/quality.md; go test -v -run Calibration repeats it.
func TestCalibration(t *testing.T) {
	if testing.Short() {
		t.Skip("it groups five thousand articles twice")
	}
	docs := lines[listed](t, shared(t, "eval/wire26/docs.jsonl.gz"))
	var key []written
	for _, set := range []string{"wire26", "newsroom"} {
		key = append(key, lines[written](t, shared(t, "eval/"+set+"/origins.jsonl"))...)
	}
	original := map[string]bool{}
	for _, g := range key {
		for _, id := range g.Originals {
			original[id] = true
		}
	}
	withheld := slices.DeleteFunc(slices.Clone(docs), func(d listed) bool { return original[d.ID] })
	rest := slices.DeleteFunc(slices.Clone(key), func(g written) bool { return original[g.ID] })

	var all calibration
	all.count(t, "as they are", docs, key)
	all.count(t, "originals withheld", withheld, rest)
	t.Logf("\n%s", all.table())
	for level, least := range map[string]float64{news.LevelOriginal: .99, news.LevelLikely: .9} {
		for _, part := range []string{"all", "even stories", "odd stories", "first day", "second day"} {
			if s := all.of(level, part); float64(s.right) < least*float64(s.all)-1 {
				t.Errorf("%s, %s: %d of %d are right, want %.2f", level, part, s.right, s.all, least)
			}
		}
	}
}

// tally is how many of some origins are right.
type tally struct{ right, all int }

// cell is a part of the labelled origins: how the articles were given, the level shown, and the half.
type cell struct{ given, level, part string }

// calibration counts by cell.
type calibration map[cell]tally

// count groups articles and holds what they go back to against the key: the article where an original is among them, else
// the outlet's name.
func (c *calibration) count(t *testing.T, given string, docs []listed, key []written) {
	t.Helper()
	if *c == nil {
		*c = calibration{}
	}
	placed := placedBy(t, docs)
	there := map[string]listed{}
	for _, d := range docs {
		there[d.ID] = d
	}
	for _, g := range key {
		o := placed[g.ID].Origin
		right := strings.Contains(strings.ToLower(o.Name), strings.ToLower(g.Publisher))
		if slices.ContainsFunc(g.Originals, func(id string) bool { return there[id].ID != "" }) {
			right = o.Article != 0 && slices.Contains(g.Originals, docs[o.Article-1].ID)
		}
		if !right && o.Level != news.LevelEarliest {
			t.Logf("%s: %s (%.2f) of %q, want %q: %s", given, o.Level, o.Confidence, o.Name, g.Publisher, there[g.ID].Title)
		}
		half := fnv.New32a()
		_, _ = half.Write([]byte(cmp.Or(strings.Join(g.Originals, " "), g.ID))) // never fails
		parity, day := "even stories", "first day"
		if half.Sum32()%2 == 1 {
			parity = "odd stories"
		}
		if there[g.ID].Published.UTC().Day() > 18 {
			day = "second day"
		}
		for _, part := range []string{"all", parity, day} {
			at := cell{given, o.Level, part}
			(*c)[at] = tally{(*c)[at].right + count(right), (*c)[at].all + 1}
		}
	}
}

// of adds up what was given in both ways.
func (c calibration) of(level, part string) (s tally) {
	for at, x := range c {
		if at.level == level && at.part == part {
			s.right, s.all = s.right+x.right, s.all+x.all
		}
	}
	return s
}

func (c calibration) table() string {
	var b strings.Builder
	parts := []string{"all", "even stories", "odd stories", "first day", "second day"}
	fmt.Fprintf(&b, "| articles | level | %s |\n|---|---|%s\n", strings.Join(parts, " | "), strings.Repeat("---|", len(parts)))
	for _, given := range []string{"as they are", "originals withheld"} {
		for _, level := range []string{news.LevelOriginal, news.LevelLikely, news.LevelEarliest} {
			fmt.Fprintf(&b, "| %s | %s |", given, level)
			for _, part := range parts {
				s := c[cell{given, level, part}]
				fmt.Fprintf(&b, " %d of %d |", s.right, s.all)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// placedBy groups articles and gives the place of each by its id.
func placedBy(t *testing.T, docs []listed) map[string]stream.Placed {
	t.Helper()
	registry, err := outlets.Load(feeds.Agencies())
	must(t, err)
	placed := map[string]stream.Placed{}
	b := stream.New(stream.Options{Outlets: registry, Print: func(all iter.Seq[stream.Placed]) error {
		for p := range all {
			placed[docs[p.Article-1].ID] = p
		}
		return nil
	}})
	for _, d := range docs {
		e := news.Entry{GUID: d.ID, Title: d.Title, URL: d.URL, Summary: d.Summary, Content: d.HTML, Published: d.Published, Source: news.Reference{Title: d.Feed}, Language: d.Lang}
		if d.Author != "" {
			e.Authors = []string{d.Author}
		}
		must(t, b.Add(e, d.Feed, d.Fetched))
	}
	must(t, b.Close())
	return placed
}
