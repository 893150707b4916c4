package group

import (
	"runtime"
	"sync"

	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// printCache holds decoded prints. Comparisons need decoded prints, but the window's memory is only enough for encoded ones.
type printCache struct {
	open []*openPrint
	free []*openPrint // for reuse of their buffers
}

// openPrint is the decoded print of a node.
type openPrint struct {
	compact.PrintDecoder
	node  *node
	norms norms
}

const maxOpenPrints = 8192 // 3 KB each

// load decodes the prints of nodes, at most maxOpenPrints. It may drop all others.
func (c *printCache) load(x *index, nodes ...*node) {
	var missing []*node
	collect := func() {
		missing = missing[:0]
		for _, n := range nodes {
			if n.print == nil {
				n.print = pending
				missing = append(missing, n)
			}
		}
		for _, n := range missing {
			n.print = nil
		}
	}
	if collect(); len(c.open)+len(missing) > maxOpenPrints {
		c.clear()
		collect()
	}
	from := len(c.open)
	for _, n := range missing {
		var o *openPrint
		if k := len(c.free); k > 0 {
			o, c.free = c.free[k-1], c.free[:k-1]
		} else {
			o = &openPrint{}
		}
		o.node, n.print = n, &o.Print
		c.open = append(c.open, o)
	}
	added := c.open[from:]
	parallel(len(added), func(_, i int) {
		o := added[i]
		o.Decode(o.node.encodedPrint)
		o.norms = x.normsOf(&o.Print)
		o.node.norms = &o.norms
	})
}

var pending = &prints.Print{} // marks a node that is already in missing

// clear drops all prints. It must be called after the statistics of the index have changed, since norms depend on them.
func (c *printCache) clear() {
	for _, o := range c.open {
		o.node.print, o.node.norms, o.node = nil, nil, nil
	}
	c.free = append(c.free, c.open...)
	c.open = c.open[:0]
}

// workers is the number of goroutines that parallel uses. Each has an accumulator of 7 bytes per article in the window.
var workers = min(runtime.GOMAXPROCS(0), 16)

// parallel calls work for 0 to n-1. Each worker handles one i after another.
func parallel(n int, work func(worker, i int)) {
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
