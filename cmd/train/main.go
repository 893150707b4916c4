// Train makes internal/stories/group/model.json from labelled articles: the weights by which grouping decides whether two articles
// are one story, or are about one event.
//
//	go run ./cmd/train ../shared/eval internal/stories/group/model.json
//
// A part of the labels is held out, by story and by time. The command prints precision, recall, Brier score and reliability on it,
// and then fits the weights to write on everything. sets.go reads the labelled sets and makes samples of them, fit.go fits
// weights to samples.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"headwater/internal/stories/group"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: train FOLDER MODEL.json (FOLDER holds the labelled sets; its README says which)")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(folder, file string) error {
	var out strings.Builder
	samples, err := loadSamples(folder, &out)
	if err != nil {
		return err
	}
	reportHeldOut(samples, &out)
	fmt.Print(out.String())
	return writeModel(file, fitAll(samples))
}

func writeModel(file string, m *group.Model) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}

// fitAll fits a model to all samples.
func fitAll(samples []sample) *group.Model {
	m := &group.Model{Version: group.ModelVersion, StoryAt: .6, EventAt: .23, EventAlone: .65}
	copy(m.Story[:], fit(ofLevel(samples, story), expected[story], excluded[story]))
	copy(m.Event[:], fit(ofLevel(samples, event), expected[event], excluded[event]))
	return m
}

func ofLevel(samples []sample, l level) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.level != l })
}

// prediction is a sample with the probability that a model gives it.
type prediction struct {
	sample
	p float64
}

// reportHeldOut prints how weights that were fitted to the other samples do on those that are held out.
func reportHeldOut(samples []sample, out *strings.Builder) {
	for l := range numLevels {
		samples := ofLevel(samples, l)
		weights := fit(slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.held }), expected[l], excluded[l])
		for r, name := range group.Regimes() {
			all, kept := 0, 0
			for _, s := range samples {
				if s.regime == r {
					all++
					if !s.held {
						kept++
					}
				}
			}
			fmt.Fprintf(out, "%s, %s: %d pairs, %d to train on before the rest was held out\n", levelNames[l], name, all, kept)
		}
		var held []prediction
		for _, s := range samples {
			if !s.held {
				continue
			}
			logOdds := weights[s.regime].Prior
			for i, name := range group.FeatureNames() {
				logOdds += weights[s.regime].Weights[name] * s.x[i]
			}
			held = append(held, prediction{s, 1 / (1 + math.Exp(-logOdds))})
		}
		report(out, levelNames[l], held)
	}
}

// report prints precision, recall and Brier score (Brier 1950), by weight; how they are by kind of pair; and how often a pair is one
// to which a probability is given.
func report(out *strings.Builder, level string, held []prediction) {
	var tp, fp, fn, brier, all float64
	kinds := map[string][3]float64{} // predicted one, is one, all
	var bins [10][3]float64          // weight, summed p, is one
	for _, s := range held {
		predicted, y := 0.0, 0.0
		if s.p >= .5 {
			predicted = 1
		}
		if s.same {
			y = 1
		}
		w := s.weight
		tp, fp, fn = tp+w*predicted*y, fp+w*predicted*(1-y), fn+w*(1-predicted)*y
		brier, all = brier+w*(s.p-y)*(s.p-y), all+w
		k := kinds[s.kind]
		kinds[s.kind] = [3]float64{k[0] + predicted, k[1] + y, k[2] + 1}
		b := &bins[min(int(s.p*10), 9)]
		b[0], b[1], b[2] = b[0]+w, b[1]+w*s.p, b[2]+w*y
	}
	fmt.Fprintf(out, "\n%s, held out: %d pairs; precision %.3f, recall %.3f, Brier score %.4f\n", level, len(held), tp/(tp+fp), tp/(tp+fn), brier/all)
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(out, "  %-24s said one of %.0f, are one %.0f, pairs %.0f\n", k, kinds[k][0], kinds[k][1], kinds[k][2])
	}
	fmt.Fprintln(out, "  reliability: probability, share that is so, weight")
	for _, b := range bins {
		if b[0] > 0 {
			fmt.Fprintf(out, "  %.2f  %.2f  %8.1f\n", b[1]/b[0], b[2]/b[0], b[0])
		}
	}
	fmt.Fprintln(out)
}
