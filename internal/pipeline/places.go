package pipeline

import (
	"context"
	"maps"
	"slices"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

// placedAtOnce is how many stories are handed to the index at once when all are read. Each handing over copies a pointer for every
// 512 articles and stories, so one by one would take time by the square of the archive.
const placedAtOnce = 20_000

// follow lets the index know where articles stand in their stories. The first call reads all stories from the store; from
// then on each settlement that is stored is passed on by putPlaced, or has all read again where it does not tell enough. One process writes to a data folder, so nobody else
// changes them.
func (n *Newsroom) follow(ctx context.Context) error {
	if n.places.Load() != nil {
		return nil
	}
	n.following.Lock()
	defer n.following.Unlock()
	if n.places.Load() != nil {
		return nil
	}
	places := &search.StoryTable{}
	batch := make([]news.Placement, 0, placedAtOnce)
	err := n.Store.Placements(ctx, func(p news.Placement) {
		if batch = append(batch, p); len(batch) == placedAtOnce {
			places.Set(batch)
			batch = batch[:0]
		}
	})
	if err != nil {
		return err
	}
	places.Set(batch)
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	n.Index.SetStories(places)
	n.places.Store(places)
	return nil
}

// putPlaced stores a settlement by what put does, and tells searches.
func (n *Newsroom) putPlaced(s store.Settlement, put func(store.Settlement) error) error {
	n.following.Lock() // a search must not read the store between the two
	defer n.following.Unlock()
	if err := put(s); err != nil {
		n.places.Store(nil) // it may be stored all the same
		return err
	}
	defer n.changed.all()
	defer n.toMatch.ring()
	places := n.places.Load()
	if places == nil {
		return nil // they will be read with this among them
	}
	list := make([]news.Placement, 0, len(s.Stories))
	for _, st := range s.Stories {
		list = append(list, placementOf(st))
	}
	if !places.Set(list, slices.Collect(maps.Keys(s.Moved))...) {
		n.places.Store(nil)
	}
	return nil
}

func placementOf(s news.Story) news.Placement {
	p := news.Placement{Story: s.ID, Event: s.Event, Origin: s.Origin.Outlet, Outlets: s.Outlets, Members: make(map[int64]news.Role, len(s.Members))}
	for _, m := range s.Members {
		p.Members[m.Article.ID] = m.Role
	}
	return p
}
