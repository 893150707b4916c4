package group

import (
	"slices"
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

// Reporters at one happening share what was said there, and not a print of their own prose.
func TestSharedQuotationAlone(t *testing.T) {
	g := New(Options{})
	for _, it := range []Item{
		articleAt(1, "ledger.example", "Ferry line sheds a third of its crews",
			"Osmark Ferries will let a third of its crews go before winter, the company said on Tuesday, after two summers of empty car decks and dear fuel. "+
				"“We kept every harbour open for as long as the bank would let us,” Ilva Renmark told reporters. The oldest of the ships will be sold for scrap."),
		articleAt(2, "harbour.example", "Island fears for its morning boat",
			"Nobody on the quay at Tolsta talked of anything else. The school boat may stop in October, and with it the doctor, the post and the fresh bread. "+
				"“We kept every harbour open for as long as the bank would let us,” was all that Ilva Renmark had to offer when islanders asked her why."),
	} {
		g.Add(it)
	}
	quotes := slices.Index(FeatureNames(), "quotes")
	pairs := 0
	g.Compare(func(_, _ Item, f *Features, _ int) {
		pairs++
		if f[quotes] < .5 || f[coverage] > 0 {
			t.Errorf("quotes %g, coverage %g: want most of what is quoted, and no prose", f[quotes], f[coverage])
		}
	})
	if pairs == 0 {
		t.Error("the two were never compared")
	}
}
