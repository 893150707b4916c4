package search

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTerm is the maximum length of a term in bytes. The rest of a longer word (base64, a URL without punctuation) is dropped.
const maxTerm = 64

// maxSigned is the maximum length of terms that get variants, in bytes. Longer words are not names.
const maxSigned = maxTerm - 8

// word is one term of a text. from and to are byte offsets into words.folded. start and end are byte offsets into the text.
type word struct {
	from, to   int32
	start, end int32
	pos        int32 // 1-based; phrases require consecutive positions
	single     bool  // the last character of a run that is otherwise split into pairs
	spelling   spelling
}

// words splits text into terms. The rules are the same for articles and queries, and for all languages:
//
//   - letters and digits are a word, which is folded (see fold) and loses a plural s (see singular);
//   - "U.S." is us, "1,500" is 1500, "1.5" stays, "China's" is china, "COVID-19" and "l'UE" are two words each;
//   - scripts without spaces between words (see unspaced) are split into overlapping pairs of characters, with the last
//     character also by itself, so that every part of a run can be found;
//   - a word with signs or in capitals has a second term at its position, a variant (see variantPrefix).
//
// Bleve's unicode tokenizer and its filters allocate memory for each word, which took a quarter of the time of indexing.
type words struct {
	folded []byte
	list   []word
	pos    int32
	count  int // number of words; some have several terms

	lineEnd   int  // end of the line that mixedCase examined last
	lineMixed bool // result for that line
}

// term returns the folded text of a word.
func (w *words) term(t word) string { return string(w.folded[t.from:t.to]) }

// terms returns the terms of all words.
func (w *words) terms() []string {
	terms := make([]string, len(w.list))
	for i, t := range w.list {
		terms[i] = w.term(t)
	}
	return terms
}

// gap separates later text from earlier text, so that no phrase spans both.
func (w *words) gap() { w.pos += 100 }

// add splits text and adds its words. A gap does not change offsets: start and end always count from the beginning of this
// text.
func (w *words) add(text string) {
	w.lineEnd = 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if wordByte[c] == 0 {
				i++
				continue
			}
			i = w.addSpaced(text, i)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unspaced(r):
			i = w.addPairs(text, i)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			i = w.addSpaced(text, i)
		default:
			i += size
		}
	}
}

// addSpaced reads the word that begins at start and returns the offset after it.
func (w *words) addSpaced(text string, start int) int {
	from, i, dotted := len(w.folded), start, false
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			if low := wordByte[c]; low != 0 {
				w.folded = append(w.folded, low)
				i++
				continue
			}
			next := w.joinAt(text, start, i)
			if next == i {
				break
			}
			if c == '.' && isDigit(text[i+1]) {
				w.folded = append(w.folded, '.')
			} else if c == '.' {
				dotted = true
			}
			i = next
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if unspaced(r) {
			break
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			w.folded = fold(w.folded, r, text[i:i+size])
		} else if !invisible(r) {
			break
		}
		i += size
	}
	if len(w.folded) > from {
		if len(w.folded) > from+maxTerm {
			cut := from + maxTerm
			for !utf8.RuneStart(w.folded[cut]) {
				cut--
			}
			w.folded = w.folded[:cut]
		} else {
			w.folded = w.folded[:from+len(singular(w.folded[from:]))]
		}
		w.pos++
		w.count++
		term := word{from: int32(from), to: int32(len(w.folded)), start: int32(start), end: int32(i), pos: w.pos}
		w.list = append(w.list, term)
		if dotted || mayBeCapitals(text[start:i]) {
			w.addCapitals(text, term, dotted)
		}
		if hasSignNear(text, start, i) {
			w.addSigned(text, term, dotted)
		}
	}
	return skipPossessive(text, i)
}

// joinAt returns the offset at which a word continues after punctuation at i, as in "U.S", "1,500" and "1.5". It returns i if
// the word ends.
func (w *words) joinAt(text string, start, i int) int {
	if i == start || i+1 >= len(text) {
		return i
	}
	before, after := text[i-1], text[i+1]
	switch text[i] {
	case '.':
		if isDigit(before) && isDigit(after) || isInitial(text, i-1, start) && isInitial(text, i+1, i+1) {
			return i + 1
		}
	case ',':
		if isDigit(before) && i+3 < len(text) && isDigit(after) && isDigit(text[i+2]) && isDigit(text[i+3]) &&
			(i+4 == len(text) || !isDigit(text[i+4])) {
			return i + 1
		}
	}
	return i
}

// isInitial reports whether the letter at i is a single letter, as in "U.S.": at the word's start or after a full stop, and not
// before a letter or digit.
func isInitial(text string, i, start int) bool {
	c := text[i]
	if c|0x20 < 'a' || c|0x20 > 'z' || i > start && text[i-1] != '.' {
		return false
	}
	if i+1 == len(text) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(text[i+1:])
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

// addPairs reads a run of a script without spaces and returns the offset after it.
func (w *words) addPairs(text string, i int) int {
	w.addHashtag(text, i)
	var last word
	for n := 0; i < len(text); n++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unspaced(r) {
			break
		}
		from := len(w.folded)
		w.folded = foldUnspaced(w.folded, r, text[i:i+size])
		w.pos++
		w.count++
		this := word{from: int32(from), to: int32(len(w.folded)), start: int32(i), end: int32(i + size), pos: w.pos, single: true}
		if n > 0 { // the characters of a run, and so of each pair, are adjacent in folded
			last.to, last.end, last.single = this.to, this.end, false
			w.list = append(w.list, last)
		}
		last = this
		i += size
	}
	w.list = append(w.list, last)
	return i
}

// skipPossessive skips the 's of "China's".
func skipPossessive(text string, i int) int {
	r, size := utf8.DecodeRuneInString(text[i:])
	if r != '\'' && r != '’' || i+size >= len(text) || text[i+size]|0x20 != 's' {
		return i
	}
	end := i + size + 1
	if next, _ := utf8.DecodeRuneInString(text[end:]); end < len(text) && (unicode.IsLetter(next) || unicode.IsNumber(next)) {
		return i
	}
	return end
}

// wordByte maps ASCII letters and digits to lower case, and all other bytes to 0.
var wordByte = func() (t [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z':
			t[c] = c
		case c >= 'A' && c <= 'Z':
			t[c] = c | 0x20
		}
	}
	return t
}()

// addSigned adds the terms of a word with its signs.
func (w *words) addSigned(text string, word word, dotted bool) {
	if word.to-word.from > maxSigned {
		return
	}
	first, _ := utf8.DecodeRuneInString(text[word.start:])
	before, start := leadingSign(text, int(word.start), first)
	behind, end := trailingSigns(text, int(word.start), int(word.end), dotted)
	term := w.folded[word.from:word.to]
	if before != "" {
		w.addVariant(word, signInFront, start, int(word.end), before, term, "")
	}
	how := signsBehind
	if behind == "." && isTitleCase(text[end:]) {
		how = nextToStop
	}
	if behind != "" {
		w.addVariant(word, how, int(word.start), end, "", term, behind)
	}
	if before != "" && behind != "" && how == signsBehind {
		w.addVariant(word, signsAround, start, end, before, term, behind)
	}
}

// addHashtag adds the term of a run of a script without spaces with the sign before it: "#全人代" has one for #全人. It must be
// called before the run is added, because the run's characters must be adjacent in folded.
func (w *words) addHashtag(text string, at int) {
	if at == 0 || !mayBeSign(text[at-1]) {
		return
	}
	first, size := utf8.DecodeRuneInString(text[at:])
	sign, start := leadingSign(text, at, first)
	if sign == "" {
		return
	}
	end, single := at+size, true
	term := foldUnspaced(nil, first, text[at:end])
	if r, size := utf8.DecodeRuneInString(text[end:]); unspaced(r) {
		term = foldUnspaced(term, r, text[end:end+size])
		end, single = end+size, false
	}
	w.addVariant(word{pos: w.pos + 1, single: single}, signInFront, start, end, sign, term, "")
}

// addVariant adds another term at the position of a word.
func (w *words) addVariant(of word, s spelling, start, end int, before string, term []byte, behind string) {
	from := len(w.folded)
	w.folded = append(append(w.folded, variantPrefix), before...)
	w.folded = append(append(w.folded, term...), behind...)
	of.from, of.to, of.start, of.end, of.spelling = int32(from), int32(len(w.folded)), int32(start), int32(end), s
	w.list = append(w.list, of)
}

// addCapitals adds the term of a word in capitals, if the word is in capitals.
func (w *words) addCapitals(text string, of word, dotted bool) {
	written := text[of.start:of.end]
	if len(written) > 5*2*utf8.UTFMax {
		return
	}
	how, letters := asInitials, 0
	if !dotted {
		how, written = inCapitals, strings.TrimSuffix(written, "s") // "MPs"
		if strings.ContainsFunc(written, func(r rune) bool { return !unicode.IsUpper(r) }) {
			return
		}
	}
	var term []byte
	for i, r := range written {
		if unicode.IsLetter(r) {
			term = fold(term, r, written[i:i+utf8.RuneLen(r)])
			letters++
		}
	}
	if letters < 2 || letters > 5 || how == inCapitals && !w.mixedCase(text, int(of.start)) {
		return
	}
	w.addVariant(of, how, int(of.start), int(of.end), "", bytes.ToUpper(term), "")
}

// mixedCase reports whether capitals are significant in the line of a word: another word of the line is in lower case, or the
// line has no other word.
func (w *words) mixedCase(text string, at int) bool {
	if at < w.lineEnd {
		return w.lineMixed
	}
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	w.lineEnd = len(text)
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		w.lineEnd = at + n
	}
	// The first letter of a word may be a capital. Text after an apostrophe is not a word.
	w.lineMixed = true
	many, previous := 0, ' '
	for rest := text[begin:w.lineEnd]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if !isWordRune(r) {
			previous, rest = r, rest[size:]
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !isWordRune(r) && !unicode.IsMark(r) })
		if end < 0 {
			end = len(rest)
		}
		first, more := rest[:size], rest[size:end]
		capital := strings.ContainsFunc(more, unicode.IsUpper)
		small := strings.ContainsFunc(more, isSmall) || more == "" && strings.ContainsFunc(first, isSmall)
		if apostrophe := previous == '\'' || previous == '’'; !apostrophe {
			if small && !capital {
				return true
			}
			many++
		}
		previous, rest = ' ', rest[end:]
	}
	w.lineMixed = many <= 1
	return w.lineMixed
}

// keepMostSpecific keeps the most specific term of each word of a query. If capitals is false, terms of capitals are dropped.
// Terms of a full stop before a capital are dropped too, since the capital may begin another sentence: texts have St.Pauli and
// St. Pauli. Articles keep these terms: asp.net finds ASP.Net.
func (w *words) keepMostSpecific(capitals bool) {
	kept := w.list[:0]
	for _, t := range w.list {
		n := len(kept)
		switch {
		case t.spelling == inCapitals && !capitals, t.spelling == nextToStop:
		case n > 0 && kept[n-1].pos == t.pos:
			if t.spelling > kept[n-1].spelling {
				kept[n-1] = t
			}
		default:
			kept = append(kept, t)
		}
	}
	w.list = kept
}

// dropVariants keeps only the terms without signs and capitals.
func (w *words) dropVariants() {
	kept := w.list[:0]
	for _, t := range w.list {
		if t.spelling == noSpelling {
			kept = append(kept, t)
		}
	}
	w.list = kept
}

// cutTerms returns the words of a text as indexed, without variants.
func cutTerms(text string) []string {
	var w words
	w.add(text)
	w.dropVariants()
	return w.terms()
}

// singular removes the plural s of English, and thereby also that of Spanish, French and Portuguese (Harman's S-stemmer, 1991,
// slightly extended). It changes w in place. It is light enough for words of every language, in articles and in queries. A
// stemmer for each language would require the query's language, and would break prefixes.
func singular(w []byte) []byte {
	n := len(w)
	if n < 4 || w[n-1] != 's' || string(w) == "news" {
		return w
	}
	switch {
	case hasSuffix(w, "ies") && n > 4 && w[n-4] != 'a' && w[n-4] != 'e':
		w[n-3] = 'y'
		return w[:n-2]
	case hasSuffix(w, "sses"), hasSuffix(w, "shes"), hasSuffix(w, "ches"), hasSuffix(w, "xes"), hasSuffix(w, "oes") && n > 5:
		return w[:n-2]
	case w[n-2] == 's', w[n-2] == 'u', w[n-2] == 'i', isDigit(w[n-2]):
		return w
	}
	return w[:n-1]
}

func hasSuffix(w []byte, s string) bool { return len(w) >= len(s) && string(w[len(w)-len(s):]) == s }

// wholeWord returns the term of a prefix that is a whole word, which loses its plural s.
func wholeWord(beginning string) string {
	at := 0
	if isVariant(beginning) {
		at = max(strings.IndexFunc(beginning, isWordRune), 0)
	}
	return beginning[:at] + string(singular([]byte(beginning[at:])))
}
