package group

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"unique"
)

// graph is a set of items to cluster and the known links between them. The items are numbered 0 to n-1 in an order that does
// not depend on arrival. The partition says which items must be in one cluster and which must not. The fields that may be nil
// are rules for stories only or for events only.
type graph struct {
	*partition
	size  []int // number of articles that an item stands for
	links []map[int]link
	linkage

	contexts  *contextSums              // combined with the links
	authors   []authorship              // of the articles of an item
	languages [][]unique.Handle[string] // of the articles of an item; two items with a common language stay apart
	days      []int32                   // day of an item's recurring report, 0 for none; items of two days stay apart, whatever their links
}

// link holds the probabilities of the compared pairs between two clusters, greatest first. For averageLinkage it holds only
// their sum.
type link []float64

// linkage computes the similarity of two clusters of m and n members from the probabilities of their pairs. A pair that was
// never compared counts as 0.
type linkage interface {
	merge(l, m link) link // returns the link of a merged cluster
	of(l link, m, n int) float64
}

// bestLinkage is the weighted mean of the √(mn) best pairs. Each pair has four fifths of the weight of the next better one,
// since one sure pair says more than several doubtful ones. It lies between single linkage and average linkage (for both see
// Sneath and Sokal 1973). In single linkage, agencies' background paragraphs chain unrelated articles into one cluster. In
// average linkage, a rewrite of one version and an excerpt of another never meet.
type bestLinkage struct{}

const (
	nextPair = .8   // weight of a pair relative to the next better one
	maxLink  = 1024 // pairs kept of a link; too few only for clusters of more than a thousand
)

func (bestLinkage) merge(l, m link) link {
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
		weight *= nextPair
	}
	return sum / all
}

// averageLinkage is the mean of all pairs.
type averageLinkage struct{}

func (averageLinkage) merge(l, m link) link {
	if len(l) == 0 {
		return m
	}
	return link{l[0] + m[0]}
}

func (averageLinkage) of(l link, m, n int) float64 { return l[0] / float64(m*n) }

// translationLinkage joins stories in several languages. It is bestLinkage over as many pairs as the story with more languages
// has languages. The number of a story's copies in its own language does not matter.
type translationLinkage struct{ bestLinkage }

func (translationLinkage) of(l link, m, n int) float64 {
	k := max(m, n)
	return bestLinkage{}.of(l, k, k)
}

func newGraph(n int, by linkage) *graph {
	g := &graph{partition: newPartition(n), size: make([]int, n), links: make([]map[int]link, n), linkage: by}
	for i := range n {
		g.size[i], g.links[i] = 1, map[int]link{}
	}
	return g
}

// probabilityStep is the unit to which probabilities are rounded, so that sums of up to 2³² of them do not depend on their
// order.
const probabilityStep = 1. / (1 << 20)

func (g *graph) add(i, j int, p float64) {
	l := g.linkage.merge(g.links[i][j], link{math.Round(p/probabilityStep) * probabilityStep})
	g.links[i][j], g.links[j][i] = l, l
}

// cluster merges clusters, the nearest first, while their linkage is at least at and they need not stay apart. It returns each
// item's cluster as the lowest number in it. Clusters that must be one are merged last, when each has merged with similar
// items, because their union is similar to few.
func (g *graph) cluster(at float64) []int {
	c := &clustering{graph: g, at: at, version: make([]int, len(g.size))}
	for i, links := range g.links {
		for j := range links {
			if i < j {
				c.push(i, j)
			}
		}
	}
	heap.Init(&c.queue)
	c.mergeNearest()
	first := map[int]int{} // clusters that must be one
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
	c.mergeNearest()
	of := make([]int, len(g.size))
	for i := range of {
		of[i] = c.root(i)
	}
	return of
}

// clustering is the state while a graph is clustered. A cluster has the lowest number of its items.
type clustering struct {
	*graph
	at      float64
	version []int // grows when a cluster changes; -1 after it was merged into another
	queue   mergeQueue
}

func (c *clustering) mergeNearest() {
	for c.queue.Len() > 0 {
		m := heap.Pop(&c.queue).(candidateMerge) //nolint:errcheck // it holds nothing else
		if c.version[m.i] == m.versionI && c.version[m.j] == m.versionJ && c.mayJoin(m.i, m.j) {
			c.merge(m.i, m.j)
		}
	}
}

// push adds the merge of two clusters to the queue if they are near enough.
func (c *clustering) push(i, j int) {
	if i > j {
		i, j = j, i
	}
	if c.languages != nil && slices.ContainsFunc(c.languages[i], func(lang unique.Handle[string]) bool { return slices.Contains(c.languages[j], lang) }) {
		return
	}
	if c.days != nil && c.days[i] != 0 && c.days[j] != 0 && c.days[i] != c.days[j] {
		return
	}
	p := c.of(c.links[i][j], c.size[i], c.size[j])
	if c.contexts != nil {
		p = c.contexts.nearness(p, i, j)
	}
	if c.authors != nil {
		p -= c.authors[i].penalty(&c.authors[j], j)
	}
	if p >= c.at {
		c.queue = append(c.queue, candidateMerge{p, i, j, c.version[i], c.version[j]})
	}
}

// merge merges cluster j into i, i < j.
func (c *clustering) merge(i, j int) {
	c.join(i, j)
	c.version[i]++
	c.version[j] = -1
	c.size[i] += c.size[j]
	if c.contexts != nil {
		c.contexts.merge(i, j)
	}
	if c.authors != nil {
		mergeAuthors(c.authors, i, j)
	}
	if c.languages != nil {
		c.languages[i] = slices.Concat(c.languages[i], c.languages[j])
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
		both := c.linkage.merge(c.links[i][k], l)
		c.links[i][k], c.links[k][i] = both, both
	}
	c.links[j] = nil
	for k := range c.links[i] {
		last := c.queue.Len()
		if c.push(i, k); c.queue.Len() > last {
			heap.Fix(&c.queue, last)
		}
	}
}

// candidateMerge is a possible merge of clusters i < j. p was computed for these versions of them.
type candidateMerge struct {
	p                        float64
	i, j, versionI, versionJ int
}

// mergeQueue is a heap with the best merge first. Ties go to the lowest numbers.
type mergeQueue []candidateMerge

func (q mergeQueue) Len() int      { return len(q) }
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q mergeQueue) Less(i, j int) bool {
	a, b := &q[i], &q[j]
	if a.p != b.p {
		return a.p > b.p
	}
	return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) < 0
}
func (q *mergeQueue) Push(x any) { *q = append(*q, x.(candidateMerge)) } //nolint:errcheck // as above
func (q *mergeQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// Penalties on the linkage of two clusters if their articles show that they are two stories. The scores of single pairs include
// such evidence already. The penalties keep an article that is similar to both clusters from joining them.
const (
	authorPenalty  = .45 // different outlets wrote their texts
	outletPenalty  = .35 // an outlet has articles in both, no two of which are one story by themselves
	minOutletStory = .5  // story probability from which two articles of one outlet may be one story
)

// authorship holds who published and wrote the articles of a cluster, as hashes of the outlets' keys.
type authorship struct {
	outlets []uint64
	prose   []uint64        // outlets named as writers of the text
	news    []uint64        // outlets whose report they retell
	own     map[int]float64 // by the number of another cluster: the greatest story probability of two articles of one outlet, one in each cluster
}

func (a *authorship) add(n *node) {
	if n.outlet != 0 {
		a.outlets = append(a.outlets, n.outlet)
	}
	a.prose, a.news = append(a.prose, n.credits.writers...), append(a.news, n.credits.reporters...)
}

// addOwn records the story probability of a pair of one outlet's articles, one of them in cluster j.
func (a *authorship) addOwn(j int, p float64) {
	if a.own == nil {
		a.own = map[int]float64{}
	}
	a.own[j] = max(a.own[j], p)
}

// penalty returns the reduction of the linkage with cluster j, whose authorship is b.
func (a *authorship) penalty(b *authorship, j int) float64 {
	penalty := 0.0
	if len(a.prose) > 0 && len(b.prose) > 0 && !intersects(a.prose, b.prose) &&
		!intersects(a.news, b.prose) && !intersects(b.news, a.prose) && !intersects(a.news, b.news) {
		penalty += authorPenalty
	}
	if a.own[j] < minOutletStory && intersects(a.outlets, b.outlets) {
		penalty += outletPenalty
	}
	return penalty
}

// mergeAuthors merges the authorship of cluster j into that of i.
func mergeAuthors(all []authorship, i, j int) {
	a, b := &all[i], &all[j]
	a.outlets, a.prose, a.news = union(a.outlets, b.outlets), union(a.prose, b.prose), union(a.news, b.news)
	delete(a.own, j)
	for k, p := range b.own {
		delete(all[k].own, j)
		if k != i {
			a.addOwn(k, p)
			all[k].addOwn(i, a.own[k])
		}
	}
	all[j] = authorship{}
}
