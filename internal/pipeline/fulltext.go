package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"headwater/feeds/words"
	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/store"
	"headwater/internal/text"
	"headwater/internal/weburl"
)

// Whether the web pages of a feed's items are fetched.
const (
	FullTextAuto   = "auto"   // where items are cut short
	FullTextAlways = "always" // of every item
	FullTextNever  = "never"
)

const (
	pageRest     = time.Hour // least pause for a host that asks for one
	pagesPerHost = 20        // in an hour; used where Options.FullTextPerHost is 0
	queueBatch   = 500       // articles read from the log at once
)

// PageReader is the stage that fetches the web pages of new items whose feeds cut them short. It has its own watermark in
// the log. A longer text found on a page revises the article.
//
// Feeds are stored first, and pages are fetched later: in the background of a server, and for 10 s after settling in
// `headwater poll`. An article's page is fetched if the article was seen within group.window and the mode of its feed, or
// else fulltext.mode, asks for it. The mode always asks for every page. The mode auto asks where the item ends in an
// ellipsis or "read more". It also asks where the item has under 100 words, unless its feed has carried a longer one
// (feeds.whole_texts).
//
// The page is read with fetch.Client.Page, page.Read and the cleaner, like the content of an item. It replaces the item's
// text only if it has at least 60 words more, contains at least 70% of the item's own words (and of its title's, where the item
// has under 8), and does not end at a paywall or login. So consent pages, login pages, error pages and the stubs of
// paywalls are refused. The page revises the article: the id stays, the log gets a new entry, and the article is settled
// and indexed again. Marks without a span in the text are kept. The hash stays that of the feed's item, so polling the
// same item again revises nothing. An item that its publisher revised is shown as the feed has it until its page was
// fetched again, at most once.
//
// A page that can't be fetched or used is recorded and not fetched again. After 429 and 503 the host gets a pause of
// Retry-After, at least an hour, and the page is tried once more.
type PageReader struct {
	store   *store.DB
	fetch   *fetch.Client
	cleaner *clean.Cleaner
	hosts   *hostLeases
	clock   *steadyClock
	window  time.Duration // how long a story stays open
	mode    string        // where the feed sets none
	perHost int           // pages in an hour
	now     func() time.Time
	log     *slog.Logger
	metrics *observe.Metrics

	mu    sync.Mutex     // one Read at a time; guards what follows
	whole map[int64]bool // ids of feeds that have carried an item with its whole text, as of the last new entries
}

func newPageReader(o Options, hosts *hostLeases, cleaner *clean.Cleaner, clock *steadyClock) *PageReader {
	return &PageReader{
		store: o.Store, fetch: o.Fetch, hosts: hosts, cleaner: cleaner, clock: clock, window: o.windowLength(), mode: o.FullText,
		perHost: cmp.Or(max(o.FullTextPerHost, 0), pagesPerHost), now: o.Now, log: o.Logger, metrics: o.Metrics,
	}
}

// Read queues the pages of new articles that are cut short, and fetches queued pages until none is left or budget is used
// up. It returns the number of pages that it requested. The error is that of the store.
func (r *PageReader) Read(ctx context.Context, budget time.Duration) (int, error) {
	if !r.mu.TryLock() {
		return 0, nil // another call is reading all of them
	}
	defer r.mu.Unlock()
	if err := r.queue(ctx); err != nil {
		return 0, err
	}
	at, err := r.clock.Now(ctx)
	if err != nil {
		return 0, err
	}
	if err := expirePages(ctx, at.Add(-r.window), r.store.ExpirePages); err != nil {
		return 0, err
	}
	claim := func(ctx context.Context) ([]store.Page, []string, error) {
		return r.store.ClaimPages(ctx, store.PageQuota{Now: r.now(), Period: time.Hour, PerHost: r.perHost, Lease: pageLease, Limit: pageBatch})
	}
	return askQueued(ctx, r.hosts, budget, claim, r.read)
}

// queue reads new log entries and queues the pages to fetch.
func (r *PageReader) queue(ctx context.Context) error {
	mark, err := r.store.PagesWatermark(ctx)
	if err != nil {
		return err
	}
	var modes map[int64]string // by feed; loaded if there are new entries
	for {
		batch, err := r.store.Log(ctx, mark, queueBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		if modes == nil {
			feeds, err := r.store.Feeds(ctx)
			if err != nil {
				return err
			}
			if r.whole, err = r.store.WholeTexts(ctx); err != nil { // other processes store them too
				return err
			}
			modes = make(map[int64]string, len(feeds))
			for _, f := range feeds {
				modes[f.ID] = cmp.Or(f.FullText, r.mode)
			}
		}
		mark = batch[len(batch)-1].Seq
		had, err := r.store.PageHashes(ctx, batch)
		if err != nil {
			return err
		}
		batch = slices.DeleteFunc(batch, func(a news.Article) bool { return had[a.ID] == a.Hash })
		var shown []int64 // feeds that carried their first whole text
		for _, a := range batch {
			if isWhole(a) && !r.whole[a.FeedID] && !slices.Contains(shown, a.FeedID) {
				shown = append(shown, a.FeedID)
			}
		}
		if err := r.store.RecordWholeTexts(ctx, shown); err != nil {
			return err
		}
		for _, id := range shown {
			r.whole[id] = true
		}
		if err := r.store.QueuePages(ctx, mark, r.wanted(batch, modes)); err != nil {
			return err
		}
	}
}

// wanted returns the pages to fetch: those of articles that are cut short, and those of feeds whose mode is always. In a
// feed that has carried a whole text, only an item that ends in an ellipsis or "read more" counts as cut short. Front
// pages, and pages to which several items of a feed link, are left out.
func (r *PageReader) wanted(batch []news.Article, modes map[int64]string) []store.Page {
	type address struct {
		feed int64
		url  string
	}
	items := map[address]int{}
	for _, a := range batch {
		items[address{a.FeedID, clean.PageURL(a.URL)}]++
	}
	var out []store.Page
	since := r.now().Add(-r.window)
	for _, a := range batch {
		mode := modes[a.FeedID]
		wanted := mode == FullTextAlways || mode == FullTextAuto && (saysMore(a) || !r.whole[a.FeedID] && !isWhole(a))
		u, err := url.Parse(a.URL)
		if !wanted || a.Seen.Before(since) || weburl.IsFrontPage(a.URL) || items[address{a.FeedID, clean.PageURL(a.URL)}] > 1 || err != nil {
			continue
		}
		out = append(out, store.Page{Article: a.ID, Hash: a.Hash, URL: a.URL, Host: strings.ToLower(u.Hostname())})
	}
	return out
}

// read fetches a page and stores the article with its text, or why that is not used. It does nothing for an article that
// was aged out meanwhile.
func (r *PageReader) read(ctx context.Context, p store.Page) error {
	item, err := r.store.Article(ctx, p.Article)
	if errors.Is(err, news.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	whole, err := r.withPage(ctx, item)
	if ctx.Err() != nil {
		return ctx.Err() // interrupted; not an error of the page
	}
	if errors.Is(err, fetch.ErrHeld) {
		return nil // the page leads to a host that another node asks; it is tried again when its lease ends
	}
	if p.Asked = r.now(); err == nil {
		p.State = news.FeedOK
		r.metrics.Pages.WithLabelValues(pagesWhole, observe.Read).Inc()
		return news.IgnoreNotFound(r.store.SavePage(ctx, p, &whole))
	}
	p.State, p.Problem = news.FeedBroken, err.Error()
	var failed *fetch.Error
	if errors.As(err, &failed) {
		p.State = failed.State
		if asksToWait(failed) {
			p.Again = p.Asked.Add(max(failed.RetryAfter, pageRest))
		}
	}
	r.metrics.Pages.WithLabelValues(pagesWhole, observe.Failed).Inc()
	r.log.Debug("the page of an article is not used", "url", p.URL, "error", err)
	return r.store.SavePage(ctx, p, nil)
}

// withPage returns the article with the text of its page, cleaned like a feed's. It has the marks of that text, and those
// marks of the item that have no span in a text.
func (r *PageReader) withPage(ctx context.Context, item news.Article) (news.Article, error) {
	read, err := fetchPage(ctx, r.fetch, item.URL)
	if err != nil {
		return item, err
	}
	e := news.Entry{GUID: item.GUID, URL: item.URL, Title: item.Title, Authors: item.Authors, Content: read.HTML, Language: read.Lang}
	whole := r.cleaner.Article(e, news.Feed{}, item.Seen)
	if why := rejectPage(item, whole); why != "" {
		return item, fmt.Errorf("the page's text is not used: %s", why)
	}
	out := item
	out.Text, out.HTML, out.Lang, out.Marks = whole.Text, whole.HTML, whole.Lang, nil
	seen := map[news.Mark]bool{}
	for _, m := range item.Marks {
		if m.End == 0 && !seen[m] {
			seen[m] = true
			out.Marks = append(out.Marks, m)
		}
	}
	for _, m := range whole.Marks {
		if !seen[m] {
			out.Marks = append(out.Marks, m)
		}
	}
	return out, nil
}

const (
	wholeWords = 100 // a text with this many words is no summary
	moreWords  = 60  // least number of words that a page has to add
	ownShare   = .7  // least share of the item's own words that its page must contain
	wallTail   = 400 // bytes at the end of a text that are searched for a wall
)

// cutShort holds the endings of texts that continue elsewhere, and the phrases by which pages say that the rest is not
// for everybody.
var cutShort = words.Lists("fulltext.txt")

// saysMore reports whether an item itself says that it continues elsewhere.
func saysMore(a news.Article) bool {
	for _, t := range []string{a.Body(), plain(a.HTML)} {
		t = strings.ToLower(strings.TrimRight(t, " \t\n\u00a0»→›>"))
		for _, e := range cutShort["ending"] {
			if strings.HasSuffix(t, e) || strings.HasSuffix(t, e+".") {
				return true
			}
		}
	}
	return false
}

// plain returns the whole text of an HTML fragment.
func plain(fragment string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Text())
		}
	}
}

func isWhole(a news.Article) bool { return len(wordsOf(a.Body())) >= wholeWords }

// rejectPage returns why a page's text must not replace the item's, "" if it may. A page that asks for consent, a login
// or money contains few of the item's own words, or adds almost nothing to them.
func rejectPage(item, whole news.Article) string {
	own, there := wordsOf(item.Body()), wordsOf(whole.Text)
	if len(there) < len(own)+moreWords {
		return "it adds next to nothing"
	}
	known := map[string]bool{}
	for _, w := range there {
		known[w] = true
	}
	if len(own) < 8 {
		own = append(own, wordsOf(item.Title)...)
	}
	held := 0
	for _, w := range own {
		if known[w] {
			held++
		}
	}
	if float64(held) < ownShare*float64(len(own)) {
		return "it holds few of the item's own words"
	}
	tail := strings.ToLower(whole.Text[max(0, len(whole.Text)-wallTail):])
	for _, w := range cutShort["wall"] {
		if strings.Contains(tail, w) {
			return "it ends at a wall"
		}
	}
	return ""
}

// wordsOf returns the words of a text in lower case. In scripts without spaces it returns runs of two characters.
func wordsOf(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		runes := []rune(w)
		if len(runes) < 3 || !text.ScriptOf(runes[0]).Unspaced() {
			out = append(out, w)
			continue
		}
		for i := range len(runes) - 1 {
			out = append(out, string(runes[i:i+2]))
		}
	}
	return out
}
