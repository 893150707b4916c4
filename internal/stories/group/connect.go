package group

import (
	"cmp"
	"slices"
	"sync"

	"headwater/internal/news"
)

// workers is how many goroutines compare articles at once. Comparing only reads the window, so that nothing depends on
// which of them is first.
const workers = 2

// pair is two nodes to compare, a before b by content key, and how many prints they share.
type pair struct {
	a, b   *node
	prints int
}

func comparePairs(p, q pair) int {
	if p.a != q.a {
		return byKey(p.a, q.a)
	}
	return byKey(p.b, q.b)
}

// verdict is what comparing a pair gave.
type verdict struct {
	story, event, cosine float64
	reasons              []news.Evidence
}

// Compare gives what each pair of the articles added since the last Settle and their candidates has in common. It is how
// a model's training sees what the model will.
func (g *Grouper) Compare(each func(a, b Item, f *Features, regime int)) {
	g.desk.clear()
	g.elect()
	for chunk := range slices.Chunk(g.dirty(), connectChunk) {
		pairs := g.pairs(chunk)
		g.layPairs(pairs, func(from, to int) {
			for _, p := range pairs[from:to] {
				f, r := g.compare(p.a, p.b, p.prints)
				if f.says(r, p.a.Print, p.b.Print) {
					each(p.a.whole(), p.b.whole(), &f, int(r))
				}
			}
		})
	}
}

// connectChunk is how many nodes are compared together: it bounds the pairs that are held at once.
const connectChunk = 1024

// connect compares the nodes with their candidates and keeps the edges that matter. A pair of two chunks that is not
// worth keeping is compared in both, to the same end.
func (g *Grouper) connect(dirty []*node) []news.Edge {
	var kept []news.Edge
	for chunk := range slices.Chunk(dirty, connectChunk) {
		kept = append(kept, g.connectTogether(chunk)...)
	}
	return kept
}

func (g *Grouper) connectTogether(dirty []*node) []news.Edge {
	pairs := g.pairs(dirty)
	verdicts := g.scoreAll(pairs)
	near := nearest(dirty, pairs, verdicts)
	var kept []news.Edge
	for i, p := range pairs {
		if v := verdicts[i]; v.story >= keepStory || near[i] {
			kept = append(kept, g.keep(p, v))
		}
	}
	return kept
}

// scoreAll gives what comparing each pair gives.
func (g *Grouper) scoreAll(pairs []pair) []verdict {
	verdicts := make([]verdict, len(pairs))
	g.layPairs(pairs, func(from, to int) {
		share(to-from, func(_, i int) {
			p := pairs[from+i]
			verdicts[from+i] = g.score(p.a, p.b, p.prints)
		})
	})
	g.reconsider(pairs, verdicts)
	return verdicts
}

// keep joins a pair by an edge.
func (g *Grouper) keep(p pair, v verdict) news.Edge {
	g.join(p.a, p.b, v.story, v.event)
	a, b := p.a.Article.ID, p.b.Article.ID
	return news.Edge{A: min(a, b), B: max(a, b), Story: v.story, Event: v.event, Reasons: v.reasons}
}

// nearest marks the pairs that are kept for what they say of events: of each dirty node those with the greatest
// probability. Articles made after one pattern resemble hundreds of others a little, and all of it says no more.
func nearest(dirty []*node, pairs []pair, verdicts []verdict) []bool {
	of := make(map[*node][]int, len(dirty))
	for _, n := range dirty {
		of[n] = nil
	}
	for i, p := range pairs {
		if verdicts[i].event < keepEvent {
			continue
		}
		for _, n := range [...]*node{p.a, p.b} {
			if list, ok := of[n]; ok {
				of[n] = append(list, i)
			}
		}
	}
	near := make([]bool, len(pairs))
	for _, list := range of { // pairs lie in the order of their nodes, so that ties fall alike
		slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(verdicts[j].event, verdicts[i].event) })
		for _, i := range list[:min(len(list), keepNearest)] {
			near[i] = true
		}
	}
	return near
}

// pairs gives each pair of a node and a candidate that is not connected yet, once.
func (g *Grouper) pairs(dirty []*node) []pair {
	found := make([][]pair, len(dirty))
	g.index.gather()
	g.lay(dirty...)
	share(len(dirty), func(worker, i int) {
		found[i] = g.candidatePairs(dirty[i], &g.index.tallies[worker])
	})
	all := slices.Concat(found...)
	slices.SortFunc(all, comparePairs)
	return slices.CompactFunc(all, func(p, q pair) bool { return p.a == q.a && p.b == q.b })
}

func (g *Grouper) candidatePairs(n *node, t *tally) []pair {
	known := make(map[*node]bool, len(n.edges))
	for e := range g.edges(n) {
		known[e.to] = true
	}
	var out []pair
	for _, c := range g.index.of(n, t) {
		if known[c.node] {
			continue
		}
		p := pair{n, c.node, c.prints}
		if byKey(p.b, p.a) < 0 {
			p.a, p.b = p.b, p.a
		}
		out = append(out, p)
	}
	return out
}

// share calls work for 0 to n-1 from the workers, each call by one of them.
func share(n int, work func(worker, i int)) {
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < n; i += workers {
				work(worker, i)
			}
		})
	}
	wg.Wait()
}
