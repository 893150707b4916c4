package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"headwater/internal/stories/group"
)

var levelNames = [numLevels]string{"story", "event"}

// fitAll gives weights that saw all samples.
func fitAll(samples []sample) *group.Model {
	m := &group.Model{Version: group.ModelVersion, StoryAt: .6, EventAt: .23, EventAlone: .65}
	copy(m.Story[:], fit(ofLevel(samples, story), expected[story], mute[story]))
	copy(m.Event[:], fit(ofLevel(samples, event), expected[event], mute[event]))
	return m
}

func ofLevel(samples []sample, l level) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.level != l })
}

// heldOut says how weights that saw only a part of the samples do on the rest.
func heldOut(samples []sample, out *strings.Builder) {
	for l := range numLevels {
		mine := ofLevel(samples, l)
		train := slices.DeleteFunc(slices.Clone(mine), func(s sample) bool { return s.held })
		part := fit(train, expected[l], mute[l])
		for r, name := range group.Regimes() {
			all, kept := 0, 0
			for _, s := range mine {
				if s.regime == r {
					all++
					if !s.held {
						kept++
					}
				}
			}
			fmt.Fprintf(out, "%s, %s: %d pairs, %d to train on before the rest was held out\n", levelNames[l], name, all, kept)
		}
		var held []judgement
		for _, s := range mine {
			if s.held {
				held = append(held, judgement{s, probability(&part[s.regime], &s.x)})
			}
		}
		report(out, levelNames[l], held)
	}
}

func probability(r *group.Regression, x *group.Features) float64 {
	sum := r.Prior
	for i, name := range group.FeatureNames() {
		sum += r.Weights[name] * x[i]
	}
	return 1 / (1 + math.Exp(-sum))
}

type judgement struct {
	sample
	p float64
}

// report prints precision, recall and Brier score (Brier 1950), by weight, how they are by kind of pair, and how often
// what is given a probability is so.
func report(out *strings.Builder, level string, held []judgement) {
	var tp, fp, fn, brier, all float64
	kinds := map[string][3]float64{} // said one, is one, all
	var bins [10][3]float64          // weight, summed p, is one
	for _, j := range held {
		said, y := 0.0, 0.0
		if j.p >= .5 {
			said = 1
		}
		if j.same {
			y = 1
		}
		w := j.weight
		tp, fp, fn = tp+w*said*y, fp+w*said*(1-y), fn+w*(1-said)*y
		brier, all = brier+w*(j.p-y)*(j.p-y), all+w
		k := kinds[j.kind]
		kinds[j.kind] = [3]float64{k[0] + said, k[1] + y, k[2] + 1}
		b := &bins[min(int(j.p*10), 9)]
		b[0], b[1], b[2] = b[0]+w, b[1]+w*j.p, b[2]+w*y
	}
	fmt.Fprintf(out, "\n%s, held out: %d pairs; precision %.3f, recall %.3f, Brier score %.4f\n", level, len(held), tp/(tp+fp), tp/(tp+fn), brier/all)
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
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

func write(file string, m *group.Model) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}
