package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// maxMarked is the maximum length of a page with highlights. Longer pages are for counting, not for reading.
const maxMarked = 200

// defaultTimeout is used if Options.Timeout is zero.
const defaultTimeout = 5 * time.Second

// Search finds articles. The best match comes first, or the newest with Newest, or those of the story with the most outlets
// with Coverage. Among equals the newer comes first. Limit 0 means 50. Errors are a *QueryError for a malformed query,
// news.ErrCursor for a cursor of another search, and ErrSlow for a search that takes too long.
//
// Each hit has the spans to highlight, in order and without overlap. They are byte offsets into Article.Title and IndexedText
// in the indexed version. IndexedText begins with Article.Body(). If an article has been revised since, its spans must be
// clipped until it is indexed again. Pages of more than 200 hits have no spans. Score is relevance including freshness, and 0
// in other orders.
//
// A cursor continues after a page, as of the time of the first page. Articles stored since are left out, so they cause no
// repetitions. In order of relevance the next page begins after the last match of the page before, at that match's current
// position. If two matches change places because words become more frequent, one may be missed. The same holds for a story that
// overtakes others in coverage.
func (x *Index) Search(ctx context.Context, s Request, now time.Time) (Result, error) {
	n, err := parseWithOptions(s.Query, s.Only)
	if err != nil {
		return Result{}, err
	}
	if s.User == 0 {
		if err := rejectMarks(n, "this search"); err != nil {
			return Result{}, err
		}
	}
	f := &finder{x: x, search: s, now: now, maxID: math.MaxInt64}
	if s.Cursor != "" {
		if err := f.resume(s.Cursor); err != nil {
			return Result{}, err
		}
	}
	limit := cmp.Or(x.options.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrSlow)
	defer cancel()
	hits, err := x.find(ctx, f, n)
	if err != nil && errors.Is(context.Cause(ctx), ErrSlow) {
		return Result{}, fmt.Errorf("search: %w; it was given up after %s", ErrSlow, limit)
	}
	return hits, err
}

// find runs a search once a processor is free.
func (x *Index) find(ctx context.Context, f *finder, n node) (hits Result, err error) {
	if err := x.limiter.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer x.limiter.release()
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return Result{}, err
	}
	f.stories = new(StoryTable).snapshot()
	if t := x.stories.Load(); t != nil {
		f.stories = t.snapshot()
	}
	defer func() {
		if errors.Is(err, errDamaged) {
			err = fmt.Errorf("search in %s: %w; run `headwater reindex`", x.path, err)
		}
	}()
	defer recoverDamage(&err)
	inner, err := b.Advanced()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	r, err := inner.Reader()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = r.Close() }() // nothing is written
	if f.view, err = x.columns.view(r); err != nil {
		return Result{}, err
	}
	f.rows.view = f.view
	if err := f.collect(ctx, r, b.Mapping(), n); err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	defer f.release()
	hits, page := f.page()
	if hits.Matches == 0 {
		hits.Suggestion, err = suggest(ctx, r, f.search.Query, n)
		return hits, err
	}
	if len(hits.Hits) == 0 || f.search.Limit > maxMarked {
		return hits, nil
	}
	h := highlighter{reader: r, view: f.view, hits: hits.Hits}
	if err := h.mark(ctx, n, page); err != nil {
		return Result{}, fmt.Errorf("search: highlights: %w", err)
	}
	return hits, nil
}
