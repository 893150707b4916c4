package origin

import (
	"slices"
	"strings"

	"headwater/internal/news"
)

// tails are what aggregators put between a headline and the outlet whose it is.
var tails = [...]string{" - ", " | ", " – ", " — "}

// tailWords is how many words an outlet's name at the end of a headline has at most.
const tailWords = 6

// tailOf gives what stands at the end of a headline where an aggregator names the outlet, "" for nothing.
func tailOf(title string) string {
	for _, sep := range tails {
		if i := strings.LastIndex(title, sep); i > 0 {
			if tail := strings.TrimSpace(title[i+len(sep):]); len(strings.Fields(tail)) <= tailWords {
				return tail
			}
		}
	}
	return ""
}

// listed reads a headline that ends in the outlet whose item it lists: "Ferries stop - Reuters". Where there is a text, too,
// the news came from there.
func (r *Reader) listed(a news.Article, c *claims) {
	o, ok := r.mentioned(tailOf(a.Title))
	if !ok || same(o, a.Outlet) {
		return
	}
	*c = slices.DeleteFunc(*c, func(f found) bool { return f.place == inTitle && same(f.Credited(), o) }) // the same words
	switch {
	case len(strings.Fields(a.Body())) < shortProse:
		c.add(news.ClaimSource, o, "", a.Title, news.Span{}, 1)
	default:
		c.add(news.ClaimReport, o, "", a.Title, news.Span{}, 1/strengths[news.ClaimReport])
	}
}

// mentioned finds the outlet that a whole text names, as running text may or by its domain.
func (r *Reader) mentioned(name string) (news.Outlet, bool) {
	if strings.Contains(name, ".") && !strings.Contains(name, " ") {
		return r.outlets.ByName(name)
	}
	found := r.outlets.Mentions(name)
	if len(found) != 1 || found[0].Start != 0 || found[0].End != len(name) {
		return news.Outlet{}, false
	}
	return found[0].Outlet, true
}

// namedAfter says whether an item's headline ends in another outlet, by a claim of listed.
func namedAfter(a news.Article, claims []news.Claim) bool {
	title := clip(a.Title)
	return tailOf(a.Title) != "" && slices.ContainsFunc(claims, func(c news.Claim) bool {
		return (c.Kind == news.ClaimSource || c.Kind == news.ClaimReport) && c.End == 0 && c.Text == title && !same(c.Credited(), a.Outlet)
	})
}
