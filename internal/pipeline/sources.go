package pipeline

import (
	"context"
	"errors"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/page"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

// sourcesAHost is how many pages that articles credit one host is asked for in a day.
const sourcesAHost = 100

// ReadSources asks for the pages that articles of open stories credit by a link, as long as there are any and no longer
// than budget, and weighs those stories again with what the pages give. It gives the number of pages asked for. A page that
// can't be had changes nothing; the error is the store's.
func (n *Newsroom) ReadSources(ctx context.Context, budget time.Duration) (int, error) {
	if !n.FetchSources || !n.sourcing.TryLock() {
		return 0, nil // whoever reads them already reads them all
	}
	defer n.sourcing.Unlock()
	if err := n.expire(ctx, n.Store.ExpireSources); err != nil {
		return 0, err
	}
	ends, total := time.Now().Add(budget), 0
	for time.Now().Before(ends) {
		now := n.Now()
		wanted, err := n.Store.ClaimSources(ctx, store.PageQuota{Now: now, Period: 24 * time.Hour, PerHost: sourcesAHost, Lease: pageLease, Limit: pageBatch})
		if err != nil {
			return total, err
		}
		if len(wanted) == 0 {
			break
		}
		asked, err := fewAtATime(ctx, wanted, ends, n.keepSource)
		total += asked
		if err != nil {
			return total, err
		}
	}
	return total, n.weighAgain(ctx)
}

// keepSource stores what a page is, or why it can't be had.
func (n *Newsroom) keepSource(ctx context.Context, s store.Source) error {
	n.readSource(ctx, &s)
	if ctx.Err() != nil {
		return ctx.Err() // cut off, no fault of the page's
	}
	return n.Store.KeepSource(ctx, s)
}

// readSource asks for a page and notes what it is, or why it can't be had.
func (n *Newsroom) readSource(ctx context.Context, s *store.Source) {
	read, err := n.page(ctx, s.Link)
	s.Asked = n.Now()
	if err != nil {
		s.State, s.Problem = news.FeedBroken, err.Error()
		var failed *fetch.Error
		if errors.As(err, &failed) {
			s.State = failed.State
			if asksToWait(failed) {
				s.State = news.FeedTimeout // another day it may answer
			}
		}
		if errors.Is(err, fetch.ErrResting) {
			s.State = news.FeedTimeout
		}
		n.Logger.Debug("a page that articles credit can't be had", "url", s.Link, "error", err)
		return
	}
	a := n.pageArticle(read, s.Asked)
	it := n.preparer.Item(a)
	s.State, s.Article, s.Print, s.Claims = news.FeedOK, it.Article, it.Print, it.Claims
}

// pageArticle cleans a page as if a feed had brought it.
func (n *Newsroom) pageArticle(p page.Page, now time.Time) news.Article {
	e := news.Entry{
		GUID: p.URL, URL: p.URL, Title: p.Title, Published: p.Published, Authors: p.Authors, Content: p.HTML, Language: p.Lang,
	}
	if !weburl.IsFrontPage(p.Canonical) {
		e.Links = append(e.Links, news.Link{Rel: "canonical", URL: p.Canonical})
	}
	for _, r := range p.Sources {
		switch {
		case r.Title != "":
			e.Links = append(e.Links, news.Link{Rel: "via", URL: r.URL, Title: r.Title})
		case !weburl.IsFrontPage(r.URL):
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
