package pipeline

import (
	"net/url"
	"slices"
	"strings"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/origin"
	"headwater/internal/weburl"
)

const (
	maxCitedStory   = 20 // pages fetched for one story
	maxCitedArticle = 3  // pages fetched for one article
	leastCited      = .3 // least strength of a claim whose page is fetched
)

// wantedPages returns the pages that members credit and that may be fetched. It leaves out the members' own pages and
// front pages. It returns at most maxCitedArticle pages for an article and maxCitedStory for a story.
func wantedPages(members []origin.Candidate) []store.Cited {
	own := map[string]bool{}
	for _, m := range members {
		own[clean.PageURL(m.Article.Canonical)] = true
	}
	var out []store.Cited
	seen := map[string]bool{}
	for _, m := range members {
		more := 0
		for _, c := range m.Claims {
			address := clean.PageURL(c.URL)
			if address == "" || own[address] || weburl.IsFrontPage(address) || !wantsPage(c, m.Claims) || more == maxCitedArticle {
				continue
			}
			if !seen[address] && len(seen) == maxCitedStory {
				continue
			}
			u, err := url.Parse(c.URL)
			if err != nil {
				continue
			}
			seen[address], more = true, more+1
			out = append(out, store.Cited{Article: m.Article.ID, Address: address, Link: c.URL, Host: strings.ToLower(u.Hostname())})
		}
	}
	return out
}

// wantsPage reports whether a claim is strong enough to fetch the page that it links to. A link counts only where other
// words of the article credit the same outlet.
func wantsPage(c news.Claim, all []news.Claim) bool {
	switch c.Kind {
	case news.ClaimSource, news.ClaimCanonical, news.ClaimScoop, news.ClaimReport:
		return c.Strength >= leastCited
	case news.ClaimLink:
		return c.Strength >= leastCited && slices.ContainsFunc(all, func(x news.Claim) bool {
			return x.Kind != news.ClaimLink && x.Credited().Key() == c.Credited().Key()
		})
	}
	return false
}

// creditedPages returns the pages that members' claims lead to. A page with several addresses is returned once. A page
// whose address, or canonical address, is that of a member is that member (origin.Page.Member). A credit by this member
// to itself does not count.
func creditedPages(members []origin.Candidate, known map[string]store.CreditedPage) []origin.Page {
	if len(known) == 0 {
		return nil
	}
	own := map[string]int64{}
	for _, m := range members {
		own[clean.PageURL(m.Article.Canonical)] = m.Article.ID
	}
	at := map[string]int{}
	var out []origin.Page
	for _, m := range members {
		for _, c := range m.Claims {
			s, ok := known[clean.PageURL(c.URL)]
			if !ok || c.URL == "" {
				continue
			}
			final := clean.PageURL(s.Article.URL)
			i, ok := at[final]
			if !ok {
				i, at[final] = len(out), len(out)
				p := origin.Page{Article: s.Article, Print: s.Print, Claims: s.Claims, Member: own[final]}
				if p.Member == 0 {
					p.Member = own[clean.PageURL(s.Article.Canonical)]
				}
				out = append(out, p)
			}
			if !slices.Contains(out[i].Links, c.URL) {
				out[i].Links = append(out[i].Links, c.URL)
			}
		}
	}
	return out
}
