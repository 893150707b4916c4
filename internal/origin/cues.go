package origin

import (
	"slices"
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
)

// cue is a turn of phrase around an outlet's name that credits it. Before and after are lower case; one of them must
// stand directly next to the name, but for the words of fillers. Near must stand somewhere before it in the sentence.
type cue struct {
	kind          news.ClaimKind
	before, after string
	near          string
	order         int
}

// cueWords are the cues by kind, in the languages of the feeds that we list: what stands before a name, parted by
// commas, and what stands after it. The kinds are tried in this order, and the first that fits names the claim.
var cueWords = []struct {
	kind          news.ClaimKind
	before, after string
}{
	{
		news.ClaimScoop,
		`first reported by, first revealed by, was first to report, broken by, story was broken by,
		adelantó, según adelantó, como adelantó, ha adelantado, avanzó,
		révélé par, révélée par, révélés par, a révélé, comme l'a révélé,
		zuerst berichtete, zuerst hatte, zuerst berichteten, zuerst hatten,
		anticipato da, primeiro por, publicada primeiro por, publicado primeiro por, publicada primeiro, publicado primeiro, revelado por, revelada por,
		als eerste gemeld door, первым сообщил, первыми сообщили, первой сообщила`,
		`first reported, was first to report, was the first to report, were first to report, first broke, broke the story, broke the news,
		adelantó, a révélé, hatte zuerst berichtet, berichtete zuerst, 最先报道, 率先报道, 가 처음 보도, 이 처음 보도`,
	},
	{
		news.ClaimSource,
		`originally appeared on, originally appeared in, originally published by, originally published on, originally published in,
		first appeared in, first appeared on, first published by, first published in, first published on, republished from, reprinted from,
		original source:, source:, via:, fuente:, fuente original:, quelle:, source :, fonte:, bron:, источник:, 来源：, 来源:, 來源：, 出典：, 出典:, 출처:, المصدر:,
		publicado originalmente en, publicado originalmente em, publicado originalmente por, publié à l'origine par, erschien zuerst in,
		erschien zuerst bei, pubblicato originariamente su`,
		``,
	},
	{
		news.ClaimReport,
		`according to reporting by, according to reporting from, according to a report by, according to a report from,
		according to a report in, according to, citing, reported by, reports by, a report by, a report from, a report in, report published by,
		report published in, reports in, as reported in, reported in, an investigation by, obtained by, seen by, reviewed by, cited by, quoted by,
		según informó, según informa, según ha informado, según publica, según publicó, según, informó, informa, ha informado, publicó, publica, citando a, citado por,
		de acuerdo con, de acuerdo a, reportó, señaló, recogida por, recogido por,
		selon, d'après, rapporte, rapporté par, comme l'a rapporté, a rapporté, a indiqué, a annoncé, indique, cité par, citée par, révèle, écrit,
		laut, nach informationen, nach angaben, wie, das berichtet, das berichtete, berichtet, berichtete, berichten, meldet, meldete, schreibt, schrieb,
		unter berufung auf, nach einem bericht, einem bericht, zufolge berichtete,
		secondo, secondo quanto riportato da, riporta, come riporta, come riportato da, scrive, riferisce, come riferisce, citato da, stando a,
		segundo, conforme, de acordo com, informou, noticiou, publicou, divulgou, revelou, citando,
		volgens, meldt, meldde, bericht, schrijft, aldus,
		сообщает, сообщил, сообщила, сообщило, сообщили, передает, передаёт, пишет, по данным, по информации, со ссылкой на, как сообщает, информирует,
		据, 據, 援引, 引述, 引用,
		قالت, ذكرت, نقلت, أفادت, بحسب, وفقا ل, وفق, نقلا عن, حسب`,
		`reported, reports, has reported, had reported, is reporting, was reporting, points out, pointed out, revealed, wrote, writes, said in a report,
		noted, notes, informó, informa, publicó, reportó, señaló, berichtet, berichtete, hat berichtet, hatte berichtet, meldet, schreibt, zufolge,
		rapporte, a rapporté, écrit, indique, affirme, riporta, scrive, ha riportato, informou, noticiou, publicou, divulgou, meldt, schrijft,
		が報じた, は報じた, が報じて, が報道, が伝えた, は伝えた, が伝えて, によると, によれば, の報道, が明らかに, などが報じた, 電によると,
		报道, 報道, 报导, 報導, 消息, 援引, 引述, 에 따르면, 에 의하면, 가 보도, 이 보도, 는 보도, 은 보도, 보도에, 가 전했, 이 전했,
		के अनुसार, ने बताया, रिपोर्ट`,
	},
	{
		news.ClaimTold,
		`told, in an interview with, interviewed by, speaking to, spoke to, said to, in a statement to, dijo a, declaró a, ha declarado a, explicó a, contó a,
		en declaraciones a, en una entrevista con, a déclaré à, déclaré à, confié à, indiqué à, a expliqué à, dans un entretien à, dans une interview à,
		disse a, disse à, disse ao, afirmou à, afirmou ao, em entrevista à, em entrevista ao, in un'intervista a, ha detto a, in einem interview mit,
		im interview mit, im gespräch mit, vertelt aan, zei tegen, в интервью, рассказал, рассказала, заявил, заявила, сказал, сказала`,
		`に語った, に話した, に述べた, 에 말했, 에 밝혔`,
	},
	{news.ClaimPart, ``, `contributed to this, contributed reporting, staff contributed, contribuyó a`},
}

// nearWords are verbs that somebody stands behind before the outlet that they speak to: "sagte der Minister der dpa".
var nearWords = []cue{
	{kind: news.ClaimTold, near: "sagte ", before: " der"},
	{kind: news.ClaimTold, near: "sagte ", before: " dem"},
	{kind: news.ClaimTold, near: "déclaré ", before: " à l"},
	{kind: news.ClaimTold, near: "déclaré ", before: " à"},
	{kind: news.ClaimTold, near: "déclaré ", before: " au"},
	{kind: news.ClaimTold, near: "expliqué ", before: " à"},
	{kind: news.ClaimTold, near: "confié ", before: " à l"},
	{kind: news.ClaimTold, near: "indiqué ", before: " à l"},
	{kind: news.ClaimTold, near: "ha detto ", before: " all"},
	{kind: news.ClaimTold, near: "ha detto ", before: " al"},
	{kind: news.ClaimTold, near: "ha dichiarato ", before: " all"},
	{kind: news.ClaimTold, near: "ha spiegato ", before: " all"},
	{kind: news.ClaimTold, near: "сказал", before: ""},
	{kind: news.ClaimTold, near: "рассказал", before: ""},
	{kind: news.ClaimTold, near: "заявил", before: ""},
}

// nothing are turns of phrase around a name that credit nobody.
var nothing = cuesOf("", `declined to comment to, did not respond to, not independently verified by, not first reported by, not been verified by,
	contrary to, contrary to a claim by, contrary to a report by, contrary to reports in, contrary to reports by, contrary to published reports in, photo by, image:, photo:, foto:, picture:, video:, graphic:`,
	`could not, couldn't, was unable to, was not able to, were unable to, did not, didn't, has not, have not, had not, was not able, is not responsible,
	no pudo, n'a pas pu, konnte nicht, non ha potuto, não conseguiu, не смог, 无法`)

// fillers may stand between a cue and a name: articles and what kind of outlet it is.
var fillers = strings.Fields(`the newspaper magazine agency broadcaster daily weekly
	el la los diario periódico agencia agencia-de-noticias revista cadena semanario
	le les l quotidien journal agence hebdomadaire
	der die das dem den des zeitung zeitschrift magazin nachrichtenmagazin nachrichtenagentur agentur sender tageszeitung
	il lo i quotidiano giornale agenzia l'agenzia
	o a os pela pelo jornal agência
	de het krant persbureau dagblad
	агентство агентства агентству газета газете газету издание издания телеканал телеканалу
	وكالة صحيفة قناة`)

// cueIndex finds the cues by the last letter of what stands before a name, and the first of what stands after it.
type cueIndex struct {
	before, after map[rune][]cue
}

var (
	credits = indexCues(allCues())
	denials = indexCues(nothing)
)

func allCues() []cue {
	var all []cue
	for _, w := range cueWords {
		all = append(all, cuesOf(w.kind, w.before, w.after)...)
	}
	return append(all, nearWords...)
}

func cuesOf(kind news.ClaimKind, before, after string) []cue {
	var all []cue
	for i, list := range []string{before, after} {
		for _, words := range strings.Split(list, ",") {
			words = strings.Join(strings.Fields(words), " ")
			switch {
			case words == "":
			case i == 0:
				all = append(all, cue{kind: kind, before: words})
			default:
				all = append(all, cue{kind: kind, after: words})
			}
		}
	}
	return all
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

// find gives the first cue that fits, of several forms of what stands before a name.
func (x cueIndex) find(befores []string, after string) (cue, bool) {
	best, ok := cue{}, false
	keep := func(qs []cue, before string) {
		for _, q := range qs {
			if (!ok || q.order < best.order) && q.fits(before, after) {
				best, ok = q, true
			}
		}
	}
	for _, before := range befores {
		if before != "" {
			r, _ := utf8.DecodeLastRuneInString(before)
			keep(x.before[r], before)
			keep(x.before[0], before)
		}
	}
	r, _ := utf8.DecodeRuneInString(after)
	keep(x.after[r], befores[0])
	return best, ok
}

// wholeReport says whether the words credit the report as such and not a statement within it.
func (q cue) wholeReport() bool {
	return strings.HasPrefix(q.before, "according to reporting ") || strings.HasPrefix(q.before, "according to a report ")
}

func (q cue) fits(before, after string) bool {
	if q.near != "" {
		head, ok := strings.CutSuffix(before, q.before)
		return ok && strings.Contains(head, q.near)
	}
	if q.before != "" {
		head, ok := strings.CutSuffix(before, q.before)
		return ok && wordEnd(head)
	}
	tail, ok := strings.CutPrefix(after, q.after)
	return ok && wordStart(tail)
}

// kinds are nouns that make of "a Herald poll" something that the outlet had a part in, and of "a Boston newspaper" one without
// a name.
var kinds = strings.Fields(`poll survey forum conference event panel transcript copy newspaper magazine paper website blog broadcaster station`)

// ofAKind says that a name between "a" and such a noun credits nobody.
func ofAKind(before, after string) bool {
	if !indefinite(before) {
		return false
	}
	if after != "" && strings.ContainsRune("-/–", rune(after[0])) {
		return true
	}
	after = strings.TrimLeft(after, " ")
	return slices.ContainsFunc(kinds, func(k string) bool {
		rest, ok := strings.CutPrefix(after, k)
		return ok && wordStart(rest)
	})
}

func indefinite(before string) bool {
	return strings.HasSuffix(before, " a") || strings.HasSuffix(before, " an")
}

// someOf says that a mention which ends in such a noun is one of many: "a Springfield newspaper".
func someOf(text string, whole news.Span) bool {
	words := strings.Fields(text[whole.Start:whole.End])
	return len(words) > 1 && slices.Contains(kinds, words[len(words)-1]) && indefinite(strings.TrimRight(text[:whole.Start], " "))
}

const quoteMarks = " \t\n\"“”„‟'’‘«»‹›「『《（("

// leadIns gives what stands before a name in lower case, and the same without one to three fillers.
func leadIns(before string) []string {
	before = strings.TrimRight(strings.ToLower(before), quoteMarks)
	before = strings.ReplaceAll(before, "’", "'")
	all := []string{before}
	for range 3 {
		head, ok := withoutFiller(before)
		if !ok {
			break
		}
		before = head
		all = append(all, before)
	}
	return all
}

func withoutFiller(before string) (string, bool) {
	i := strings.LastIndexAny(before, " '")
	last := before[i+1:]
	for _, w := range fillers {
		if last == w {
			return strings.TrimRight(before[:max(i, 0)], quoteMarks), true
		}
	}
	return before, false
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
