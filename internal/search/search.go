package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/blevesearch/bleve/v2"
)

const (
	// defaultLimit is how many hits a search gives that does not say.
	defaultLimit = 50
	// maxMarked is the longest page that gets highlights: longer ones are for counting, not for reading.
	maxMarked = 200
	// maxSpans bounds the highlights in one text.
	maxSpans = 1000
)

// Relevance counts for more when an article is fresh: by this much for one that is out now, half as much after each
// half-life. So of two equal matches the newer stands first, and a much better match keeps its place.
const (
	freshness = 0.75
	halfLife  = 72 * time.Hour
)

// searchTime is Options.Timeout where that is zero.
const searchTime = 5 * time.Second

// Search finds articles, the best match first, or the newest with Newest, or those of the story with the most outlets with
// Coverage; among equals the newer first. Limit 0 is 50. A malformed query gives a *QueryError, a cursor from elsewhere
// news.ErrCursor, and one that takes too long ErrSlow.
//
// Each hit carries the spans to highlight, in order and apart: byte offsets into Article.Title and Index.IndexedText as they
// were indexed, which begins with Article.Body(). The spans of an article revised since need clipping until it is indexed again. Pages of more than
// 200 hits come without. Score is relevance with freshness in it, and 0 in other orders.
//
// A cursor goes on where a page ended, as of the time of the first page: what has been stored since is left out, so
// nothing comes twice because of it. In order of relevance the page begins after the last match of the page before,
// wherever that stands by now; of two matches that change places because words become more frequent, one may be missed.
// So may a story that passes others in coverage.
func (x *Index) Search(ctx context.Context, s Request, now time.Time) (Result, error) {
	n, err := parseOnly(s.Query, s.Only)
	if err != nil {
		return Result{}, err
	}
	if s.User == 0 {
		if err := nobodys(n, "this search"); err != nil {
			return Result{}, err
		}
	}
	f := &finder{x: x, search: s, now: now, through: math.MaxInt64}
	if s.Cursor != "" {
		if err := f.resume(s.Cursor); err != nil {
			return Result{}, err
		}
	}
	limit := cmp.Or(x.options.Timeout, searchTime)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrSlow)
	defer cancel()
	hits, err := x.search(ctx, f, n)
	if err != nil && errors.Is(context.Cause(ctx), ErrSlow) {
		return Result{}, fmt.Errorf("search: %w; it was given up after %s", ErrSlow, limit)
	}
	return hits, err
}

// search waits for its turn.
func (x *Index) search(ctx context.Context, f *finder, n node) (hits Result, err error) {
	if err := x.turns.take(ctx); err != nil {
		return Result{}, err
	}
	defer x.turns.leave()
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return Result{}, err
	}
	f.places = x.standing()
	defer func() {
		if errors.Is(err, errDamaged) {
			err = fmt.Errorf("search in %s: %w; run `headwater reindex`", x.path, err)
		}
	}()
	defer recovered(&err)
	return f.find(ctx, b, n)
}

// recovered makes an error of a panic: bleve reads a damaged index without checks. Each goroutine of a search defers it.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, r)
	}
}

// SetStories lets searches know the places of articles in stories. Without it there are none.
func (x *Index) SetStories(p *StoryTable) { x.places.Store(p) }

func (x *Index) standing() *standing {
	if p := x.places.Load(); p != nil {
		return p.standing()
	}
	return new(StoryTable).standing()
}

func (f *finder) find(ctx context.Context, b bleve.Index, n node) (Result, error) {
	inner, err := b.Advanced()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	r, err := inner.Reader()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = r.Close() }() // nothing is written
	if f.view, err = f.x.columns.view(r); err != nil {
		return Result{}, err
	}
	f.rows.view = f.view
	if err := f.collect(ctx, r, b.Mapping(), n); err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	defer f.release()
	hits, page := f.page()
	if hits.Matches == 0 {
		hits.Suggestion, err = f.suggest(ctx, r, n)
		return hits, err
	}
	if len(hits.Hits) == 0 || f.search.Limit > maxMarked {
		return hits, nil
	}
	if err := f.mark(ctx, r, n, page, hits.Hits); err != nil {
		return Result{}, fmt.Errorf("search: highlights: %w", err)
	}
	return hits, nil
}

func (f *finder) compiler() *compiler {
	c := &compiler{now: f.now, places: f.places, view: f.view, lists: &f.x.lists, turns: f.x.turns, feeds: f.search.Feeds}
	if f.search.Marks != nil {
		c.marks = *f.search.Marks
	}
	return c
}
