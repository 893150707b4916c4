package group

import (
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// desk is where prints lie open. Comparing needs them open, and the window has room for them only squeezed.
type desk struct {
	lying []*sheet
	spare []*sheet
}

const (
	mostOpen     = 8192 // prints that lie open at once, 3 KB each
	pairsAtATime = mostOpen / 2
)

// lay opens the prints of nodes, and may close all others.
func (g *Grouper) lay(nodes ...*node) {
	shut := unopened(nodes)
	if len(g.desk.lying)+len(shut) > mostOpen {
		g.desk.clear()
		shut = unopened(nodes)
	}
	from := len(g.desk.lying)
	for _, n := range shut {
		s := g.desk.sheet()
		s.node, n.Print = n, &s.Print
		g.desk.lying = append(g.desk.lying, s)
	}
	fresh := g.desk.lying[from:]
	share(len(fresh), func(_, i int) {
		s := fresh[i]
		s.Decode(s.node.print)
		s.norms = g.index.weigh(&s.Print)
		s.node.norms = &s.norms
	})
}

// unopened gives the nodes whose prints are squeezed, each once.
func unopened(nodes []*node) []*node {
	var out []*node
	for _, n := range nodes {
		if n.Print == nil {
			n.Print = pending
			out = append(out, n)
		}
	}
	for _, n := range out {
		n.Print = nil
	}
	return out
}

var pending = &prints.Print{} // marks a node that is listed

func (d *desk) sheet() *sheet {
	if n := len(d.spare); n > 0 {
		s := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return s
	}
	return &sheet{}
}

// clear closes all prints.
func (d *desk) clear() {
	for _, s := range d.lying {
		s.node.Print, s.node.norms, s.node = nil, nil, nil
	}
	d.spare = append(d.spare, d.lying...)
	d.lying = d.lying[:0]
}

// layPairs calls work for one stretch of pairs after another, with the prints of their nodes open.
func (g *Grouper) layPairs(pairs []pair, work func(from, to int)) {
	for from := 0; from < len(pairs); from += pairsAtATime {
		to := min(from+pairsAtATime, len(pairs))
		nodes := make([]*node, 0, 2*(to-from))
		for _, p := range pairs[from:to] {
			nodes = append(nodes, p.a, p.b)
		}
		g.lay(nodes...)
		work(from, to)
	}
}

// sheet is a print laid open, with room that is used again.
type sheet struct {
	compact.PrintDecoder
	node  *node
	norms norms
}
