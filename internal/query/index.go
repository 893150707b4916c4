// Package query answers what readers ask: lists of stories, searches, the stories of topics, and combined feeds.
//
// Index is the search index in use (index.go). It follows the log of the store by its own watermark, can be replaced by another
// while searches run, and knows the stories and roles of articles. Reader answers from store and index:
// stories with what is known of their origins (stories.go), searches and topics (search.go), combined feeds (edition.go).
// Writers of stories go through Index.Apply, so that searches see what was stored.
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

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// Index is the search index in use. Its methods may be called at the same time.
type Index struct {
	store *store.DB
	batch int // articles written at once

	writing sync.Mutex // held by one CatchUp, Rebuild or Delete at a time
	swap    sync.RWMutex
	current *search.Index // swap is held for writing while another takes its place
	table   storyTable
}

// NewIndex puts an open index into use. Close closes it, or the one that has taken its place.
func NewIndex(db *store.DB, x *search.Index, batch int) *Index {
	return &Index{store: db, current: x, batch: max(batch, 1)}
}

// CatchUp indexes every article that the log holds beyond the index's own watermark. It gives the number of articles indexed.
// Progress may be nil.
func (i *Index) CatchUp(ctx context.Context, progress func(done, total int)) (int, error) {
	i.writing.Lock()
	defer i.writing.Unlock()
	return i.fill(ctx, i.current, progress)
}

// fill reads the log to its end. The watermark reaches that also where the last articles of the log were aged out.
func (i *Index) fill(ctx context.Context, x *search.Index, progress func(done, total int)) (int, error) {
	mark, errMark := x.Watermark()
	end, err := i.store.LastSeq(ctx) // before the log is read: what comes meanwhile has higher numbers
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

// Rebuild builds the index anew beside the one in use and puts it in its place when it is whole, so that an interruption
// leaves the old one. Open makes the empty one. Pause is called before the old one is closed, and has to end all use of its
// percolators until the function that it gives is called. It gives the number of articles indexed.
func (i *Index) Rebuild(ctx context.Context, open func(context.Context) (*search.Index, error), pause func() (resume func()), progress func(done, total int)) (int, error) {
	i.writing.Lock()
	defer i.writing.Unlock()
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
	defer pause()()
	i.table.mu.Lock()
	defer i.table.mu.Unlock()
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

// DeleteAged takes up to limit aged-out articles out of the index. It says whether there were any.
func (i *Index) DeleteAged(ctx context.Context, limit int) (bool, error) {
	i.writing.Lock()
	defer i.writing.Unlock()
	ids, err := i.store.AgedIndexed(ctx, limit)
	if err != nil || len(ids) == 0 {
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

// Search finds articles. It gives a *search.BuildingError while the index lacks articles from before it was opened.
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

// Percolator makes one of topics. It serves until the index is rebuilt.
func (i *Index) Percolator(topics []news.Topic) *search.Percolator {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Percolator(topics)
}

// IndexedText is an article's text as the index has it.
func (i *Index) IndexedText(a news.Article) string {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.IndexedText(a)
}

// Mark is the number of the last article of the log that the index has.
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

// Size is how many bytes the index uses.
func (i *Index) Size() (int64, error) {
	i.swap.RLock()
	defer i.swap.RUnlock()
	return i.current.Size()
}

// Building says that the index lacks articles which were stored before it was opened. Nothing is searched until it has them.
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

// tableBatch is how many stories are put into the table at once when all are read. Each Set copies a pointer for every 512
// articles and stories, so that one by one would take time by the square of the archive.
const tableBatch = 20_000

// storyTable has the stories and roles of all articles, for searches. It is read from the store before the first search, and then follows
// each settlement. Where that fails it is nil, and read again. One process writes to a data folder, so nobody else changes it.
//
// It holds 8 bytes an article and about 100 a story (search.StoryTable).
type storyTable struct {
	mu      sync.Mutex                        // held while it is read, and between storing a settlement and following it
	current atomic.Pointer[search.StoryTable] // nil until it is read
}

// Stories gives the table by which the index knows the stories of articles. The first call reads all stories.
func (i *Index) Stories(ctx context.Context) (*search.StoryTable, error) {
	if t := i.table.current.Load(); t != nil {
		return t, nil
	}
	i.table.mu.Lock()
	defer i.table.mu.Unlock()
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

// Apply stores a settlement by what put does, and lets searches know.
func (i *Index) Apply(s store.Settlement, put func(store.Settlement) error) error {
	i.table.mu.Lock() // a search must not read the store between the two
	defer i.table.mu.Unlock()
	if err := put(s); err != nil {
		i.table.current.Store(nil) // it may be stored all the same
		return err
	}
	t := i.table.current.Load()
	if t == nil {
		return nil // it will be read with this settlement
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

// AgeOut ages articles out of the store by what take does, which gives their ids, and lets searches know.
func (i *Index) AgeOut(take func() ([]int64, error)) error {
	i.table.mu.Lock() // a search must not read the store between the two
	defer i.table.mu.Unlock()
	articles, err := take()
	if err != nil {
		i.table.current.Store(nil) // it may be stored all the same
		return err
	}
	if t := i.table.current.Load(); t != nil && len(articles) > 0 {
		t.Remove(articles)
	}
	return nil
}
