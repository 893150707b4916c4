package pipeline

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/page"
)

// Web pages are asked for behind polling, a few at a time: those of items that are cut short, and those that articles credit.
const (
	pageWorkers = 4
	pageBatch   = 4 * pageWorkers
	pageLease   = 10 * time.Minute // how long a page that is being asked for is asked for by nobody else; longer than any fetch takes
	pageTick    = 5 * time.Second
	pageBudget  = time.Minute // the longest that reading goes on before something is done with what was read
)

// readEvery reads pages of a kind in turns until the context ends.
func readEvery(ctx context.Context, kind string, log *slog.Logger, read func(context.Context, time.Duration) (int, error)) {
	t := time.NewTicker(pageTick)
	defer t.Stop()
	for {
		if _, err := read(ctx, pageBudget); err != nil && ctx.Err() == nil {
			log.Error("what web pages say could not be kept; the next turn tries again", "pages", kind, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// expirePages takes the pages out of a queue whose stories were closed before a time.
func expirePages(ctx context.Context, before time.Time, some func(ctx context.Context, before time.Time, limit int) (int, error)) error {
	const limit = 500
	for {
		gone, err := some(ctx, before, limit)
		if err != nil || gone < limit {
			return err
		}
	}
}

// askAll asks for some pages and gives how many it asked for. None is begun after ends; what was begun may take as long as
// any fetch.
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

// fetchPage asks for a web page and reads it.
func fetchPage(ctx context.Context, client *fetch.Client, address string) (page.Page, error) {
	resp, err := client.Page(ctx, address)
	if err != nil {
		return page.Page{}, err
	}
	return page.Read(page.Source{URL: resp.URL, ContentType: resp.Header.Get("Content-Type"), Body: resp.Body})
}

// asksToWait says that a server refused because it wants to be left alone for a while.
func asksToWait(e *fetch.Error) bool {
	return e.RetryAfter > 0 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}
