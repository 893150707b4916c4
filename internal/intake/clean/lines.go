package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lineRole says what a line or short paragraph is by its words: a byline, a caption, a copyright line, a line that
// names the source, or furniture that publishing systems write into the text itself.
func lineRole(t string) role {
	if len(t) > 1200 {
		return prose
	}
	switch {
	case !hasLetterOrDigit(t), isStamp(t), isCounter(t), isMore(t), opensComments(t), opensAuthor(t), isAppeal(t):
		return dropped
	case isCaption(t):
		return captionLine
	case isByline(t), isCrew(t):
		return bylineLine
	case isRights(t):
		return rightsLine
	}
	return sourceRole(t)
}

func hasLetterOrDigit(t string) bool {
	return strings.IndexFunc(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}

// hasFold reports whether t begins with prefix, which is lower-case ASCII, whatever the case.
func hasFold(t, prefix string) bool {
	if len(t) < len(prefix) {
		return false
	}
	if x, y := t[0]|0x20, prefix[0]|0x20; x != y && x < utf8.RuneSelf && y < utf8.RuneSelf {
		return false // as with most
	}
	return strings.EqualFold(t[:len(prefix)], prefix)
}

// starts are ways in which lines begin, in lower case, by their first byte: most lines begin as none of them. Those that do
// not begin with ASCII stand together.
type starts [utf8.RuneSelf + 1][]string

func startsOf(all ...string) *starts {
	var s starts
	for _, p := range all {
		i := startIndex(p)
		s[i] = append(s[i], p)
	}
	return &s
}

func startIndex(t string) byte {
	switch c := t[0]; {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	default:
		return min(c, utf8.RuneSelf)
	}
}

// of reports whether t begins in one of the ways, whatever the case.
func (s *starts) of(t string) bool {
	if t == "" {
		return false
	}
	for _, p := range s[startIndex(t)] {
		if hasFold(t, p) {
			return true
		}
	}
	return false
}

// endsFold reports whether t ends in suffix, which is lower-case ASCII, whatever the case.
func endsFold(t, suffix string) bool {
	return len(t) >= len(suffix) && strings.EqualFold(t[len(t)-len(suffix):], suffix)
}

// containsFold reports whether words stand in t, whatever the case; they are two letters of lower-case ASCII or more.
func containsFold(t, words string) bool {
	for i := 0; i+len(words) <= len(t); i++ {
		if t[i]|0x20 == words[0] && (t[i+1]|0x20 == words[1] || t[i+1] >= utf8.RuneSelf) && strings.EqualFold(t[i:i+len(words)], words) {
			return true
		}
	}
	return false
}

var commentStarts = startsOf(
	"leave a reply", "leave a comment", "cancel reply", "join the conversation",
	"deja una respuesta", "deja un comentario", "laisser un commentaire", "schreibe einen kommentar",
	"lascia un commento", "deixe um comentário", "deixe uma resposta", "コメントを書く", "コメントを残す",
)

// opensComments finds the heading of the form and list of comments, behind which no article goes on.
func opensComments(t string) bool { return len(t) < 120 && commentStarts.of(t) }

var moreStarts = startsOf(
	"continue reading \"", "continue reading “", "related: ", "read more: ", "also read: ",
	"read also: ", "see also: ", "lea también: ", "lire aussi", "lesen sie auch",
)

// isMore finds the ends of excerpts. The whole line must say so, apart from a few words behind it.
func isMore(t string) bool {
	if len(t) > 120 || hasFold(t, "a version of this ") {
		return strings.Contains(t[:min(len(t), 80)], " in print ")
	}
	t = strings.TrimRight(t, " .…»>→›]):")
	t = strings.TrimLeft(t, "[(«→► ")
	if t == "" {
		return true
	}
	switch strings.ToLower(t) {
	case "read more", "more", "continue reading", "keep reading", "read full story", "read the full story", "leer",
		"read full article", "read the full article", "read on", "leer más", "seguir leyendo", "sigue leyendo",
		"lire la suite", "lire plus", "weiterlesen", "mehr lesen", "mehr", "ler mais", "leia mais", "continua a leggere",
		"leggi tutto", "lees meer", "läs mer", "читать далее", "続きを読む", "阅读更多", "閱讀更多", "advertisement",
		"story continues", "story continues below", "article continues below", "share", "comments", "view comments",
		"leave a comment", "cancel reply", "share this", "related", "no comments found", "like this", "like loading", "loading",
		"like this: like loading", "click here to read more", "click here for more", "read more here", "rate this",
		"read the full article here", "read the full story here":
		return true
	}
	return moreStarts.of(t)
}

// isCounter finds "12 comments" and the like.
func isCounter(t string) bool {
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || t[i] == ',') {
		i++
	}
	if i == 0 || len(t) > 40 {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(t[i:])) {
	case "comment", "comments", "share", "shares", "views", "likes", "min read", "minute read", "reactions", "replies",
		"comentarios", "commentaires", "kommentare", "reply", "respuestas":
		return true
	}
	return false
}

var stampWords = wordSet(`jan january feb february mar march apr april may jun june jul july aug august sep sept
	september oct october nov november dec december enero febrero marzo abril mayo junio julio agosto septiembre octubre
	noviembre diciembre janvier février mars avril mai juin juillet août septembre octobre novembre décembre januar
	februar märz juni juli oktober dezember gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
	janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
	mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday lunes martes
	miércoles jueves viernes sábado domingo montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi
	mercredi jeudi vendredi samedi dimanche
	am pm a.m p.m et est edt ct cst cdt mt mst mdt pt pst pdt gmt utc bst cet cest ist jst sgt hkt h uhr
	updated published posted last modified first created on at by de del el le à um den les min mins minute minutes
	read hours hour ago day days hace actualizado publicado aktualisiert veröffentlicht stand publié mis jour a las`)

// isStamp finds lines that only give a date: "Published Aug 19, 2026, 03:06 PM".
func isStamp(t string) bool {
	if len(t) > 140 {
		return false
	}
	digits := false
	for w := range strings.FieldsFuncSeq(t, isStampBreak) {
		w = strings.Trim(w, ".,:;|·•-–—")
		switch {
		case w == "":
		case w[0] >= '0' && w[0] <= '9':
			digits = true
			if !isStampNumber(w) {
				return false
			}
		case !stampWords[strings.ToLower(w)]:
			return isJapaneseStamp(t)
		}
	}
	return digits && !onlyDigits(t)
}

// isStampBreak parts words of a date.
func isStampBreak(r rune) bool {
	return r == ' ' || r == '(' || r == ')' || r == ',' || r == '|' || r == '·'
}

func onlyDigits(t string) bool {
	return strings.IndexFunc(t, unicode.IsLetter) < 0 && !strings.ContainsAny(t, ":/-.")
}

func isStampNumber(w string) bool {
	i := strings.IndexFunc(w, func(r rune) bool { return !(r >= '0' && r <= '9' || strings.ContainsRune(":/-.", r)) })
	if i < 0 {
		return strings.ContainsAny(w, ":/-.") || len(w) <= 4
	}
	switch strings.ToLower(w[i:]) {
	case "am", "pm", "a.m", "p.m", "th", "st", "nd", "rd", "h", "min", "z", "hrs":
		return true
	}
	return len(w) <= 30 && isJapaneseStamp(w)
}

func isJapaneseStamp(t string) bool {
	return strings.IndexFunc(t, func(r rune) bool {
		return !strings.ContainsRune("0123456789０１２３４５６７８９年月日時分前秒更新配信公開午後()（）/:：- 月火水木金土日曜", r)
	}) < 0 && strings.ContainsAny(t, "年月日時分前秒") && strings.ContainsAny(t, "0123456789０１２３４５６７８９")
}

// isCrew finds the lines on who worked on a story: "Reporting by A; editing by B", "C contributed to this report."
func isCrew(t string) bool {
	s := strings.TrimLeft(t, "(-–—[ ")
	if crewStarts.of(s) {
		return len(t) < 500
	}
	if workStarts.of(s) {
		return countWords(t) <= 12
	}
	if len(t) > 500 {
		return false
	}
	end := strings.TrimRight(t, ".) ")
	for _, e := range [...]string{
		"contributed to this report", "contributed to this story", "contributed to this article",
		"contributed reporting",
	} {
		if endsFold(end, e) {
			return true
		}
	}
	return false
}

var crewStarts = startsOf(
	"reporting by ", "additional reporting by ", "editing by ", "writing by ", "with assistance from ",
	"with assistance by ", "con información de ", "reporte de ", "reportage de ", "reportes de ", "con reportes de ",
	"editado por ", "escrito por ", "redigiert von ", "bericht von ", "graphic by ", "graphics by ",
)

var workStarts = startsOf("written by ", "edited by ", "reported by ", "produced by ", "compiled by ")

// isByline finds lines that only name writers: "By Jane Doe and John Roe", "By JANE DOE AUG. 30, 2016".
func isByline(t string) bool {
	if len(t) > 240 {
		return false
	}
	for _, p := range [...]string{"by ", "by: ", "por ", "von ", "par ", "di ", "door ", "av ", "text: ", "words by "} {
		if hasFold(t, p) {
			return namesOnly(t[len(p):], p == "by " || p == "by: ")
		}
	}
	return isDatedName(t)
}

// isDatedName finds "Jane Doe | August 18, 2026 | 3:56 am" and "Reuters London 2 min read Last Updated: Aug 19".
func isDatedName(t string) bool {
	if len(t) > 140 || !strings.ContainsAny(t, "0123456789") || strings.IndexByte(t, '(') >= 0 || !unicode.IsUpper(firstLetter(t)) {
		return false
	}
	words := strings.FieldsFunc(t, isStampBreak)
	n, digits := len(words), false
	for n > 0 {
		w := strings.Trim(words[n-1], ".,:;•-–—")
		number := w != "" && w[0] >= '0' && w[0] <= '9'
		if number && !isStampNumber(w) || !number && w != "" && !stampWords[strings.ToLower(w)] {
			break
		}
		digits = digits || number
		n--
	}
	return digits && n > 0 && n < len(words)-1 && allNames(strings.Join(words[:n], " "), 7)
}

var nameParts = wordSet(`and & of for the in at with y und et e von de van der den del la da di bin al el le to staff
	writer writers reporter reporters correspondent correspondents editor editors updated special contributor senior
	chief bureau political business sports science national | · • - – — / , press`)

// namesOnly reports whether all words are capitalised or what stands between names. Outside English more than one name is
// asked for, as "Por Navidad" is no byline.
func namesOnly(t string, english bool) bool {
	words := strings.Fields(t)
	names := 0
	for i, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		switch {
		case unicode.IsUpper(r):
			names++
		case unicode.IsDigit(r):
			if i == 0 || !isStampNumber(strings.Trim(w, ".,:;|")) {
				return false
			}
		case nameParts[strings.Trim(w, ",.")], stampWords[strings.ToLower(strings.Trim(w, ",."))]:
		case r == '@':
		default:
			return false
		}
	}
	if len(words) == 0 || endsLikeSentence(t) && len(words) > 3 {
		return false
	}
	return names >= 2 || english && names == 1 && len(words) == 1
}

// endsLikeSentence reports whether a full stop ends the line that is no initial's or abbreviation's.
func endsLikeSentence(t string) bool {
	return len(t) > 4 && t[len(t)-1] == '.' && strings.IndexByte(t[len(t)-5:len(t)-1], ' ') < 0 &&
		strings.IndexByte(t[len(t)-5:len(t)-1], '.') < 0
}

var rightsStarts = startsOf(
	"©", "(c) copyright", "c) copyright", "(c) 2", "c) 2", "copyright ©", "copyright (c)",
	"copyright 2", "copyright 1", "todos los derechos", "tous droits réservés", "alle rechte vorbehalten",
	"todos os direitos", "all rights reserved", "無断転載", "Ⓒ", "ⓒ",
)

func isRights(t string) bool {
	if len(t) > 500 {
		return false
	}
	return rightsStarts.of(strings.TrimLeft(t, "([ ")) || containsFold(t, "all rights reserved") || strings.Contains(t, "無断転載")
}

var sourceStarts = startsOf(
	"original source", "source:", "source :", "sources:", "originally published",
	"originally appeared", "this article originally", "this story originally", "this post originally",
	"this article was originally", "this story was originally", "this post was originally", "first published on ", "first published by ", "first published at ",
	"this article first appeared", "this story first appeared", "read the original", "read original",
	"view original", "fuente:", "fuentes:", "quelle:", "quellen:", "fonte:", "bron:", "källa:", "kilde:", "源:",
	"出典", "来源", "來源", "ソース:", "ソース：", "источник:", "source link", "this article was produced by",
	"republished from", "republished with permission", "reposted from", "syndicated from",
	"click for more from ", "click here for more from ", "read more at ", "read more from ", "a version of this ",
)

// sourceRole finds lines that only say where the text came from.
func sourceRole(t string) role {
	if len(t) > 250 {
		return prose
	}
	s := strings.TrimLeft(t, "([-–—• ")
	switch {
	case sourceStarts.of(s):
		return sourceLine
	case strings.EqualFold(strings.TrimRight(s, ". "), "source"):
		return sourceLine
	case firstOn(s) != "":
		return sourceLine
	case hasFold(s, "via ") || hasFold(s, "via: ") || hasFold(s, "h/t ") || hasFold(s, "hat tip"):
		return roleIf(countWords(t) <= 8 && !endsSentence(t), viaLine)
	}
	return prose
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
