package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	texts "headwater/internal/text"
)

// language holds the stemmer and the stop words of a language. Words are in their indexed form, without accents.
type language struct {
	stem  func(word string) string
	stops map[string]bool // stop words that are one term
}

var languages = func() map[string]language {
	all := map[string]language{}
	for lang, l := range texts.Languages {
		stops := map[string]bool{}
		for word := range l.StopWords {
			var w words
			if w.add(word); len(w.list) == 1 {
				stops[w.term(w.list[0])] = true
			}
		}
		all[lang] = language{l.Stem, stops}
	}
	return all
}()

// shortestStemmed is the length of the shortest word that is stemmed, in letters.
const shortestStemmed = 3

// stemmerLang returns the language whose stemmer is used for articles in a language: English for an unknown language, and
// Norwegian for both of its written forms.
func stemmerLang(lang string) string {
	lang, _, _ = strings.Cut(lang, "-")
	switch lang {
	case "":
		return "en"
	case "nb", "nn":
		return "no"
	}
	return lang
}

// A stemClass is the set of words that a stemmer treats like a term. Their endings are short: each word begins with the common
// beginning of the term and its stem, and is only a little longer than the term.
type stemClass struct {
	stem, prefix string
	maxLen       int // in bytes
}

// classOf returns the class of a term by its stem. It returns false if the stem shares less than three letters with the term.
func classOf(term, stem string) (c stemClass, ok bool) {
	n := 0
	for n < len(stem) && n < len(term) && stem[n] == term[n] {
		n++
	}
	for n > 0 && n < len(term) && !utf8.RuneStart(term[n]) {
		n--
	}
	return stemClass{stem, term[:n], len(term) + 6}, utf8.RuneCountInString(term[:n]) >= 3
}

// mayHold reports whether a word is in the class if it has the same stem.
func (c stemClass) mayHold(word string) bool {
	return len(word) <= c.maxLen && strings.HasPrefix(word, c.prefix)
}

// isStemmable reports whether a word may be stemmed: it has only letters, of a script with spaces.
func isStemmable(s string) bool {
	return utf8.RuneCountInString(s) >= shortestStemmed && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) || unspaced(r) })
}

// isStopWord reports whether a word is a stop word in any language.
func isStopWord(word string) bool {
	for _, l := range languages {
		if l.stops[word] {
			return true
		}
	}
	return false
}
