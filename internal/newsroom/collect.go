package newsroom

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"headwater/internal/fetch"
	"headwater/internal/news"
	"headwater/internal/parse"
)

// result is how the poll of one feed ended. Its poll is to be stored whatever err says.
type result struct {
	poll      news.Poll
	unchanged bool
	err       error

	response fetch.Response
	document news.Document
}

// collect polls one feed: fetch, parse, clean. A feed that fails keeps its articles, says why, and is tried again later;
// the error that is returned is no feed's, but the store's.
func (n *Newsroom) collect(ctx context.Context, f news.Feed) (result, error) {
	last := f.Due.Sub(f.Checked)
	r := result{}
	r.response, r.err = n.Fetch.Get(ctx, fetch.Request{URL: f.URL, ETag: f.ETag, LastModified: f.LastModified})
	now := n.Now()
	f.Checked = now
	switch {
	case r.err != nil:
		n.fail(&f, r.err)
	case r.response.NotModified:
		r.unchanged = true
		n.unchanged(&f, last, r.response)
	default:
		before, err := n.furniture(ctx, f)
		if err != nil {
			return r, err
		}
		r.poll, r.document, r.err = n.read(ctx, &f, r.response, before)
	}
	r.poll.Feed = f
	return r, nil
}

// furniture gives what is remembered of a feed. A feed that is only checked has no id, and a newsroom that only checks
// feeds no store.
func (n *Newsroom) furniture(ctx context.Context, f news.Feed) (news.Furniture, error) {
	if f.ID == 0 {
		return news.Furniture{}, nil
	}
	return n.Store.Furniture(ctx, f.ID)
}

// unchanged notes a 304. The state stays what the last document made it; after failures it is not known any more.
func (n *Newsroom) unchanged(f *news.Feed, last time.Duration, resp fetch.Response) {
	if etag := resp.Header.Get("ETag"); etag != "" {
		f.ETag = etag
	}
	if f.Failures > 0 || f.State != news.FeedRepaired && f.State != news.FeedEmpty {
		f.State, f.Problem = news.FeedOK, ""
	}
	f.Failures = 0
	f.Due = f.Checked.Add(n.Pace.AfterUnchanged(last))
}

// read turns a response into what a poll brought but for the feed, and notes on that what it learnt.
func (n *Newsroom) read(ctx context.Context, f *news.Feed, resp fetch.Response, before news.Furniture) (p news.Poll, doc news.Document, err error) {
	o := n.Parse
	o.URL, o.ContentType, o.Now = resp.URL, resp.Header.Get("Content-Type"), f.Checked
	if doc, err = parse.Parse(ctx, resp.Body, o); err != nil {
		n.fail(f, err)
		return p, doc, err
	}
	if f.Title == "" {
		f.Title = doc.Title
	}
	if f.Site == "" {
		f.Site = doc.Link
	}
	p.Articles, p.Furniture = n.cleaner.Learn(doc, *f, before, f.Checked)
	f.ETag, f.LastModified = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	f.State, f.Problem = stateOf(doc)
	f.Failures = 0
	f.Due = f.Checked.Add(n.Pace.AfterItems(published(doc), doc.TTL))
	return p, doc, nil
}

func stateOf(doc news.Document) (news.FeedState, string) {
	switch {
	case len(doc.Entries) == 0 && len(doc.Repaired) > 0:
		return news.FeedRepaired, "its document was mended, and holds no items: " + doc.Repaired[0]
	case len(doc.Entries) == 0:
		return news.FeedEmpty, "it is a well-formed feed without any items"
	case doc.Incomplete:
		return news.FeedRepaired, fmt.Sprintf("it holds more items than are read in one poll (parse.max_items); the first %d were kept", len(doc.Entries))
	case len(doc.Repaired) > 0:
		return news.FeedRepaired, "its document was mended: " + doc.Repaired[0]
	}
	return news.FeedOK, ""
}

func published(doc news.Document) []time.Time {
	out := make([]time.Time, 0, len(doc.Entries))
	for _, e := range doc.Entries {
		out = append(out, e.Published)
	}
	return out
}

// fail notes on the feed what went wrong and when it is tried again.
func (n *Newsroom) fail(f *news.Feed, err error) {
	f.Failures++
	f.Problem = strings.TrimPrefix(err.Error(), f.URL+": ") // it is always shown beside the address
	var retryAfter time.Duration
	var fe *fetch.Error
	var pe *parse.Error
	switch {
	case errors.As(err, &fe):
		f.State, retryAfter = fe.State, fe.RetryAfter
	case errors.As(err, &pe):
		f.State = pe.State
	default:
		f.State = news.FeedBroken
	}
	f.Due = f.Checked.Add(n.Pace.AfterFailure(f.Failures, retryAfter))
	if f.State == news.FeedGone {
		f.Due = f.Checked.AddDate(100, 0, 0)
	}
}
