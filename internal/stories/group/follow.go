package group

import (
	"cmp"
	"maps"
	"slices"

	"headwater/internal/news"
)

// A process that stands by keeps a window that another process settles. Follow and the two methods after it bring it to what
// the other has stored. The result is that of Restore and RestoreEdge for all that is stored, up to the numbers of nodes and
// to which articles of a frame are the first (templateMarks). Nothing is compared or decided.

// Update is what has changed of a window. An article stands in at most one of Remove and Put.
type Update struct {
	Remove []int64                 // articles that left the window
	Put    []Item                  // articles that came into the window, or got another print
	Places map[int64]news.Grouping // where articles of the window are; zero for in no story

	Corrected   bool              // Corrections replace those in force
	Corrections []news.Correction // in the order in which they were made
}

// Follow takes over an update. It returns the articles whose edges are not in the window now, or not all. ReplaceEdges has to
// get these before the next Settle. The window must be settled.
func (g *Grouper) Follow(u Update) (unconnected []int64) {
	next := g.constraints
	var moving []Item // that have other duplicates under the new constraints
	if u.Corrected {
		next = newConstraints(u.Corrections)
	}
	gone := map[*node]bool{}
	for _, id := range u.Remove {
		if n := g.byID[id]; n != nil {
			gone[n] = true
		}
	}
	for _, it := range u.Put {
		if n := g.byID[it.Article.ID]; n != nil {
			gone[n] = true
		}
	}
	if u.Corrected {
		for _, id := range g.constraints.diff(next) {
			if n := g.byID[id]; n != nil && !gone[n] {
				gone[n] = true
				moving = append(moving, n.fullItem())
			}
		}
	}
	heirs := g.drop(gone)
	g.constraints = next
	var fresh []*node
	for _, it := range slices.Concat(moving, u.Put) {
		fresh = append(fresh, g.insert(it))
	}
	to := make(map[*node]news.Grouping, len(u.Places))
	for _, n := range fresh { // its story may still have another event, by members that leave it now
		to[n] = news.Grouping{Story: n.story, Event: n.event}
	}
	for id, place := range u.Places {
		if n := g.byID[id]; n != nil && (n.story != place.Story || n.event != place.Event) {
			to[n] = place
		}
	}
	g.regroup(to)
	g.promoteRivals() // heirs among them are new
	for _, n := range slices.Concat(heirs, fresh) {
		if n.representative == nil && g.byID[n.id] == n {
			unconnected = append(unconnected, n.id)
		}
	}
	slices.Sort(unconnected)
	g.added, g.toDecide = nil, nil
	g.cache.clear()
	g.cache = printCache{}
	g.index.flush()
	return slices.Compact(unconnected)
}

// ReplaceEdges replaces all edges of articles by the given ones, which are all that are stored of these articles.
func (g *Grouper) ReplaceEdges(of []int64, edges []news.Edge) {
	for _, id := range of {
		if n := g.byID[id]; n != nil {
			g.removeEdges(n)
		}
	}
	for _, e := range edges {
		g.RestoreEdge(e)
	}
}

// SetEdges adds edges, or replaces those between the same articles.
func (g *Grouper) SetEdges(edges []news.Edge) {
	for _, e := range edges {
		if a, b := g.byID[e.A], g.byID[e.B]; a != nil && b != nil && a.representative == nil && b.representative == nil {
			a.disconnect(b.number)
			b.disconnect(a.number)
		}
		g.RestoreEdge(e)
	}
}

// NextIDs sets the ids that Settle assigns next.
func (g *Grouper) NextIDs(story, event int64) { g.nextStory, g.nextEvent = story, event }

// Members returns the ids of a story's articles in the window, sorted; none for an unknown story.
func (g *Grouper) Members(story int64) []int64 { return nodeIDs(g.stories[story]) }

// drop removes nodes from the window. It returns the duplicates that take the places of removed representatives.
func (g *Grouper) drop(gone map[*node]bool) (heirs []*node) {
	out := make(map[*node]news.Grouping, len(gone))
	represented := map[*node]bool{} // nodes that lose duplicates
	for n := range gone {
		out[n] = news.Grouping{}
		if n.representative != nil {
			represented[n.representative] = true
		}
	}
	g.regroup(out)
	for rep := range represented {
		rep.duplicates = slices.DeleteFunc(rep.duplicates, func(d *node) bool { return gone[d] })
	}
	nodes := slices.SortedFunc(maps.Keys(gone), func(a, b *node) int { return cmp.Compare(a.id, b.id) }) // the order must not depend on the map
	for _, n := range nodes {
		g.forget(n)
		if n.representative != nil {
			continue
		}
		if _, heir := g.replaceRepresentative(n); heir != nil {
			heirs = append(heirs, heir)
		}
	}
	return heirs
}

// regroup puts nodes into stories and events.
func (g *Grouper) regroup(to map[*node]news.Grouping) {
	left, events := map[int64]bool{}, map[int64]bool{}
	for n, place := range to {
		events[n.event], events[place.Event] = true, true
		if n.story != place.Story {
			left[n.story] = true
		}
	}
	delete(left, 0)
	for id := range left {
		rest := slices.DeleteFunc(g.stories[id], func(n *node) bool {
			place, ok := to[n]
			return ok && place.Story != id
		})
		if len(rest) == 0 {
			delete(g.stories, id)
		} else {
			g.stories[id] = rest
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(to), func(a, b *node) int { return cmp.Compare(a.id, b.id) }) {
		place := to[n]
		if n.story != place.Story && place.Story != 0 {
			g.stories[place.Story] = append(g.stories[place.Story], n)
		}
		n.story, n.event = place.Story, place.Event
		if place.Story != 0 {
			g.events[place.Event] = append(g.events[place.Event], place.Story)
		}
	}
	delete(events, 0)
	for event := range events {
		g.storiesOf(event) // drops the stories that left it, and the event with its last story
	}
}
