package parse

import (
	"strings"

	"headwater/internal/news"
)

const (
	maxItemText = 1 << 20 // bytes of an item's summary, and of its content
	maxField    = 1 << 14 // bytes of a title, id, name or address
	maxList     = 500     // authors, categories, enclosures and links of an item, each
)

// shorten holds entries to the limits, and says whether a text or title had to be cut for it.
func shorten(entries []news.Entry) (cut bool) {
	for i := range entries {
		e := &entries[i]
		cut = cut || len(e.Summary) > maxItemText || len(e.Content) > maxItemText || len(e.Title) > maxField
		e.Summary, e.Content = cutAt(e.Summary, maxItemText), cutAt(e.Content, maxItemText)
		for _, s := range []*string{&e.Title, &e.GUID, &e.Rights, &e.Source.Title} {
			*s = cutAt(*s, maxField)
		}
		e.Authors, e.Categories = shortList(e.Authors), shortList(e.Categories)
		e.Enclosures = e.Enclosures[:min(len(e.Enclosures), maxList)]
		for i := range e.Enclosures {
			e.Enclosures[i].Title = cutAt(e.Enclosures[i].Title, maxField)
		}
		e.Links = e.Links[:min(len(e.Links), maxList)]
	}
	return cut
}

func shortList(all []string) []string {
	all = all[:min(len(all), maxList)]
	for i, s := range all {
		all[i] = cutAt(s, maxField)
	}
	return all
}

// cutAt cuts a text at a whole character. The copy does not hold the long one in memory.
func cutAt(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(strings.Clone(text[:limit]), "")
}
