package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/stories/group"
)

func feature(t *testing.T, name string) int {
	t.Helper()
	i := slices.Index(group.FeatureNames(), name)
	if i < 0 {
		t.Fatalf("there is no feature %q", name)
	}
	return i
}

// drawn gives samples whose labels follow a logistic model of two features, and of a third that says nothing.
func drawn(t *testing.T, n int, prior, first, second float64) []sample {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	a, b, c := feature(t, "coverage"), feature(t, "conflicts"), feature(t, "title")
	out := make([]sample, n)
	for i := range out {
		s := &out[i]
		s.x[a], s.x[b], s.x[c], s.weight = r.Float64(), r.Float64(), r.Float64(), 1
		s.same = r.Float64() < 1/(1+math.Exp(-prior-first*s.x[a]-second*s.x[b]))
	}
	return out
}

func TestFitFindsTheWeights(t *testing.T) {
	got := fit(drawn(t, 20_000, -2, 5, -3), expectation{}, nil)[0]
	if math.Abs(got.Prior+2) > .3 || math.Abs(got.Weights["coverage"]-5) > .4 || math.Abs(got.Weights["conflicts"]+3) > .4 {
		t.Errorf("%+v: want -2, 5 and -3", got)
	}
	if math.Abs(got.Weights["title"]) > .3 {
		t.Errorf("title weighs %g, and says nothing", got.Weights["title"])
	}
}

func TestFitKeepsSigns(t *testing.T) {
	got := fit(drawn(t, 5000, -1, -4, 4), expectation{}, nil)[0] // both against their sense
	if got.Weights["coverage"] < 0 || got.Weights["conflicts"] > 0 {
		t.Errorf("%+v: coverage may only speak for, conflicts only against", got)
	}
	got = fit(drawn(t, 5000, -1, 4, 0), expectation{}, []string{"coverage"})[0]
	if got.Weights["coverage"] != 0 {
		t.Errorf("%+v: a mute feature has a weight", got)
	}
}

// Classes that part cleanly have no finite best weights without the ridge, and a full Newton step overshoots.
func TestFitOfCleanlyPartedClasses(t *testing.T) {
	samples := make([]sample, 400)
	a := feature(t, "coverage")
	for i := range samples {
		samples[i].weight, samples[i].same = 1, i%2 == 0
		if samples[i].same {
			samples[i].x[a] = 1
		}
	}
	got := fit(samples, expectation{prior: -4}, nil)[0]
	if w := got.Weights["coverage"]; w < 4 || w > 40 || math.IsNaN(got.Prior) {
		t.Errorf("%+v", got)
	}
}

func TestFitKeepsToWhatIsKnown(t *testing.T) {
	got := fit(drawn(t, 50, -1, 0, 0), expectation{prior: -6, weights: map[string]float64{"retelling": 20}}, nil)[0]
	if got.Weights["retelling"] != 20 {
		t.Errorf("retelling weighs %g without any label that has it, want the known 20", got.Weights["retelling"])
	}
}

func TestReport(t *testing.T) {
	held := []prediction{
		{sample{label: label{same: true, weight: 1, kind: "a"}}, .9},
		{sample{label: label{same: true, weight: 1, kind: "a"}}, .2},
		{sample{label: label{same: false, weight: 2, kind: "b"}}, .6},
	}
	var out strings.Builder
	report(&out, "story", held)
	for _, want := range []string{"precision 0.333, recall 0.500, Brier score 0.3425", "said one of 1, are one 2, pairs 2", "0.60  0.00       2.0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
}

// Nothing of what is held out may reach the other part: neither a story that goes on, nor one label of a pair.
func TestHeldOut(t *testing.T) {
	s := &set{name: "wire16", number: map[string]int{"early": 0, "late": 1}, docs: []document{{Published: "2016-11-20T00:00:00Z"}, {Published: "2016-12-10T00:00:00Z"}}}
	for i := range s.pairs {
		s.pairs[i] = map[pairKey]label{}
	}
	s.addLabel(story, "late", "early", true, 1, "copy")
	if !s.pairs[story][keyOf("early", "late")].held {
		t.Error("a pair that reaches into the later part is trained on")
	}
	s.addLabel(story, "early", "nobody", true, 1, "copy")
	if len(s.pairs[story]) != 1 {
		t.Error("a label of an unknown article is kept")
	}
	r := &set{name: "rumours", docs: []document{{Cluster: "a"}, {Cluster: "a"}}}
	if r.heldOut(0) != r.heldOut(1) {
		t.Error("one story stands on both sides")
	}
}

func TestTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pairs.tsv")
	if err := os.WriteFile(file, []byte("a\tb\t1\tcopy\na\tb\tyes\tcopy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := (&set{}).readPairs(file, func(string, string, bool, string) {})
	if err == nil || !strings.Contains(err.Error(), "pairs.tsv:2: ") {
		t.Errorf("%v: want the line named", err)
	}
}

// The weights in the repository are those that these sets give.
func TestModelIsTrained(t *testing.T) {
	const folder = "../../../shared/eval"
	if _, err := os.Stat(folder); err != nil || testing.Short() {
		t.Skip("the labelled sets lie beside the repository in ../shared/eval, and are not here, or -short")
	}
	samples, err := loadSamples(folder, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(fitAll(samples))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(group.DefaultModel())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("these sets give another model than internal/stories/group/model.json: run make train, and say why it changed\n%s", gocmp.Diff(string(want), string(got)))
	}
}
