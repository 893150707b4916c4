package clean

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/text"
)

// Boilerplate is what a text holds for others than its reader: codes of agencies (wirecodes.txt), share lines, newsletter prompts,
// copyright notices (boilerplate.txt, and the lists of lineRole), furniture that the feed repeats, and its title once more. It is left out of what is
// shown (readable.go), never of what is stored, since grouping and origin need it. What goes is a whole line, or whole sentences and
// codes at the end of one. Credits stay: bylines, lines on who worked on a text, captions, sources. So does what stands in tables,
// quotations, captions and preformatted text.

const (
	maxBoilerplate = 400 // bytes of a line that may go
	maxNotice      = 300 // bytes of a sentence that may go
	rightsWords    = 20  // of a copyright notice without a year
	endReach       = 400 // bytes at the end of a line that are looked at for what goes
	maxGap         = 160 // bytes that "*" stands for
	maxLinksBelow  = 8   // links that go with their heading
	titleLines     = 4   // first lines of a text, of which one may repeat its title
	shortTitle     = 10  // letters; less may be a word of the text
	minNoticeWords = 3   // of a sentence that is cut off the end of a line; less may belong to the sentence before it
)

// linePlace is where a line stands.
type linePlace uint8

const (
	linePlain   linePlace = iota
	lineHeading           // goes only with links below
	lineFixed             // never goes: of a table, a quotation, a caption or preformatted text
)

// shownLine is a line of a text as it is shown: what a block or a line break ends.
type shownLine struct {
	text    string // folded
	place   linePlace
	linked  bool // its words are links
	picture bool // it holds a picture, which stays

	from, to int // its tokens, where the text is HTML
}

// verdict is what becomes of a line: it goes, or only its beginning stays.
type verdict struct {
	goes bool
	keep int // bytes of its text that stay; 0 is all
}

// judge decides what becomes of the lines of a text. title is the article's, which is shown above it. known is the furniture of the
// feed. Both may be empty.
func judge(lines []shownLine, title string, known blockSet) []verdict {
	kinds := make([]lineKind, len(lines))
	out := make([]verdict, len(lines))
	title = foldKey(title)
	others := 0 // lines that do not repeat the title
	for i, l := range lines {
		kinds[i] = kindOf(l, known)
		if others < titleLines && len(title) >= shortTitle && l.place != lineFixed && !l.picture && foldKey(l.text) == title {
			kinds[i] = lineGoes
			continue
		}
		others++
	}
	for i := range lines {
		if kinds[i] != lineOfLinks {
			continue
		}
		n := linksBelow(lines[i:])
		switch {
		case n == 0 && i+1 < len(lines) && kinds[i+1] == lineStays:
			kinds[i] = lineStays
			continue
		case n == 0 && lines[i].place != linePlain && i+1 < len(lines):
			kinds[i] = lineButton
			continue
		}
		for k := i; k <= i+n; k++ {
			kinds[k] = lineGoes
		}
	}
	for i := len(lines) - 1; i >= 0; i-- { // codes that end a text stand behind everything but other boilerplate and credits
		if l := lines[i]; l.place == linePlain && !l.picture && wireCodes.lastLine.MatchString(l.text) {
			kinds[i] = lineGoes
		}
		if kinds[i] == lineStays && !isCredited(lines[i].text) {
			break
		}
	}
	for from := 0; from < len(lines); {
		to := from
		goes, buttons := false, false
		for ; to < len(lines) && (kinds[to] == lineGoes || kinds[to] == lineButton || kinds[to] == lineNetwork); to++ {
			goes = goes || kinds[to] == lineGoes
			buttons = buttons || kinds[to] == lineButton
		}
		for i := from; i < to; i++ {
			out[i].goes = kinds[i] == lineGoes || goes || buttons && to-from > 1
		}
		from = to + 1
	}
	for i, l := range lines {
		if !out[i].goes && l.place == linePlain {
			out[i].keep = shownLength(l.text)
		}
	}
	return out
}

type lineKind uint8

const (
	lineStays   lineKind = iota
	lineGoes             // boilerplate
	lineButton           // goes beside another button, or beside what goes
	lineNetwork          // goes beside a button, or beside what goes
	lineOfLinks          // the heading of links to other articles
)

func kindOf(l shownLine, known blockSet) lineKind {
	key := strings.ToLower(strings.TrimRight(l.text, " :.›»>"))
	switch {
	case l.place == lineFixed || len(l.text) > maxBoilerplate:
		return lineStays
	case linkHeadings[key] && (l.place == lineHeading || !l.linked):
		return lineOfLinks
	case l.place == lineHeading:
		return lineStays
	case isBoilerplate(l.text):
		return lineGoes
	case buttons[key], isCounter(l.text):
		return lineButton
	case networks[key]:
		return lineNetwork
	case !known.has(blockHash(l.text)) || isCredited(l.text) || isCaption(l.text) || strings.IndexFunc(l.text, unicode.IsDigit) >= 0:
		return lineStays // furniture is compared without its numbers, which may be the news
	case isLabel(l.text):
		return lineButton
	case announcesList(l.text):
		return lineStays
	}
	return lineGoes
}

// linksBelow counts the links right below the first of some lines.
func linksBelow(lines []shownLine) int {
	n := 0
	for _, l := range lines[1:] {
		if !l.linked || l.place == lineFixed || l.picture || n == maxLinksBelow {
			break
		}
		n++
	}
	return n
}

// isBoilerplate reports whether a line says nothing to a reader.
func isBoilerplate(t string) bool {
	if wireCodes.line.MatchString(t) || isRights(t) {
		return true
	}
	if firstLetter(t) == 0 || isCredited(t) {
		return false
	}
	if isReadMore(t) && (len(t) <= maxReadMore || hasPrefixFold(t, printedVersion)) || isCommentsHeading(t) || isAppeal(t) {
		return true
	}
	for _, s := range sentences(t) {
		if words := t[s.start:s.end]; !isNotice(words) && !isRights(words) {
			return false
		}
	}
	return true
}

// isCredited reports whether a line says who made a text or where it came from.
func isCredited(t string) bool { return isByline(t) || isStaffCredit(t) || sourceRole(t) != prose }

// rightsYear is a copyright notice with its year, behind which no news follows.
var rightsYear = regexp.MustCompile(`(?i)^[\[( ]*(?:copyright|©|ⓒ|\(c\))[\s,:]*(?:copyright|©|\(c\))?\s*(?:by )?(?:19|20)\d\d\b`)

// isRights reports whether a line is a copyright notice. A sign of copyright alone begins captions too: "© Agency. A ferry at sea".
func isRights(t string) bool {
	bare := strings.TrimLeft(t, "([ ")
	if len(t) > maxNotice || strings.ContainsAny(t, quotationMarks) {
		return false
	}
	if hasPrefixFold(bare, "c)") && !strings.Contains(t[:len(t)-len(bare)], "(") { // the third of a list
		return false
	}
	return len(sentences(t)) == 1 && (rightsYear.MatchString(t) || rightsStarts.matches(bare) && countWords(t) <= rightsWords)
}

// isNotice reports whether a sentence fits a phrase of boilerplate.txt or another list of such sentences.
func isNotice(sentence string) bool {
	if len(sentence) > maxNotice || strings.ContainsAny(sentence, quotationMarks) {
		return false
	}
	s := strings.ToLower(strings.TrimFunc(sentence, func(r rune) bool {
		return r != '@' && r != '©' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}))
	return s != "" && (noticePhrases.match(strings.ReplaceAll(s, "’", "'")) || isAppeal(sentence))
}

const quotationMarks = "\"“”„«»「」『』"

// shownLength returns the length of a line without the codes and notices at its end, or 0 where all of it stays. What is cut off
// follows the end of a sentence.
func shownLength(t string) int {
	n := len(t)
	for {
		short := strings.TrimRight(t[:n], " ")
		from := len(text.Cut(short, max(0, len(short)-endReach))) // of the end that is looked at
		tail := short[from:]
		if m := wireCodes.end.FindStringSubmatchIndex(tail); m != nil {
			short = strings.TrimRight(short[:from+m[2]], " ")
		} else if all := sentences(tail); len(all) > 1 {
			if last := all[len(all)-1].start; countWords(tail[last:]) >= minNoticeWords && !endsInLetters(tail[:last]) && (isNotice(tail[last:]) || isRights(tail[last:])) {
				short = strings.TrimRight(short[:from+last], " ")
			}
		}
		if len(short) == n {
			break
		}
		n = len(short)
	}
	if n == len(t) || firstLetter(t[:n]) == 0 {
		return 0
	}
	return n
}

// endsInLetters reports whether a text ends with a word of one or two letters and a period, as abbreviations do ("u. a.").
func endsInLetters(t string) bool {
	t, ok := strings.CutSuffix(strings.TrimRight(t, " "), ".")
	word := t[strings.LastIndexByte(t, ' ')+1:]
	return ok && utf8.RuneCountInString(word) <= 2 && firstLetter(word) != 0
}

type textSpan struct{ start, end int }

// sentences splits a line at the ends of sentences and at bars. An abbreviation splits it too, so that what it is in does not fit.
func sentences(t string) (all []textSpan) {
	start := 0
	for i, r := range t {
		end := i + utf8.RuneLen(r)
		switch r {
		case '.', '!', '?', '…', '؟', '۔':
			if end < len(t) && t[end] != ' ' {
				continue
			}
		case '。', '！', '？', '|', '·', '•':
		default:
			continue
		}
		if strings.TrimSpace(t[start:end]) != "" {
			all = append(all, textSpan{start, end})
			start = end
		}
	}
	if strings.TrimSpace(t[start:]) != "" {
		all = append(all, textSpan{start, len(t)})
	}
	return all
}

// notices are the lists of boilerplate.txt.
var (
	notices       = words.Lists("boilerplate.txt")
	noticePhrases = newPhrases(notices["sentence"])
	buttons       = nameSet(notices["button"]...)
	networks      = nameSet(notices["network"]...)
	linkHeadings  = nameSet(notices["heading of links"]...)
)

// phrases are phrases with "*" for any words, split at these, by the first byte of their sentences. Those that begin with "*" are
// under 0.
type phrases map[byte][][]string

func newPhrases(all []string) phrases {
	out := phrases{}
	for _, p := range all {
		parts := strings.Split(p, "*")
		first := byte(0)
		if parts[0] != "" {
			first = parts[0][0]
		}
		out[first] = append(out[first], parts)
	}
	return out
}

// match reports whether a sentence in small letters, which is not empty, fits a phrase.
func (p phrases) match(s string) bool {
	fits := func(parts []string) bool { return fitsPhrase(s, parts) }
	return slices.ContainsFunc(p[s[0]], fits) || slices.ContainsFunc(p[0], fits)
}

// fitsPhrase reports whether the parts are in s in their order, from its beginning to its end, with short gaps.
func fitsPhrase(s string, parts []string) bool {
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 || i > maxGap {
			return false
		}
		rest = rest[i+len(part):]
	}
	rest, ok = strings.CutSuffix(rest, parts[last])
	return ok && len(rest) <= maxGap
}

// wireCodes are the expressions of wirecodes.txt.
var wireCodes = readWireCodes(words.WireCodes())

type codeExpressions struct{ line, lastLine, end *regexp.Regexp }

// readWireCodes compiles the file, and panics where it is wrong: a test reads it.
func readWireCodes(file string) codeExpressions {
	sections := map[string][]string{}
	section := ""
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line == "#" || strings.HasPrefix(line, "# ") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok && slices.Contains([]string{"line]", "last line]", "end]"}, name) {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		if _, err := regexp.Compile(line); err != nil || section == "" {
			panic(fmt.Sprintf("wirecodes.txt:%d (built in): %q is in no section, or no regular expression: %v", n, line, err))
		}
		sections[section] = append(sections[section], line)
	}
	anyOf := func(section string) string { return "(?:" + strings.Join(sections[section], "|") + ")" }
	return codeExpressions{
		line:     regexp.MustCompile("^" + anyOf("line") + "$"),
		lastLine: regexp.MustCompile("^" + anyOf("last line") + "$"),
		end:      regexp.MustCompile(`[.!?…؟۔。][)\]"'”’»]*( +` + anyOf("end") + ")$"),
	}
}
