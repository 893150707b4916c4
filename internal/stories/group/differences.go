package group

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"headwater/internal/stories/compact"
)

// Differences returns how a window differs from another one that was loaded from the same store, at most two hundred. It leaves
// out what depends on the order in which articles came: the numbers of nodes, postings of removed nodes, postings beyond their
// limit, and which articles of a frame are the first. Both windows must be settled. It is for tests of Follow.
func (g *Grouper) Differences(other *Grouper) []string {
	var d differences
	g.promoteRivals()
	other.promoteRivals()
	if len(g.constraints.diff(other.constraints)) > 0 {
		d.add("corrections")
	}
	d.equal("next ids", [2]int64{g.nextStory, g.nextEvent}, [2]int64{other.nextStory, other.nextEvent})
	d.equal("articles", slices.Sorted(maps.Keys(g.byID)), slices.Sorted(maps.Keys(other.byID)))
	d.equal("articles by hour", g.hours, other.hours)
	d.equal("waiting nodes", [3]int{len(g.added), len(g.toDecide), len(g.rivals)}, [3]int{len(other.added), len(other.toDecide), len(other.rivals)})
	representatives := func(g *Grouper) map[uint64]int64 {
		out := map[uint64]int64{}
		for key, n := range g.representatives {
			out[key] = n.id
		}
		return out
	}
	d.equal("representatives", representatives(g), representatives(other))
	stories := func(g *Grouper) map[int64][]int64 {
		out := map[int64][]int64{}
		for id, members := range g.stories {
			out[id] = nodeIDs(members)
		}
		return out
	}
	d.equal("stories", stories(g), stories(other))
	events := func(g *Grouper) map[int64][]int64 {
		out := map[int64][]int64{}
		for _, id := range slices.Collect(maps.Keys(g.events)) {
			if of := g.storiesOf(id); len(of) > 0 {
				out[id] = slices.Clone(of)
			}
		}
		return out
	}
	d.equal("events", events(g), events(other))
	x, y := g.index, other.index
	d.equal("articles in the statistics", x.docs, y.docs)
	d.equal("logarithm", x.logDocs, y.logDocs)
	d.equal("terms", x.df.counts(), y.df.counts())
	d.equal("articles of outlets", x.outletArticles, y.outletArticles)
	d.equal("credits of outlets", x.outletCredits, y.outletCredits)
	d.equal("frames", x.frames.counts(), y.frames.counts())
	d.equal("new templates", len(x.newTemplates), len(y.newTemplates))
	d.equal("articles of agencies", x.agency.docs, y.agency.docs)
	d.equal("names", x.agency.df.counts(), y.agency.df.counts())
	d.equal("pictures", x.agency.pictureUses.counts(), y.agency.pictureUses.counts())
	for _, id := range slices.Sorted(maps.Keys(g.byID)) {
		if m := other.byID[id]; m != nil {
			d.node(g, other, g.byID[id], m)
		}
	}
	if x.marks != nil && y.marks != nil {
		for key := range maps.Keys(y.marks.first) {
			if len(y.marks.first[key]) < frameArticles { // all articles with the frame
				d.equal("first articles of a frame", nodeIDs(x.marks.first[key]), nodeIDs(y.marks.first[key]))
			}
		}
		d.equal("frames with first articles", len(x.marks.first), len(y.marks.first))
	}
	return d
}

type differences []string

func (d *differences) add(format string, args ...any) {
	if len(*d) < 200 {
		*d = append(*d, fmt.Sprintf(format, args...))
	}
}

func (d *differences) equal(what string, a, b any) {
	if !reflect.DeepEqual(a, b) {
		d.add("%s: %.300s and %.300s", what, fmt.Sprint(a), fmt.Sprint(b))
	}
}

// node compares an article of both windows.
func (d *differences) node(g, other *Grouper, n, m *node) {
	what := fmt.Sprint("article ", n.id, ": ")
	fields := func(n *node) any {
		c := *n
		c.print, c.norms, c.representative, c.duplicates, c.edges, c.number, c.templated = nil, nil, nil, nil, nil, 0, false
		return c
	}
	if a, b := fields(n), fields(m); !reflect.DeepEqual(a, b) {
		d.add("%sfields: %+.600v and %+.600v", what, a, b)
	}
	represented := func(n *node) []int64 {
		if n.representative == nil {
			return append([]int64{0}, nodeIDs(n.duplicates)...)
		}
		return []int64{n.representative.id}
	}
	d.equal(what+"duplicates", represented(n), represented(m))
	if n.representative != nil || m.representative != nil {
		return
	}
	edges := func(g *Grouper, n *node) map[int64][]float32 {
		out := map[int64][]float32{}
		for e := range g.index.edges(n) {
			out[e.to.id] = append(out[e.to.id], e.story, e.event)
		}
		return out
	}
	d.equal(what+"edges", edges(g, n), edges(other, m))
	a, b := g.index.foundBy(n), other.index.foundBy(m)
	for key := range b {
		d.equal(fmt.Sprint(what, "postings of ", key), a[key], b[key])
	}
}

// foundBy returns the ids of the articles that are found by each hash of a node, by posting and hash.
func (x *index) foundBy(n *node) map[string][]int64 {
	x.flush()
	p := n.decodePrint()
	out := map[string][]int64{}
	find := func(name string, postings *compact.Postings, limit int, hash uint32) {
		numbers := postings.Find(hash, nil)
		if len(numbers) > limit {
			return
		}
		var found []*node
		for _, i := range numbers {
			if m := x.nodes[i]; m != nil {
				found = append(found, m)
			}
		}
		out[fmt.Sprint(name, " ", hash)] = nodeIDs(found)
	}
	for _, h := range p.Picked {
		find("prints", x.prints, maxPosting, h)
	}
	for i, t := range p.Terms {
		if p.Uses[i]&inOpening != 0 {
			find("terms", x.terms, maxTermDocs, t)
		}
	}
	for _, k := range n.exactKeys() {
		find("keys", x.keys, maxPosting, keyHash(k))
	}
	for _, f := range p.Frames {
		find("frames", x.framePostings, maxPosting, frameKey(n.outlet, f))
	}
	for _, h := range p.Names {
		find("names", x.agency.names, maxNameArticles, scriptKey(h, n.nonLatin()))
	}
	for _, h := range p.Pictures {
		find("pictures", x.agency.pictures, maxNameArticles, h)
	}
	return out
}

// counts returns the terms with a count.
func (c *termCounts) counts() map[uint32]int32 {
	out := map[uint32]int32{}
	for _, s := range c.slots {
		if s.n != 0 {
			out[s.term] = s.n
		}
	}
	return out
}

// nodeIDs returns the ids of nodes, sorted.
func nodeIDs(nodes []*node) []int64 {
	ids := make([]int64, 0, len(nodes))
	for _, n := range nodes {
		ids = append(ids, n.id)
	}
	slices.Sort(ids)
	return ids
}
