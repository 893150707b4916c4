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
	said  *said // what the items tell, weighed beside their links; nil where the links say all
	// publishers are who published and wrote the articles of an item; nil where that does not matter.
	publishers []publishers
	// languages are those of an item's articles; two items that have one in common stay apart. Nil where that does not matter.
	languages []languages
	// days is the day of an item's recurring report, 0 where it is none; items of two days stay apart, whatever is between them. Nil
	// where that does not matter.
	days []int32
	linkage
}

// link is what is known between two clusters: the probabilities of the pairs that were compared, greatest first, or for
// averageLinkage their sum alone.
type link []float64

// linkage is how the nearness of two clusters of m and n members follows from the probabilities of their pairs. A pair
// that was never compared counts as 0.
type linkage interface {
	with(l, m link) link // the link of a merged cluster
	of(l link, m, n int) float64
}

// bestLinkage is the weighted mean of the √(mn) best pairs, in which each weighs four fifths of the one before: one sure pair
// says more than several doubtful ones. It lies between single linkage, by which agencies' background paragraphs
// chain strangers into one blob, and average linkage, by which a rewrite of one version and an excerpt of another never
// meet (for both see Sneath and Sokal 1973).
type bestLinkage struct{}

// nextBest is the weight of a pair beside the next better one's.
const nextBest = .8

// maxLink is how many pairs of a link are kept; clusters for which that is too few are over a thousand strong.
const maxLink = 1024

func (bestLinkage) with(l, m link) link {
	out := slices.Concat(l, m)
	slices.SortFunc(out, func(a, b float64) int { return cmp.Compare(b, a) })
	return out[:min(len(out), maxLink)]
}

func (bestLinkage) of(l link, m, n int) float64 {
	pairs := min(int(math.Ceil(math.Sqrt(float64(m)*float64(n)))), maxLink)
	sum, all, weight := 0.0, 0.0, 1.0
	for i := range pairs {
		if i < len(l) {
			sum += weight * l[i]
		}
		all += weight
		weight *= nextBest
	}
	return sum / all
}

// averageLinkage is the mean of all pairs.
type averageLinkage struct{}

func (averageLinkage) with(l, m link) link {
	if len(l) == 0 {
		return m
	}
	return link{l[0] + m[0]}
}

func (averageLinkage) of(l link, m, n int) float64 { return l[0] / float64(m*n) }

func newGraph(n int, by linkage) *graph {
	g := &graph{division: newDivision(n), size: make([]int, n), links: make([]map[int]link, n), linkage: by}
	for i := range n {
		g.size[i], g.links[i] = 1, map[int]link{}
	}
	return g
}

// exact is the step to which probabilities are rounded, so that sums of up to 2³² of them do not depend on their order.
const exact = 1 << 20

func (g *graph) add(i, j int, p float64) {
	l := g.with(g.links[i][j], link{math.Round(p*exact) / exact})
	g.links[i][j], g.links[j][i] = l, l
}

// cluster merges the items, best first, while the linkage of two clusters is at least at and they need not stay apart.
// It gives each item's cluster as the lowest number in it. Clusters that must be one are merged once each has what
// resembles it: together they resemble little.
func (g *graph) cluster(at float64) []int {
	c := &clustering{graph: g, at: at, version: make([]int, len(g.size))}
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
	version []int // grows when a cluster changes; -1 when it went into another
	queue   queue
}

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

func (c *clustering) push(i, j int) {
	if i > j {
		i, j = j, i
	}
	if c.languages != nil && c.languages[i].meet(c.languages[j]) {
		return
	}
	if c.days != nil && c.days[i] != 0 && c.days[j] != 0 && c.days[i] != c.days[j] {
		return
	}
	p := c.of(c.links[i][j], c.size[i], c.size[j])
	if c.said != nil {
		p = c.said.weigh(p, i, j)
	}
	if c.publishers != nil {
		p -= c.publishers[i].cost(&c.publishers[j], j)
	}
	if p >= c.at {
		c.queue = append(c.queue, merge{p, i, j, c.version[i], c.version[j]})
	}
}

// merge takes j into i, i < j.
func (c *clustering) merge(i, j int) {
	c.join(i, j)
	c.version[i]++
	c.version[j] = -1
	c.size[i] += c.size[j]
	if c.said != nil {
		c.said.merge(i, j)
	}
	if c.publishers != nil {
		c.takePublishers(i, j)
	}
	if c.languages != nil {
		c.languages[i] = append(slices.Clone(c.languages[i]), c.languages[j]...)
	}
	if c.days != nil {
		c.days[i] = cmp.Or(c.days[i], c.days[j])
	}
	delete(c.links[i], j)
	for k, l := range c.links[j] {
		delete(c.links[k], j)
		if k == i {
			continue
		}
		both := c.with(c.links[i][k], l)
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
	a, b := &q[i], &q[j]
	if a.p != b.p {
		return a.p > b.p
	}
	return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) < 0
}
func (q *queue) Push(x any) { *q = append(*q, x.(merge)) } //nolint:errcheck // as above
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
