package group

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// modelFile holds the weights that `make train` wrote.
//
//go:embed model.json
var modelFile []byte

// Model gives the probabilities that two articles are one story, and one event. It is a logistic regression for each level and
// regime. The part of a feature in a decision is its weight times its value.
type Model struct {
	Version int `json:"version"` // changes with the meaning of the features; files of other versions are refused
	// Story and Event are by regime; see Regimes.
	Story [numRegimes]Regression `json:"story"`
	Event [numRegimes]Regression `json:"event"`
	// StoryAt and EventAt are the linkages at which clusters merge. EventAlone is the event probability at which two single
	// articles of one outlet merge.
	StoryAt    float64 `json:"story_at"`
	EventAt    float64 `json:"event_at"`
	EventAlone float64 `json:"event_alone"`
}

// ModelVersion is the version of the features.
const ModelVersion = 4

// Regression gives log-odds: Prior + Σ Weights[f] · feature f. Features without a weight have weight 0.
type Regression struct {
	Prior   float64            `json:"prior"`
	Weights map[string]float64 `json:"weights"`

	weights Features // Weights by feature
}

// DefaultModel returns the built-in model. It panics if the embedded file is broken, which a test excludes.
func DefaultModel() *Model {
	m, err := ReadModel(modelFile)
	if err != nil {
		panic("model.json (built in): " + err.Error())
	}
	return m
}

// ReadModel reads a model file.
func ReadModel(data []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	if m.Version != ModelVersion {
		return nil, fmt.Errorf("version is %d, this program reads %d; train it anew with make train", m.Version, ModelVersion)
	}
	for _, level := range []*[numRegimes]Regression{&m.Story, &m.Event} {
		for i := range level {
			for name, w := range level[i].Weights {
				f := slices.Index(featureNames[:], name)
				if f < 0 {
					return nil, fmt.Errorf("there is no feature %q", name)
				}
				level[i].weights[f] = w
			}
		}
	}
	return m, nil
}

func (r *Regression) logOdds(f *Features) float64 {
	sum := r.Prior
	for i, w := range r.weights {
		sum += w * f[i]
	}
	return sum
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// phrases describe the features to readers. A feature without a phrase is not shown. %s is the share.
var phrases = [numFeatures]string{
	coverage: "%s of one's own prose stands in the other", sameText: "both are the same text", mutual: "%s of the prose is the same on both sides",
	noProse: "none of their prose is the same",
	lead:    "%s of the opening is the same", leads: "the openings share %s of their prose", early: "what is shared stands at the beginning of both",
	aside:  "what is shared stands beside the subject: the openings tell of other things",
	late:   "what is shared stands late in the texts",
	quotes: "both quote the same words", selection: "the same prose goes with the same quotations", pairsShare: "%s of the word pairs agree", cosine: "rare words, names and figures agree",
	opening: "the openings speak of the same", mention: "%s of one's opening, by rarity of its words, stands in the other",
	names: "the names agree", rarity: "they share rare words", title: "the headlines share their words", titleLead: "%s of one headline stands in the other's opening",
	titleFigures: "the headlines give other figures", template: "both headlines are made by one template of the outlet",
	grams: "the headlines are much alike", sameTitle: "the headline is the same", creditsReport: "one credits the other's outlet, or both credit one",
	retelling: "one retells what it credits to the other's outlet, or both credit one", named: "both name one outlet as their source", hearsay: "they credit others with the news",
	agrees:    "both credit the same outlet with the text",
	conflicts: "they credit different outlets with the text", cites: "one links to the other, or both stand at one address",
	figures: "figures agree", days: "time between them", soon: "they came out soon after one another",
}

// mergedReasons maps features to the feature under which readers see them as one reason.
var mergedReasons = map[feature]feature{
	trace: coverage, mutual: coverage, sameText: coverage, rootCosine: cosine, opening: cosine, mentions: mention, grams: title, gramsIn: title, creditsReport: retelling,
	names: cosine, rarity: cosine,
}

// minReason is the minimum weight, in log-odds, of a reason that is shown.
const minReason = .3

// reasons describes the features with the greatest weights, the greatest first.
func (r *Regression) reasons(f *Features) []news.Evidence {
	var parts Features
	for i, w := range r.weights {
		to, merged := mergedReasons[feature(i)]
		if !merged {
			to = feature(i)
		}
		parts[to] += w * f[i]
	}
	parts[figures] = r.weights[figures] * (f[figures] - .5)
	var out []news.Evidence
	for i, x := range parts {
		if math.Abs(x) < minReason || phrases[i] == "" {
			continue
		}
		detail := strings.Replace(phrases[i], "%s", strconv.Itoa(int(math.Round(100*f[i])))+"%", 1)
		if feature(i) == figures && f[figures] < .5 {
			detail = "figures differ"
		}
		out = append(out, news.Evidence{Kind: "likeness", Detail: detail, Weight: math.Round(x*100) / 100})
	}
	slices.SortStableFunc(out, func(a, b news.Evidence) int { return int(math.Copysign(1, b.Weight-a.Weight)) })
	return out
}
