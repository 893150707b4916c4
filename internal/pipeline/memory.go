package pipeline

import (
	"cmp"
	"maps"
	"slices"

	"headwater/internal/news"
)

// maxRemembered is of how many feeds a Bench remembers the furniture: some 20 KB each.
const maxRemembered = 2000

// memory is what a Bench remembers of its feeds' furniture from one lot of articles to the next.
type memory struct {
	feeds map[string]*remembered
	lots  int
}

type remembered struct {
	furniture news.Furniture
	lot       int // in which the feed was there last
}

// of gives the place of what is remembered of a feed. Articles without a feed have nothing in common, and share none.
func (m *memory) of(feed string) *news.Furniture {
	if feed == "" {
		return &news.Furniture{}
	}
	if m.feeds == nil {
		m.feeds = map[string]*remembered{}
	}
	r := m.feeds[feed]
	if r == nil {
		r = &remembered{}
		m.feeds[feed] = r
	}
	r.lot = m.lots
	return &r.furniture
}

// bound ends a lot and forgets the feeds that were there the longest ago, beyond the limit.
func (m *memory) bound() {
	m.lots++
	if len(m.feeds) <= maxRemembered {
		return
	}
	names := slices.SortedFunc(maps.Keys(m.feeds), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.feeds[b].lot, m.feeds[a].lot), cmp.Compare(a, b))
	})
	for _, name := range names[maxRemembered:] {
		delete(m.feeds, name)
	}
}
