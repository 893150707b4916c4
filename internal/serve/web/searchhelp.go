package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	texts "headwater/internal/text"
)

// helpLine is a line of the help beside a search: a way to search, and what it finds.
type helpLine struct {
	Examples []helpExample
	Finds    string
}

// helpExample is a search that can be tried.
type helpExample struct {
	Query, URL string
}

// help shows how to search, by examples of the archive's own: words, outlet and day of an article that a search has found, or of
// the newest story where it has found none.
func (s *server) help(ctx context.Context, a news.Article, l *locale.Locale) ([]helpLine, error) {
	if a.ID == 0 {
		stories, err := s.backend.Stories(ctx, news.StoryList{Limit: 1, Newest: true})
		if err != nil {
			return nil, fmt.Errorf("newest story: %w", err)
		}
		if len(stories) > 0 && len(stories[0].Members) > 0 {
			a = stories[0].Current().Article
		}
	}
	return helpOf(a, l), nil
}

// helpOf takes examples from an article. Those that it has nothing for are of no article.
func helpOf(a news.Article, l *locale.Locale) []helpLine {
	first, second := l.Text("harbour"), l.Text("ferry")
	if words := plainWords(a.Title); len(words) > 1 {
		first, second = words[0], words[1]
	}
	day, lang := "2026-08-18", l.Tag
	if !a.Undated && !a.Time().IsZero() {
		day = a.Time().UTC().Format("2006-01-02")
	}
	if a.Lang != "" {
		lang = strings.ToLower(a.Lang)
	}
	outlet, name := "reuters.com", "Reuters"
	if a.Outlet.Key() != "" {
		outlet, name = a.Outlet.Domain, publish.Name(a.Outlet)
	}
	if outlet == "" {
		outlet = `"` + publish.Line(strings.ReplaceAll(name, `"`, " ")) + `"`
	}
	lines := []helpLine{
		{examples(first + " " + second), l.Text("both words, in any order; case, accents and endings make no difference")},
		{examples(`"` + first + " " + second + `"`), l.Text("the words in a row, as they are")},
		{examples(first+" OR "+second, "("+first+" OR "+second+") lang:"+lang), l.Text("either word; parentheses keep parts together")},
		{examples(first + " -" + l.Text("opinion|word to search without")), l.Text("without a word")},
	}
	if begins, ok := beginning(first); ok {
		lines = append(lines, helpLine{examples(begins+"*", first+"~"), l.Text("words that begin so; words that differ in a letter (~2: in two)")})
	}
	return append(lines, []helpLine{
		{examples("title:"+first, "text:"+second), l.Text("in the headline; in the text below it")},
		{examples("outlet:"+outlet, "source:"+outlet), l.Text("published by %s; published by it or crediting it", name)},
		{examples("origin:"+outlet, "is:original"), l.Text("of a story that goes back to %s; what others took their stories from (is:copy, is:rewrite and is:excerpt find those)", name)},
		{examples("outlets:>=2", "copies:>1", "independent:>1"), l.Text("stories in at least two outlets; with more than one copy; of events that more than one story tells independently")},
		{examples("lang:" + lang), l.Text("in a language, by its two letters")},
		{examples("since:24h", "since:7d"), l.Text("of the last minutes (m), hours (h), days (d) or weeks (w)")},
		{examples("date:"+day, "date:"+day[:7], "after:"+day, "before:"+day), l.Text("of a day in UTC, or a month; from a day on; before a day. date:2026-08-18..2026-08-20 is three days")},
		{examples("author:lee", "tag:travel", "url:2026", "feed:1"), l.Text("among the writers; in a category; in the address; of a feed, by its number, name or domain")},
		{examples("C#", ".NET", "AT&T", "#tag", "50%"), l.Text("only what is written with the same signs; a word without signs finds both")},
		{examples(`"US"`), l.Text("two to five capitals in quotation marks find US and U.S., and not us")},
	}...)
}

func examples(queries ...string) (all []helpExample) {
	for _, q := range queries {
		all = append(all, helpExample{q, "/search?q=" + url.QueryEscape(q)})
	}
	return all
}

// plainWords are the first two words of a headline that stand in a row and have letters alone, or nil. Words that
// mean something in a query are not plain.
func plainWords(title string) []string {
	var row []string
	for word := range strings.FieldsSeq(publish.Line(title)) {
		word = strings.TrimFunc(word, unicode.IsPunct)
		plain := utf8.RuneCountInString(word) >= 4 && utf8.RuneCountInString(word) <= 24 && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
		if !plain {
			row = nil
			continue
		}
		if row = append(row, strings.ToLower(word)); len(row) == 2 {
			return row
		}
	}
	return nil
}

// beginning is the first letters of a word, where words of its script can be asked for by them.
func beginning(word string) (string, bool) {
	runes := []rune(word)
	return string(runes[:min(len(runes), 4)]), len(runes) >= 4 && !texts.ScriptOf(runes[0]).Unbounded()
}
