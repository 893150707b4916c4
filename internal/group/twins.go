package group

import "slices"

// Articles with the same words are twins. One of them, the first by content key, is compared in the name of all, so that
// neither the order in which they came nor a restart makes a difference.

// seat is where twins sit together: articles that a correction keeps apart are no twins.
type seat struct {
	twinKey
	side string
}

func (g *Grouper) seatOf(n *node) (seat, bool) {
	k, ok := twinKeyOf(n)
	return seat{k, g.constraints.side(n.Article.ID)}, ok
}

// promote makes one of the twins of a node that is no more their representative.
func (g *Grouper) promote(k seat, twins []*node) {
	if len(twins) == 0 {
		return
	}
	heir := slices.MinFunc(twins, byKey)
	heir.lead(twins)
	g.twins[k] = heir
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
	for rep, heir := range best {
		g.index.remove(rep)
		g.cut(rep)
		heir.lead(append(rep.twins, rep))
		rep.twins = nil
		if k, ok := g.seatOf(heir); ok {
			g.twins[k] = heir
		}
		g.index.add(heir)
	}
}

// cut takes the edges of a node away. Their other ends are settled again.
func (g *Grouper) cut(n *node) {
	for _, e := range n.edges {
		e.to.edges = slices.DeleteFunc(e.to.edges, func(x edge) bool { return x.to == n })
		g.fresh = append(g.fresh, e.to)
	}
	n.edges = nil
}
