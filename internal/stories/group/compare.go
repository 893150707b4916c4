package group

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

const (
	maxEventEdges = 15                // edges kept of an article for events alone
	nodesAtOnce   = 1024              // nodes compared together; bounds the pairs in memory
	pairsAtOnce   = maxOpenPrints / 2 // pairs whose prints are decoded together
)

// pair is two nodes to compare, a before b by content, and the number of fingerprints they share.
type pair struct {
	a, b   *node
	prints int
}

func comparePairs(p, q pair) int {
	if p.a != q.a {
		return byContent(p.a, q.a)
	}
	return byContent(p.b, q.b)
}

// Compare returns the features of each pair of an article added since the last Settle and one of its candidates. Training a
// model uses it to get the same features as the model.
func (g *Grouper) Compare(each func(a, b Item, f *Features, regime int)) {
	g.cache.clear()
	g.promoteRivals()
	for chunk := range slices.Chunk(g.dirty(), nodesAtOnce) {
		pairs := g.candidatePairs(chunk)
		g.eachDecoded(pairs, func(from, to int) {
			for _, p := range pairs[from:to] {
				f, r := g.index.compare(p.a, p.b, p.prints)
				if f.comparable(r, p.a.print, p.b.print) {
					each(p.a.fullItem(), p.b.fullItem(), &f, int(r))
				}
			}
		})
	}
}

// dirty returns the nodes to compare and decide about, ordered by content. A representative stands for its duplicates.
func (g *Grouper) dirty() []*node {
	var out []*node
	for _, n := range g.added {
		if n.representative != nil {
			n = n.representative
		}
		out = append(out, n)
	}
	slices.SortFunc(out, byContent)
	return slices.Compact(out)
}

// connectDirty compares the nodes with their candidates and keeps the edges that matter. A pair across two chunks that is not
// worth keeping is compared in both chunks, with the same result.
func (g *Grouper) connectDirty(dirty []*node) []news.Edge {
	var edges []news.Edge
	for chunk := range slices.Chunk(dirty, nodesAtOnce) {
		pairs := g.candidatePairs(chunk)
		scores := g.scoreAll(pairs)
		nearest := nearestForEvent(chunk, pairs, scores)
		for i, p := range pairs {
			if s := scores[i]; s.story >= minStoryEdge || nearest[i] {
				edges = append(edges, p.keep(s))
			}
		}
	}
	return edges
}

// candidatePairs returns each pair of a node and a candidate without an edge, once, ordered by content.
func (g *Grouper) candidatePairs(nodes []*node) []pair {
	found := make([][]pair, len(nodes))
	g.index.flush()
	g.cache.load(g.index, nodes...)
	parallel(len(nodes), func(worker, i int) {
		n := nodes[i]
		known := make(map[*node]bool, len(n.edges))
		for e := range g.index.edges(n) {
			known[e.to] = true
		}
		for _, c := range g.index.candidates(n, &g.accumulators[worker]) {
			if known[c.node] {
				continue
			}
			p := pair{n, c.node, c.prints}
			if byContent(p.b, p.a) < 0 {
				p.a, p.b = p.b, p.a
			}
			found[i] = append(found[i], p)
		}
	})
	all := slices.Concat(found...)
	slices.SortFunc(all, comparePairs)
	return slices.CompactFunc(all, func(p, q pair) bool { return p.a == q.a && p.b == q.b })
}

// eachDecoded calls work for one range of pairs after another, with the prints of their nodes decoded.
func (g *Grouper) eachDecoded(pairs []pair, work func(from, to int)) {
	for from := 0; from < len(pairs); from += pairsAtOnce {
		to := min(from+pairsAtOnce, len(pairs))
		nodes := make([]*node, 0, 2*(to-from))
		for _, p := range pairs[from:to] {
			nodes = append(nodes, p.a, p.b)
		}
		g.cache.load(g.index, nodes...)
		work(from, to)
	}
}

// scoreAll scores pairs, and asks for a second opinion on those that are in doubt.
func (g *Grouper) scoreAll(pairs []pair) []pairScore {
	scores := make([]pairScore, len(pairs))
	g.eachDecoded(pairs, func(from, to int) {
		parallel(to-from, func(_, i int) {
			p := pairs[from+i]
			scores[from+i] = g.score(p.a, p.b, p.prints)
		})
	})
	g.askSecondOpinion(pairs, scores)
	return scores
}

// keep connects a pair.
func (p pair) keep(s pairScore) news.Edge {
	connect(p.a, p.b, s.story, s.event)
	return news.Edge{A: min(p.a.id, p.b.id), B: max(p.a.id, p.b.id), Story: s.story, Event: s.event, Reasons: s.reasons}
}

// nearestForEvent marks the pairs that are kept for events: for each dirty node those with the greatest probabilities. Articles
// made from one pattern are slightly similar to hundreds of others, and all these edges add nothing to the best ones.
func nearestForEvent(dirty []*node, pairs []pair, scores []pairScore) []bool {
	of := make(map[*node][]int, len(dirty))
	for _, n := range dirty {
		of[n] = nil
	}
	for i, p := range pairs {
		if scores[i].event < minEventEdge {
			continue
		}
		for _, n := range [...]*node{p.a, p.b} {
			if list, ok := of[n]; ok {
				of[n] = append(list, i)
			}
		}
	}
	nearest := make([]bool, len(pairs))
	for _, list := range of { // pairs are ordered by content, so ties do not depend on arrival
		slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(scores[j].event, scores[i].event) })
		for _, i := range list[:min(len(list), maxEventEdges)] {
			nearest[i] = true
		}
	}
	return nearest
}

// scoreNewTemplates rescores edges between articles whose titles have a frame that became a template since the last Settle. So
// it does not matter whether two notices arrive before or after the titles that show their template. A frame becomes a template
// only once, while few articles have it.
func (g *Grouper) scoreNewTemplates() []news.Edge {
	x := g.index
	if len(x.newTemplates) == 0 {
		return nil
	}
	x.flush()
	found := map[pair]bool{}
	for _, key := range x.newTemplates {
		framed := map[*node]bool{}
		for _, m := range x.framePostings.Find(key, nil) {
			if n := x.nodes[m]; n != nil {
				framed[n] = true
			}
		}
		for n := range framed {
			for e := range x.edges(n) {
				if framed[e.to] && byContent(n, e.to) < 0 {
					found[pair{a: n, b: e.to}] = true
				}
			}
		}
	}
	x.newTemplates = nil
	pairs := slices.SortedFunc(maps.Keys(found), comparePairs)
	g.eachDecoded(pairs, func(from, to int) {
		for i := from; i < to; i++ {
			pairs[i].prints = prints.Shared(pairs[i].a.print.Picked, pairs[i].b.print.Picked)
		}
	})
	edges := make([]news.Edge, len(pairs))
	for i, s := range g.scoreAll(pairs) {
		p := pairs[i]
		p.a.disconnect(p.b.number)
		p.b.disconnect(p.a.number)
		edges[i] = p.keep(s)
		g.toDecide = append(g.toDecide, p.a, p.b)
	}
	return edges
}

// doubtAt is the nearness from which it is in doubt whether two articles are about one event. Nearly all candidates are below,
// so a second opinion on them would cost much and find little.
const doubtAt = .35

// The curve from a cosine of a second opinion (see secondCurve) to a share of Model.joinsAlone.
const (
	secondMost  = 1.1   // maximum
	secondJoins = 1.002 // value at Options.Threshold
	secondSlope = 40    // steepness, in log-odds per unit of cosine
)

// joinsAlone returns the event probability from which two articles are one event whatever their contexts. own means that one
// outlet published both.
func (m *Model) joinsAlone(own bool) float64 {
	if own {
		return m.EventAlone
	}
	return m.EventAt / (1 - contextShare)
}

// nearness returns how near two articles are to one event. 1 joins them.
func (m *Model) nearness(s pairScore, own bool) float64 {
	if own {
		return s.event / m.EventAlone
	}
	return blend(s.event, s.cosine, contextShare) / m.EventAt
}

// askSecondOpinion asks for a second opinion on all pairs that are in doubt, in one call. It only raises the event probability.
// It can bring a pair into one event but never into one story, since texts with the same meaning need not derive from each
// other. A raised pair is an ordinary edge, so a restart gives the same events without asking again. Nearly all articles have a
// pair in doubt (93% of wire16, 95% of wire26), although few of their pairs are.
func (g *Grouper) askSecondOpinion(pairs []pair, scores []pairScore) {
	if g.second == nil {
		return
	}
	var doubtful []int
	var ids [][2]int64
	for i, s := range scores {
		if n := g.model.nearness(s, sameOutlet(pairs[i].a, pairs[i].b)); n >= doubtAt && n < 1 {
			doubtful = append(doubtful, i)
			ids = append(ids, [2]int64{pairs[i].a.id, pairs[i].b.id})
		}
	}
	if len(ids) == 0 {
		return
	}
	for k, cosine := range g.second.Similar(ids) {
		if math.IsNaN(cosine) {
			continue
		}
		s, p := &scores[doubtful[k]], pairs[doubtful[k]]
		s.event = max(s.event, min(1, g.model.joinsAlone(sameOutlet(p.a, p.b))*secondCurve(cosine, g.threshold)))
	}
}

// secondCurve turns a cosine into a share of Model.joinsAlone. It is a logistic curve that rises from 0 to 1.1 and is 1.002,
// just enough to join, at the threshold. A cosine .05 below the threshold gives .64, .1 below gives .18. So a second opinion
// joins a pair, but has little weight if the words of other pairs of the same two clusters speak against it.
func secondCurve(cosine, threshold float64) float64 {
	logOdds := math.Log(secondJoins / (secondMost - secondJoins))
	return secondMost * sigmoid(secondSlope*(cosine-threshold)+logOdds)
}
