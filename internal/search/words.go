package search

import (
	"unicode"
	"unicode/utf8"
)

// maxTerm bounds a term in bytes: the rest of a longer word (base64, a URL without punctuation) is not looked at.
const maxTerm = 64

// word is one term of a text. from and to are byte offsets into words.folded, start and end into the text.
type word struct {
	from, to   int32
	start, end int32
	pos        int32 // 1-based; phrases ask for positions in a row
	single     bool  // the lone last character of a run that is otherwise cut into pairs
	spelling   spelling
}

// words cuts text into terms the same way for articles and for queries, whatever their language:
//
//   - letters and digits make a word; it is folded (see fold) and loses a plural s (see singular);
//   - "U.S." is us, "1,500" is 1500, "1.5" stays, "China's" is china, "COVID-19" and "l'UE" are two words each;
//   - scripts that put no spaces between words (see unspaced) are cut into overlapping pairs of characters and the last
//     character by itself, so that every part of a run can be found;
//   - a word with signs or in capitals has a second term at its place, which says them (see writtenMark).
//
// It is written by hand because cutting was a quarter of the time of indexing: bleve's unicode tokenizer and its filters
// allocate for each word.
type words struct {
	folded []byte
	list   []word
	pos    int32
	count  int // of words: some have several terms

	lineEnd   int  // of the line of the text being cut that was last looked at for capitals
	lineMixed bool // not all in capitals
}

// term gives the folded text of a word.
func (w *words) term(t word) string { return string(w.folded[t.from:t.to]) }

// gap makes what is added next no neighbour of what came before.
func (w *words) gap() { w.pos += 100 }

// add cuts text and adds its words. A gap does not move offsets: start and end always count from this text's beginning.
func (w *words) add(text string) {
	w.lineEnd = 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if wordByte[c] == 0 {
				i++
				continue
			}
			i = w.spaced(text, i)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unspaced(r):
			i = w.pairs(text, i)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			i = w.spaced(text, i)
		default:
			i += size
		}
	}
}

// spaced reads the word that begins at start and gives the place after it.
func (w *words) spaced(text string, start int) int {
	from, i, dotted := len(w.folded), start, false
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			if low := wordByte[c]; low != 0 {
				w.folded = append(w.folded, low)
				i++
				continue
			}
			next := w.joint(text, start, i)
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
	if w.keep(from, start, i) {
		word := w.list[len(w.list)-1]
		if dotted || mayBeCapitals(text[start:i]) {
			w.addCapitals(text, word, dotted)
		}
		if nearSign(text, start, i) {
			w.addSigned(text, word, dotted)
		}
	}
	return skipPossessive(text, i)
}

// joint says where a word goes on after punctuation inside it: "U.S", "1,500", "1.5". It gives i where the word ends.
func (w *words) joint(text string, start, i int) int {
	if i == start || i+1 >= len(text) {
		return i
	}
	before, after := text[i-1], text[i+1]
	switch text[i] {
	case '.':
		if isDigit(before) && isDigit(after) || initial(text, i-1, start) && initial(text, i+1, i+1) {
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

// initial says whether the letter at i stands alone, as each does in "U.S.": at the word's start or after a full stop, and
// before anything that is no letter or digit.
func initial(text string, i, start int) bool {
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

// keep takes folded[from:] as a term, and says no where there is nothing.
func (w *words) keep(from, start, end int) bool {
	if len(w.folded) == from {
		return false
	}
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
	w.list = append(w.list, word{
		from: int32(from), to: int32(len(w.folded)), start: int32(start), end: int32(end), pos: w.pos,
	})
	return true
}

// pairs reads a run of a script without spaces and gives the place after it.
func (w *words) pairs(text string, i int) int {
	w.addTagged(text, i)
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
		if n > 0 { // the characters of a run lie side by side in folded, and so do those of each pair
			last.to, last.end, last.single = this.to, this.end, false
			w.list = append(w.list, last)
		}
		last = this
		i += size
	}
	w.list = append(w.list, last)
	return i
}

// skipPossessive steps over the 's of "China's".
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

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wordByte gives the lower case of an ASCII letter or digit, and 0 for all else.
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

// singular drops the plural s of English, and with it that of Spanish, French and Portuguese (Harman's S-stemmer, 1991,
// a little extended). It changes w in place. It is so light that it can serve every language on both sides: a stemmer for
// each language would need to know the query's language, and breaks wildcards.
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
