package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// lineRole returns the role of a line or short paragraph by its words: a byline, a caption, a copyright line, a source line, or
// furniture that publishing systems write into the text itself.
func lineRole(t string) role {
	if len(t) > 1200 {
		return prose
	}
	switch {
	case strings.IndexFunc(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0, isTimestamp(t), isCounter(t), isReadMore(t), isCommentsHeading(t), isAuthorHeading(t), isAppeal(t):
		return dropped
	case isCaption(t):
		return captionLine
	case isByline(t), isStaffCredit(t):
		return bylineLine
	case len(t) <= 500 && (rightsStarts.matches(strings.TrimLeft(t, "([ ")) || containsFold(t, "all rights reserved") || strings.Contains(t, "無断転載")):
		return rightsLine
	}
	return sourceRole(t)
}

// hasPrefixFold reports whether t begins with prefix, ignoring case. prefix must be lower-case ASCII.
func hasPrefixFold(t, prefix string) bool {
	if len(t) < len(prefix) {
		return false
	}
	if x, y := t[0]|0x20, prefix[0]|0x20; x != y && x < utf8.RuneSelf && y < utf8.RuneSelf {
		return false // the common case
	}
	return strings.EqualFold(t[:len(prefix)], prefix)
}

// prefixSet holds lower-case prefixes of lines, indexed by their first byte because most lines begin with none of them.
// Prefixes that do not begin with an ASCII character share one list.
type prefixSet [utf8.RuneSelf + 1][]string

func newPrefixSet(all ...string) *prefixSet {
	var s prefixSet
	for _, p := range all {
		i := prefixIndex(p)
		s[i] = append(s[i], p)
	}
	return &s
}

func prefixIndex(t string) byte {
	switch c := t[0]; {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	default:
		return min(c, utf8.RuneSelf)
	}
}

// matches reports whether t begins with one of the prefixes, ignoring case.
func (s *prefixSet) matches(t string) bool {
	if t == "" {
		return false
	}
	for _, p := range s[prefixIndex(t)] {
		if hasPrefixFold(t, p) {
			return true
		}
	}
	return false
}

// containsFold reports whether t contains words, ignoring case. words must be at least two letters of lower-case ASCII.
func containsFold(t, words string) bool {
	for i := 0; i+len(words) <= len(t); i++ {
		if t[i]|0x20 == words[0] && (t[i+1]|0x20 == words[1] || t[i+1] >= utf8.RuneSelf) && strings.EqualFold(t[i:i+len(words)], words) {
			return true
		}
	}
	return false
}

// boilerplate, writers and origins are the word lists of lineRole.
var (
	boilerplate = words.Lists("furniture.txt")
	writers     = words.Lists("bylines.txt")
	origins     = words.Lists("sources.txt")
)

var commentStarts = newPrefixSet(boilerplate["comments"]...)

// isCommentsHeading reports whether a line is the heading of the comment form or list. No article continues after it.
func isCommentsHeading(t string) bool { return len(t) < 120 && commentStarts.matches(t) }

var (
	moreLines      = nameSet(boilerplate["more"]...)
	readMoreStarts = newPrefixSet(boilerplate["more start"]...)
)

const (
	maxReadMore    = 120 // bytes
	printedVersion = "a version of this "
)

// isReadMore reports whether a line is the end of an excerpt. Only a few further words may follow on the line.
func isReadMore(t string) bool {
	if len(t) > maxReadMore || hasPrefixFold(t, printedVersion) {
		return strings.Contains(t[:min(len(t), 80)], " in print ")
	}
	t = strings.TrimRight(t, " .…»>→›]):")
	t = strings.TrimLeft(t, "[(«→► ")
	if t == "" {
		return true
	}
	return moreLines[strings.ToLower(t)] || readMoreStarts.matches(t)
}

var counted = nameSet(boilerplate["count"]...)

// isCounter reports whether a line is a counter, such as "12 comments".
func isCounter(t string) bool {
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || t[i] == ',') {
		i++
	}
	if i == 0 || len(t) > 40 {
		return false
	}
	return counted[strings.ToLower(strings.TrimSpace(t[i:]))]
}

// timestampWords are the words that may occur in a line that gives a date.
var timestampWords = nameSet(slices.Concat(writers["date"], writers["time"])...)

// isTimestamp reports whether a line only gives a date: "Published Aug 19, 2026, 03:06 PM".
func isTimestamp(t string) bool {
	if len(t) > 140 {
		return false
	}
	digits := false
	for w := range strings.FieldsFuncSeq(t, isTimestampBreak) {
		w = strings.Trim(w, ".,:;|·•-–—")
		switch {
		case w == "":
		case w[0] >= '0' && w[0] <= '9':
			digits = true
			if !isTimestampNumber(w) {
				return false
			}
		case !timestampWords[strings.ToLower(w)]:
			return isJapaneseTimestamp(t)
		}
	}
	return digits && (strings.IndexFunc(t, unicode.IsLetter) >= 0 || strings.ContainsAny(t, ":/-."))
}

// isTimestampBreak reports whether a character separates the words of a date.
func isTimestampBreak(r rune) bool {
	return r == ' ' || r == '(' || r == ')' || r == ',' || r == '|' || r == '·'
}

func isTimestampNumber(w string) bool {
	i := strings.IndexFunc(w, func(r rune) bool { return !(r >= '0' && r <= '9' || strings.ContainsRune(":/-.", r)) })
	if i < 0 {
		return strings.ContainsAny(w, ":/-.") || len(w) <= 4
	}
	switch strings.ToLower(w[i:]) {
	case "am", "pm", "a.m", "p.m", "th", "st", "nd", "rd", "h", "min", "z", "hrs":
		return true
	}
	return len(w) <= 30 && isJapaneseTimestamp(w)
}

func isJapaneseTimestamp(t string) bool {
	return strings.IndexFunc(t, func(r rune) bool {
		return !strings.ContainsRune("0123456789０１２３４５６７８９年月日時分前秒更新配信公開午後()（）/:：- 月火水木金土日曜", r)
	}) < 0 && strings.ContainsAny(t, "年月日時分前秒") && strings.ContainsAny(t, "0123456789０１２３４５６７８９")
}

// isStaffCredit reports whether a line only names contributors: "Reporting by A; editing by B", "C contributed to this report."
func isStaffCredit(t string) bool {
	s := strings.TrimLeft(t, "(-–—[ ")
	if staffStarts.matches(s) {
		return len(t) < 500
	}
	if workStarts.matches(s) {
		return countWords(t) <= 12
	}
	if len(t) > 500 {
		return false
	}
	end := strings.TrimRight(t, ".) ")
	for _, e := range writers["crew end"] {
		if n := len(end) - len(e); n >= 0 && strings.EqualFold(end[n:], e) {
			return true
		}
	}
	return false
}

var (
	staffStarts = newPrefixSet(writers["crew start"]...)
	workStarts  = newPrefixSet(writers["short crew start"]...)
)

// isByline reports whether a line only names writers: "By Jane Doe and John Roe", "By JANE DOE AUG. 30, 2016".
func isByline(t string) bool {
	if len(t) > 240 {
		return false
	}
	for _, p := range writers["by"] {
		if hasPrefixFold(t, p) {
			return namesOnly(t[len(p):], p == "by " || p == "by: ")
		}
	}
	return isDatedName(t)
}

// isDatedName reports whether a line is a name and a date: "Jane Doe | August 18, 2026 | 3:56 am", "Reuters London 2 min read
// Last Updated: Aug 19".
func isDatedName(t string) bool {
	if len(t) > 140 || !strings.ContainsAny(t, "0123456789") || strings.IndexByte(t, '(') >= 0 || !unicode.IsUpper(firstLetter(t)) {
		return false
	}
	words := strings.FieldsFunc(t, isTimestampBreak)
	n, digits := len(words), false
	for n > 0 {
		w := strings.Trim(words[n-1], ".,:;•-–—")
		number := w != "" && w[0] >= '0' && w[0] <= '9'
		if number && !isTimestampNumber(w) || !number && w != "" && !timestampWords[strings.ToLower(w)] {
			break
		}
		digits = digits || number
		n--
	}
	return digits && n > 0 && n < len(words)-1 && isNameList(strings.Join(words[:n], " "), 7)
}

var nameParts = nameSet(writers["name"]...)

// namesOnly reports whether all words are capitalised or are joining words between names. Outside English it requires at least
// two names, since "Por Navidad" is no byline.
func namesOnly(t string, english bool) bool {
	words := strings.Fields(t)
	names := 0
	for i, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		switch {
		case unicode.IsUpper(r):
			names++
		case unicode.IsDigit(r):
			if i == 0 || !isTimestampNumber(strings.Trim(w, ".,:;|")) {
				return false
			}
		case nameParts[strings.Trim(w, ",.")], timestampWords[strings.ToLower(strings.Trim(w, ",."))]:
		case r == '@':
		default:
			return false
		}
	}
	// A full stop ends a sentence unless it belongs to an initial or an abbreviation.
	sentence := len(t) > 4 && t[len(t)-1] == '.' && !strings.ContainsAny(t[len(t)-5:len(t)-1], " .")
	if len(words) == 0 || sentence && len(words) > 3 {
		return false
	}
	return names >= 2 || english && names == 1 && len(words) == 1
}

var (
	rightsStarts = newPrefixSet(origins["rights start"]...)
	sourceStarts = newPrefixSet(origins["source start"]...)
)

// sourceRole returns the role of a line that only says where the text came from.
func sourceRole(t string) role {
	if len(t) > 250 {
		return prose
	}
	s := strings.TrimLeft(t, "([-–—• ")
	switch {
	case sourceStarts.matches(s):
		return sourceLine
	case strings.EqualFold(strings.TrimRight(s, ". "), "source"):
		return sourceLine
	case firstPublisher(s) != "":
		return sourceLine
	case hasPrefixFold(s, "via ") || hasPrefixFold(s, "via: ") || hasPrefixFold(s, "h/t ") || hasPrefixFold(s, "hat tip"):
		return roleIf(countWords(t) <= 8 && !endsSentence(t), viaLine)
	}
	return prose
}

func nameSet(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}

// captions are the word lists of isCaption.
var captions = words.Lists("captions.txt")

// agencies are the names with which photographs and texts are signed, in lower case. They are used where no Outlets is given,
// and only if no other word is next to the name.
var agencies = nameSet(captions["agency"]...)

func isAgency(name string) bool {
	return len(name) < 40 && agencies[strings.ToLower(strings.Trim(name, " .,"))]
}

var captionStarts = newPrefixSet(captions["start"]...)

// isCaption reports whether a line describes a picture: it begins by saying so, or it ends with a photographer's credit.
func isCaption(t string) bool {
	if len(t) < 600 && captionStarts.matches(strings.TrimLeft(t, "([ ")) {
		return true
	}
	if (hasPrefixFold(t, "this ") || hasPrefixFold(t, "in this ")) && describesPhoto(t) {
		return true
	}
	for _, tail := range [...]string{" hide caption", " toggle caption"} {
		if strings.HasSuffix(t, tail) {
			return true
		}
	}
	return endsInCredit(t)
}

// describesPhoto reports whether a line begins as captions of the Associated Press do: "This June 2014 file photo provided by A
// shows".
func describesPhoto(t string) bool {
	at := strings.Index(t[:min(len(t), 80)], " photo")
	if at < 0 || len(t) > 800 {
		return false
	}
	rest := t[at+len(" photo"):]
	for _, w := range captions["photo verb"] {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}

func endsInCredit(t string) bool {
	last := t[len(t)-1]
	if last == ')' || last == ']' {
		if i := strings.LastIndexAny(t, "(["); i >= 0 && len(t)-i <= 140 {
			return isCredit(t[i+1 : len(t)-1])
		}
		return false
	}
	if last == '.' || last == '"' || last == '?' || last == '!' {
		return false
	}
	tail := t // the last 90 bytes of t, from the beginning of a word
	if len(t) > 90 {
		_, tail, _ = strings.Cut(t[len(t)-90:], " ")
	}
	if i := strings.LastIndex(tail, "Credit "); i >= 0 && (i == 0 || tail[i-1] == ' ') && isNameList(tail[i+7:], 6) {
		return true
	}
	if strings.Contains(tail, ": ") {
		for _, w := range captions["last credit"] {
			if i := strings.LastIndex(tail, w); i >= 0 && !endsSentence(tail[i:]) && countWords(tail[i:]) <= 8 {
				return true
			}
		}
	}
	for _, s := range captions["credit end"] {
		if strings.HasSuffix(tail, s) {
			return true
		}
	}
	return slashCredit(tail) || datedCredit(tail)
}

// isCredit reports whether the bracketed words at a caption's end are a credit: "AP Photo/Jane Doe", "File photo: Reuters/Jane
// Doe".
func isCredit(s string) bool {
	s = strings.Trim(s, " .")
	low := strings.ToLower(s)
	for _, w := range captions["credit holds"] {
		if strings.Contains(low, w) {
			return true
		}
	}
	for _, w := range captions["credit start"] {
		if strings.HasPrefix(low, w) {
			return true
		}
	}
	left, right, ok := strings.Cut(s, "/")
	return ok && isAgency(left) && isNameList(right, 5) && (countWords(right) >= 2 || strings.ToUpper(left) == left)
}

// slashCredit reports whether a line ends with "REUTERS/Jane Doe", "Jane Doe/Getty Images" or "Jane Doe / The Daily Planet".
func slashCredit(tail string) bool {
	i := strings.LastIndexByte(tail, '/')
	if i <= 0 || strings.Contains(tail, "://") || strings.HasSuffix(tail[:i], "/") {
		return false
	}
	left, right := strings.TrimSpace(tail[:i]), strings.TrimSpace(tail[i+1:])
	if !isNameList(right, 5) {
		return false
	}
	word := left[strings.LastIndexByte(left, ' ')+1:]
	if isAgency(word) {
		return countWords(right) >= 2 || strings.ToUpper(word) == word
	}
	words, capitals := strings.Fields(left), 0
	for w := range strings.FieldsSeq(right) {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
			capitals++
		}
	}
	if len(words) < 2 || !isAgency(right) && capitals < 2 {
		return false
	}
	return isNameList(strings.Join(words[len(words)-2:], " "), 2)
}

// datedCredit reports whether a line ends with a credit such as "(Dec. 8) AP", as captions of videos do.
func datedCredit(tail string) bool {
	i := strings.LastIndex(tail, ") ")
	if i < 0 || !isAllCaps(tail[i+2:]) {
		return false
	}
	j := strings.LastIndexByte(tail[:i], '(')
	return j >= 0 && isTimestamp(tail[j+1:i])
}

// isAllCaps reports whether s is a few words in capitals, as an outlet signs.
func isAllCaps(s string) bool {
	if s == "" || len(s) > 30 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsUpper(r) && r != ' ' && r != '&' }) < 0
}

// isNameList reports whether s has 1 to most words, each with a capital or the dots of an abbreviation.
func isNameList(s string, most int) bool {
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > most {
		return false
	}
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(r) && w != "for" && w != "de" && w != "via" && w != "of" && w != "/" {
			return false
		}
	}
	return true
}
