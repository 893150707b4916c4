package text

import (
	"bytes"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis/lang/da"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fi"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hu"
	"github.com/blevesearch/bleve/v2/analysis/lang/it"
	"github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/analysis/lang/sv"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
)

// Language holds Snowball's stemmer and stop words of a language.
type Language struct {
	// StopWords are the words of Snowball's list, in lower case with accents, including contractions such as "don't".
	StopWords map[string]bool

	stem func(*snowballstem.Env) bool
}

// Languages are the languages with a stemmer, by ISO 639-1 code.
var Languages = map[string]Language{
	"da": {stopWords(da.DanishStopWords), danish.Stem},
	"de": {stopWords(de.GermanStopWords), german.Stem},
	"en": {stopWords(en.EnglishStopWords), english.Stem},
	"es": {stopWords(es.SpanishStopWords), spanish.Stem},
	"fi": {stopWords(fi.FinnishStopWords), finnish.Stem},
	"fr": {stopWords(fr.FrenchStopWords), french.Stem},
	"hu": {stopWords(hu.HungarianStopWords), hungarian.Stem},
	"it": {stopWords(it.ItalianStopWords), italian.Stem},
	"nl": {stopWords(nl.DutchStopWords), dutch.Stem},
	"no": {stopWords(no.NorwegianStopWords), norwegian.Stem},
	"pt": {stopWords(pt.PortugueseStopWords), portuguese.Stem},
	"ru": {stopWords(ru.RussianStopWords), russian.Stem},
	"sv": {stopWords(sv.SwedishStopWords), swedish.Stem},
}

// stopWords parses one of Snowball's lists: one word per line, and comments after a bar.
func stopWords(list []byte) map[string]bool {
	stops := map[string]bool{}
	for line := range bytes.Lines(list) {
		word, _, _ := strings.Cut(string(line), "|")
		if word = strings.TrimSpace(word); word != "" {
			stops[word] = true
		}
	}
	return stops
}

// Stem reduces a word in lower case to its stem. Stop words are stemmed like others.
func (l Language) Stem(word string) string {
	env := snowballstem.NewEnv(word)
	l.stem(env)
	return env.Current()
}
