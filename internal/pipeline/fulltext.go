package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

const (
	pageRest   = time.Hour // the least that a host which asks to be left alone is
	pagesAHost = 20        // an hour, where FullTextPerHost is 0
	queueBatch = 500
)

// ReadPages asks for the pages of new articles whose feeds cut them short, as long as there are any and no longer than
// budget. What a page adds revises the article. It gives the number of pages asked for; the error is the store's.
func (n *Newsroom) ReadPages(ctx context.Context, budget time.Duration) (int, error) {
	if !n.paging.TryLock() {
		return 0, nil // whoever reads them already reads them all
	}
	defer n.paging.Unlock()
	if err := n.queuePages(ctx); err != nil {
		return 0, err
	}
	if err := n.expire(ctx, n.Store.ExpirePages); err != nil {
		return 0, err
	}
	ends, total := time.Now().Add(budget), 0
	for time.Now().Before(ends) {
		now := n.Now()
		wanted, err := n.Store.ClaimPages(ctx, store.PageQuota{Now: now, Period: time.Hour, PerHost: n.pagesPerHost(), Lease: pageLease, Limit: pageBatch})
		if err != nil || len(wanted) == 0 {
			return total, err
		}
		asked, err := fewAtATime(ctx, wanted, ends, n.readPage)
		total += asked
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (n *Newsroom) pagesPerHost() int {
	if n.FullTextPerHost > 0 {
		return n.FullTextPerHost
	}
	return pagesAHost
}

// queuePages looks through what is new in the log for articles that are cut short.
func (n *Newsroom) queuePages(ctx context.Context) error {
	n.queueing.Lock()
	defer n.queueing.Unlock()
	mark, err := n.Store.PagesMark(ctx)
	if err != nil {
		return err
	}
	if n.whole == nil {
		if n.whole, err = n.Store.WholeTexts(ctx); err != nil {
			return err
		}
	}
	var modes map[int64]string
	for {
		batch, err := n.Store.Log(ctx, mark, queueBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		if modes == nil {
			if modes, err = n.fullTextModes(ctx); err != nil {
				return err
			}
		}
		mark = batch[len(batch)-1].Seq
		had, err := n.Store.PagesHad(ctx, batch)
		if err != nil {
			return err
		}
		batch = slices.DeleteFunc(batch, func(a news.Article) bool { return had[a.ID] == a.Hash })
		if err := n.learnWhole(ctx, batch); err != nil {
			return err
		}
		if err := n.Store.QueuePages(ctx, mark, n.wantedPages(batch, modes)); err != nil {
			return err
		}
	}
}

// fullTextModes gives the mode of each feed that is subscribed.
func (n *Newsroom) fullTextModes(ctx context.Context) (map[int64]string, error) {
	feeds, err := n.Store.Feeds(ctx)
	modes := make(map[int64]string, len(feeds))
	for _, f := range feeds {
		if modes[f.ID] = f.FullText; f.FullText == "" {
			modes[f.ID] = n.FullText
		}
	}
	return modes, err
}

// learnWhole keeps which feeds have shown an item with its whole text, so that their short items are not cut.
func (n *Newsroom) learnWhole(ctx context.Context, batch []news.Article) error {
	var fresh []int64
	for _, a := range batch {
		if isWhole(a) && !n.whole[a.FeedID] && !slices.Contains(fresh, a.FeedID) {
			fresh = append(fresh, a.FeedID)
		}
	}
	if err := n.Store.NoteWholeTexts(ctx, fresh); err != nil {
		return err
	}
	for _, id := range fresh {
		n.whole[id] = true
	}
	return nil
}

// wantedPages are those of the articles whose texts are the feeds' own that are new and cut short, or whose feeds always want them.
// A front page, and a page at which several items of a feed stand, is the text of none.
func (n *Newsroom) wantedPages(batch []news.Article, modes map[int64]string) []store.Page {
	type page struct {
		feed    int64
		address string
	}
	items := map[page]int{}
	for _, a := range batch {
		items[page{a.FeedID, clean.PageURL(a.URL)}]++
	}
	var out []store.Page
	since := n.Now().Add(-n.windowLength())
	for _, a := range batch {
		mode := modes[a.FeedID]
		wanted := mode == FullTextAlways || mode == FullTextAuto && (breaksOff(a) || !n.whole[a.FeedID] && !isWhole(a))
		u, err := url.Parse(a.URL)
		if !wanted || a.Seen.Before(since) || weburl.IsFrontPage(a.URL) || items[page{a.FeedID, clean.PageURL(a.URL)}] > 1 || err != nil {
			continue
		}
		out = append(out, store.Page{Article: a.ID, Hash: a.Hash, URL: a.URL, Host: strings.ToLower(u.Hostname())})
	}
	return out
}

// readPage asks for a page and stores the article with its text, or why that is not used. An article that was aged out
// meanwhile needs none.
func (n *Newsroom) readPage(ctx context.Context, p store.Page) error {
	item, err := n.Store.Article(ctx, p.Article)
	if errors.Is(err, news.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	whole, err := n.fromPage(ctx, item)
	if ctx.Err() != nil {
		return ctx.Err() // cut off, no fault of the page's
	}
	if p.Asked = n.Now(); err == nil {
		p.State = news.FeedOK
		defer n.arrived()
		if err = n.Store.KeepPage(ctx, p, &whole); errors.Is(err, news.ErrNotFound) {
			return nil
		}
		return err
	}
	p.State, p.Problem = news.FeedBroken, err.Error()
	var failed *fetch.Error
	if errors.As(err, &failed) {
		p.State = failed.State
		if asksToWait(failed) {
			p.Again = p.Asked.Add(max(failed.RetryAfter, pageRest))
		}
	}
	n.Logger.Debug("the page of an article is not used", "url", p.URL, "error", err)
	return n.Store.KeepPage(ctx, p, nil)
}

// fromPage gives the article with the text of its page, cleaned as a feed's would be.
func (n *Newsroom) fromPage(ctx context.Context, item news.Article) (news.Article, error) {
	read, err := n.page(ctx, item.URL)
	if err != nil {
		return item, err
	}
	e := news.Entry{GUID: item.GUID, URL: item.URL, Title: item.Title, Authors: item.Authors, Content: read.HTML, Language: read.Lang}
	whole := n.cleaner.Article(e, news.Feed{}, item.Seen)
	if why := worse(item, whole); why != "" {
		return item, fmt.Errorf("the page's text is not used: %s", why)
	}
	out := item
	out.Text, out.HTML, out.Lang = whole.Text, whole.HTML, whole.Lang
	out.Marks = marksOf(item, whole)
	return out, nil
}

// marksOf are the marks of the page's text, and those of the item that stand in no text.
func marksOf(item, whole news.Article) []news.Mark {
	var out []news.Mark
	seen := map[news.Mark]bool{}
	for _, m := range item.Marks {
		if m.End == 0 && !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	for _, m := range whole.Marks {
		if !seen[m] {
			out = append(out, m)
		}
	}
	return out
}
