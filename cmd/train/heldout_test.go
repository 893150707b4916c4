package main

import (
	"hash/fnv"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"headwater/feeds"
	"headwater/internal/stories/group"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// TestNewsroomHeldOut says how grouping does on what an editor judged of a newsroom where it was not trained on it: the
// judged pairs are divided into two halves, pairs that hang together by an article into one; a model is trained without each half, the
// newsroom is grouped with it, and that half is scored. TRAIN_TEST_HALVES=1 runs it, in a minute.
func TestNewsroomHeldOut(t *testing.T) {
	const folder = "../../../shared/eval"
	if os.Getenv("TRAIN_TEST_HALVES") == "" {
		t.Skip("set TRAIN_TEST_HALVES=1 to train twice and group twice")
	}
	samples, err := loadSamples(folder, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	tables := [numLevels]string{"stories.tsv", "events.tsv"}
	type judgedPair struct {
		pair pairKey
		same bool
		kind string
	}
	var all [numLevels][]judgedPair
	parent := map[string]string{}
	var root func(string) string
	root = func(id string) string {
		if p, ok := parent[id]; ok && p != id {
			parent[id] = root(p)
			return parent[id]
		}
		parent[id] = id
		return id
	}
	for l, file := range tables {
		err := (&set{}).readPairs(filepath.Join(folder, "newsroom", file), func(a, b string, same bool, kind string) {
			all[l] = append(all[l], judgedPair{keyOf(a, b), same, kind})
			ra, rb := root(a), root(b)
			parent[max(ra, rb)] = min(ra, rb)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	half := func(p pairKey) int {
		h := fnv.New32a()
		h.Write([]byte(root(p[0])))
		return int(h.Sum32() % 2)
	}
	judgedAt := map[pairKey]bool{}
	for l := range all {
		for _, p := range all[l] {
			judgedAt[p.pair] = true
		}
	}
	var right, wrong, missed [numLevels]int
	joined := [numLevels]map[string][2]int{{}, {}}
	for h := range 2 {
		rest := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return judgedAt[s.pair] && half(s.pair) == h })
		at := groupNewsroom(t, folder, fitAll(rest))
		for l := range all {
			for _, p := range all[l] {
				if half(p.pair) != h {
					continue
				}
				one := at[p.pair[0]][l] == at[p.pair[1]][l]
				k := joined[l][p.kind]
				k[1]++
				switch {
				case one && p.same:
					right[l]++
				case one:
					wrong[l]++
				case p.same:
					missed[l]++
				}
				if one {
					k[0]++
				}
				joined[l][p.kind] = k
			}
		}
	}
	for l, name := range levelNames {
		precision, recall := float64(right[l])/float64(right[l]+wrong[l]), float64(right[l])/float64(right[l]+missed[l])
		t.Logf("%s, held out: precision %.3f, recall %.3f; joined by kind %v", name, precision, recall, joined[l])
		if precision < .8 || recall < .7 {
			t.Errorf("%s: precision %.3f, recall %.3f", name, precision, recall)
		}
	}
}

// groupNewsroom gives the story and the event of each article of the recorded newsroom.
func groupNewsroom(t *testing.T, folder string, m *group.Model) map[string][numLevels]int64 {
	t.Helper()
	s, err := loadSet(folder, "wire26")
	if err != nil {
		t.Fatal(err)
	}
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "model.json")
	if err := writeModel(file, m); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = group.ReadModel(data); err != nil {
		t.Fatal(err)
	}
	at := map[string][numLevels]int64{}
	bench := stream.New(stream.Options{Outlets: registry, Model: m, Print: func(placed iter.Seq[stream.Placed]) error {
		for p := range placed {
			at[s.docs[p.Article-1].ID] = [numLevels]int64{p.Story.ID, p.Story.Event}
		}
		return nil
	}})
	for _, d := range s.docs {
		seen := parseTime(d.Fetched)
		if seen.IsZero() {
			seen = parseTime(d.Published)
		}
		if err := bench.Add(d.entry(), d.Feed, seen); err != nil {
			t.Fatal(err)
		}
	}
	if err := bench.Close(); err != nil {
		t.Fatal(err)
	}
	if len(at) != len(s.docs) {
		t.Fatalf("%d of %d articles were placed", len(at), len(s.docs))
	}
	return at
}
