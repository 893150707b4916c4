package group

import (
	"maps"
	"slices"

	"headwater/internal/news"
)

// Affected returns the ids of the articles for which these corrections differ from those in force. The corrections are in the
// order in which they were made. Affected articles that are not in the window must be restored before SetCorrections, each with
// its whole story.
func (g *Grouper) Affected(all []news.Correction) []int64 {
	return g.constraints.diff(newConstraints(all))
}

// SetCorrections replaces the corrections in force. all is in the order in which they were made. The next Settle decides again
// about the articles for which they differ.
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

// MustLinked returns the ids of the articles that must be in one story with any of the given ones, including these.
func (g *Grouper) MustLinked(ids []int64) []int64 {
	var out []int64
	for _, id := range ids {
		out = append(out, g.constraints.mustLink(id)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Detach takes articles out of their story. The story's id then stays with the rest of its articles, even if the rest is the
// smaller part. The next Settle gives the detached articles a story.
func (g *Grouper) Detach(ids []int64) {
	for _, id := range ids {
		if n := g.byID[id]; n != nil {
			g.leaveStory(n)
			n.story = 0
			g.added = append(g.added, n)
		}
	}
}

// Reassign puts articles back into stories that were merged into the articles' current story, and into the events of those
// stories. The next Settle decides again about the articles. If the stories are separate again, they keep their old ids.
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
