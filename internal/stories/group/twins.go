package group

import (
	"maps"
	"slices"
)

// Articles with the same words are twins. One of them, the first by content key, is compared in the name of all, so that
// neither the order in which they came nor a restart makes a difference.

// seatOf gives the hash of where twins sit together, their words and for want of words their outlet. Articles that a
// correction keeps apart are no twins.
func (g *Grouper) seatOf(n *node) (uint64, bool) {
	var body, outlet uint64
	switch {
	case n.body != 0 && n.words >= minTwinWords:
		body = n.body
	case n.words < minTwinText && n.titled >= minTwinTitle:
		outlet = n.outlet
	default:
		return 0, false
	}
	return mixed(mixed(mixed(mixed(0, body), n.headline), outlet), stringHash(g.constraints.side(n.Article.ID))), true
}

func mixed(h, more uint64) uint64 {
	h = (h ^ more) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// follow makes a node the twin of another. It takes over its print where both are the same, so that a million copies
// take the room of one.
func (n *node) follow(rep *node) {
	n.twinOf = rep
	rep.twins = append(rep.twins, n)
	if n.print == rep.print {
		n.print = rep.print
	}
}

// settleTwins puts the new twins of settled articles into the stories of those, where nothing else is to be decided, and
// gives the ids of these stories. What it settled is fresh no more.
func (g *Grouper) settleTwins() []int64 {
	fresh := make(map[*node]bool, len(g.fresh))
	for _, n := range g.fresh {
		fresh[n] = true
	}
	grown := map[int64]bool{}
	g.fresh = slices.DeleteFunc(g.fresh, func(n *node) bool {
		rep := n.twinOf
		if rep == nil || fresh[rep] || rep.Story == 0 || n.Story != 0 || g.constraints.speakOf(n.Article.ID) {
			return false
		}
		g.stories[rep.Story] = append(g.stories[rep.Story], n)
		n.Story, n.Event = rep.Story, rep.Event
		grown[rep.Story] = true
		return true
	})
	return slices.Sorted(maps.Keys(grown))
}

// noteGrown notes the stories that settleTwins let grow, unless they were decided anew since, and noted or moved then.
func (g *Grouper) noteGrown(stories []int64, r *Result) {
	noted := make(map[int64]bool, len(r.Changed))
	for _, c := range r.Changed {
		noted[c.Story] = true
	}
	for _, id := range stories {
		if members := g.stories[id]; len(members) > 0 && !noted[id] {
			members = slices.SortedFunc(slices.Values(members), byKey)
			r.Changed = append(r.Changed, change(&cluster{id: id, eventID: members[0].Event, members: members}))
		}
	}
}

// promote makes one of the twins of a node that is no more their representative.
func (g *Grouper) promote(k uint64, twins []*node) {
	if len(twins) == 0 {
		return
	}
	heir := slices.MinFunc(twins, byKey)
	heir.lead(twins)
	g.twins[k] = heir
	g.lay(heir)
	g.index.add(heir)
	g.fresh = append(g.fresh, heir)
}

// lead makes a node the representative of the given twins, itself among them.
func (n *node) lead(twins []*node) {
	n.twinOf, n.twins = nil, slices.DeleteFunc(twins, func(m *node) bool { return m == n })
	for _, t := range n.twins {
		t.twinOf = n
	}
}

// elect lets the rivals take the place of their representatives.
func (g *Grouper) elect() {
	best := map[*node]*node{}
	for _, n := range g.rivals {
		if rep := n.twinOf; rep != nil && byKey(n, rep) < 0 && (best[rep] == nil || byKey(n, best[rep]) < 0) {
			best[rep] = n
		}
	}
	g.rivals = nil
	for _, rep := range slices.SortedFunc(maps.Keys(best), byKey) { // or their numbers would come as the map likes
		heir := best[rep]
		g.index.remove(rep)
		g.fresh = append(g.fresh, g.cut(rep)...)
		heir.lead(append(rep.twins, rep))
		rep.twins = nil
		if k, ok := g.seatOf(heir); ok {
			g.twins[k] = heir
		}
		g.lay(heir)
		g.index.add(heir)
	}
}

// cut takes the edges of a node away and gives their other ends.
func (g *Grouper) cut(n *node) []*node {
	left := make([]*node, 0, len(n.edges))
	for e := range g.edges(n) {
		e.to.disjoin(n.number)
		left = append(left, e.to)
	}
	n.edges = nil
	return left
}
