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
	maxEventEdges = 15                // edges of an article that are kept for its event alone
	nodesAtOnce   = 1024              // that are compared together: bounds the pairs in memory
	pairsAtOnce   = maxOpenPrints / 2 // whose prints are decoded
)

// pair is two nodes to compare, a before b by content, and how many prints they share.
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

// Compare gives what each pair of the articles added since the last Settle and their candidates has in common. It is how a model's
// training sees what the model will.
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

// dirty gives the nodes to compare and decide about, by content. A representative stands for its duplicates.
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

// connectDirty compares the nodes with their candidates and keeps the edges that matter. A pair of two chunks that is not worth keeping
// is compared in both, to the same end.
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

// candidatePairs gives each pair of a node and a candidate that has no edge yet, once and by content.
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

// scoreAll scores pairs, and asks the second opinion about those that are in doubt.
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

// nearestForEvent marks the pairs that are kept for their event: of each dirty node those with the greatest probabilities. Articles
// made after one pattern resemble hundreds of others a little, and all of these edges say no more than the best.
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
	for _, list := range of { // pairs are in the order of their content, so ties are broken alike
		slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(scores[j].event, scores[i].event) })
		for _, i := range list[:min(len(list), maxEventEdges)] {
			nearest[i] = true
		}
	}
	return nearest
}

// scoreNewTemplates scores the edges again between articles whose titles have a frame that became a template's since the last Settle.
// So it does not matter whether two notices came before or after the titles that show their template. A frame becomes a template's
// once, while few articles have it.
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

// Whether two articles are about one event is in doubt where both come near to it: from doubtAt of what joins them. Nearly all
// candidates lie below, so that asking about them would cost much and find little.
const doubtAt = .35

// What a second opinion makes of a cosine (see secondCurve), as shares of Model.joinsAlone.
const (
	secondMost  = 1.1   // the most it gives
	secondJoins = 1.002 // what it gives at Options.Threshold
	secondSlope = 40    // how steeply it rises, in log-odds a unit of cosine
)

// joinsAlone is the event probability from which two articles are one event whatever their contexts say; own is whether one outlet
// published both.
func (m *Model) joinsAlone(own bool) float64 {
	if own {
		return m.EventAlone
	}
	return m.EventAt / (1 - contextShare)
}

// nearness is how near two articles come to one event; 1 joins them.
func (m *Model) nearness(s pairScore, own bool) float64 {
	if own {
		return s.event / m.EventAlone
	}
	return blend(s.event, s.cosine, contextShare) / m.EventAt
}

// askSecondOpinion asks the second opinion about all pairs that are in doubt, once for all of them. It only raises the event
// probability: it may bring a pair into one event and never into one story, since texts that mean the same need not derive from one
// another. A pair that was raised is an edge like any other, so a restart gives the same events without asking. Nearly all articles
// have a pair in doubt (93% of wire16, 95% of wire26), though few of their pairs are.
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

// secondCurve turns a cosine into a share of Model.joinsAlone: a logistic curve that rises from 0 to 1.1 and passes 1.002, just enough
// to join, at the threshold. .05 of cosine below it gives .64, .1 below .18. So a second opinion joins a pair, but weighs little
// where the words of other pairs of the same two clusters speak against them.
func secondCurve(cosine, threshold float64) float64 {
	logOdds := math.Log(secondJoins / (secondMost - secondJoins))
	return secondMost * sigmoid(secondSlope*(cosine-threshold)+logOdds)
}
