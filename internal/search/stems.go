package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	texts "headwater/internal/text"
)

// tongue is what is known of a language. Words are looked at as they are indexed, without accents.
type tongue struct {
	stem  func(word string) string
	stops map[string]bool // without those that the index cuts in two
}

var tongues = func() map[string]tongue {
	all := map[string]tongue{}
	for lang, l := range texts.Languages {
		stops := map[string]bool{}
		for word := range l.StopWords {
			var w words
			if w.add(word); len(w.list) == 1 {
				stops[w.term(w.list[0])] = true
			}
		}
		all[lang] = tongue{l.Stem, stops}
	}
	return all
}()

func (t tongue) stemOf(word string) string { return t.stem(word) }

// Bounds of what a word is taken to stand for.
const (
	shortestStemmed = 3  // letters
	mostForms       = 24 // other words in a part of the index
)

// stemmedAs gives the language whose stemmer is taken for articles in a language: English where that is unknown, and
// Norwegian for both of its written forms.
func stemmedAs(lang string) string {
	lang, _, _ = strings.Cut(lang, "-")
	switch lang {
	case "":
		return "en"
	case "nb", "nn":
		return "no"
	}
	return lang
}

// otherForms gives the words of a field that a language's stemmer takes for the same as this one, which count in articles
// of that language. They are looked up in the index's own list of words rather than stored as stems: that costs no space,
// keeps prefixes and phrases exact, and needs no guess at the query's language.
func otherForms(in fieldIn, term string, langs []string) (others []form, err error) {
	if !stemmed(term) {
		return nil, nil
	}
	var done []string
	for _, lang := range langs {
		lang = stemmedAs(lang)
		t, ok := tongues[lang]
		if !ok || slices.Contains(done, lang) {
			continue
		}
		done = append(done, lang)
		if others, err = sharing(in, t, lang, term, others); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// sharing adds the words of a field with the stem that a word has in a language.
func sharing(in fieldIn, t tongue, lang, term string, others []form) ([]form, error) {
	stem := t.stemOf(term)
	start := common(stem, term)
	if utf8.RuneCountInString(start) < 3 {
		return others, nil
	}
	most := len(term) + 6 // endings are short
	err := in.eachWord(start, func(w string) (bool, error) {
		if len(w) > most || w == term || t.stemOf(w) != stem {
			return true, nil
		}
		if i := slices.IndexFunc(others, func(f form) bool { return f.term == w }); i >= 0 {
			others[i].langs = append(others[i].langs, lang)
			return true, nil
		}
		others = append(others, form{w, []string{lang}})
		return len(others) < mostForms, nil
	})
	return others, err
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
