package front

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/prints"
	"headwater/internal/text"
)

// Text is what an article tells in few words.
type Text struct {
	Print  prints.Print // of title and summary
	Fit    float64      // 0 to 1: how well its headline stands for what is told
	Market bool         // its headline tells how a market moves

	title string     // in small letters
	shows string     // of a programme: title without the words that say so; else ""
	parts [][]uint32 // the words of the parts of a headline that a comma or a semicolon parts; nil for one part
}

// The fitness of headlines.
const (
	fitReport  = 1
	fitComment = .3
	fitShell   = .01
)

// Texts reads articles without their bodies. An advertisement has the fitness 0.
func Texts(articles []news.Article) map[int64]Text {
	texts, shown := make(map[int64]Text, len(articles)), map[string]bool{}
	for _, a := range articles {
		t := textOf(a)
		texts[a.ID] = t
		if t.shows != "" {
			shown[t.shows] = true
		}
	}
	for id, t := range texts { // another listing of a programme has its headline without the words that say so
		if shown[t.title] {
			t.Fit = min(t.Fit, fitShell)
			texts[id] = t
		}
	}
	return texts
}

func textOf(a news.Article) Text {
	lower := strings.ToLower(strings.TrimSpace(a.Headline()))
	t := Text{Print: prints.Make(news.Article{Lang: a.Lang, Summary: a.Summary}, a.Title), Fit: fitReport, title: lower}
	holds := func(section string, in func(s, phrase string) bool) bool {
		return slices.ContainsFunc(leads[section], func(phrase string) bool { return in(lower, phrase) })
	}
	switch {
	case a.Promotional():
		t.Fit = 0
	case a.Roundup, lower == "", group.Recurring(a.Title),
		holds("shell holds", strings.Contains), holds("shell start", strings.HasPrefix), holds("shell end", strings.HasSuffix):
		t.Fit = fitShell
	case strings.TrimSpace(a.Title) == "", // its headline is the opening words of a post
		strings.HasSuffix(lower, "?"), strings.HasSuffix(lower, "？"), strings.HasSuffix(lower, "؟"), strings.HasPrefix(lower, "¿"),
		holds("comment start", strings.HasPrefix), holds("comment holds", strings.Contains):
		t.Fit = fitComment
	}
	if t.Fit == fitShell {
		for _, phrase := range leads["shell start"] {
			if rest, ok := strings.CutPrefix(lower, phrase); ok {
				t.shows = rest
			}
		}
	}
	t.Market, t.parts = isMarketReport(lower), partsOf(a)
	return t
}

const (
	marketOpening  = 4  // words of a headline, with one of which the name of a market begins,
	marketUnspaced = 16 // or characters where words are not parted by spaces
	moveWithin     = 3  // words behind the name, of which one says how the market moves,
	moveUnspaced   = 12 // or characters
)

// markets are the names of markets, and marketMoves the words that say how they move. Those of scripts without spaces are apart.
var (
	markets, marketsUnspaced, marketWords = namesOf("market")
	marketMoves, movesUnspaced, _         = namesOf("market moves")
)

// namesOf returns the phrases of a section, those of scripts without spaces apart, and the most words that one of the first has.
func namesOf(section string) (spaced map[string]bool, unspaced []string, most int) {
	spaced = map[string]bool{}
	for _, name := range leads[section] {
		if first, _ := utf8.DecodeRuneInString(name); text.ScriptOf(first).Unspaced() {
			unspaced = append(unspaced, name)
			continue
		}
		spaced[name] = true
		most = max(most, strings.Count(name, " ")+1)
	}
	return spaced, unspaced, most
}

// isMarketReport reports whether a headline in small letters begins with how a market moves: "Wall St rises as yields ease".
func isMarketReport(lower string) bool {
	for _, name := range marketsUnspaced {
		before, behind, found := strings.Cut(lower, name)
		moves := firstRunes(behind, moveUnspaced)
		if found && utf8.RuneCountInString(before) <= marketUnspaced && slices.ContainsFunc(movesUnspaced, func(move string) bool { return strings.Contains(moves, move) }) {
			return true
		}
	}
	words := make([]string, 0, marketOpening+marketWords+moveWithin)
	for w := range strings.FieldsFuncSeq(lower, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '&' }) {
		if len(words) == cap(words) {
			break
		}
		words = append(words, w)
	}
	for from := range min(len(words), marketOpening) {
		for to := from + 1; to <= min(len(words), from+marketWords); to++ {
			behind := words[to:min(len(words), to+moveWithin)]
			if markets[strings.Join(words[from:to], " ")] && slices.ContainsFunc(behind, func(w string) bool { return marketMoves[w] }) {
				return true
			}
		}
	}
	return false
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// partsOf returns the stemmed words of the parts of a headline, of those that have several.
func partsOf(a news.Article) (parts [][]uint32) {
	for part := range strings.FieldsFuncSeq(a.Title, func(r rune) bool { return strings.ContainsRune(",;、；،؛|", r) }) {
		if terms := prints.Make(news.Article{Lang: a.Lang}, strings.TrimSpace(part)).Title; len(terms) >= minPartTerms {
			parts = append(parts, terms)
		}
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

// leads are the words of headlines that do not lead.
var leads = words.Lists("leads.txt")

const (
	headlineHalfLife = 12 // hours
	minPartTerms     = 2
)

// Articles returns the articles of an event, by story and time, limit at most.
func (e Event) Articles(limit int) []int64 {
	var ids []int64
	for _, s := range e.Stories {
		for _, m := range s.Members {
			if len(ids) == limit {
				return ids
			}
			ids = append(ids, m.Article)
		}
	}
	return ids
}

// candidates returns the articles that may give an event its headline: those of the outlet that the story goes back to, or the
// first report where there is none.
func (s Story) candidates() (all []Member) {
	for _, m := range s.Members {
		if m.Outlet == s.Origin {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return s.Members[:1]
	}
	return all
}

// What it counts that a headline is in a language of the reader, or in an unknown one: more than all else.
const (
	inLanguage   = 1e3
	maybeInThose = 5e2
)

// Headline returns the article whose headline stands for an event of the page: in a language of the reader, near to what the
// event tells, carried by many, and recent. texts are of its articles. Where the outlets that the stories go back to have none
// in a language of the reader, it is that of another outlet.
func (p Page) Headline(e Event, texts map[int64]Text) int64 {
	words := e.words
	if words == nil {
		words = p.terms.event(e, texts)
	}
	best, most := e.Stories[0].firstReport(), -1.
	weigh := func(s Story, m Member) {
		t, known := texts[m.Article]
		if !known {
			return
		}
		age := max(p.at.Sub(m.Time).Hours(), 0)
		v := s.share * t.Fit * (1 + math.Log2(float64(s.reach))) * max(cosine(p.terms.title(t.Print.Title), words), .01) * math.Exp2(-age/headlineHalfLife)
		switch {
		case !p.by.reads(m.Lang):
		case m.Lang == "":
			v += maybeInThose
		default:
			v += inLanguage
		}
		if v > most {
			best, most = m.Article, v
		}
	}
	for _, s := range e.best() {
		for _, m := range s.candidates() {
			weigh(s, m)
		}
	}
	if most < inLanguage && p.by.Langs != nil {
		for _, s := range e.Stories {
			for _, m := range s.Members {
				if p.by.reads(m.Lang) && texts[m.Article].Fit > fitShell {
					weigh(s, m)
				}
			}
		}
	}
	return best
}
