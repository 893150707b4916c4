package origin

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/news"
	"headwater/internal/text"
)

// cue is a phrase around an outlet's name that credits the outlet. before and after are in lower case. One of them must be
// directly next to the name, except for articles and similar words. far must occur elsewhere in the sentence, on the same side.
type cue struct {
	kind          news.ClaimKind
	before, after string
	far           string
	closing       bool // the name must be the last word of its clause
	says          bool // it is no credit if the sentence is about the outlet itself
	order         int
}

// cueWords holds the word lists of cues.txt.
type cueWords struct {
	credits, denials cueIndex

	articles, writers, prepositions, roles, dates map[string]bool   // words
	bylineLinks                                   map[string]string // words that separate the names in a byline: "and", "with", "in"
	nouns, adverbs, conjunctions, bylineStarts    []string          // longest first
	itself, sources, helped, genericNouns         []string
	abbreviations                                 []string // in lower case, without the full stop
}

var cues = readPhrases(words.Phrases("cues.txt"))

func readPhrases(all []words.Phrase) cueWords {
	var credits, denials []cue
	lists := map[string][]string{}
	for _, p := range all {
		kind, side, _ := strings.Cut(p.Section, " ")
		switch {
		case !slices.Contains(cueSides, side): // not a section of cues
			lists[p.Section] = append(lists[p.Section], p.Text)
		case kind == "nothing":
			denials = append(denials, cueOf(p.Text, "", side))
		default:
			credits = append(credits, cueOf(p.Text, news.ClaimKind(kind), side))
		}
	}
	p := cueWords{
		credits: indexCues(credits), denials: indexCues(denials),
		articles: setOf(lists["article"]), writers: setOf(lists["writer"]), prepositions: setOf(lists["of"]), roles: setOf(lists["role"]),
		dates: setOf(lists["date"]), bylineLinks: map[string]string{},
		nouns: lists["noun"], adverbs: lists["adverb"], conjunctions: lists["and"], bylineStarts: lists["by"],
		itself: lists["itself"], sources: lists["another source"], helped: lists["helped"], genericNouns: lists["kind"],
		abbreviations: lists["abbreviation"],
	}
	for _, kind := range []string{"and", "with", "in"} {
		for _, w := range lists["by "+kind] {
			p.bylineLinks[w] = kind
		}
	}
	for _, list := range [][]string{p.nouns, p.adverbs, p.conjunctions, p.bylineStarts} {
		slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	}
	return p
}

// cueSides are the second words of the names of the sections that hold cues.
var cueSides = []string{"before", "after", "closing", "says"}

func cueOf(phrase string, kind news.ClaimKind, side string) cue {
	q := cue{kind: kind, says: side == "says", closing: side == "closing"}
	near, far, parted := strings.Cut(phrase, "…")
	before := side == "before" || side == "closing"
	if before && parted {
		near, far = far, near
	}
	near, q.far = strings.TrimSpace(near), strings.TrimSpace(far)
	if before {
		q.before = near
	} else {
		q.after = near
	}
	return q
}

func setOf(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}

// cueIndex finds cues by the letter next to the name: the last letter of the text before it, and the first letter of the text
// after it. Cues that need nothing directly next to the name have no letter.
type cueIndex struct {
	before, after map[rune][]cue
}

func indexCues(all []cue) cueIndex {
	x := cueIndex{before: map[rune][]cue{}, after: map[rune][]cue{}}
	for i, q := range all {
		q.order = i
		if q.after != "" {
			r, _ := utf8.DecodeRuneInString(q.after)
			x.after[r] = append(x.after[r], q)
			continue
		}
		r := rune(0)
		if q.before != "" {
			r, _ = utf8.DecodeLastRuneInString(q.before)
		}
		x.before[r] = append(x.before[r], q)
	}
	return x
}

// find returns the first cue that fits the text around a name.
func (x cueIndex) find(s cueContext) (cue, bool) {
	best, ok := cue{}, false
	keep := func(qs []cue, near, far string) {
		for _, q := range qs {
			if (!ok || q.order < best.order) && (!q.closing || s.closing) && q.fits(near, far) {
				best, ok = q, true
			}
		}
	}
	for _, before := range s.before {
		if before != "" {
			r, _ := utf8.DecodeLastRuneInString(before)
			keep(x.before[r], before, before)
			keep(x.before[0], before, before)
		}
	}
	for _, after := range s.after {
		r, _ := utf8.DecodeRuneInString(after)
		keep(x.after[r], after, s.sentence)
	}
	return best, ok
}

// fits reports whether the near part of a cue is next to the name, and its far part in the sentence.
func (q cue) fits(near, sentence string) bool {
	if q.after != "" {
		tail, ok := strings.CutPrefix(near, q.after)
		return ok && wordStart(tail) && (q.far == "" || strings.Contains(sentence, q.far))
	}
	head, ok := strings.CutSuffix(near, q.before)
	if q.far != "" {
		return ok && strings.Contains(head, q.far)
	}
	return ok && (wordEnd(head) || wordStart(q.before))
}

// isIndefinite reports whether a name is between "a" and a noun such as "newspaper", which makes it no credit.
func isIndefinite(before, after string) bool {
	if !indefinite(before) {
		return false
	}
	if after != "" && strings.ContainsRune("-/–", rune(after[0])) {
		return true
	}
	after = strings.TrimLeft(after, " ")
	return slices.ContainsFunc(cues.genericNouns, func(k string) bool {
		rest, ok := strings.CutPrefix(after, k)
		return ok && wordStart(rest)
	})
}

func indefinite(before string) bool {
	return strings.HasSuffix(before, " a") || strings.HasSuffix(before, " an")
}

// cueContext holds the text around a name, in lower case: before and after it, each with and without the filler words that are
// allowed between a cue and a name, and the rest of the sentence.
type cueContext struct {
	before, after []string
	sentence      string
	closing       bool // the name is the last word of its clause
}

const (
	quoteMarks   = " \t\n\"“”„‟'’‘«»‹›「『《（("
	closingMarks = " \t\"”“’»›」』》)'"
	maxBetween   = 6 // filler words between a cue and a name
)

// contextOf reads the text around a mention.
func contextOf(prose string, m news.Span) cueContext {
	before := strings.TrimRight(strings.ToLower(excerpt(prose, m.Start-120, m.Start)), quoteMarks)
	before = strings.ReplaceAll(before, "’", "'")
	s := cueContext{before: []string{before}}
	for range maxBetween {
		less, ok := dropArticle(before)
		if !ok {
			break
		}
		before = less
		s.before = append(s.before, before)
	}
	after := excerpt(prose, m.End, m.End+240)
	s.closing = after == "" || strings.ContainsRune(".,;:!?)]\n", rune(after[0]))
	s.sentence = strings.ToLower(after)
	for i, r := range after {
		stop := (r == '.' || r == '!' || r == '?') && (i+1 == len(after) || strings.ContainsRune(" \n\"”", rune(after[i+1])))
		if stop || strings.ContainsRune("\n。！？", r) {
			s.sentence = strings.ToLower(after[:i])
			break
		}
	}
	rest := strings.TrimLeft(text.Cut(after, 110), closingMarks)
	s.after = []string{strings.ToLower(rest)}
	for range maxBetween {
		less, ok := dropFiller(rest)
		if !ok {
			break
		}
		rest = less
		s.after = append(s.after, strings.ToLower(rest))
	}
	return s
}

// dropArticle removes an article or similar filler word from the end of the text before a name.
func dropArticle(before string) (string, bool) {
	i := strings.LastIndexAny(before, " '")
	if cues.articles[before[i+1:]] {
		return strings.TrimRight(before[:max(i, 0)], quoteMarks), true
	}
	return before, false
}

// dropFiller removes filler from the beginning of the text after a name: a short name in brackets, the kind of outlet, an
// adverb, or the name of one of its writers.
func dropFiller(after string) (string, bool) {
	for _, b := range [][2]string{{"(", ")"}, {"（", "）"}} {
		if in, ok := strings.CutPrefix(after, b[0]); ok {
			if i := strings.Index(in, b[1]); i > 0 && i <= 24 {
				return strings.TrimLeft(in[i+len(b[1]):], closingMarks), true
			}
		}
	}
	for _, possessive := range []string{"s ", "'s ", "’s ", "' ", "’ "} {
		if rest, ok := strings.CutPrefix(after, possessive); ok {
			return dropName(rest)
		}
	}
	for _, list := range [][]string{cues.nouns, cues.adverbs} {
		for _, w := range list {
			if len(w) > len(after) || !strings.EqualFold(after[:len(w)], w) {
				continue
			}
			if rest := after[len(w):]; wordStart(rest) {
				return strings.TrimLeft(rest, closingMarks), true
			}
		}
	}
	first, rest, _ := strings.Cut(after, " ")
	if cues.writers[strings.ToLower(first)] {
		return dropName(rest)
	}
	return after, false
}

// dropName removes up to four capitalised words, or none: "'s Jane Doe reported". A name does not end its sentence.
func dropName(s string) (string, bool) {
	for range 4 {
		first, rest, ok := strings.Cut(s, " ")
		if r, _ := utf8.DecodeRuneInString(first); !ok || !unicode.IsUpper(r) {
			break
		}
		if strings.ContainsAny(first, ",;:!?)\"”\n") || len(first) > 2 && strings.HasSuffix(first, ".") {
			return s, false
		}
		s = rest
	}
	return s, true
}

func wordEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s == "" || !letter(r)
}

func wordStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s == "" || !letter(r)
}

func letter(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r >= 0xC0 && r < 0x500
}

// hasWords reports whether a text contains words as whole words.
func hasWords(text, words string) bool {
	for {
		at := strings.Index(text, words)
		if at < 0 {
			return false
		}
		if wordEnd(text[:at]) && wordStart(text[at+len(words):]) {
			return true
		}
		text = text[at+len(words):]
	}
}

// excerpt cuts text[from:to] and moves the ends to whole characters.
func excerpt(text string, from, to int) string {
	from, to = max(from, 0), min(to, len(text))
	for from < to && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && to > from && !utf8.RuneStart(text[to]) {
		to--
	}
	return text[from:to]
}
