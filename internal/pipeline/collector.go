package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

// fullFetchEvery is how long validators are trusted. After that the document is fetched once without them, in case the
// server's validators did not change with the document.
const fullFetchEvery = 7 * 24 * time.Hour

// A feed's address changes when permanent redirects led to the same other address in this many polls in a row, over at
// least this time. A server that is set up wrongly for an hour must not take a feed away.
const (
	movedTimes = 3
	movedFor   = 3 * 24 * time.Hour
)

// heldWait is when a feed is tried again that leads to a host which another node asks.
const heldWait = 30 * time.Second

// Collector polls single feeds: fetch, parse, clean. It does not store the results. Its methods are safe for concurrent
// use.
//
// ETag and Last-Modified are kept as they came, from every 200 that could be read and from every 304. They are stored in
// the transaction of the items. After a failure, those of the last document stay. A feed's address changes only where all
// redirects are permanent (301, 308), and not to an address that another feed has or a removed feed had. 302, 303 and 307
// never change it.
type Collector struct {
	store   *store.DB // nil where feeds are only checked
	fetch   *fetch.Client
	cleaner *clean.Cleaner
	parse   parse.Options
	pace    poll.Pace
	noMail  bool // see Options.NoMail
	now     func() time.Time
	log     *slog.Logger
	traces  *observe.Traces

	parsing chan struct{} // a semaphore: one element for each document that is being parsed and cleaned
}

// NewCollector returns a Collector. Without a store, only Check works.
func NewCollector(o Options) *Collector {
	o = o.withDefaults()
	return &Collector{
		store: o.Store, fetch: o.Fetch, cleaner: clean.New(clean.Options{Outlets: o.Outlets.BuiltIn()}), parse: o.Parse, pace: o.Pace, noMail: o.NoMail, now: o.Now, log: o.Logger, traces: o.Traces,
		parsing: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
	}
}

// pollResult is the result of polling one feed. Its poll is stored even when err is not nil.
type pollResult struct {
	poll      store.Poll
	unchanged bool
	pushed    bool // at the time of the poll, a hub that could be relied on pushed the feed
	lost      bool // another node asks the feed's host by now, and stores what comes of it; there is nothing to store
	resting   bool // the feed was not requested, since its host asked for a pause
	err       error

	response fetch.Response
	document news.Document
	span     *observe.Span // of the poll; ends when that is stored
}

// collect polls one feed. A feed that fails keeps its articles, stores the reason and is tried again later. The returned
// error is that of the store. A feed that is only checked has no id.
func (c *Collector) collect(ctx context.Context, f news.Feed) (pollResult, error) {
	if _, ok := f.Newsletter(); ok {
		return c.checkNewsletter(f), nil
	}
	r := pollResult{}
	request := fetch.Request{URL: f.URL}
	if c.now().Sub(f.Whole) < fullFetchEvery {
		request.ETag, request.LastModified, request.ValidFor = f.ETag, f.LastModified, f.Answered
	}
	fetching, span := c.traces.Begin(ctx, "fetch")
	r.response, r.err = c.fetch.Get(fetching, request)
	span.Set("http.response.status_code", r.response.Status, "http.response.body.size", len(r.response.Body))
	endSpan(span, f, r.err)
	if errors.Is(r.err, fetch.ErrResting) && f.ID != 0 {
		var fe *fetch.Error
		if errors.As(r.err, &fe) {
			f.Due, f.Rule = fe.Rest.Until, poll.RuleHost
		}
		return pollResult{poll: store.Poll{Feed: f}, resting: true}, nil
	}
	if errors.Is(r.err, fetch.ErrHeld) && f.ID != 0 {
		var fe *fetch.Error
		if errors.As(r.err, &fe) && weburl.Hostname(fe.URL) == weburl.Hostname(f.URL) {
			return pollResult{lost: true}, nil
		}
		f.Due = c.now().Add(heldWait)
		return pollResult{poll: store.Poll{Feed: f}, resting: true}, nil
	}
	f.Checked = c.now()
	switch {
	case r.err != nil:
		r.poll.Rest = c.setFailed(&f, r.err)
	case r.response.NotModified:
		r.unchanged = true
		c.setUnchanged(&f, r.response)
	default:
		var before news.Furniture
		if f.ID != 0 {
			var err error
			if before, err = c.store.Furniture(ctx, f.ID); err != nil {
				return r, err
			}
		}
		r.poll, r.document, r.err = c.read(ctx, &f, r.response, before)
	}
	if r.err == nil {
		if err := c.noteMove(ctx, &f, &r.poll, r.response.Permanent); err != nil {
			return r, err
		}
	}
	r.poll.Feed = f
	return r, nil
}

// endFailures updates a feed that was read.
func endFailures(f *news.Feed) { f.Failures, f.Failing, f.Cause = 0, time.Time{}, "" }

// setUnchanged updates the feed after a 304. The state stays that of the last document; after failures that is no longer
// known.
func (c *Collector) setUnchanged(f *news.Feed, resp fetch.Response) {
	f.ETag = cmp.Or(resp.Header.Get("ETag"), f.ETag)
	f.LastModified = cmp.Or(resp.Header.Get("Last-Modified"), f.LastModified)
	if f.Failures > 0 || f.State != news.FeedRepaired && f.State != news.FeedEmpty {
		f.State, f.Problem = news.FeedOK, ""
	}
	endFailures(f)
	f.Schedule.Rhythm = c.pace.Quieter(f.Schedule.Rhythm)
	if resp.Header.Get("Cache-Control") != "" || resp.Header.Get("Expires") != "" {
		f.Schedule.Fresh = resp.Fresh
	}
	f.Due, f.Rule = c.pace.AfterAnswer(f.Checked, f.Schedule)
}

// read parses and cleans a response. It updates the feed and returns the rest of what is to be stored. Before is the
// stored furniture of the feed.
func (c *Collector) read(ctx context.Context, f *news.Feed, resp fetch.Response, before news.Furniture) (p store.Poll, doc news.Document, err error) {
	release, err := c.claimParser(ctx)
	if err != nil {
		return p, doc, err
	}
	defer release()
	ctx, span := c.traces.Begin(ctx, "parse")
	defer func() {
		span.Set("headwater.items", len(doc.Entries))
		endSpan(span, *f, err)
	}()
	o := c.parse
	o.URL, o.ContentType, o.Now = resp.URL, resp.Header.Get("Content-Type"), f.Checked
	if doc, err = parse.Parse(ctx, resp.Body, o); err != nil {
		c.setFailed(f, err)
		return p, doc, err
	}
	f.Title, f.Site = cmp.Or(f.Title, doc.Title), cmp.Or(f.Site, doc.Link)
	p.Articles, p.Furniture = c.clean(doc, *f, before)
	published := make([]time.Time, len(doc.Entries))
	for i, e := range doc.Entries {
		published[i] = e.Published
	}
	for i := range p.Articles {
		p.Articles[i].Undated = f.Whole.IsZero() && doc.Entries[i].Published.IsZero() // a date some hours ahead still shows that the item is new
	}
	f.ETag, f.LastModified, f.Answered = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), resp.URL
	f.Whole = f.Checked
	f.State, f.Problem = stateOf(doc, f.Articles)
	if shared := sharedIDs(p.Articles); shared != "" && f.Problem == "" {
		f.State, f.Problem = news.FeedRepaired, shared
	}
	endFailures(f)
	f.Schedule = news.Schedule{
		Rhythm: c.pace.Learn(published, f.Checked), Fresh: resp.Fresh, TTL: doc.TTL, Period: doc.Period, Skips: doc.Skips,
	}
	f.Due, f.Rule = c.pace.AfterAnswer(f.Checked, f.Schedule)
	return p, doc, nil
}

// beginSpan begins the span of a poll or a push of a feed.
func (c *Collector) beginSpan(ctx context.Context, name string, f news.Feed) (context.Context, *observe.Span) {
	ctx, span := c.traces.Begin(ctx, name, "headwater.feed", f.ID)
	if span != nil {
		span.Set("url.full", weburl.Shown(f.URL))
	}
	return ctx, span
}

// endSpan ends a span of work for a feed, without the password or token that an error may have from the feed's address.
func endSpan(span *observe.Span, f news.Feed, err error) {
	if span != nil && err != nil && !errors.Is(err, context.Canceled) {
		err = errors.New(strings.ReplaceAll(err.Error(), f.URL, weburl.Shown(f.URL)))
	}
	span.End(err)
}

// claimParser waits until a document may be parsed and cleaned. Many requests wait for servers at once, but parsing needs a processor.
func (c *Collector) claimParser(ctx context.Context) (release func(), err error) {
	select {
	case c.parsing <- struct{}{}:
		return func() { <-c.parsing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// clean makes articles of a document that was read at f.Checked.
func (c *Collector) clean(doc news.Document, f news.Feed, before news.Furniture) ([]news.Article, news.Furniture) {
	articles, seen := c.cleaner.Learn(doc, f, before, f.Checked)
	if f.Lang != "" {
		for i := range articles {
			articles[i].Lang = f.Lang
		}
	}
	return articles, seen
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

// setFailed stores on the feed what went wrong and when it is tried again. It returns the pause that the host asked for.
func (c *Collector) setFailed(f *news.Feed, err error) news.Rest {
	if f.Failures++; f.Failures == 1 || f.Failing.IsZero() {
		f.Failing = f.Checked
	}
	f.Cause = ""
	f.Problem = strings.TrimPrefix(err.Error(), f.URL+": ") // the address is always shown with it
	var retryAfter time.Duration
	var rest news.Rest
	var slow bool
	var fe *fetch.Error
	var pe *parse.Error
	switch {
	case errors.As(err, &fe):
		f.State, f.Cause, retryAfter, rest = fe.State, fe.Cause, fe.RetryAfter, fe.Rest
		slow = fe.Status >= 400 && fe.Status < 500 // such an error lasts, and 429 asks for fewer requests
	case errors.As(err, &pe):
		f.State = pe.State
	default:
		f.State = news.FeedBroken
	}
	f.Due, f.Rule = c.pace.AfterFailure(f.Checked, f.Schedule, f.Failures, slow, retryAfter)
	if f.State == news.FeedGone {
		f.Due, f.Rule = f.Checked.AddDate(100, 0, 0), poll.RuleGone
	}
	return rest
}

// noteMove records where permanent redirects led, "" for none, and changes the feed's address once the rule above is met.
// Where another feed has the new address, the feed's Problem says so.
func (c *Collector) noteMove(ctx context.Context, f *news.Feed, p *store.Poll, to string) error {
	if to != f.Moved.To {
		f.Moved = news.Move{To: to}
	}
	if to == "" || f.ID == 0 {
		return nil
	}
	if f.Moved.Times++; f.Moved.Times == 1 {
		f.Moved.First = f.Checked
	}
	if f.Moved.Times < movedTimes || f.Checked.Sub(f.Moved.First) < movedFor {
		return nil
	}
	taken, err := c.store.AddressTaken(ctx, to)
	if err != nil {
		return err
	}
	if taken {
		f.Problem = fmt.Sprintf("it has moved for good to %s, which another feed has, or one that was removed; remove this one", to)
		return nil
	}
	c.log.Info("a feed has moved for good; its address was changed", "from", f.URL, "to", to)
	p.NewURL, f.Moved = to, news.Move{}
	return nil
}

// Report is what a poll of a feed would do, and why.
type Report struct {
	URL      string
	FinalURL string // after redirects
	Status   int    // 0 if there was no answer
	Header   http.Header
	State    news.FeedState
	Problem  string
	Format   string
	Title    string
	Repaired []string
	Entries  int
	Items    []CheckedItem
	Next     time.Time
	Rule     news.Rule     // the rule that set Next
	Schedule news.Schedule // what the feed and its server ask for
	Moved    string        // the target of permanent redirects; "" for none
}

// CheckedItem is an item as it would be stored.
type CheckedItem struct {
	Article news.Article
	Doubts  []string // reasons, in words, why the item may not be recognised at the next poll
}

// Check polls an address without storing anything.
func (c *Collector) Check(ctx context.Context, url string) (Report, error) {
	r, err := c.collect(ctx, news.Feed{URL: url})
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return Report{}, err
	}
	got := r.poll.Feed
	rep := Report{
		URL: url, FinalURL: r.response.URL, Status: r.response.Status, Header: r.response.Header, State: got.State, Problem: got.Problem,
		Format: r.document.Format, Title: r.document.Title, Repaired: r.document.Repaired, Entries: len(r.document.Entries),
		Next: got.Due, Rule: got.Rule, Schedule: got.Schedule, Moved: r.response.Permanent,
	}
	all := doubts(r.poll.Articles)
	for i, a := range r.poll.Articles {
		rep.Items = append(rep.Items, CheckedItem{Article: a, Doubts: all[i]})
	}
	return rep, nil
}

// doubts returns, for each item of a document, the reasons in words why it may not be recognised at the next poll.
func doubts(articles []news.Article) [][]string {
	repeated := repeats(articles)
	ids := countBy(articles, repeated, func(a news.Article) string { return a.GUID })
	addresses := countBy(articles, repeated, func(a news.Article) string { return a.URL })
	all := make([][]string, len(articles))
	for i, a := range articles {
		if repeated[i] {
			all[i] = []string{"is an item before it, listed twice; one of them is kept"}
			continue
		}
		add := func(format string, args ...any) { all[i] = append(all[i], fmt.Sprintf(format, args...)) }
		known := "it is known by title, text and date"
		if a.Keys.Address != "" && addresses[a.URL] == 1 {
			known = "it is known by its address"
		}
		switch n := ids[a.GUID]; {
		case a.GUID == "":
			add("has no id; %s", known)
		case n == 2:
			add("shares its id %q with another item; both are kept, and %s", clip(a.GUID), known)
		case n > 2:
			add("shares its id %q with %d other items; all are kept, and %s", clip(a.GUID), n-1, known)
		}
		switch n := addresses[a.URL]; {
		case a.URL == "":
		case n == 2:
			add("links to the same page as another item, which does not make them one story")
		case n > 2:
			add("links to the same page as %d other items, which does not make them one story", n-1)
		}
		if a.Published.IsZero() {
			add("has no date")
		}
	}
	return all
}

// sharedIDs describes how many items of a document share their ids with other items, or returns "" for none. An item that
// is listed twice counts once.
func sharedIDs(articles []news.Article) string {
	shared, of := 0, 0
	for id, n := range countBy(articles, repeats(articles), func(a news.Article) string { return a.GUID }) {
		if id != "" && n > 1 {
			shared, of = shared+n, of+1
		}
	}
	switch {
	case shared == 0:
		return ""
	case shared == 2:
		return "two items share an id; both are kept"
	case of == 1:
		return fmt.Sprintf("%d items share an id; all are kept", shared)
	}
	return fmt.Sprintf("%d items share %d ids; all are kept", shared, of)
}

// repeats returns which items of a document are listed a second time. The store keeps such an item once.
func repeats(articles []news.Article) []bool {
	listed, repeated := map[string]bool{}, make([]bool, len(articles))
	for i, a := range articles {
		whole := store.Whole(a)
		repeated[i], listed[whole] = listed[whole], true
	}
	return repeated
}

// countBy counts the articles that are not repeated, by one of their values.
func countBy(articles []news.Article, repeated []bool, value func(news.Article) string) map[string]int {
	n := map[string]int{}
	for i, a := range articles {
		if !repeated[i] {
			n[value(a)]++
		}
	}
	return n
}

// clip shortens an id to fit on a line.
func clip(id string) string {
	if runes := []rune(id); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return id
}
