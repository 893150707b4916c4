package group

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// graph is a set of items to cluster, numbered 0 to n-1 in an order that does not depend on arrival, with the links that
// are known between them. Its division says which must be in one cluster, and which must not.
type graph struct {
	*division
	size  []int // articles an item stands for
	links []map[int]link
}

// link is what is known between two clusters: the probabilities of the pairs that were compared, greatest first.
type link []float32

// maxLink is how many pairs of a link are kept; clusters for which that is too few are over a thousand strong.
const maxLink = 1 << 20

// with merges two links.
func (l link) with(m link) link {
	out := slices.Concat(l, m)
	slices.SortFunc(out, func(a, b float32) int { return cmp.Compare(b, a) })
	return out[:min(len(out), maxLink)]
}

func newGraph(n int) *graph {
	g := &graph{division: newDivision(n), size: make([]int, n), links: make([]map[int]link, n)}
	for i := range n {
		g.size[i], g.links[i] = 1, map[int]link{}
	}
	return g
}

func (g *graph) add(i, j int, p float64) {
	l := g.links[i][j].with(link{float32(p)})
	g.links[i][j], g.links[j][i] = l, l
}

// cluster merges the items, best first, while the linkage of two clusters is at least at and they need not stay apart.
// It gives each item's cluster as the lowest number in it. Clusters that must be one are merged once each has what
// resembles it: together they resemble little.
//
// The linkage of clusters of m and n members is the mean of their √(mn) best pairs, a pair that was never compared
// counting as 0. That lies between single linkage, by which agencies' background paragraphs chain strangers into one blob,
// and average linkage, by which a rewrite of one version and an excerpt of another never meet (for both see Sneath and
// Sokal 1973).
func (g *graph) cluster(at float64, pairs linkage) []int {
	c := &clustering{graph: g, at: at, pairs: pairs, version: make([]int, len(g.size))}
	for i, ls := range g.links {
		for j := range ls {
			if i < j {
				c.push(i, j)
			}
		}
	}
	heap.Init(&c.queue)
	c.mergeBest()
	c.mergeBound()
	c.mergeBest()
	of := make([]int, len(g.size))
	for i := range of {
		of[i] = c.root(i)
	}
	return of
}

type clustering struct {
	*graph
	at      float64
	pairs   linkage
	version []int // grows when a cluster changes; -1 when it went into another
	queue   queue
}

// linkage says how many of the pairs of clusters of m and n members count, the best ones.
type linkage func(m, n int) int

// bestPairs is the linkage of stories, allPairs that of events: average linkage.
func bestPairs(m, n int) int { return int(math.Ceil(math.Sqrt(float64(m) * float64(n)))) }
func allPairs(m, n int) int  { return m * n }

func (c *clustering) mergeBest() {
	for c.queue.Len() > 0 {
		m := heap.Pop(&c.queue).(merge) //nolint:errcheck // it holds nothing else
		if c.version[m.i] == m.vi && c.version[m.j] == m.vj && c.may(m.i, m.j) {
			c.merge(m.i, m.j)
		}
	}
}

// mergeBound merges the clusters that must be one.
func (c *clustering) mergeBound() {
	first := map[int]int{}
	for i, version := range c.version {
		if version < 0 {
			continue
		}
		if j, ok := first[c.root(i)]; ok {
			c.merge(j, i)
		} else {
			first[c.root(i)] = i
		}
	}
}

func (c *clustering) linkage(i, j int) float64 {
	l := c.links[i][j]
	pairs := c.pairs(c.size[i], c.size[j])
	sum := 0.0
	for _, p := range l[:min(len(l), pairs)] {
		sum += float64(p)
	}
	return sum / float64(pairs)
}

func (c *clustering) push(i, j int) {
	if i > j {
		i, j = j, i
	}
	if p := c.linkage(i, j); p >= c.at {
		c.queue = append(c.queue, merge{p, i, j, c.version[i], c.version[j]})
	}
}

// merge takes j into i, i < j.
func (c *clustering) merge(i, j int) {
	c.join(i, j)
	c.version[i]++
	c.version[j] = -1
	c.size[i] += c.size[j]
	delete(c.links[i], j)
	for k, l := range c.links[j] {
		delete(c.links[k], j)
		if k == i {
			continue
		}
		both := c.links[i][k].with(l)
		c.links[i][k], c.links[k][i] = both, both
	}
	c.links[j] = nil
	for k := range c.links[i] {
		at := c.queue.Len()
		if c.push(i, k); c.queue.Len() > at {
			heap.Fix(&c.queue, at)
		}
	}
}

// merge is a possible merge of clusters i < j at the versions it was weighed for.
type merge struct {
	p            float64
	i, j, vi, vj int
}

// queue is a heap with the best merge first; ties go to the lowest numbers.
type queue []merge

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) < 0
}
func (q *queue) Push(x any) { *q = append(*q, x.(merge)) } //nolint:errcheck // as above
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
