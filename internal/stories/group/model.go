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

// Model says how probable it is that two articles are one story, and one event: a logistic regression for each level and
// each amount of text, whose every term is one feature's part.
type Model struct {
	Version int `json:"version"` // grows with the meaning of the features; a file of another one is refused
	// Story and Event are by regime: both articles short, one short, both long.
	Story [numRegimes]Regression `json:"story"`
	Event [numRegimes]Regression `json:"event"`
	// StoryAt and EventAt are the linkages at which clusters become one; EventAlone is the event probability at which two
	// single articles of one outlet do.
	StoryAt    float64 `json:"story_at"`
	EventAt    float64 `json:"event_at"`
	EventAlone float64 `json:"event_alone"`
}

// ModelVersion is the version of the features.
const ModelVersion = 4

// Regression gives log-odds: Prior + Σ Weights[f] · feature f. Weights of features that are not named are 0.
type Regression struct {
	Prior   float64            `json:"prior"`
	Weights map[string]float64 `json:"weights"`

	weights Features
}

// DefaultModel is the built-in one. It panics where its file is broken, which a test rules out.
func DefaultModel() *Model {
	m, err := ReadModel(modelFile)
	if err != nil {
		panic("model.json (built in): " + err.Error())
	}
	return m
}

// ReadModel reads a model's file.
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
			if err := level[i].index(); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// index lays the named weights out by feature.
func (r *Regression) index() error {
	for name, w := range r.Weights {
		i := slices.Index(featureNames[:], name)
		if i < 0 {
			return fmt.Errorf("there is no feature %q", name)
		}
		r.weights[i] = w
	}
	return nil
}

func (r *Regression) logOdds(f *Features) float64 {
	sum := r.Prior
	for i, w := range r.weights {
		sum += w * f[i]
	}
	return sum
}

// FeatureNames gives the features' names in the order of Features.
func FeatureNames() []string { return featureNames[:] }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// score weighs a pair of articles on both levels and gives the reasons where they are one story.
func (g *Grouper) score(a, b *node, prints int) verdict {
	if prints == 0 && mayTranslate(a, b) && !linksTo(a, b) && !linksTo(b, a) {
		return g.scoreTranslation(a, b)
	}
	f, r := g.compare(a, b, prints)
	if !f.says(r, a.Print, b.Print) {
		return verdict{}
	}
	v := verdict{cosine: f[cosine], story: sigmoid(g.model.Story[r].logOdds(&f)), event: sigmoid(g.model.Event[r].logOdds(&f))}
	told := retold(a, b, &f)
	v.story = max(v.story, told)
	translated, across := g.translates(a, b, &f)
	if across {
		v.story = max(v.story, translated.probability())
	}
	if a.Article.Hub || b.Article.Hub {
		v.story = min(v.story, neverOne) // a hub repeats many stories and joins none
	}
	made := f[template] == 1
	if !made && sameOutlet(a, b) && f[mutual] < mouldedProse && max(v.story, v.event) >= keepStory { // templated asked of the others
		made = moulded(a, b)
	}
	if r == bothLong+ownOutlet && f[noProse] == 1 && inOneLanguage(a, b) {
		v.story = min(v.story, neverOne) // an outlet's two texts with nothing in common, whatever their headlines are
	}
	switch {
	case made:
		v.story, v.event = min(v.story, neverOne), 0
	case sameOutlet(a, b) && oneArticle(a, b):
		v.story = max(v.story, listedAgain)
	}
	if a.Article.Hub && b.Article.Hub { // two tell of many happenings each; a live page finds its event by the articles about it
		return verdict{story: v.story}
	}
	if v.story >= g.model.StoryAt {
		v.reasons = g.model.Story[r].reasons(&f)
		if told >= g.model.StoryAt {
			v.reasons = append([]news.Evidence{retoldReason(told)}, v.reasons...)
		}
		if across && translated.probability() >= g.model.StoryAt {
			v.reasons = translated.reasons()
		}
	}
	v.event = max(v.event, v.story)
	switch {
	case a.edition.apart(b.edition):
		v.event = v.story // which alone brings two days' reports together: one text, or one report written through
	case !made && a.edition.sameSession(b.edition):
		v.event = max(v.event, oneSession)
	}
	if !inOneLanguage(a, b) && v.story < g.model.StoryAt {
		v.event = 0 // words of two languages agree by chance
	}
	return v
}

func inOneLanguage(a, b *node) bool {
	return a.Article.lang == b.Article.lang || a.Article.Lang() == "" || b.Article.Lang() == ""
}

// phrases say what a feature means to a reader. %s stands for its share.
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
	grams: "the headlines are much alike", sameTitle: "the headline is the same", credits_: "one credits the other's outlet, or both credit one",
	retelling: "one retells what it credits to the other's outlet, or both credit one", named: "both name one outlet as their source", hearsay: "they credit others with the news",
	agrees:    "both credit the same outlet with the text",
	conflicts: "they credit different outlets with the text", cites: "one links to the other, or both stand at one address",
	days: "time between them", soon: "they came out soon after one another",
}

// joins are features that are one reason to a reader.
var joins = map[feature]feature{
	trace: coverage, mutual: coverage, sameText: coverage, rootCosine: cosine, opening: cosine, mentions: mention, grams: title, gramsIn: title, credits_: retelling,
	names: cosine, rarity: cosine,
}

// leastReason is the weight in log-odds below which a reason is not told.
const leastReason = .3

// reasons gives the parts that matter in words, greatest first.
func (r *Regression) reasons(f *Features) []news.Evidence {
	var parts Features
	for i, w := range r.weights {
		to, joined := joins[feature(i)]
		if !joined {
			to = feature(i)
		}
		parts[to] += w * f[i]
	}
	parts[figures] = r.weights[figures] * (f[figures] - .5)
	var out []news.Evidence
	for i, x := range parts {
		if math.Abs(x) >= leastReason && phraseOf(feature(i), f) != "" {
			out = append(out, news.Evidence{Kind: "likeness", Detail: phraseOf(feature(i), f), Weight: math.Round(x*100) / 100})
		}
	}
	slices.SortStableFunc(out, func(a, b news.Evidence) int { return int(math.Copysign(1, b.Weight-a.Weight)) })
	return out
}

func phraseOf(i feature, f *Features) string {
	if i == figures {
		if f[figures] < .5 {
			return "figures differ"
		}
		return "figures agree"
	}
	return strings.Replace(phrases[i], "%s", strconv.Itoa(int(math.Round(100*f[i])))+"%", 1)
}
