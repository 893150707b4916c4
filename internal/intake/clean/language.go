package clean

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	lang "golang.org/x/text/language"

	"headwater/feeds/words"
)

const languageSample = 4000 // bytes of a text that are examined

// language returns the ISO 639-1 code of a text's language, or "". The feed's language, hint, is returned unless another
// language leads over it by minLead stop words. hint is ignored if the text is in a script that its language does not use.
func language(text, hint string) string {
	text = cutAt(text, languageSample)
	// The ISO 639-1 code of a tag such as "pt-BR", "eng" or "en_GB".
	hint, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(hint, "_", "-")), "-")
	if base, err := lang.ParseBase(hint); err == nil {
		hint = base.String()
	} else {
		hint = ""
	}
	counts, letters := scripts(text)
	if letters == 0 {
		return ""
	}
	if counts[scriptKana] > 0 && (counts[scriptKana]+counts[scriptHan])*3 >= letters && counts[scriptKana]*20 >= counts[scriptHan] {
		return "ja"
	}
	best := scriptOther
	for s, n := range counts {
		if n > counts[best] {
			best = s
		}
	}
	if counts[best]*2 < letters {
		return ""
	}
	switch best {
	case scriptLatin:
		if otherScripts[hint] {
			hint = "" // the feed's language does not apply to an item in another script
		}
		return latinLanguage(text, hint)
	case scriptCyrillic:
		return cyrillicLanguage(text)
	case scriptArabic:
		switch {
		case countAny(text, "ٹڈڑےں") > 0:
			return "ur"
		case countAny(text, "پچژگکی") > 0:
			return "fa"
		}
		return "ar"
	case scriptHan:
		if hint == "ja" {
			return hint
		}
		return "zh"
	case scriptDevanagari:
		if hint == "mr" || hint == "ne" {
			return hint
		}
	}
	return scriptLanguage[best]
}

const (
	scriptOther = iota
	scriptLatin
	scriptCyrillic
	scriptArabic
	scriptHan
	scriptKana
	scriptDevanagari
	scriptFirst // from here on a script stands for one language
)

var scriptTables = [...]struct {
	table *unicode.RangeTable
	lang  string
}{
	{unicode.Hangul, "ko"},
	{unicode.Thai, "th"},
	{unicode.Greek, "el"},
	{unicode.Hebrew, "he"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"},
	{unicode.Sinhala, "si"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
	{unicode.Ethiopic, "am"},
	{unicode.Khmer, "km"},
	{unicode.Lao, "lo"},
	{unicode.Myanmar, "my"},
	{unicode.Oriya, "or"},
	{unicode.Tibetan, "bo"},
}

var scriptLanguage = func() (out [scriptFirst + len(scriptTables)]string) {
	out[scriptDevanagari] = "hi"
	for i, s := range scriptTables {
		out[scriptFirst+i] = s.lang
	}
	return out
}()

// otherScripts is the set of languages that are not written in Latin letters.
var otherScripts = func() map[string]bool {
	m := map[string]bool{}
	for _, l := range scriptLanguage[scriptFirst:] {
		m[l] = true
	}
	for _, l := range strings.Fields("ar be bg fa hi ja mk mr ne ru uk ur zh") {
		m[l] = true
	}
	return m
}()

func scripts(text string) (counts [scriptFirst + len(scriptTables)]int, letters int) {
	latin := 0
	for _, r := range text {
		if r < utf8.RuneSelf {
			if c := r | 0x20; c >= 'a' && c <= 'z' {
				latin++
			}
			continue
		}
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		counts[scriptOf(r)]++
	}
	counts[scriptLatin] += latin
	return counts, letters + latin
}

func scriptOf(r rune) int {
	switch {
	case r < 0x250 || r >= 0x1e00 && r < 0x1f00:
		return scriptLatin
	case r >= 0x400 && r < 0x530:
		return scriptCyrillic
	case r >= 0x600 && r < 0x780 || r >= 0xfb50 && r < 0xfe00 || r >= 0xfe70 && r < 0xff00:
		return scriptArabic
	case r >= 0x900 && r < 0x980:
		return scriptDevanagari
	case r >= 0x3040 && r < 0x3100 || r >= 0xff66 && r < 0xffa0:
		return scriptKana
	case r >= 0x3400 && r < 0xa000 || r >= 0xf900 && r < 0xfb00 || r >= 0x20000:
		return scriptHan
	}
	for i, s := range scriptTables {
		if unicode.Is(s.table, r) {
			return scriptFirst + i
		}
	}
	return scriptOther
}

// minLead is the number of stop words by which another language must lead over the feed's. Headlines have few stop words, and
// neighbouring languages share many.
const minLead = 3

// latinLanguage chooses a language by its stop words. A word of several languages counts for each of them. A single stop word
// is enough only if the feed has the same language.
func latinLanguage(text, hint string) string {
	var score [maxLanguages]int
	countStopWords(text, &score)
	best, second := -1, 0
	for i, n := range score[:len(latinLanguages)] {
		switch {
		case best < 0 || n > score[best]:
			if best >= 0 {
				second = max(second, score[best])
			}
			best = i
		default:
			second = max(second, n)
		}
	}
	said := 0 // stop words of the feed's language
	if i := slices.Index(latinLanguages, hint); i >= 0 {
		said = score[i]
	}
	lead := minLead
	if hint == "en" && said == 0 && hasAccent(text) { // an aggregator in English lists headlines of other languages too
		lead = 1
	}
	if hint != "" && score[best] < said+lead {
		return hint
	}
	if score[best] < 2 || score[best] <= second {
		return ""
	}
	return latinLanguages[best]
}

// hasAccent reports whether a text has letters of Latin script beyond those of ASCII. English has them in names alone.
func hasAccent(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(unicode.Latin, r) })
}

func countStopWords(text string, score *[maxLanguages]int) {
	var low [longestStopWord]byte
	before := byte(' ')
	for text != "" {
		n := 0
		// Every byte outside ASCII counts as part of a word. The dashes and quotation marks of the block at U+2000 are too rare
		// within words to matter.
		for n < len(text) && (text[n] >= utf8.RuneSelf || text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z') {
			n++
		}
		if n == 0 {
			before, text = text[0], text[1:]
			continue
		}
		if n == 1 && (before == '\'' || before == '.' || strings.HasPrefix(text[1:], ".")) { // as in "Apple's" and "U.S."
			before, text = ' ', text[1:]
			continue
		}
		before = ' '
		if n <= longestStopWord && stopLengths[stopStart(text[:n])]&(1<<n) != 0 {
			for i := range n {
				low[i] = lowByte(text, i)
			}
			for set := stopIndex[string(low[:n])]; set != 0; set &= set - 1 {
				score[bits.TrailingZeros32(set)]++
			}
		}
		text = text[n:]
	}
}

// lowByte returns a byte in lower case: an ASCII letter, or the second UTF-8 byte of U+00C0 to U+00DE.
func lowByte(t string, i int) byte {
	c := t[i]
	switch {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	case i > 0 && t[i-1] == 0xc3 && c >= 0x80 && c <= 0x9e:
		return c + 0x20
	}
	return c
}

func cyrillicLanguage(text string) string {
	has := func(set string) int { return countAny(text, set) }
	bulgarian := 0
	for _, w := range [...]string{" на ", " се ", " от ", " ще ", " със "} {
		if strings.Contains(text, w) {
			bulgarian++
		}
	}
	switch {
	case has("ўЎ") > 0:
		return "be"
	case has("іїєґІЇЄҐ") > 0 && has("ыэъ") == 0:
		return "uk"
	case has("ђћЂЋ") > 0, has("јљњџ") > 0 && has("ѓќѕ") == 0:
		return "sr"
	case has("ѓќѕ") > 0:
		return "mk"
	case has("әғқңөұүһ") > 0:
		return "kk"
	case has("ыэЫЭё") > 0:
		return "ru"
	case has("ъщ") > 0 || bulgarian >= 2:
		return "bg"
	}
	return "ru"
}

func countAny(text, set string) int {
	n := 0
	for _, r := range text {
		if r >= utf8.RuneSelf && strings.ContainsRune(set, r) {
			n++
		}
	}
	return n
}

// latinLanguages are the languages of languages.txt, in the order of the file.
var latinLanguages = func() (all []string) {
	for _, p := range words.Phrases("languages.txt") {
		if !slices.Contains(all, p.Lang) {
			all = append(all, p.Lang)
		}
	}
	return all
}()

const maxLanguages = 32 // bits of a language set

const longestStopWord = 11 // bytes; longer words are not looked up

var stopIndex = indexStopWords()

// stopLengths has, for each stopStart of the stop words, a bit for each of their lengths. It spares the look-up of most words.
var stopLengths = func() (lengths [1 << 10]uint16) {
	for w := range stopIndex {
		lengths[stopStart(w)] |= 1 << len(w)
	}
	return lengths
}()

// stopStart returns a number below 1024 for the beginning of a word, regardless of case. Different words may share a number.
func stopStart(w string) int {
	start := int(w[0]&31) << 5
	if len(w) > 1 {
		start |= int(w[1] & 31)
	}
	return start
}

// indexStopWords maps each stop word to the set of languages in which it is frequent.
func indexStopWords() map[string]uint32 {
	index := map[string]uint32{}
	for _, p := range words.Phrases("languages.txt") {
		i := slices.Index(latinLanguages, p.Lang)
		if i >= maxLanguages || len(p.Text) > longestStopWord {
			panic(fmt.Sprintf("languages.txt: %q of %s: there may be %d languages, with words of %d bytes", p.Text, p.Lang, maxLanguages, longestStopWord))
		}
		index[p.Text] |= 1 << i
	}
	return index
}
