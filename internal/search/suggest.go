package search

import (
	"context"
	"unicode/utf8"

	api "github.com/blevesearch/bleve_index_api"
)

const (
	maxSuggested  = 8   // words of a query for which others are searched
	maxCandidates = 200 // words of the index that are considered for one word
)

// suggest returns the query with each unknown word replaced by a word of the index: the most frequent of those with the
// smallest difference. It returns "" if every word is known, or if there is no similar word.
//
// Words of at least four letters are compared. One letter may differ, or two from six letters on.
func suggest(ctx context.Context, r api.IndexReader, query string, n node) (string, error) {
	fuzzy, ok := r.(api.IndexReaderFuzzy)
	if !ok {
		return "", nil
	}
	src, end := []rune(query), 0
	var out []rune
	for i, t := range textNodes(n, func(t textNode) bool { return t.isSingleWord() && t.field != fieldAuthor }) {
		if i == maxSuggested {
			break
		}
		w := t.words.list[0]
		near, err := mostFrequentSimilar(ctx, r, fuzzy, t)
		if err != nil {
			return "", err
		}
		if near != "" {
			start := t.at + utf8.RuneCountInString(t.src[:w.start])
			out, end = append(append(out, src[end:start]...), []rune(near)...), start+utf8.RuneCountInString(t.src[w.start:w.end])
		}
	}
	if end == 0 {
		return "", nil
	}
	return string(append(out, src[end:]...)), nil
}

// mostFrequentSimilar returns the word of the index that was probably meant. It returns "" if the index has the word itself or
// no similar word.
func mostFrequentSimilar(ctx context.Context, r api.IndexReader, fuzzy api.IndexReaderFuzzy, t textNode) (string, error) {
	word := t.terms()[0]
	letters := utf8.RuneCountInString(word)
	if letters < 4 {
		return "", nil
	}
	best, most := "", 0.0
	for _, f := range t.scopes() {
		near, err := similarWords(fuzzy, f.field, word, min(1+letters/6, 2), "")
		if err != nil {
			return "", err
		}
		for _, other := range near {
			if other == word {
				return "", nil
			}
			postings, err := r.TermFieldReader(ctx, []byte(other), f.field, false, false, false)
			if err != nil {
				return "", err
			}
			n := float64(postings.Count())
			if err := postings.Close(); err != nil {
				return "", err
			}
			if distance([]byte(other), []byte(word)) > 1 {
				n /= 1000
			}
			if n > most {
				best, most = other, n
			}
		}
	}
	return best, nil
}

// similarWords returns words of a field that begin with prefix and differ in at most that many letters.
func similarWords(r api.IndexReaderFuzzy, field, word string, letters int, prefix string) (near []string, err error) {
	dict, err := r.FieldDictFuzzy(field, word, letters, prefix)
	if err != nil {
		return nil, err
	}
	for len(near) < maxCandidates {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			_ = dict.Close() // nothing is written
			return near, err
		}
		if !isVariant(entry.Term) {
			near = append(near, entry.Term)
		}
	}
	return near, dict.Close()
}
