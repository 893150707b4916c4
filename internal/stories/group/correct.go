package group

import (
	"maps"
	"slices"

	"headwater/internal/news"
)

// Affected gives the articles of which these corrections, in the order in which they were made, say something else than those in force,
// by id. Those that are missing in the window must be restored, each with its whole story, before SetCorrections.
func (g *Grouper) Affected(all []news.Correction) []int64 {
	return g.constraints.diff(newConstraints(all))
}

// SetCorrections replaces the corrections in force; they come in the order in which they were made. The next Settle decides anew about
// the articles of which they say something else.
func (g *Grouper) SetCorrections(all []news.Correction) {
	next := newConstraints(all)
	affected := g.constraints.diff(next)
	var moving []*node
	for _, id := range affected {
		if n := g.byID[id]; n != nil {
			moving = append(moving, n)
		}
	}
	var edges []news.Edge
	for _, n := range moving { // under other constraints it has other duplicates
		for e := range g.index.edges(n) {
			edges = append(edges, e.toNews(n))
		}
		g.remove(n)
	}
	g.constraints = next
	for _, n := range moving {
		g.added = append(g.added, g.insert(n.fullItem()))
	}
	for _, e := range edges {
		g.RestoreEdge(e)
	}
}

// MustLinked gives the articles that must be in one story with any of the given ones, those among them, by id.
func (g *Grouper) MustLinked(ids []int64) []int64 {
	var out []int64
	for _, id := range ids {
		out = append(out, g.constraints.mustLink(id)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Detach takes articles out of the story they are in, so that its id stays with the rest even where that is smaller. They get their
// story from the next Settle.
func (g *Grouper) Detach(ids []int64) {
	for _, id := range ids {
		if n := g.byID[id]; n != nil {
			g.leaveStory(n)
			n.story = 0
			g.added = append(g.added, n)
		}
	}
}

// Reassign puts articles back into stories that were merged into the one that they are in now, and into the events of those. The next
// Settle decides anew about them, and the ids of these stories stay with them where they are stories of their own.
func (g *Grouper) Reassign(to map[int64]news.Grouping) {
	for _, id := range slices.Sorted(maps.Keys(to)) {
		if n := g.byID[id]; n != nil {
			g.leaveStory(n)
			n.story, n.event = to[id].Story, to[id].Event
			g.joinStory(n)
			g.added = append(g.added, n)
		}
	}
}
