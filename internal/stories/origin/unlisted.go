package origin

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// The word lists of unlisted.txt. The file describes their use.
var (
	unlistedWords    = words.Sets("unlisted.txt")
	outletNouns      = unlistedWords["noun"]
	outletNounsAfter = words.Lists("unlisted.txt")["noun after"]
	outletAdjectives = unlistedWords["adjective"]
	ownerWords       = unlistedWords["owner"]
	nationWords      = unlistedWords["nation"]
	sentenceStarts   = unlistedWords["sentence start"]
	noNameStarts     = unlistedWords["no name start"]
	lastWords        = unlistedWords["last"]
	shortNames       = unlistedWords["short"]
	broadcastWords   = unlistedWords["broadcast"]
	firstWords       = unlistedWords["first"]
	noOutlets        = unlistedWords["no outlet"]
	genericLasts     = unlistedWords["generic last"]
	genericFirsts    = unlistedWords["generic first"]
)

// unlistedNames finds names of outlets that are not in the registry. Such a name is a run of capitalised words next to a noun
// for outlets ("the daily As-Safir"), or one that begins or ends like the names of outlets ("Gulf News"). The caller decides
// whether a name is credited. known are the mentions of listed outlets, in order. No returned name overlaps one of them.
func unlistedNames(text string, known []outlets.Mention) []namePhrase {
	var found []namePhrase
	n := nameRun{words: make([]string, 0, maxWords), starts: make([]int, 0, maxWords)}
	for at := 0; at < len(text) && len(found) < maxMentions; {
		next := n.read(text, at)
		at = next
		for len(known) > 0 && known[0].End <= n.start {
			known = known[1:]
		}
		if len(n.words) == 0 || len(known) > 0 && known[0].Start < n.end {
			continue
		}
		if p, ok := n.outlet(text, found); ok {
			found = append(found, p)
		}
	}
	return found
}

// namePhrase is a mention with the surrounding words that belong to it: "the Lebanese daily As-Safir".
type namePhrase struct {
	outlets.Mention
	whole    news.Span
	short    bool // only the last words of an outlet's name: "the Journal". The caller determines the outlet
	doubtful bool // only its last word suggests an outlet, and that word may be a person's surname
}

// nameRun is a run of capitalised words.
type nameRun struct {
	words      []string
	starts     []int
	start, end int
}

// maxWords is the maximum number of words of a name.
const maxWords = 6

// read finds the run of capitalised words that begins at or after an offset, and returns the offset for the next search.
func (n *nameRun) read(text string, at int) int {
	n.reset(at)
	for at < len(text) {
		if len(n.words) == 0 {
			at = skipLowerCase(text, at)
		}
		from, to := wordAt(text, at)
		if from == to {
			return len(text)
		}
		w := text[from:to]
		apart := len(n.words) > 0 && text[n.end:from] != " " && text[n.end:from] != " & "
		switch {
		case apart || len(n.words) == maxWords:
			return from
		case hasCapital(w):
			n.add(w, from)
		case len(n.words) > 0:
			return to
		}
		at = to
		if possessive(w) && w != "People's" && w != "People’s" { // "Lebanon's Daily Star"
			n.reset(to)
		}
	}
	return at
}

// skipLowerCase skips words in lower case that are separated only by spaces. It begins and ends between words.
func skipLowerCase(text string, at int) int {
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ':
			at = i + 1
		case c < 'a' || c > 'z':
			return at
		}
	}
	return at
}

// reset empties the name and moves it to an offset.
func (n *nameRun) reset(at int) {
	n.words, n.starts, n.start, n.end = n.words[:0], n.starts[:0], at, at
}

func (n *nameRun) add(w string, from int) {
	if len(n.words) == 0 {
		n.start = from
	}
	n.words, n.starts, n.end = append(n.words, w), append(n.starts, from), from+len(w)
}

// drop removes the first word.
func (n *nameRun) drop() {
	n.words, n.starts = slices.Delete(n.words, 0, 1), slices.Delete(n.starts, 0, 1)
	if len(n.words) > 0 {
		n.start = n.starts[0]
	}
}

func possessive(w string) bool { return strings.HasSuffix(w, "'s") || strings.HasSuffix(w, "’s") }

// wordAt returns the next word of a text: letters, digits, and the hyphens and apostrophes within.
func wordAt(text string, at int) (from, to int) {
	if from, to, ok := asciiWordAt(text, at); ok {
		return from, to
	}
	return anyWordAt(text, at)
}

func anyWordAt(text string, at int) (from, to int) {
	from = -1
	for i := at; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		inner := from >= 0 && strings.ContainsRune("-'’&", r)
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if from < 0 {
				from = i
			}
			to = i + size
		case from >= 0 && (!inner || i > to):
			return from, to
		}
		i += size
	}
	return max(from, 0), to
}

// asciiWordAt is wordAt for ASCII, the common case. ok is false if it meets another character.
func asciiWordAt(text string, at int) (from, to int, ok bool) {
	for at < len(text) && text[at] < utf8.RuneSelf && !asciiWord(text[at]) {
		at++
	}
	from, to = at, at
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case c >= utf8.RuneSelf:
			return 0, 0, false
		case asciiWord(c):
			to = i + 1
		case i > to || c != '-' && c != '\'' && c != '&':
			return from, to, true
		}
	}
	return from, to, to > from
}

func asciiWord(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

// hasCapital reports whether the first or, as in "iGen", the second letter of a word is a capital.
func hasCapital(w string) bool {
	r, size := utf8.DecodeRuneInString(w)
	if unicode.IsUpper(r) {
		return true
	}
	rest, _ := utf8.DecodeRuneInString(w[size:])
	return unicode.IsUpper(rest) || unicode.IsDigit(r) && strings.IndexFunc(w, unicode.IsUpper) > 0
}

// outlet reports whether a name is an outlet's: by its own words, by a noun next to it, or as the short form of a name found
// before.
func (n *nameRun) outlet(text string, before []namePhrase) (namePhrase, bool) {
	for len(n.words) > 0 && (sentenceStarts[n.words[0]] || len(n.words) > 1 && outletNouns[n.words[0]]) { // "Zeitung" has a capital
		n.drop()
	}
	if len(n.words) == 0 {
		return namePhrase{}, false
	}
	whole, beside := adjacentNoun(text, n.start, n.end)
	for whole.End > n.end && len(n.words) > 1 && isDescription(n.words[0]) { // "the Iraqi Al-Sabah newspaper"
		n.drop()
		whole.Start = n.start
	}
	joined := text[n.start:n.end]
	first := n.words[0]
	o, known := news.Outlet{Name: joined}, false
	for _, b := range before { // "the Free Beacon" after "the Washington Free Beacon"
		if len(n.words) > 1 && strings.HasSuffix(b.Outlet.Name, " "+joined) {
			o, known = b.Outlet, true
			break
		}
	}
	if len(n.words) == 1 && shortNames[first] && !beside && afterArticle(text[:n.start]) && !inDoubleName(text[n.end:]) {
		return namePhrase{Mention: outlets.Mention{Start: n.start, End: n.end, Outlet: news.Outlet{Name: first}}, whole: whole, short: true}, true
	}
	if len(n.words) == 2 && lastWords[n.words[1]] && !beside && !known && !likeOutlet(n.words) && afterArticle(text[:n.start]) { // "the Free Beacon"
		return namePhrase{Mention: outlets.Mention{Start: n.start, End: n.end, Outlet: o}, whole: whole, short: true}, true
	}
	if noNameStarts[first] || noNameStarts[joined] || len(joined) < 3 || isDescription(n.words[len(n.words)-1]) || !beside && !known && !likeOutlet(n.words) {
		return namePhrase{}, false
	}
	if strings.HasPrefix(text[n.end:], " station") || strings.HasPrefix(text[n.end:], " channel") || strings.HasPrefix(text[n.end:], " police") { // "San Jose TV station KNTV"
		return namePhrase{}, false
	}
	doubtful := !beside && !known && !slices.ContainsFunc(n.words, func(w string) bool { return broadcastWords[w] }) && !afterArticle(text[:n.start])
	return namePhrase{Mention: outlets.Mention{Start: n.start, End: n.end, Outlet: o}, whole: whole, doubtful: doubtful}, true
}

// afterArticle reports whether a text ends with "the".
func afterArticle(before string) bool {
	head, ok := strings.CutSuffix(before, "he ")
	return ok && (strings.HasSuffix(head, " t") || strings.HasSuffix(head, "T") || head == "t")
}

// inDoubleName reports whether a name continues with a second part that ends names of outlets: "the Post and Courier".
func inDoubleName(after string) bool {
	for _, and := range []string{" and ", " & ", "-"} {
		if rest, ok := strings.CutPrefix(after, and); ok {
			from, to := wordAt(rest, 0)
			return from == 0 && lastWords[rest[from:to]]
		}
	}
	return false
}

// likeOutlet reports whether words begin or end like the names of outlets.
func likeOutlet(words []string) bool {
	if len(words) < 2 {
		return false
	}
	first, last, before := words[0], words[len(words)-1], words[len(words)-2]
	switch {
	case noOutlets[before+" "+last], len(words) == 2 && (genericFirsts[first] || isDescription(first) && genericLasts[last]):
		return false
	case lastWords[last], firstWords[first] && len(words) <= 4:
		return true
	}
	return len(words) > 2 && (before == "News" || before == "Press") && (last == "Agency" || last == "Service" || last == "Network")
}

// adjacentNoun finds a noun for outlets next to a name, and returns the whole phrase. Adjectives before the noun belong to the
// phrase: "the pro-government Lebanese daily".
func adjacentNoun(text string, start, end int) (news.Span, bool) {
	if after, ok := strings.CutPrefix(excerpt(text, end, end+20), " "); ok {
		for _, noun := range outletNounsAfter {
			tail, ok := strings.CutPrefix(after, noun)
			if !ok || !wordStart(tail) || strings.HasPrefix(tail, " station") {
				continue
			}
			from, to := wordAt(tail, 0)
			next := from == 1 && tail[0] == ' ' && hasCapital(tail[from:to]) && !noNameStarts[tail[from:to]]
			if !next { // otherwise the noun belongs to the next name, as in "the Russian daily Kommersant"
				return news.Span{Start: start, End: end + 1 + len(noun)}, true
			}
		}
	}
	head, ok := strings.CutSuffix(strings.TrimRight(text[:start], "\"“«„"), " ")
	recent := head[max(0, len(head)-40):]
	if !ok || !isNoun(recent[strings.LastIndexByte(recent, ' ')+1:]) {
		return news.Span{Start: start, End: end}, false
	}
	before := strings.TrimRight(excerpt(text, start-80, start), "\"“«„")
	if i := strings.LastIndexAny(before, ".,;:!?\n()"); i >= 0 {
		before = before[i+1:]
	}
	quote := len(strings.TrimRight(text[:start], "\"“«„"))
	before, ok = dropLastWord(before, isNoun)
	_, owned := dropLastWord(before, func(w string) bool { return ownerWords[w] })
	if !ok || owned || strings.HasSuffix(before, "told the ") { // "told the station" means a station named before
		return news.Span{Start: start, End: end}, false
	}
	for more := true; more; {
		before, more = dropLastWord(before, adjective)
	}
	return news.Span{Start: strings.LastIndex(text[:quote], before) + len(before), End: end}, true
}

// isNoun reports whether a word is a noun for outlets, possibly with a French article.
func isNoun(w string) bool {
	return outletNouns[strings.TrimPrefix(strings.TrimPrefix(w, "l'"), "l’")]
}

// dropLastWord removes the last word of a text if is returns true for it.
func dropLastWord(text string, is func(string) bool) (string, bool) {
	trimmed := strings.TrimRight(text, " ")
	i := strings.LastIndexByte(trimmed, ' ') + 1
	if i == len(trimmed) || len(trimmed) == len(text) || !is(trimmed[i:]) {
		return text, false
	}
	return trimmed[:i], true
}

// adjective reports whether a word may be between a cue and a noun for outlets.
func adjective(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return outletAdjectives[w] || possessive(w) || unicode.IsUpper(r) || strings.Contains(w, "-")
}

// isDescription reports whether a capitalised word describes an outlet's place or subject and is not part of its name.
func isDescription(w string) bool {
	for _, end := range []string{"ese", "ish", "ian", "ean", "aqi", "aeli", "audi", "guan", "-language", "-focused", "-based", "-owned", "-run", "-backed"} {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return nationWords[w]
}

// ownName reports whether a name is that of the article's outlet, judged by the outlet's name and domain.
func ownName(o news.Outlet, name string) bool {
	n := alphanumerics(name)
	label, _, _ := strings.Cut(o.Domain, ".")
	for _, own := range []string{alphanumerics(o.Name), alphanumerics(label)} {
		if len(own) > 3 && (strings.Contains(own, n) || strings.Contains(n, own)) {
			return true
		}
	}
	return false
}

// alphanumerics returns the letters and digits of a name in lower case.
func alphanumerics(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Bounds that keep the time linear in the length of a text.
const (
	maxMentions   = 1000 // mentions of outlets in one text that are examined
	sentenceBytes = 400  // bytes examined on either side of a mention
)
