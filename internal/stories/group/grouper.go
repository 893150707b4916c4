package group

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// Options configure a Grouper. The zero value works.
type Options struct {
	// Window is how long a story stays open to new articles, measured from its newest one. Zero means 72h.
	Window time.Duration
	// NextStory and NextEvent are the first ids to assign. Lower ids were used before. Zero means 1.
	NextStory, NextEvent int64
	// Model scores pairs. Nil means DefaultModel.
	Model *Model
	// Corrections are people's corrections in the order in which they were made. They take precedence over every score.
	Corrections []news.Correction
	// Second gives a second opinion on pairs whose event probability is in doubt. May be nil.
	Second secondOpinion
	// Threshold is the cosine, 0 to 1, from which Second brings a pair into one event. Zero means .8.
	Threshold float64
	// Templates enables the search for articles that are made from a template, for Templated and Result.Templated. A front page
	// can leave their stories out. `headwater group` does not use the mark and leaves it off. Decisions do not depend on it.
	Templates bool
}

// secondOpinion measures the similarity of articles by another measure than common words.
type secondOpinion interface {
	// Similar returns a cosine, -1 to 1, for each of the pairs of article ids. It is NaN for an unknown pair.
	Similar(pairs [][2]int64) []float64
}

// Grouper holds the window of articles with which new ones are compared. It is not safe for concurrent use.
type Grouper struct {
	window               time.Duration
	model                *Model
	nextStory, nextEvent int64
	second               secondOpinion
	threshold            float64
	constraints          *constraints

	byID            map[int64]*node
	representatives map[uint64]*node  // of duplicates, by duplicateKey
	stories         map[int64][]*node // members by story
	events          map[int64][]int64 // stories by event, possibly with former stories; see storiesOf
	hours           map[int64]int     // number of articles by the hour of Unix time in which they were seen
	index           *index
	cache           printCache
	accumulators    []accumulator // by worker
	lastPrint       struct {      // the last print returned by Item
		encoded string
		decoded prints.Print
	}

	added     []*node   // since the last Settle
	toDecide  []*node   // since the last Settle: to decide about, but not to compare again
	rivals    []*node   // duplicates that precede their representative by content
	staleScan time.Time // when Stale last examined all stories
}

// Change is a story after Settle whose members or event have changed.
type Change struct {
	Story, Event int64
	Members      []int64 // article ids, by content
}

// Result holds the changes of a Settle.
type Result struct {
	Changed []Change
	Moved   map[int64]int64 // ids of stories that no longer exist, and of the stories that replaced them
	Edges   []news.Edge     // new or changed comparisons worth keeping

	Templated []int64 // ids of articles that were found to be made from a template
}

// New makes an empty window.
func New(o Options) *Grouper {
	if o.Model == nil {
		o.Model = DefaultModel()
	}
	return &Grouper{
		window: cmp.Or(o.Window, 72*time.Hour), model: o.Model,
		nextStory: max(o.NextStory, 1), nextEvent: max(o.NextEvent, 1),
		second: o.Second, threshold: cmp.Or(o.Threshold, .8), constraints: newConstraints(o.Corrections),
		byID: map[int64]*node{}, representatives: map[uint64]*node{}, stories: map[int64][]*node{}, events: map[int64][]int64{},
		hours: map[int64]int{}, index: newIndex(o.Templates), accumulators: make([]accumulator, workers),
	}
}

// Len returns the number of articles in the window.
func (g *Grouper) Len() int { return len(g.byID) }

// Item returns an article of the window.
func (g *Grouper) Item(id int64) (Item, bool) {
	n, ok := g.byID[id]
	if !ok {
		return Item{}, false
	}
	if n.encodedPrint != g.lastPrint.encoded { // copies are requested one after the other and have the same print
		g.lastPrint.encoded, g.lastPrint.decoded = n.encodedPrint, n.decodePrint()
	}
	it := n.item()
	it.Print = g.lastPrint.decoded
	return it, true
}

// Templated reports whether an article of the window is made from a template, if Options.Templates is set. Later articles may
// change the answer.
func (g *Grouper) Templated(id int64) bool {
	n := g.byID[id]
	return n != nil && g.index.marks.marked(n)
}

// Freeze drops the data that only adding and settling need.
func (g *Grouper) Freeze() {
	g.index, g.representatives, g.events = &index{}, nil, nil
	for _, n := range g.byID {
		n.edges = nil
	}
}

// Add puts a new or revised article into the window. It belongs to no story until Settle.
func (g *Grouper) Add(it Item) {
	if old, ok := g.byID[it.Article.ID]; ok {
		it.Story, it.Event = old.story, old.event
		g.remove(old)
	}
	n := g.insert(it)
	g.index.noteTemplates(n, it.Print.Frames)
	g.added = append(g.added, n)
}

// Restore puts a settled article back into the window. Its edges follow with RestoreEdge after all articles are restored.
func (g *Grouper) Restore(it Item) { g.insert(it) }

// RestoreEdge restores a stored comparison. Edges of articles that are not in the window are ignored.
func (g *Grouper) RestoreEdge(e news.Edge) {
	g.promoteRivals()
	a, b := g.byID[e.A], g.byID[e.B]
	if a == nil || b == nil || a.representative != nil || b.representative != nil {
		return
	}
	connect(a, b, e.Story, e.Event)
}

func (g *Grouper) insert(it Item) *node {
	n := newNode(it)
	n.print = &it.Print
	defer func() { n.print = nil }()
	g.byID[n.id] = n
	g.hours[n.hour()]++
	if it.Story != 0 {
		g.joinStory(n)
		g.nextStory = max(g.nextStory, it.Story+1)
		g.nextEvent = max(g.nextEvent, it.Event+1)
	}
	g.index.count(n, 1)
	if key, ok := g.duplicateKey(n); ok {
		if first := g.representatives[key]; first != nil {
			n.representative = first
			first.duplicates = append(first.duplicates, n)
			if n.encodedPrint == first.encodedPrint { // a million copies need the memory of one print
				n.encodedPrint = first.encodedPrint
			}
			if byContent(n, first) < 0 {
				g.rivals = append(g.rivals, n)
			}
			return n
		}
		g.representatives[key] = n
	}
	g.index.add(n)
	return n
}

func (g *Grouper) duplicateKey(n *node) (uint64, bool) {
	return n.duplicateKey(g.constraints.cannotLink(n.id))
}

// hour returns the hour of Unix time in which an article was seen.
func (n *node) hour() int64 { return n.seenAt().Unix() / 3600 }

// forget removes a node from everything except its story, the lists of duplicates and the edges of other nodes.
func (g *Grouper) forget(n *node) {
	delete(g.byID, n.id)
	if g.hours[n.hour()]--; g.hours[n.hour()] == 0 {
		delete(g.hours, n.hour())
	}
	g.cache.load(g.index, n)
	g.index.count(n, -1)
	if n.representative == nil {
		g.index.remove(n)
	}
}

// remove removes a node from the window. One of its duplicates takes its place.
func (g *Grouper) remove(n *node) {
	for _, list := range [...]*[]*node{&g.added, &g.rivals, &g.toDecide} {
		*list = slices.DeleteFunc(*list, func(m *node) bool { return m == n })
	}
	g.leaveStory(n)
	g.forget(n)
	if rep := n.representative; rep != nil {
		rep.duplicates = slices.DeleteFunc(rep.duplicates, func(m *node) bool { return m == n })
		return
	}
	neighbours, heir := g.replaceRepresentative(n)
	if heir == nil {
		g.toDecide = append(g.toDecide, neighbours...)
		return
	}
	g.added = append(append(g.added, neighbours...), heir) // the neighbours must be compared with the new representative
}

// replaceRepresentative lets one of a representative's duplicates take its place, and returns the nodes that it had edges to and
// this heir, nil where it has no duplicates.
func (g *Grouper) replaceRepresentative(n *node) (neighbours []*node, heir *node) {
	neighbours = g.removeEdges(n)
	key, ok := g.duplicateKey(n)
	if ok {
		delete(g.representatives, key)
	}
	if len(n.duplicates) == 0 {
		return neighbours, nil
	}
	heir = slices.MinFunc(n.duplicates, byContent)
	g.makeRepresentative(key, heir, n.duplicates)
	return neighbours, heir
}

// makeRepresentative makes a node the representative of duplicates, including itself.
func (g *Grouper) makeRepresentative(key uint64, n *node, duplicates []*node) {
	n.representative, n.duplicates = nil, slices.DeleteFunc(duplicates, func(m *node) bool { return m == n })
	for _, d := range n.duplicates {
		d.representative = n
	}
	g.representatives[key] = n
	g.cache.load(g.index, n)
	g.index.add(n)
}

// promoteRivals replaces representatives by the rivals that precede them.
func (g *Grouper) promoteRivals() {
	best := map[*node]*node{}
	for _, n := range g.rivals {
		if rep := n.representative; rep != nil && byContent(n, rep) < 0 && (best[rep] == nil || byContent(n, best[rep]) < 0) {
			best[rep] = n
		}
	}
	g.rivals = nil
	for _, rep := range slices.SortedFunc(maps.Keys(best), byContent) { // the order must not depend on the map
		heir, duplicates := best[rep], slices.Concat(rep.duplicates, []*node{rep})
		g.index.remove(rep)
		g.added = append(g.added, g.removeEdges(rep)...)
		rep.duplicates = nil
		if key, ok := g.duplicateKey(heir); ok {
			g.makeRepresentative(key, heir, duplicates)
		}
	}
}

// removeEdges removes the edges of a node and returns their other ends.
func (g *Grouper) removeEdges(n *node) []*node {
	neighbours := make([]*node, 0, len(n.edges))
	for e := range g.index.edges(n) {
		e.to.disconnect(n.number)
		neighbours = append(neighbours, e.to)
	}
	n.edges = nil
	return neighbours
}

// joinStory adds a node to the members of its story.
func (g *Grouper) joinStory(n *node) {
	g.stories[n.story] = append(g.stories[n.story], n)
	if len(g.stories[n.story]) == 1 {
		g.events[n.event] = append(g.events[n.event], n.story)
	}
}

// leaveStory removes a node from the members of its story.
func (g *Grouper) leaveStory(n *node) {
	if n.story == 0 {
		return
	}
	rest := slices.DeleteFunc(g.stories[n.story], func(m *node) bool { return m == n })
	if len(rest) == 0 {
		delete(g.stories, n.story)
		return
	}
	g.stories[n.story] = rest
}

// storiesOf returns the stories of an event.
func (g *Grouper) storiesOf(event int64) []int64 {
	ids := g.events[event]
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id int64) bool {
		return len(g.stories[id]) == 0 || g.stories[id][0].event != event
	})
	if len(ids) == 0 {
		delete(g.events, event)
		return nil
	}
	g.events[event] = ids
	return ids
}

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
