// Package query answers what readers ask: lists of stories, searches, the stories of topics, and combined feeds.
//
// Index is the search index in use (index.go). It follows the log of the store by its own watermark and knows the stories
// and roles of articles. Another index can replace it while searches run. Reader answers from store and index: stories
// with the state of their origins (stories.go), searches and topics (search.go), combined feeds (edition.go). Code that
// writes stories goes through Index.Apply, so that searches see what was stored.
package query

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
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
}

// NewIndex wraps an open index. Close closes that index, or the one that has replaced it.
func NewIndex(db *store.DB, x *search.Index, batch int) *Index {
	return &Index{store: db, current: x, batch: max(batch, 1), writing: semaphore.NewWeighted(1), table: storyTable{lock: semaphore.NewWeighted(1)}}
}

// CatchUp indexes every article in the log beyond the index's watermark. It returns the number of articles indexed.
// Progress may be nil.
func (i *Index) CatchUp(ctx context.Context, progress func(done, total int)) (int, error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer i.writing.Release(1)
	return i.fill(ctx, i.current, progress)
}

// fill reads the log to its end. The watermark reaches the end even if the last articles of the log were aged out.
func (i *Index) fill(ctx context.Context, x *search.Index, progress func(done, total int)) (int, error) {
	mark, errMark := x.Watermark()
	end, err := i.store.LastSeq(ctx) // before the log is read, since later entries have higher numbers
	if err := errors.Join(errMark, err); err != nil || mark >= end {
		return 0, err
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
		if err := x.Put(ctx, articles, mark); err != nil {
			return done, fmt.Errorf("index %d articles: %w", len(articles), err)
		}
		done += len(articles)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
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

// DeleteAged removes up to limit aged-out articles from the index. It reports whether there were any.
func (i *Index) DeleteAged(ctx context.Context, limit int) (bool, error) {
	if err := i.writing.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer i.writing.Release(1)
	ids, err := i.store.AgedIndexed(ctx, limit)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	if err := i.store.Sync(ctx); err != nil { // else a power failure might bring articles back that the index no longer has
		return false, err
	}
	i.swap.RLock()
	err = i.current.Delete(ctx, ids)
	i.swap.RUnlock()
	if err != nil {
		return false, fmt.Errorf("take %d aged-out articles out of the index: %w", len(ids), err)
	}
	return true, i.store.Unindexed(ctx, ids)
}

// Search finds articles. It returns a *search.BuildingError while the index lacks articles from before it was opened.
func (i *Index) Search(ctx context.Context, s search.Request, now time.Time) (search.Result, error) {
	if _, err := i.Stories(ctx); err != nil {
		return search.Result{}, err
	}
	marks, feeds := search.Needs(s.Query)
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
		return i.current.Search(ctx, s, now)
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

// tableBatch is how many stories are put into the table at once while all are loaded. Each Set copies a pointer for every
// 512 articles and stories. So adding stories one by one would take quadratic time.
const tableBatch = 20_000

// storyTable holds the stories and roles of all articles, for searches. It is loaded from the store before the first
// search and then updated by each settlement. If an update fails, it is set to nil and loaded again. Only one process
// writes to a data folder, so nobody else changes it.
//
// It takes 8 bytes for an article and about 100 for a story (search.StoryTable).
type storyTable struct {
	lock    *semaphore.Weighted               // held during loading, and from storing a settlement until the table is updated
	current atomic.Pointer[search.StoryTable] // nil until loaded
}

// Stories returns the table by which the index knows the stories of articles. The first call loads all stories.
func (i *Index) Stories(ctx context.Context) (*search.StoryTable, error) {
	if t := i.table.current.Load(); t != nil {
		return t, nil
	}
	if err := i.table.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer i.table.lock.Release(1)
	if t := i.table.current.Load(); t != nil {
		return t, nil
	}
	t := &search.StoryTable{}
	batch := make([]news.Placement, 0, tableBatch)
	err := i.store.Placements(ctx, func(p news.Placement) {
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
	return t, nil
}

// Apply stores a settlement by calling put, and updates the table for searches.
func (i *Index) Apply(ctx context.Context, s store.Settlement, put func(store.Settlement) error) error {
	if err := i.table.lock.Acquire(ctx, 1); err != nil { // no search may load the table between the two
		return err
	}
	defer i.table.lock.Release(1)
	if err := put(s); err != nil {
		i.table.current.Store(nil) // put may have stored it all the same
		return err
	}
	t := i.table.current.Load()
	if t == nil {
		return nil // loading the table will include this settlement
	}
	list := make([]news.Placement, len(s.Stories))
	for n, st := range s.Stories {
		p := news.Placement{Story: st.ID, Event: st.Event, Origin: st.Origin.Outlet, Outlets: st.Outlets, Members: make(map[int64]news.Role, len(st.Members))}
		for _, m := range st.Members {
			p.Members[m.Article.ID] = m.Role
		}
		list[n] = p
	}
	if !t.Set(list, slices.Collect(maps.Keys(s.Moved))...) {
		i.table.current.Store(nil)
	}
	return nil
}

// AgeOut ages articles out of the store by calling take, which returns their ids, and updates the table for searches.
func (i *Index) AgeOut(ctx context.Context, take func() ([]int64, error)) error {
	if err := i.table.lock.Acquire(ctx, 1); err != nil { // no search may load the table between the two
		return err
	}
	defer i.table.lock.Release(1)
	articles, err := take()
	if err != nil {
		i.table.current.Store(nil) // take may have aged them out all the same
		return err
	}
	if t := i.table.current.Load(); t != nil && len(articles) > 0 {
		t.Remove(articles)
	}
	return nil
}
