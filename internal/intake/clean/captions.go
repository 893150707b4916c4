package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// captions are what captions are told by.
var captions = words.Lists("captions.txt")

// agencies are names that sign photographs and texts, in lower case. They serve where no Outlets is given, and only
// where nothing else stands beside them.
var agencies = nameSet(captions["agency"]...)

func isAgency(name string) bool {
	return len(name) < 40 && agencies[strings.ToLower(strings.Trim(name, " .,"))]
}

var captionStarts = startsOf(captions["start"]...)

// isCaption finds lines that describe a picture: they begin by saying so, or end in a photographer's credit.
func isCaption(t string) bool {
	if len(t) < 600 && captionStarts.of(strings.TrimLeft(t, "([ ")) {
		return true
	}
	if (hasFold(t, "this ") || hasFold(t, "in this ")) && describesPhoto(t) {
		return true
	}
	for _, tail := range [...]string{" hide caption", " toggle caption"} {
		if strings.HasSuffix(t, tail) {
			return true
		}
	}
	return endsInCredit(t)
}

// describesPhoto finds "This June 2014 file photo provided by A shows", as the Associated Press begins its captions.
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
	tail := t // its last 90 bytes, from a word's beginning
	if len(t) > 90 {
		_, tail, _ = strings.Cut(t[len(t)-90:], " ")
	}
	if i := strings.LastIndex(tail, "Credit "); i >= 0 && (i == 0 || tail[i-1] == ' ') && allNames(tail[i+7:], 6) {
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

// isCredit reads the words in brackets at a caption's end: "AP Photo/Jane Doe", "File photo: Reuters/Jane Doe".
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
	return ok && isAgency(left) && allNames(right, 5) && (countWords(right) >= 2 || strings.ToUpper(left) == left)
}

// slashCredit finds "REUTERS/Jane Doe", "Jane Doe/Getty Images" and "Jane Doe / The Daily Planet" at a line's end.
func slashCredit(tail string) bool {
	i := strings.LastIndexByte(tail, '/')
	if i <= 0 || strings.Contains(tail, "://") || strings.HasSuffix(tail[:i], "/") {
		return false
	}
	left, right := strings.TrimSpace(tail[:i]), strings.TrimSpace(tail[i+1:])
	if !allNames(right, 5) {
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
	return allNames(strings.Join(words[len(words)-2:], " "), 2)
}

// datedCredit finds "(Dec. 8) AP" at the end of a video's caption.
func datedCredit(tail string) bool {
	i := strings.LastIndex(tail, ") ")
	if i < 0 || !isShout(tail[i+2:]) {
		return false
	}
	j := strings.LastIndexByte(tail[:i], '(')
	return j >= 0 && isStamp(tail[j+1:i])
}

// isShout reports whether a few words are all capitals, as an outlet signs.
func isShout(s string) bool {
	if s == "" || len(s) > 30 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsUpper(r) && r != ' ' && r != '&' }) < 0
}

// allNames reports whether s is one to most words, each with a capital or an abbreviation's dots.
func allNames(s string, most int) bool {
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
