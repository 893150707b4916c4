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
	"headwater/internal/store"
	"headwater/internal/text"
	"headwater/internal/weburl"
)

// Whether the pages of a feed's items are read.
const (
	FullTextAuto   = "auto"   // where items are cut short
	FullTextAlways = "always" // of each item
	FullTextNever  = "never"
)

const (
	pageRest     = time.Hour // the least that a host which asks to be left alone is
	pagesPerHost = 20        // an hour, where Options.FullTextPerHost is 0
	queueBatch   = 500       // articles read from the log at once
)

// PageReader is the stage that reads the pages of new items whose feeds cut them short, from its own watermark in the log. What a
// page adds revises the article.
//
// Validators and items are stored first; pages are read behind that, in the background of a server and for 10 s after
// settling in `headwater poll`. A page is wanted of a new article, seen within group.window, whose feed's mode, or else
// fulltext.mode, is always; or auto, where the item ends in an ellipsis or "read more", or has under 100 words in a feed
// that has shown no longer one (feeds.whole_texts).
//
// The page goes through fetch.Client.Page, page.Read and the cleaner, as an item's content would. It takes the item's place
// only if it has 60 words more, holds 70% of the item's own words (and of its title's, where those are under 8), and does
// not end at a wall. So consent, login and error pages and the stubs of paywalls are refused. It revises the article: same
// id, a new entry in the log, settled and indexed anew, with the marks that have no span in a text kept. The hash stays
// that of the feed's item, so the same item polled again revises nothing. An item that the publisher revised is shown as
// the feed has it until its page was read again, once at most.
//
// What can't be had or used is remembered and not asked for again. 429 and 503 put the host off for Retry-After, an hour at
// least, and such a page is tried once more.
type PageReader struct {
	store   *store.DB
	fetch   *fetch.Client
	cleaner *clean.Cleaner
	clock   *steadyClock
	window  time.Duration // how long a story stays open
	mode    string        // where the feed does not say
	perHost int           // pages an hour
	arrived func()        // is called after an article was revised
	now     func() time.Time
	log     *slog.Logger

	mu    sync.Mutex     // one Read at a time; guards what follows
	whole map[int64]bool // feeds that have shown an item with its whole text, by id; nil until they are read
}

func newPageReader(o Options, cleaner *clean.Cleaner, clock *steadyClock, arrived func()) *PageReader {
	return &PageReader{
		store: o.Store, fetch: o.Fetch, cleaner: cleaner, clock: clock, window: o.windowLength(), mode: o.FullText,
		perHost: cmp.Or(max(o.FullTextPerHost, 0), pagesPerHost), arrived: arrived, now: o.Now, log: o.Logger,
	}
}

func (r *PageReader) run(ctx context.Context) { readEvery(ctx, "of articles", r.log, r.Read) }

// Read queues the pages of new articles that are cut short, and asks for them as long as there are any and no longer than
// budget. It gives the number of pages asked for; the error is the store's.
func (r *PageReader) Read(ctx context.Context, budget time.Duration) (int, error) {
	if !r.mu.TryLock() {
		return 0, nil // whoever reads them already reads them all
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
	ends, total := time.Now().Add(budget), 0
	for time.Now().Before(ends) {
		wanted, err := r.store.ClaimPages(ctx, store.PageQuota{Now: r.now(), Period: time.Hour, PerHost: r.perHost, Lease: pageLease, Limit: pageBatch})
		if err != nil || len(wanted) == 0 {
			return total, err
		}
		asked, err := askAll(ctx, wanted, ends, r.read)
		total += asked
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// queue reads what is new in the log and queues the pages that are wanted.
func (r *PageReader) queue(ctx context.Context) error {
	mark, err := r.store.PagesWatermark(ctx)
	if err != nil {
		return err
	}
	if r.whole == nil {
		if r.whole, err = r.store.WholeTexts(ctx); err != nil {
			return err
		}
	}
	var modes map[int64]string // by feed; read where there is something new
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
		var shown []int64 // feeds that show their first whole text
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

// wanted gives the pages of the articles that are cut short, or whose feeds always want them. A feed that has shown a whole
// text cuts only items that say so. A front page, and a page to which several items of a feed link, is the text of none.
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

// read asks for a page and stores the article with its text, or why that is not used. An article that was aged out meanwhile
// needs none.
func (r *PageReader) read(ctx context.Context, p store.Page) error {
	item, err := r.store.Article(ctx, p.Article)
	if errors.Is(err, news.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	whole, err := r.withPage(ctx, item)
	if ctx.Err() != nil {
		return ctx.Err() // cut off, no fault of the page's
	}
	if p.Asked = r.now(); err == nil {
		p.State = news.FeedOK
		defer r.arrived()
		return ignoreMissing(r.store.SavePage(ctx, p, &whole))
	}
	p.State, p.Problem = news.FeedBroken, err.Error()
	var failed *fetch.Error
	if errors.As(err, &failed) {
		p.State = failed.State
		if asksToWait(failed) {
			p.Again = p.Asked.Add(max(failed.RetryAfter, pageRest))
		}
	}
	r.log.Debug("the page of an article is not used", "url", p.URL, "error", err)
	return r.store.SavePage(ctx, p, nil)
}

// withPage gives the article with the text of its page, cleaned as a feed's would be. Its marks are those of that text, and
// those of the item that have no span in a text.
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
	wholeWords = 100 // as many as a text that is no summary has
	moreWords  = 60  // that a page has to add
	ownShare   = .7  // of an item's own words that its page must hold
	wallTail   = 400 // bytes at a text's end in which a wall is looked for
)

// cutShort says how texts end that go on elsewhere, and what pages say where the rest is for others.
var cutShort = words.Lists("fulltext.txt")

// saysMore says whether an item says itself that it goes on elsewhere.
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

// plain is the whole text of an HTML fragment.
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

// rejectPage says why a page's text is not to take the place of the item's, "" where it is better. A page that asks for
// consent, a login or money holds few of the item's own words, or adds next to nothing to them.
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

// wordsOf are the words of a text in lower case; in scripts without spaces, runs of two characters.
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
