package search

import (
	"context"
	"unicode/utf8"

	api "github.com/blevesearch/bleve_index_api"
)

// mostSuggested bounds the words of a query that others are looked for.
const mostSuggested = 8

// mostCandidates bounds the words that are weighed for one.
const mostCandidates = 200

// suggest gives the query with a word of the index in the place of each that no article has: the most frequent of those
// that differ least. It gives "" where every word is known, or no other comes near.
func (f *finder) suggest(ctx context.Context, r api.IndexReader, n node) (string, error) {
	src, end := []rune(f.search.Query), 0
	var out []rune
	for i, t := range textsOf(n, func(t text) bool { return t.plain() && t.field != fieldAuthor }) {
		if i == mostSuggested {
			break
		}
		word, at := t.terms()[0], t.at+utf8.RuneCountInString(t.src[:t.words.list[0].start])
		near, err := nearestWord(ctx, r, t.field, word)
		if err != nil {
			return "", err
		}
		if near != "" {
			out, end = append(append(out, src[end:at]...), []rune(near)...), at+utf8.RuneCountInString(t.src[t.words.list[0].start:t.words.list[0].end])
		}
	}
	if end == 0 {
		return "", nil
	}
	return string(append(out, src[end:]...)), nil
}

// nearestWord gives the word of the index that a word is probably meant to be, "" where the index has that or nothing like it.
func nearestWord(ctx context.Context, r api.IndexReader, field, word string) (string, error) {
	fields := []string{fieldTitle, fieldBody}
	switch field {
	case "title":
		fields = fields[:1]
	case "text":
		fields = fields[1:]
	}
	letters := utf8.RuneCountInString(word)
	if letters < 4 {
		return "", nil
	}
	fuzzy, ok := r.(api.IndexReaderFuzzy)
	if !ok {
		return "", nil
	}
	best, most := "", 0.0
	for _, field := range fields {
		near, err := wordsLike(fuzzy, field, word, min(1+letters/6, 2), "")
		if err != nil {
			return "", err
		}
		for _, other := range near {
			if other == word {
				return "", nil
			}
			n, err := frequency(ctx, r, field, other)
			if err != nil {
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

// wordsLike gives words of a field that begin so and differ in so many letters at most.
func wordsLike(r api.IndexReaderFuzzy, field, word string, letters int, prefix string) (near []string, err error) {
	dict, err := r.FieldDictFuzzy(field, word, letters, prefix)
	if err != nil {
		return nil, err
	}
	for len(near) < mostCandidates {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			_ = dict.Close() // nothing is written
			return near, err
		}
		if !isWritten(entry.Term) {
			near = append(near, entry.Term)
		}
	}
	return near, dict.Close()
}

// frequency is in how many articles a word stands.
func frequency(ctx context.Context, r api.IndexReader, field, word string) (float64, error) {
	t, err := r.TermFieldReader(ctx, []byte(word), field, false, false, false)
	if err != nil {
		return 0, err
	}
	return float64(t.Count()), t.Close()
}

func firstLetters(word string, n int) string {
	for i := range word {
		if n == 0 {
			return word[:i]
		}
		n--
	}
	return word
}
