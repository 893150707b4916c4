package stream

import (
	"cmp"
	"maps"
	"slices"

	"headwater/internal/news"
)

// maxFurniture is the maximum number of feeds whose furniture is kept. Each takes some 20 KB.
const maxFurniture = 2000

// furnitureCache keeps the furniture of feeds between batches of articles.
type furnitureCache struct {
	feeds   map[string]*cachedFurniture
	batches int
}

type cachedFurniture struct {
	furniture news.Furniture
	batch     int // the last batch with articles of the feed
}

// of returns the furniture of a feed, to be changed in place. Articles without a feed do not share furniture.
func (c *furnitureCache) of(feed string) *news.Furniture {
	if feed == "" {
		return &news.Furniture{}
	}
	if c.feeds == nil {
		c.feeds = map[string]*cachedFurniture{}
	}
	f := c.feeds[feed]
	if f == nil {
		f = &cachedFurniture{}
		c.feeds[feed] = f
	}
	f.batch = c.batches
	return &f.furniture
}

// endBatch ends a batch and removes the least recently used feeds beyond maxFurniture.
func (c *furnitureCache) endBatch() {
	c.batches++
	if len(c.feeds) <= maxFurniture {
		return
	}
	names := slices.SortedFunc(maps.Keys(c.feeds), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.feeds[b].batch, c.feeds[a].batch), cmp.Compare(a, b))
	})
	for _, name := range names[maxFurniture:] {
		delete(c.feeds, name)
	}
}
