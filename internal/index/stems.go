package index

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis/lang/da"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fi"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/it"
	"github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/analysis/lang/sv"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	api "github.com/blevesearch/bleve_index_api"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
)

// tongue is what the stemmer and the stop words of bleve's analyser know of a language. Words are looked at as they are
// indexed, without accents.
type tongue struct {
	stem  func(*snowballstem.Env) bool
	stops map[string]bool
}

var tongues = map[string]tongue{
	"da": {danish.Stem, stopWords(da.DanishStopWords)},
	"de": {german.Stem, stopWords(de.GermanStopWords)},
	"en": {english.Stem, stopWords(en.EnglishStopWords)},
	"es": {spanish.Stem, stopWords(es.SpanishStopWords)},
	"fi": {finnish.Stem, stopWords(fi.FinnishStopWords)},
	"fr": {french.Stem, stopWords(fr.FrenchStopWords)},
	"it": {italian.Stem, stopWords(it.ItalianStopWords)},
	"nl": {dutch.Stem, stopWords(nl.DutchStopWords)},
	"no": {norwegian.Stem, stopWords(no.NorwegianStopWords)},
	"pt": {portuguese.Stem, stopWords(pt.PortugueseStopWords)},
	"ru": {russian.Stem, stopWords(ru.RussianStopWords)},
	"sv": {swedish.Stem, stopWords(sv.SwedishStopWords)},
}

// stopWords reads Snowball's lists: a word a line, and comments after |.
func stopWords(list []byte) map[string]bool {
	stops := map[string]bool{}
	for line := range bytes.Lines(list) {
		word, _, _ := strings.Cut(string(line), "|")
		var w words
		if w.add(word); len(w.list) == 1 {
			stops[w.term(w.list[0])] = true
		}
	}
	return stops
}

func (t tongue) stemOf(word string) string {
	env := snowballstem.NewEnv(word)
	t.stem(env)
	return env.Current()
}

// Bounds of what a word is taken to stand for.
const (
	shortestStemmed = 3  // letters
	mostForms       = 24 // other words
)

// forms asks for a word and for the words of the index that a language's stemmer takes for the same. They are looked up
// in the index's own list of words rather than stored as stems: that costs no space, keeps prefixes and phrases exact,
// and needs no guess at the query's language.
type forms struct {
	field string
	term  string
	langs []string
	boost float64
}

// Searcher is bleve's interface of queries.
func (f forms) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	own := term(f.field, f.term)
	own.SetBoost(f.boost)
	list := []query.Query{own}
	others, err := f.others(r)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		form := term(f.field, other)
		form.SetBoost(f.boost)
		list = append(list, form)
	}
	if len(list) == 1 {
		return list[0].Searcher(ctx, r, m, o)
	}
	return query.NewDisjunctionQuery(list).Searcher(ctx, r, m, o)
}

func (f forms) others(r api.IndexReader) (others []string, err error) {
	if !stemmed(f.term) {
		return nil, nil
	}
	for _, lang := range f.langs {
		t, ok := tongues[lang]
		if !ok {
			continue
		}
		stem := t.stemOf(f.term)
		if others, err = f.sharing(r, t, stem, others); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// sharing adds the words of the index with this stem.
func (f forms) sharing(r api.IndexReader, t tongue, stem string, others []string) ([]string, error) {
	start := common(stem, f.term)
	if utf8.RuneCountInString(start) < 3 {
		return others, nil
	}
	dict, err := r.FieldDictPrefix(f.field, []byte(start))
	if err != nil {
		return nil, err
	}
	most := len(f.term) + 6 // endings are short
	for len(others) < mostForms {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			_ = dict.Close() // nothing is written
			return others, err
		}
		if w := entry.Term; len(w) <= most && w != f.term && t.stemOf(w) == stem && !slices.Contains(others, w) {
			others = append(others, w)
		}
	}
	return others, dict.Close()
}

func stemmed(s string) bool {
	return utf8.RuneCountInString(s) >= shortestStemmed && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) || unspaced(r) })
}

func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// stopIn gives the languages, of these, in which a word is a stop word.
func stopIn(word string, langs []string) (in []string) {
	for _, lang := range langs {
		if t, ok := tongues[lang]; ok && t.stops[word] {
			in = append(in, lang)
		}
	}
	return in
}
