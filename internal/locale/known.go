package locale

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/number"
)

// Packages below the pages make English texts: what is wrong with a search, the reasons of an origin. Their formats are keys of
// catalogues as well, in the files of knownFolder, and a text is known again by the words that its format has around the verbs.

// pattern is a key with verbs. Its fixed parts are compared before the expression is, which is slow.
type pattern struct {
	key                     string
	prefix, suffix, longest string
	words                   int                   // bytes beside the verbs
	joins                   bool                  // without a word of its own: its first part has to be known
	shape                   func() *regexp.Regexp // compiled when it is needed, which most never are
	verbs                   []verb
}

// patternsOf makes the patterns of the keys that may be found again: those that have several words beside their verbs.
func patternsOf(keys []string) (all []pattern) {
	for _, key := range keys {
		fixed := verbShape.Split(key, -1)
		own := strings.Join(fixed, "")
		if len(verbs(key)) == 0 || !strings.Contains(own, " ") {
			continue
		}
		longest := slices.MaxFunc(fixed, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
		all = append(all, pattern{key, fixed[0], fixed[len(fixed)-1], longest, len(own), !strings.ContainsFunc(own, unicode.IsLetter), sync.OnceValue(func() *regexp.Regexp { return shapeOf(key) }), verbs(key)})
	}
	slices.SortFunc(all, func(a, b pattern) int { // those that join, then those with more of their own words first
		if a.joins != b.joins {
			return map[bool]int{true: -1, false: 1}[a.joins]
		}
		return cmp.Or(cmp.Compare(b.words, a.words), strings.Compare(a.key, b.key))
	})
	return all
}

func shapeOf(key string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^(?s:`)
	from := 0
	for _, at := range verbShape.FindAllStringSubmatchIndex(key, -1) {
		b.WriteString(regexp.QuoteMeta(key[from:at[0]]))
		switch key[at[4]:at[5]] {
		case "%":
			b.WriteString("%")
		case "d":
			b.WriteString(`(-?\d[\d,]*)`)
		case "f":
			b.WriteString(`(-?\d+(?:\.\d+)?)`)
		case "q":
			b.WriteString(`("(?:[^"\\]|\\.)*")`)
		default:
			b.WriteString(`(.+?)`)
		}
		from = at[1]
	}
	b.WriteString(regexp.QuoteMeta(key[from:]) + `)$`)
	return regexp.MustCompile(b.String())
}

// maxLooked is how many bytes the lookups in one text read at most. A text may quote what somebody typed, and one that is made of
// the words of formats would be read in every combination of its sentences.
const maxLooked = 32 << 10

// finder finds the words of one text.
type finder struct {
	*Language
	left int // bytes to read, of maxLooked
}

// Known writes a text that another package made in English: in this language where its words are known, else as it is.
func (l *Language) Known(text string) string {
	known, _ := l.Lookup(text)
	return known
}

// Lookup is Known, and says whether the words are known. What fills the verbs of the text's format is looked up too. The first letter
// of the text may be a capital where its format has none.
func (l *Language) Lookup(text string) (string, bool) {
	if l.Tag == "en" {
		return text, true
	}
	f := finder{l, maxLooked}
	return f.sentences(text)
}

// sentences is Lookup within the limit of the text.
func (f *finder) sentences(text string) (string, bool) {
	if text == "" {
		return text, true
	}
	for at := 0; ; { // several sentences, unless the whole is one with a full stop inside
		next := strings.Index(text[at:], ". ")
		if next < 0 {
			break
		}
		at += next + len(". ")
		if found, ok := f.format(text[:at-1]); ok {
			if rest, ok := f.sentences(text[at:]); ok {
				return found + " " + rest, true
			}
		}
	}
	if found, ok := f.format(text); ok {
		return found, true
	}
	first, size := utf8.DecodeRuneInString(text)
	if lower := unicode.ToLower(first); lower != first {
		if found, ok := f.format(string(lower) + text[size:]); ok {
			first, size = utf8.DecodeRuneInString(found)
			return string(unicode.ToUpper(first)) + found[size:], true
		}
	}
	return text, false
}

// format finds a text whole, as one format with what fills its verbs.
func (f *finder) format(text string) (string, bool) {
	if found, ok := f.plain[text]; ok {
		return strings.ReplaceAll(found, "%%", "%"), true
	}
	if f.left -= len(text); f.left < 0 {
		return "", false
	}
	for _, p := range f.known {
		if !strings.HasPrefix(text, p.prefix) || !strings.HasSuffix(text, p.suffix) || !strings.Contains(text, p.longest) {
			continue
		}
		m := p.shape().FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if p.joins {
			if _, ok := f.format(m[1]); !ok {
				continue
			}
		}
		args := make([]any, 0, len(p.verbs))
		for i, v := range p.verbs {
			args = append(args, f.filled(v.letter, m[i+1]))
		}
		return f.Text(p.key, args...), true
	}
	return "", false
}

// filled is what fills a verb, read from a text.
func (f *finder) filled(letter, text string) any {
	switch letter {
	case "d":
		n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
		switch {
		case err == nil && n >= 1000 && !strings.Contains(text, ","): // the number of a story, say
			return number.Decimal(n, number.NoSeparator())
		case err == nil:
			return n
		}
	case "f":
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return x
		}
	case "q":
		if s, err := strconv.Unquote(text); err == nil {
			return s
		}
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(text, "%")); err == nil && strings.HasSuffix(text, "%") {
		return f.Percent(float64(n) / 100)
	}
	if d, err := time.ParseDuration(text); err == nil && d >= time.Minute {
		return f.Duration(d)
	}
	if t, err := time.Parse("2 January 2006, 15:04 UTC", text); err == nil {
		in := f.UTC(t)
		return in.dateTime(in.LongYear(t), in.Hour(t)+" UTC")
	}
	if !strings.Contains(text, " ") { // one word is a name
		return text
	}
	found, _ := f.sentences(text)
	return found
}
