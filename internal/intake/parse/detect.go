package parse

import (
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// languageGroup is a group of languages with the encodings that were used for them before UTF-8.
type languageGroup struct {
	languages []string
	letters   map[rune]float64 // lower-case letters, with the logarithms of their probabilities
	words     bool             // words in these languages have no ASCII letters
	decodings []decoding       // in the group's encodings, the most common first
	western   decoding         // in Windows-1252
}

// setLikelihoods derives the probability of a letter from its rank. From the first to the last letter it falls exponentially to
// a fiftieth, as in most languages. Groups whose words have ASCII letters get no probabilities.
func (s languageGroup) setLikelihoods(order []rune) {
	total := 0.0
	for i := range order {
		total += math.Exp(-4 * float64(i) / float64(len(order)))
	}
	for i, r := range order {
		if s.letters[r] = 0; s.words {
			s.letters[r] = -4*float64(i)/float64(len(order)) - math.Log(total)
		}
	}
}

// decoding holds the meaning of each byte in an encoding, for a language group.
type decoding struct {
	enc   *charmap.Charmap
	chars [256]char
}

// char is a character with the properties that measureFit needs.
type char struct {
	rune   rune
	kind   charKind
	upper  bool
	lower  bool
	likely float64 // of a letter of the language
}

type charKind uint8

const (
	charSign    charKind = iota // does not occur in texts
	charType                    // occurs in any text: a quotation mark, a currency
	charJoin                    // occurs in any text, also without spaces around it
	charNone                    // no character
	charASCII                   // an ASCII letter
	charOther                   // another ASCII character
	charLetter                  // a letter of the language
	charForeign                 // a letter of another language
	charMark                    // a combining mark of the language
	charVowel                   // another combining mark, rare in Hebrew and Arabic texts
)

const (
	// joins are signs that occur between the letters of one word, or without spaces between words.
	joins = "’‘´·–—…\u00a0\u00ad\u200c\u200d"
	// typography holds the other signs that occur in any text.
	typography = "“”„‚‹›«»•§©®™°€£¥¢№¡¿،؛؟†‡\u200e\u200f"
)

// newDecoding classifies the 256 bytes of an encoding for a language group.
func (s languageGroup) newDecoding(enc *charmap.Charmap) decoding {
	t := decoding{enc: enc}
	for b := range t.chars {
		r := enc.DecodeByte(byte(b))
		c := char{rune: r, upper: unicode.IsUpper(r), lower: unicode.IsLower(r)}
		likely, known := s.letters[r]
		if !known {
			likely, known = s.letters[unicode.ToLower(r)]
		}
		c.likely = likely
		switch {
		case b < utf8.RuneSelf && (b|0x20 >= 'a' && b|0x20 <= 'z'):
			c.kind = charASCII
		case b < utf8.RuneSelf:
			c.kind = charOther
		case known && unicode.Is(unicode.Mn, r):
			c.kind = charMark
		case known:
			c.kind = charLetter
		case unicode.IsLetter(r):
			c.kind = charForeign
		case unicode.Is(unicode.Mn, r):
			c.kind = charVowel
		case r == utf8.RuneError || unicode.IsControl(r):
			c.kind = charNone
		case strings.ContainsRune(joins, r):
			c.kind = charJoin
		case strings.ContainsRune(typography, r):
			c.kind = charType
		}
		t.chars[b] = c
	}
	return t
}

//go:embed letters.txt
var lettersFile string

// scripts reads letters.txt once. A test checks the file.
var scripts = sync.OnceValue(func() (all []languageGroup) {
	for line := range strings.Lines(lettersFile) {
		names, rest, found := strings.Cut(line, "|")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		encodings, letters, _ := strings.Cut(rest, "|")
		s := languageGroup{languages: strings.Fields(names), letters: map[rune]float64{}}
		if s.languages[0] == "words" {
			s.languages, s.words = s.languages[1:], true
		}
		s.setLikelihoods([]rune(strings.TrimSpace(letters)))
		s.western = s.newDecoding(charmap.Windows1252)
		for _, name := range strings.Fields(encodings) {
			if enc, ok := encodingOf(name).(*charmap.Charmap); ok {
				s.decodings = append(s.decodings, s.newDecoding(enc))
			}
		}
		all = append(all, s)
	}
	return all
})

const (
	sampleSize = 1 << 16 // bytes that are examined
	sureScore  = .8      // the minimum score of a guess that overrides the declared encoding
)

// detect guesses the encoding of a document that is not UTF-8 and has no label or a wrong one. It prefers, in this order, an
// encoding of the language that the feed names, any encoding in which the bytes beyond ASCII are letters of a language, and
// Windows-1252 as browsers do. declared means that the label is Windows-1252, Latin-1 or ASCII: then the score must reach
// sureScore.
func detect(doc []byte, declared bool) encoding.Encoding {
	sample := doc[:min(len(doc), sampleSize)]
	language := languageOf(doc)
	i := slices.IndexFunc(scripts(), func(s languageGroup) bool { return slices.Contains(s.languages, language) })
	if i >= 0 && len(scripts()[i].decodings) > 0 {
		if enc := detectIn(scripts()[i], sample); enc != nil {
			return enc
		}
	}
	least := .6
	if declared {
		least = sureScore
	}
	if enc := detectWords(sample, language, least); enc != nil {
		return enc
	}
	if i < 0 && !declared {
		if enc := detectLatin(sample); enc != nil {
			return enc
		}
	}
	return charmap.Windows1252
}

var languageMark = regexp.MustCompile(`(?i)(?:<(?:[\w-]+:)?language[^<>]*>\s*(?:<!\[CDATA\[)?|xml:lang\s*=\s*["']|"language"\s*:\s*")\s*([a-z]{2,8})[\s_<"',-]`)

// languageOf returns the first language that a document names, in lower case and without a region, or "".
func languageOf(doc []byte) string {
	if m := languageMark.FindSubmatch(doc[:min(len(doc), sampleSize)]); m != nil {
		return strings.ToLower(string(m[1]))
	}
	return ""
}

// detectIn chooses among the encodings of a language. It returns nil if Windows-1252 gives as many letters of the language.
func detectIn(s languageGroup, sample []byte) encoding.Encoding {
	var best encoding.Encoding
	top := measureFit(s.western, s.words, sample)
	for _, t := range s.decodings {
		if w := measureFit(t, s.words, sample); w.score > max(top.score, 0) || w.score > 0 && best != nil && w.value() > top.value() {
			best, top = t.enc, w
		}
	}
	return best
}

// detectWords finds scripts whose words have no ASCII letters. It returns nil if no score reaches least.
func detectWords(sample []byte, language string, least float64) (best encoding.Encoding) {
	if !hasRuns(sample) {
		return nil
	}
	var found fit
	for _, s := range scripts() {
		for i, t := range s.decodings {
			if !s.words {
				continue
			}
			w := measureFit(t, s.words, sample)
			if i > 0 {
				w.likely -= .3 // rarer in texts
			}
			if w.letters >= 6 && w.score >= least && (best == nil || w.value() > found.value()) {
				best, found = t.enc, w
			}
		}
	}
	top := max(least, found.score)
	for _, enc := range []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP, korean.EUCKR, simplifiedchinese.GBK, traditionalchinese.Big5} {
		s := scoreMultiByte(enc, sample)
		if s > .5 && slices.Contains(encodingLanguages[enc], language) {
			s++
		}
		if s > top {
			best, top = enc, s
		}
	}
	return best
}

// encodingLanguages are the language codes that a document in a multi-byte encoding may declare.
var encodingLanguages = map[encoding.Encoding][]string{
	japanese.ShiftJIS:       {"ja", "jp", "jpn", "japanese"},
	japanese.EUCJP:          {"ja", "jp", "jpn", "japanese"},
	korean.EUCKR:            {"ko", "kr", "kor", "korean"},
	simplifiedchinese.GBK:   {"zh", "cn", "zho", "chi", "chinese"},
	traditionalchinese.Big5: {"zh", "cn", "zho", "chi", "chinese"},
}

// detectLatin finds the languages of Central and Eastern Europe by their letters. It requires that the text, read as
// Windows-1252, does not fit the letters of any Western language. It returns nil if there is too little evidence.
func detectLatin(sample []byte) (best encoding.Encoding) {
	plausible, top := 0.0, .95
	for _, s := range scripts() {
		if len(s.decodings) == 0 && (s.languages[0] != "en" || !isDense(sample)) { // English texts contain names of all languages
			plausible = max(plausible, measureFit(s.western, s.words, sample).score)
		}
	}
	for _, s := range scripts() {
		for _, t := range s.decodings {
			if s.words || plausible > .6 || countDistinguishing(t, s, sample) < 3 {
				continue
			}
			if w := measureFit(t, s.words, sample); w.score > top {
				best, top = t.enc, w.score
			}
		}
	}
	return best
}

// isDense reports whether a fifth of the words outside tags have letters beyond ASCII.
func isDense(sample []byte) bool {
	words, dense := 0, 0
	tag, word, beyond := false, false, false
	for _, c := range sample {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0xc0:
			word, beyond = !tag, beyond || c >= 0xc0
			continue
		case c == '<':
			tag = true
		case c == '>':
			tag = false
		}
		if word {
			words++
			if beyond {
				dense++
			}
		}
		word, beyond = false, false
	}
	return dense*5 >= words
}

// countDistinguishing counts the letters of a language whose bytes mean other characters in Windows-1252. It returns 0 if all
// of them are the same letter.
func countDistinguishing(t decoding, s languageGroup, sample []byte) (n int) {
	var seen [256]bool
	distinct := 0
	for _, b := range sample {
		if c := t.chars[b]; b >= utf8.RuneSelf && (c.kind == charLetter || c.kind == charMark) && c.rune != s.western.chars[b].rune {
			n++
			if !seen[b] {
				seen[b] = true
				distinct++
			}
		}
	}
	if distinct < 2 {
		return 0
	}
	return n
}

// fit measures how well an encoding and a language explain a text.
type fit struct {
	letters int     // letters, and signs that are not letters, on which the score is based
	score   float64 // at most 1: how typical these are of the language
	likely  float64 // mean logarithm of the letters' probabilities
}

// value ranks encodings that assign different bytes to the same letters.
func (w fit) value() float64 { return w.score + w.likely/2 }

// unlikelyLog is the logarithm of the probability of a character that the language does not use.
const unlikelyLog = -8

// final are the letters that Greek and Hebrew write only at the end of a word, and nonFinal the letters that they replace
// there. accented are the accented Greek vowels: each Greek word that is not in capitals has one.
const final, nonFinal, accented = "ςךםןףץ", "σכמנפצ", "άέήίόύώΐΰ"

// measureFit reads a text. Letters of the language raise the score. Other letters, signs within words, capitals after
// lower-case letters, and ASCII letters in words of a script without ASCII letters lower it.
func measureFit(t decoding, words bool, sample []byte) (w fit) {
	var last char // the previous character in the same word; zero at the beginning of a word
	ascii, beyond, capitals := 0, 0, 0
	accent := false
	endWord := func() {
		if words && beyond > 0 {
			if ascii > 0 {
				w.score -= 2 * float64(beyond)
			}
			if beyond > 1 && strings.ContainsRune(nonFinal, last.rune) {
				w.score -= .5
			}
			if beyond > 1 && strings.ContainsRune(final, last.rune) {
				w.likely += 1.5 // one letter in five is at the end of a word
			}
			if beyond > 2 && last.lower && last.rune >= 'ΐ' && last.rune <= 'ώ' && !accent {
				w.score--
			}
		}
		ascii, beyond, last, accent = 0, 0, char{}, false
	}
	against := func(much float64) {
		w.letters++
		w.score -= much
		w.likely += unlikelyLog
	}
	for i, b := range sample {
		c := t.chars[b]
		switch c.kind {
		case charASCII:
			ascii++
			last = c
			continue
		case charOther:
			if beyond+ascii > 0 {
				endWord()
			}
			continue
		case charVowel:
			if last.rune == 0 {
				against(1)
			}
			continue
		case charLetter, charMark:
			switch {
			case c.upper && last.lower, c.kind == charMark && last.rune == 0, words && strings.ContainsRune(final, last.rune):
				against(1)
			default:
				w.letters++
				w.score++
				w.likely += c.likely
				if c.upper {
					capitals++
				}
			}
			accent = accent || words && strings.ContainsRune(accented, c.rune)
			beyond++
			last = c
			continue
		case charForeign:
			against(1)
			beyond++
			last = c
			continue
		case charNone:
			against(2)
		case charSign:
			against(1)
		case charType:
			if i > 0 && i+1 < len(sample) && unicode.IsLetter(t.chars[sample[i-1]].rune) && unicode.IsLetter(t.chars[sample[i+1]].rune) {
				against(1)
			}
		}
		endWord()
	}
	endWord()
	if words && capitals == w.letters { // rare in texts
		w.likely -= .2 * float64(capitals)
	}
	if w.letters > 0 {
		w.score /= float64(w.letters)
		w.likely /= float64(w.letters)
	}
	return w
}

// scoreMultiByte returns the share of the characters beyond ASCII that are common letters of the encoding's language.
func scoreMultiByte(enc encoding.Encoding, sample []byte) float64 {
	out, err := enc.NewDecoder().String(string(sample))
	if err != nil {
		return 0
	}
	good, all, lost := 0.0, 0.0, 0.0
	mixed := 0.0 // characters next to an ASCII letter, which words of these languages never have
	last := ' '
	for _, r := range out {
		isLetter, wasLetter := r|0x20 >= 'a' && r|0x20 <= 'z', last|0x20 >= 'a' && last|0x20 <= 'z'
		if isLetter != wasLetter && (r >= 0x80 || last >= 0x80) {
			mixed++
		}
		if last = r; r < 0x80 {
			continue
		}
		all++
		if r == unicode.ReplacementChar {
			lost++
		}
		good += commonness(enc, r)
	}
	if all < 4 || lost > 1+all/50 || 2*mixed > all {
		return 0
	}
	switch enc {
	case korean.EUCKR:
		good *= .3 + .7*commonRows(sample, 0xb0, 0xc8)
	case simplifiedchinese.GBK:
		good *= .3 + .7*commonRows(sample, 0xb0, 0xd7)
	case traditionalchinese.Big5:
		good *= .3 + .7*commonRows(sample, 0xa4, 0xc6)
	}
	return good / all
}

// commonRows returns the share of the two-byte characters that are punctuation or in the common rows of a code table: all rows
// of the older Korean table, and the first levels of the Chinese ones.
func commonRows(sample []byte, first, last byte) float64 {
	of, all := 0.0, 0.0
	for i := 0; i+1 < len(sample); i++ {
		lead := sample[i]
		if lead < 0x81 {
			continue
		}
		i++
		all++
		if trail := sample[i]; (trail >= 0xa1 || first == 0xa4) && (lead >= first && lead <= last || lead >= 0xa1 && lead <= 0xa3) {
			of++
		}
	}
	return of / max(all, 1)
}

// hasRuns reports whether two in five bytes beyond ASCII are next to another one, as in scripts whose whole words are beyond
// ASCII. In Western languages they are single letters among ASCII ones, although other encodings would make Cyrillic or Chinese
// text of them.
func hasRuns(sample []byte) bool {
	all, beside := 0, 0
	for i, c := range sample {
		if c < utf8.RuneSelf {
			continue
		}
		all++
		if i > 0 && sample[i-1] >= utf8.RuneSelf || i+1 < len(sample) && sample[i+1] >= utf8.RuneSelf {
			beside++
		}
	}
	return beside*5 >= all*2
}

func commonness(enc encoding.Encoding, r rune) float64 {
	switch enc {
	case japanese.ShiftJIS, japanese.EUCJP:
		switch {
		case unicode.In(r, unicode.Hiragana) || r >= 0x30a0 && r <= 0x30ff || r >= 0x3000 && r <= 0x3002:
			return 1.2
		case unicode.Is(unicode.Han, r):
			return .8
		}
	case korean.EUCKR:
		if unicode.Is(unicode.Hangul, r) {
			return 1.1
		}
	default: // the most common Chinese characters count most, so that the right one of two encodings wins
		switch r {
		case '的', '一', '是', '不', '了', '人', '在', '有', '我', '他', '这', '這', '中', '大', '来', '來', '上', '国', '國', '个', '個', '到', '说', '說', '们', '們',
			'为', '為', '和', '地', '出', '时', '時', '要', '就', '年', '得', '新', '日', '月', '，', '。', '、', '：':
			return 1.5
		}
		if r >= 0x4e00 && r <= 0x9fff {
			return .85
		}
	}
	return 0
}

// withoutSigns removes the characters in which the spellings of an encoding's label differ.
var withoutSigns = strings.NewReplacer("-", "", "_", "", " ", "", ".", "", ":", "")

// encodingOf finds an encoding by its label: first the labels of the WHATWG, then those of IANA. It returns encoding.Nop for
// UTF-8. It returns nil for unknown labels, and for UTF-16 and UTF-32, which fromBOM would have found.
func encodingOf(label string) encoding.Encoding {
	label = strings.ToLower(strings.TrimSpace(label))
	plain := withoutSigns.Replace(label)
	switch {
	case label == "":
		return nil
	case plain == "utf8" || plain == "unicode11utf8" || plain == "xunicode20utf8":
		return encoding.Nop
	case slices.ContainsFunc([]string{"utf", "ucs", "unicode", "iso10646", "csucs", "csunicode", "csutf", "csiso10646", "u16"}, func(wide string) bool {
		return strings.HasPrefix(plain, wide) || strings.HasPrefix(plain, "x"+wide)
	}):
		return nil
	}
	if enc, err := htmlindex.Get(strings.ReplaceAll(label, "_", "-")); err == nil && enc != encoding.Replacement {
		return enc
	}
	for _, l := range []string{label, strings.Replace(label, "cp", "ibm", 1), strings.Replace(label, "cp", "windows-", 1)} {
		if enc, err := ianaindex.IANA.Encoding(l); err == nil && enc != nil {
			return enc
		}
	}
	return nil
}
