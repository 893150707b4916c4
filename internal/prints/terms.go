package prints

import (
	_ "embed"
	"strings"

	"github.com/kljensen/snowball"
)

//go:embed stopwords.txt
var stopwordsFile string

// stopwords holds the hashes of the words that carry no subject, of all languages together: a word that is empty in one
// language is too common to tell stories apart in another.
var stopwords = func() map[uint32]bool {
	m := map[uint32]bool{}
	for line := range strings.Lines(stopwordsFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			m[hash32([]byte(w))] = true
		}
	}
	return m
}()

var stemLanguages = map[string]string{
	"en": "english", "es": "spanish", "fr": "french", "ru": "russian",
	"sv": "swedish", "no": "norwegian", "nb": "norwegian", "hu": "hungarian",
}

// stemmer gives the function that stems words of a language (Porter's Snowball). Languages without one keep their words.
func stemmer(lang string) func(string) string {
	name, ok := stemLanguages[lang]
	if !ok {
		return func(w string) string { return w }
	}
	return func(w string) string {
		s, err := snowball.Stem(w, name, false)
		if err != nil { // only for an unknown language
			return w
		}
		return s
	}
}

// terms gives the hashes of up to limit stemmed words of a text that are no stop words. Scripts written without spaces
// give their pairs of neighbouring characters instead.
func terms(text string, ts []token, stem func(string) string, limit int) []uint32 {
	out := make([]uint32, 0, min(len(ts), limit))
	for i, t := range ts {
		switch {
		case len(out) == limit:
			return sorted(out)
		case t.unspaced && t.end-t.start <= 4:
			if i > 0 && ts[i-1].unspaced && ts[i-1].end == t.start {
				out = append(out, mix32(ts[i-1].hash*31+t.hash))
			}
		case stopwords[t.hash] || t.end-t.start < 2:
		case t.figure:
			out = append(out, t.hash)
		default:
			out = append(out, hash32([]byte(stem(string(fold(nil, text[t.start:t.end]))))))
		}
	}
	return sorted(out)
}
