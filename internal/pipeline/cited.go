package pipeline

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/weburl"
)

// How many pages are wanted.
const (
	maxCitedStory   = 20 // pages that one story wants
	maxCitedArticle = 3
	leastCited      = .3 // strength of a claim whose page is wanted
)

// weighAll weighs changed stories, with the pages that their members credit, and notes the pages that they want.
func (n *Newsroom) weighAll(ctx context.Context, changed []group.Change, s *store.Settlement) error {
	known, err := n.sourcesOf(ctx, changed)
	if err != nil {
		return err
	}
	now := n.Now() // one for all, so that stories that change together keep their order in the combined feed
	for _, c := range changed {
		members := stories.Candidates(n.window, c, n.known)
		st := stories.Weigh(n.window, n.weigher, c, members, pagesOf(members, known), now)
		s.Stories = append(s.Stories, st)
		if n.FetchSources && st.Latest.After(now.Add(-n.windowLength())) {
			s.Cited = append(s.Cited, wantedOf(members)...)
		}
	}
	return nil
}

func (n *Newsroom) sourcesOf(ctx context.Context, changed []group.Change) (map[string]store.Source, error) {
	if !n.FetchSources {
		return nil, nil
	}
	var ids []int64
	for _, c := range changed {
		ids = append(ids, c.Members...)
	}
	return n.Store.SourcesOf(ctx, ids)
}

// wantedOf gives the pages that members credit and that are none of them.
func wantedOf(members []origin.Candidate) []store.Cited {
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
			if address == "" || own[address] || weburl.IsFrontPage(address) || !wanted(c, m.Claims) || more == maxCitedArticle {
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

// wanted says whether a claim is strong enough to read the page that it links to. A link alone is: in the opening, and
// beside words that credit the same outlet.
func wanted(c news.Claim, all []news.Claim) bool {
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

// pagesOf gives the pages that members' claims lead to, each once however many addresses lead there.
func pagesOf(members []origin.Candidate, known map[string]store.Source) []origin.Page {
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
