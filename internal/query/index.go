// Package query answers what readers ask: lists of stories, searches, the stories of topics, and combined feeds.
//
// Index is the search index in use (index.go). It follows the log of the store by its own watermark and knows the stories
// and roles of articles. Another index can replace it while searches run. Reader answers from store and index: stories
// with the state of their origins (stories.go), events with their stories (events.go), searches and topics (search.go),
// combined feeds (edition.go), outlets and what people change of them (outlets.go), front pages (front.go). Index and table
// follow the logs of the store, so they show what any process has stored.
package query

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/search"
	"headwater/internal/store"
)

// Index is the search index in use. Its methods are safe for concurrent use.
type Index struct {
	store *store.DB
	batch int // articles written in one batch

	writing *semaphore.Weighted // one CatchUp, Rebuild or DeleteAged at a time
	swap    sync.RWMutex
	current *search.Index // swap is held for writing while another index replaces it
	table   storyTable
	traces  atomic.Pointer[observe.Traces]
	level   atomic.Pointer[time.Time] // when the index was last at the end of the log, or was opened
	damaged chan struct{}             // gets a value when a read meets damage; holds one
}

// NewIndex wraps an open index. Close closes that index, or the one that has replaced it.
func NewIndex(db *store.DB, x *search.Index, batch int) *Index {
	i := &Index{store: db, current: x, batch: max(batch, 1), writing: semaphore.NewWeighted(1), damaged: make(chan struct{}, 1), table: storyTable{lock: semaphore.NewWeighted(1)}}
	now := time.Now()
	i.level.Store(&now)
	return i
}

// Trace has what articles CatchUp indexes recorded; nil records nothing.
func (i *Index) Trace(t *observe.Traces) { i.traces.Store(t) }

// CatchUp indexes every article in the log beyond the index's watermark. It returns the number of articles indexed.
// Progress may be nil.
func (i *Index) CatchUp(ctx context.Context, progress func(done, total int)) (int, error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer i.writing.Release(1)
	began := time.Now()
	done, err := i.fill(ctx, i.current, progress)
	if err == nil {
		i.level.Store(&began)
	}
	return done, err
}

// Check compares the files of the index with their checksums, if it was opened without that or a search met damage. A damaged
// index is begun anew: CatchUp fills it.
func (i *Index) Check(ctx context.Context) error {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return err
	}
	defer i.writing.Release(1)
	return i.current.Check(ctx)
}

// Damaged returns a channel that gets a value when a read of the index has met damage, so that Check is due.
func (i *Index) Damaged() chan struct{} { return i.damaged }

func (i *Index) noteDamage(err error) {
	if errors.Is(err, search.ErrDamaged) {
		select {
		case i.damaged <- struct{}{}:
		default: // it has one that nobody has taken yet
		}
	}
}

// Behind returns how many entries of the article log the index lacks, and how long ago it lacked none. Both are 0 while it
// lacks none.
func (i *Index) Behind(ctx context.Context) (entries int, since time.Duration, err error) {
	mark, err := i.Mark()
	if err != nil {
		return 0, 0, err
	}
	if entries, err = i.store.CountAfter(ctx, mark); entries > 0 {
		since = time.Since(*i.level.Load())
	}
	return entries, since, err
}

// fill reads the log to its end. The watermark reaches the end even if the last articles of the log were aged out.
func (i *Index) fill(ctx context.Context, x *search.Index, progress func(done, total int)) (int, error) {
	mark, errMark := x.Watermark()
	end, err := i.store.LastSeq(ctx) // before the log is read, since later entries have higher numbers
	if err := errors.Join(errMark, err); err != nil || mark >= end {
		return 0, err
	}
	if mark == 0 {
		if err := i.beginRemovals(ctx, x); err != nil {
			return 0, err
		}
	}
	waiting, err := i.store.CountAfter(ctx, mark)
	if err != nil {
		return 0, err
	}
	done := 0
	for {
		articles, err := i.store.Log(ctx, mark, i.batch)
		if err != nil {
			return done, err
		}
		if len(articles) == 0 && mark < end {
			return done, x.Put(ctx, nil, end)
		} else if len(articles) == 0 {
			return done, nil
		}
		mark = articles[len(articles)-1].Seq
		if err := i.put(ctx, x, articles, mark); err != nil {
			return done, fmt.Errorf("index %d articles: %w", len(articles), err)
		}
		done += len(articles)
		observe.Progress(ctx)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
}

// put puts articles into an index, and records that unless it is one that Rebuild fills.
func (i *Index) put(ctx context.Context, x *search.Index, articles []news.Article, mark int64) error {
	var traces *observe.Traces
	if x == i.current {
		traces = i.traces.Load()
	}
	ctx, span := traces.Begin(ctx, "index articles", "headwater.articles", len(articles))
	err := x.Put(ctx, articles, mark)
	if span != nil && err == nil {
		ids := make([]int64, len(articles))
		for n, a := range articles {
			ids[n] = a.ID
		}
		span.Did(ctx, "index", ids)
	}
	span.End(err)
	return err
}

// Rebuild builds a new index next to the one in use, and replaces that when the new one is complete. So an interruption
// leaves the old one. Open creates the empty index. Pause is called before the old index is closed; it has to stop all
// use of its percolators until the returned function is called. Rebuild returns the number of articles indexed.
func (i *Index) Rebuild(ctx context.Context, open func(context.Context) (*search.Index, error), pause func(context.Context) (resume func(), err error), progress func(done, total int)) (int, error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer i.writing.Release(1)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	fresh, err := open(ctx)
	if err != nil {
		return 0, err
	}
	done, err := i.fill(ctx, fresh, progress)
	if err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	resume, err := pause(ctx)
	if err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	defer resume()
	if err := i.table.lock.Acquire(ctx, 1); err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	defer i.table.lock.Release(1)
	i.swap.Lock()
	defer i.swap.Unlock()
	if err := i.current.Close(); err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	if err := fresh.Swap(ctx); err != nil {
		return done, errors.Join(err, fresh.Close())
	}
	i.current = fresh
	if t := i.table.current.Load(); t != nil {
		fresh.SetStories(t)
	}
	return done, nil
}

// beginRemovals moves a new index to the end of the log of removals, since it will get what is stored by then.
func (i *Index) beginRemovals(ctx context.Context, x *search.Index) error {
	_, has, err := x.RemovalMark()
	if err != nil || has {
		return err
	}
	last, err := i.store.LastRemoval(ctx)
	if err != nil {
		return err
	}
	return x.Delete(ctx, nil, last)
}

// removalBatch is how many aged-out articles leave the index in one batch.
const removalBatch = 500

// DeleteAged removes the articles from the index that were aged out, until none is left or budget is used up. It returns how
// many entries of the log of removals it has read.
func (i *Index) DeleteAged(ctx context.Context, budget time.Duration) (done int, err error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer i.writing.Release(1)
	for ends := time.Now().Add(budget); ; {
		mark, _, err := i.current.RemovalMark() // 0 for an index of a version without this mark
		if err != nil {
			return done, err
		}
		ids, through, err := i.store.Removals(ctx, mark, removalBatch)
		if errors.Is(err, store.ErrForgotten) {
			if err := i.deleteMissing(ctx, mark); err != nil {
				return done, err
			}
			continue
		}
		if err != nil || len(ids) == 0 {
			return done, err
		}
		if err := i.deleteArticles(ctx, ids, through); err != nil {
			return done, err
		}
		if done += len(ids); !time.Now().Before(ends) {
			return done, nil
		}
	}
}

// deleteMissing removes the articles from the index that are not stored. It is for an index that was away for longer than
// the log of removals reaches back, or that followed a newer copy of the database. The mark moves with the last part.
func (i *Index) deleteMissing(ctx context.Context, mark int64) error {
	last, err := i.store.LastRemoval(ctx) // before the articles are compared, since later ones are read from the log
	if err != nil {
		return err
	}
	missing, err := i.notStored(ctx)
	if err != nil {
		return err
	}
	for ; len(missing) > removalBatch; missing = missing[removalBatch:] {
		if err := i.deleteArticles(ctx, missing[:removalBatch], mark); err != nil {
			return err
		}
		observe.Progress(ctx)
	}
	return i.deleteArticles(ctx, missing, last)
}

// Strays counts the articles in the index that are not stored, beyond those whose removal it has not read yet. It reads the
// whole index.
func (i *Index) Strays(ctx context.Context) (strays int, err error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer i.writing.Release(1)
	mark, _, errMark := i.current.RemovalMark()
	last, errLast := i.store.LastRemoval(ctx)
	if err := errors.Join(errMark, errLast); err != nil {
		return 0, err
	}
	missing, err := i.notStored(ctx)
	return max(0, len(missing)-int(last-mark)), err
}

// notStored returns the articles in the index that are not stored. It reads the whole index.
func (i *Index) notStored(ctx context.Context) (missing []int64, err error) {
	err = i.current.EachArticle(ctx, func(ids []int64) error {
		gone, err := i.store.NotStored(ctx, ids)
		missing = append(missing, gone...)
		return err
	})
	if err != nil {
		i.noteDamage(err)
		return nil, fmt.Errorf("compare the index with the stored articles: %w", err)
	}
	return missing, nil
}

// deleteArticles removes articles from the index and moves its mark in the log of removals.
func (i *Index) deleteArticles(ctx context.Context, ids []int64, through int64) error {
	if err := i.store.Sync(ctx); err != nil { // else a power failure might bring articles back that the index no longer has
		return err
	}
	i.swap.RLock()
	err := i.current.Delete(ctx, ids, through)
	i.swap.RUnlock()
	if err != nil {
		return fmt.Errorf("take %d aged-out articles out of the index: %w", len(ids), err)
	}
	return i.store.RemovalsRead(ctx, through)
}

// Search finds articles. It returns a *search.BuildingError while the index lacks articles from before it was opened.
func (i *Index) Search(ctx context.Context, s search.Request, now time.Time) (search.Result, error) {
	if _, err := i.Stories(ctx); err != nil {
		return search.Result{}, err
	}
	marks, feeds := search.Needs(s.Query)
	hidden, err := i.store.Hidden(ctx, s.User)
	if err != nil {
		return search.Result{}, err
	}
	s.Hidden = hidden
	if marks && s.User != 0 {
		m, err := i.store.Marks(ctx, s.User)
		if err != nil {
			return search.Result{}, err
		}
		s.Marks = &m
	}
	if feeds {
		var err error
		if s.Feeds, err = i.store.Feeds(ctx); err != nil {
			return search.Result{}, err
		}
	}
	i.swap.RLock()
	defer i.swap.RUnlock()
	if !i.current.Building() {
		found, err := i.current.Search(ctx, s, now)
		i.noteDamage(err)
		return found, err
	}
	indexed, errCount := i.current.Count()
	mark, errMark := i.current.Watermark()
	if err := errors.Join(errCount, errMark); err != nil {
		return search.Result{}, err
	}
	missing, err := i.store.CountAfter(ctx, mark)
	if err != nil {
		return search.Result{}, err
	}
	return search.Result{}, &search.BuildingError{Indexed: int(indexed), Missing: missing}
}

// Complete returns how the last word of a query may go on.
func (i *Index) Complete(ctx context.Context, query string) ([]search.Completion, error) {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Complete(ctx, query)
}

// Percolator returns a percolator for topics. It is valid until the index is rebuilt.
func (i *Index) Percolator(topics []news.Topic) *search.Percolator {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Percolator(topics)
}

// IndexedText returns an article's text as the index stores it.
func (i *Index) IndexedText(a news.Article) string {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.IndexedText(a)
}

// Mark returns the index's watermark: the number of the last log entry that it has indexed.
func (i *Index) Mark() (int64, error) {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Watermark()
}

// Count counts the articles in the index.
func (i *Index) Count() (uint64, error) {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Count()
}

// Size returns how many bytes the index uses.
func (i *Index) Size() (int64, error) {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Size()
}

// Building reports whether the index still lacks articles that were stored before it was opened. Until it has them,
// searches fail.
func (i *Index) Building() bool {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Building()
}

// Close closes the index in use.
func (i *Index) Close() error {
	i.swap.Lock()
	defer i.swap.Unlock()
	return i.current.Close()
}

const (
	// tableBatch is how many stories are put into the table at once while all are loaded. Each Set copies a pointer for
	// every 512 articles and stories. So adding stories one by one would take quadratic time.
	tableBatch = 20_000
	// tableChanges is how many stories, or articles, the table takes from the logs at once. If more have changed, it is
	// loaded again.
	tableChanges = 20_000
)

// storyTable holds the stories and roles of all articles, for searches. It is loaded from the store before the first
// search, and then follows the story log and the log of removals, whichever process writes them.
//
// It takes 8 bytes for an article and about 100 for a story (search.StoryTable).
type storyTable struct {
	lock    *semaphore.Weighted               // one that loads or follows at a time; guards at
	at      store.PlacementMark               // how far the table follows the logs
	current atomic.Pointer[search.StoryTable] // nil until loaded
	next    atomic.Pointer[<-chan struct{}]   // closed when stories have changed since the table was read
}

// Stories returns the table by which the index knows the stories of articles. It has everything that this process has
// stored, and what others did as far as the store has heard of it. The first call loads all stories.
func (i *Index) Stories(ctx context.Context) (*search.StoryTable, error) {
	if t := i.table.fresh(); t != nil {
		return t, nil
	}
	return i.followStories(ctx, false)
}

// NewestStories is Stories with everything that any process has stored by now.
func (i *Index) NewestStories(ctx context.Context) (*search.StoryTable, error) {
	return i.followStories(ctx, true)
}

// fresh returns the table unless it has to follow changes first.
func (t *storyTable) fresh() *search.StoryTable {
	if next := t.next.Load(); next != nil {
		select {
		case <-*next:
		default:
			return t.current.Load()
		}
	}
	return nil
}

func (i *Index) followStories(ctx context.Context, newest bool) (*search.StoryTable, error) {
	if err := i.table.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer i.table.lock.Release(1)
	if t := i.table.fresh(); t != nil && !newest {
		return t, nil
	}
	next := i.store.Changed(store.AreaStories | store.AreaRemovals) // before the logs are read
	t := i.table.current.Load()
	if t != nil {
		changes, err := i.store.PlacementsAfter(ctx, i.table.at, tableChanges)
		switch {
		case errors.Is(err, store.ErrForgotten):
			t = nil
		case err != nil:
			return nil, err
		default:
			if len(changes.Removed) > 0 { // first, since the stories lack them
				t.Remove(changes.Removed)
			}
			if len(changes.Stories)+len(changes.Gone) > 0 && !t.Set(changes.Stories, changes.Gone...) {
				t = nil
				break
			}
			i.table.at = changes.Through
		}
	}
	if t == nil {
		var err error
		if t, err = i.loadStories(ctx); err != nil {
			return nil, err
		}
	}
	i.table.next.Store(&next)
	return t, nil
}

// loadStories makes a new table. The lock of the table is held.
func (i *Index) loadStories(ctx context.Context) (*search.StoryTable, error) {
	t := &search.StoryTable{}
	batch := make([]news.Placement, 0, tableBatch)
	at, err := i.store.Placements(ctx, func(p news.Placement) {
		if batch = append(batch, p); len(batch) == tableBatch {
			t.Set(batch)
			batch = batch[:0]
		}
	})
	if err != nil {
		return nil, err
	}
	t.Set(batch)
	i.swap.RLock()
	defer i.swap.RUnlock()
	i.current.SetStories(t)
	i.table.current.Store(t)
	i.table.at = at
	return t, nil
}
