package prints

import (
	_ "embed"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/text"
)

// stopwords holds the hashes of the words of stopwords.txt, in all languages together.
var stopwords = func() map[uint32]bool {
	m := map[uint32]bool{}
	for _, p := range words.Phrases("stopwords.txt") {
		m[hash32([]byte(p.Text))] = true
	}
	return m
}()

// stemLanguages maps the languages with a stemmer to the language of that stemmer. Words of other languages are truncated.
// Grouping was measured with this choice.
var stemLanguages = map[string]string{
	"en": "en", "es": "es", "fr": "fr", "ru": "ru", "sv": "sv", "no": "no", "nb": "no", "hu": "hu",
	"": "en", // a headline of names has to match texts in a known language, most of them English
}

// stemCharacters is the number of characters kept of a word in languages without a stemmer. Truncation works about as well as a
// stemmer in inflected languages (McNamee and Mayfield 2004).
const stemCharacters = 6

// stemmer returns the function that stems words of a language. It is Snowball's, or truncation if there is none. Snowball
// leaves stop words unchanged except for contractions.
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

// stemCache stores the hashes of stems, so that common words are stemmed once. The most recent word keeps a slot. Whole words
// are compared, so of two words with one hash each has its own stem, whichever goroutine reads its article first.
var stemCache [1 << 16]atomic.Pointer[cachedStem]

type cachedStem struct {
	word string // folded
	lang uint32 // hash of the language
	hash uint32
}

// stemHash returns the hash of the stem of a folded word. word is the hash of the folded word.
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

// terms collects the stemmed words of an article without stop words, with their uses, and the ordered pairs of adjacent terms.
// In scripts without spaces, runs of adjacent characters replace words.
type terms struct {
	stem  func(string) string
	lang  uint32           // hash of the language
	uses  map[uint32]uint8 // number and positions of each, as in Print.Uses
	pairs []uint32
	last  uint32 // the previous term, 0 at the beginning of a part
}

// add adds the tokens of a part of the article.
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

// term returns the hash of the term that a token makes, or of the run of characters that ends with it. It returns false for a
// stop word, and for a character with too few before it.
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

// The number of adjacent characters that make a term in scripts without spaces: two if a character is a syllable or a word,
// four if it is a letter of an alphabet, since two letters carry little meaning.
const (
	syllableRun = 2
	letterRun   = 4
)

// characterTerm returns the term of the n adjacent characters that end with the i-th token.
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

// isOneLetter reports whether a token is a single letter with its vowel signs and tone marks. Thai has up to three on one
// letter.
func isOneLetter(tok string) bool {
	n := 0
	for _, r := range tok {
		if !unicode.IsMark(r) {
			n++
		}
	}
	return n == 1
}

// nameBit returns TermName for a word that begins with a capital within a sentence.
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

// grams returns the runs of gramLength characters within the words of a text. A shorter word is one run.
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
	shingleWords  = 5   // words per shingle
	unspacedWords = 9   // characters per shingle, in scripts without spaces
	winnowWindow  = 8   // w of winnow
	sparseWindow  = 16  // w for a sampled text; a window of 8 selects the same hashes and more
	wholeShingles = 400 // number of shingles above which a text is sampled
	leadWords     = 60  // the opening that rewriters change and copiers keep
	openingWords  = 120
	termWords     = 200 // words of the body from which terms are taken
	minBodyWords  = 8
	gramLength    = 4 // characters
)

const (
	maxNames      = 24     // of a title, and of an opening
	lastLatin     = 0x250  // the first character after the Latin letters
	fullWidth     = 0xff00 // first of the full-width forms of ASCII, including the space
	unspacedNames = 240    // characters of a body without spaces in which names are searched: about 60 words in another script
	minSounds     = 3      // consonants below which different names have the same consonants too often
)

// appendNames appends the names of a text. Names are words with a capital within a sentence. In scripts without spaces they are
// words in Latin letters and in katakana. The hash of a name in Latin letters is that of the word without accents, which
// translations keep. A text in Latin letters also gets the hash of the name's consonants. A name in another script has only the
// hash of its consonants.
func appendNames(out []uint32, s string, ts []token) []uint32 {
	all, inLatin, found := mostlyUnspaced(ts), mostlyLatin(s, ts), 0
	var buf, room [64]byte
	for _, t := range ts {
		if found == maxNames {
			break
		}
		if t.figure || t.end-t.start < 3 {
			continue
		}
		first, _ := utf8.DecodeRuneInString(s[t.start:])
		if first >= fullWidth && first < fullWidth+0x5f {
			first -= fullWidth - ' '
		}
		latin := first < lastLatin
		if !latin && (t.unspaced && !unicode.Is(unicode.Katakana, first) || !t.unspaced && !unicode.Is(unicode.Cyrillic, first)) {
			continue
		}
		if !all && nameBit(s, t) == 0 {
			continue
		}
		found++
		name := fold(buf[:0], s[t.start:t.end])
		if latin {
			out = append(out, spellingHash([]byte(text.WithoutAccents(string(name)))))
		}
		if latin && !inLatin {
			continue
		}
		if c := consonantsOf(room[:0], name); len(c) >= minSounds {
			out = append(out, soundHash(c))
		}
	}
	return out
}

// spellingHash and sounding hash a name as written and by its consonants. The lowest bit distinguishes the two.
func spellingHash(name []byte) uint32 { return short(hash32(name), termBits) &^ nameSound }

func soundHash(consonants []byte) uint32 { return short(hash32(consonants), termBits) | nameSound }

func mostlyLatin(text string, ts []token) bool {
	n := 0
	for _, t := range ts {
		if first, _ := utf8.DecodeRuneInString(text[t.start:]); first < lastLatin {
			n++
		}
	}
	return n*2 > len(ts)
}

//go:embed consonants.txt
var consonantsFile string

// soundOf maps letters to their sounds. maxLetters is the maximum length in bytes of such letters, by their first byte.
var soundOf, maxLetters = func() (m map[string]string, longest [256]int) {
	m = map[string]string{}
	for line := range strings.Lines(consonantsFile) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for _, letters := range fields[1:] {
			m[letters] = fields[0]
			longest[letters[0]] = max(longest[letters[0]], len(letters))
		}
	}
	return m, longest
}()

// consonantsOf appends the consonants of a folded name, in the letters of consonants.txt.
func consonantsOf(dst, name []byte) []byte {
	var buf [64]byte
	said := buf[:0]
	for len(name) > 0 {
		n := min(len(name), maxLetters[name[0]])
		for n > 0 && soundOf[string(name[:n])] == "" {
			n--
		}
		if n > 0 {
			said = append(said, soundOf[string(name[:n])]...)
			name = name[n:]
			continue
		}
		_, n = utf8.DecodeRune(name)
		if plain := text.WithoutAccents(string(name[:n])); len(plain) > 0 {
			said = append(said, soundOf[plain]...)
		}
		name = name[n:]
	}
	last := byte('-')
	for i, c := range said {
		beforeVowel := i+1 < len(said) && said[i+1] == '-'
		switch {
		case c == 'r' && beforeVowel:
			c = 'R'
		case c == 'h' && beforeVowel && last == '-':
			c = 'H'
		case c == 'r' || c == 'h':
			continue
		case c == 'M' && i+1 < len(said) && (said[i+1] == 'B' || said[i+1] == 'P'):
			c = 'N'
		}
		if c != '-' && c != last {
			dst = append(dst, c)
		}
		last = c
	}
	return dst
}
