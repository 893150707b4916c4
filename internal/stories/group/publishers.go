package group

import "slices"

// What the linkage of two clusters loses where their articles say that they are two stories. Single pairs know that already;
// this keeps an article that resembles both from joining them.
const (
	authorCost = .45 // their texts are by different outlets
	ownCost    = .35 // an outlet has articles in both, no two of which are one story by themselves
	ownLeast   = .5  // story probability of two articles of one outlet from which they may be one story
)

// publishers are who published and wrote the articles of a cluster, by the hashes of the outlets' keys.
type publishers struct {
	outlets []uint64
	prose   []uint64        // whose text they say they are
	news    []uint64        // whose report they retell
	own     map[int]float64 // greatest story probability of two articles of one outlet, here and in another cluster, by that one's number
}

func (p *publishers) add(n *node) {
	if n.outlet != 0 {
		p.outlets = append(p.outlets, n.outlet)
	}
	p.prose, p.news = append(p.prose, n.credits.prose...), append(p.news, n.credits.news...)
}

// near notes the probability of a pair of one outlet's articles, one of them in cluster j.
func (p *publishers) near(j int, x float64) {
	if p.own == nil {
		p.own = map[int]float64{}
	}
	p.own[j] = max(p.own[j], x)
}

// cost is what the linkage with cluster j loses.
func (p *publishers) cost(q *publishers, j int) float64 {
	cost := 0.0
	if len(p.prose) > 0 && len(q.prose) > 0 && !common(p.prose, q.prose) &&
		!common(p.news, q.prose) && !common(q.news, p.prose) && !common(p.news, q.news) {
		cost += authorCost
	}
	if p.own[j] < ownLeast && common(p.outlets, q.outlets) {
		cost += ownCost
	}
	return cost
}

// takePublishers takes those of cluster j into those of i.
func (c *clustering) takePublishers(i, j int) {
	p, q := &c.publishers[i], &c.publishers[j]
	p.outlets, p.prose, p.news = union(p.outlets, q.outlets), union(p.prose, q.prose), union(p.news, q.news)
	delete(p.own, j)
	for k, x := range q.own {
		delete(c.publishers[k].own, j)
		if k != i {
			p.near(k, x)
			c.publishers[k].near(i, p.own[k])
		}
	}
	c.publishers[j] = publishers{}
}

// union gives what either of two lists has, once each.
func union(a, b []uint64) []uint64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
