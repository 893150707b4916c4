package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/store"
)

// result is how the poll of one feed ended. Its poll is to be stored whatever err says.
type result struct {
	poll      store.Poll
	unchanged bool
	pushed    bool // a hub was relied on to push the feed
	resting   bool // it was not asked, as its host wants to be left alone
	err       error

	response fetch.Response
	document news.Document
}

// wholeEvery is how long validators are trusted: then the document is asked for without them, once, lest a server that
// forgot to change them hides what is new for good.
const wholeEvery = 7 * 24 * time.Hour

// request is what is asked of a feed at now.
func request(f news.Feed, now time.Time) fetch.Request {
	r := fetch.Request{URL: f.URL}
	if now.Sub(f.Whole) < wholeEvery {
		r.ETag, r.LastModified, r.ValidFor = f.ETag, f.LastModified, f.Answered
	}
	return r
}

// collect polls one feed: fetch, parse, clean. A feed that fails keeps its articles, says why, and is tried again later;
// the error that is returned is no feed's, but the store's.
func (n *Newsroom) collect(ctx context.Context, f news.Feed) (result, error) {
	r := result{}
	r.response, r.err = n.Fetch.Get(ctx, request(f, n.Now()))
	if errors.Is(r.err, fetch.ErrResting) && f.ID != 0 {
		return n.leave(f, r.err), nil
	}
	f.Checked = n.Now()
	switch {
	case r.err != nil:
		r.poll.Rest = n.fail(&f, r.err)
	case r.response.NotModified:
		r.unchanged = true
		n.unchanged(&f, r.response)
	default:
		before, err := n.furniture(ctx, f)
		if err != nil {
			return r, err
		}
		r.poll, r.document, r.err = n.read(ctx, &f, r.response, before)
	}
	if r.err == nil {
		if err := n.moved(ctx, &f, &r.poll, r.response.Permanent); err != nil {
			return r, err
		}
	}
	err := n.push.heard(ctx, &f, &r)
	r.poll.Feed = f
	return r, err
}

// leave puts off a feed that was not asked, as its host rests. It is as it was.
func (n *Newsroom) leave(f news.Feed, err error) result {
	var fe *fetch.Error
	if errors.As(err, &fe) {
		f.Due, f.Rule = fe.Rest.Until, poll.RuleHost
	}
	return result{poll: store.Poll{Feed: f}, resting: true}
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
func (n *Newsroom) unchanged(f *news.Feed, resp fetch.Response) {
	f.ETag = cmp.Or(resp.Header.Get("ETag"), f.ETag)
	f.LastModified = cmp.Or(resp.Header.Get("Last-Modified"), f.LastModified)
	if f.Failures > 0 || f.State != news.FeedRepaired && f.State != news.FeedEmpty {
		f.State, f.Problem = news.FeedOK, ""
	}
	f.Failures = 0
	f.Schedule.Rhythm = n.Pace.Quieter(f.Schedule.Rhythm)
	if resp.Header.Get("Cache-Control") != "" || resp.Header.Get("Expires") != "" {
		f.Schedule.Fresh = resp.Fresh
	}
	f.Due, f.Rule = n.Pace.AfterAnswer(f.Checked, f.Schedule)
}

// read turns a response into what a poll brought but for the feed, and notes on that what it learnt.
func (n *Newsroom) read(ctx context.Context, f *news.Feed, resp fetch.Response, before news.Furniture) (p store.Poll, doc news.Document, err error) {
	select { // many requests wait for servers at once; reading what they bring takes a processor
	case n.reading <- struct{}{}:
		defer func() { <-n.reading }()
	case <-ctx.Done():
		return p, doc, ctx.Err()
	}
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
	for i := range p.Articles {
		p.Articles[i].Undated = f.Whole.IsZero() && doc.Entries[i].Published.IsZero() // a date some hours ahead says that it is new
	}
	f.ETag, f.LastModified, f.Answered = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), resp.URL
	f.Whole = f.Checked
	f.State, f.Problem = stateOf(doc, f.Articles)
	if shared := sharedIDs(p.Articles); shared != "" && f.Problem == "" {
		f.State, f.Problem = news.FeedRepaired, shared
	}
	f.Failures = 0
	f.Schedule = news.Schedule{
		Rhythm: n.Pace.Learn(published(doc), f.Checked), Fresh: resp.Fresh, TTL: doc.TTL, Period: doc.Period, Skips: doc.Skips,
	}
	f.Due, f.Rule = n.Pace.AfterAnswer(f.Checked, f.Schedule)
	return p, doc, nil
}

func stateOf(doc news.Document, articles int) (news.FeedState, string) {
	switch {
	case len(doc.Entries) == 0 && len(doc.Repaired) > 0:
		return news.FeedRepaired, "its document was mended, and holds no items: " + doc.Repaired[0]
	case len(doc.Entries) == 0 && articles > 0:
		return news.FeedEmpty, fmt.Sprintf("it holds no items any more; what it brought before stays (%d articles)", articles)
	case len(doc.Entries) == 0:
		return news.FeedEmpty, "it is a well-formed feed without any items"
	case doc.Incomplete:
		return news.FeedRepaired, fmt.Sprintf("it holds more items than are read in one poll (parse.max_items); the %s %d were kept", doc.Kept(), len(doc.Entries))
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

// fail notes on the feed what went wrong and when it is tried again, and gives what its host asked for.
func (n *Newsroom) fail(f *news.Feed, err error) news.Rest {
	f.Failures++
	f.Problem = strings.TrimPrefix(err.Error(), f.URL+": ") // it is always shown beside the address
	var retryAfter time.Duration
	var rest news.Rest
	var slow bool
	var fe *fetch.Error
	var pe *parse.Error
	switch {
	case errors.As(err, &fe):
		f.State, retryAfter, rest = fe.State, fe.RetryAfter, fe.Rest
		slow = fe.Status >= 400 && fe.Status < 500 // it will not go by itself soon, and 429 asks for less
	case errors.As(err, &pe):
		f.State = pe.State
	default:
		f.State = news.FeedBroken
	}
	f.Due, f.Rule = n.Pace.AfterFailure(f.Checked, f.Schedule, f.Failures, slow, retryAfter)
	if f.State == news.FeedGone {
		f.Due, f.Rule = f.Checked.AddDate(100, 0, 0), poll.RuleGone
	}
	return rest
}
