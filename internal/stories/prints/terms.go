package prints

import (
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/text"
)

// stopwords holds the hashes of the words of stopwords.txt, of all languages together.
var stopwords = func() map[uint32]bool {
	m := map[uint32]bool{}
	for _, p := range words.Phrases("stopwords.txt") {
		m[hash32([]byte(p.Text))] = true
	}
	return m
}()

// stemLanguages are the languages whose words are stemmed, each with the one whose stemmer is taken. Words of others are cut
// short: grouping was measured so.
var stemLanguages = map[string]string{
	"en": "en", "es": "es", "fr": "fr", "ru": "ru", "sv": "sv", "no": "no", "nb": "no", "hu": "hu",
	"": "en", // a headline of names: it has to meet the texts of a language that can be told, most of them English
}

// stemCharacters is how much of a word is kept in languages without a stemmer (truncation, as in McNamee and Mayfield
// 2004: in inflected languages it does about as well as one).
const stemCharacters = 6

// stemmer gives the function that stems words of a language: Snowball's, with stop words left as they are but for contractions, or truncation
// where there is none.
func stemmer(lang string) func(string) string {
	name, ok := stemLanguages[lang]
	if !ok {
		return func(w string) string {
			n := 0
			for i := range w {
				if n == stemCharacters {
					return w[:i]
				}
				n++
			}
			return w
		}
	}
	l := text.Languages[name]
	return func(w string) string {
		if l.StopWords[w] && !strings.Contains(w, "'") {
			return w
		}
		return l.Stem(w)
	}
}

// stemCache remembers the hash of a word's stem, so that common words are stemmed once. The last word to come keeps a slot. Words
// are compared whole: of two with one hash each has its own stem, whichever goroutine reads its article first.
var stemCache [1 << 16]atomic.Pointer[cachedStem]

type cachedStem struct {
	word string // folded
	lang uint32 // hash of the language
	hash uint32
}

// stemHash gives the hash of the stem of a folded word, of which it is given the hash too.
func (t *terms) stemHash(word uint32, folded []byte) uint32 {
	slot := &stemCache[mix32(word^t.lang)>>16]
	if s := slot.Load(); s != nil && s.lang == t.lang && s.word == string(folded) {
		return s.hash
	}
	s := &cachedStem{word: string(folded), lang: t.lang}
	s.hash = hash32([]byte(t.stem(s.word)))
	slot.Store(s)
	return s.hash
}

// terms gathers the stemmed words of an article that are no stop words, with their uses, and the ordered pairs of
// neighbours among them. Scripts written without spaces give runs of neighbouring characters instead of words.
type terms struct {
	stem  func(string) string
	lang  uint32           // hash of the language
	uses  map[uint32]uint8 // how often and where each stands, as Print.Uses has it
	pairs []uint32
	last  uint32 // the term before, 0 at the beginning of a part
}

// add takes the tokens of a part of the article.
func (t *terms) add(text string, ts []token, where uint8) {
	t.last = 0
	for i, tok := range ts {
		h, ok := t.term(text, ts, i)
		if !ok {
			continue
		}
		term := short(h, termBits)
		u := t.uses[term] | where | nameBit(text, tok)
		if u&TermCount < TermCount {
			u++
		}
		t.uses[term] = u
		if t.last != 0 {
			t.pairs = append(t.pairs, short(mix32(t.last*0x9e3779b9+h), pairBits))
		}
		t.last = h
	}
}

// term gives the hash of the term that a token makes, or that the characters in a row make which end with it. It is false
// for a stop word, and for a character with too few before it.
func (t *terms) term(s string, ts []token, i int) (uint32, bool) {
	tok := ts[i]
	switch {
	case tok.unspaced && isOneLetter(s[tok.start:tok.end]):
		run := syllableRun
		if first, _ := utf8.DecodeRuneInString(s[tok.start:]); text.ScriptOf(first) == text.SouthEastAsian {
			run = letterRun
		}
		return characterTerm(ts, i, run)
	case stopwords[tok.hash] || tok.end-tok.start < 2:
		return 0, false
	case tok.figure:
		return tok.hash, true
	}
	var buf [64]byte
	return t.stemHash(tok.hash, fold(buf[:0], s[tok.start:tok.end])), true
}

// How many characters in a row make a term where no spaces do: a pair of those that are syllables or words, four letters
// of an alphabet, two of which say as little as two of any other.
const (
	syllableRun = 2
	letterRun   = 4
)

// characterTerm gives the term of the n characters in a row that end with the i-th token.
func characterTerm(ts []token, i, n int) (uint32, bool) {
	if i < n-1 {
		return 0, false
	}
	h := ts[i-n+1].hash
	for k := i - n + 2; k <= i; k++ {
		if !ts[k-1].unspaced || ts[k-1].end != ts[k].start {
			return 0, false
		}
		h = mix32(h*31 + ts[k].hash)
	}
	return h, true
}

// isOneLetter says whether a token is a single letter, with its vowel signs and tone marks: Thai has up to three on one.
func isOneLetter(tok string) bool {
	n := 0
	for _, r := range tok {
		if !unicode.IsMark(r) {
			n++
		}
	}
	return n == 1
}

// nameBit marks a word that begins with a capital though no sentence begins there.
func nameBit(text string, tok token) uint8 {
	first, _ := utf8.DecodeRuneInString(text[tok.start:])
	if !unicode.IsUpper(first) {
		return 0
	}
	before := strings.TrimRight(text[max(0, tok.start-4):tok.start], " \"'“‘«(")
	if before == "" || strings.ContainsAny(before[len(before)-1:], ".!?:\n") {
		return 0
	}
	return TermName
}

func (t *terms) sorted() []uint32 {
	out := make([]uint32, 0, len(t.uses))
	for h := range t.uses {
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// grams gives the runs of gramLength characters within the words of a text, a shorter word whole.
func grams(text string, ts []token) []uint32 {
	var out []uint32
	var buf [64]byte
	for _, tok := range ts {
		w := fold(buf[:0], text[tok.start:tok.end])
		starts := make([]int, 0, len(w))
		for i := range string(w) {
			starts = append(starts, i)
		}
		starts = append(starts, len(w))
		if len(starts) <= gramLength {
			out = append(out, short(hash32(w), gramBits))
		}
		for i := 0; i+gramLength < len(starts); i++ {
			out = append(out, short(hash32(w[starts[i]:starts[i+gramLength]]), gramBits))
		}
	}
	return sorted(out)
}

const (
	shingleWords  = 5   // words a shingle
	unspacedWords = 9   // characters a shingle, for scripts written without spaces
	winnowWindow  = 8   // w of Winnow
	sparseWindow  = 16  // the same for a sampled text: what it selects a window of 8 selects too
	wholeShingles = 400 // shingles beyond which a text is sampled
	leadWords     = 60  // the opening that rewriters change and copiers keep
	openingWords  = 120
	termWords     = 200 // of the body, from which terms are taken
	minBodyWords  = 8
	gramLength    = 4 // characters
)
