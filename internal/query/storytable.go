package query

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// tableBatch is how many stories are put into the table at once when all are read. Each Set copies a pointer for every 512
// articles and stories, so that one by one would take time by the square of the archive.
const tableBatch = 20_000

// storyTable is where articles stand in their stories. It is read from the store before the first search, and then follows
// each settlement. Where that fails it is nil, and read again. One process writes to a data folder, so nobody else changes it.
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
