package group

import (
	"maps"
	"slices"

	"headwater/internal/news"
)

// Articles with the same words are twins. One of them, the first by content key, is compared in the name of all, so that
// neither the order in which they came nor a restart makes a difference.

// seatOf gives the hash of where twins sit together, their words and for want of words their outlet. Articles that a
// correction keeps apart are no twins.
func (g *Grouper) seatOf(n *node) (uint64, bool) {
	var body, outlet uint64
	switch p := n.Print; {
	case p.Body != 0 && p.Words >= minTwinWords:
		body = p.Body
	case p.Words < minTwinText && len(p.Title) >= minTwinTitle:
		outlet = n.outlet
	default:
		return 0, false
	}
	return mixed(mixed(mixed(mixed(0, body), n.Print.Headline), outlet), stringHash(g.constraints.side(n.Article.ID))), true
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
	if samePrint(n.Print, rep.Print) {
		n.Print = rep.Print
	}
}

func samePrint(p, q *news.Print) bool {
	return p.Words == q.Words && p.Sampled == q.Sampled && p.Body == q.Body && p.Headline == q.Headline && slices.Equal(p.Shingles, q.Shingles) &&
		slices.Equal(p.Quoted, q.Quoted) && slices.Equal(p.Lead, q.Lead) && slices.Equal(p.Picked, q.Picked) &&
		slices.Equal(p.Title, q.Title) && slices.Equal(p.Terms, q.Terms) && slices.Equal(p.Figures, q.Figures) &&
		slices.Equal(p.Uses, q.Uses) && slices.Equal(p.First, q.First) && slices.Equal(p.Pairs, q.Pairs) &&
		slices.Equal(p.Grams, q.Grams) && slices.Equal(p.Places, q.Places)
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
		g.fresh = append(g.fresh, g.cut(rep)...)
		heir.lead(append(rep.twins, rep))
		rep.twins = nil
		if k, ok := g.seatOf(heir); ok {
			g.twins[k] = heir
		}
		g.index.add(heir)
	}
}

// cut takes the edges of a node away and gives their other ends.
func (g *Grouper) cut(n *node) []*node {
	left := make([]*node, 0, len(n.edges))
	for _, e := range n.edges {
		e.to.edges = slices.DeleteFunc(e.to.edges, func(x edge) bool { return x.to == n })
		left = append(left, e.to)
	}
	n.edges = nil
	return left
}
