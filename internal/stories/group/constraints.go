package group

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// constraints are people's corrections as rules for pairs of articles: must-links and cannot-links (Wagstaff et al. 2001). A
// later correction takes precedence, and parts of earlier ones that contradict it are ignored.
type constraints struct {
	number      map[int64]int   // of each article that a correction names
	parts       *partition      // of these numbers: a part must be in one story
	mustLinks   map[int][]int64 // articles of each part, by its root
	cannotLinks map[int]string  // articles from which each part must stay apart, by its root

	origins map[int64]originRule // by the article whose story has the origin
}

// originRule is a person's word on what the story of an article goes back to. Later ones have a greater order.
type originRule struct {
	order  int
	made   int64 // milliseconds
	outlet news.Outlet
}

// newConstraints takes corrections in the order in which they were made.
func newConstraints(all []news.Correction) *constraints {
	c := &constraints{number: map[int64]int{}, mustLinks: map[int][]int64{}, cannotLinks: map[int]string{}, origins: map[int64]originRule{}}
	var articles []int64
	for order, x := range all {
		if x.OriginOf != 0 {
			c.origins[x.OriginOf] = originRule{order, x.Made.UnixMilli(), x.Origin}
		}
		articles = append(append(articles, x.Same...), x.Apart...)
	}
	slices.Sort(articles)
	articles = slices.Compact(articles)
	for i, id := range articles {
		c.number[id] = i
	}
	c.parts = newPartition(len(articles))
	for _, x := range slices.Backward(all) { // the latest first; parts that contradict those before are ignored
		var joined []int // one number of each part that the correction joins
		for _, id := range x.Same {
			i := c.number[id]
			if !slices.ContainsFunc(joined, func(j int) bool { return c.parts.join(i, j) }) {
				joined = append(joined, i)
			}
		}
		for _, i := range joined {
			for _, id := range x.Apart {
				c.parts.separate(i, c.number[id])
			}
		}
	}
	for i, id := range articles {
		root := c.parts.root(i)
		c.mustLinks[root] = append(c.mustLinks[root], id)
	}
	for root, others := range c.parts.apart {
		var ids []int64
		for other := range others {
			ids = append(ids, c.mustLinks[other]...)
		}
		slices.Sort(ids)
		var b strings.Builder
		for _, id := range ids {
			b.WriteString(strconv.FormatInt(id, 10) + " ")
		}
		c.cannotLinks[root] = b.String()
	}
	return c
}

// mustLink returns the articles that must be in one story with an article, including the article, or none if there is no other.
func (c *constraints) mustLink(id int64) []int64 {
	if i, ok := c.number[id]; ok {
		if same := c.mustLinks[c.parts.root(i)]; len(same) > 1 {
			return same
		}
	}
	return nil
}

// names reports whether a correction names an article.
func (c *constraints) names(id int64) bool {
	_, ok := c.number[id]
	return ok
}

// cannotLink lists the ids from which an article must stay apart, or "" for none. It differs between two articles that must
// stay apart. It is the same under other constraints with the same rules.
func (c *constraints) cannotLink(id int64) string {
	i, ok := c.number[id]
	if !ok {
		return ""
	}
	return c.cannotLinks[c.parts.root(i)]
}

// diff returns the ids of the articles for which other constraints have different rules.
func (c *constraints) diff(other *constraints) []int64 {
	var out []int64
	for _, id := range slices.Concat(slices.Collect(maps.Keys(c.number)), slices.Collect(maps.Keys(other.number))) {
		if !slices.Equal(c.mustLink(id), other.mustLink(id)) || c.cannotLink(id) != other.cannotLink(id) {
			out = append(out, id)
		}
	}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(c.origins)), slices.Collect(maps.Keys(other.origins))) {
		a, had := c.origins[id]
		b, has := other.origins[id]
		if had != has || a.made != b.made || a.outlet != b.outlet {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// partition joins the nodes that must be one story and separates those that must not. The constraints do not contradict each
// other on nodes, because duplicates have the same cannot-links.
func (c *constraints) partition(nodes []*node) *partition {
	p := newPartition(len(nodes))
	if len(c.number) == 0 {
		return p
	}
	first := map[int]int{} // a node of each part
	for i, n := range nodes {
		for _, d := range append([]*node{n}, n.duplicates...) {
			number, ok := c.number[d.id]
			if !ok {
				continue
			}
			part := c.parts.root(number)
			if j, ok := first[part]; ok {
				p.join(i, j)
			} else {
				first[part] = i
			}
		}
	}
	for part, i := range first {
		for other := range c.parts.apart[part] {
			if j, ok := first[other]; ok {
				p.separate(i, j)
			}
		}
	}
	return p
}

// partition is a union-find over items 0 to n-1, some of which must not be joined.
type partition struct {
	parent []int
	apart  map[int]map[int]bool // roots that must not be joined, in both directions
}

func newPartition(n int) *partition {
	p := &partition{parent: make([]int, n), apart: map[int]map[int]bool{}}
	for i := range p.parent {
		p.parent[i] = i
	}
	return p
}

// root returns the lowest number in the part of i.
func (p *partition) root(i int) int {
	for p.parent[i] != i {
		p.parent[i] = p.parent[p.parent[i]]
		i = p.parent[i]
	}
	return i
}

// mayJoin reports whether two items are in one part or may be joined.
func (p *partition) mayJoin(i, j int) bool { return !p.apart[p.root(i)][p.root(j)] }

// join joins the parts of two items, unless they must stay apart. It reports whether they are one part afterwards.
func (p *partition) join(i, j int) bool {
	if !p.mayJoin(i, j) {
		return false
	}
	i, j = p.root(i), p.root(j)
	if i == j {
		return true
	}
	i, j = min(i, j), max(i, j)
	p.parent[j] = i
	for k := range p.apart[j] {
		delete(p.apart[k], j)
		p.setApart(i, k)
	}
	delete(p.apart, j)
	return true
}

// separate keeps the parts of two items apart from now on, unless they are one part.
func (p *partition) separate(i, j int) {
	if i, j = p.root(i), p.root(j); i != j {
		p.setApart(i, j)
	}
}

func (p *partition) setApart(i, j int) {
	for _, pair := range [...][2]int{{i, j}, {j, i}} {
		if p.apart[pair[0]] == nil {
			p.apart[pair[0]] = map[int]bool{}
		}
		p.apart[pair[0]][pair[1]] = true
	}
}
