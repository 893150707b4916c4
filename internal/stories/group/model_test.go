package group

import (
	"strings"
	"testing"
)

func TestDefaultModel(t *testing.T) {
	m := DefaultModel()
	if m.StoryAt <= 0 || m.StoryAt >= 1 || m.EventAt <= 0 || m.EventAt > m.StoryAt {
		t.Errorf("joins stories at %g and events at %g", m.StoryAt, m.EventAt)
	}
}

// Every feature has words for a reader, its own or those of the feature that it is merged into.
func TestEveryFeatureHasWords(t *testing.T) {
	for i, name := range featureNames {
		f := feature(i)
		if to, joined := mergedReasons[f]; joined {
			f = to
		}
		if f != figures && phrases[f] == "" {
			t.Errorf("%s has no words", name)
		}
	}
}

func TestReadModel(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"no JSON", "{", "unexpected end"},
		{"another version", `{"version": 99}`, "version is 99, this program reads 4; train it anew with make train"},
		{"unknown feature", `{"version": 4, "event": [{"weights": {"luck": 1}}]}`, `there is no feature "luck"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadModel([]byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// The reasons of a decision add up to its log-odds but for the prior, what reads as nothing, and the middle of figures.
func TestReasonsAddUp(t *testing.T) {
	m := DefaultModel()
	var f Features
	f[coverage], f[mutual], f[trace], f[lead], f[title], f[figures], f[days] = .8, .7, 1, .9, .5, 1, 1
	r := &m.Story[bothLong]
	sum := r.Prior + .5*r.weights[figures]
	for _, e := range r.reasons(&f) {
		sum += e.Weight
	}
	if d := sum - r.logOdds(&f); d > 2*minReason || d < -2*minReason {
		t.Errorf("the reasons and the prior add up to %.2f, the decision to %.2f", sum, r.logOdds(&f))
	}
}
