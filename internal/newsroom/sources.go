package newsroom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/clean"
	"headwater/internal/fetch"
	"headwater/internal/group"
	"headwater/internal/news"
	"headwater/internal/origin"
	"headwater/internal/page"
	"headwater/internal/store"
)

// How pages that articles credit are asked for: a few at a time, and no host for more than so many a day.
const (
	sourceWorkers = 4
	sourceBatch   = 64
	sourcesAHost  = 100
	sourceTick    = 5 * time.Second
	sourceTurn    = time.Minute // the longest that reading goes on before stories are weighed again

	maxCitedStory   = 20 // pages that one story wants
	maxCitedArticle = 3
	leastCited      = .3 // strength of a claim whose page is wanted
)

// ReadSources asks for the pages that articles of open stories credit by a link, as long as there are any and no longer
// than budget, and weighs those stories again with what the pages give. It gives the number of pages asked for. A page that
// can't be had changes nothing; the error is the store's.
func (n *Newsroom) ReadSources(ctx context.Context, budget time.Duration) (int, error) {
	if !n.FetchSources {
		return 0, nil
	}
	ends, total := time.Now().Add(budget), 0
	for time.Now().Before(ends) {
		now := n.Now()
		wanted, err := n.Store.WantedSources(ctx, store.SourceQuota{
			Since: now.Add(-n.windowLength()), Day: now.Add(-24 * time.Hour), PerHost: sourcesAHost, Limit: sourceBatch,
		})
		if err != nil {
			return total, err
		}
		if len(wanted) == 0 {
			break
		}
		asked, err := n.readSources(ctx, wanted, ends)
		total += asked
		if err != nil {
			return total, err
		}
	}
	return total, n.weighAgain(ctx)
}

// followSources reads sources until the context ends.
func (n *Newsroom) followSources(ctx context.Context) {
	if !n.FetchSources {
		return
	}
	t := time.NewTicker(sourceTick)
	defer t.Stop()
	for {
		if _, err := n.ReadSources(ctx, sourceTurn); err != nil && ctx.Err() == nil {
			n.Logger.Error("what the pages that articles credit say could not be kept; the next turn tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// readSources asks for some pages. None is begun after ends; what was begun may take as long as any fetch.
func (n *Newsroom) readSources(ctx context.Context, wanted []store.Source, ends time.Time) (int, error) {
	var asked atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sourceWorkers)
	for _, s := range wanted {
		g.Go(func() error {
			if ctx.Err() != nil || time.Now().After(ends) {
				return ctx.Err()
			}
			n.readSource(ctx, &s)
			if ctx.Err() != nil {
				return ctx.Err() // cut off, no fault of the page's
			}
			asked.Add(1)
			return n.Store.KeepSource(ctx, s)
		})
	}
	err := g.Wait()
	return int(asked.Load()), err
}

// readSource asks for a page and notes what it is, or why it can't be had.
func (n *Newsroom) readSource(ctx context.Context, s *store.Source) {
	resp, err := n.Fetch.Page(ctx, s.Link)
	s.Asked = n.Now()
	var read news.Page
	if err == nil {
		read, err = page.Read(page.Source{URL: resp.URL, ContentType: resp.Header.Get("Content-Type"), Body: resp.Body})
	}
	if err != nil {
		s.State, s.Problem = news.FeedBroken, err.Error()
		var failed *fetch.Error
		if errors.As(err, &failed) {
			s.State = failed.State
		}
		n.Logger.Debug("a page that articles credit can't be had", "url", s.Link, "error", err)
		return
	}
	a := n.pageArticle(read, s.Asked)
	it := n.Item(a)
	s.State, s.Article, s.Print, s.Claims = news.FeedOK, it.Article, it.Print, it.Claims
}

// pageArticle cleans a page as if a feed had brought it.
func (n *Newsroom) pageArticle(p news.Page, now time.Time) news.Article {
	e := news.Entry{
		GUID: p.URL, URL: p.URL, Title: p.Title, Published: p.Published, Authors: p.Authors, Content: p.HTML, Language: p.Lang,
	}
	if !frontPage(p.Canonical) {
		e.Links = append(e.Links, news.Link{Rel: "canonical", URL: p.Canonical})
	}
	for _, r := range p.Sources {
		switch {
		case r.Title != "":
			e.Links = append(e.Links, news.Link{Rel: "via", URL: r.URL, Title: r.Title})
		case !frontPage(r.URL):
			e.Links = append(e.Links, news.Link{Rel: "via", URL: r.URL, Title: r.URL})
		}
	}
	a := n.cleaner.Article(e, news.Feed{}, now)
	a.Outlet = n.pageOutlet(a.Outlet, p.Site)
	return a
}

// pageOutlet is whose page it is: by its address, or by the name that it gives itself where that tells nothing.
func (n *Newsroom) pageOutlet(byAddress news.Outlet, site string) news.Outlet {
	switch {
	case byAddress.Domain == "":
		o, _ := n.Outlets.ByName(site) // none where nobody knows it: then who links to it says
		return o
	case byAddress.Name == byAddress.Domain && site != "" && len(site) <= 80:
		byAddress.Name = site
	}
	return byAddress
}

// frontPage says whether an address is no page's but a site's, or none.
func frontPage(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// weighAll weighs changed stories, with the pages that their members credit, and notes the pages that they want.
func (n *Newsroom) weighAll(ctx context.Context, changed []group.Change, s *news.Settlement) error {
	known, err := n.sourcesOf(ctx, changed)
	if err != nil {
		return err
	}
	for _, c := range changed {
		members := n.candidates(c)
		st := n.story(c, members, pagesOf(members, known))
		s.Stories = append(s.Stories, st)
		if n.FetchSources && st.Latest.After(n.Now().Add(-n.windowLength())) {
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
func wantedOf(members []origin.Candidate) []news.Cited {
	own := map[string]bool{}
	for _, m := range members {
		own[m.Article.Canonical] = true
	}
	var out []news.Cited
	seen := map[string]bool{}
	for _, m := range members {
		more := 0
		for _, c := range m.Claims {
			address := clean.CanonicalURL(c.URL)
			if address == "" || own[address] || frontPage(c.URL) || !wanted(c, m.Claims) || more == maxCitedArticle {
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
			out = append(out, news.Cited{Article: m.Article.ID, Address: address, Link: c.URL, Host: strings.ToLower(u.Hostname())})
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
		own[m.Article.Canonical] = m.Article.ID
	}
	at := map[string]int{}
	var out []origin.Page
	for _, m := range members {
		for _, c := range m.Claims {
			s, ok := known[clean.CanonicalURL(c.URL)]
			if !ok || c.URL == "" {
				continue
			}
			final := clean.CanonicalURL(s.Article.URL)
			i, ok := at[final]
			if !ok {
				i, at[final] = len(out), len(out)
				p := origin.Page{Article: s.Article, Print: s.Print, Claims: s.Claims, Member: own[final]}
				if p.Member == 0 {
					p.Member = own[s.Article.Canonical]
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

// weighAgain counts what pages give that were had since their stories were weighed. Where a page turns out to stand at
// another address than the link to it, the article is compared anew with that.
func (n *Newsroom) weighAgain(ctx context.Context) (err error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	ids, err := n.Store.Unweighed(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	defer func() {
		if err != nil {
			n.window = nil // it may hold what was not stored
		}
	}()
	s := news.Settlement{Prints: map[int64]news.Print{}, Claims: map[int64][]news.Claim{}}
	if err := n.openWindow(ctx, &s); err != nil {
		return err
	}
	held := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !n.holds(id) })
	known, err := n.Store.SourcesOf(ctx, held)
	if err != nil {
		return err
	}
	n.second.begin(ctx)
	defer n.second.end()
	if err := n.citeAnew(ctx, held, known, &s); err != nil {
		return err
	}
	if err := n.settleWindow(ctx, &s); err != nil {
		return err
	}
	if err := n.weighAll(ctx, n.untouched(held, s.Stories), &s); err != nil {
		return err
	}
	if err := n.Store.Weighed(ctx, ids, s); err != nil {
		return fmt.Errorf("weigh stories with the pages they credit: %w", err)
	}
	return nil
}

// citeAnew puts articles that turn out to cite another address than they write into the window again.
func (n *Newsroom) citeAnew(ctx context.Context, ids []int64, known map[string]store.Source, s *news.Settlement) error {
	var again []group.Item
	var moved []int64
	for _, id := range ids {
		it, _ := n.window.Item(id)
		it.Cites = cites(it.Article, it.Claims)
		before := len(it.Cites)
		for _, c := range it.Claims {
			src, ok := known[clean.CanonicalURL(c.URL)]
			if !ok {
				continue
			}
			for _, u := range []string{clean.CanonicalURL(src.Article.URL), src.Article.Canonical} {
				if u != "" && u != it.Article.Canonical && !slices.Contains(it.Cites, u) {
					it.Cites = append(it.Cites, u)
				}
			}
		}
		if len(it.Cites) > before {
			again, moved = append(again, it), append(moved, id)
		}
	}
	if err := n.recall(ctx, n.window.Mates(moved), s); err != nil {
		return err
	}
	for _, it := range again {
		n.window.Add(it)
		s.Prints[it.Article.ID], s.Claims[it.Article.ID] = it.Print, it.Claims
	}
	return nil
}

// untouched gives the stories of articles that are not among those that settling changed.
func (n *Newsroom) untouched(ids []int64, changed []news.Story) []group.Change {
	done := map[int64]bool{0: true}
	for _, st := range changed {
		done[st.ID] = true
	}
	var out []group.Change
	for _, id := range ids {
		it, _ := n.window.Item(id)
		if done[it.Story] {
			continue
		}
		done[it.Story] = true
		st := n.window.Standing(it.Story)
		members := slices.Sorted(slices.Values(st.Members))
		out = append(out, group.Change{Story: st.Story, Event: st.Event, Members: members})
	}
	return out
}
