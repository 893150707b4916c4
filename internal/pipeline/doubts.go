package pipeline

import (
	"fmt"

	"headwater/internal/news"
	"headwater/internal/store"
)

// doubts returns, for each item of a document, the reasons in words why it may not be recognised at the next poll.
func doubts(articles []news.Article) [][]string {
	repeated := repeats(articles)
	ids := countBy(articles, repeated, func(a news.Article) string { return a.GUID })
	addresses := countBy(articles, repeated, func(a news.Article) string { return a.URL })
	all := make([][]string, len(articles))
	for i, a := range articles {
		if repeated[i] {
			all[i] = []string{"is an item before it, listed twice; one of them is kept"}
			continue
		}
		add := func(format string, args ...any) { all[i] = append(all[i], fmt.Sprintf(format, args...)) }
		known := "it is known by title, text and date"
		if a.Keys.Address != "" && addresses[a.URL] == 1 {
			known = "it is known by its address"
		}
		switch n := ids[a.GUID]; {
		case a.GUID == "":
			add("has no id; %s", known)
		case n == 2:
			add("shares its id %q with another item; both are kept, and %s", clip(a.GUID), known)
		case n > 2:
			add("shares its id %q with %d other items; all are kept, and %s", clip(a.GUID), n-1, known)
		}
		switch n := addresses[a.URL]; {
		case a.URL == "":
		case n == 2:
			add("links to the same page as another item, which does not make them one story")
		case n > 2:
			add("links to the same page as %d other items, which does not make them one story", n-1)
		}
		if a.Published.IsZero() {
			add("has no date")
		}
	}
	return all
}

// sharedIDs describes how many items of a document share their ids with other items, or returns "" for none. An item that
// is listed twice counts once.
func sharedIDs(articles []news.Article) string {
	shared, of := 0, 0
	for id, n := range countBy(articles, repeats(articles), func(a news.Article) string { return a.GUID }) {
		if id != "" && n > 1 {
			shared, of = shared+n, of+1
		}
	}
	switch {
	case shared == 0:
		return ""
	case shared == 2:
		return "two items share an id; both are kept"
	case of == 1:
		return fmt.Sprintf("%d items share an id; all are kept", shared)
	}
	return fmt.Sprintf("%d items share %d ids; all are kept", shared, of)
}

// repeats returns which items of a document are listed a second time. The store keeps such an item once.
func repeats(articles []news.Article) []bool {
	listed, repeated := map[string]bool{}, make([]bool, len(articles))
	for i, a := range articles {
		whole := store.Whole(a)
		repeated[i], listed[whole] = listed[whole], true
	}
	return repeated
}

// countBy counts the articles that are not repeated, by one of their values.
func countBy(articles []news.Article, repeated []bool, value func(news.Article) string) map[string]int {
	n := map[string]int{}
	for i, a := range articles {
		if !repeated[i] {
			n[value(a)]++
		}
	}
	return n
}

// clip shortens an id to fit on a line.
func clip(id string) string {
	if runes := []rune(id); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return id
}
