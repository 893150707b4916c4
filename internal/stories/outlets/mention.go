package outlets

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"headwater/feeds/words"
	"headwater/internal/text"
)

func key(s string) int {
	if s[0] >= 0xE0 && len(s) > 2 {
		return int(s[1])<<8 | int(s[2])
	}
	return int(s[0])<<8 | int(s[1])
}

func newFinder(entries []Entry, shared namesakes) finder {
	f := finder{needles: make([][]needle, 1)}
	for _, e := range entries {
		for i, name := range e.names() {
			if i == 0 && e.Quiet || strings.HasSuffix(name, ")") { // texts do not use a name such as "The Nation (Thailand)"
				continue
			}
			n := needle{text: name, outlet: shared.outlet(e, name), exact: e.Common, common: e.Common}
			if rest, ok := strings.CutPrefix(name, "The "); ok && !e.Common {
				n.text, n.article = rest, true
				n.needsArticle = !strings.Contains(rest, " ")
			}
			for _, spelling := range spellings(n.text, !n.exact) {
				n.text = spelling
				f.add(n)
			}
		}
	}
	for _, bucket := range f.needles {
		slices.SortStableFunc(bucket, func(a, b needle) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return f
}

// spellings returns the spellings of a name: with curly quotes, without accents, full-width, and in capitals if these are more
// than ASCII.
func spellings(name string, loose bool) []string {
	all := []string{name, strings.ReplaceAll(name, "'", "’")}
	if loose && strings.Contains(name, " ") { // "Ole" and "Liberation" alone are other words
		all = append(all, text.WithoutAccents(name))
	}
	if loose && len(strings.ToUpper(name)) == len(name) && strings.IndexFunc(name, beyondASCII) >= 0 {
		all = append(all, strings.ToUpper(name))
	}
	if wide := width.Widen.String(name); len(name) <= 4 && strings.IndexFunc(name, beyondASCII) < 0 {
		all = append(all, wide)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// add adds a needle. A name of one letter is left out: it is a word in too many texts.
func (f *finder) add(n needle) {
	if len(n.text) < 2 {
		return
	}
	first, _ := utf8.DecodeRuneInString(n.text)
	last, _ := utf8.DecodeLastRuneInString(n.text)
	n.first, n.last = first, last
	keys := []string{n.text}
	if !n.exact && len(n.text) > 1 && n.text[1] < utf8.RuneSelf {
		keys = append(keys, n.text[:1]+strings.ToUpper(n.text[1:2])+n.text[2:])
	}
	if !n.exact && 'a' <= n.text[0] && n.text[0] <= 'z' {
		keys = append(keys, strings.ToUpper(n.text[:2]))
	}
	for i, k := range keys {
		if i == 0 || key(k) != key(keys[i-1]) {
			at := key(k)
			if f.at[at] == 0 {
				f.at[at] = uint16(len(f.needles))
				f.needles = append(f.needles, nil)
			}
			bucket := &f.needles[f.at[at]]
			*bucket = append(*bucket, n)
		}
	}
}

// Mentions finds the outlets that a text names: by whole words and by the hosts of addresses. If several names begin at one
// position, the longest counts, and no mention is inside another. Words need a capital if the name has one. Common words
// ("Time") need more, see Entry. Offsets are in bytes. An article that is part of the name is part of the mention.
func (r *table) Mentions(text string) []Mention {
	var found []Mention
	free := 0
	inside := false // inside a word that began before i
	for i := 0; i+1 < len(text); i++ {
		c := text[i]
		was := inside
		inside = wordByte[c]
		if was && inside || c&0xC0 == 0x80 {
			continue
		}
		var m Mention
		var ok bool
		if at := r.finder.at[key(text[i:])]; at != 0 {
			m, ok = longestNeedle(r.finder.needles[at], text, i, free)
		} else if c == '.' && was {
			m, ok = r.address(text, i, free)
		}
		if ok {
			found = append(found, m)
			free, i, inside = m.End, m.End-1, wordByte[text[m.End-1]]
		}
	}
	return found
}

// wordByte reports which bytes are ASCII letters and digits.
var wordByte = func() (is [256]bool) {
	for c := range utf8.RuneSelf {
		is[c] = isWord(rune(c))
	}
	return is
}()

// address finds the host around the dot at offset i, in lower case: "www.reuters.com".
func (r *table) address(text string, i, free int) (Mention, bool) {
	if !wordByte[text[i+1]] {
		return Mention{}, false
	}
	start, end := i, i+1
	for start > free && hostByte(text[start-1]) {
		start--
	}
	for end < len(text) && hostByte(text[end]) {
		end++
	}
	for text[end-1] == '.' || text[end-1] == '-' {
		end--
	}
	entry, ok := r.host(text[start:end])
	part := func(b byte) bool { return b == '@' || wordByte[b] } // part of a mail address or of a longer word
	if !ok || start > 0 && part(text[start-1]) || end < len(text) && part(text[end]) {
		return Mention{}, false
	}
	return Mention{Start: start, End: end, Outlet: r.entries[entry].Outlet()}, true
}

func hostByte(b byte) bool { return isLower(b) || '0' <= b && b <= '9' || b == '.' || b == '-' }

// longestNeedle finds the longest needle at offset i. Text before offset free belongs to earlier mentions.
func longestNeedle(needles []needle, text string, i, free int) (Mention, bool) {
	for k := range needles {
		n := &needles[k]
		if !n.equals(text[i:]) {
			continue
		}
		m := Mention{Start: i, End: i + len(n.text), Outlet: n.outlet}
		if n.article {
			m.Start = article(text, i, free)
		}
		if n.bounded(text, i, m) && (!n.needsArticle || m.Start < i) {
			return m, true
		}
	}
	return Mention{}, false
}

// equals reports whether text begins with the needle. Lower-case letters match capitals, and capitals inside a word
// ("BuzzFeed") match lower case.
func (n *needle) equals(text string) bool {
	if len(text) < len(n.text) {
		return false
	}
	if n.exact {
		return text[:len(n.text)] == n.text
	}
	for i := range len(n.text) {
		want, got := n.text[i], text[i]
		if want == got || isLower(want) && got == want-32 {
			continue
		}
		if isLower(got) && want == got-32 && i > 0 && isLower(n.text[i-1]) {
			continue
		}
		return false
	}
	return true
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }

// article returns the beginning of the mention whose name is at i: a "The" before the name, unless it belongs to an earlier
// mention.
func article(text string, i, free int) int {
	start := i - len("The ")
	if start < free || !strings.EqualFold(text[start:i], "the ") {
		return i
	}
	if before, _ := utf8.DecodeLastRuneInString(text[:start]); spacedWord(before) {
		return i
	}
	return start
}

// bounded checks the characters around a mention. The name without its article begins at i.
func (n *needle) bounded(text string, i int, m Mention) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[m.End:])
	if !begins(n.first, before) || !ends(n.last, after) || before == '@' {
		return false
	}
	return !n.common || !spacedWord(n.last) || standsAlone(text, m)
}

// standsAlone reports whether a name that is also a common word is used as a name by itself. It must not be part of a longer
// name, as Time is in "Eastern Time" and Nature in "Nature Conservancy", nor an ordinary first word of a sentence ("Time will
// tell").
func standsAlone(text string, m Mention) bool {
	before, after := text[:m.Start], text[m.End:]
	prior := ""
	if before != "" && strings.ContainsRune(" -", rune(before[len(before)-1])) {
		rest := before[:len(before)-1]
		prior = rest[wordStart(rest):]
	}
	if startsUpper(prior) && !neutralWords[prior] {
		return false
	}
	for _, possessive := range []string{"'s", "’s"} { // "Slate's Jane Doe", but "the People's Republic"
		if strings.HasPrefix(after, possessive) {
			return !strings.EqualFold(prior, "the") && goesOnWithName(after[len(possessive):]) || !goesOnUpper(after[len(possessive):])
		}
	}
	next, ok := nextWord(after)
	if !ok {
		return true
	}
	word := next[:wordEnd(next)]
	if startsUpper(word) {
		return neutralWords[word]
	}
	return word == "" || reportingWords[word] || !opensSentence(before) || strings.Contains(text[m.Start:m.End], " ")
}

// goesOnUpper reports whether text continues with a capitalised word.
func goesOnUpper(text string) bool {
	next, ok := nextWord(text)
	return ok && startsUpper(next)
}

// goesOnWithName reports whether text continues with two capitalised words, as a person's name does.
func goesOnWithName(text string) bool {
	next, ok := nextWord(text)
	return ok && startsUpper(next) && goesOnUpper(next[wordEnd(next):])
}

// nextWord returns the word that follows directly, after a space or hyphen.
func nextWord(after string) (string, bool) {
	if after == "" || after[0] != ' ' && after[0] != '-' {
		return "", false
	}
	return after[1:], true
}

// The word lists of mentions.txt. The file describes their use.
var (
	mentionWords   = words.Sets("mentions.txt")
	neutralWords   = mentionWords["neutral"]
	reportingWords = mentionWords["reporting"]
)
