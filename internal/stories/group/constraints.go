package group

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// constraints are what people's corrections say of pairs of articles, as must-links and cannot-links (Wagstaff et al. 2001).
// Articles that must be in one story make a group; groups may have to stay apart. A later correction outranks an earlier
// one: what contradicts it is left out.
type constraints struct {
	number map[int64]int   // of each article that a correction names
	groups *division       // of those numbers
	mates  map[int][]int64 // articles of each group, by its root
	sides  map[int]string  // what each group must stay apart from, by its root
}

// newConstraints takes corrections in the order in which they were made.
func newConstraints(all []news.Correction) *constraints {
	c := &constraints{number: map[int64]int{}, mates: map[int][]int64{}, sides: map[int]string{}}
	var articles []int64
	for _, x := range all {
		articles = append(append(articles, x.Same...), x.Apart...)
	}
	slices.Sort(articles)
	articles = slices.Compact(articles)
	for i, id := range articles {
		c.number[id] = i
	}
	c.groups = newDivision(len(articles))
	for _, x := range slices.Backward(all) {
		c.take(x)
	}
	for i, id := range articles {
		root := c.groups.root(i)
		c.mates[root] = append(c.mates[root], id)
	}
	for root, others := range c.groups.apart {
		c.sides[root] = c.sideOf(others)
	}
	return c
}

// take adds what a correction says, as far as it does not contradict what is there.
func (c *constraints) take(x news.Correction) {
	var groups []int
	for _, id := range x.Same {
		i := c.number[id]
		if !slices.ContainsFunc(groups, func(j int) bool { return c.groups.join(i, j) }) {
			groups = append(groups, i)
		}
	}
	for _, i := range groups {
		for _, id := range x.Apart {
			c.groups.separate(i, c.number[id])
		}
	}
}

// sideOf writes down the articles of some groups.
func (c *constraints) sideOf(groups map[int]bool) string {
	var articles []int64
	for root := range groups {
		articles = append(articles, c.mates[root]...)
	}
	slices.Sort(articles)
	var b strings.Builder
	for _, id := range articles {
		b.WriteString(strconv.FormatInt(id, 10) + " ")
	}
	return b.String()
}

// matesOf gives the articles that must be in one story with an article, itself among them; none where there is no other.
func (c *constraints) matesOf(id int64) []int64 {
	if i, ok := c.number[id]; ok {
		if mates := c.mates[c.groups.root(i)]; len(mates) > 1 {
			return mates
		}
	}
	return nil
}

// speakOf says whether a correction names an article.
func (c *constraints) speakOf(id int64) bool {
	_, ok := c.number[id]
	return ok
}

// side says what an article must stay apart from, "" for nothing. It differs for two that must stay apart, and is the same
// under other constraints that say the same.
func (c *constraints) side(id int64) string {
	i, ok := c.number[id]
	if !ok {
		return ""
	}
	return c.sides[c.groups.root(i)]
}

// differ gives the articles of which other constraints say something else, by id.
func (c *constraints) differ(other *constraints) []int64 {
	var out []int64
	for _, id := range slices.Concat(slices.Collect(maps.Keys(c.number)), slices.Collect(maps.Keys(other.number))) {
		if !slices.Equal(c.matesOf(id), other.matesOf(id)) || c.side(id) != other.side(id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// divide joins the nodes that must be one story and separates those that must not. That no two contradict each other
// holds because twins have the same side.
func (c *constraints) divide(nodes []*node) *division {
	d := newDivision(len(nodes))
	if len(c.number) == 0 {
		return d
	}
	first := map[int]int{} // node of each group
	for i, n := range nodes {
		for _, t := range append([]*node{n}, n.twins...) {
			number, ok := c.number[t.Article.ID]
			if !ok {
				continue
			}
			group := c.groups.root(number)
			if j, ok := first[group]; ok {
				d.join(i, j)
			} else {
				first[group] = i
			}
		}
	}
	for group, i := range first {
		for other := range c.groups.apart[group] {
			if j, ok := first[other]; ok {
				d.separate(i, j)
			}
		}
	}
	return d
}

// Affected gives the articles of which these corrections, in the order in which they were made, say something else than
// those in force, by id. Those that are missing in the window must be restored, each with its whole story, before SetCorrections.
func (g *Grouper) Affected(all []news.Correction) []int64 {
	return g.constraints.differ(newConstraints(all))
}

// SetCorrections puts corrections, in the order in which they were made, in the place of those in force. The next Settle decides
// anew about the articles of which they say something else.
func (g *Grouper) SetCorrections(all []news.Correction) {
	next := newConstraints(all)
	affected := g.constraints.differ(next)
	var moving []*node
	var edges []news.Edge
	for _, id := range affected {
		if n := g.byID[id]; n != nil {
			moving = append(moving, n)
		}
	}
	for _, n := range moving { // its seat among twins is another now
		edges = append(edges, g.kept(n)...)
		g.remove(n)
	}
	g.constraints = next
	for _, n := range moving {
		g.fresh = append(g.fresh, g.insert(n.whole()))
	}
	for _, e := range edges {
		g.RestoreEdge(e)
	}
}

// kept gives the edges of a node, to be restored.
func (g *Grouper) kept(n *node) []news.Edge {
	var out []news.Edge
	for e := range g.edges(n) {
		a, b := n.Article.ID, e.to.Article.ID
		out = append(out, news.Edge{A: min(a, b), B: max(a, b), Story: float64(e.story), Event: float64(e.event)})
	}
	return out
}

// MustLinked gives the articles that must be in one story with any of the given ones, those among them, by id.
func (g *Grouper) MustLinked(ids []int64) []int64 {
	var out []int64
	for _, id := range ids {
		out = append(out, g.constraints.matesOf(id)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Detach takes articles out of the story they are in, so that its id stays with the rest even where that is smaller. They
// get their story from the next Settle.
func (g *Grouper) Detach(ids []int64) {
	for _, id := range ids {
		if n := g.byID[id]; n != nil {
			g.leave(n)
			n.Story = 0
			g.fresh = append(g.fresh, n)
		}
	}
}

// Reassign puts articles back into stories that went into the one that they are in now, and into the events of those. The
// next Settle decides anew about them, and the ids of these stories stay with them where they are stories of their own.
func (g *Grouper) Reassign(to map[int64]news.Grouping) {
	for _, id := range slices.Sorted(maps.Keys(to)) {
		n := g.byID[id]
		if n == nil {
			continue
		}
		g.leave(n)
		n.Story, n.Event = to[id].Story, to[id].Event
		g.stories[n.Story] = append(g.stories[n.Story], n)
		if len(g.stories[n.Story]) == 1 {
			g.events[n.Event] = append(g.events[n.Event], n.Story)
		}
		g.fresh = append(g.fresh, n)
	}
}
