package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/page"
	"headwater/internal/news"
	"headwater/internal/observe"
)

// Web pages are fetched in the background, a few at a time: pages of items that are cut short, and pages that articles
// credit.
const (
	pageWorkers = 4
	pageBatch   = 4 * pageWorkers
	pageLease   = 10 * time.Minute // how long a claimed page is reserved; longer than any fetch takes
	pageTick    = 5 * time.Second
	pageBudget  = time.Minute // the longest that reading goes on before its results are processed
)

// The kinds of pages in metrics.
const (
	pagesWhole    = "full text"
	pagesCredited = "credited"
)

// pageOutcome returns the outcome of a fetched page in metrics.
func pageOutcome(state news.FeedState) string {
	if state == news.FeedOK {
		return observe.Read
	}
	return observe.Failed
}

// readEvery calls read for pages of one kind, again and again, until the context ends.
func readEvery(ctx context.Context, kind string, log *slog.Logger, health *observe.Health, read func(context.Context, time.Duration) (int, error)) {
	t := time.NewTicker(pageTick)
	defer t.Stop()
	for {
		step, end := health.Begin(ctx, "pages "+kind)
		_, err := read(step, pageBudget)
		end()
		if news.IsFault(ctx, err) {
			log.Error("what web pages say could not be kept; the next turn tries again", "pages", kind, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// expirePages removes from a queue the pages whose stories closed before a time.
func expirePages(ctx context.Context, before time.Time, some func(ctx context.Context, before time.Time, limit int) (int, error)) error {
	const limit = 500
	for {
		gone, err := some(ctx, before, limit)
		if err != nil || gone < limit {
			return err
		}
	}
}

// askQueued claims queued pages with the leases of their hosts and calls ask for each, until none is left or budget is used up.
// It returns for how many it called ask.
func askQueued[T any](ctx context.Context, hosts *hostLeases, budget time.Duration, claim func(context.Context) ([]T, []string, error), ask func(context.Context, T) error) (int, error) {
	ends, total := time.Now().Add(budget), 0
	for time.Now().Before(ends) {
		var wanted []T
		held, err := hosts.claim(ctx, func(ctx context.Context) (names []string, err error) {
			wanted, names, err = claim(ctx)
			return names, err
		})
		if err != nil {
			return total, err
		}
		asked, err := askAll(ctx, wanted, ends, ask)
		observe.Progress(ctx)
		total += asked
		if err := errors.Join(err, hosts.giveBack(ctx, held)); err != nil || len(wanted) == 0 {
			return total, err
		}
	}
	return total, nil
}

// askAll calls ask for the wanted pages and returns for how many. It begins none after ends. A fetch that has begun takes
// as long as it needs.
func askAll[T any](ctx context.Context, wanted []T, ends time.Time, ask func(context.Context, T) error) (int, error) {
	var asked atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pageWorkers)
	for _, w := range wanted {
		g.Go(func() error {
			if ctx.Err() != nil || time.Now().After(ends) {
				return ctx.Err()
			}
			asked.Add(1)
			return ask(ctx, w)
		})
	}
	err := g.Wait()
	return int(asked.Load()), err
}

// fetchPage fetches a web page and parses it.
func fetchPage(ctx context.Context, client *fetch.Client, address string) (page.Page, error) {
	resp, err := client.Page(ctx, address)
	if err != nil {
		return page.Page{}, err
	}
	return page.Read(page.Fetched{URL: resp.URL, ContentType: resp.Header.Get("Content-Type"), Body: resp.Body})
}

// asksToWait reports whether a server refused a request because it wants a pause.
func asksToWait(e *fetch.Error) bool {
	return e.RetryAfter > 0 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}
