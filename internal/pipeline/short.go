package pipeline

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"headwater/feeds/words"
	"headwater/internal/news"
	"headwater/internal/text"
)

const (
	wholeWords = 100 // as many as a text that is no summary has
	moreWords  = 60  // that a page has to add
	ownShare   = .7  // of an item's own words that its page must hold
	wallTail   = 400 // bytes at a text's end in which a wall is looked for
)

// cutShort says how texts end that go on elsewhere, and what pages say where the rest is for others.
var cutShort = words.Lists("fulltext.txt")

// saysMore says whether an item says itself that it goes on elsewhere.
func saysMore(a news.Article) bool {
	for _, t := range []string{a.Body(), plain(a.HTML)} {
		t = strings.ToLower(strings.TrimRight(t, " \t\n\u00a0»→›>"))
		for _, e := range cutShort["ending"] {
			if strings.HasSuffix(t, e) || strings.HasSuffix(t, e+".") {
				return true
			}
		}
	}
	return false
}

// plain is the text of HTML as it stands, with nothing taken out.
func plain(fragment string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Text())
		}
	}
}

func isWhole(a news.Article) bool { return len(wordsOf(a.Body())) >= wholeWords }

// rejectPage says why a page's text is not to take the place of the item's, "" where it is better. A page that asks for
// consent, a login or money holds few of the item's own words, or adds next to nothing to them.
func rejectPage(item, whole news.Article) string {
	own, there := wordsOf(item.Body()), wordsOf(whole.Text)
	if len(there) < len(own)+moreWords {
		return "it adds next to nothing"
	}
	known := map[string]bool{}
	for _, w := range there {
		known[w] = true
	}
	if len(own) < 8 {
		own = append(own, wordsOf(item.Title)...)
	}
	held := 0
	for _, w := range own {
		if known[w] {
			held++
		}
	}
	if float64(held) < ownShare*float64(len(own)) {
		return "it holds few of the item's own words"
	}
	tail := strings.ToLower(whole.Text[max(0, len(whole.Text)-wallTail):])
	for _, w := range cutShort["wall"] {
		if strings.Contains(tail, w) {
			return "it ends at a wall"
		}
	}
	return ""
}

// wordsOf are the words of a text in lower case; in scripts without spaces, runs of two characters.
func wordsOf(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		runes := []rune(w)
		if len(runes) < 3 || !text.ScriptOf(runes[0]).Unspaced() {
			out = append(out, w)
			continue
		}
		for i := range len(runes) - 1 {
			out = append(out, string(runes[i:i+2]))
		}
	}
	return out
}
