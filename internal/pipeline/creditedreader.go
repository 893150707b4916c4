package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/page"
	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/outlets"
	"headwater/internal/weburl"
)

// creditedPerHost is how many pages that articles credit may be fetched from one host in a day.
const creditedPerHost = 100

// CreditedPageReader is the stage that fetches the pages which articles of open stories credit by a link
// (origin.fetch_sources).
//
// The settler queues their addresses in the transaction of a settlement (wantedPages decides which). Serve runs the
// stage: pageWorkers pages at a time, and creditedPerHost from one host in a day. A pass fetches pages after settling, for
// the time PassOptions.CreditedPages. Each page is fetched only once; one that did not answer is tried once more, a day later.
// fetch.Client.Page uses the dialer, pauses and timeouts of feeds, and checks robots.txt of every host on the way.
// Package page limits what is read. The page's data (address after redirects, headline, outlet, time, print, claims) is
// stored, its text is not.
//
// Then Settler.Reweigh weighs the stories again. A page that can't be fetched changes no decision; its row has the
// reason. `headwater group` fetches no pages.
type CreditedPageReader struct {
	store   *store.DB
	fetch   *fetch.Client
	hosts   *hostLeases
	settler *Settler
	prepare stories.Preparer
	outlets *outlets.Registry
	clock   *steadyClock
	window  time.Duration // how long a story stays open
	off     bool          // pages are not fetched
	now     func() time.Time
	log     *slog.Logger
	metrics *observe.Metrics

	mu sync.Mutex // one Read at a time
}

// Read fetches queued pages until none is left or budget is used up, and weighs their stories again. It returns the
// number of pages that it requested. A page that can't be fetched changes nothing. The error is that of the store.
func (r *CreditedPageReader) Read(ctx context.Context, budget time.Duration) (int, error) {
	if r.off || !r.mu.TryLock() {
		return 0, nil // another call is reading all of them
	}
	defer r.mu.Unlock()
	at, err := r.clock.Now(ctx)
	if err != nil {
		return 0, err
	}
	if err := expirePages(ctx, at.Add(-r.window), r.store.ExpireCreditedPages); err != nil {
		return 0, err
	}
	claim := func(ctx context.Context) ([]store.CreditedPage, []string, error) {
		return r.store.ClaimCreditedPages(ctx, store.PageQuota{Now: r.now(), Period: 24 * time.Hour, PerHost: creditedPerHost, Lease: pageLease, Limit: pageBatch})
	}
	total, err := askQueued(ctx, r.hosts, budget, claim, func(ctx context.Context, s store.CreditedPage) error {
		held := r.read(ctx, &s)
		if ctx.Err() != nil || held {
			return ctx.Err() // interrupted, which is no error of the page; or tried again when the lease of the page ends
		}
		r.metrics.Pages.WithLabelValues(pagesCredited, pageOutcome(s.State)).Inc()
		return r.store.SaveCreditedPage(ctx, s)
	})
	if err != nil {
		return total, err
	}
	return total, ignoreElsewhere(r.settler.Reweigh(ctx)) // the process that settles weighs them
}

// read fetches a page and stores in s what the page is, or why it can't be read. It returns true for a page that was not read
// since another node asks a host on the way.
func (r *CreditedPageReader) read(ctx context.Context, s *store.CreditedPage) (held bool) {
	read, err := fetchPage(ctx, r.fetch, s.Link)
	if errors.Is(err, fetch.ErrHeld) {
		return true
	}
	s.Asked = r.now()
	if err != nil {
		s.State, s.Problem = news.FeedBroken, err.Error()
		var failed *fetch.Error
		if errors.As(err, &failed) {
			s.State = failed.State
			if asksToWait(failed) {
				s.State = news.FeedTimeout // it may answer on another day
			}
		}
		if errors.Is(err, fetch.ErrResting) {
			s.State = news.FeedTimeout
		}
		r.log.Debug("a page that articles credit can't be had", "url", s.Link, "error", err)
		return false
	}
	it := r.prepare.Item(r.article(read, s.Asked))
	s.State, s.Article, s.Print, s.Claims = news.FeedOK, it.Article, it.Print, it.Claims
	return false
}

// article cleans a page as if a feed had brought it. Its outlet is that of its address, or for an unknown address that of
// the page's site name.
func (r *CreditedPageReader) article(p page.Page, now time.Time) news.Article {
	e := news.Entry{
		GUID: p.URL, URL: p.URL, Title: p.Title, Published: p.Published, Authors: p.Authors, Content: p.HTML, Language: p.Lang,
	}
	if !weburl.IsFrontPage(p.Canonical) {
		e.Links = append(e.Links, news.Link{Rel: "canonical", URL: p.Canonical})
	}
	for _, ref := range p.Sources {
		switch {
		case ref.Title != "":
			e.Links = append(e.Links, news.Link{Rel: "via", URL: ref.URL, Title: ref.Title})
		case !weburl.IsFrontPage(ref.URL):
			e.Links = append(e.Links, news.Link{Rel: "via", URL: ref.URL, Title: ref.URL})
		}
	}
	a := r.prepare.Cleaner.Article(e, news.Feed{}, now)
	switch {
	case a.Outlet.Domain == "":
		a.Outlet, _ = r.outlets.ByName(p.Site) // none for an unknown name; then the linking article names the outlet
	case a.Outlet.Name == a.Outlet.Domain && p.Site != "" && len(p.Site) <= 80:
		a.Outlet.Name = p.Site
	}
	return a
}

// Reweigh weighs stories again whose members credit pages that were fetched since. Where a page's own address differs
// from the link to it, the article is compared again with the page's address.
func (s *Settler) Reweigh(ctx context.Context) (err error) {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.lock.Release(1)
	ids, err := s.store.Unweighed(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	defer func() {
		if err != nil {
			s.window = nil // it may hold changes that were not stored
		}
	}()
	out := newSettlement()
	if err := s.openWindow(ctx, &out); err != nil {
		return err
	}
	held := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !s.holds(id) })
	pages, err := s.store.CreditedPages(ctx, held)
	if err != nil {
		return err
	}
	s.opinion.begin(ctx, s.store)
	defer s.opinion.end()
	if err := s.addCites(ctx, held, pages, &out); err != nil {
		return err
	}
	if err := s.decide(ctx, &out); err != nil {
		return err
	}
	if err := s.weigh(ctx, s.otherStories(held, out.Stories), &out); err != nil {
		return err
	}
	if err := s.store.SettleReweighed(ctx, ids, out); err != nil {
		return fmt.Errorf("weigh stories with the pages they credit: %w", err)
	}
	return nil
}

// addCites puts articles into the window again if the pages that they link to have other addresses than the links.
func (s *Settler) addCites(ctx context.Context, ids []int64, pages map[string]store.CreditedPage, out *store.Settlement) error {
	var again []group.Item
	var moved []int64
	for _, id := range ids {
		it, _ := s.window.Item(id)
		it.Cites = stories.Cites(it.Article, it.Claims)
		before := len(it.Cites)
		for _, c := range it.Claims {
			page, ok := pages[clean.PageURL(c.URL)]
			if !ok {
				continue
			}
			for _, u := range []string{clean.CanonicalURL(page.Article.URL), page.Article.Canonical} {
				if u != "" && u != it.Article.Canonical && !slices.Contains(it.Cites, u) {
					it.Cites = append(it.Cites, u)
				}
			}
		}
		if len(it.Cites) > before {
			again, moved = append(again, it), append(moved, id)
		}
	}
	if err := s.reload(ctx, s.window.MustLinked(moved), out); err != nil {
		return err
	}
	for _, it := range again {
		s.add(it, out)
	}
	return nil
}
