package origin

import (
	"strings"

	"headwater/internal/news"
)

// tails are what aggregators put between a headline and the outlet whose it is.
var tails = [...]string{" - ", " | ", " – ", " — "}

// listed reads a headline that ends in the outlet whose item it lists: "Ferries stop - Reuters". Where there is a text, too,
// the news came from there.
func (r *Reader) listed(a news.Article, c *claims) {
	for _, sep := range tails {
		i := strings.LastIndex(a.Title, sep)
		if i <= 0 {
			continue
		}
		name := strings.TrimSpace(a.Title[i+len(sep):])
		o, ok := r.mentioned(name)
		switch {
		case !ok || same(o, a.Outlet):
		case len(strings.Fields(a.Body())) < shortProse:
			c.add(news.ClaimSource, o, "", a.Title, news.Span{}, 1)
		default:
			c.add(news.ClaimReport, o, "", a.Title, news.Span{}, 1/strengths[news.ClaimReport])
		}
		return
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
